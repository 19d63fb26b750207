"""Targets of another kind than the loss is meant for, which PyTorch accepts without an error."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from tui_torch.probe.coach.loss_calls import loss_call
from tui_torch.probe.coach.loss_graph import Operation, result_shape, saved, through_views
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.wording import number
from tui_torch.probe.values.tensor_facts import dtype_text
from tui_torch.protocol.events import Note

_REGRESSION = {"MseLossBackward0": ("mse_loss", "MSELoss"), "SmoothL1LossBackward0": ("smooth_l1_loss", "SmoothL1Loss")}
_CROSS_ENTROPY = (("cross_entropy",), ("CrossEntropyLoss",))


class TargetDtype(CoachRule):
    """Finds integer targets of a regression, a single class, and float targets that are not probabilities."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, int | None], Note] = {}

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if snapshot.record.count > 2:
            return
        for operation in snapshot.graph.operations:
            note = (
                _whole_numbers(operation, snapshot)
                or _one_class(operation, snapshot)
                or _no_probabilities(operation, snapshot)
            )
            if note is not None:
                self._notes.setdefault((note.rule, note.line), note)

    def notes(self, facts: Facts) -> Iterator[Note]:
        yield from self._notes.values()


def _whole_numbers(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on integers or booleans given to a loss that measures distances."""
    if operation.kind not in _REGRESSION:
        return None
    target = saved(operation.of, "target")
    if target is None or target.is_floating_point() or target.is_complex():
        return None
    function, cls = _REGRESSION[operation.kind]
    call = loss_call(snapshot.names, snapshot.source, snapshot.record, (function,), (cls,))
    dtype = dtype_text(target.dtype)
    says = (
        f"The targets are {dtype}, of shape {list(target.shape)}, and `{function}` measures distances between floats: "
        f"here it converts them at every step, other losses and releases refuse. Convert them once; if they are "
        f"classes, `F.cross_entropy` is the loss."
    )
    suggested_fix = None
    if call is not None:
        suggested_fix = snapshot.source.replaced(call.args[1], f"{snapshot.source.named(call.args[1])}.float()")
    return Note("integer-targets", says, call.lineno if call is not None else snapshot.record.line, suggested_fix)


def _one_class(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on a softmax over a single class."""
    if operation.kind != "LogSoftmaxBackward0":
        return None
    shape = result_shape(operation.of)
    dim = saved(operation.of, "dim")
    if not shape or not isinstance(dim, int) or len(shape) < 2:
        return None
    dim = dim - 2**64 if dim >= 2**63 else dim
    if shape[dim] != 1:
        return None
    call = loss_call(snapshot.names, snapshot.source, snapshot.record, *_CROSS_ENTROPY)
    if call is None:
        return None
    given = [snapshot.source.named(argument) for argument in call.args[:2]]
    suggested_fix = snapshot.source.replaced(call, f"F.binary_cross_entropy_with_logits({', '.join(given)})")
    if not _is_float(snapshot, given[1]):
        suggested_fix = snapshot.source.replaced(
            call, f"F.binary_cross_entropy_with_logits({given[0]}, {given[1]}.float())"
        )
    says = (
        f"The scores are {list(shape)}: one class, of which the softmax is always 1, so the loss is 0 whatever the "
        f"targets are. For yes or no, one score goes with `F.binary_cross_entropy_with_logits`."
    )
    return Note("one-class", says, call.lineno, suggested_fix)


def _is_float(snapshot: BackwardSnapshot, name: str) -> bool:
    value = snapshot.names.get(name)
    return not isinstance(value, torch.Tensor) or value.is_floating_point()


def _no_probabilities(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on float targets, which `cross_entropy` takes as probabilities, that do not add up to 1."""
    # Only PyTorch's own loss divides by a whole number in this way.
    if operation.kind != "DivBackward1":
        return None
    below = operation.below()
    for kind in ("NegBackward0", "SumBackward0"):
        if type(below).__name__ != kind:
            return None
        below = below.next_functions[0][0]
    if type(below).__name__ != "MulBackward0":
        return None
    scores = through_views(below.next_functions[0][0])
    target = saved(below, "other")
    if type(scores).__name__ != "LogSoftmaxBackward0" or target is None or not target.is_floating_point():
        return None
    dim = 0 if target.dim() == 1 else 1
    sums = target.sum(dim).reshape(-1)
    if target.shape[dim] == 1 or bool(((sums - 1).abs() < 0.05).all()):
        return None
    call = loss_call(snapshot.names, snapshot.source, snapshot.record, *_CROSS_ENTROPY)
    if call is None:
        return None
    worst = sums[(sums - 1).abs().argmax()]
    of_what = f"the {target.shape[dim]} numbers" if target.dim() == 1 else f"a row of {target.shape[dim]} numbers"
    says = (
        f"`cross_entropy` takes float targets of shape {list(target.shape)} as probabilities of classes, but "
        f"{of_what} adds up to {number(float(worst))}, not 1. Class numbers are int64, of shape "
        f"{list(target.shape)[:1]} for scores of shape [{target.shape[0]}, classes]."
    )
    if target.dim() > 1:
        says += " Where several classes may be true at once, `F.binary_cross_entropy_with_logits` is the loss."
    given = [snapshot.source.named(argument) for argument in call.args[:2]]
    suggested_fix = f"F.binary_cross_entropy_with_logits({', '.join(given)})"
    binary = bool(((target == 0) | (target == 1)).all())
    return Note("float-targets", says, call.lineno, snapshot.source.replaced(call, suggested_fix) if binary else None)
