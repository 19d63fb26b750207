"""What is kept of the local variables of one function: a description and a copy of each, and no object of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from types import CodeType, NoneType
from typing import Any, Literal
from weakref import ReferenceType, ref

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from tui_torch.probe.autograd.graph import graph_of, no_tensor
from tui_torch.probe.autograd.saved_tensors import GraphMemory
from tui_torch.probe.inspector.answer import look, nothing
from tui_torch.probe.inspector.output_shapes import OutputOf
from tui_torch.probe.inspector.pages.activity import activity
from tui_torch.probe.inspector.pages.layers import layers
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.training_frames.bound_names import names_bound_after, names_bound_before_loops
from tui_torch.probe.training_frames.copies import CopiedTensor, Copier, CopiesAgain, Copy, NotCopiedError, scalar_like
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.learner_names import learner_variables
from tui_torch.probe.values.module_tree import parameters
from tui_torch.probe.values.paths import UnreachableError, holds_tensors, is_container, reach
from tui_torch.probe.values.shared_storage import groups_in_one_storage, storage_of
from tui_torch.probe.values.short_repr import class_name
from tui_torch.probe.values.summary import summarize, without_reading
from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.events import Summary
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import ActivityView, AutogradGraphView, ItemsView, LayersView, MemoryView, View

NAMES = 100
"""Maximum number of names of a function that are read."""
GRAPHS = 2
"""Maximum number of losses of a function whose graphs are read."""
SHARERS = 4
"""Maximum number of names that a summary says share the value's memory."""
NOT_KEPT = "not kept: it is too large, or of a kind that is not copied"
"""The note of a page whose value is described in its row alone."""
_weakref_offset = type.__dict__["__weakrefoffset__"].__get__
"""Where a class has its weak references, without asking its own code; 0 if it has none."""
_LIVING = (torch.Tensor, np.ndarray, nn.Module, torch.optim.Optimizer, DataLoader, Dataset)
"""Classes of what hangs on `self` that is shown."""

_PLAIN = (int, float, bool, str, NoneType)
"""Classes of plain values."""

State = Literal["running", "ended", "raised"]


@dataclass(slots=True)
class KeptValue:
    """One variable, as it was when it was read."""

    summary: Summary
    """Without what reading its elements would tell, where there is a copy."""
    step: int
    """The step at which it was read."""
    copy: Copy
    is_copied: bool
    layers: LayersView | None = None
    activity: ActivityView | None = None
    """Those of a module that is not copied."""
    graph: Graph | None = None
    """That of a loss: nothing is kept of what it was computed by."""
    graph_step: int = 0
    """The step at which that was read."""
    living: ReferenceType[Any] | None = None
    """The value itself; None if its class has no weak references."""
    is_plain: bool = False
    """Whether it is a number, a text or None, which no code can change."""

    @property
    def may_be_a_loss(self) -> bool:
        """Whether it is a number with a graph."""
        copied = self.copy
        return isinstance(copied, CopiedTensor) and copied.operation is not None and prod(copied.size) == 1


