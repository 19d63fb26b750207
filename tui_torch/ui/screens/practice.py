"""What the learner has tried: due, fading and known, each with when it is due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.visible import visible
from tui_torch.tutor.practice.items import GROUPS, Group, Item, when
from tui_torch.ui.keys.declared import PRACTICE_SCREEN
from tui_torch.ui.screens.filtered_list import FilteredList

_TITLE, _TIME, _LESSON = 30, 13, 24
"""Columns of a step's title, of when it is due, and of its lesson's title."""
_STYLES: dict[Group, str] = {"due": "$warning", "fading": "", "known": "$text-muted"}
"""How the time is written; which group it is in the heading says, too."""


class PracticeScreen(FilteredList):
    """Lists what was tried; its result is the ids of the lesson and step to begin with, one space between, or None."""

    KEYS = PRACTICE_SCREEN
    BINDINGS: ClassVar[list[BindingType]] = PRACTICE_SCREEN.bindings()
    NOTHING_LEFT = "Nothing that you have tried has that."

    def __init__(self, items: Sequence[Item], now: int, *, ended: str = "", ascii_only: bool = False) -> None:
        """`items`: the most due first; `now`: in unix seconds; `ended`: what to say of the round that is over."""
        super().__init__("a part of the step's title, or of its lesson's", ascii_only=ascii_only)
        self._items = {" ".join(item.name): item for item in items}
        self._now = now
        self._ended = ended

    def on_mount(self) -> None:
        box = self.query_one(".filtered-list")
        box.border_title = f"Practise: {self._ended}" if self._ended else "Practise"
        counts = [sum(item.group(self._now) == group for item in self._items.values()) for group in GROUPS]
        box.border_subtitle = "{} due, {} fading, {} known".format(*counts)

    def groups(self) -> list[tuple[str, list[Option]]]:
        left = [item for item in self._items.values() if self.has_typed(item.title, item.lesson, item.lesson_title)]
        return [
            (title, [self._entry(item) for item in left if item.group(self._now) == group])
            for group, title in GROUPS.items()
        ]

    def _entry(self, item: Item) -> Option:
        title, lesson = self._cut(item.title, _TITLE), self._cut(item.lesson_title, _LESSON)
        time = f"{when(item.state.due, self._now):<{_TIME}} "
        style = _STYLES[item.group(self._now)]
        line = Content.assemble("  ", f"{title:<{_TITLE}}  ", (time, style), (lesson, "$text-muted"))
        return Option(line, id=" ".join(item.name))

    def _cut(self, text: str, width: int) -> str:
        shown = visible(text, self.ascii_only)
        end = "..." if self.ascii_only else "…"
        return shown if len(shown) <= width else f"{shown[: width - len(end)]}{end}"

    def about(self, entry: str) -> Content:
        item = self._items.get(entry)
        if item is None:
            return Content("")
        asked = "once" if item.state.reviews == 1 else f"{item.state.reviews} times"
        how = (
            "wrong, or read in the solution, the last time"
            if item.was_wrong
            else f"still known with a chance of {item.chance:.0%}"
        )
        minutes = numbers.counted(max(1, round(item.seconds / 60)), "minute")
        lesson = visible(item.lesson_title, self.ascii_only)
        what = {"exercise": f"An exercise from {lesson}", "quiz": f"A quiz from {lesson}"}
        said = what.get(item.kind, "A problem of the arena")
        return Content(f"{said}, asked {asked}: {how}. It takes you about {minutes}.")
