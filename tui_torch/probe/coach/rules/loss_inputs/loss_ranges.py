"""Predictions that cannot reach their targets, and targets that the loss is not made for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_calls import loss_call
from tui_torch.probe.coach.loss_graph import Operation, result_shape, saved, through_views
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.rules.loss_inputs.activations import application, without
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.coach.wording import number, times
from tui_torch.protocol.notes import Note

_REGRESSION = {
    "MseLossBackward0": ("mse_loss", "MSELoss"),
    "SmoothL1LossBackward0": ("smooth_l1_loss", "SmoothL1Loss"),
    "HuberLossBackward0": ("huber_loss", "HuberLoss"),
}
_WITH_LOGITS = (("binary_cross_entropy_with_logits",), ("BCEWithLogitsLoss",))
_RANGES = {
    "SigmoidBackward0": ("sigmoid", 0.0, 1.0),
    "TanhBackward0": ("tanh", -1.0, 1.0),
    "SoftmaxBackward0": ("softmax", 0.0, 1.0),
    "ReluBackward0": ("relu", 0.0, math.inf),
}
"""By what computes a prediction: its name, and between which numbers it stays."""
OUTSIDE = 0.2
"""The part of the targets from which on it is no noise that lies outside."""
_MARGIN = 0.05
"""How far outside a target counts."""
_MOST = 1 << 18
"""Maximum number of targets that are looked at."""


class LossRanges(CoachRule):
    """Compares the range of predictions and targets, in the first graphs of each call site."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, int | None], Note] = {}

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if snapshot.record.count > 2:
            return
        for operation in snapshot.graph.operations:
            note = (
                _unreachable(operation, snapshot)
                or _bounded(operation, snapshot)
                or _no_yes_or_no(operation, snapshot)
                or _class_numbers(operation, snapshot)
            )
            if note is not None:
                self._notes.setdefault((note.rule, note.line), note)

    def notes(self, facts: Facts) -> Iterator[Note]:
        yield from self._notes.values()


def _floats(value: Any) -> torch.Tensor | None:
    is_one = isinstance(value, torch.Tensor) and value.is_floating_point() and 0 < value.numel() <= _MOST
    return value.detach() if is_one else None


def _compared(operation: Operation) -> tuple[Any, torch.Tensor] | None:
    """Return what computed a prediction, and the target that it is compared with."""
    if operation.kind in _REGRESSION:
        target = _floats(saved(operation.of, "target"))
        below = through_views(operation.below())
        return None if target is None else (below, target)
    if operation.kind != "PowBackward0" or not operation.near:
        return None
    # By hand: (prediction - target)², of which the difference is saved, and the prediction by what computed it.
    difference, below = _floats(saved(operation.of, "self")), operation.below()
    if difference is None or type(below).__name__ != "SubBackward0":
        return None
    prediction = below.next_functions[0][0]
    result = None if prediction is None else _floats(saved(prediction, "result"))
    if result is None or result.shape != difference.shape or below.next_functions[1][0] is not None:
        return None
    return prediction, result - difference


