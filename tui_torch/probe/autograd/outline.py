"""A graph, or a box of it that was opened, in boxes: what each holds, and how they hang together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tui_torch.probe.autograd.box_edges import BoxEdges
from tui_torch.probe.autograd.boxes import LeafBox, Place, Stretch, boxes_of, place_leaves, within
from tui_torch.probe.autograd.derivatives import plain_name, sentence_of_node
from tui_torch.probe.autograd.models_in_reach import Models, ModulePath
from tui_torch.probe.autograd.module_calls import Call, common_path
from tui_torch.probe.autograd.saved_tensors import saved_by
from tui_torch.probe.autograd.skeleton import Skeleton
from tui_torch.probe.autograd.skips import skip_sums
from tui_torch.probe.isolation.torch_internals import result_metadata
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.module_tree import as_python, members, module_text, norm, norm_in_blocks
from tui_torch.probe.values.short_repr import plain
from tui_torch.probe.values.tensor_facts import shape_of
from tui_torch.protocol.autograd_graph import FEWEST_ROWS, BoxEdge, GraphBox

_OWN_INPUTS = 4
"""Maximum number of inputs that each get a box of their own, wherever they are used."""
_NEIGHBOURS = 3
"""Maximum number of boxes for what is outside the one that is opened."""
_FEWEST_INSIDE = 3
"""Minimum number of boxes for what is inside it: two of operations, one of leaves."""
_NAMED = 3
"""Maximum number of names that are listed."""
_OPERATIONS = 6
"""Maximum number of kinds of operations that are listed."""
_TEXT = 160
"""Maximum characters of a module with its settings."""


@dataclass(slots=True)
class GraphOutline:
    """The boxes of one graph; one object for one request."""

    skeleton: Skeleton
    models: Models
    root: Call
    inputs: list[tuple[Any, list[int]]]
    """Tensors that require no gradient and have a name, each with the operations that used it."""
    name_of: Callable[[Any], str | None]
    """Returns the expression that reaches a tensor; None if none does."""
    place: Place
    rows: int
    """Maximum number of boxes."""
    tensors: list[Any] = field(default_factory=list[Any])
    """The leaves, then the inputs."""
    users: list[list[int]] = field(default_factory=list[list[int]])
    """For each of them the operations that use it."""
    exact: int = 50_000_000
    """Number of elements of gradients that there is time to read: 15 ms."""
    base: ModulePath = ()
    """The path that the names of the boxes leave out."""

    def boxes(self) -> tuple[tuple[GraphBox, ...], tuple[BoxEdge, ...]]:
        """Return the boxes from the value down, each before those that it was computed from, and their edges."""
        self.tensors = self.skeleton.leaves + [tensor for tensor, _ in self.inputs]
        self.users = self.skeleton.users() + [users for _, users in self.inputs]
        self.base = within(self.root, self.place).path
        above = self._used_outside()
        rows = max(self.rows, FEWEST_ROWS) - bool(above)
        outside = self._outside(rows - _FEWEST_INSIDE)
        rows -= len(set(outside.values()))
        stretches, inside, leaf_boxes = self._divide(rows)
        self.base = self._common_path(stretches)
        sums = skip_sums(self.skeleton, self.root)
        found: list[GraphBox] = []
        if above:
            found.append(GraphBox("to", _listed(above), nodes=0))
        at = [0] * len(stretches)
        tensors: dict[int, int] = {}
        for number in range(len(stretches) - 1, -1, -1):
            at[number] = len(found)
            found.append(self._box(stretches[number], inside[number], sums))
            # A leaf comes behind the last box that uses it, which ran first.
            for box in (box for box in leaf_boxes if box.users[0] == number):
                tensors |= {self.skeleton.count + leaf: len(found) for leaf in box.leaves}
                found.append(self._leaf_box(box))
        places = {name: len(found) + place for place, name in enumerate(dict.fromkeys(outside.values()))}
        found.extend(self._outside_box(name, outside) for name in places)
        edges = BoxEdges(
            self.skeleton,
            self.place,
            stretches,
            at,
            tensors,
            {number: places[name] for number, name in outside.items()},
            self._shape,
        )
        first_input = self.skeleton.count + len(self.skeleton.leaves)
        inputs = {first_input + number: users for number, (_, users) in enumerate(self.inputs)}
        return tuple(found), edges.edges(inputs, 0 if above else None, found)

    def _divide(self, rows: int) -> tuple[list[Stretch], list[list[int]], list[LeafBox]]:
        """Return the boxes of operations, the leaves in each, and the boxes of leaves: together as many as fit."""
        apart = range(len(self.skeleton.leaves), len(self.tensors)) if len(self.inputs) <= _OWN_INPUTS else range(0)
        divided = self._divide_with(rows, frozenset(apart))
        # An input of its own is nice to see, but not at the price of a level of the modules.
        otherwise = self._divide_with(rows, frozenset()) if apart else divided
        return otherwise if len(otherwise[0]) > len(divided[0]) + len(apart) else divided

    def _divide_with(self, rows: int, apart: frozenset[int]) -> tuple[list[Stretch], list[list[int]], list[LeafBox]]:
        room = rows
        while True:
            stretches = boxes_of(self.skeleton, self.models, self.root, self.place, max(room, 2))
            self.base = self._common_path(stretches)
            groups = [self._group(at) for at in range(len(self.tensors))]
            inside, leaf_boxes = place_leaves(self.users, groups, stretches, apart, max(rows // 4, 1))
            excess = len(stretches) + len(leaf_boxes) - rows
            if excess <= 0 or room <= 2:
                return stretches, inside, leaf_boxes
            room = max(min(room, len(stretches)) - 1 if excess < 3 else room - excess, 2)

    def _group(self, at: int) -> object:
        """Return what a tensor belongs to: a module of the level on show, all that have no module, or the inputs."""
        if at >= len(self.skeleton.leaves):
            return ("input", at)
        owners = self.models.owners.get(id(self.tensors[at]))
        return owners[0][0][: len(self.base) + 1] if owners else None

    def _common_path(self, stretches: Sequence[Stretch]) -> ModulePath:
        """Return the path that the names of boxes leave out: that of what is opened, or of the only model."""
        base = within(self.root, self.place).path
        if base:
            return base
        models = {stretch.call.path[:1] for stretch in stretches if stretch.call is not None}
        called = Counter(call.path for call in self.root.children)
        if len(models) == 1 and all(called[path] == 1 for path in models):
            (only,) = models
            return only if any(len(s.call.path) > 1 for s in stretches if s.call is not None) else ()
        return ()

    # One box

    def _box(self, stretch: Stretch, leaves: Sequence[int], sums: set[int]) -> GraphBox:
        numbers = range(stretch.first, stretch.last)
        kinds = Counter(self.skeleton.types[stretch.first : stretch.last])
        names: Counter[str] = Counter()
        for kind, count in kinds.items():
            names[plain_name(kind)] += count
        tensors, parameters, total, missing = self._gradients(leaves)
        path = within(self.root, (stretch.first, stretch.last)).path
        name, expression, type_, about = self._words(stretch, path)
        can_be_opened = len(numbers) + len(leaves) > 1
        return GraphBox(
            "module" if stretch.call is not None else "group" if stretch.members else "operation",
            name,
            expression,
            type_,
            about,
            (stretch.first, stretch.last) if can_be_opened else (),
            len(numbers) + len(leaves),
            stretch.repeats,
            stretch.call.number if stretch.call is not None else 0,
            self._shape(stretch.last - 1),
            tensors,
            parameters,
            total,
            missing,
            sum(number in sums for number in numbers),
            tuple(names.most_common(_OPERATIONS)),
        )

    def _words(self, stretch: Stretch, path: ModulePath) -> tuple[str, str | None, str, str | None]:
        """Return a box's name, its expression, its type, and what is said about it."""
        if stretch.call is not None:
            path = stretch.call.path
            return self._short(path), self._expression(path), self.models.class_of(path), self._about(path)
        if stretch.members:
            return (*self._group_words(stretch), None)
        kind = self.skeleton.types[stretch.first]
        within_ = self._short(path) if len(path) > len(self.base) else ""
        name = f"{within_} {plain_name(kind)}".strip()
        node = self.skeleton.nodes[stretch.first]
        return name, None, plain(kind, 60), sentence_of_node(node, saved_by(node, wait=False))

    def _group_words(self, stretch: Stretch) -> tuple[str, str | None, str]:
        """Return a group's name, None, and what it does over and over."""
        first, last = stretch.members[0], stretch.members[-1]
        period = len(stretch.members) // stretch.repeats if stretch.repeats > 1 else len(stretch.members)
        kinds = dict.fromkeys(self._kind_name(one) for one in stretch.members[: max(period, 1)])
        type_ = _listed(list(kinds))
        if first.call is not None and last.call is not None and first.call.path != last.call.path:
            return f"{self._short(first.call.path)} … {self._short(last.call.path)}", None, type_
        if first.call is not None and last.call is not None and first.call.number:
            return f"{self._short(first.call.path)} #{first.call.number} … #{last.call.number}", None, type_
        if stretch.repeats == 1 and len(kinds) > 1:
            return f"{type_.partition(',')[0]} …", None, type_
        return type_, None, ""

    def _kind_name(self, stretch: Stretch) -> str:
        if stretch.call is not None:
            return self.models.class_of(stretch.call.path) or stretch.call.path[-1]
        return plain_name(self.skeleton.types[stretch.first])

    def _short(self, path: ModulePath) -> str:
        return plain(".".join(path[len(self.base) :] or path[-1:]), 60)

    def _expression(self, path: ModulePath) -> str | None:
        return None if path[0] in self.models.unnamed else plain(as_python(".".join(path)), 120)

    def _about(self, path: ModulePath) -> str | None:
        module = self.models.modules.get(path)
        if module is None or members(module, "modules"):
            return None
        return plain(module_text(module, 100), _TEXT)

    def _shape(self, number: int) -> tuple[int, ...] | None:
        """Return the shape of an operation's result, or of a leaf or an input."""
        if number >= self.skeleton.count:
            return shape_of(self.tensors[number - self.skeleton.count])
        return result_metadata(self.skeleton.nodes[number], 0)[0]

    def _gradients(self, leaves: Iterable[int]) -> tuple[int, int, float | None, int]:
        """Return how many leaves these are, their elements, the norm of their gradients, and how many have none."""
        tensors = parameters = missing = 0
        squares: float | None = None
        for leaf in leaves:
            if leaf >= len(self.skeleton.leaves):
                continue
            tensor = self.tensors[leaf]
            tensors += 1
            parameters += 0 if Base.is_nested.__get__(tensor) else int(Base.numel(tensor))
            gradient = grad_of(tensor)
            size = None if gradient is None else self._norm(gradient)
            if gradient is None:
                missing += 1
            elif size is not None:
                squares = (squares or 0.0) + size * size
        return tensors, parameters, None if squares is None else squares**0.5, missing

    def _norm(self, gradient: Any) -> float | None:
        """Return the norm of a gradient; of the largest ones, where there are many, an estimate."""
        count = 0 if Base.is_nested.__get__(gradient) else int(Base.numel(gradient))
        if count > self.exact:
            return norm(gradient)
        self.exact -= count
        return norm_in_blocks(gradient)

    def _leaf_box(self, box: LeafBox) -> GraphBox:
        tensors, parameters, total, missing = self._gradients(box.leaves)
        names = [self._tensor_name(leaf) for leaf in islice(box.leaves, _NAMED + 1)]
        only = self.tensors[box.leaves[0]] if len(box.leaves) == 1 else None
        name = _listed([self._below(name) for name in names], len(box.leaves))
        if only is None and (module := self._owner(box.leaves)):
            name = self._short(module)
        return GraphBox(
            "parameters" if tensors else "inputs",
            name,
            None if only is None else self.name_of(only),
            "" if tensors == 1 or not tensors else f"{tensors} tensors",
            nodes=len(box.leaves),
            shape=None if only is None else shape_of(only),
            tensors=tensors,
            parameters=parameters,
            gradient_norm=total,
            without_gradient=missing,
        )

    def _owner(self, leaves: Sequence[int]) -> ModulePath:
        """Return the innermost module that has all of these leaves; empty if there is none."""
        owners = [self.models.owners.get(id(self.tensors[leaf])) for leaf in leaves]
        return common_path(found[0][0] if found else () for found in owners)

    def _tensor_name(self, leaf: int) -> str:
        owners = self.models.owners.get(id(self.tensors[leaf]))
        if owners:
            return ".".join((*owners[0][0], owners[0][1]))
        return self.name_of(self.tensors[leaf]) or "leaf"

    def _below(self, name: str) -> str:
        """Return a name without the path that all names leave out."""
        return plain(name.removeprefix(".".join(self.base) + ".") if self.base else name, 60)

    # What is outside

    def _used_outside(self) -> list[str]:
        """Return the names of what uses a result from inside, nearest first."""
        first, last = self.place
        users = (
            number
            for number in range(last, self.skeleton.count)
            if any(first <= source < last for source in self.skeleton.sources[number])
        )
        return list(dict.fromkeys(self._neighbour(number) for number in users))

    def _outside(self, rows: int) -> dict[int, str]:
        """Return, for each operation and shared leaf outside whose result is used inside, what the box is called.

        They are called by at most so many names, or two: one for operations, one for leaves.
        """
        first, last = self.place
        count = self.skeleton.count
        found: dict[int, str] = {}
        shared: dict[int, str] = {}
        for number in range(last - 1, first - 1, -1):
            for source in self.skeleton.sources[number]:
                if source < first:
                    if source not in found:
                        found[source] = self._neighbour(source)
                elif source >= count and source not in shared and not self._is_inside(source - count):
                    shared[source] = self._below(self._tensor_name(source - count))
        for at in range(len(self.skeleton.leaves), len(self.tensors)):
            if not self._is_inside(at) and any(first <= number < last for number in self.users[at]):
                shared[count + at] = self._below(self._tensor_name(at))
        names = list(dict.fromkeys(found.values()))
        most = max(min(_NEIGHBOURS, rows - bool(shared)), 1)
        if len(names) > most:
            rest = f"{len(names) - most + 1} others" if most > 1 else _listed(names)
            shown = set(names[: most - 1])
            found = {number: name if name in shown else rest for number, name in found.items()}
        return found | dict.fromkeys(shared, _listed(list(dict.fromkeys(shared.values()))))

    def _outside_box(self, name: str, outside: dict[int, str]) -> GraphBox:
        numbers = [number for number, called in outside.items() if called == name]
        shape = self._shape(numbers[0]) if len(numbers) == 1 else None
        first_leaf = self.skeleton.count
        if numbers[0] < first_leaf:
            return GraphBox("from", name, nodes=0, shape=shape)
        is_leaf = numbers[0] < first_leaf + len(self.skeleton.leaves)
        return GraphBox("parameters" if is_leaf else "inputs", name, nodes=0, shape=shape)

    def _is_inside(self, at: int) -> bool:
        users = self.users[at]
        return bool(users) and self.place[0] <= users[0] and users[-1] < self.place[1]

    def _neighbour(self, number: int) -> str:
        """Return what an operation outside is called: by the outermost call around it that is not around the place."""
        call = self.root
        while True:
            inner = next((child for child in call.children if child.first <= number < child.last), None)
            if inner is None:
                return plain_name(self.skeleton.types[number])
            if not (inner.first <= self.place[0] and self.place[1] <= inner.last):
                path = inner.path[1:] if len(self.root.children) == 1 and len(inner.path) > 1 else inner.path
                return plain(".".join(path), 60) + (f" #{inner.number}" if inner.number else "")
            call = inner


def _listed(names: Sequence[str], count: int | None = None) -> str:
    """Return `a, b, c`, and the number of those beyond three."""
    shown = list(names[:_NAMED])
    more = (len(names) if count is None else count) - len(shown)
    return ", ".join(shown) + (f" + {more} more" if more > 0 else "")
