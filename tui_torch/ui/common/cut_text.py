"""Styled text brought to the room that there is: laid out again for each width, and marked where it is cut."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual


def cut(text: Content, width: int, ascii: bool = False) -> Content:
    """A text in at most `width` cells; a longer one ends in `…`."""
    if text.cell_length <= width:
        return text
    mark = (".." if ascii else "…")[: max(width, 0)]
    return text.truncate(max(width - len(mark), 0)).rstrip() + Content(mark)


def in_rows(lines: Sequence[Content], width: int, rows: int, ascii: bool = False) -> list[Content]:
    """Lines in at most `rows` rows: the long ones are wrapped as far as the others leave rows to them, and then cut."""
    found: list[Content] = []
    for at, line in enumerate(lines[:rows]):
        room = rows - len(found) - (min(len(lines), rows) - at - 1)
        wrapped = line.wrap(max(width, 1)) if line.cell_length > width else [line]
        if len(wrapped) > room:
            wrapped = [*wrapped[: room - 1], cut(Content(" ").join(wrapped[room - 1 :]), width, ascii)]
        found += wrapped
    return found


class WidthDependentText(Visual):
    """Text that is laid out for the width in which it is drawn, which is known only then."""

    @abstractmethod
    def at(self, width: int) -> Content:
        """The text for a width in cells."""

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        return self.at(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return self.at(width).get_height(rules, width)
