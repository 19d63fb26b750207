"""The autograd graph of a value as boxes and lines, and the selected box explained below."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_torch.drawing.graphs.box_text import box_explanation, box_name, totals
from tui_torch.drawing.graphs.text import Role, explanation, spelled
from tui_torch.protocol.autograd_graph import BOX_ROWS, FEWEST_ROWS, Graph
from tui_torch.ui.common.cut_text import WidthDependentText, in_rows
from tui_torch.ui.graph_picture import GraphPicture

EMPTY = "Select a tensor that was computed from one that requires a gradient: its graph is drawn here."

_STYLES: dict[Role, str] = {
    "operation": "bold $text-primary",
    "name": "bold",
    "value": "",
    "gradient": "bold $text-accent",
    "muted": "$foreground-muted",
    "warning": "$text-warning",
    "text": "",
    "label": "bold $text-accent",
}
"""The styles of the explanation below the picture."""

_WORDS = 3
"""Lines of the explanation of a box of a large graph."""
_AROUND = _WORDS + 3
"""Lines that the boxes do not get: the explanation with its border, what is open, and the heads of the columns."""


def rows_for(height: int) -> int:
    """Return how many boxes of a large graph fit a pane of so many lines, or as many as there are at least."""
    return max(height - _AROUND, FEWEST_ROWS)


class GraphView(Widget):
    """The graph of a value and an explanation of the selected box; the arrow keys go from box to box."""

    HELP = """\
    ## Graph

    The value stands on top, and below it what it was computed from. Rounded boxes are operations, square ones leaves,
    dotted ones tensors that require no gradient. Beside a line: the shape of what went along it, or, for scalars, what
    the gradient is multiplied by on its way down. The product of these from the top to a leaf is the leaf's gradient.

    A large graph is drawn in rows, one for each module, with the norm of its parameters' gradients and a bar for it on
    a logarithmic scale. Every node is in one of the rows; as many levels of modules are open as there is room for. A
    line beside the rows that ends at ⊕ is a skip: the value is added to what was computed from it. ■ is a module, ● an
    operation, ≡ several that are repeated, ◆ parameters that several rows use, ◇ a tensor that requires no gradient.

    The arrow keys go from box to box, home to the value; below, the selected one is explained. Enter opens a row, and
    esc closes it. Right and left go along a skip. Shift with the arrows moves a picture that is larger than the pane.
    """

    DEFAULT_CSS = """
    GraphView {
        layout: vertical;
        height: 1fr;
        & > #graph-open { height: 1; padding: 0 1; color: $foreground-muted; display: none; }
        &.-boxes > #graph-open { display: block; }
        & > #graph-words {
            height: auto;
            max-height: 50%;
            padding: 0 1;
            border-top: solid $rule;
        }
        &.-boxes > #graph-words { height: 4; min-height: 1; }
        &.-ascii > #graph-words { border-top: ascii $rule; }
        &.-empty > GraphPicture { display: none; }
        &.-empty > #graph-words { border-top: none; padding: 1 2; max-height: 100%; color: $text-muted; }
    }
    """

    class Wanted(Message):
        """Another box of the graph is to be open, or the graph is to be in another number of boxes."""

        def __init__(self, place: tuple[int, ...], rows: int) -> None:
            super().__init__()
            self.place = place
            """The box to open, a `GraphBox.place`; empty for the whole graph."""
            self.rows = rows
            """Maximum number of boxes."""

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
        self._said = EMPTY
        """What stands in the place of a graph."""
        self.set_class(ascii_only, "-ascii")
        self.add_class("-empty")
        self._picture = GraphPicture(ascii_only=ascii_only)
        self._picture.can_focus = takes_focus
        self._words = Static(EMPTY, id="graph-words")
        self._open = Static(id="graph-open")
        self._path: list[tuple[str, tuple[int, ...]]] = []
        """The boxes that are open, the outermost first: name and place."""
        self._wanted_path: list[tuple[str, tuple[int, ...]]] = []
        """The same, once the graph that was asked for is here."""
        self._rows = 0
        """How many boxes the pane last had room for; 0 before it was laid out."""
        self._asked = 0
        """The number of boxes that was last asked for."""

    def compose(self) -> ComposeResult:
        yield self._open
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

    @property
    def wanted(self) -> tuple[tuple[int, ...], int]:
        """The box that is to be open, empty for the whole graph, and the maximum number of boxes."""
        return _place(self._wanted_path), self._rows or BOX_ROWS

    def begin(self) -> None:
        """Close every box: the graph of another value comes."""
        self._wanted_path = []

    def show(self, graph: Graph | None, *, said: str = "") -> None:
        """Show a graph with its value selected; of a graph without nodes, its note; without one, what is `said`."""
        self._said = said or EMPTY
        place = () if graph is None else graph.place
        came_from = _place(self._path)
        if place == _place(self._wanted_path):
            self._path = self._wanted_path
        elif place != came_from:
            self._path = []
        self._wanted_path = self._path
        self._graph = graph
        self.set_class(graph is None or not (graph.nodes or graph.boxes), "-empty")
        self._picture.is_inside = bool(self._path)
        self._picture.show(graph, came_from)
        self._explain()
        if graph is not None and 0 < self._rows < len(graph.boxes) and self._asked != self._rows:
            self._ask()  # it was asked for before the pane had been laid out

    def open(self) -> bool:
        """Open the selected box; False if there is nothing inside to show."""
        if self._graph is None or self._picture.selected is None or not self._picture.can_open:
            return False
        box = self._graph.boxes[self._picture.selected]
        self._wanted_path = [*self._path, (box_name(box), box.place)]
        self._ask()
        return True

    def leave(self) -> bool:
        """Close the box that was opened last; False if none is open."""
        if not self._path:
            return False
        self._wanted_path = self._path[:-1]
        self._ask()
        return True

    @property
    def has_both_drawings(self) -> bool:
        """Whether the graph can be drawn in two ways."""
        return self._picture.has_both_drawings

    def switch(self) -> bool:
        """Draw the graph in the other way; False if there is one only."""
        if not self._picture.has_both_drawings:
            return False
        self._picture.action_switch()
        return True

    def _ask(self) -> None:
        self._asked = self._rows
        self.post_message(self.Wanted(*self.wanted))

    def on_resize(self) -> None:
        rows, before = rows_for(self.size.height), self._rows
        self._rows = rows
        graph = self._graph
        if graph is None or rows == before or not graph.boxes:
            return
        # With more room than before, only a graph of which not all is shown may have more boxes.
        has_room = 0 < before < rows and any(box.place for box in graph.boxes)
        if len(graph.boxes) > rows or has_room:
            self._ask()

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

    def on_graph_picture_box_opened(self, message: GraphPicture.BoxOpened) -> None:
        message.stop()
        self.open()

    def on_graph_picture_box_left(self, message: GraphPicture.BoxLeft) -> None:
        message.stop()
        self.leave()

    def _explain(self) -> None:
        graph, at = self._graph, self._picture.selected
        in_boxes = self._picture.in_boxes
        self.set_class(in_boxes or bool(self._path), "-boxes")
        if graph is None or at is None:
            self._words.update(spelled(graph.note, self._ascii) if graph is not None and graph.note else self._said)
            return
        explain = box_explanation if in_boxes else explanation
        lines = [
            Content.assemble(*((text, _STYLES[role]) for text, role in line))
            for line in explain(graph, at, self._ascii)
        ]
        if graph.note:
            lines.append(Content.styled(spelled(graph.note, self._ascii), "$foreground-muted"))
        # With boxes, the words have a height of their own: the picture stays where it is as one goes through it.
        self._words.update(_Words(lines, self._ascii) if in_boxes else Content("\n").join(lines))
        self._open.update(self._breadcrumb(graph))

    def _breadcrumb(self, graph: Graph) -> Content:
        """What is open, from the value inwards, and what there is in all of it."""
        names = [graph.name, *(name for name, _ in self._path)]
        path = spelled(" ▸ ".join(names), self._ascii)
        if not self._picture.in_boxes:
            return Content.styled(path, "bold $foreground")
        return Content.assemble((path, "bold $foreground"), ("  " + totals(graph, self._ascii), "$foreground-muted"))


class _Words(WidthDependentText):
    """Lines in _WORDS rows, of which a long one takes those that the others leave."""

    def __init__(self, lines: list[Content], ascii: bool) -> None:
        self._lines = lines
        self._ascii = ascii

    def at(self, width: int) -> Content:
        return Content("\n").join(in_rows(self._lines, width, _WORDS, self._ascii))


def _place(path: list[tuple[str, tuple[int, ...]]]) -> tuple[int, ...]:
    """The place of the innermost of some boxes; empty for the whole graph."""
    return path[-1][1] if path else ()
