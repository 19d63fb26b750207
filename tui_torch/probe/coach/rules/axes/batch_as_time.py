"""A recurrent layer or a transformer without `batch_first` that is given the batch in front: it takes that for time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset, default_collate

from tui_torch.probe.autograd.saved_tensors import inputs
from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_graph import result_shape, saved
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues, modules, reachable
from tui_torch.probe.values.module_tree import as_python
from tui_torch.protocol.notes import Note

_LOOKS = 24
"""The number of `backward()` calls that are looked at."""
_LAST = ((1 << 64) - 1, -1)
"""What an index of -1 is saved as."""
_RECURRENT = ("StackBackward0", "MkldnnRnnLayerBackward0", "CudnnRnnBackward0")

_ELEMENTWISE = (
    "MulBackward0",
    "NativeDropoutBackward0",
    "ReluBackward0",
    "TanhBackward0",
    "GeluBackward0",
    "SliceBackward0",  # that of `[:]`, up to PyTorch 2.8
)
_OF_A_LINEAR_LAYER = ("ViewBackward0", "UnsafeViewBackward0")
"""What a linear layer ends with that is given more than two dimensions; the latter as of PyTorch 2.15."""
_BETWEEN = 8
"""Maximum number of steps between the states and what is taken of them."""

_Sizes = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of the states of a layer that takes the first axis for time."""

    name: str
    cls: str
    """The name of the class that is told `batch_first`."""
    sizes: _Sizes
    """Those of the states."""


class BatchAsTime(CoachRule):
    """Looks which axis of the states goes to a loss that has one target for each element of the first."""

    def __init__(self) -> None:
        self._looks = 0
        self._met: dict[str, _Sizes] = {}
        self._note: Note | None = None

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._note is not None or self._looks >= _LOOKS:
            return
        self._looks += 1
        read = _read(snapshot)
        if read is None:
            return
        first, second, _ = read.sizes
        before = self._met.setdefault(read.name, read.sizes)
        varies = before[0] != first and before[1] == second
        if varies or _is_batch(first, second, snapshot.names):
            self._note = _noted(read, snapshot)

    def notes(self, facts: Facts) -> Iterator[Note]:
        if self._note is not None:
            yield self._note


def _read(snapshot: BackwardSnapshot) -> _Read | None:
    """Return the layer of whose states the last of the second axis is used, with one target for each of the first."""
    targets = [saved(operation.of, "target") for operation in snapshot.graph.operations if operation.near]
    counts = {len(target) for target in targets if isinstance(target, torch.Tensor) and target.dim()}
    for operation in snapshot.graph.operations if counts else ():
        if not _reduces_second(operation.of, operation.kind):
            continue
        sizes = saved(operation.of, "self_sym_sizes")
        made = operation.below()
        if made is None or sizes is None or len(sizes) != 3 or result_shape(made) != tuple(sizes):
            continue
        first, second, width = (int(size) for size in sizes)
        if counts != {first} or second in (1, first):
            continue
        found = _layer(_origin(made, (first, second)), (first, second, width), snapshot)
        if found is not None:
            return found
    return None


def _reduces_second(node: Any, kind: str) -> bool:
    match kind:
        case "SelectBackward0":
            return saved(node, "dim") == 1 and saved(node, "index") in _LAST
        case "MeanBackward1":
            return saved(node, "dim") in ((1,), ((1 << 64) - 1 - 1,))
        case _:
            return False


def _origin(node: Any, sizes: tuple[int, int]) -> Any:
    """Return the operation before dropout, activations and linear layers, which leave both axes where they are."""
    for _ in range(_BETWEEN):
        kind, found = type(node).__name__, inputs(node)
        below = found[0][0] if found else None
        if kind in _OF_A_LINEAR_LAYER and type(below).__name__ == "AddmmBackward0":
            # A linear layer takes all rows at once: the second input of three.
            rows = inputs(below)[1][0]
            found = inputs(rows) if type(rows).__name__ == "ViewBackward0" else ()
            below = found[0][0] if found else None
        elif kind not in _ELEMENTWISE:
            return node
        if below is None or (result_shape(below) or ())[:2] != sizes:
            return node
        node = below
    return node


