"""The autograd graph of a value, from its `grad_fn` down to the leaves, in the learner's own names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.autograd.function import BackwardCFunction

from tui_torch.probe.autograd.derivatives import factors, formula_of, plain_name
from tui_torch.probe.autograd.saved_tensors import GraphMemory, SavedTensors, inputs, operations, saved_by
from tui_torch.probe.isolation.torch_internals import result_metadata, sequence_number, version_of
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.evaluate import evaluate_quietly
from tui_torch.probe.values.module_tree import as_python, norm, parameters
from tui_torch.probe.values.short_repr import class_name, plain
from tui_torch.probe.values.tensor_facts import dtype_of, dtype_text, shape_of
from tui_torch.protocol.autograd_graph import Graph, GraphEdge, GraphNode
from tui_torch.protocol.events import Element

NODES = 200
"""Maximum number of nodes of a graph."""
COUNTED = 10_000
"""Maximum number of nodes that are visited: those beyond NODES are only counted."""
SHOWN = 16
"""Maximum number of elements of a tensor that are listed, and of items of a container that are named."""
NAMED = 1000
"""Maximum number of tensors of the namespace that are recognized by their names."""
NAME = 60
"""Maximum number of characters of a name."""

_SEVERAL = "An input that was broadcast gets the sum over its copies."
_YOURS = "Your own torch.autograd.Function: its backward() says what happens to the gradient."
_CHANGED = "A number that it saved was changed in place since: backward() refuses to go through here."
_BY_BACKWARD = "Freed by backward() to save memory; backward(retain_graph=True) keeps it."
_BY_GRAD = "Freed by torch.autograd.grad() to save memory; retain_graph=True keeps it. It fills no .grad."
_BY_EITHER = "Freed by a backward() or by torch.autograd.grad() to save memory; retain_graph=True keeps it."
_LOST = "What the operations had saved is gone, and the numbers with it."


def graph_of(expression: str, namespace: Mapping[str, object], memory: GraphMemory) -> Graph:
    """Return the graph of an expression's value; if there is none, a graph without nodes, whose note says why.

    Only KeyboardInterrupt escapes, and no reference is kept.

    Args:
        expression: Evaluated in the namespace, with gradients enabled.
        namespace: The learner's names.
        memory: What earlier graphs had saved before `backward()` freed it.
    """
    value, error = evaluate_quietly(expression, namespace, grad=True)
    name = plain(expression, NAME)
    if error is not None:
        return Graph(name, note=error)
    if not issubclass(type(value), torch.Tensor):
        return Graph(name, note=f"{name} is no tensor ({class_name(value)}): only tensors have an autograd graph.")
    try:
        with unobserved():
            return _graph(name, value, namespace, memory)
    except Exception as problem:
        return Graph(name, note=f"The graph of {name} cannot be read: {plain(str(problem).split(chr(10))[0], 200)}")


def _graph(name: str, value: Any, namespace: Mapping[str, object], memory: GraphMemory) -> Graph:
    if not Base.requires_grad.__get__(value):
        return Graph(name, note=_why_none(name, value))
    root = Base.grad_fn.__get__(value)
    names = _Names(namespace)
    if root is None:
        note = f"{name} is a leaf: it was made, not computed, so its graph is {name} alone."
        return Graph(name, (_leaf(value, name),), note=note)
    return _Walk(name, value, root, names, memory).graph()


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


class _Names:
    """The names of the namespace's tensors, found by the tensor or by the operation that computed it."""

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self._by_id: dict[int, str] = {}
        self._results: dict[Any, tuple[int, str, Any]] = {}
        for name, tensor in islice(_tensors(namespace), NAMED):
            if id(tensor) in self._by_id:
                continue
            self._by_id[id(tensor)] = plain(name, NAME)
            try:
                node = None if Base.is_leaf.__get__(tensor) else Base.grad_fn.__get__(tensor)
                if node is not None:
                    self._results.setdefault(node, (Base.output_nr.__get__(tensor), plain(name, NAME), tensor))
            except RuntimeError:  # a view that was changed in a way that autograd forbids
                continue

    def of(self, tensor: object) -> str | None:
        return self._by_id.get(id(tensor))

    def result(self, node: Any) -> tuple[str, Any] | None:
        """Return the name of an operation's first result, and the tensor; None if it has no name."""
        found = self._results.get(node)
        return None if found is None or found[0] else found[1:]


