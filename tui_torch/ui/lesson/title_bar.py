"""The top line: the lesson, the number of the step, and the tabs if the screen has one column."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui_torch.ui.common.step_dots import step_dots

LEAST_TITLE = 4
"""Width of the title, in columns, below which the dots, and then the count of steps, are left out for it."""


class TitleBar(Widget):
    """One line: the lesson's title and its steps as dots at the left, the tabs at the right."""

    DEFAULT_CSS = """
    TitleBar {
        height: 1;
        background: $panel;
        color: $foreground;
        padding: 0 1;
    }
    """

    TABS = ("lesson", "tensors", "chart")
    HOME_LABEL = "Lesson"
    """What the first tab is called."""

    track: reactive[str] = reactive("")
    """The title of the lesson's track; shown when there is room."""
    lesson: reactive[str] = reactive("")
    steps: reactive[tuple[str, ...]] = reactive(())
    """`done` or `open` for each step of the lesson."""
    current: reactive[int] = reactive(0)
    """The index of the current step in `steps`."""
    tab: reactive[str] = reactive("lesson")
    """The tab in front, one of TABS."""
    show_tabs: reactive[bool] = reactive(False)
    fresh: reactive[frozenset[str]] = reactive(frozenset[str]())
    """The tabs with something new that was not in sight yet."""

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    class StepChosen(Message):
        """The dot of a step was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ascii_only = ascii_only
        self._tab_columns: dict[int, str] = {}
        self._dots_shown = 0
        self._dots = range(0)
        """The columns of the steps' dots."""

    def render(self) -> Content:
        width = self.content_size.width
        right, columns = self._tabs() if self.show_tabs else (Content(""), {})
        left = self._left(width - right.cell_length - 2)
        gap = max(1, width - left.cell_length - right.cell_length)
        start = left.cell_length + gap
        self._dots = range(left.cell_length - self._dots_shown, left.cell_length)
        self._tab_columns = {start + column: tab for column, tab in columns.items()}
        return Content.assemble(left, " " * gap, right)

    def _left(self, width: int) -> Content:
        dots = step_dots((state == "done" for state in self.steps), self.current, ascii_only=self.ascii_only)
        count = f"  {self.current + 1}/{len(self.steps)} "
        if width < LEAST_TITLE + len(count) + len(dots):
            dots = []
        if width < LEAST_TITLE + len(count):
            count = ""
        self._dots_shown = len(dots)
        room = max(0, width - len(count) - len(dots))
        arrow = " > " if self.ascii_only else " › "
        title = Content.styled(self.lesson, "bold")
        track = Content.styled(f"{self.track}{arrow}" if self.track else "", "$text-muted")
        if track.cell_length + title.cell_length <= room:
            title = Content.assemble(track, title)
        elif title.cell_length > room:
            mark = "~" if self.ascii_only else "…"
            title = Content.assemble(title.truncate(max(0, room - 1)), mark if room else "")
        return Content.assemble(title, (count, "$text-muted"), *dots)

    def _tabs(self) -> tuple[Content, dict[int, str]]:
        pieces: list[tuple[str, str]] = []
        columns: dict[int, str] = {}
        column = 0
        for tab in self.TABS:
            mark = ("*" if self.ascii_only else "•") if tab in self.fresh and tab != self.tab else ""
            label = f" {self.HOME_LABEL if tab == 'lesson' else tab.capitalize()}{mark} "
            style = "reverse bold" if tab == self.tab else ""
            # The underlined letter is the tab's key; the lesson's is esc.
            key = "" if tab == "lesson" else "underline"
            pieces += [(" ", style), (label[1], f"{style} {key}".strip()), (label[2:], style)]
            columns.update(dict.fromkeys(range(column, column + len(label)), tab))
            column += len(label)
        return Content.assemble(*pieces), columns

    @property
    def tabs_at(self) -> list[tuple[int, str]]:
        """The first column of each tab that is shown, and which it is."""
        begins = {tab: column for column, tab in reversed(self._tab_columns.items())}
        return [(begins[tab] + 1, tab) for tab in self.TABS if tab in begins]

    def on_click(self, event: events.Click) -> None:
        tab = self._tab_columns.get(event.x - 1)
        if tab is not None:
            self.post_message(self.TabChosen(tab))
        elif event.x - 1 in self._dots:
            self.post_message(self.StepChosen(self._dots.index(event.x - 1)))
