"""Checks say what was seen and what was wanted, and change nothing."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from tui_torch.probe.lesson.grading import grade
from tui_torch.protocol.events import CheckResult
from tui_torch.protocol.orders import STOPPED


def check(code: str, source: str = "", output: str = "", **namespace: object) -> CheckResult:
    (result,) = grade([("a check", code)], namespace, source, output).checks
    assert result.name == "a check"
    assert result.passed == (result.message == "")
    return result


def weight() -> torch.Tensor:
    w = torch.tensor(1.0, requires_grad=True)
    (w * 6).backward()
    return w


def function_of(code: str) -> object:
    """The function `f` that the learner's code makes."""
    scope: dict[str, object] = {}
    exec(compile(code, "<your code>", "exec"), scope)
    return scope["f"]


def test_a_check_that_raises_nothing_passes() -> None:
    assert check("assert w.grad == 6", w=weight()).passed


def test_the_same_check_says_of_each_try_what_it_sees_there() -> None:
    code = "assert n == 4"
    seen = [check(code, n=number).message for number in (3, 4, 5, 3)]
    of_three, of_five = (f"`n == 4` is false: `n` is {number}" for number in (3, 5))
    assert seen == [of_three, "", of_five, of_three]


def test_a_check_is_compiled_anew_for_each_try() -> None:
    # torch.compile gives up on a code object after eight versions of it.
    codes: list[object] = []
    for _ in range(2):
        check("def f(): ...\ncodes.append(f.__code__)", codes=codes)
    assert codes[0] is not codes[1]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("assert w.grad == 3", "`w.grad == 3` is false: `w.grad` is tensor(6.)"),
        ("assert w.grad == n", "`w.grad == n` is false: `w.grad` is tensor(6.), `n` is 3"),
        ("assert 3 > n", "`3 > n` is false: `n` is 3"),
        ("assert not w.requires_grad", "`not w.requires_grad` is false: `w.requires_grad` is True"),
        ("assert w.grad is None", "`w.grad is None` is false: `w.grad` is tensor(6.)"),
        ("assert 'relu' in source", "`'relu' in source` is false: `source` is ''"),
        (
            "assert torch.equal(z, -z)",
            "`torch.equal(z, -z)` is false: `z` is tensor([1., 2.]), `-z` is tensor([-1., -2.])",
        ),
        ("assert n > 5, 'n is to be over five'", "n is to be over five"),
        ("for i in range(3):\n    assert i != 2", "`i != 2` is false: `i` is 2"),
        ("def f():\n    assert n == 4\nf()", "`n == 4` is false: `n` is 3"),
        ("assert odd == 3", "`odd == 3` is false: `odd` is an Odd"),
        ("torch.testing.assert_close(w.grad, torch.tensor(3.))", "`w.grad` is tensor(6.), wanted tensor(3.)"),
        ("torch.testing.assert_close(z, torch.ones(3))", "`z` has shape [2], wanted [3]"),
        ("torch.testing.assert_close(z, z.double())", "`z` has dtype float32, wanted float64"),
        ("torch.testing.assert_close(actual=n, expected=4)", "`n` is 3, wanted 4"),
        (
            "torch.testing.assert_close(missing, 3)",
            "NameError: name 'missing' is not defined: your code has not made `missing`",
        ),
        ("assert missing", "NameError: name 'missing' is not defined: your code has not made `missing`"),
        ("torch.testing.assert_close(n, 4, msg='n counts the rows')", "n counts the rows"),
        ("torch.testing.assert_close(n, 4, msg=lambda said: said[:7] + '!')", "Scalars!"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit", "SystemExit"),
        ("x = (", "SyntaxError: '(' was never closed"),
        ("fails()", "an assert failed inside your code"),
        ("for row in loader:\n    pass", "TypeError: 'NoneType' object is not iterable: `loader` is None"),
        (
            "def walk(part):\n    return len(part)\nwalk(loader)",
            "TypeError: object of type 'NoneType' has no len(): `loader` is None",
        ),
        ("own = None\nown.shape", "AttributeError: 'NoneType' object has no attribute 'shape'"),
        (
            "assert loader, f'loader is a {type(loader).__name__}; wanted a DataLoader'",
            "loader is None; wanted a DataLoader",
        ),
        ("assert loader, f'of types {[type(loader).__name__]}'", "of types [None]"),
    ],
)
def test_a_check_that_fails_says_what_was_seen(code: str, message: str) -> None:
    class Odd:
        def __repr__(self) -> str:
            raise ValueError

    namespace = {
        "w": weight(),
        "z": torch.tensor([1.0, 2.0]),
        "n": 3,
        "loader": None,
        "odd": Odd(),
        "fails": function_of("def f(): assert False"),
    }
    assert check(code, **namespace).message == message


def test_large_tensors_are_told_by_their_greatest_difference() -> None:
    message = check("torch.testing.assert_close(z, torch.zeros(30))", z=torch.ones(30)).message
    assert message.startswith("`z` is not what was wanted: Greatest absolute difference: 1.0 at index (0,)")


def test_a_librarys_long_message_is_cut_to_its_first_lines() -> None:
    message = check("np.testing.assert_allclose(a, 2)", a=np.ones(3)).message
    assert message.startswith("Not equal to tolerance") and message.count("\n") == 1


def test_a_name_that_the_learners_function_lacks_is_not_the_learners_namespace() -> None:
    assert check("f()", f=function_of("def f(): return lost")).message == "NameError: name 'lost' is not defined"


def test_source_and_output_can_be_checked() -> None:
    assert check("assert 'relu' in source and output == '3\\n'", source="torch.relu(x)", output="3\n").passed


def test_the_values_told_are_those_that_were_compared() -> None:
    calls: list[int] = []
    assert check("assert len(calls.append(1) or calls) == 2", calls=calls).message.endswith("is 1")
    assert calls == [1]


def test_checks_bind_nothing_in_the_namespace_nor_for_each_other() -> None:
    namespace: dict[str, object] = {"n": 1}
    graded = grade([("binds", "n = 2; m = 3"), ("sees", "assert n == 1 and 'm' not in globals()")], namespace, "", "")
    assert graded.passed and namespace == {"n": 1}


def test_what_a_check_prints_or_warns_of_is_discarded(capsys: pytest.CaptureFixture[str]) -> None:
    code = "import warnings, sys; print('x'); print('y', file=sys.stderr); warnings.warn('z')"
    assert check(code).passed
    assert capsys.readouterr() == ("", "")


def test_random_state_is_kept() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    assert check("import random; torch.rand(3); random.random(); np.random.rand()").passed
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before[1:]


def test_a_check_can_call_backward_wherever_it_runs() -> None:
    with torch.no_grad():
        assert check("w = torch.ones(1, requires_grad=True); (w * 2).sum().backward(); assert w.grad == 2").passed


def test_an_interrupt_fails_the_check_that_it_stops_and_no_other_check_runs() -> None:
    ran: list[int] = []
    checks = [("first", "ran.append(1)"), ("endless", "raise KeyboardInterrupt"), ("last", "ran.append(2)")]
    graded = grade(checks, {"ran": ran}, "", "")
    assert graded.checks == (CheckResult("first", True), CheckResult("endless", False, STOPPED, was_stopped=True))
    assert not graded.passed
    assert ran == [1]
