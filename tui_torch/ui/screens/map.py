"""Where the learner can go: topics of the field, by how many lessons they are away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from tui_torch.drawing.text.visible import visible
from tui_torch.tutor.where_next import Way, grouped
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.keys.declared import MAP_SCREEN
from tui_torch.ui.screens.filtered_list import FilteredList


class MapScreen(FilteredList):
    """Lists the topics; its result is the id of the lesson that comes next on the way to the chosen one, or None."""

    KEYS = MAP_SCREEN
    BINDINGS: ClassVar[list[BindingType]] = MAP_SCREEN.bindings()
    NOTHING_LEFT = "No topic has that."

    def __init__(self, ways: Sequence[Way], course: str | None = None, *, ascii_only: bool = False) -> None:
        """`course` is the title of the course that leads there; None for the tutor's own."""
        super().__init__("a part of the topic, of what you do there, or of its lesson", ascii_only=ascii_only)
        self._course = course
        self._ways = {way.topic.id: way for way in ways}

    def on_mount(self) -> None:
        box = self.query_one(".filtered-list")
        box.border_title = visible(f"Where next: {self._course}", self.ascii_only) if self._course else "Where next"
        there = sum(not way.to_do for way in self._ways.values())
        box.border_subtitle = f"{there} of {len(self._ways)} within reach"

    def groups(self) -> list[tuple[str, list[Option]]]:
        left = [way for way in self._ways.values() if way.has(self.typed)]
        return [(group, [self._entry(way) for way in there]) for group, there in grouped(left)]

    def _entry(self, way: Way) -> Option:
        title = f"{visible(way.topic.title, self.ascii_only):<38}"
        match way.to_do:
            case []:
                said = ""
            case [last]:
                said = f"  after {visible(last.title, self.ascii_only)}"
            case several:
                said = f"  {len(several)} lessons"
        return Option(Content.assemble("  ", title, (said, "$text-muted")), id=way.topic.id)

    def about(self, entry: str) -> Content:
        way = self._ways.get(entry)
        if way is None:
            return Content("")
        topic = way.topic
        said = [inline(topic.sentence, ascii_only=self.ascii_only), "\n", (topic.link.url, "$accent")]
        if way.to_do:
            first = visible(way.to_do[0].title, self.ascii_only)
            said.append(f"\nNext on the way: {first}")
        return Content.assemble(*said)

    def action_copy(self) -> None:
        """Copy the address of the topic under the cursor."""
        way = self._ways.get(self.highlighted or "")
        if way is not None:
            self.app.copy_to_clipboard(way.topic.link.url)
            self.notify(f"Copied {way.topic.link.url}", markup=False)

    def result_of(self, entry: str) -> str:
        way = self._ways[entry]
        return way.to_do[0].id if way.to_do else way.topic.lesson
