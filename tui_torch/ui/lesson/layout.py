"""Which panes are in sight and which has the focus: two columns, or one behind tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.ui.common.keys_in_order import focus_at_once
from tui_torch.ui.common.zoom import Zoom
from tui_torch.ui.lesson.column import LessonColumn
from tui_torch.ui.lesson.title_bar import TitleBar

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

    from tui_torch.ui.lesson.panes import CodePanes, LessonPanes

TWO_COLUMNS = 110
"""Columns of the terminal from which on the screen is laid out in two columns."""

THREE_COLUMNS = 160
"""Columns of the terminal from which on values are shown beside the list of them."""

WIDTHS = [(0, "-narrow"), (TWO_COLUMNS, "-wide"), (THREE_COLUMNS, "-broad")]
"""The class that the screen has from each width on, in columns."""

HEIGHTS = [(0, "-tiny"), (16, "-short"), (32, "-tall")]
"""The class that the screen has from each height on, in lines."""


SHARES, SHARE = 15, 8
"""The parts that the width is divided into, and how many of them are the left column's at first: as in app.tcss."""


def lesson_column(panes: LessonPanes) -> LessonColumn:
    """The column of a step's panes. What is read and answered counts more than code and output without the focus."""
    weights = {panes.text: (5, 5), panes.quiz: (8, 8), panes.editor: (4, 10), panes.output: (3, 10)}
    column = LessonColumn(*weights, weights=weights, id="lesson")
    column.takes_the_rest = panes.output
    return column


class PaneLayout:
    """Shows tabs and moves the focus. The screen's class `-replaying` says that a replay is on show.

    Args:
        share: How many of SHARES parts of the width are the left column's at first, as the stylesheet has it.
    """

    def __init__(self, screen: Screen[None], panes: CodePanes, *, share: int = SHARE) -> None:
        self._screen = screen
        self._panes = panes
        self.zoom = Zoom(screen)
        self._share = share

    @property
    def home_pane(self) -> Widget:
        """The pane that the keys of the step are for, outside a replay."""
        return self._panes.text

    @property
    def one_column(self) -> bool:
        """Whether the panes stand behind tabs, since the terminal is too narrow for two columns."""
        return self._screen.size.width < TWO_COLUMNS

    def size_classes(self) -> dict[str, bool]:
        """Which classes the screen gets from Textual once it has its size, worked out from the app's size before."""
        width, height = self._screen.app.size
        return {
            name: size >= least and not any(least < more <= size for more, _ in breakpoints)
            for size, breakpoints in ((width, WIDTHS), (height, HEIGHTS))
            for least, name in breakpoints
        }

    def arrange(self) -> None:
        """Lay the panes out for the width that the screen has now."""
        title = self._panes.title
        title.show_tabs = self._panes.status.shows_loss = self.one_column
        # The learner is where the focus is, so that pane has to stay in sight.
        self._bring(self._tab_with_focus() or title.tab)

    def show_tab(self, tab: str, classes: dict[str, bool] | None = None) -> None:
        """Bring a tab of `TitleBar.TABS` to the front, and no pane fills the screen any more.

        Args:
            tab: The tab.
            classes: Further classes of the screen to set or to remove.
        """
        self.zoom.end()
        self._bring(tab, classes)

    def move_border(self, by: int) -> None:
        """Make the left of the two columns wider by so many parts of SHARES, or narrower."""
        share = min(max(self._share + by, 3), SHARES - 3)
        if self.one_column or share == self._share:
            return
        self._share = share
        self._screen.query_one("#lesson").styles.width = f"{share}fr"
        self._screen.query_one("#seen").styles.width = f"{SHARES - share}fr"

    def _bring(self, tab: str, classes: dict[str, bool] | None = None) -> None:
        title = self._panes.title
        title.tab = tab
        title.fresh = title.fresh - {tab}
        # In one call, since each call styles the whole screen again, unless nothing changes.
        self._screen.update_classes({f"-tab-{name}": name == tab for name in TitleBar.TABS} | (classes or {}))

    def toggle_tab(self, tab: str) -> None:
        """Bring a tab to the front and focus its pane; go back to the lesson if it is in front already."""
        in_front = self._panes.title.tab
        if tab == "lesson" or (self.one_column and in_front == tab):
            self.show_tab("lesson")
            self.focus_lesson()
            return
        self.show_tab(tab)
        if not self.one_column and self._tab_with_focus() == tab:
            self.focus_lesson()
        else:
            self.focus_pane(tab)

    def mark_fresh(self, tab: str) -> None:
        """Mark a tab that is out of sight as having something new."""
        title = self._panes.title
        if self.one_column and title.tab != tab:
            title.fresh = title.fresh | {tab}

    def focus_in_sight(self) -> None:
        """Focus the pane in front, unless what has the focus is in sight."""
        screen = self._screen
        if not screen.is_attached or (screen.focused is not None and screen.can_view_partial(screen.focused)):
            return
        inspector = self._panes.inspector
        if self.is_replaying and screen.can_view_partial(inspector):
            # It may be empty at one line of a replay, as at the first, and have rows at another.
            if not inspector.has_focus_within:
                inspector.focus()
            return
        tab = self._panes.title.tab if self.one_column else "lesson"
        if tab == "lesson":
            self.focus_lesson()
        else:
            self.focus_pane(tab)

    def focus_lesson(self) -> None:
        """Focus the pane of the step that the keys are for; in a replay, its output."""
        focus_at_once(self._panes.output.view if self.is_replaying else self.home_pane)

    @property
    def charts(self) -> tuple[Widget, ...]:
        """The panes behind the tab of the chart."""
        return (self._panes.loss_chart,)

    @property
    def is_replaying(self) -> bool:
        """Whether a replay is on show."""
        return self._screen.has_class("-replaying")

    def _tab_with_focus(self) -> str | None:
        """The tab of the pane that has the focus; None if no pane has it."""
        panes = self._panes
        if panes.inspector.has_focus_within:
            return "tensors"
        if any(chart.has_focus_within for chart in self.charts):
            return "chart"
        return "lesson" if self._screen.query_one("#lesson").has_focus_within else None

    def focus_pane(self, tab: str) -> None:
        """Focus the pane behind a tab, where it takes the focus."""
        if tab == "chart":
            focus_at_once(self._panes.loss_chart)
        elif self._panes.inspector.takes_focus:
            self._panes.inspector.focus()
        elif self.one_column:
            self._screen.set_focus(None)
        else:
            self._panes.remark("There are no tensors yet: run the code first.")


class LessonLayout(PaneLayout):
    """That of a lesson. The screen's classes `-quiz` and `-settled` say what its step has."""

    _panes: LessonPanes

    @property
    def home_pane(self) -> Widget:
        is_asking = self._screen.has_class("-quiz") and not self._screen.has_class("-settled")
        return self._panes.quiz if is_asking else self._panes.text

    def focus_lesson(self) -> None:
        if not self.is_replaying and self.home_pane is self._panes.quiz:
            self._panes.quiz.focus()  # which is one of its choices
        else:
            super().focus_lesson()

    def focus_pane(self, tab: str) -> None:
        fit, loss = self._panes.fit_chart, self._panes.loss_chart
        if tab == "chart" and fit.can_focus and not loss.has_curves:
            focus_at_once(fit)
        else:
            super().focus_pane(tab)

    @property
    def charts(self) -> tuple[Widget, ...]:
        return (self._panes.loss_chart, self._panes.fit_chart)
