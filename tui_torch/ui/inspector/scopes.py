"""Whose names the tensors pane shows: those of the namespace, or the locals of one of the functions that trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_torch.protocol.events import FrameLocals, Inspection
from tui_torch.ui.common.keys_in_order import focus_at_once
from tui_torch.ui.inspector.legend import EMPTY
from tui_torch.ui.keys.bound import keys_of

if TYPE_CHECKING:
    from tui_torch.protocol.events import PagesRead, Summary
    from tui_torch.protocol.orders import Request
    from tui_torch.protocol.views import View
    from tui_torch.ui.common.selectable import SelectableOptions
    from tui_torch.ui.inspector.detail import TensorDetail

NO_NAMES = "The code has run, and left no names."

_PLAIN = ("value", "dataset", "loader")
"""Kinds of names that are no reason to stay with the namespace where a function has tensors."""


def with_newer(before: Inspection, summaries: Sequence[Summary]) -> Inspection:
    """An inspection with newer summaries of some of its values; of none, they are all that there is."""
    if not before.pinned and not before.variables:
        return replace(before, pinned=tuple(summaries))
    now = {summary.name: summary for summary in summaries}
    return replace(
        before,
        pinned=tuple(now.get(summary.name, summary) for summary in before.pinned),
        variables=tuple(now.get(summary.name, summary) for summary in before.variables),
    )


class Scopes:
    """The namespace and the functions' locals of a run, and which of them is shown.

    What the learner chose stays, as long as the function is there. Until they choose, it is the namespace, unless that
    has nothing to look at and a function has.
    """

    def __init__(self) -> None:
        self.namespace = Inspection(pinned=(), variables=())
        self.frames: tuple[FrameLocals, ...] = ()
        """The functions of the run, as the kernel counts them."""
        self.had_functions = False
        """Whether there was ever one since the first run."""
        self._chosen: str | None = None
        """The function whose locals the learner chose; empty for the namespace."""

    def take(self, frames: Sequence[FrameLocals]) -> None:
        """Know these functions, and no others."""
        self.frames = tuple(frames)
        self.had_functions = self.had_functions or bool(frames)

    def forget(self) -> None:
        """Return to the state before the first run."""
        self.__init__()

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions of which any locals are known."""
        return tuple(self.frames[place].function for place in self._places)

    @property
    def _places(self) -> list[int]:
        """The places of the functions that have names: one without any is left out."""
        return [place for place, frame in enumerate(self.frames) if frame.variables]

    @property
    def are_several(self) -> bool:
        """Whether there is anything but the namespace."""
        return bool(self._places)

    @property
    def place(self) -> int | None:
        """The place of the function that is shown among those of the run; None for the namespace."""
        if self._chosen is None:
            has_values = any(one.kind not in _PLAIN for one in self.namespace.variables) or self.namespace.pinned
            return None if has_values else next(iter(self._places), None)
        return next((at for at in self._places if self.frames[at].function == self._chosen), None)

    @property
    def frame(self) -> FrameLocals | None:
        """The function that is shown; None for the namespace."""
        return None if (place := self.place) is None else self.frames[place]

    @property
    def inspection(self) -> Inspection:
        """The names that are shown."""
        frame = self.frame
        return self.namespace if frame is None else Inspection((), frame.variables, frame.omitted)

    def go_on(self) -> None:
        """Show the next: after the namespace the function that trained last, and after the last one the namespace."""
        shown = -1 if (place := self.place) is None else place
        following = next((place for place in self._places if place > shown), None)
        self._chosen = "" if following is None else self.frames[following].function

    def addressed(self, request: Request) -> Request:
        """A request for a value that is shown, as the kernel understands it."""
        return replace(request, frame=self.place)

    def is_shown(self, request: Request) -> bool:
        """Whether a request that was addressed is for a value of what is shown now."""
        return request.frame == self.place

    def plain(self, request: Request) -> Request:
        """The request before it was addressed."""
        return replace(request, frame=None)

    def plain_view(self, view: View) -> View:
        """The answer to that."""
        return view if view.request.frame is None else replace(view, request=self.plain(view.request))


class WhyEmpty(Static):
    """Says why there is no value."""

    def say(self, text: str) -> None:
        """Say this from now on. What is said already lays nothing out."""
        if text != self.content:
            self.update(text)


