"""The picture of an autograd graph, with one box selected: node by node, or a large one as rows of boxes."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_torch.drawing.graphs.box_rows import BoxDrawing
from tui_torch.drawing.graphs.drawing import Cell, GraphDrawing
from tui_torch.protocol.autograd_graph import Graph, GraphBox
from tui_torch.ui.keys.declared import GRAPH


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
        "graph-picture--row",
    }

    DEFAULT_CSS = """
    GraphPicture {
        height: 1fr;
        min-height: 3;
        background: transparent;
        color: $foreground;
        scrollbar-size: 1 1;
        & > .graph-picture--operation { color: $text-primary; text-style: bold; }
        & > .graph-picture--border { color: $line; }
        & > .graph-picture--leaf { color: $text-success; }
        & > .graph-picture--name { color: $foreground; text-style: bold; }
        & > .graph-picture--value { color: $foreground; }
        & > .graph-picture--gradient { color: $text-accent; text-style: bold; }
        & > .graph-picture--muted { color: $text-muted; }
        & > .graph-picture--line { color: $line; }
        & > .graph-picture--unfollowed { color: $line; }
        & > .graph-picture--label { color: $text-accent; }
        & > .graph-picture--selected { color: $foreground; text-style: bold; }
        & > .graph-picture--row { background: $row-ground; }
        &:focus > .graph-picture--row { background: $cursor-ground; }
        &:focus > .graph-picture--selected { color: $text-primary; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = GRAPH.bindings()

    class NodeSelected(Message):
        """Another box is selected, or the same ones are drawn in another way."""

    class BoxOpened(Message):
        """The selected box is to be opened."""

    class BoxLeft(Message):
        """The box that is open is to be closed."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii = ascii_only
        self._graph: Graph | None = None
        self._drawing: GraphDrawing | BoxDrawing | None = None
        self._rows: list[list[Cell]] = []
        self._drawn_for = Size()
        self._prefers_boxes: bool | None = None
        """Which of two ways to draw a graph the learner chose; None for that which fits."""
        self.selected: int | None = None
        self.is_inside = False

    @property
    def in_boxes(self) -> bool:
        """Whether the graph is drawn as rows of boxes."""
        return isinstance(self._drawing, BoxDrawing)

    @property
    def can_open(self) -> bool:
        """Whether the selected box has something inside to show."""
        return self.in_boxes and self.selected is not None and bool(self._boxes[self.selected].place)

    @property
    def has_both_drawings(self) -> bool:
        """Whether the graph can be drawn in boxes and node by node."""
        return self._graph is not None and bool(self._graph.nodes and self._graph.boxes)

    @property
    def _boxes(self) -> tuple[GraphBox, ...]:
        return () if self._graph is None else self._graph.boxes

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return GRAPH.works(action, self)

    def show(self, graph: Graph | None, place: tuple[int, ...] = ()) -> None:
        """Draw a graph with its value selected, or the box that holds a place.

        Args:
            graph: The graph; None for an empty picture.
            place: A `GraphBox.place`.
        """
        self._graph = graph
        self._prefers_boxes = None
        self._draw()
        self._select(self._first(place))
        self.scroll_home(animate=False)
        self._reveal()

    def _draw(self) -> None:
        graph, size = self._graph, self.size
        self._drawn_for = size
        if graph is None or not (graph.nodes or graph.boxes):
            self._drawing = None
            self.virtual_size = Size()
            return
        detailed = GraphDrawing(graph, ascii=self._ascii) if graph.nodes and not self._prefers_boxes else None
        if detailed is not None and graph.boxes and self._prefers_boxes is None:
            fits = detailed.width <= size.width and detailed.height <= size.height
            detailed = detailed if fits else None
        self._drawing = detailed or BoxDrawing(graph, size.width, size.height, ascii=self._ascii)
        self.virtual_size = Size(self._drawing.width, self._drawing.height)

    def _first(self, place: tuple[int, ...]) -> int | None:
        if self._drawing is None:
            return None
        if not self.in_boxes:
            return 0
        boxes = self._boxes
        if place:
            holding = (at for at, box in enumerate(boxes) if box.place and box.place[0] <= place[0] < box.place[1])
            if (at := next(holding, None)) is not None:
                return at
        return next((at for at, box in enumerate(boxes) if box.nodes), 0)

    def action_go(self, where: str) -> None:
        """Select the next box in a direction; `home` selects the value."""
        if self._drawing is not None and self.selected is not None:
            to = self._drawing.go(self.selected, where)
            if to is not None:
                self._go(to)

    def action_open(self) -> None:
        self.post_message(self.BoxOpened())

    def action_leave(self) -> None:
        self.post_message(self.BoxLeft())

    def action_switch(self) -> None:
        """Draw the graph in the other way, if there is one."""
        if self.has_both_drawings:
            self._prefers_boxes = not self.in_boxes
            self._draw()
            self._go(self._first(()) or 0)

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
        if self._graph is not None and self._graph.boxes and self.size != self._drawn_for:
            was_in_boxes, selected = self.in_boxes, self.selected
            self._draw()
            self._select(selected if self.in_boxes == was_in_boxes else self._first(()))
            self.post_message(self.NodeSelected())
        self._reveal()

    def _go(self, at: int) -> None:
        self._select(at)
        self.post_message(self.NodeSelected())

    def _select(self, at: int | None) -> None:
        self.selected = at
        self._rows = self._drawing.rows(at) if self._drawing is not None else []
        self._reveal()
        self.refresh()
        self.refresh_bindings()

    def _reveal(self) -> None:
        """Scroll to the selected box."""
        if self._drawing is not None and self.selected is not None and self.size:
            box = self._drawing.region(self.selected)
            # The first row of boxes has the heads of the columns above it.
            above = 1 if self.in_boxes and not self.selected else 0
            self.scroll_to_region(Region(box.x, box.y - above, box.width, box.height + above), animate=False)

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
        chosen = self.get_component_rich_style("graph-picture--row")
        is_chosen = self.in_boxes and bool(cells) and cells[0].node == self.selected
        segments = [Segment(" " * self._margin, ground)]
        run, style_of_run = "", ground
        for cell in cells:
            key = self._ink(cell)
            if key not in styles:
                style = self.get_component_rich_style(f"graph-picture--{key}")
                styles[key] = style + Style(bgcolor=chosen.bgcolor) if is_chosen else style
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
        assert isinstance(self._drawing, GraphDrawing) and cell.node is not None
        match self._drawing.graph.nodes[cell.node].kind:
            case "leaf":
                return "leaf"
            case "input" | "outside":
                return "unfollowed"
            case _:
                return "border"