def _layer(made: Any, sizes: _Sizes, snapshot: BackwardSnapshot) -> _Read | None:
    """Return the layer that made states, of those that take the first axis for time; None if it is no such."""
    kind, leaves = type(made).__name__, {id(leaf) for leaf in snapshot.graph.leaves}
    recurrent: list[_Read] = []
    for owner, root in modules(snapshot.names):
        for path, layer in root.named_modules():
            name = as_python(f"{owner}.{path}" if path else owner)
            if isinstance(layer, nn.TransformerEncoderLayer | nn.TransformerEncoder):
                last = layer.norm2 if isinstance(layer, nn.TransformerEncoderLayer) else layer.norm
                is_its = kind == "NativeLayerNormBackward0" and id(getattr(last, "weight", None)) in _filled_by(made)
                attentions = [part for part in layer.modules() if isinstance(part, nn.MultiheadAttention)]
                if is_its and attentions and not any(part.batch_first for part in attentions):
                    return _Read(name, "TransformerEncoderLayer", sizes)
            elif isinstance(layer, nn.RNNBase) and any(id(weight) in leaves for weight in layer.parameters()):
                recurrent.append(_Read(name, "" if layer.batch_first else type(layer).__name__, sizes))
    if not _is_recurrent(made, kind) or len({read.name.partition(".")[2] for read in recurrent}) != 1:
        return None
    return recurrent[0] if recurrent[0].cls else None


def _is_recurrent(made: Any, kind: str) -> bool:
    """Return whether a recurrent layer made states, which has run over their first axis."""
    if kind == "CatBackward0":
        below = inputs(made)
        return bool(below) and all(type(one).__name__ in _RECURRENT and _is_in_front(one) for one, _ in below)
    return kind in _RECURRENT and _is_in_front(made)


def _is_in_front(made: Any) -> bool:
    if type(made).__name__ == "StackBackward0":
        return saved(made, "dim") == 0
    return type(made).__name__ != "CudnnRnnBackward0" or saved(made, "batch_first") is False


def _filled_by(node: Any) -> set[int]:
    return {id(one.variable) for one, _ in inputs(node) if type(one).__name__ == "AccumulateGrad"}


def _is_batch(first: int, second: int, names: NamedValues) -> bool:
    """Return whether the first of two sizes is that of a batch, by the data that the code holds."""
    tensors: list[torch.Tensor] = []
    for _, value in reachable(names):
        if type(value) is DataLoader:
            if value.batch_size == first and value.collate_fn is default_collate:
                return True
            dataset = value.dataset
        else:
            dataset = value
        while type(dataset) is Subset:
            dataset = dataset.dataset
        if type(dataset) is TensorDataset:
            tensors += dataset.tensors
        elif type(dataset) is torch.Tensor:
            tensors.append(dataset)
    counts = {len(tensor) for tensor in tensors if tensor.dim() == 3 and tensor.shape[1] == second}
    # The targets of as many examples, or more than one batch of them.
    labelled = {len(tensor) for tensor in tensors if tensor.dim() and tensor.numel() == len(tensor)}
    return any(count > first and count in labelled for count in counts)


def _noted(read: _Read, snapshot: BackwardSnapshot) -> Note:
    first, second, _ = read.sizes
    says = (
        f"`{read.name}` takes the first axis for time, and that is the batch: it reads [{first}, {second}, …] as "
        f"{second} sequences of {first} steps, each step from another example. `batch_first=True` tells it that the "
        f"batch comes first."
    )
    calls = [call for call in snapshot.source.calls(read.cls) if not _is_told(call)]
    if len(calls) != 1:
        return Note("batch-as-time", says, snapshot.record.line)
    return noted("batch-as-time", says, calls[0].lineno, _told(calls[0], read, snapshot.source))


def _is_told(call: ast.Call) -> bool:
    return any(keyword.arg in (None, "batch_first") for keyword in call.keywords)


def _told(call: ast.Call, read: _Read, source: Source) -> Fix | None:
    """Return the call with `batch_first=True`; None where other code may count on the time in front."""
    attribute = read.name.rpartition(".")[2]
    for node in source.nodes:
        # With its first states, or a mask; positions of as many steps as the first axis has.
        if isinstance(node, ast.Call) and called(node) == attribute and len(node.args) + len(node.keywords) > 1:
            return None
        if isinstance(node, ast.Subscript) and any(
            isinstance(part, ast.Slice)
            and part.upper is not None
            and ("size(0)" in ast.unparse(part.upper) or "shape[0]" in ast.unparse(part.upper))
            for part in ast.walk(node.slice)
        ):
            return None
    given = [source.named(part) for part in (*call.args, *call.keywords)]
    return replaced(source, call, f"{source.named(call.func)}({', '.join([*given, 'batch_first=True'])})")