class ShowsScopes(Widget):
    """The part of the tensors pane that knows whose names it shows."""

    if TYPE_CHECKING:  # what the pane itself does

        @property
        def selected(self) -> Summary | None: ...
        @property
        def in_full(self) -> TensorDetail | None: ...
        @property
        def is_empty(self) -> bool: ...
        def _show_scope(self, live: bool = False) -> None: ...

        _list: SelectableOptions

    class Selected(Message, namespace="tensor_inspector"):
        """Another value is selected: by the learner, or because the one before is gone."""

        def __init__(self, summary: Summary) -> None:
            super().__init__()
            self.summary = summary

    class ViewRequested(Message, namespace="tensor_inspector"):
        """A view of a value is requested from the kernel; `show_view` receives it."""

        def __init__(self, request: Request) -> None:
            super().__init__()
            self.request = request

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._scopes = Scopes()
        self._invitation = EMPTY
        """What is to be done for the first value; empty once there was a run."""
        self._why_empty = WhyEmpty(EMPTY, classes="tensors--empty")

    @property
    def why_empty(self) -> str:
        """Why no value is shown, and what is to be done for one."""
        if self._invitation:
            return self._invitation
        first = next(iter(self._scopes.functions), None)
        if first is None:
            return NO_NAMES
        key = keys_of(self.app).in_words("{tensors.locals}")
        return f"The code has run, and left no names at the top of the module: {key} shows the locals of {first}()."

    @property
    def pages_in_sight(self) -> tuple[Request, ...]:
        """What the pages of the selected value that are in sight have requested, as the kernel understands it."""
        detail = self.in_full
        return () if detail is None else tuple(map(self._scopes.addressed, detail.requests))

    def show_pages(self, pages: PagesRead) -> None:
        """Show what was read in the middle of a run of the pages in sight."""
        from tui_torch.protocol.views import views_in

        detail = self.in_full
        for view in views_in(pages):
            if detail is not None and self._scopes.is_shown(view.request):
                detail.show_view(self._scopes.plain_view(view))

    def show_locals(self, frames: Sequence[FrameLocals]) -> None:
        """Know the locals of these functions, and no others; show them if the learner looks at one of the functions."""
        had_some, before = self.has_locals, self.frame
        self._scopes.take(frames)
        if before is not None or self.frame is not None:
            self._show_scope(live=before == self.frame)
        self._why_empty.say(self.why_empty)
        if had_some != self.has_locals and self.is_attached:
            self.screen.refresh_bindings()

    @property
    def frame(self) -> int | None:
        """The place of the function whose locals are shown among those of the run; None for the namespace."""
        return self._scopes.place

    @property
    def locals(self) -> tuple[FrameLocals, ...]:
        """The functions whose locals are known, those without names among them."""
        return self._scopes.frames

    @property
    def has_locals(self) -> bool:
        """Whether the run trained in a function whose locals can be shown."""
        return self._scopes.are_several

    def _keep_focus(self) -> None:
        """Have what is said in the place of the rows take the focus from them, and give it back: keys go on from it.

        It does so only beside functions, whose locals are a key away, or were until a run began.
        """
        said, within = self._why_empty, self.in_focus
        said.can_focus = self.is_empty and self._scopes.had_functions
        if self.is_attached and within and said.has_focus != said.can_focus:
            focus_at_once(said if said.can_focus else self._list)

    @property
    def takes_focus(self) -> bool:
        """Whether there is anything in the pane for its keys."""
        return self._why_empty.can_focus or not self.is_empty

    @property
    def in_focus(self) -> bool:
        """Whether the focus is in the rows, in what is said in their place, or in the selected value's pages."""
        focused = self.screen.focused if self.is_attached else None
        return focused in (self._list, self._why_empty) or (
            focused is not None and self.in_full is not None and self.in_full in focused.ancestors_with_self
        )

    def action_locals(self) -> None:
        self._scopes.go_on()
        self._show_scope()
        if (selected := self.selected) is not None:
            self.post_message(self.Selected(selected))

    def say_when(self, request: Request, when: str) -> None:
        """Say when a request will be answered, on a page that has nothing to show until then."""
        if self._scopes.is_shown(request) and self.in_full is not None:
            self.in_full.say_when(self._scopes.plain(request), when)
