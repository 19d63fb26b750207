"""A check is run apart from what the learner's code left switched on, and is told by the assert that failed."""

from __future__ import annotations

import warnings

import pytest
import torch

from tui_torch.probe.lesson.grading import grade


def message(code: str, **namespace: object) -> str:
    (result,) = grade([("a check", code)], namespace, "", "").checks
    return result.message


def test_every_check_draws_the_numbers_that_follow_seed_0() -> None:
    torch.manual_seed(0)
    first = torch.rand(3)
    torch.manual_seed(12)
    code = "assert torch.equal(torch.rand(3), first)"
    graded = grade([("one", code), ("two", code)], {"first": first}, "", "")
    assert [check.message for check in graded.checks] == ["", ""]


def test_a_check_goes_backward_where_the_learners_code_left_gradients_off() -> None:
    code = "w = torch.ones(1, requires_grad=True)\n(w * 2).sum().backward()\nassert w.grad == 2"
    with torch.no_grad():
        assert message(code) == ""
    with torch.inference_mode():
        assert message(code) == ""
        assert torch.is_inference_mode_enabled()


def test_a_check_warns_nobody() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert message("import warnings\nwarnings.warn('look here')") == ""
    assert caught == []


def test_a_check_is_compiled_as_ordinary_code() -> None:
    """Without the `from __future__ import annotations` of the module that runs it."""
    assert message("def f(x: int): pass\nassert f.__annotations__['x'] is int") == ""


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("assert n == 4\nassert n == 3", "`n == 4` is false: `n` is 3"),
        ("assert n == 3\nassert n == 4", "`n == 4` is false: `n` is 3"),
        ("assert (\n    n\n    == 4\n)", "`n == 4` is false: `n` is 3"),
        ("assert_close = torch.testing.assert_close\nassert_close(\n    n,\n    4,\n)", "`n` is 3, wanted 4"),
        ("assert torch.equal(*pair)", "`torch.equal(*pair)` is false"),
    ],
)
def test_a_message_is_about_the_assert_that_failed(code: str, says: str) -> None:
    assert message(code, n=3, pair=(torch.ones(1), torch.zeros(1))) == says


def test_an_assert_that_fails_in_the_learners_function_is_not_taken_for_the_checks() -> None:
    scope: dict[str, object] = {}
    source = "def fails():\n    assert False\ndef assert_close(a, b):\n    assert a == b\n"
    exec(compile(source, "<your code>", "exec"), scope)
    assert message("assert fails()", **scope) == "an assert failed inside your code"
    assert message("assert_close(1, 2)", **scope) == "an assert failed inside your code"


def test_an_error_without_a_message_that_a_check_raises_itself_is_a_failure_too() -> None:
    assert message("raise AssertionError") != ""


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("torch.testing.assert_close(z, z + 1)", "`z` is tensor([1., 2.]), wanted tensor([2., 3.])"),
        (
            "torch.testing.assert_close(many, many + 1)",
            "`many` is not what was wanted: Greatest absolute difference: 1.0 at index (0,) (up to 1e-05 allowed)",
        ),
        (
            "torch.testing.assert_close(lists, {'b': [1.0]})",
            "`lists` is not what was wanted: The keys of the mappings do not match:",
        ),
    ],
)
def test_values_are_shown_where_they_are_short_and_differ_and_the_difference_is_said_elsewhere(
    code: str, says: str
) -> None:
    assert message(code, z=torch.tensor([1.0, 2.0]), many=torch.arange(200.0), lists={"a": [1.0]}) == says


def test_a_value_is_shown_in_120_characters_at_most() -> None:
    shown = message("assert text == ''", text="a" * 300).partition("`text` is ")[2]
    assert len(shown) == 120 and shown.endswith("…")
