"""The Graph page: how a tensor was computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from textual.app import ComposeResult
from textual.content import Content

from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import AutogradGraphView
from tui_torch.ui.graph_view import GraphView
from tui_torch.ui.inspector.page import DELETED, DetailPage


class GraphPage(DetailPage):
    """The autograd graph of one tensor, drawn by a GraphView."""

    HAS_PARTS = True
    TITLE = "Graph"

    DEFAULT_CSS = """
    GraphPage { overflow: hidden; }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        # The detail takes the focus as a whole.
        self._graph = GraphView(ascii_only=ascii_only, takes_focus=False)

    def compose(self) -> ComposeResult:
        yield self._graph

    def draw(self) -> None:
        view = self.view
        gone = DELETED if self.summary.change == "gone" else ""
        self._graph.show(view.graph if isinstance(view, AutogradGraphView) else None, said=gone or self.absent)

    def begin(self) -> None:
        self._graph.begin()

    def request(self) -> Request | None:
        if self.summary.change == "gone":
            return None
        place, rows = self._graph.wanted
        return Request("graph", self.summary.name, place, height=rows)

    def on_graph_view_wanted(self, message: GraphView.Wanted) -> None:
        message.stop()
        self.post_message(self.Changed())

    def lines(self, width: int) -> Iterator[Content]:
        yield from ()

    def move(self, down: int, right: int) -> bool:
        self._graph.go({(-1, 0): "up", (1, 0): "down", (0, -1): "left", (0, 1): "right"}.get((down, right), "home"))
        return True

    def open(self) -> bool:
        return self._graph.open()

    def leave(self) -> bool:
        return self._graph.leave()

    @property
    def other_drawing(self) -> Literal["", "picture", "graph"]:
        return "graph" if self._graph.has_both_drawings else ""

    def switch(self) -> bool:
        return self._graph.switch()
