"""The autograd graph of a value as boxes and lines, and the selected box explained below."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tui_torch.drawing.graphs.drawing import Cell, GraphDrawing, node_above, node_below, node_beside
from tui_torch.drawing.graphs.text import Role, explanation, spelled
from tui_torch.protocol.autograd_graph import Graph
from tui_torch.ui.keys.declared import GRAPH

EMPTY = "Select a tensor that was computed from one that requires a gradient: its graph is drawn here."

_STYLES: dict[Role, str] = {
    "operation": "bold $text-primary",
    "name": "bold",
    "value": "",
    "gradient": "bold $text-accent",
    "muted": "$foreground-muted",
    "warning": "$text-warning",
    "text": "",
}
"""The styles of the explanation below the picture."""


class GraphView(Widget):
    """The graph of a value and an explanation of the selected box; the arrow keys go from box to box."""

    HELP = """\
    ## Graph

    The value stands on top, and below it what it was computed from. Rounded boxes are operations, square ones leaves,
    dotted ones tensors that require no gradient. Beside a line: the shape of what went along it, or, for scalars, what
    the gradient is multiplied by on its way down. The product of these from the top to a leaf is the leaf's gradient.

    The arrow keys go from box to box, home to the value; below, the selected one is explained. Shift with the arrows
    moves a picture that is larger than the pane.
    """

    DEFAULT_CSS = """
    GraphView {
        layout: vertical;
        height: 1fr;
        & > Static {
            height: auto;
            max-height: 50%;
            padding: 0 1;
            border-top: solid $foreground 20%;
        }
        &.-ascii > Static { border-top: ascii $foreground 20%; }
        &.-empty > GraphPicture { display: none; }
        &.-empty > Static { border-top: none; padding: 1 2; max-height: 100%; color: $text-muted; }
    }
    """

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        takes_focus: bool = True,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._ascii = ascii_only
        self._graph: Graph | None = None
        self.set_class(ascii_only, "-ascii")
        self.add_class("-empty")
        self._picture = GraphPicture(ascii_only=ascii_only)
        self._picture.can_focus = takes_focus
        self._words = Static(EMPTY)

    def compose(self) -> ComposeResult:
        yield self._picture
        yield self._words

    @property
    def graph(self) -> Graph | None:
        """The graph that is shown."""
        return self._graph

    @property
    def selected(self) -> int | None:
        """The index of the selected node in the graph; None without a graph."""
        return self._picture.selected

    def show(self, graph: Graph | None) -> None:
        """Show a graph with its value selected; of a graph without nodes, its note."""
        self._graph = graph
        self.set_class(graph is None or not graph.nodes, "-empty")
        self._picture.show(graph)
        self._explain()

    def focus(self, scroll_visible: bool = True) -> GraphView:
        """Focus the picture, for the pane as a whole."""
        self._picture.focus(scroll_visible)
        return self

    def go(self, where: str) -> None:
        """Select the next box `up`, `down`, `left` or `right`; other words select the value."""
        self._picture.action_go(where)

    def on_graph_picture_node_selected(self, message: GraphPicture.NodeSelected) -> None:
        message.stop()
        self._explain()

    def _explain(self) -> None:
        graph, at = self._graph, self._picture.selected
        if graph is None or at is None:
            self._words.update(spelled(graph.note, self._ascii) if graph is not None and graph.note else EMPTY)
            return
        lines = [
            Content.assemble(*((text, _STYLES[role]) for text, role in line))
            for line in explanation(graph, at, self._ascii)
        ]
        if graph.note:
            lines.append(Content.styled(spelled(graph.note, self._ascii), "$foreground-muted"))
        self._words.update(Content("\n").join(lines))


class GraphPicture(ScrollView, can_focus=True):
    """The boxes and the lines, with one box selected."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "graph-picture--operation",
        "graph-picture--border",
        "graph-picture--leaf",
        "graph-picture--name",
        "graph-picture--value",
        "graph-picture--gradient",
        "graph-picture--muted",
        "graph-picture--line",
        "graph-picture--unfollowed",
        "graph-picture--label",
        "graph-picture--selected",
    }

    DEFAULT_CSS = """
    GraphPicture {
        height: 1fr;
        min-height: 3;
        background: transparent;
        color: $foreground;
        scrollbar-size: 1 1;
        & > .graph-picture--operation { color: $text-primary; text-style: bold; }
        & > .graph-picture--border { color: $foreground 60%; }
        & > .graph-picture--leaf { color: $text-success; }
        & > .graph-picture--name { color: $foreground; text-style: bold; }
        & > .graph-picture--value { color: $foreground; }
        & > .graph-picture--gradient { color: $text-accent; text-style: bold; }
        & > .graph-picture--muted { color: $foreground 55%; }
        & > .graph-picture--line { color: $foreground 60%; }
        & > .graph-picture--unfollowed { color: $foreground 35%; }
        & > .graph-picture--label { color: $text-accent; }
        & > .graph-picture--selected { color: $foreground; text-style: bold; }
        &:focus > .graph-picture--selected { color: $text-primary; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = GRAPH.bindings()

    class NodeSelected(Message):
        """Another node is selected."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii = ascii_only
        self._drawing: GraphDrawing | None = None
        self._rows: list[list[Cell]] = []
        self.selected: int | None = None

    def show(self, graph: Graph | None) -> None:
        """Draw a graph with its value selected."""
        self._drawing = GraphDrawing(graph, ascii=self._ascii) if graph is not None and graph.nodes else None
        layout = self._drawing.layout if self._drawing is not None else None
        self.virtual_size = Size(layout.width, layout.height) if layout is not None else Size()
        self._select(0 if self._drawing is not None else None)

    def action_go(self, where: str) -> None:
        """Select the next box in a direction; `home` selects the value."""
        drawing, at = self._drawing, self.selected
        if drawing is None or at is None:
            return
        match where:
            case "down":
                to = node_below(drawing, at)
            case "up":
                to = node_above(drawing, at)
            case "left":
                to = node_beside(drawing, at, -1)
            case "right":
                to = node_beside(drawing, at, 1)
            case _:
                to = 0
        if to is not None:
            self._go(to)

    def action_pan(self, x: int, y: int) -> None:
        self.scroll_relative(x=x, y=y, animate=False)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        x, y = offset.x + self.scroll_offset.x - self._margin, offset.y + self.scroll_offset.y
        if 0 <= y < len(self._rows) and 0 <= x < len(self._rows[y]) and (at := self._rows[y][x].node) is not None:
            self._go(at)

    def on_resize(self) -> None:
        self._reveal()

    def _go(self, at: int) -> None:
        self._select(at)
        self.post_message(self.NodeSelected())

    def _select(self, at: int | None) -> None:
        self.selected = at
        self._rows = self._drawing.rows(at) if self._drawing is not None else []
        self._reveal()
        self.refresh()

    def _reveal(self) -> None:
        """Scroll to the selected box."""
        if self._drawing is not None and self.selected is not None and self.size:
            box = self._drawing.layout.boxes[self.selected]
            # The lines that enter and leave it show where to go next.
            region = Region(box.x - 1, box.y - 1, box.width + 2, box.height + 2)
            self.scroll_to_region(region, animate=False)

    @property
    def _margin(self) -> int:
        """Columns to the left of a picture that is narrower than the pane."""
        return max((self.size.width - self.virtual_size.width) // 2, 0)

    def render_line(self, y: int) -> Strip:
        """The visible part of one row of the picture."""
        width = self.size.width
        ground = self.rich_style
        row = y + self.scroll_offset.y
        if row >= len(self._rows) or self._drawing is None:
            return Strip.blank(width, ground)
        styles: dict[str, Style] = {}
        cells = self._rows[row]
        segments = [Segment(" " * self._margin, ground)]
        run, style_of_run = "", ground
        for cell in cells:
            key = self._ink(cell)
            if key not in styles:
                styles[key] = self.get_component_rich_style(f"graph-picture--{key}")
            if styles[key] != style_of_run:
                segments.append(Segment(run, style_of_run))
                run, style_of_run = "", styles[key]
            run += cell.text
        segments.append(Segment(run, style_of_run))
        strip = Strip(segments).adjust_cell_length(max(width, self.virtual_size.width), ground)
        left = self.scroll_offset.x
        return strip.crop(left, left + width)

    def _ink(self, cell: Cell) -> str:
        if cell.ink != "border":
            return cell.ink if cell.ink not in ("text", "warning") else "value"
        if cell.node == self.selected:
            return "selected"
        assert self._drawing is not None and cell.node is not None
        match self._drawing.graph.nodes[cell.node].kind:
            case "leaf":
                return "leaf"
            case "input":
                return "unfollowed"
            case _:
                return "border"
