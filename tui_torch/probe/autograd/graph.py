"""The autograd graph of a value, from its `grad_fn` down to the leaves, in the learner's own names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from tui_torch.probe.autograd.asked_autograd import Replaced
from tui_torch.probe.autograd.derivatives import factors, formula_of, is_learners, plain_name, sentence_of_node
from tui_torch.probe.autograd.models_in_reach import models_in_reach
from tui_torch.probe.autograd.module_calls import module_calls
from tui_torch.probe.autograd.outline import GraphOutline
from tui_torch.probe.autograd.saved_tensors import GraphMemory, SavedTensors, inputs, operations, saved_by
from tui_torch.probe.autograd.skeleton import Skeleton, read_skeleton
from tui_torch.probe.autograd.tensor_names import NAME, TensorNames
from tui_torch.probe.isolation.torch_internals import result_metadata, sequence_number, version_of
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.evaluate import evaluate_quietly
from tui_torch.probe.values.module_tree import norm
from tui_torch.probe.values.short_repr import class_name, plain
from tui_torch.probe.values.tensor_facts import dtype_of, dtype_text, shape_of
from tui_torch.protocol.autograd_graph import BOX_ROWS, MOST_ROWS, Graph, GraphEdge, GraphNode
from tui_torch.protocol.events import Element

DETAILED = 40
"""Maximum number of nodes of a graph, or of a box of one, that is given node by node."""
FEW = 8
"""Maximum number of nodes of a graph that is not given in boxes."""
SHOWN = 16
"""Maximum number of elements of a tensor that are listed."""

_SEVERAL = "An input that was broadcast gets the sum over its copies."
_CHANGED = "A number that it saved was changed in place since: backward() refuses to go through here."
_FREED = 64
"""Number of operations without what they had saved after which the others are taken to be without it, too."""
_BY_BACKWARD = "Freed by backward() to save memory; backward(retain_graph=True) keeps it."
_BY_GRAD = "Freed by torch.autograd.grad() to save memory; retain_graph=True keeps it. It fills no .grad."
_BY_EITHER = "Freed by a backward() or by torch.autograd.grad() to save memory; retain_graph=True keeps it."
_LOST = "What the operations had saved is gone, and the numbers with it."


def graph_of(
    expression: str,
    namespace: Mapping[str, object],
    memory: GraphMemory,
    *,
    place: Sequence[int] = (),
    rows: int = BOX_ROWS,
) -> Graph:
    """Return the graph of an expression's value; if there is none, a graph without nodes, whose note says why.

    Only KeyboardInterrupt escapes, and no reference is kept.

    Args:
        expression: Evaluated in the namespace, with gradients enabled.
        namespace: The learner's names.
        memory: What earlier graphs had saved before `backward()` freed it.
        place: The box of the graph to open, a `GraphBox.place`; empty, or no such box: the whole graph.
        rows: Maximum number of boxes; at least FEWEST_ROWS are given room.
    """
    value, error = evaluate_quietly(expression, namespace, grad=True)
    name = plain(expression, NAME)
    if error is not None:
        return Graph(name, note=error)
    if not issubclass(type(value), torch.Tensor):
        return Graph(name, note=no_tensor(name, class_name(value)))
    try:
        with unobserved():
            return _graph(name, value, namespace, memory, tuple(place), rows)
    except Exception as problem:
        return Graph(name, note=f"The graph of {name} cannot be read: {plain(str(problem).split(chr(10))[0], 200)}")


def _graph(
    name: str, value: Any, namespace: Mapping[str, object], memory: GraphMemory, place: tuple[int, ...], rows: int
) -> Graph:
    if not Base.requires_grad.__get__(value):
        return Graph(name, note=_why_none(name, value))
    root = Base.grad_fn.__get__(value)
    names = TensorNames(namespace)
    if root is None:
        note = f"{name} is a leaf: it was made, not computed, so its graph is {name} alone."
        return Graph(name, (_leaf(value, name),), note=note)
    skeleton = read_skeleton(root)
    count = skeleton.count
    total = count + len(skeleton.leaves)
    opened = len(place) == 2 and 0 <= place[0] < place[1] <= count and place != (0, count)
    first, last = place if opened else (0, count)
    inside = last - first + (0 if opened else len(skeleton.leaves))
    graph = Graph(name)
    if inside <= DETAILED:
        found = skeleton.nodes[first:last][::-1] if opened else list(operations(root))
        graph = _Walk(name, value, root, names, memory).graph(found, is_whole=not opened)
    if total <= FEW or last - first == 1:
        return replace(graph, place=(first, last) if opened else (), count=total)
    named, freed = _inputs(skeleton, names, memory)
    models = models_in_reach(namespace, skeleton.leaves)
    root = module_calls(skeleton, models)
    boxes, edges = GraphOutline(skeleton, models, root, named, names.of, (first, last), min(rows, MOST_ROWS)).boxes()
    return replace(
        graph,
        boxes=boxes,
        box_edges=edges,
        freed=freed if not graph.nodes else graph.freed,
        place=(first, last) if opened else (),
        count=total + len(named),
        omitted=skeleton.more,
    )


def no_tensor(name: str, type_name: str) -> str:
    """Why something other than a tensor has no graph."""
    return f"{name} is no tensor ({type_name}): only tensors have an autograd graph."


def _why_none(name: str, value: Any) -> str:
    if Base.is_inference(value):
        return f"{name} has no graph: it was made under torch.inference_mode()."
    dtype = Base.dtype.__get__(value)
    if not (dtype.is_floating_point or dtype.is_complex):
        kind = dtype_text(dtype)
        return f"{name} has no graph: its dtype is {kind}, and only floats and complex numbers can require a gradient."
    return (
        f"{name} has no graph: it does not require a gradient. Nothing that it was made from did, or it was made under "
        "torch.no_grad() or cut off by detach(); PyTorch keeps no record of which."
    )


@dataclass(slots=True)
class _Walk:
    """One graph while it is read."""

    name: str
    value: Any
    root: Any
    names: TensorNames
    memory: GraphMemory
    nodes: list[GraphNode] = field(default_factory=list)
    edges: list[GraphEdge] = field(default_factory=list)
    places: dict[Any, int] = field(default_factory=dict)
    """Where in `nodes` each of autograd's nodes is."""
    tensors: dict[int, int] = field(default_factory=dict)
    """Where in `nodes` the leaves and the inputs are, by the id() of the tensor."""
    results: dict[int, int] = field(default_factory=dict)
    """Where in `nodes` the operations are, by their sequence numbers."""
    numbers: dict[int, float] = field(default_factory=dict)
    """Results that later operations saved, by the sequence number of the operation that computed them."""

    def graph(self, found: list[Any], *, is_whole: bool) -> Graph:
        """Read the graph; called once.

        Args:
            found: Its nodes, the value first; of a box that was opened its operations, the last that ran first.
            is_whole: Whether nothing is left out.
        """
        if not is_whole:
            found = [*found, *_leaves_of(found)]
        saved, freed = self._saved(found)
        for place, (node, own) in enumerate(zip(found, saved, strict=True)):
            self.places[node] = place
            if own is None:
                variable = node.variable
                self.tensors[id(variable)] = place
                self.nodes.append(_leaf(variable, self.names.of(variable)))
            else:
                self.results[sequence_number(node)] = place
                self.nodes.append(self._operation(node, own))
        if not is_whole:
            self._add_outside(found)
        for node, own in zip(found, saved, strict=True):
            if own is not None:
                self._connect(node, own)
                self._connect_constants(node, own)
        self.edges.sort(key=lambda edge: edge.start)
        # Without what is outside, the ways through it are unknown, and with them what arrives at a node.
        nodes = _with_arriving(self.nodes, self.edges) if is_whole else self.nodes
        return Graph(self.name, tuple(nodes), tuple(self.edges), freed)

    def _add_outside(self, found: list[Any]) -> None:
        """Add the operations that are no part of the box, and whose results are used in it."""
        for node in found:
            for parent, result in inputs(node) if class_name(node) != "AccumulateGrad" else ():
                if parent is not None and parent not in self.places:
                    self.places[parent] = len(self.nodes)
                    shape, dtype = _result(parent, result)
                    named = self.names.result(parent)
                    label, type_ = plain_name(class_name(parent)), plain(class_name(parent), NAME)
                    name = None if named is None else named[0]
                    self.nodes.append(GraphNode("outside", label, type_, name, shape, dtype))

    def _saved(self, found: list[Any]) -> tuple[list[SavedTensors | None], str | None]:
        """Return what each operation saved, None for a leaf, and a sentence if any of it has been freed."""
        saved: list[SavedTensors | None] = []
        freed = recalled = 0
        has_gradient = False
        for node in found:
            if class_name(node) == "AccumulateGrad":
                has_gradient = has_gradient or grad_of(node.variable) is not None
                saved.append(None)
                continue
            own = saved_by(node)
            if own.freed:
                freed += 1
                if (kept := self.memory.recall(node)) is not None:
                    recalled += 1
                    own = kept
            saved.append(own)
            for tensor in own.tensors.values():
                if tensor.producer is not None and tensor.number is not None:
                    self.numbers[tensor.producer] = tensor.number
        return saved, _why_freed(freed, recalled, has_gradient, self.memory.is_newer_than_backward(self.root))

    def _operation(self, node: Any, own: SavedTensors) -> GraphNode:
        shape, dtype = _result(node, 0)
        named = (self.name, self.value) if node is self.root else self.names.result(node)
        name = values = gradient = norm_ = None
        if named is not None:
            name, tensor = named
            shape, values = shape_of(tensor), _values(tensor)
            gradient, norm_ = _gradient(tensor)
        elif (number := self.numbers.get(sequence_number(node))) is not None:
            values = (elements.shortest(np.array([number]), getattr(torch, dtype or "float64"))[0],)
        return GraphNode(
            "operation",
            plain_name(own.type),
            plain(own.type, NAME),
            name,
            shape,
            dtype,
            values,
            gradient,
            norm_,
            derivative=self._sentence(node, own, shape),
            note=_CHANGED if own.modified else None,
        )

    def _sentence(self, node: Any, own: SavedTensors, shape: tuple[int, ...] | None) -> str | None:
        said = sentence_of_node(node, own)
        formula = formula_of(own.type)
        if formula is None or not formula.broadcasts or is_learners(node):
            return said
        entering = [_result(parent, at)[0] for parent, at in inputs(node) if parent is not None]
        return f"{said} {_SEVERAL}" if any(other != shape for other in entering) else said

    def _connect(self, node: Any, own: SavedTensors) -> None:
        """Add the edges from an operation to the nodes that autograd sends gradients to."""
        start = self.places[node]
        formula = formula_of(own.type)
        of_one = _is_one(self.nodes[start].shape) and not is_learners(node)
        known = factors(own.type, own.numbers(), self.nodes[start].dtype) if of_one else ()
        for at, (parent, result) in enumerate(inputs(node)):
            end = self.places.get(parent)
            if end is None:
                continue
            shape = self.nodes[end].shape if self.nodes[end].kind == "leaf" else _result(parent, result)[0]
            factor = known[at] if at < len(known) and _is_one(shape) else None
            called = None
            if factor is not None and formula is not None and at < len(formula.factor_of):
                called = self._name_of(own, formula.factor_of[at])
            number = None if factor is None else float(factor)
            self.edges.append(GraphEdge(start, end, shape, number, called, isinstance(factor, Replaced)))

    def _name_of(self, own: SavedTensors, name: str) -> str | None:
        """Return the learner's name of a saved tensor; None if it has none."""
        source = own.tensors.get(name)
        if source is None:
            return None
        if source.producer is not None:
            place = self.results.get(source.producer)
            return None if place is None else self.nodes[place].name
        return self.names.of(source.tensor())

    def _connect_constants(self, node: Any, own: SavedTensors) -> None:
        """Add nodes and edges for the tensors that an operation used and that need no gradient.

        Autograd has no nodes for them. A tensor that was changed in place after it was used gets a note.
        """
        start = self.places[node]
        for source in own.tensors.values():
            tensor = source.tensor()
            name = None if tensor is None else self.names.of(tensor)
            if tensor is None or name is None:
                continue
            if not Base.requires_grad.__get__(tensor):
                place = self.tensors.setdefault(id(tensor), len(self.nodes))
                if place == len(self.nodes):
                    self.nodes.append(_input(tensor, name))
                if not any(edge.start == start and edge.end == place for edge in self.edges):
                    self.edges.append(GraphEdge(start, place, shape_of(tensor)))
            place = self.tensors.get(id(tensor))
            if place is not None and source.version is not None and version_of(tensor) != source.version:
                then = "" if source.number is None else f": it was {source.number:.6g} then"
                self.nodes[place] = replace(self.nodes[place], note=f"It was changed in place since it was used{then}.")


