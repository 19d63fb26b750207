"""Class scores that are turned into probabilities before a loss that does so itself."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_calls import loss_call, nearest
from tui_torch.probe.coach.loss_graph import Operation, result_shape, through_views
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.source.lines import called
from tui_torch.protocol.notes import Note


@dataclass(frozen=True, slots=True)
class _Mistake:
    rule: str
    name: str
    """The function that is called once too often; `cls` is its class."""
    cls: str
    says: str
    loss: str


_TWICE = _Mistake(
    "softmax-before-cross-entropy",
    "softmax",
    "Softmax",
    "`cross_entropy` takes the softmax itself, and here it is given probabilities: none of the {classes} classes gets "
    "a score above 1, so the loss cannot fall below {least}. Give it the raw scores.",
    "cross_entropy",
)
_NO_LOG = _Mistake(
    "softmax-before-nll",
    "softmax",
    "Softmax",
    "`nll_loss` wants logarithms of probabilities, and gets the probabilities of {classes} classes themselves: the "
    "loss is then between -1 and 0. Use `log_softmax`, or `F.cross_entropy` on the raw scores.",
    "nll_loss",
)
_SIGMOID = _Mistake(
    "sigmoid-before-logits",
    "sigmoid",
    "Sigmoid",
    "`binary_cross_entropy_with_logits` takes the sigmoid itself, and here it is taken twice: the loss cannot fall "
    "below 0.313 where the target is 1. Give it the raw scores.",
    "binary_cross_entropy_with_logits",
)


class DoubleSoftmax(CoachRule):
    """Finds a softmax or sigmoid before a loss that takes it itself, or takes its logarithm.

    A log-softmax of a log-softmax is what it was: nothing is lost by it, and nothing is said.
    """

    def __init__(self) -> None:
        self._notes: dict[tuple[str, int | None], Note] = {}

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if snapshot.record.count > 2:
            return
        for operation in snapshot.graph.operations:
            mistake = _mistake(operation)
            if mistake is None:
                continue
            shape = result_shape(operation.of) or ()
            above = through_views(operation.below())
            shape = result_shape(above) or shape
            note = _note(mistake, shape[-1] if shape else 1, snapshot)
            self._notes.setdefault((note.rule, note.line), note)

    def notes(self, facts: Facts) -> Iterator[Note]:
        yield from self._notes.values()


def _mistake(operation: Operation) -> _Mistake | None:
    below = type(through_views(operation.below())).__name__
    match operation.kind, below:
        case "LogSoftmaxBackward0", "SoftmaxBackward0":
            return _TWICE
        case (("NllLossBackward0" | "NllLoss2DBackward0"), "SoftmaxBackward0"):
            return _NO_LOG
        case "BinaryCrossEntropyWithLogitsBackward0", "SigmoidBackward0":
            return _SIGMOID
        case _:
            return None


def _note(mistake: _Mistake, classes: int, snapshot: BackwardSnapshot) -> Note:
    source = snapshot.source
    least = f"{math.log(1 + (classes - 1) / math.e):.2f}"
    says = mistake.says.format(classes=classes, least=least)
    place = nearest(source.calls(mistake.name, mistake.cls), snapshot.record, source)
    if not isinstance(place, ast.Call):
        functions = (mistake.loss,)
        loss = loss_call(snapshot.names, source, snapshot.record, functions, ())
        return Note(mistake.rule, says, loss.lineno if loss is not None else snapshot.record.line)
    return noted(mistake.rule, says, place.lineno, _without(place, mistake, snapshot))


def _without(call: ast.Call, mistake: _Mistake, snapshot: BackwardSnapshot) -> Fix | None:
    """Return the code with the scores left as they are, or their logarithm taken; None if it cannot be told."""
    source = snapshot.source
    if called(call) == mistake.cls:
        return _without_layer(call, mistake, snapshot)
    if mistake is _NO_LOG:
        text = source.named(call.func)
        return replaced(source, call.func, f"{text[: -len('softmax')]}log_softmax")
    of_module = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in ("F", "torch", "nn.functional")
    scores = call.args[0] if call.args and (of_module or isinstance(call.func, ast.Name)) else None
    if scores is None and isinstance(call.func, ast.Attribute) and not of_module:
        scores = call.func.value
    return replaced(source, call, source.named(scores)) if scores is not None else None


def _without_layer(call: ast.Call, mistake: _Mistake, snapshot: BackwardSnapshot) -> Fix | None:
    source = snapshot.source
    if mistake is _NO_LOG:
        layer = spelled(snapshot.names, "torch.nn.LogSoftmax")
        return None if layer is None else replaced(source, call.func, layer)
    around = next((node for node in source.calls("Sequential") if call in node.args), None)
    if around is not None:
        kept = [source.named(argument) for argument in around.args if argument is not call]
        return replaced(source, around, f"{source.named(around.func)}({', '.join(kept)})")
    layer = spelled(snapshot.names, "torch.nn.Identity")
    return None if layer is None else replaced(source, call, f"{layer}()")
