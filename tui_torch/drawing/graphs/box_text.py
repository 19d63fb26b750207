"""The boxes of a large graph in words: in the columns of their rows, and as an explanation below the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui_torch.drawing.graphs.text import Piece, spelled
from tui_torch.drawing.text import numbers
from tui_torch.protocol.autograd_graph import Graph, GraphBox
from tui_torch.protocol.shapes import shape_text


def box_name(box: GraphBox) -> str:
    """What a box is called in its row."""
    match box.kind:
        case "to":
            return f"to {box.name}"
        case "from":
            return f"from {box.name}"
        case _ if box.call:
            return f"{box.name} #{box.call}"
        case _:
            return box.name


def box_type(box: GraphBox, skips_from: Sequence[str], ascii: bool) -> str:
    """What a box is, in its row: its class, how often a group repeats, or where a skip comes from."""
    if skips_from:
        return f"skip from {', '.join(skips_from)}"
    if box.repeats > 1:
        return f"{'x' if ascii else '×'} {box.repeats:,}{f' {box.type}' if box.type and box.type != box.name else ''}"
    match box.kind:
        case "operation":
            return "sum of two branches" if box.skips else ""
        case "parameters":
            return "shared" if not box.nodes else "shared parameters" if box.tensors > 1 else "shared"
        case "inputs":
            return "no gradient"
        case _:
            return box.type


def compact(count: int) -> str:
    """A count in at most six characters: `4,928`, `14.0 k`, `25.6 M`."""
    if count < 10_000:
        return f"{count:,}"
    for size, unit in ((1e3, "k"), (1e6, "M"), (1e9, "G")):
        if count < 999.5 * size:
            scaled = count / size
            decimals = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{decimals}f} {unit}"
    return f"{count / 1e12:.3g} T"


def totals(graph: Graph, ascii: bool = False) -> str:
    """What is on show as a whole: `341 nodes in 13 boxes · 25,557,032 parameters · ‖grad‖ 2.31`."""
    own = [box for box in graph.boxes if box.nodes]
    parts = [f"{numbers.counted(sum(box.nodes for box in own), 'node')} in {numbers.counted(len(own), 'box', 'boxes')}"]
    if parameters := sum(box.parameters for box in own):
        parts.append(numbers.counted(parameters, "parameter"))
    norms = [box.gradient_norm for box in own if box.gradient_norm is not None]
    if norms:
        parts.append(f"‖grad‖ {numbers.rounded(sum(norm * norm for norm in norms) ** 0.5)}")
    return spelled(" · ".join(parts), ascii)


def box_explanation(graph: Graph, at: int, ascii: bool = False) -> Iterator[list[Piece]]:
    """Explain the box at this index, in a few lines."""
    for line in _explanation(graph, at, graph.boxes[at]):
        yield [(spelled(text, ascii), role) for text, role in line]


def _explanation(graph: Graph, at: int, box: GraphBox) -> Iterator[list[Piece]]:
    yield list(_heading(box))
    if at == 0 and graph.freed is not None:
        yield [(graph.freed, "warning")]
    if facts := list(_facts(box)):
        yield facts
    if box.kind == "operation" and box.about:
        yield [(box.about, "text")]
    if (ways := list(_ways(graph, at))) and box.kind not in ("from", "to"):
        yield ways
    if at == 0 and graph.omitted:
        yield [("The graph goes on: nodes beyond 200,000 are left out.", "muted")]


def _heading(box: GraphBox) -> Iterator[Piece]:
    yield box.expression or box_name(box), "operation" if box.kind == "operation" else "name"
    if box.expression and box.call:
        yield f" #{box.call}", "name"
    if box.kind == "module" and box.about:
        yield f" {box.about}", "muted"
    elif box.repeats > 1:
        yield f" × {box.repeats:,} {box.type}".rstrip(), "muted"
    elif box.type:
        yield f" {box.type}", "muted"
    if box.shape:
        yield f" · {shape_text(box.shape)}", "muted"
    if not box.nodes:
        yield " · outside the box that is open", "muted"


def _facts(box: GraphBox) -> Iterator[Piece]:
    """The gradient of its parameters, and what is inside."""
    if box.gradient_norm is not None:
        yield f"‖grad‖ {numbers.rounded(box.gradient_norm, 4)}", "gradient"
    elif box.tensors:
        yield "grad None", "muted"
    if box.parameters:
        yield f" over {numbers.counted(box.parameters, 'parameter')}", "text"
    if box.gradient_norm is not None and box.without_gradient:
        yield f", and {numbers.counted(box.without_gradient, 'tensor')} without a gradient", "muted"
    parts: list[str] = []
    if box.nodes > 1:
        parts.append(numbers.counted(box.nodes, "node"))
        if box.operations:
            parts[0] += f": {', '.join(_times(name, count) for name, count in box.operations[:4])}"
    if box.skips and box.kind != "operation":
        parts.append(numbers.counted(box.skips, "skip"))
    if parts:
        yield f"{' · ' if box.tensors else ''}{' · '.join(parts)}", "text"


def _times(name: str, count: int) -> str:
    return name if count == 1 else f"{count} {name}"


def _ways(graph: Graph, at: int) -> Iterator[Piece]:
    """What it was computed from, and by which way: `from layer1.0 and, as a skip, from maxpool`."""
    edges = [edge for edge in graph.box_edges if edge.start == at]
    plain = [graph.boxes[edge.end].name for edge in edges if not edge.is_skip]
    skips = [graph.boxes[edge.end].name for edge in edges if edge.is_skip]
    if plain:
        yield "computed from ", "muted"
        yield ", ".join(plain), "text"
    if skips:
        yield (" and, by a skip, from " if plain else "by a skip from "), "muted"
        yield ", ".join(skips), "label"