def _leaves_of(found: list[Any]) -> list[Any]:
    """Return the leaves that some operations use, each once."""
    parents = (parent for node in found for parent, _ in inputs(node) if parent is not None)
    return list(dict.fromkeys(parent for parent in parents if class_name(parent) == "AccumulateGrad"))


def _inputs(
    skeleton: Skeleton, names: TensorNames, memory: GraphMemory
) -> tuple[list[tuple[Any, list[int]]], str | None]:
    """Return the tensors with a name that require no gradient, each with the operations that used it.

    The second is a sentence if what operations had saved is gone, and with it most of these tensors.
    """
    found: dict[int, tuple[Any, list[int]]] = {}
    freed = recalled = 0
    for number, node in enumerate(skeleton.nodes):
        # Each that has lost what it saved costs an exception; after a few, the others are taken to have lost theirs.
        own = saved_by(node) if freed < _FREED else None
        if own is None or own.freed:
            freed += 1
            own = memory.recall(node)
            recalled += own is not None
        for source in own.tensors.values() if own is not None else ():
            tensor = source.tensor()
            if tensor is None or Base.requires_grad.__get__(tensor) or names.of(tensor) is None:
                continue
            users = found.setdefault(id(tensor), (tensor, []))[1]
            if number not in users[-1:]:
                users.append(number)
    has_gradient = any(grad_of(leaf) is not None for leaf in skeleton.leaves)
    is_newer = memory.is_newer_than_backward(skeleton.nodes[-1])
    why = _why_freed(freed, recalled, has_gradient, is_newer)
    # Boxes have no numbers of the operations to lose.
    return list(found.values()), why and why.removesuffix(f" {_LOST}")


