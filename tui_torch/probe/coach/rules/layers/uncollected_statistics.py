"""A batch norm whose statistics were never collected, in a copy of a model that is judged in `eval()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any
from weakref import ref

from torch import nn

from tui_torch.probe.coach.fixes import Fix, inserted_after, noted
from tui_torch.probe.coach.heard.without_gradients import block_at
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, Step
from tui_torch.probe.coach.tensor_stamp import Stamp, stamp
from tui_torch.probe.isolation.torch_internals import BatchNormBase, version_of
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.protocol.notes import Note

CHANGED = 10
"""The number of times that weights were changed in place from which on they are no initial ones."""


@dataclass(slots=True)
class _Judged:
    """A module that was judged in `eval()` with statistics that are those of a new layer."""

    of: ref[nn.Module]
    weights: Stamp
    name: str
    layer: str
    line: int
    is_changed: bool


class UncollectedStatistics(CoachRule):
    """Looks at modules that are called without gradients: weights that change, beside statistics that never do."""

    def __init__(self) -> None:
        self._source: Source | None = None
        self._held: set[int] = set()
        self._judged: dict[int, _Judged] = {}

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        self._source = snapshot.source

    def before_step(self, step: Step) -> None:
        self._held |= step.record.held

    def gradients_off(self, frame: FrameType, names: NamedValues) -> None:
        source = self._source
        node = None if source is None else block_at(frame, source)
        if node is None:
            return
        for part in ast.walk(node):
            if isinstance(part, ast.Call):
                module = _value(part.func, names)
                if isinstance(module, nn.Module) and not module.training and len(self._judged) < 16:
                    self._look_at(module, ast.unparse(part.func), part.lineno)

    def _look_at(self, module: nn.Module, name: str, line: int) -> None:
        layer = _new_layer(module)
        weight = next(module.parameters(), None)
        known = self._judged.get(id(module))
        if layer is None or weight is None or id(weight) in self._held:
            self._judged.pop(id(module), None)
            return
        state, changes = stamp(weight), version_of(weight) or 0
        differs = known is not None and known.of() is module and not state.same_numbers(known.weights)
        is_changed = changes >= CHANGED or differs or (known is not None and known.is_changed)
        self._judged[id(module)] = _Judged(ref(module), state, name, layer, line, is_changed)

    def notes(self, facts: Facts) -> Iterator[Note]:
        for judged in self._judged.values():
            if not judged.is_changed or not facts.optimizers:
                continue
            says = (
                f"`{judged.name}` is judged in `eval()`, where `{judged.layer}` takes its running mean and variance. "
                f"Nothing ever set these: they are 0 and 1, as in a new layer, while the weights were changed. They "
                f"are buffers, which `parameters()` does not give: copy the `buffers()` of the trained model, too."
            )
            loop = _averaging(facts.source)
            line = judged.line if loop is None else loop.lineno
            yield noted("uncollected-statistics", says, line, None if loop is None else _with_buffers(loop, facts))
            return


def _new_layer(module: nn.Module) -> str | None:
    """Return the kind of batch norm in a module, if the statistics of all are those of new layers."""
    layers: list[Any] = [one for one in module.modules() if isinstance(one, BatchNormBase)]
    if not layers:
        return None
    for layer in layers:
        mean, variance, count = layer.running_mean, layer.running_var, layer.num_batches_tracked
        if mean is None or variance is None or count is None or int(count):
            return None
        if bool(mean.any()) or not bool((variance == 1).all()):
            return None
    return type(layers[0]).__name__


def _value(node: ast.expr, names: NamedValues) -> Any:
    """Return what a name, or an attribute of one, stands for, without running code of the learner's."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=inner, attr=name):
            owner = _value(inner, names)
            if owner is None or not hasattr(owner, "__dict__"):
                return None
            held = object.__getattribute__(owner, "__dict__")
            return held.get(name, held.get("_modules", {}).get(name) if isinstance(owner, nn.Module) else None)
        case _:
            return None


def _averaging(source: Source) -> ast.For | None:
    """Return the only loop over the parameters of two modules that changes one of them."""
    found = [
        node
        for node in source.nodes
        if isinstance(node, ast.For)
        and isinstance(node.target, ast.Tuple)
        and ast.unparse(node.iter).startswith("zip(")
        and ast.unparse(node.iter).count(".parameters()") == 2
        and any(f".{name}_(" in ast.unparse(node) for name in ("mul", "lerp", "copy", "add"))
    ]
    return found[0] if len(found) == 1 else None


def _with_buffers(loop: ast.For, facts: Facts) -> Fix | None:
    if not isinstance(loop.target, ast.Tuple) or not isinstance(loop.iter, ast.Call) or len(loop.target.elts) != 2:
        return None
    changed = ast.unparse(loop.body[0])
    one, other = (ast.unparse(part) for part in loop.target.elts)
    if not changed.startswith(f"{one}."):
        if not changed.startswith(f"{other}."):
            return None
        one, other = other, one
    pair = ast.unparse(loop.target).strip("()")
    buffers = facts.source.named(loop.iter).replace(".parameters()", ".buffers()")
    return inserted_after(facts.source, loop, f"for {pair} in {buffers}:", f"    {one}.copy_({other})")
