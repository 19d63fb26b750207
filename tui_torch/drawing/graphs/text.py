"""An autograd graph in words: in a node's box, beside an edge, and as an explanation below the picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.cells import clipped
from tui_torch.protocol.autograd_graph import Graph, GraphEdge, GraphNode
from tui_torch.protocol.events import Element
from tui_torch.protocol.shapes import shape_text

Role = Literal["operation", "name", "value", "gradient", "muted", "warning", "text", "label"]
"""What a piece of text is about, which gives it its style."""
Piece = tuple[str, Role]

_NAME_WIDTH = 26
"""Maximum cells of a name in a box."""
_VALUE_WIDTH = 10
"""Maximum cells of a value in a box."""
_MAX_LISTED = 6
"""Maximum number of elements written out below the picture."""
# Not text.ascii: here a product is written with `*`, as in code, and `·` only separates.
_ASCII = str.maketrans({"×": "*", "²": "^2", "·": "-", "‖": "|", "…": "..", "▸": ">"})


def spelled(text: str, ascii: bool) -> str:
    """A sentence, in ASCII if asked; other characters become `?`."""
    return text.translate(_ASCII).encode("ascii", "replace").decode() if ascii else text


def box_lines(node: GraphNode, ascii: bool = False) -> list[list[Piece]]:
    """The lines in a node's box."""
    if node.kind == "operation":
        lines: list[list[Piece]] = [[(clipped(spelled(node.label, ascii), _NAME_WIDTH, ascii), "operation")]]
        if node.name is not None:
            lines.append(_named(node, ascii))
        elif (value := _scalar(node.values, ascii)) is not None:
            lines.append([(f"= {value}", "value")])
        if node.gradient_norm is not None:
            lines.append([(_gradient(node, ascii), "gradient")])
        return lines
    if node.kind == "input":
        return [_named(node, ascii), [("no gradient", "muted")]]
    if node.kind == "outside":
        return [_named(node, ascii), [("outside", "muted")]]
    return [_named(node, ascii), [(_gradient(node, ascii), "muted" if node.gradient_norm is None else "gradient")]]


def _named(node: GraphNode, ascii: bool) -> list[Piece]:
    name = clipped(spelled(node.name or node.label, ascii), _NAME_WIDTH, ascii)
    value = _scalar(node.values, ascii) if node.shape == () else None
    if value is not None:
        return [(name, "name"), (f" = {value}", "value")]
    shape = "" if node.shape is None else f" {shape_text(node.shape)}"
    return [(name, "name"), (shape, "muted")]


def _gradient(node: GraphNode, ascii: bool) -> str:
    if node.gradient_norm is None:
        return "grad None"
    if (value := _scalar(node.gradient, ascii)) is not None:
        return f"grad {value}"
    return f"{'|grad|' if ascii else '‖grad‖'} {numbers.rounded(node.gradient_norm, 4)}"


def _scalar(values: Sequence[Element] | None, ascii: bool) -> str | None:
    return numbers.number(values[0], _VALUE_WIDTH, ascii) if values is not None and len(values) == 1 else None


def edge_labels(graph: Graph, ascii: bool = False) -> list[str]:
    """The label of each edge: the factor for scalars, else the shape, once per node and shape."""
    labels: list[str] = []
    labelled: set[tuple[int, str]] = set()
    for edge in graph.edges:
        label = ""
        if edge.factor is not None:
            label = f"{'*' if ascii else '×'} {_number(edge.factor)}"
        elif edge.shape:
            label = shape_text(edge.shape)
            if (edge.end, label) in labelled:
                label = ""
            labelled.add((edge.end, label))
        labels.append(label)
    return labels


def _number(value: float) -> str:
    return numbers.rounded(value, 4)


def explanation(graph: Graph, at: int, ascii: bool = False) -> Iterator[list[Piece]]:
    """Explain the node at this index of the graph, in a few lines."""
    node = graph.nodes[at]
    for line in _explanation(graph, at, node):
        yield [(spelled(text, ascii), role) for text, role in line]


