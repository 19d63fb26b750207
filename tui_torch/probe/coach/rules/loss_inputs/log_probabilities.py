"""Losses that want probabilities or their logarithms, and get something else, or get them over another dimension."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import torch

from tui_torch.probe.autograd.saved_tensors import inputs
from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_calls import loss_call
from tui_torch.probe.coach.loss_graph import Operation, result_shape, saved, through_views
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.rules.loss_inputs.activations import CLASSES, application, over, renamed
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.coach.wording import number
from tui_torch.probe.source.lines import called
from tui_torch.protocol.notes import Note

_NLL = (("nll_loss",), ("NLLLoss",))
_KL = (("kl_div",), ("KLDivLoss",))
_MOST = 1 << 16
"""Maximum number of elements of scores that are added up."""
_OF_A_LAYER = ("AddmmBackward0", "MmBackward0", "ConvolutionBackward0")
"""What makes raw scores."""


class LogProbabilities(CoachRule):
    """Adds up what `nll_loss` is given as probabilities, and looks at what made the first argument of `kl_div`."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, int | None], Note] = {}

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if snapshot.record.count > 2:
            return
        for operation in snapshot.graph.operations:
            note = _nll(operation, snapshot) or _softmax_before(operation, snapshot) or _kl_div(operation, snapshot)
            if note is not None:
                self._notes.setdefault((note.rule, note.line), note)

    def notes(self, facts: Facts) -> Iterator[Note]:
        yield from self._notes.values()


