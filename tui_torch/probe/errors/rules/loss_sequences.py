"""Errors of the CTC loss: lengths of inputs and targets that do not fit what it is given."""

from __future__ import annotations

import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.registry import rule

_ORDER = "`ctc_loss(log_probs, targets, input_lengths, target_lengths)` takes [steps, batch, classes]"


def _prediction(case: ErrorCase) -> str:
    held = case.argument(case.call(), 0, "log_probs")
    return f"; {case.with_shape(held)}" if held is not None and case.shape(held) is not None else ""


@rule(r"(input|target)_lengths must be of size batch_size", RuntimeError)
def number_of_lengths(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain lengths of another number than there are sequences."""
    place = 2 if found[1] == "input" else 3
    held = case.argument(case.call(), place, f"{found[1]}_lengths")
    given = f" {case.with_shape(held)}." if held is not None and case.shape(held) is not None else ""
    return RuleResult(
        f"{_ORDER}{_prediction(case)}: the batch is the second size, and `{found[1]}_lengths` holds one length for "
        f"each of it.{given}"
    )


@rule(r"Expected (input|target)_lengths to have value at (most|least) (-?\d+), but got value (-?\d+)", RuntimeError)
def length_beyond(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a length that is larger than the number of steps."""
    if found[2] == "least":
        return RuleResult(f"A length in `{found[1]}_lengths` is {found[4]}, and it has to be {found[3]} or more.")
    return RuleResult(
        f"{_ORDER}{_prediction(case)}: there are {found[3]} steps, and `{found[1]}_lengths` holds {found[4]}. Are "
        "steps and batch turned around, or is it the length from before a layer that makes sequences shorter?"
    )


@rule(r"Expected tensor to have size at least (\d+) at dimension 1, but got size (\d+) for argument #2 'targets'")
def targets_too_short(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a target length that is larger than the targets are long."""
    held = case.argument(case.call(), 1, "targets")
    given = f"{case.with_shape(held)}: " if held is not None and case.shape(held) is not None else ""
    return RuleResult(
        f"{given}a row of the targets has {found[2]} symbols, and the largest of `target_lengths` is {found[1]}. A "
        "length counts the symbols of its row that are no padding."
    )


@rule(r"blank must be in label range|label blank must be", RuntimeError)
def blank_out_of_range(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a `blank` that is not among the classes."""
    return RuleResult(
        f"`blank` is one of the classes, counted from 0, that stands for no symbol{_prediction(case)}: the last size "
        "is "
        "the number of classes, and `blank` lies below it."
    )
