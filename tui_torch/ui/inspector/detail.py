"""One value in full: its pages, under a rule with its name and their tabs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from tui_torch.protocol.events import Kind, Summary
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import View
from tui_torch.ui.common.keys_in_order import focus_at_once
from tui_torch.ui.inspector.page import DetailPage
from tui_torch.ui.inspector.pages.activity import ActivityPage
from tui_torch.ui.inspector.pages.distribution import DistributionPage
from tui_torch.ui.inspector.pages.facts import FactsPage
from tui_torch.ui.inspector.pages.graph import GraphPage
from tui_torch.ui.inspector.pages.items import ItemsPage
from tui_torch.ui.inspector.pages.layers import LayersPage
from tui_torch.ui.inspector.pages.memory import MemoryPage
from tui_torch.ui.inspector.pages.picture import PicturePage
from tui_torch.ui.inspector.pages.values import ValuesPage
from tui_torch.ui.inspector.tab_rule import TabRule
from tui_torch.ui.keys.declared import DETAIL

_ELEMENT_PAGES: tuple[type[DetailPage], ...] = (ValuesPage, PicturePage, DistributionPage, MemoryPage)
_TENSOR_PAGES = (*_ELEMENT_PAGES, GraphPage)
_PAGES: dict[Kind, tuple[type[DetailPage], ...]] = {
    "tensor": _TENSOR_PAGES,
    "parameter": _TENSOR_PAGES,
    "array": _ELEMENT_PAGES,
    "module": (LayersPage, ActivityPage),
    "container": (ItemsPage,),
    "optimizer": (FactsPage,),
    "dataset": (FactsPage,),
    "loader": (FactsPage,),
    "value": (FactsPage,),
}
"""The pages of each kind of value, in the order of their tabs."""


_TOGETHER = (ValuesPage, PicturePage, DistributionPage)
"""The pages that are shown together where there is room."""

_READABLE = 64
"""Elements up to which a matrix is read as numbers rather than looked at."""


def _first_page(summary: Summary) -> type[DetailPage]:
    """The page that tells most of a value: its picture, if it is an image, or a matrix that is too large to be read."""
    match summary.shape:
        case (channels, height, width) | (_, channels, height, width) if channels in (1, 3) and min(height, width) >= 8:
            return PicturePage
        case (height, width, 3 | 4) if summary.dtype == "uint8" and min(height, width) >= 8:
            return PicturePage
        case (height, width) if min(height, width) > 1 and height * width > _READABLE:
            return PicturePage
        case _:
            return ValuesPage


class TensorDetail(Widget, can_focus=False):
    """One value in full. It shows a summary, posts the request of its page, and shows the answer.

    It takes the focus only by `enter()`. The page in front stays in front when another value is shown, if that value
    has such a page.
    """

    BINDINGS: ClassVar[list[BindingType]] = DETAIL.bindings()

    DEFAULT_CSS = """
    TensorDetail {
        layout: vertical;
        height: 1fr;
        & > TabRule { height: 1; }
        & > DetailPage { display: none; }
        & > DetailPage.-shown { display: block; }
        &.-together > DetailPage {
            border-top: solid $rule;
            border-title-color: $text-muted;
        }
        &.-together > DetailPage.-front { border-top: solid $border; border-title-color: $foreground; }
        &.-together > ValuesPage { height: auto; max-height: 40%; }
        &.-together > DistributionPage { height: 1fr; max-height: 18; }
        &.-ascii.-together > DetailPage { border-top: ascii $rule; }
    }
    """

    class RequestChanged(Message):
        """The page in front needs another view, or the same one again; `show_view` receives it."""

        def __init__(self, request: Request) -> None:
            super().__init__()
            self.request = request

    class Exited(Message):
        """The learner left the detail with a key."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.set_class(ascii_only, "-ascii")
        self._summary: Summary | None = None
        self._within: list[Summary] = []
        """The containers and modules that the learner opened on the way to the value, the outermost first."""
        self._front: type[DetailPage] = ValuesPage
        self._chosen: type[DetailPage] | None = None
        """The page that the learner chose, which the value may not have; None before they chose one."""
        self._requested: dict[type[DetailPage], Request] = {}
        """What each page in sight has requested last."""
        self._has_room = False
        self._working: object = None
        """What the keys that work depend on, as it was last."""
        self._rule = TabRule(tuple(page.TITLE for page in _TENSOR_PAGES), ascii_only)
        every = dict.fromkeys(page for pages in _PAGES.values() for page in pages)
        self._pages = {page: page(ascii_only=ascii_only) for page in every}

    def compose(self) -> ComposeResult:
        yield self._rule
        yield from self._pages.values()

    @property
    def summary(self) -> Summary | None:
        """The value that is shown; None before the first."""
        return self._summary

    @property
    def tabs_at(self) -> list[tuple[int, int, Callable[[], None]]]:
        """Column and row on the screen of each tab, and what brings it to the front."""
        at = self._rule.region
        begins = self._rule.tab_columns if at else []
        return [(at.x + x, at.y, partial(self.number, number)) for number, x in enumerate(begins, start=1)]

    @property
    def page(self) -> DetailPage:
        """The page in front."""
        return self._pages[self._front]

    @property
    def requests(self) -> tuple[Request, ...]:
        """What the pages in sight have requested."""
        return tuple(self._requested.values())

    @property
    def pages(self) -> tuple[type[DetailPage], ...]:
        """The pages of the value that is shown."""
        return _PAGES[self._summary.kind] if self._summary is not None else ()

    def show(self, summary: Summary) -> None:
        """Show this value; of the value that is shown already, its new state."""
        if self._within and summary.name == self._within[0].name:
            # A part of it is shown, which this summary does not describe.
            self._within[0] = summary
            self._ask(again=True)
            return
        self._within.clear()
        self._show(summary)

    def show_view(self, view: View | None, request: Request | None = None, absent: str = "") -> None:
        """Show the answer to a request, None if unavailable; ignore that to one which another has taken the place of.

        Args:
            view: The answer, which holds its request.
            request: What was requested; without it and a view, that of the page in front.
            absent: Why there is none.
        """
        asked = view.request if view is not None else request or self._requested.get(self._front)
        for kind in self.shown:
            if asked is not None and self._requested.get(kind) == asked:
                self._pages[kind].show_view(view, absent)
        self._refresh_keys()

    def say_when(self, request: Request, when: str) -> None:
        """Say when a request will be answered, on a page that has nothing to show until then."""
        for kind in self.shown:
            if self._requested.get(kind) == request and self._pages[kind].view is None:
                self._pages[kind].show_view(None, when)

    @property
    def shown(self) -> tuple[type[DetailPage], ...]:
        """The pages in sight: the one in front, and where there is room for several, those that go together."""
        summary = self._summary
        if not self._has_room or summary is None or self._front not in _TOGETHER:
            return (self._front,)
        has_picture, has_spread = len(summary.shape or ()) > 1, summary.numel > 1
        said = {ValuesPage: True, PicturePage: has_picture, DistributionPage: has_spread}
        return tuple(page for page in self.pages if page is self._front or said.get(page, False))

    def give_room(self, *, several: bool) -> None:
        """Show several pages of a value under each other, or the one in front alone."""
        if several != self._has_room:
            self._has_room = several
            if self._summary is not None:
                self._bring(self._front)
                self._ask(again=True)

    def enter(self) -> None:
        """Take the focus, until it moves elsewhere."""
        self.can_focus = True
        focus_at_once(self)

    def select(self, page: type[DetailPage]) -> None:
        """Bring a page to the front, if the value has it."""
        if page in self.pages:
            self._chosen = page
            self._bring(page)
            self._ask(again=True)

    def cycle(self, by: int) -> None:
        """Bring the page `by` places further to the front, round at the ends."""
        if len(self.pages) > 1:
            self.select(self.pages[(self.pages.index(self._front) + by) % len(self.pages)])

    def number(self, number: int) -> None:
        """Bring the page of this number, counted from 1, to the front."""
        if number <= len(self.pages):
            self.select(self.pages[number - 1])

    def scroll_page(self, direction: int) -> None:
        """Scroll the page in front by half its height."""
        step = direction * max(self.page.size.height // 2, 1)
        if not self.page.move(step, 0):
            self.page.scroll_relative(y=step, animate=False)

    def step(self, by: int) -> None:
        """Move along the chosen dimension; scroll a page that has none."""
        if not self.page.step(by):
            self.scroll_page(by)

    def turn(self, by: int) -> None:
        """Choose another dimension to step along."""
        self.page.turn(by)

    def switch(self) -> None:
        """Switch to the next way to draw the value, if the page has several."""
        self.page.switch()

    def forget(self) -> None:
        """Forget what the learner chose for values: they are those of another step."""
        for page in self._pages.values():
            page.forget()

    def _show(self, summary: Summary) -> None:
        self._summary = summary
        chosen = self._chosen if self._chosen is not None else _first_page(summary)
        self._bring(chosen if chosen in self.pages else self.pages[0])
        self._ask(again=True)

    def _bring(self, front: type[DetailPage]) -> None:
        assert self._summary is not None
        self._front = front
        shown = self.shown
        self.set_class(len(shown) > 1, "-together")
        for kind, page in self._pages.items():
            page.set_class(kind in shown, "-shown")
            page.set_class(kind is front, "-front")
            title = kind.TITLE if len(shown) > 1 else None
            if page.border_title != title:  # setting it draws the page and all in it again
                page.border_title = title
        for kind in shown:
            self._pages[kind].show(self._summary)
        self._rule.show(self._summary.name, tuple(page.TITLE for page in self.pages), self.pages.index(front))
        self._refresh_keys()

    def _refresh_keys(self) -> None:
        """Show which keys work now, if others do."""
        working = (self._front, len(self.pages), self.page.slices, self.page.other_drawing)
        if working != self._working and self.is_attached:
            self._working = working
            self.screen.refresh_bindings()

    def _ask(self, again: bool = False) -> None:
        """Post the request of each page in sight if it has changed; `again`, also if the value may have changed."""
        requested = {kind: request for kind in self.shown if (request := self._pages[kind].request()) is not None}
        for kind, request in requested.items():
            if again or request != self._requested.get(kind):
                self.post_message(self.RequestChanged(request))
        self._requested = requested

    @on(DetailPage.Changed)
    def _reconsider(self, message: DetailPage.Changed) -> None:
        message.stop()
        if self._summary is not None:
            self._ask()

    @on(DetailPage.Opened)
    def _enter(self, message: DetailPage.Opened) -> None:
        message.stop()
        assert self._summary is not None
        self._within.append(self._summary)
        self._show(message.summary)

    def on_tab_rule_tab_clicked(self, message: TabRule.TabClicked) -> None:
        message.stop()
        self.number(message.index + 1)

    def on_focus(self) -> None:
        self._rule.set_class(True, "-focused")

    def on_blur(self) -> None:
        self.can_focus = False
        self._rule.set_class(False, "-focused")

    def on_click(self) -> None:
        self.enter()

    def action_move(self, down: int, right: int) -> None:
        if not self.page.move(down, right):
            if right:
                self.cycle(right)
            else:
                self.page.scroll_relative(y=down, animate=False)

    def action_leaf(self, by: int) -> None:
        rows = by * max(self.page.size.height - 3, 1)
        if not self.page.move(rows, 0):
            self.page.scroll_relative(y=rows, animate=False)

    def action_open(self) -> None:
        self.page.open()

    def action_leave(self) -> None:
        if self.page.leave():
            return
        if self._within:
            self._show(self._within.pop())
        else:
            self.post_message(self.Exited())