@dataclass(slots=True)
class KeptLocals:
    """What is kept of a function's variables."""

    code: CodeType
    line: int = 0
    step: int = 0
    """The step at which all were read."""
    state: State = "running"
    values: dict[str, KeptValue] = field(default_factory=dict[str, KeptValue])
    holder: str = ""
    """The class of `self`, if its attributes are among the names."""
    omitted: int = 0
    ended_at: int = -1
    """The step at which the last call that was read to its end had ended; -1 before."""
    cost: float = 0.0
    """The seconds that it took to read it at its end."""
    lasted: float = 0.0
    """The seconds that the last call lasted from when it was first seen."""
    call: int = 0
    """The number of the call that was seen last; 0 if it is not heard when that ends."""
    offset: int = 0
    """The instruction that it was at when it was read or seen last."""
    called_at: int = 0
    """The step at which that call was first seen."""
    seen: int = 0
    """The step at which it was known last what is bound."""
    bound: dict[str, object] = field(default_factory=dict[str, object])
    """What was bound then: weak references, and plain values."""

    def state_at(self, steps: int) -> State:
        """What it is in a run that has done so many steps: if it went on without being read, it is as it was then."""
        return "running" if self.state == "ended" and self.ended_at != steps else self.state

    @property
    def moment(self) -> int:
        """The step that the values are of, besides those that are marked with another."""
        return self.ended_at if self.state == "ended" else self.step

    def read_at(self, name: str) -> str:
        """When a value was read, if that is not when it is said of all: `step 1,204`; `line 12`, that of its end."""
        kept = self.values[name]
        if not self._is_of_moment(name):
            return f"step {kept.step:,}"
        is_bound_later = self.state == "ended" and kept.is_plain and name in names_bound_after(self.code, self.offset)
        return f"line {self.line}" if is_bound_later else ""

    def _is_of_moment(self, name: str) -> bool:
        """Whether a value is as it was at that step: read then, or plain and not bound again since."""
        kept = self.values[name]
        if kept.step == self.moment:
            return True
        is_of_call = self.called_at <= kept.step <= self.moment
        return is_of_call and kept.is_plain and name in names_bound_before_loops(self.code)

    def read(self, names: Mapping[str, Any], step: int, reader: Reader) -> None:
        """Read all variables."""
        self.step, self.state = step, "running"
        self.holder, found = _with_attributes(names)
        self.omitted = max(0, len(found) - NAMES)
        before, self.values = self.values, reader.read(dict(list(found.items())[:NAMES]), step)
        for name, value in self.values.items():
            old = before.get(name)
            # To read a graph takes longer than all else, and each step has the same.
            if value.graph is None and value.may_be_a_loss and old is not None and old.graph is not None:
                value.graph, value.graph_step = old.graph, old.graph_step
        self.see(names, step)

    @property
    def has_graphs(self) -> bool:
        """Whether the graph of each loss among them is there."""
        return all(value.graph is not None for value in self.values.values() if value.may_be_a_loss)

    def see(self, names: Mapping[str, Any], step: int) -> None:
        """Know what is bound now, and read none of it: as little as can be done in a step."""
        self.seen = step
        bound: dict[str, object] = {}
        for name, value in names.items():
            cls = type(value)
            # A class of the learner's may say what it is equal to.
            if cls is int or cls is float or cls is bool or cls is str or cls is NoneType:
                bound[name] = value
            elif _weakref_offset(cls) and not issubclass(cls, np.ndarray):
                bound[name] = ref(value)
        self.bound = bound

    def read_again(self, step: int, reader: Reader) -> None:
        """Read again what is still alive: the function is about to end.

        What was bound when the last step was seen counts, also where another value was read. Where an exception has
        left it, nothing that was its own is alive: Python frees the variables first then.
        """
        known = {name: kept.living for name, kept in self.values.items() if kept.living is not None}
        seen = {name: held for name, held in self.bound.items() if name in self.values}
        known |= {name: held for name, held in seen.items() if type(held) is ref}
        living = {name: value for name, held in known.items() if (value := held()) is not None}
        if not living and known:
            return
        plain = {name: held for name, held in seen.items() if type(held) is not ref}
        self.values |= reader.read(plain, self.seen) | reader.read(living, step)
        self.state, self.ended_at = "ended", step
        self.step = max(self.step, self.seen)

    def set_loss(self, name: str, step: int, value: float) -> None:
        """The last loss of a run is known to have had a value at a step.

        It is that of a function which has ended since. In one that went on it would be of another step than the rest.
        """
        kept = self.values.get(name)
        if kept is None or self.state != "ended" or not kept.step < step <= self.ended_at:
            return
        if not isinstance(kept.copy, CopiedTensor):
            return
        number = scalar_like(kept.copy, value)
        if number is not None:
            kept.copy, kept.step = number, self.ended_at