def _why_freed(freed: int, recalled: int, has_gradient: bool, is_newer: bool) -> str | None:
    """Return a sentence on why saved tensors are gone; None if they are there.

    Args:
        freed: Number of operations whose saved tensors are gone.
        recalled: Number of these that are remembered from before.
        has_gradient: Whether a leaf has a gradient.
        is_newer: Whether the value was computed after the last `backward()` had begun.
    """
    if not freed:
        return None
    if recalled or (has_gradient and not is_newer):
        why = _BY_BACKWARD
    else:
        why = _BY_EITHER if has_gradient or not is_newer else _BY_GRAD
    return why if recalled == freed else f"{why} {_LOST}"


def _leaf(tensor: Any, name: str | None) -> GraphNode:
    gradient, norm_ = _gradient(tensor)
    return GraphNode(
        "leaf",
        "leaf",
        "AccumulateGrad",
        name,
        shape_of(tensor),
        dtype_of(tensor),
        _values(tensor),
        gradient,
        norm_,
    )


def _input(tensor: Any, name: str) -> GraphNode:
    dtype = dtype_of(tensor)
    return GraphNode("input", "input", "", name, shape_of(tensor), dtype, _values(tensor))


def _result(node: Any, at: int) -> tuple[tuple[int, ...] | None, str | None]:
    """Return shape and dtype of an operation's result number `at`, or of a leaf; None where unknown."""
    shape, dtype = result_metadata(node, at)
    return shape, None if dtype is None else dtype_text(dtype)


