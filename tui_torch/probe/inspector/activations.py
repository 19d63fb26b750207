"""How active the units of a layer are: mean and spread of what it returned, its zeros, and units that are dead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from tui_torch.probe.isolation.torch_internals import sequence_number
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.short_repr import class_name

EXACT = 1 << 17
"""Elements up to which all are read; of a larger result, that many examples at equal distances, at least one."""
_THROUGH = 6
"""Maximum number of operations that are gone back through, from what a layer is given, to find a function."""
_CHANNELS_FIRST = (
    torch.nn.Conv1d,
    torch.nn.Conv2d,
    torch.nn.Conv3d,
    torch.nn.ConvTranspose1d,
    torch.nn.ConvTranspose2d,
    torch.nn.ConvTranspose3d,
)
_FUNCTIONS = {
    "ReluBackward0": "relu",
    "LeakyReluBackward0": "leaky_relu",
    "EluBackward0": "elu",
    "GeluBackward0": "gelu",
    "SiluBackward0": "silu",
    "MishBackward0": "mish",
    "HardtanhBackward0": "hardtanh",
    "HardswishBackward0": "hardswish",
    "SigmoidBackward0": "sigmoid",
    "TanhBackward0": "tanh",
    "SoftplusBackward0": "softplus",
}
"""By the class of the node in the graph: functions that a forward() calls between its layers."""
_SAME_UNITS = {
    "AliasBackward0",
    "CloneBackward0",
    "MaxPool1DWithIndicesBackward0",
    "MaxPool2DWithIndicesBackward0",
    "PermuteBackward0",
    "ReshapeAliasBackward0",
    "SqueezeBackward0",
    "SqueezeBackward1",
    "TransposeBackward0",
    "UnsafeViewBackward0",
    "UnsqueezeBackward0",
    "ViewBackward0",
}
"""Nodes of operations that give the same numbers in another shape, or the largest of them."""


@dataclass(frozen=True, slots=True)
class Activation:
    """What one tensor of a forward pass held. Numbers of another device than the CPU are fetched once they are read."""

    units: int
    """The size of the axis of its units: features, or channels. 0 if it has none."""
    seen: int
    numel: int
    """The number of elements that were read, and of all."""
    _numbers: tuple[float, float, float, float] | torch.Tensor

    @property
    def _read(self) -> tuple[float, float, float, float]:
        found = self._numbers
        return found if isinstance(found, tuple) else tuple(Base.tolist(found))  # type: ignore[return-value]

    @property
    def mean(self) -> float:
        return self._read[0]

    @property
    def spread(self) -> float:
        """The standard deviation."""
        return self._read[1]

    @property
    def zeros(self) -> float:
        """The share of elements that are 0."""
        return self._read[2]

    @property
    def dead(self) -> int:
        """The number of units that were 0 at every element that was read."""
        return int(self._read[3])


@dataclass(frozen=True, slots=True)
class CalledFunction:
    """A function that computed what a layer was given, such as `relu`, in place of a module that does."""

    name: str
    activation: Activation


class UnitAxes:
    """Tells along which axis a result has its units, from the layers that were called before it."""

    def __init__(self) -> None:
        self._channels_first = False

    def after(self, module: object, dimensions: int) -> int | None:
        """The axis of a result with so many dimensions of a module that was called; None if it has none."""
        if isinstance(module, _CHANNELS_FIRST):
            self._channels_first = True
        elif isinstance(module, torch.nn.Linear | torch.nn.Embedding | torch.nn.LayerNorm | torch.nn.RNNBase):
            self._channels_first = False
        return self.of(dimensions)

    def of(self, dimensions: int) -> int | None:
        """The axis of a tensor that was computed from the last result."""
        if dimensions < 2:
            return None
        return 1 if self._channels_first or dimensions == 2 else dimensions - 1


def activation_of(tensor: object, axis: int | None) -> Activation | None:
    """Read a result, in an `unobserved()` block; None for anything else than a tensor of real floating-point numbers.

    Args:
        tensor: Any value. Nothing of it is kept.
        axis: That of its units.
    """
    if type(tensor) is not torch.Tensor or not Base.is_floating_point(tensor):
        return None
    numel = Base.numel(tensor)
    if not numel or Base.layout.__get__(tensor) is not torch.strided or Base.is_meta.__get__(tensor):
        return None
    some = _some(Base.detach(tensor))
    if Base.element_size(some) < 4:
        some = Base.to(some, torch.float32)
    shape = Base.shape.__get__(some)
    spread, mean = torch.std_mean(some, correction=0)
    is_used = Base.ne(some, 0)
    used = Base.sum(is_used, [at for at in range(len(shape)) if at != axis])
    seen = Base.numel(some)
    zeros = 1 - Base.sum(used) / seen
    dead = torch.zeros_like(mean) if axis is None else Base.sum(Base.eq(used, 0))
    units = 0 if axis is None else shape[axis]
    numbers = mean, spread, zeros, dead
    if Base.is_cpu.__get__(some):
        return Activation(units, seen, numel, tuple(Base.item(number) for number in numbers))  # type: ignore[arg-type]
    return Activation(units, seen, numel, torch.stack([Base.to(number, torch.float32) for number in numbers]))


def _some(tensor: torch.Tensor) -> torch.Tensor:
    """As many examples of a batch as are read, at equal distances."""
    numel, count = Base.numel(tensor), (*Base.shape.__get__(tensor), 1)[0]
    if numel <= EXACT or count < 2:
        return tensor
    examples = max(1, EXACT * count // numel)
    return Base.__getitem__(tensor, slice(None, None, -(-count // examples)))


class FunctionsBetween:
    """Finds the functions that a forward pass calls between its modules, from the graph that autograd records."""

    def __init__(self) -> None:
        self._of_modules: set[int] = set()
        """The sequence numbers of the operations that modules returned the results of."""

    def returned(self, output: object) -> None:
        """A module has returned this."""
        if type(output) is torch.Tensor and (node := Base.grad_fn.__get__(output)) is not None:
            self._of_modules.update(sequence_number(found) for found in _back_from(node))

    def before(self, given: object, axis: int | None) -> CalledFunction | None:
        """The function that computed what a module is given; None if a module did, or none that is known."""
        if type(given) is not torch.Tensor or (node := Base.grad_fn.__get__(given)) is None:
            return None
        for found in _back_from(node):
            if sequence_number(found) in self._of_modules:
                return None
            if (name := _FUNCTIONS.get(class_name(found))) is not None:
                activation = activation_of(given, axis)
                return None if activation is None else CalledFunction(name, activation)
        return None


def _back_from(node: Any) -> Iterator[Any]:
    """The node, and those before it with the same units."""
    for _ in range(_THROUGH):
        yield node
        if class_name(node) not in _SAME_UNITS:
            return
        node = node.next_functions[0][0]
        if node is None:
            return