class Reader:
    """Reads variables, and copies what there is room for.

    Args:
        room: Maximum number of bytes that are copied.
        output_of: Returns what is known of a module's last result.
        graphs: The numbers that freed graphs had; None if no graphs are read.
        names: All names in scope, by which a graph names what it was computed from.
        waits: Whether to read what is on another device, which the loop would have to wait for, and what is too large
            to be copied.
        statistics: Whether to read the elements of what is not copied.
    """

    def __init__(
        self,
        room: int,
        output_of: OutputOf,
        graphs: GraphMemory | None = None,
        names: Mapping[str, object] | None = None,
        *,
        waits: bool,
        statistics: bool,
    ) -> None:
        self._copier = Copier(room, output_of, waits=waits)
        self._waits = waits
        self._statistics = statistics
        self._output_of = output_of
        self._graphs = graphs
        self._names = names or {}

    def read(self, values: Mapping[str, Any], step: int) -> dict[str, KeptValue]:
        """Read values by their names. No code of the learner's runs, and nothing of theirs is kept."""
        found: dict[str, KeptValue] = {}
        graphs = 0
        with unobserved():
            for name, value in values.items():
                kept = self._kept(name, value, step)
                if kept is None:
                    continue
                found[name] = kept
                if self._graphs is not None and graphs < GRAPHS and _may_be_a_loss(value):
                    graphs += 1
                    # Without the model's name, it would be looked for among all objects that there are.
                    kept.graph = graph_of(name, {**self._names, **values}, self._graphs)
                    kept.graph_step = step
        return found

    def _kept(self, name: str, value: Any, step: int) -> KeptValue | None:
        copied, is_copied = None, True
        try:
            copied = self._copier.copy(value) if _is_copied(value) else None
        except NotCopiedError:
            is_copied = False
        has_copy = is_copied and _is_copied(value)
        is_read = self._waits or not _is_elsewhere(value)
        if not is_read and issubclass(type(value), torch.Tensor):
            summary = without_reading(name, value)
        else:
            summary = summarize(name, value, statistics=self._statistics and is_read and not has_copy)
        if summary is None:
            return None
        kept = KeptValue(
            summary, step, copied, has_copy, living=_weak(value), is_plain=any(type(value) is cls for cls in _PLAIN)
        )
        if self._waits and not is_copied and issubclass(type(value), nn.Module):
            kept.layers = layers(Request("layers", name), value, self._output_of)
            kept.activity = activity(Request("activity", name), value, self._output_of)
        return kept


def _is_elsewhere(value: Any) -> bool:
    """Whether the elements of a tensor, or of a module's parameters, are on another device than the CPU."""
    if issubclass(type(value), torch.Tensor):
        return not Base.is_cpu.__get__(value)
    return issubclass(type(value), nn.Module) and any(not Base.is_cpu.__get__(one) for _, one in parameters(value))


def _is_copied(value: Any) -> bool:
    cls = type(value)
    return issubclass(cls, (torch.Tensor, np.ndarray, nn.Module)) or (is_container(value) and holds_tensors(value))


def _weak(value: Any) -> ReferenceType[Any] | None:
    """A weak reference to what is looked at once more. NumPy resizes no array that has one."""
    cls = type(value)
    return ref(value) if _weakref_offset(cls) and not issubclass(cls, np.ndarray) else None


def _may_be_a_loss(value: Any) -> bool:
    return (
        issubclass(type(value), torch.Tensor)
        and not Base.is_nested.__get__(value)
        and Base.numel(value) == 1
        and Base.grad_fn.__get__(value) is not None
    )


