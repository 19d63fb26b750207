"""Units of a layer that begin alike and stay alike, since each gets the gradient of every other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import ref

import torch
from torch import nn

from tui_torch.probe.coach.fixes import Fix, noted, removed, replaced, statement_at
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.wording import number
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues, modules
from tui_torch.probe.values.module_tree import as_python
from tui_torch.protocol.notes import Note

ENOUGH = 10
"""The number of steps after which units that could part have parted."""
_MOST = 1 << 18
"""Maximum number of elements of a weight that is looked at."""
_LAYERS = 50
"""Maximum number of layers that are looked at."""
_FILLING = ("zeros_", "ones_", "constant_", "fill_", "zero_")


@dataclass(slots=True)
class _Layer:
    """A layer whose units were all alike at the first `backward()`."""

    weight: ref[torch.Tensor]
    name: str
    units: int
    along: int
    """The dimension along which units are told apart."""
    value: float
    line: int
    has_parted: bool = False


class EqualUnits(CoachRule):
    """Finds weights that are the same for each unit of a layer, and get the same gradients, and are so at the end."""

    def __init__(self) -> None:
        self._layers: list[_Layer] | None = None
        self._looks = 0

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        self._looks += 1
        if self._layers is None:
            filled = {id(leaf) for leaf in snapshot.graph.leaves}
            weights = [one for one in _weights(snapshot.names) if id(one[1]) in filled]
            self._layers = [
                _Layer(
                    ref(weight), name, weight.shape[along], along, float(weight.reshape(-1)[0]), snapshot.record.line
                )
                for name, weight, along in weights
                if _are_alike(weight, along)
            ]
        elif self._looks <= ENOUGH:
            for layer in self._layers:
                weight = layer.weight()
                gradient = None if weight is None else weight.grad
                layer.has_parted |= gradient is None or not _are_alike(gradient, layer.along)

    def notes(self, facts: Facts) -> Iterator[Note]:
        if facts.backwards < ENOUGH or not facts.optimizers:
            return
        for layer in self._layers or []:
            weight = layer.weight()
            if weight is None or layer.has_parted or not _are_alike(weight, layer.along):
                continue
            place = _filled_with(layer, facts.source)
            says = (
                f"The {layer.units} units of `{layer.name}` began with the same weights, all {number(layer.value)}, "
                f"and are still the same after {facts.backwards:,} steps: each gets the gradient of every other, so "
                f"they can do no more than one. Begin with random weights."
            )
            line = layer.line if place is None else place.lineno
            yield noted("equal-units", says, line, None if place is None else _random(place, facts.source))
            return


def _weights(names: NamedValues) -> list[tuple[str, torch.Tensor, int]]:
    """Return the weights of layers, with their names, and the dimension of their units."""
    found: list[tuple[str, torch.Tensor, int]] = []
    held: set[int] = set()
    for owner, module in modules(names):
        held |= {id(parameter) for parameter in module.parameters()}
        for path, layer in module.named_modules():
            if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
                found.append((as_python(f"{owner}.{path}" if path else owner), layer.weight, 0))
    for name, value in list(names.items()):
        # By hand, units are columns: `x @ w`.
        if type(value) is torch.Tensor and value.requires_grad and value.dim() == 2 and id(value) not in held:
            found.append((name, value, 1))
    return found[:_LAYERS]


def _are_alike(weight: torch.Tensor, along: int) -> bool:
    values = weight.detach()
    if values.layout is not torch.strided or not 0 < values.numel() <= _MOST or values.shape[along] < 2:
        return False
    first = values.select(along, 0)
    return torch.equal(first, values.select(along, 1)) and bool((values == first.unsqueeze(along)).all())


def _filled_with(layer: _Layer, source: Source) -> ast.expr | None:
    """Return the code that fills a weight with one number; None if that cannot be told."""
    made = source.assigned(layer.name)
    if made is not None and isinstance(made.value, ast.Call) and called(made.value) in ("zeros", "ones", "full"):
        return made.value
    fillings = [call for call in source.calls(*_FILLING) if "grad" not in source.named(call)]
    weights = [call for call in fillings if "weight" in source.named(call)]
    return next(iter(weights or (fillings if len(fillings) == 1 else [])), None)


def _random(place: ast.expr, source: Source) -> Fix | None:
    if isinstance(place, ast.Call) and called(place) in ("zeros", "ones"):
        text = source.named(place.func)
        return replaced(source, place.func, f"{text[: -len(called(place))]}randn")
    statement = statement_at(source, place.lineno)
    is_alone = isinstance(statement, ast.Expr) and statement.value is place
    return removed(source, statement) if is_alone and statement is not None else None
