"""A slip is named by what it leaves, and nothing is said where that is not certain."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tui_torch.probe.lesson.grading import grade
from tui_torch.probe.lesson.slips import slip


@pytest.mark.parametrize(
    ("seen", "left"),
    [
        (2.0, 2),
        (0.1 + 0.2, 0.3),
        (torch.tensor(2.0), 2.0),
        (torch.tensor([[1.0, 2.0]]), [[1, 2]]),
        ([1.0, 2.0], torch.tensor([1.0, 2.0], requires_grad=True)),
        (np.array([1.0, 2.0]), (1, 2)),
        (([0.5], torch.float64), ([0.5], torch.float64)),
        ({0.1: torch.tensor(3.0)}, {0.1: 3.0}),
        (None, None),
        (True, True),
    ],
)
def test_a_slip_is_named_where_its_value_was_seen(seen: object, left: object) -> None:
    assert slip(seen, {"the first": "another value", "the other one": left}) == ", the other one"
    assert slip(seen, {"the first": "another value", "the other one": lambda: left}) == ", the other one"


@pytest.mark.parametrize(
    ("seen", "left"),
    [
        (2.0, 2.01),
        (1, True),
        (float("nan"), float("nan")),
        (torch.tensor([1.0, 2.0]), [[1.0, 2.0]]),
        ([1.0], [1.0, 2.0]),
        (([0.5], torch.float32), ([0.5], torch.float64)),
        ({0.1: 3.0}, {0.2: 3.0}),
        (None, 0.0),
        ("3", 3),
    ],
)
def test_nothing_is_said_of_another_value(seen: object, left: object) -> None:
    assert slip(seen, {"that one": left}) == ""


def test_nothing_is_said_where_two_slips_leave_the_same() -> None:
    assert slip(3.0, {"one": 3.0, "another": lambda: torch.tensor(3.0)}) == ""


def test_a_slip_that_cannot_be_computed_is_not_the_one() -> None:
    assert slip(3.0, {"one": lambda: 1 / 0, "another": 3.0}) == ", another"


def test_a_check_names_a_slip_in_its_message() -> None:
    code = 'slips = {"which counts the end": 3}\nassert n == 2, f"n is {n}{slip(n, slips)}; wanted 2"'
    (result,) = grade([("n", code)], {"n": 3}, "n = 3", "").checks
    assert result.message == "n is 3, which counts the end; wanted 2"
