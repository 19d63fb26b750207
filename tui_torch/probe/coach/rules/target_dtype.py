"""Targets of another kind than the loss is meant for, which PyTorch accepts without an error."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_calls import loss_call
from tui_torch.probe.coach.loss_graph import Operation, result_shape, saved, through_views
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.coach.wording import number
from tui_torch.probe.source.lines import Source
from tui_torch.probe.values.tensor_facts import dtype_text
from tui_torch.protocol.notes import Note

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
    if call is None:
        return Note("integer-targets", says, snapshot.record.line)
    fix = replaced(snapshot.source, call.args[1], f"{_before_dot(call.args[1], snapshot.source)}.float()")
    return noted("integer-targets", says, call.lineno, fix)


def _before_dot(node: ast.expr, source: Source) -> str:
    """Return an expression as it has to be written before `.float()`."""
    text = source.named(node)
    return text if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript) else f"({text})"


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
    says = (
        f"The scores are {list(shape)}: one class, of which the softmax is always 1, so the loss is 0 whatever the "
        f"targets are. For yes or no, one score goes with `F.binary_cross_entropy_with_logits`."
    )
    # Class numbers lack the dimension of the classes, and probabilities have it.
    numbered = any(
        above.kind.startswith("NllLoss") and through_views(above.below()) is operation.of
        for above in snapshot.graph.operations
    )
    return noted("one-class", says, call.lineno, _as_binary(call, numbered, snapshot))


def _as_binary(call: ast.Call, numbered: bool, snapshot: BackwardSnapshot) -> Fix | None:
    """Return a loss of yes or no in place of `cross_entropy`; `numbered` if its targets are class numbers."""
    loss = spelled(snapshot.names, "torch.nn.functional.binary_cross_entropy_with_logits")
    if loss is None or call.keywords or len(call.args) != 2:
        return None
    scores, targets = snapshot.source.named(call.args[0]), snapshot.source.named(call.args[1])
    if numbered:
        targets = f"{_before_dot(call.args[1], snapshot.source)}.float().unsqueeze(1)"
    return replaced(snapshot.source, call, f"{loss}({scores}, {targets})")


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
    binary = bool(((target == 0) | (target == 1)).all())
    return noted("float-targets", says, call.lineno, _as_binary(call, False, snapshot) if binary else None)
