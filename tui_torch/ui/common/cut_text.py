"""Styled text brought to the room that there is: what is cut says so."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content


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
