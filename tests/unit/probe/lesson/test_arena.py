"""An answer is held to drawn inputs, rules and limits, and what it fails on is the smallest that was found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from tui_torch.probe.lesson.arena.answer_rules import follow_rules
from tui_torch.probe.lesson.arena.comparing import difference
from tui_torch.probe.lesson.arena.shown import input_line
from tui_torch.probe.lesson.grading import grade
from tui_torch.protocol import wire
from tui_torch.protocol.events import CheckResult, Graded
from tui_torch.protocol.grading.asked import (
    AnswerRules,
    DrawnCheck,
    DrawnInput,
    GradedBy,
    Measure,
    NamedDrawnCheck,
)

SOFTMAX = """
def softmax(x):
    e = (x - x.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)
"""
X = (
    DrawnInput("n", whole=(1, 3)),
    DrawnInput("x", shape=("n", "2"), low=-200, high=200, is_strided=True),
)


def graded(
    answer: str,
    check: DrawnCheck,
    code: str = "",
    measure: Measure | None = None,
    seconds: float = 5,
    reference: str = "",
    is_smallest_sought: bool = True,
) -> Graded:
    names: dict[str, object] = {"torch": torch}
    exec(answer, names)
    drawn = (NamedDrawnCheck("drawn", check),)
    limits = (("drawn", seconds),)
    by = GradedBy(("import torch",), SOFTMAX, drawn, None, measure, limits, ("drawn",), reference, is_smallest_sought)
    found = grade([("drawn", code)], names, answer, "", wire.decode(GradedBy, wire.encode(by)))
    return wire.decode(Graded, wire.encode(found))


def result(answer: str, check: DrawnCheck, code: str = "", seconds: float = 5) -> CheckResult:
    return graded(answer, check, code, seconds=seconds).checks[0]


EQUAL = DrawnCheck(X, "softmax(x)", gradients=("x",), is_device_kept=True, examples=20)


def test_a_right_answer_passes_and_is_measured_beside_the_reference() -> None:
    measure = Measure((("x", "torch.randn(64, 64)"),), "softmax(x)", "x.softmax(-1)", most_memory=10)
    found = graded(SOFTMAX, EQUAL, measure=measure)
    assert [(check.name, check.passed) for check in found.checks] == [("drawn", True), ("little memory", True)]
    assert found.checks[0].seconds is not None
    assert found.checks[0].hidden
    assert found.measured is not None
    # At once: what is left of the largest scores, the powers and the quotient.
    assert (found.measured.reference_bytes, found.measured.bytes > 64 * 64 * 4) == (64 * 64 * 4, True)


def test_the_smallest_input_that_fails_is_said_with_what_was_expected_and_what_came() -> None:
    found = result("def softmax(x):\n    return x.exp() / x.exp().sum()", EQUAL)
    example = found.counterexample
    assert example is not None
    # No size is said, since the call has none.
    assert example.inputs == (("x", "tensor([[0., 0.], [0., 0.]])"),)
    assert example.expected is not None
    assert example.got is not None
    assert (example.expected.head, example.got.head) == ("[2, 2] float32",) * 2
    assert example.differing == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert all(example.expected.rows[row][column] != example.got.rows[row][column] for row, column in example.differing)


def test_a_verdict_alone_is_given_on_the_first_input_that_fails() -> None:
    wrong = "tried = []\ndef softmax(x):\n    tried.append(x)\n    return x if len(x) > 1 else x.softmax(-1)"
    code = "assert torch.allclose(softmax(x), x.softmax(-1)), str(len(tried))"
    sought, first = (
        graded(wrong, DrawnCheck(X), code, is_smallest_sought=is_sought).checks[0] for is_sought in (True, False)
    )
    assert (sought.passed, first.passed) == (False, False)
    assert int(first.message) < int(sought.message)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("def softmax(x):\n    x -= 1\n    return x.softmax(-1)", "`x` is not what it was before the call"),
        ("def softmax(x):\n    return x.detach().softmax(-1)", "no gradient goes back from `softmax(x)` to `x`"),
        ("def softmax(x):\n    return x.double().softmax(-1)", "`softmax(x)` has dtype float64, wanted float32"),
        ("def softmax(x):\n    return x.softmax(-1)[0]", "`softmax(x)` has shape [2], wanted [1, 2]"),
        ("def softmax(x):\n    return x.softmax(-1).tolist()", "wanted a tensor of shape [1, 2]"),
        ("def softmax(x):\n    return x.softmax(-1) + torch.zeros(2)", "makes a tensor on the processor"),
        ("def softmax(x):\n    return x.nothing()", "`softmax(x)` raised AttributeError"),
        ("def soft_max(x):\n    return x", "your code has not made `softmax`"),
    ],
)
def test_it_is_said_how_an_answer_fails(answer: str, said: str) -> None:
    found = result(answer, EQUAL)
    assert not found.passed
    assert said in found.message


def test_a_check_with_code_is_run_on_each_drawn_input() -> None:
    code = "total = softmax(x).sum(-1)\nassert (total > 0.9).all(), f'a sum is {total.min():.2f}'"
    assert result(SOFTMAX, DrawnCheck(X), code).passed
    found = result("def softmax(x):\n    return x.softmax(-1) / len(x)", DrawnCheck(X), code)
    assert found.message == "a sum is 0.50"
    assert found.counterexample is not None
    assert found.counterexample.inputs == (("n", "2"), ("x", "tensor([[0., 0.], [0., 0.]])"))


@pytest.mark.parametrize(
    "value",
    [
        torch.tensor([[0.0], [-2.0]]),
        torch.tensor([1e6, 1e20, 0.5]),
        torch.tensor([0.0], dtype=torch.float64),
        torch.tensor([1, 2]),
        torch.tensor([1], dtype=torch.int32),
        torch.tensor([True]),
        torch.tensor(3.0),
    ],
)
def test_an_input_that_is_shown_makes_the_same_tensor_where_it_is_pasted(value: torch.Tensor) -> None:
    torch.testing.assert_close(eval(input_line(value), {"tensor": torch.tensor, "torch": torch}), value)


def test_an_answer_that_does_not_end_is_stopped_and_its_input_said() -> None:
    found = result("def softmax(x):\n    while True: pass", EQUAL, seconds=0.2)
    assert (found.message, found.was_stopped) == ("it had not come to its end after 0.2 s", True)
    assert found.counterexample is not None
    assert found.counterexample.inputs == (("x", "tensor([[0., 0.]])"),)


def test_what_a_lesson_declares_wrongly_is_said_and_is_no_fault_of_the_answer() -> None:
    assert "`x` has 4,000 elements" in result(SOFTMAX, DrawnCheck((DrawnInput("x", shape=("4000",)),), "x")).message
    assert "the reference raised" in result(SOFTMAX, DrawnCheck(X, "softmax(x)", "nothing(x)")).message


def test_drawing_leaves_nothing_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert result(SOFTMAX, EQUAL).passed
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_dtypes_special_and_distinct_values_are_drawn() -> None:
    drawn = (
        DrawnInput("x", shape=("40",), dtypes=("float64",), special=(float("-inf"),), is_distinct=False),
        DrawnInput("ids", shape=("5",), dtypes=("int64",), low=0, high=4, is_distinct=True),
        DrawnInput("dim", one_of=(0, -1)),
        DrawnInput("twice", expression="x.repeat(2)"),
    )
    code = (
        "assert x.dtype == torch.float64 and len(twice) == 80 and dim in (0, -1)\n"
        "assert sorted(ids.tolist()) == [0, 1, 2, 3, 4]\n"
        "assert (x[x.isfinite()].abs() <= 10).all() and not x.isnan().any() and (x < torch.inf).all()"
    )
    assert result(SOFTMAX, DrawnCheck(drawn), code).message == ""
    assert not result(SOFTMAX, DrawnCheck(drawn), "assert x.isfinite().all()").passed


def test_every_whole_number_within_its_limits_is_drawn() -> None:
    drawn = (
        DrawnInput("q", shape=("256",), dtypes=("int8",), low=-128, high=127, is_distinct=True),
        DrawnInput("b", shape=("256",), dtypes=("uint8",), low=0, high=255, is_distinct=True),
        DrawnInput("s", shape=("900",), dtypes=("int16",), low=-449.5, high=450, is_distinct=True),
        DrawnInput("odd", shape=("1",), dtypes=("int64",), low=9_999_999, high=9_999_999),
    )
    code = (
        "assert q.dtype == torch.int8 and s.dtype == torch.int16 and odd.item() == 9_999_999\n"
        "assert q.sort().values.tolist() == list(range(-128, 128)) and b.sort().values.tolist() == list(range(256))\n"
        "assert s.sort().values.tolist() == list(range(-449, 451))"
    )
    assert result(SOFTMAX, DrawnCheck(drawn, examples=3), code).message == ""


def test_a_large_whole_number_that_fails_is_shrunk_to_the_smallest() -> None:
    drawn = (DrawnInput("ids", shape=("3",), dtypes=("int64",), low=-50_000, high=50_000),)
    found = result(SOFTMAX, DrawnCheck(drawn), "assert (ids.abs() < 300).all(), 'large'")
    assert found.counterexample is not None
    assert found.counterexample.inputs == (("ids", "tensor([0, 0, 300])"),)


def test_random_numbers_are_drawn_by_their_seed() -> None:
    drawn = (
        DrawnInput("n", whole=(1, 9)),
        DrawnInput("x", shape=("n", "9000"), random="normal", is_strided=True),
        DrawnInput("u", shape=("2",), dtypes=("float64",), random="uniform"),
    )
    code = (
        "assert abs(x.mean()) < 0.1 and abs(x.std() - 1) < 0.1 and x.dtype == torch.float32\n"
        "assert ((u >= 0) & (u < 1)).all() and u.dtype == torch.float64 and u[0] != u[1]"
    )
    assert result(SOFTMAX, DrawnCheck(drawn, examples=10), code).message == ""
    found = result(SOFTMAX, DrawnCheck(drawn, examples=10), "assert len(x) < 3")
    assert found.counterexample is not None
    assert found.counterexample.inputs[:2] == (("n", "3"), ("x", "[3, 9000] float32"))


def test_limits_follow_the_inputs_above() -> None:
    drawn = (
        DrawnInput("classes", whole=(0, 3)),
        DrawnInput("k", whole=(0, 0), limits=("-classes", "classes")),
        DrawnInput("labels", shape=("classes",), dtypes=("int64",), limits=("0", "classes - 1"), special=(-100,)),
    )
    code = "assert all(0 <= label < classes or label == -100 for label in labels.tolist())"
    assert result(SOFTMAX, DrawnCheck(drawn), code).message == ""
    assert result(SOFTMAX, DrawnCheck(drawn), "assert -classes <= k <= classes").passed
    assert not result(SOFTMAX, DrawnCheck(drawn), "assert k < classes or not classes").passed
    assert not result(SOFTMAX, DrawnCheck(drawn), "assert (labels >= 0).all()").passed
    assert not result(SOFTMAX, DrawnCheck(drawn), "assert not len(labels) or labels.max() < classes - 1").passed


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (DrawnInput("x", shape=("2",), limits=("0", "-1")), "`x` has `values` [0, -1], expected the lower one first"),
        (
            DrawnInput("x", shape=("2",), limits=("0", "'a'")),
            "`x` has `values` in which `'a'` is 'a', expected a number",
        ),
        (
            DrawnInput("x", whole=(0, 0), limits=("1", "0")),
            "`x` is from 1 to 0, expected the smaller whole number first",
        ),
        (DrawnInput("x", whole=(0, 0), limits=("1", "2.5")), "`x` is from 1 to 2.5, expected the smaller whole"),
        (DrawnInput("x", shape=("2",), limits=("0", "n")), "`x` cannot be made: NameError"),
        (DrawnInput("x", shape=("2",), dtypes=("int8",), limits=("0", "300")), "and int8 goes from -128 to 127"),
        (DrawnInput("x", shape=("2",), dtypes=("int8",), low=0.2, high=0.8), "between which is no whole number"),
    ],
)
def test_limits_within_which_nothing_can_be_drawn_are_said(drawn: DrawnInput, said: str) -> None:
    assert said in result(SOFTMAX, DrawnCheck((drawn,)), "x").message


def test_an_input_that_was_expanded_stays_so() -> None:
    drawn = (DrawnInput("x", shape=("3",)), DrawnInput("rows", expression="x.expand(2, 3)"))
    check = DrawnCheck(drawn, "softmax(rows)", gradients=("rows",), gradcheck=("rows",), examples=5)
    assert result(SOFTMAX, check).message == ""
    assert result(SOFTMAX, DrawnCheck(drawn, examples=5), "assert rows.stride() == (0, 1), rows.stride()").message == ""
    written = result("def softmax(x):\n    x[0] -= 1\n    return x.softmax(-1)", check)
    assert "`rows` is not what it was before the call" in written.message


SLOW_WAY = "import math\ndef one_by_one(x):\n    return torch.stack([row.exp() / row.exp().sum() for row in x])"


def test_what_the_reference_makes_is_for_the_checks_alone() -> None:
    drawn = (DrawnInput("x", shape=("2", "2")),)
    check = DrawnCheck(drawn, "softmax(x)", "one_by_one(x)")
    measure = Measure((("x", "torch.randn(64, 64)"),), "softmax(x)", "one_by_one(x)")
    found = graded(SOFTMAX, check, measure=measure, reference=SLOW_WAY)
    assert (found.checks[0].message, found.measured is not None) == ("", True)
    cheating = "def softmax(x):\n    return one_by_one(x)"
    assert "NameError" in graded(cheating, check, reference=SLOW_WAY).checks[0].message
    code = "assert torch.allclose(softmax(x), one_by_one(x)), 'other'"
    of_its_own = f"def one_by_one(x):\n    return x\n{SOFTMAX}"
    assert graded(of_its_own, DrawnCheck(drawn), code, reference=SLOW_WAY).checks[0].message == ""
    wrong = graded(SOFTMAX, check, reference="1 / 0").checks[0].message
    assert wrong == "this check cannot be made: the `reference` raised ZeroDivisionError: division by zero"


RULES = AnswerRules(("softmax", "torch.exp", "@"), ("sum",), has_loops=False, statements=2)


@pytest.mark.parametrize(
    ("source", "broken"),
    [
        ("import torch\ndef softmax(x):\n    '''Mine.'''\n    e = x.exp()\n    return e / e.sum()", []),
        ("y = x.softmax(0).sum()", ["allowed calls"]),
        ("y = F.softmax(x).sum()", ["allowed calls"]),
        ("from torch import softmax as s\ny = s(x).sum()", ["allowed calls"]),
        ("y = getattr(torch, 'softmax')(x).sum()", ["allowed calls"]),
        ("y = t.exp(x).sum()", ["allowed calls"]),
        ("y = (x @ x).sum()", ["allowed calls"]),
        ("y = x", ["required calls"]),
        ("y = sum(i for i in x)", ["no Python loops"]),
        ("y = list(map(f, x)); z = sum(y)", ["no Python loops"]),
        ("a = 1\nb = 2\nc = x.sum()", ["short enough"]),
        ("%time x.sum(", []),
    ],
)
def test_rules_are_read_off_the_code(source: str, broken: list[str]) -> None:
    found = follow_rules(RULES, source, ["import torch as t\nimport torch.nn.functional as F"])
    assert [one.name for one in found if not one.passed] == broken
    assert all(one.message for one in found if not one.passed)


def test_values_are_compared_by_kind_shape_dtype_and_number() -> None:
    nan = float("nan")
    assert difference(torch.tensor([1.0, nan]), torch.tensor([1.00001, nan])) is None
    assert difference([1, (2.0, "a"), {"b": None}], [1, (2.0, "a"), {"b": None}]) is None
    found = difference({"a": (1, torch.zeros(2))}, {"a": (1, torch.ones(2))})
    assert found is not None
    assert (found.path, found.sentence) == ("['a'][1]", "differs from what is wanted in 2 of 2 elements, by up to 1")
    assert difference(True, 1) is not None
