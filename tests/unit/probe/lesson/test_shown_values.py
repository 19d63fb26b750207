"""In the message of a check, what differs looks different."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tui_torch.probe.lesson.grading import grade


def message(code: str, **names: object) -> str:
    (result,) = grade([("a check", code)], names, "", "").checks
    return result.message


@pytest.mark.parametrize(
    ("text", "a", "b", "said"),
    [
        pytest.param("a is {a}; wanted {b}", torch.tensor(3.0), 3.0, "a is tensor(3.); wanted 3.0", id="a tensor"),
        pytest.param("a is {a}; wanted {b:.1f}", torch.tensor(3), 3, "a is tensor(3); wanted 3.0", id="of integers"),
        pytest.param(
            "a is {a}; wanted {b}, an int", np.int64(3), 3, "a is np.int64(3); wanted 3, an int", id="of NumPy"
        ),
        pytest.param("a is {a}; wanted {b:.2f}", 72.45, 72.4526, "a is 72.45; wanted 72.453", id="one is rounded"),
        pytest.param("{a:.2f} and {b:.2f}", 72.45, 72.4526, "72.450 and 72.453", id="both are rounded"),
        pytest.param("{a:.2f} and {b:.2f}", 1.0, 1.00000001, "1.00000000 and 1.00000001", id="hardly different"),
        pytest.param("{a:.2f} and {b:.2f}", 2.0, 2.0, "2.00 and 2.00", id="the same"),
        pytest.param("{a:.2f} and {b:.2f}", 1.0, 2.0, "1.00 and 2.00", id="told apart already"),
        pytest.param("{a:.1f} and {b!r:>4}|{a:{3}}", 1.0, "x", "1.0 and  'x'|1.0", id="other formats"),
        pytest.param("{a:.2f} and {b}", float("nan"), float("inf"), "nan and inf", id="no finite numbers"),
        pytest.param("{a} and {b}", [1.0], None, "[1.0] and None", id="no numbers"),
        pytest.param("{a} and {{{b}}}", True, 1, "True and {1}", id="a bool and braces"),
    ],
)
def test_numbers_that_differ_are_not_written_alike(text: str, a: object, b: object, said: str) -> None:
    assert message(f"assert False, f{text!r}", a=a, b=b) == said
    assert message(f"assert False, ('no ' + f{text!r} if True else '')", a=a, b=b) == f"no {said}"


def test_a_tensor_of_several_numbers_is_written_as_ever() -> None:
    assert message("assert False, f'{a}'", a=torch.tensor([1.0, 2.0])) == "tensor([1., 2.])"
