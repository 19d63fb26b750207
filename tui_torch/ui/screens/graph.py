"""The graph of one value over the whole screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from tui_torch.protocol.autograd_graph import Graph
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.graph_view import GraphView
from tui_torch.ui.keys.declared import GRAPH_SCREEN
from tui_torch.ui.screens.present_size import PresentSize


class GraphScreen(PresentSize, ModalScreen[None]):
    """Shows one graph until it is closed."""

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

    def __init__(self, graph: Graph, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._graph = graph
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
