"""Which call of which module computed each operation of a graph, as far as the graph and the parameters tell.

Nothing is recorded while the model runs. A call of a module is an unbroken stretch of the operations in the order in
which they ran: the parameters that operations use say where a module begins and begins again, and what lies between
two of its layers belongs to it. At the edge between two modules an operation without parameters could belong to
either, or to the code around both:

- one that a child without parameters is known for (`ReLU`, `Flatten`) is that child's;
- a container such as `Sequential` computes nothing itself, and a module has one result: an operation that uses two
  values from inside a module is a part of it, which is how the sum at the end of a residual block finds its place;
- an activation right behind such a sum goes with it;
- everything else belongs to the code around.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tui_torch.probe.autograd.layer_operations import ACTIVATIONS, PENALTIES, RESHAPING, VIEWS, computes, stem
from tui_torch.probe.autograd.models_in_reach import Models, ModulePath
from tui_torch.probe.autograd.skeleton import Skeleton

_TRACED = 64
"""Maximum number of operations that are followed back to find what one was computed from."""

_Use = tuple[ModulePath, str]
"""A parameter in its place: the module's path, and the parameter's name there."""


@dataclass(slots=True, eq=False)
class Call:
    """One call of a module: the operations from `first` to before `last`, in the order in which they ran."""

    path: ModulePath
    """Empty for the whole graph."""
    first: int
    last: int
    children: list[Call] = field(default_factory=list["Call"])
    number: int = 0
    """Which call of this module it is, from 1; 0 if it is called once."""
    seen: set[_Use] = field(default_factory=set[_Use])
    """The parameters that were used so far."""


def module_calls(skeleton: Skeleton, models: Models) -> Call:
    """Return the whole graph as a call with its children, in time linear in the operations for a model of fixed depth.

    Args:
        skeleton: The graph.
        models: The modules that own the parameters.
    """
    root = _Parse(skeleton, models).tree()
    _number_calls(root)
    return root


def _number_calls(root: Call) -> None:
    calls: dict[ModulePath, list[Call]] = {}
    waiting = [root]
    while waiting:
        call = waiting.pop()
        if call.path:
            calls.setdefault(call.path, []).append(call)
        waiting.extend(reversed(call.children))
    for same in calls.values():
        if len(same) > 1:
            for number, call in enumerate(same, 1):
                call.number = number


def uses_of(skeleton: Skeleton, models: Models) -> tuple[list[set[_Use]], list[int | None]]:
    """Return the parameters that each operation uses as its own, and what operations reshape parameters for.

    For an operation that only reshapes parameters, such as the transpose of a weight, that is the operation that uses
    the result, or -1 if several do; for other operations it is None. A penalty on the parameters uses them in another
    way than the layers do, and is no call of them.
    """
    count = skeleton.count
    owners = [models.owners.get(id(leaf), []) for leaf in skeleton.leaves]
    uses: list[set[_Use]] = [set() for _ in range(count)]
    reshapes_for: list[int | None] = [None] * count
    through: dict[int, tuple[int, ...]] = {}
    """The leaves that an operation which only reshapes leads to."""
    on_its_own: list[tuple[int, int]] = []
    """(operation, leaf) where the leaf's elements are all that is computed on, as for a penalty."""
    used: set[int] = set()
    """The leaves that are used in another way, too."""
    for number, sources in enumerate(skeleton.sources):
        kind = stem(skeleton.types[number])
        leaves = [source - count for source in sources if source >= count]
        behind = [source for source in sources if source in through]
        for source in dict.fromkeys(behind):
            leaves.extend(through[source])
            reshapes_for[source] = number if reshapes_for[source] is None else -1
        if kind in RESHAPING and leaves and len(leaves) == len(sources) and all(owners[leaf] for leaf in leaves):
            through[number] = tuple(leaves)
            continue
        takes_data = any(source < count and source not in through for source in sources)
        for leaf in leaves:
            if not owners[leaf]:
                continue
            if kind in PENALTIES and not takes_data:
                on_its_own.append((number, leaf))
            else:
                used.add(leaf)
                uses[number].add(_place(owners[leaf], kind, models))
    for number, leaf in on_its_own:
        if leaf not in used:
            uses[number].add(owners[leaf][0])
    for source in reversed(through):
        user = reshapes_for[source]
        if user is None:
            reshapes_for[source] = -1
        elif user >= 0:
            places = {use for leaf in through[source] for use in owners[leaf]}
            uses[source] |= uses[user] & places
    return uses, reshapes_for


