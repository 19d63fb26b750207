"""The Items page: a list, tuple, dict or dataclass as a tree, whose containers open in place."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from tui_torch.drawing.text import numbers, summaries
from tui_torch.drawing.text.cells import clipped
from tui_torch.protocol.events import Summary
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import ITEMS, ItemsView, View
from tui_torch.ui.inspector.page import CURSOR, DELETED, MUTED, DetailPage


@dataclass(frozen=True, slots=True)
class _ShownItem:
    """An item of the container itself, or of an opened one in it."""

    summary: Summary
    depth: int
    parent: str
    """The expression of the container that holds it."""


class ItemsPage(DetailPage):
    """The items of a container, with a cursor. At the cursor, a container opens in place, and others in full."""

    HAS_PARTS = True
    TITLE = "Items"

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._views: dict[str, ItemsView] = {}
        self._open: set[str] = set()
        self._cursor: str | None = None
        self._requests: list[Request] = []
        """The views still to be requested, one after the other."""

    def begin(self) -> None:
        self._views.clear()
        self._open.clear()
        self._cursor = None

    def show(self, summary: Summary) -> None:
        super().show(summary)
        # A run may also have changed what the opened containers hold.
        self._requests = [Request("items", name) for name in (summary.name, *sorted(self._open))]

    def show_view(self, view: View | None, absent: str = "") -> None:
        if isinstance(view, ItemsView):
            self._views[view.request.expression] = view
            self._requests = [request for request in self._requests if request != view.request]
            if self._requests:
                self.post_message(self.Changed())
        super().show_view(view, absent)

    def request(self) -> Request | None:
        return self._requests[0] if self._requests and self.summary.change != "gone" else None

    def lines(self, width: int) -> Iterator[Content]:
        summary = self.summary
        if summary.change == "gone":
            yield Content.styled(DELETED, "$text-warning")
            return
        yield Content.styled(f"{summary.type} of {numbers.counted(summary.numel, 'item')}", MUTED)
        if summary.name not in self._views:
            yield Content(summary.text)
            return
        lines = list(self._lines(summary.name, 0))
        wide = min(max((len(self._label(line)) for line in lines), default=0), max(width // 2, 8))
        for line in lines:
            label = clipped(self._label(line), wide, self.ascii)
            text = summaries.one_line(line.summary, self.ascii).plain
            if line.summary.kind == "container":
                text = f"{line.summary.type} of {numbers.counted(line.summary.numel, 'item')}"
            content = Content.assemble(label.ljust(wide), "  ")
            content += Content(clipped(text, max(width - wide - 2, 1), self.ascii))
            if line.summary.name == self._cursor:
                content = content.pad_right(width - content.cell_length).stylize(CURSOR)
            yield content
        view = self._views[summary.name]
        if view.total > len(view.items):
            first, last = view.start, view.start + len(view.items) - 1
            yield Content.styled(f"{first}{'-' if self.ascii else '–'}{last} of {view.total:,}", MUTED)

    def _label(self, line: _ShownItem) -> str:
        closed, opened = ("+ ", "- ") if self.ascii else ("▸ ", "▾ ")
        container = line.summary.kind == "container"
        mark = (opened if line.summary.name in self._open else closed) if container else "  "
        return f"{'  ' * line.depth}{mark}{line.summary.name.removeprefix(line.parent)}"

    def _lines(self, name: str, depth: int) -> Iterator[_ShownItem]:
        view = self._views.get(name)
        for item in view.items if view is not None else ():
            yield _ShownItem(item, depth, name)
            if item.name in self._open:
                yield from self._lines(item.name, depth + 1)

    def move(self, down: int, right: int) -> bool:
        lines = list(self._lines(self.summary.name, 0))
        if not lines:
            return False
        names = [line.summary.name for line in lines]
        at = names.index(self._cursor) if self._cursor in names else -1
        if right and at >= 0 and lines[at].summary.kind == "container":
            if (lines[at].summary.name in self._open) != (right > 0):
                self.open()
            return True
        target = at + down if at >= 0 else 0
        if target >= len(lines) and self._page(1):
            return True
        if target < 0 and self._page(-1):
            return True
        self._cursor = names[min(max(target, 0), len(names) - 1)]
        self.draw()
        self.scroll_to(y=max(names.index(self._cursor) + 1 - self.size.height // 2, 0), animate=False)
        return True

    def _page(self, by: int) -> bool:
        """Request the items before or after those that are shown. False at the ends."""
        view = self._views[self.summary.name]
        start = view.start + by * ITEMS
        if not (view.total > len(view.items) and -ITEMS < start < view.total):
            return False
        if by < 0 and view.start == 0:
            return False
        self._requests = [Request("items", self.summary.name, row=max(start, 0))]
        self._cursor = None
        self.post_message(self.Changed())
        return True

    def open(self) -> bool:
        lines = {line.summary.name: line.summary for line in self._lines(self.summary.name, 0)}
        summary = lines.get(self._cursor or "")
        if summary is None:
            return False
        if summary.kind != "container":
            self.post_message(self.Opened(summary))
        elif summary.name in self._open:
            self._open.discard(summary.name)
            self.draw()
        else:
            self._open.add(summary.name)
            self._requests = [Request("items", summary.name)]
            self.post_message(self.Changed())
        return True
