"""An error is explained by its record where that is enough, and nothing is said that would need its values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.probe.errors.met import MET
from tests.unit.probe.errors.programs import failed
from tui_torch.probe.watch.afterwards import explain_afterwards

SAID = {
    "in_features": "A [15, 8] tensor is multiplied by a [4, 1] one: the inner sizes 8 and 4 must match.",
    "broadcast": "two sizes must be equal, or one of them 1: 3 and 4 (dimension 1) are neither.",
    "batch norm of one row": "Give it a batch of 2 or more",
    "class out of range": "A target is class 3, and there is no such output",
    "two devices": "An operation needs all its tensors on one device.",
}
NOT_SAID = ("loss that was not made", "reshape", "index of floats", "conv of channels last", "mask of floats", "expand")


@pytest.mark.parametrize("name", [*SAID, *NOT_SAID])
def test_what_is_said_of_an_error_afterwards_holds_without_its_values(name: str) -> None:
    code = MET[name].code
    live = failed(code)
    assert live.explanation is not None
    explanation = explain_afterwards(replace(live, explanation=None), code)
    if name in SAID:
        assert explanation is not None
        assert SAID[name] in explanation.meaning
        assert explanation.suggested_fix is None
    else:
        assert explanation is None