def _nll(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on logarithms whose probabilities do not add up to 1."""
    if operation.kind not in ("NllLossBackward0", "NllLoss2DBackward0"):
        return None
    given, below = saved(operation.of, "self"), through_views(operation.below())
    kind = type(below).__name__
    if given is None or below is None or kind == "SoftmaxBackward0" or not 0 < given.numel() <= _MOST:
        return None
    dim = 0 if given.dim() == 1 else 1
    sums = given.detach().float().exp().sum(dim).reshape(-1)
    middle = float(sums.median())
    if kind == "LogSoftmaxBackward0":
        return _over_another(below, given, sums, snapshot)
    # Below 1, some classes may have been left out on purpose; above 1, they are no probabilities.
    if given.shape[dim] < 2 or not middle > 1.1 or kind not in _OF_A_LAYER:
        return None
    says = (
        f"`nll_loss` wants logarithms of probabilities, and gets raw scores of shape {list(given.shape)}: e to the "
        f"power of a row adds up to {number(middle)} here, and would be 1. `cross_entropy` takes raw scores."
    )
    call = loss_call(snapshot.names, snapshot.source, snapshot.record, *_NLL)
    if call is None:
        return Note("scores-to-nll", says, snapshot.record.line)
    return noted("scores-to-nll", says, call.lineno, _cross_entropy(call, snapshot))


def _cross_entropy(call: ast.Call, snapshot: BackwardSnapshot) -> Fix | None:
    source = snapshot.source
    if called(call) == "nll_loss":
        return renamed(call, "cross_entropy", source)
    made = next(source.calls("NLLLoss"), None)
    return None if made is None else renamed(made, "CrossEntropyLoss", source)


def _over_another(below: Any, given: torch.Tensor, sums: torch.Tensor, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on a log-softmax over another dimension than the classes."""
    off = (sums - 1).abs() > 0.01
    if not bool(off.any()):
        return None
    shape, dim = result_shape(below), _dim(below)
    return None if shape is None or dim is None else _wrong_dim("log_softmax", shape, dim, sums, snapshot)


def _wrong_dim(
    function: str, shape: tuple[int, ...], dim: int, sums: torch.Tensor, snapshot: BackwardSnapshot
) -> Note | None:
    right = 1 if len(shape) in (2, 4) else -1
    if dim == right % len(shape):
        return None
    call = application(snapshot, function)
    line = snapshot.record.line if call is None else call.lineno
    least, most = number(float(sums.min())), number(float(sums.max()))
    between = least if least == most else f"between {least} and {most}"
    says = (
        f"The `{function}` over dimension {dim} of {list(shape)} makes probabilities that add up to 1 there, and not "
        f"over the {shape[right]} classes of an example: those add up to {between}. Take it over `dim={right}`."
    )
    return noted("softmax-dimension", says, line, None if call is None else over(call, right, snapshot.source))


def _softmax_before(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on a softmax over the examples that is compared with a distribution over classes for each."""
    if operation.kind in ("MseLossBackward0", "BinaryCrossEntropyBackward0"):
        target = saved(operation.of, "target")
    elif operation.kind == "MulBackward0":
        target = saved(operation.of, "other")
        target = saved(operation.of, "self") if target is None else target
    else:
        return None
    for below, _ in inputs(operation.of):
        if type(below).__name__ == "LogBackward0":
            below = inputs(below)[0][0]
        kind = type(below).__name__
        if kind not in ("SoftmaxBackward0", "LogSoftmaxBackward0"):
            continue
        shape, result = result_shape(below), saved(below, "result")
        if shape is None or len(shape) != 2 or _dim(below) != 0 or not _are_rows(target, shape) or result is None:
            continue
        sums = (result.detach().exp() if kind == "LogSoftmaxBackward0" else result.detach()).sum(1)
        if bool(((sums - 1).abs() < 0.01).all()):
            continue
        return _wrong_dim("softmax" if kind == "SoftmaxBackward0" else "log_softmax", shape, 0, sums, snapshot)
    return None


def _are_rows(target: object, shape: tuple[int, ...]) -> bool:
    """Return whether each row is a distribution over classes, and the columns are none over examples."""
    if not isinstance(target, torch.Tensor) or tuple(target.shape) != shape or min(shape) < 2:
        return False
    if target.numel() > _MOST or not target.is_floating_point() or bool((target < 0).any()):
        return False
    rows, columns = target.sum(1), target.sum(0)
    return bool(((rows - 1).abs() < 1e-3).all()) and not bool(((columns - 1).abs() < 1e-3).all())


def _kl_div(operation: Operation, snapshot: BackwardSnapshot) -> Note | None:
    """Return a note on probabilities or raw scores given to `kl_div`, which wants log-probabilities first."""
    # target·log(target) - target·input, added up.
    if operation.kind != "SubBackward0" or not operation.near:
        return None
    product = next((node for node, _ in inputs(operation.of) if type(node).__name__ == "MulBackward0"), None)
    if product is None:
        return None
    target = saved(product, "self")
    target = saved(product, "other") if target is None else target
    # The target comes first, and may get gradients too.
    given = product.next_functions[1][0]
    if not isinstance(target, torch.Tensor) or target.dim() < 2 or bool((target < 0).any()) or given is None:
        return None
    kind = type(through_views(given)).__name__
    call = loss_call(snapshot.names, snapshot.source, snapshot.record, *_KL)
    if call is None or len(call.args) < 2 or result_shape(given) != tuple(target.shape):
        return None
    if kind == "SoftmaxBackward0":
        what = "the probabilities themselves"
    elif kind in _OF_A_LAYER:
        what = "raw scores"
    else:
        return None
    says = (
        f"`kl_div` wants log-probabilities first, and gets {what}, of shape {list(target.shape)}: what it computes is "
        f"no divergence. Its second argument is the one that is given as probabilities."
    )
    return noted("kl-div-input", says, call.lineno, _logarithms(call, kind, snapshot))


def _logarithms(call: ast.Call, kind: str, snapshot: BackwardSnapshot) -> Fix | None:
    source, given = snapshot.source, call.args[0]
    if kind == "SoftmaxBackward0":
        made = source.assigned(given.id) if isinstance(given, ast.Name) else None
        place = given if isinstance(given, ast.Call) else made.value if made is not None else None
        if not isinstance(place, ast.Call) or called(place) not in ("softmax", CLASSES["softmax"]):
            return None
        return renamed(place, "log_softmax" if called(place) == "softmax" else CLASSES["log_softmax"], source)
    function = spelled(snapshot.names, "torch.nn.functional.log_softmax")
    return None if function is None else replaced(source, given, f"{function}({source.named(given)}, dim=1)")


def _dim(node: Any) -> int | None:
    """Return the dimension that a softmax was taken over, counted from 0."""
    dim, shape = saved(node, "dim"), result_shape(node)
    if not isinstance(dim, int) or shape is None:
        return None
    dim = dim - 2**64 if dim >= 2**63 else dim
    return dim % len(shape) if shape else None