def _is_one(shape: tuple[int, ...] | None) -> bool:
    return shape is not None and all(size == 1 for size in shape)


def _values(tensor: Any) -> tuple[Element, ...] | None:
    if Base.is_nested.__get__(tensor) or Base.numel(tensor) > SHOWN:
        return None
    try:
        held, note = elements.stored(tensor)
        return elements.values(held) if note is None else None
    except Exception:  # no elements to read
        return None


def _gradient(tensor: Any) -> tuple[tuple[Element, ...] | None, float | None]:
    gradient = grad_of(tensor)
    return (None, None) if gradient is None else (_values(gradient), norm(gradient))


def _with_arriving(nodes: list[GraphNode], edges: list[GraphEdge]) -> list[GraphNode]:
    """Return the nodes with the derivative of the first one with respect to each.

    It is the sum over all ways to the node of the product of their factors, if every factor is known.
    """
    arriving: list[float | None] = [0.0] * len(nodes)
    arriving[0] = 1.0 if _is_one(nodes[0].shape) else None
    leaving: list[list[GraphEdge]] = [[] for _ in nodes]
    open_ways = [0] * len(nodes)
    for edge in edges:
        if nodes[edge.end].kind != "input":
            leaving[edge.start].append(edge)
            open_ways[edge.end] += 1
    ready = [0]
    while ready:
        start = ready.pop()
        for edge in leaving[start]:
            above, so_far = arriving[start], arriving[edge.end]
            known = above is not None and so_far is not None and edge.factor is not None
            if known and edge.is_replaced:
                arriving[edge.end] = so_far
            else:
                arriving[edge.end] = so_far + above * edge.factor if known else None  # type: ignore[operator]
            open_ways[edge.end] -= 1
            if not open_ways[edge.end]:
                ready.append(edge.end)
    return [
        node if node.kind == "input" else replace(node, arriving=number)
        for node, number in zip(nodes, arriving, strict=True)
    ]
