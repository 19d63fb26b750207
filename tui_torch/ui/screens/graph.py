"""The graph of one value over the whole screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from tui_torch.protocol.autograd_graph import Graph
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.graph_view import GraphView, rows_for
from tui_torch.ui.keys.declared import GRAPH_SCREEN
from tui_torch.ui.screens.present_size import PresentSize

Look = Callable[[tuple[int, ...], int], Awaitable[Graph | None]]
"""Returns a graph with the box at a place open, in at most so many boxes; None if unavailable."""


def box_rows(height: int) -> int:
    """Return how many boxes there is room for on a screen of so many rows: less the border and the keys."""
    return rows_for(height - 3)


class GraphScreen(PresentSize, ModalScreen[None]):
    """Shows one graph until it is closed, and the boxes in it that are opened."""

    BINDINGS: ClassVar[list[BindingType]] = GRAPH_SCREEN.bindings()

    DEFAULT_CSS = """
    GraphScreen {
        & > GraphView {
            border: round $border;
            border-title-color: $foreground;
            border-subtitle-color: $text-muted;
            background: $background;
        }
        &.-ascii > GraphView { border: ascii $border; }
    }
    """

    def __init__(self, graph: Graph, look: Look, *, ascii_only: bool = False) -> None:
        """Show a graph.

        Args:
            graph: The whole graph.
            look: Returns the graph with another box open, or in another number of boxes.
            ascii_only: Use ASCII characters alone.
        """
        super().__init__(classes="-ascii" if ascii_only else None)
        self._graph = graph
        self._look = look
        self._ascii = ascii_only

    def compose(self) -> ComposeResult:
        yield GraphView(ascii_only=self._ascii)
        yield KeyBar()

    def on_mount(self) -> None:
        view = self.query_one(GraphView)
        view.border_title = f"Graph of {self._graph.name}"
        view.border_subtitle = "freed" if self._graph.freed else None
        view.show(self._graph)
        view.focus()

    def action_help(self) -> None:
        """Show the help, of graphs first."""
        from tui_torch.ui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen("Graph", ascii_only=self._ascii))

    def on_graph_view_wanted(self, message: GraphView.Wanted) -> None:
        message.stop()
        self._show(message.place, message.rows)

    @work(exclusive=True)
    async def _show(self, place: tuple[int, ...], rows: int) -> None:
        graph = await self._look(place, rows)
        if graph is not None and self.is_attached:
            self.query_one(GraphView).show(graph)