def _with_attributes(names: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The class of `self`, and the names that are shown, with its attributes in the place of `self`.

    An object whose attributes are hidden, or which holds nothing to look at, is shown as itself.
    """
    found: dict[str, Any] = {}
    holder = ""
    for name, value in learner_variables(names):
        if name == "self" and not issubclass(type(value), nn.Module):
            attributes = {f"self.{key}": held for key, held in _attributes(value) if _is_looked_at(held)}
            if attributes:
                holder = class_name(value)
                found |= attributes
                continue
        found[name] = value
    return holder, found


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    try:
        held = object.__getattribute__(value, "__dict__")  # to ask the object itself might run code of the learner's
    except AttributeError:  # a class with slots
        return
    if type(held) is dict:
        yield from ((key, item) for key, item in [*held.items()] if type(key) is str and not key.startswith("_"))


def _is_looked_at(value: Any) -> bool:
    return issubclass(type(value), _LIVING) or (is_container(value) and holds_tensors(value))


def _with_step(graph: Graph, read: int, step: int) -> Graph:
    """A graph that says of which step it is, if that is another than the value's."""
    return graph if read == step or graph.note else replace(graph, note=f"The graph is that of step {read:,}.")


def _leads_into(expression: str, name: str) -> bool:
    return expression == name or expression.startswith((f"{name}.", f"{name}["))


class ShownLocals:
    """The variables of a function as they are shown: rows, and values that stand in for them."""

    def __init__(self, kept: KeptLocals) -> None:
        self._kept = kept
        self._stand_ins = CopiesAgain()
        with unobserved():
            self.namespace: dict[str, object] = {
                name: self._stand_ins.of(value.copy) for name, value in kept.values.items() if value.is_copied
            }
        held = {name[5:]: value for name, value in self.namespace.items() if name.startswith("self.")}
        self._lookup = dict(self.namespace)
        if held:
            self._lookup["self"] = self._stand_ins.holder(kept.holder, held)

    def rows(self, steps: int) -> tuple[Summary, ...]:
        """The summaries of all variables, of a run that has done so many steps."""
        rows = {name: self._row(name, value, steps) for name, value in self._kept.values.items()}
        with unobserved():
            regions = [
                (name, found) for name, value in self.namespace.items() if (found := storage_of(value)) is not None
            ]
        for together in groups_in_one_storage(regions):
            for name in together:
                others = tuple([other for other in together if other != name][:SHARERS])
                rows[name] = replace(rows[name], shares=others)
        return tuple(rows.values())

    def view(self, request: Request) -> View:
        """The view of a variable that a request asks for; without one, an empty view whose note says why."""
        expression = request.expression
        kept = self._kept.values.get(expression)
        if request.side == "graph" and kept is not None and kept.graph is not None:
            if not request.index:
                return AutogradGraphView(request, _with_step(kept.graph, kept.graph_step, kept.step))
            return nothing(request, f"The graph of {expression} is kept as a whole, and no box of it.")
        if request.side == "layers" and kept is not None and kept.layers is not None:
            return replace(kept.layers, request=request)
        if request.side == "activity" and kept is not None and kept.activity is not None:
            return replace(kept.activity, request=request)
        if request.side == "graph" and kept is not None and kept.summary.kind not in ("tensor", "parameter"):
            return nothing(request, no_tensor(expression, kept.summary.type))
        if any(not value.is_copied and _leads_into(expression, name) for name, value in self._kept.values.items()):
            return nothing(request, NOT_KEPT)
        if request.side == "graph" and self._operation_of(expression) is not None:
            return nothing(request, f"The graph of {expression} is not kept: that of a loss is.")
        match look(request, self._lookup, self._stand_ins.output_of):
            case MemoryView() as view:
                return replace(view, version=None)  # that of the copy
            case ItemsView() as view:
                return replace(view, items=tuple(map(self._as_made, view.items)))
            case view:
                return view

    def _operation_of(self, expression: str) -> str | None:
        try:
            return self._stand_ins.operation_of(reach(expression, self._lookup))
        except UnreachableError:
            return None

    def _as_made(self, item: Summary) -> Summary:
        """The summary of an item with the operation that made it, which its copy was not made by."""
        operation = self._operation_of(item.name)
        return item if operation is None else replace(item, requires_grad=True, is_leaf=False, grad_fn=operation)

    def _row(self, name: str, value: KeptValue, steps: int) -> Summary:
        summary = value.summary
        if value.is_copied:
            read = summarize(name, self.namespace[name])
            if read is not None:
                summary = replace(
                    summary,
                    statistics=read.statistics,
                    values=read.values,
                    gradient=read.gradient,
                    parameters=read.parameters,
                    note=read.note,
                )
        if read_at := self._kept.read_at(name):
            where = (
                f"in {read_at} of step {value.step:,}" if read_at.startswith("line") else f"at {read_at} of {steps:,}"
            )
            summary = replace(summary, note=summary.note or f"as it was {where}", read_at=read_at)
        return summary