def _tensors(namespace: Mapping[str, object]) -> Iterator[tuple[str, Any]]:
    """Yield every tensor that can be reached by a name: variables, then items of containers, then parameters."""
    shown = [
        (name, value)
        for name, value in tuple(namespace.items())
        if type(name) is str and not name.startswith("_") and name not in ("In", "Out")
    ]
    for name, value in shown:
        if issubclass(type(value), torch.Tensor):
            yield name, value
    for name, value in shown:
        if type(value) in (list, tuple):
            items: Any = enumerate(islice(value, SHOWN))  # type: ignore[arg-type]
        elif type(value) is dict:
            items = [(key, item) for key, item in islice(value.items(), SHOWN) if type(key) in (str, int)]  # type: ignore[attr-defined]
        else:
            continue
        for key, item in items:
            if issubclass(type(item), torch.Tensor):
                yield f"{name}[{key!r}]", item
    for name, value in shown:
        if issubclass(type(value), torch.nn.Module):
            for path, tensor in parameters(value):
                yield as_python(f"{name}.{path}"), tensor


@dataclass(slots=True)
class _Walk:
    """One graph while it is read."""

    name: str
    value: Any
    root: Any
    names: _Names
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

    def graph(self) -> Graph:
        """Read the graph; called once."""
        found: list[Any] = []
        omitted = 0
        for count, node in enumerate(operations(self.root)):
            if count < NODES:
                found.append(node)
            elif count < COUNTED:
                omitted += 1
            else:
                break
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
        for node, own in zip(found, saved, strict=True):
            if own is not None:
                self._connect(node, own)
                self._connect_constants(node, own)
        self.edges.sort(key=lambda edge: edge.start)
        # If nodes are left out, the ways through them are unknown, and with them what arrives at a node.
        nodes = self.nodes if omitted else _with_arriving(self.nodes, self.edges)
        return Graph(self.name, tuple(nodes), tuple(self.edges), freed, omitted)

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
        if not freed:
            return saved, None
        is_newer = self.memory.is_newer_than_backward(self.root)
        if recalled or (has_gradient and not is_newer):
            why = _BY_BACKWARD
        else:
            why = _BY_EITHER if has_gradient or not is_newer else _BY_GRAD
        return saved, why if recalled == freed else f"{why} {_LOST}"

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
        if issubclass(type(node), BackwardCFunction):
            return _YOURS
        formula = formula_of(own.type)
        if formula is None:
            return None
        entering = [_result(parent, at)[0] for parent, at in inputs(node) if parent is not None]
        several = formula.broadcasts and any(other != shape for other in entering)
        return f"{formula.sentence} {_SEVERAL}" if several else formula.sentence

    def _connect(self, node: Any, own: SavedTensors) -> None:
        """Add the edges from an operation to the nodes that autograd sends gradients to."""
        start = self.places[node]
        formula = formula_of(own.type)
        known = factors(own.type, own.numbers()) if _is_one(self.nodes[start].shape) else ()
        for at, (parent, result) in enumerate(inputs(node)):
            end = self.places.get(parent)
            if end is None:
                continue
            shape = self.nodes[end].shape if self.nodes[end].kind == "leaf" else _result(parent, result)[0]
            factor = known[at] if at < len(known) and _is_one(shape) else None
            called = None
            if factor is not None and formula is not None and at < len(formula.factor_of):
                called = self._name_of(own, formula.factor_of[at])
            self.edges.append(GraphEdge(start, end, shape, factor, called))

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
            arriving[edge.end] = so_far + above * edge.factor if known else None  # type: ignore[operator]
            open_ways[edge.end] -= 1
            if not open_ways[edge.end]:
                ready.append(edge.end)
    return [
        node if node.kind == "input" else replace(node, arriving=number)
        for node, number in zip(nodes, arriving, strict=True)
    ]