def _explanation(graph: Graph, at: int, node: GraphNode) -> Iterator[list[Piece]]:
    yield list(_heading(node))
    if node.derivative is not None:
        yield [(node.derivative, "text")]
    match node.kind:
        case "operation":
            if (passed := _passed_on(graph, at)) is not None:
                yield passed
        case "leaf":
            yield list(_arrived(graph, node))
        case "outside":
            yield [("Its result is used in the box that is open.", "muted")]
        case "input":
            yield [("requires_grad=False: no gradient is computed for it.", "muted")]
    if node.note is not None:
        yield [(node.note, "warning")]
    if at == 0 and graph.freed is not None:
        yield [(graph.freed, "warning")]


def _heading(node: GraphNode) -> Iterator[Piece]:
    if node.kind in ("operation", "outside"):
        yield node.label, "operation"
        yield f" {node.type}", "muted"
        if node.name is not None:
            yield " · ", "muted"
    if node.name is not None or node.kind in ("leaf", "input"):
        yield node.name or f"unnamed {node.kind}", "name"
    if node.values and len(node.values) <= _MAX_LISTED and len(node.shape or ()) < 2:
        values = ", ".join(numbers.number(value) for value in node.values)
        yield f" = {values if node.shape == () else f'[{values}]'}", "value"
    facts = [shape_text(node.shape)] if node.shape else []
    facts += [node.dtype] if node.dtype is not None and node.dtype != "float32" else []
    if node.kind == "leaf":
        facts.append("leaf")
    if facts:
        yield f" · {' · '.join(facts)}", "muted"


def _passed_on(graph: Graph, at: int) -> list[Piece] | None:
    """The gradients that an operation passes to its inputs: `w gets 1 × x = 1 × 3 = 3`; None if not scalars."""
    node = graph.nodes[at]
    pieces: list[Piece] = []
    factors = Counter(edge for edge in graph.edges if edge.start == at and edge.factor is not None)
    for edge, count in factors.items():
        if pieces:
            pieces.append(("; ", "muted"))
        pieces.append((_name_of(graph.nodes[edge.end]), "name"))
        pieces.append((" gets ", "text"))
        pieces.append((_product(node.arriving, edge), "gradient"))
        if count > 1:
            pieces.append((", twice" if count == 2 else f", {count} times", "text"))
    return pieces or None


def _product(arriving: float | None, edge: GraphEdge) -> str:
    """`1 × x = 1 × 3 = 3`."""
    factor = edge.factor
    assert factor is not None
    if edge.is_replaced and arriving is not None and not math.isfinite(arriving):
        return "0"
    number = f"({_number(factor)})" if factor < 0 else _number(factor)
    come = "the gradient" if arriving is None else _number(arriving)
    named = "" if edge.factor_name is None else f"{come} × {edge.factor_name} = "
    result = "" if arriving is None else f" = {_number(arriving * factor)}"
    return f"{named}{come} × {number}{result}"


def _name_of(node: GraphNode) -> str:
    return node.name or node.label


def _arrived(graph: Graph, node: GraphNode) -> Iterator[Piece]:
    name = _name_of(node)
    if node.gradient_norm is None:
        yield f"{name}.grad is None: no backward() has reached it, or it was set to None since.", "muted"
    elif node.gradient is not None and len(node.gradient) <= _MAX_LISTED:
        values = ", ".join(numbers.number(value) for value in node.gradient)
        yield f"{name}.grad = {values if node.shape == () else f'[{values}]'}", "gradient"
    else:
        yield f"‖{name}.grad‖ = {_number(node.gradient_norm)}", "gradient"
    if node.arriving is None:
        return
    yield " · ", "muted"
    yield f"d{graph.name}/d{name} = {_number(node.arriving)}", "text"
    grad = node.gradient[0] if node.gradient is not None else None
    if isinstance(grad, float | int) and abs(grad - node.arriving) > 1e-4 * max(abs(node.arriving), 1.0):
        yield f": {name}.grad adds up every backward() since it was last None or 0.", "text"
