"""The footer of the screen of one's own program: as that of lessons, with what cells and a file need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from tui_torch.ui.keys.conditions import LessonConditions, Place, ProgramConditions
from tui_torch.ui.keys.footer import FOOTER, FooterKey, key


def _has_cells(now: LessonConditions) -> bool:
    return cast("ProgramConditions", now).has_cells


_BY_NAME = {one.action: one for keys in (FOOTER["text"], FOOTER["output"]) for one in keys}
"""What the footer of lessons shows, by the actions."""
_RUN = _BY_NAME["run"]
_SAVE = key("program.save", written="^s")
_RUN_ALL = key("program.all", written="F8", has_room=lambda now: not now.runs)
_INSTEAD = {
    "next": key("program.next", has_room=_has_cells),
    "previous": key("program.previous", has_room=_has_cells),
    "reset": key("program.reset"),
}
_HOME = (
    key("home", "Cells", "esc", has_room=_has_cells),
    key("home", "File", "esc", has_room=lambda now: not _has_cells(now)),
)
"""The keys of a program that stand in the places of a lesson's, by the actions of those."""


def _of_program(keys: tuple[FooterKey, ...]) -> Iterator[FooterKey]:
    for one in keys:
        if one.action == "home":
            yield from _HOME
            continue
        yield _INSTEAD.get(one.action, one)
        if one.action == _RUN.action:
            yield from (_RUN_ALL, _SAVE)


def _of_lessons(*actions: str) -> tuple[FooterKey, ...]:
    return tuple(_BY_NAME[action] for action in actions)


_STEPS = (_INSTEAD["next"], _INSTEAD["previous"])

PROGRAM_FOOTER: dict[Place, tuple[FooterKey, ...]] = {
    **{place: tuple(_of_program(keys)) for place, keys in FOOTER.items()},
    "cells": (
        *_of_lessons("interrupt", "copy_text", "run"),
        *(_RUN_ALL, key("edit"), _SAVE, key("mend"), key("figure"), *_STEPS),
        *(key("help"), key("quit"), key("program.above", written="F4", has_room=lambda now: not now.runs)),
        *_of_lessons("replay", "tensors", "chart", "graph"),
        *(key("program.reset"), key("program.save-outputs")),
        *_of_lessons("command_palette", "app.focus_next"),
    ),
}
"""The keys of each place on the screen of one's own program."""
