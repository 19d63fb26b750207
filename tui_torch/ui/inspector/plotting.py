"""The part of the tensors pane that has the selected value drawn over the whole screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from tui_torch.ui.inspector.page import UNAVAILABLE
from tui_torch.ui.inspector.scopes import ShowsScopes

if TYPE_CHECKING:
    from tui_torch.protocol.events import PagesRead, Summary
    from tui_torch.protocol.orders import Request
    from tui_torch.protocol.views import View


class OpenPlot(Protocol):
    """A plot that is open."""

    def show(self, view: View) -> None:
        """Draw the value as it is now."""

    def say(self, sentence: str) -> None:
        """Say in place of a drawing why there is none."""

    def wait(self, when: str) -> None:
        """Say when the value is read, unless it is drawn already."""


class PlotsSelected(ShowsScopes):
    """Has the plot of the selected value opened, asks for what it needs, and hands the answers on to it."""

    class PlotWanted(Message, namespace="tensor_inspector"):
        """The learner wants to see a value drawn over the whole screen; `follow_plot` is told what shows it."""

        def __init__(self, summary: Summary) -> None:
            super().__init__()
            self.summary = summary

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._plot: OpenPlot | None = None
        """The plot that is open; None without one."""
        self._plot_request: Request | None = None
        """What it asked for last, as the kernel understands it."""

    def action_plot(self) -> None:
        """Draw the selected value, or what was opened in it, over the whole screen."""
        detail = self.in_full
        if detail is not None and detail.summary is not None:
            self.post_message(self.PlotWanted(detail.summary))

    def follow_plot(self, plot: OpenPlot) -> None:
        """Hand on to this plot what is read, until `leave_plot()`."""
        self._plot = plot

    def ask_for_plot(self, request: Request) -> None:
        self._plot_request = self._scopes.addressed(request)
        self.post_message(self.ViewRequested(self._plot_request))

    def leave_plot(self, _: None = None) -> None:
        """The plot is closed: it is read no more."""
        self._plot, self._plot_request = None, None
        if (selected := self.selected) is not None:
            # So that loops no longer have it read.
            self.post_message(self.Selected(selected))

    def plot_again(self) -> None:
        """Ask for the plot that is open again, since a run may have changed the value."""
        if self._plot is not None and self._plot_request is not None:
            self.ask_for_plot(self._scopes.plain(self._plot_request))

    def show_plot(self, view: View | None, absent: str = "") -> None:
        """Show the answer to what the open plot asked for; of none, why there is none."""
        plot, asked = self._plot, self._plot_request
        if plot is None or asked is None or (view is not None and view.request != asked):
            return
        if view is None:
            plot.say(absent or UNAVAILABLE)
        else:
            plot.show(view)

    @property
    def pages_in_sight(self) -> tuple[Request, ...]:
        """What is in sight: of the pages of the selected value, and of its plot alone while that hides them."""
        return super().pages_in_sight if self._plot_request is None else (self._plot_request,)

    def show_pages(self, pages: PagesRead) -> None:
        """Show what was read in the middle of a run of what is in sight."""
        from tui_torch.protocol.views import PlotView, views_in

        super().show_pages(pages)
        for view in views_in(pages):
            if isinstance(view, PlotView):
                self.show_plot(view)

    def say_when(self, request: Request, when: str) -> None:
        """Say when a request will be answered, where there is nothing to show until then."""
        if request.side != "plot":
            super().say_when(request, when)
        elif self._plot is not None and request == self._plot_request:
            self._plot.wait(when)