def _unreachable(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    found = _compared(operation)
    kind = type(found[0]).__name__ if found is not None else ""
    if found is None or kind not in _RANGES:
        return None
    target = found[1]
    function, least, most = _RANGES[kind]
    outside = int(((target < least - _MARGIN) | (target > most + _MARGIN)).sum())
    if outside < OUTSIDE * target.numel():
        return None
    stays = f"above {least:g}" if math.isinf(most) else f"between {least:g} and {most:g}"
    says = (
        f"A prediction that ends in `{function}` stays {stays}, and {outside:,} of {times(target.numel(), 'target')} "
        f"{'lies' if outside == 1 else 'lie'} outside: they go from {number(float(target.min()))} to "
        f"{number(float(target.max()))}. Leave the `{function}` out, or scale the targets."
    )
    call = application(snapshot, function)
    line = snapshot.record.line if call is None else call.lineno
    return noted("unreachable-targets", says, line, None if call is None else without(call, snapshot))


def _bounded(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on scores that were pressed into a range before a loss that wants them free."""
    below = type(through_views(operation.below())).__name__
    if operation.kind == "LogSoftmaxBackward0" and below in ("SigmoidBackward0", "TanhBackward0"):
        shape = result_shape(operation.of) or ()
        call = loss_call(snapshot.names, snapshot.source, snapshot.record, ("cross_entropy",), ("CrossEntropyLoss",))
        if len(shape) != 2 or shape[1] < 2 or call is None:
            return None
        widest = 1.0 if below == "SigmoidBackward0" else 2.0
        loss, least = "cross_entropy", math.log(1 + (shape[1] - 1) * math.exp(-widest))
        who = f"the scores of {shape[1]} classes"
    elif operation.kind == "BinaryCrossEntropyWithLogitsBackward0" and below == "TanhBackward0":
        loss, least, who = "binary_cross_entropy_with_logits", math.log(1 + math.exp(-1.0)), "scores"
    else:
        return None
    function, lowest, highest = _RANGES[below]
    says = (
        f"`{loss}` takes {who} that may be any number, and `{function}` keeps them between {lowest:g} and "
        f"{highest:g}: the loss cannot fall below {number(least)}. Give it the raw scores."
    )
    place = application(snapshot, function)
    line = snapshot.record.line if place is None else place.lineno
    return noted("bounded-scores", says, line, None if place is None else without(place, snapshot))


def _no_yes_or_no(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on targets of a loss for yes or no that are neither between 0 and 1."""
    if operation.kind != "BinaryCrossEntropyWithLogitsBackward0":
        return None
    target = _floats(saved(operation.of, "target"))
    # Without a reduction, or with weights, the loss of some may be left out.
    if target is None or saved(operation.of, "reduction") == 0 or saved(operation.of, "weight") is not None:
        return None
    least, most = float(target.min()), float(target.max())
    if least >= 0 and most <= 1:
        return None
    says = (
        f"`binary_cross_entropy_with_logits` wants targets from 0 to 1, and gets {number(least)} to {number(most)}: "
        f"its loss then falls below 0 without an end."
    )
    call = loss_call(snapshot.names, snapshot.source, snapshot.record, *_WITH_LOGITS)
    if call is None:
        return Note("targets-outside", says, snapshot.record.line)
    return noted("targets-outside", says, call.lineno, _between_0_and_1(call.args[1], target, least, most, snapshot))


def _between_0_and_1(
    node: Any, target: torch.Tensor, least: float, most: float, snapshot: BackwardSnapshot
) -> Fix | None:
    if not bool(((target == least) | (target == most)).all()) or least == most:
        return None
    text = snapshot.source.named(node)
    shifted = f"{text} {'-' if least > 0 else '+'} {abs(least):g}" if least else text
    width = most - least
    if width == 1:
        return replaced(snapshot.source, node, shifted)
    return replaced(snapshot.source, node, f"({shifted}) / {width:g}" if least else f"{text} / {width:g}")


def _class_numbers(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on the number of a class that each of several scores is to become."""
    if operation.kind not in _REGRESSION:
        return None
    target, shape = saved(operation.of, "target"), result_shape(operation.below())
    if not isinstance(target, torch.Tensor) or shape is None or len(shape) != 2 or tuple(target.shape) != shape:
        return None
    # One number for all columns has been spread over them.
    if shape[1] < 3 or shape[0] < 2 or target.stride(1) != 0 or target.numel() > _MOST:
        return None
    numbers = target[:, 0].detach().double()
    whole = bool((numbers == numbers.round()).all()) and bool((numbers >= 0).all())
    if not whole or float(numbers.max()) != shape[1] - 1 or len(numbers.unique()) < 3:
        return None
    function, cls = _REGRESSION[operation.kind]
    says = (
        f"`{function}` pulls all {shape[1]} scores of an example to one number, the class from 0 to {shape[1] - 1}: "
        f"[{shape[0]}, 1] is spread over {list(shape)}. Classes have no distances; `cross_entropy` raises the score "
        f"of the right one."
    )
    call = loss_call(snapshot.names, snapshot.source, snapshot.record, (function,), (cls,))
    if call is None:
        return Note("classes-regressed", says, snapshot.record.line)
    loss = spelled(snapshot.names, "torch.nn.functional.cross_entropy")
    if loss is None:
        return Note("classes-regressed", says, call.lineno)
    scores, labels = (snapshot.source.named(argument) for argument in call.args[:2])
    return noted(
        "classes-regressed",
        says,
        call.lineno,
        replaced(snapshot.source, call, f"{loss}({scores}, {labels}.squeeze(1).long())"),
    )