def _place(owners: list[_Use], kind: str, models: Models) -> _Use:
    """Return which of the modules that share a parameter used it: an embedding looks up, others multiply."""
    if len(owners) > 1:
        looks_up = kind == "Embedding"
        for path, name in owners:
            if (models.class_of(path) == "Embedding") == looks_up:
                return path, name
    return owners[0]


class _Parse:
    """One reading of the operations, from the first that ran to the last."""

    def __init__(self, skeleton: Skeleton, models: Models) -> None:
        self.skeleton = skeleton
        self.models = models
        self.uses, self.reshapes_for = uses_of(skeleton, models)
        self.total: dict[ModulePath, set[_Use]] = {}
        """For each path the parameters in it that the graph uses."""
        for use in set[_Use]().union(*self.uses):
            for depth in range(len(use[0]) + 1):
                self.total.setdefault(use[0][:depth], set()).add(use)
        self.layers: dict[ModulePath, list[tuple[str, str, int]]] = {}
        """For each path its children without parameters: name, class, place among its children."""
        self.places: dict[ModulePath, int] = {}
        """The place of each module among its siblings."""
        siblings: dict[ModulePath, int] = {}
        for path in models.modules:
            place = self.places[path] = siblings.get(path[:-1], 0)
            siblings[path[:-1]] = place + 1
            if models.is_of_pytorch(path) and path not in self.total:
                self.layers.setdefault(path[:-1], []).append((path[-1], models.class_of(path), place))
        self.stack = [Call((), 0, 0)]
        """The calls that go on, each within the one before."""

    def tree(self) -> Call:
        gap = 0
        for number, own in enumerate(self.uses):
            if own:
                self._enter(number, gap, common_path(path for path, _ in own))
                gap = number + 1
        self._place_gap(gap, self.skeleton.count, 1, ())
        root = self.stack[0]
        root.first, root.last = 0, self.skeleton.count
        return root

    def _enter(self, number: int, gap: int, path: ModulePath) -> None:
        """Put an operation with parameters in its call, and those since `gap` before it."""
        own = self.uses[number]
        going_on = 1
        while going_on < len(self.stack) and self.stack[going_on].path == path[:going_on]:
            going_on += 1
        again = self._begins_again(number, gap, path, going_on)
        if again is not None:
            going_on = again
            for call in self.stack[:again]:
                call.seen -= self.total[path[:again]]
        begin = self._reshaped_before(number, gap, path)
        kept = self._place_gap(gap, begin, going_on, path)
        del self.stack[kept:]
        self._open(path, begin)
        for call in self.stack:
            call.last = number + 1
            call.seen |= own

    def _begins_again(self, number: int, gap: int, path: ModulePath, going_on: int) -> int | None:
        """Return the depth of the call that ends because its module is called again; None if none does.

        That is a call that has used this parameter and all the others it has: the outermost, unless this operation goes
        on with its result, as a recurrent cell does; then the innermost.
        """
        # What was reshaped for this operation has been counted by then.
        own = self.uses[number].difference(
            *(self.uses[source] for source in self.skeleton.sources[number] if self._is_reshaped_for(source, number))
        )
        candidates = [
            depth
            for depth in range(1, going_on)
            if (call := self.stack[depth]).seen & own
            and len(call.seen) == len(self.total[call.path])
            and not any(self.models.loops(path[:outer]) for outer in range(1, depth + 1))
        ]
        if not candidates:
            return None
        if len(candidates) > 1 and self._goes_on_from(number, gap, self.stack[candidates[0]].first):
            return candidates[-1]
        return candidates[0]

    def _is_reshaped_for(self, source: int, number: int) -> bool:
        return source < self.skeleton.count and self.reshapes_for[source] == number

    def _goes_on_from(self, number: int, gap: int, first: int) -> bool:
        """Whether an operation uses a result computed since `first`, directly or by way of those since `gap`."""
        while (user := self.reshapes_for[number]) is not None and user > number:
            number = user
        met: set[int] = set()
        waiting = [number]
        while waiting:
            for source in self._computed(waiting.pop()):
                if first <= source < gap:
                    return True
                if source >= gap and source not in met:
                    met.add(source)
                    waiting.append(source)
        return False

    def _open(self, path: ModulePath, number: int) -> None:
        for depth in range(len(self.stack), len(path) + 1):
            call = Call(path[:depth], number, number + 1)
            self.stack[-1].children.append(call)
            self.stack.append(call)

    # Operations between those with parameters

    def _place_gap(self, start: int, end: int, going_on: int, path: ModulePath) -> int:
        """Give the operations from `start` to `end` to calls that end here, go on, or begin with the next operation.

        Returns how many calls of the stack go on.

        Args:
            start: The first operation.
            end: The next operation with parameters, or the end of the graph.
            going_on: How many calls of the stack go on until there.
            path: Where that operation is; empty at the end.
        """
        needed = self._needed(start, end, going_on, path)
        for number, depth in zip(range(start, end), needed, strict=True):
            if self._undoes_reshaping(number):
                depth = len(self.stack)
            elif depth == going_on and (begun := self._begins_child(number, path, going_on)):
                self._open(path[: begun - 1], number)
                going_on = depth = begun
            del self.stack[max(depth, going_on) :]
            child = self._child_for(number, len(self.stack), path)
            if child is not None:
                calls = self.stack[-1].children
                if calls and calls[-1].path == child and calls[-1].last == number:
                    calls[-1].last += 1
                else:
                    calls.append(Call(child, number, number + 1))
            for call in self.stack:
                call.last = max(call.last, number + 1)
        return going_on

    def _needed(self, start: int, end: int, going_on: int, path: ModulePath) -> list[int]:
        """Return for each operation how many of the calls it is within, at least.

        A call that ends goes on until the last layer of its own, and as long as an operation uses two of the values
        that were computed inside.
        """
        needed = [going_on] * (end - start)
        if len(self.stack) == going_on:
            return needed
        for number in range(start, end):
            at = number - start
            depths = range(going_on, len(self.stack) + 1)
            known = next((depth for depth in reversed(depths) if self._child_for(number, depth, path)), None)
            if known is None and not self._begins_child(number, path, going_on):
                is_activation = stem(self.skeleton.types[number]) in ACTIVATIONS
                if at and is_activation and needed[at - 1] > going_on and set(self._computed(number)) == {number - 1}:
                    known = needed[at - 1]
                else:
                    known = next((depth for depth in depths if self._can_hold(number, start, needed, depth)), None)
            needed[at] = known or going_on
        for at in range(len(needed) - 2, -1, -1):
            needed[at] = max(needed[at], needed[at + 1])
        return needed

    def _computed(self, number: int) -> list[int]:
        """Return the operations whose results an operation uses, without those that reshape parameters."""
        return [
            source
            for source in self.skeleton.sources[number]
            if source < self.skeleton.count and self.reshapes_for[source] is None
        ]

    def _can_hold(self, number: int, start: int, needed: list[int], depth: int) -> bool:
        """Whether the code of the module called at this depth can have computed an operation.

        PyTorch's containers and layers compute nothing but what they are known for. A module within another is taken to
        return one value.

        Args:
            number: The operation.
            start: The first operation behind the last one with parameters.
            needed: How many calls those since then are within, as far as it is known.
            depth: How many calls the operation would be within.
        """
        path = self.stack[depth - 1].path
        if path and (self.models.is_of_pytorch(path) or path not in self.models.modules):
            return False
        used: set[int] = set()
        waiting = [number]
        while waiting:
            for source in self._computed(waiting.pop()):
                if source not in used and len(used) < _TRACED:
                    used.add(source)
                    if source >= start and needed[source - start] <= depth:
                        waiting.append(source)
        return not any(
            sum(needed[s - start] > at if s >= start else s >= inside.first for s in used) > 1
            for at, inside in enumerate(self.stack[depth:], depth)
            if at > 1 or self.models.is_of_pytorch(inside.path)
        )

    def _undoes_reshaping(self, number: int) -> bool:
        """Whether an operation gives a Linear's result the dimensions back that its input had before the product."""
        sources = self.skeleton.sources[number]
        call = self.stack[-1]
        if len(sources) != 1 or not self._is_view(number) or not call.first <= sources[0] < call.last:
            return False
        return (
            call.path in self.total
            and self._is_linear(call.path)
            and any(map(self._is_view, self.skeleton.sources[sources[0]]))
        )

    def _is_view(self, number: int) -> bool:
        is_operation = number < self.skeleton.count and self.reshapes_for[number] is None
        return is_operation and stem(self.skeleton.types[number]) in VIEWS

    def _is_linear(self, path: ModulePath) -> bool:
        return self.models.is_of_pytorch(path) and self.models.class_of(path).endswith("Linear")

    def _reshaped_before(self, number: int, gap: int, path: ModulePath) -> int:
        """Return where a Linear begins: at the view that makes its input a matrix, if there is one."""
        view = number - 1
        if view < gap or not self._is_linear(path) or not self._is_view(view):
            return number
        for product in (number, number + 1):
            back = product + 1
            if back < self.skeleton.count and view in self.skeleton.sources[product]:
                return view if self._is_view(back) and self.skeleton.sources[back] == (product,) else number
        return number

    def _child_for(self, number: int, depth: int, path: ModulePath = ()) -> ModulePath | None:
        """Return the child without parameters of the call at this depth that an operation is known for."""
        call = self.stack[depth - 1]
        kind = self.skeleton.types[number]
        in_order = self.models.class_of(call.path) == "Sequential"
        after = self.places.get(call.children[-1].path, -1) if call.children else -1
        until = self.places.get(path[: len(call.path) + 1], -1) if path[: len(call.path)] == call.path else -1
        fitting = [
            name
            for name, layer, place in self.layers.get(call.path, ())
            # The children of a Sequential run in their order; one may have several operations.
            if computes(layer, kind) and (not in_order or (place >= after and (place < until or until < 0)))
        ]
        if not fitting:
            return None
        # In front of the first child that is known, it is the nearest; otherwise the next.
        return (*call.path, fitting[-1] if in_order and after < 0 else fitting[0])

    def _begins_child(self, number: int, path: ModulePath, going_on: int) -> int | None:
        """Return how many calls an operation is within that begins one; None if it does not.

        It is a layer of a Sequential in front of the next one that has parameters.
        """
        kind = self.skeleton.types[number]
        for depth in range(going_on + 1, len(path) + 1):
            parent, follower = path[: depth - 1], path[:depth]
            if self.models.class_of(parent) == "Sequential":
                until = self.places.get(follower, 0)
                if any(place < until and computes(layer, kind) for _, layer, place in self.layers.get(parent, ())):
                    return depth
        return None


def common_path(paths: Iterable[ModulePath]) -> ModulePath:
    """Return what some paths, at least one, begin with in common."""
    first, *others = set(paths)
    for other in others:
        depth = 0
        while depth < min(len(first), len(other)) and first[depth] == other[depth]:
            depth += 1
        first = first[:depth]
    return first


def stretches(call: Call, first: int, last: int) -> list[Call | int]:
    """Return what a call consists of between two operations: its children, and the operations of its own.

    Args:
        call: A call.
        first: The first operation, not within a child.
        last: Behind the last operation.
    """
    found: list[Call | int] = []
    at = first
    for child in call.children:
        if child.first >= last:
            break
        if child.first < first:
            continue
        found.extend(range(at, child.first))
        found.append(child)
        at = child.last
    found.extend(range(at, last))
    return found
