"""The footer of a screen on which code runs: the keys that it shows where the focus is, the most needed ones first.

A key that does nothing at the moment is not shown, nor is one for which there is no room. To show another key, put its
name into the rows of the places that it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.served import is_served
from tui_torch.ui.keys.conditions import LessonConditions, Place
from tui_torch.ui.keys.declared import TABLES
from tui_torch.ui.keys.table import always

if TYPE_CHECKING:
    from textual.binding import ActiveBinding

_DECLARED = {key.name: key for table in TABLES for key in table.keys}


@dataclass(frozen=True, slots=True)
class FooterKey:
    """A key in the footer of one place."""

    action: str
    """With its parameters, as the binding has it."""
    label: str
    """What it does there."""
    written: Callable[[LessonConditions], str | None]
    """How the key is written, or it and others that belong to it; None leaves that to Textual."""
    has_room: Callable[[LessonConditions], bool] = always
    """Whether it is shown when it works."""


def key(
    name: str,
    label: str = "",
    written: str | Callable[[LessonConditions], str] | None = None,
    has_room: Callable[[LessonConditions], bool] = always,
) -> FooterKey:
    """A declared key, with another label than it has elsewhere, or written with others that belong to it."""
    declared = _DECLARED[name]
    shown = written if callable(written) else lambda _: written or declared.written
    return FooterKey(declared.action, label or declared.label, shown, has_room)


def _textuals(
    action: str, label: str, written: str, has_room: Callable[[LessonConditions], bool] = always
) -> FooterKey:
    """A key that Textual binds."""
    return FooterKey(action, label, lambda _: written, has_room)


def _two_columns(now: LessonConditions) -> bool:
    # In one column the tabs lead to the other panes, and underline the keys.
    return not now.one_column


def _can_run(now: LessonConditions) -> bool:
    # The code of a quiz runs once it is answered.
    return now.has_editor and not now.runs


def _has_pages(now: LessonConditions) -> bool:
    return now.pages > 1


def _has_parts(now: LessonConditions) -> bool:
    return now.opens_parts


def _has_slices(now: LessonConditions) -> bool:
    return now.slices > 0


def _has_dimensions(now: LessonConditions) -> bool:
    return now.slices > 1


def _has_other_picture(now: LessonConditions) -> bool:
    return now.other_drawing == "picture"


def _has_other_graph(now: LessonConditions) -> bool:
    return now.other_drawing == "graph"


def _has_curves(now: LessonConditions) -> bool:
    return now.has_curves


_INTERRUPT = key("interrupt")
_INTERRUPT_TYPING = key("stop", written="^c", has_room=lambda now: now.types_text)
_COPY = key("copy", written="^c")
_COPY_MARKED = _textuals("copy", "Copy", "^c", lambda now: now.marks_text)
_RUN = key("run", written="F5", has_room=_can_run)
_REPLAY = key("replay", written="F6", has_room=_can_run)
_NEXT_PANE = _textuals("app.focus_next", "Next pane", "tab")
_TEXT = key("home", "Text", "esc")
_ANSWER = key("answer.1", "Answer", lambda now: f"1-{now.choices}")
_COMMANDS = key("app.commands", "Commands", "^p")
# The usual key, ctrl+w, closes the tab of a browser.
_DELETE_WORD = _textuals("delete_word_left", "Delete word", "ctrl+backspace", lambda _: is_served())
_ZOOM = key("zoom", "Full screen")
_PANES = (
    key("tensors", has_room=_two_columns),
    key("chart", has_room=_two_columns),
    key("graph", has_room=_two_columns),
)
_ELSEWHERE = (key("quit"), key("lessons"), _REPLAY, *_PANES, _COMMANDS, _NEXT_PANE)

FOOTER: dict[Place, tuple[FooterKey, ...]] = {
    "text": (
        *(_INTERRUPT, _COPY, _ANSWER, _RUN, key("edit"), key("mend"), key("figure")),
        *(key("hint"), key("next"), key("previous")),
        *(key("help"), key("quit"), key("solution"), key("lessons"), _REPLAY, *_PANES, key("reset")),
        *(_COMMANDS, _NEXT_PANE),
    ),
    "quiz": (
        *(_INTERRUPT, _COPY, key("quiz.1", "Answer", lambda now: f"1-{now.choices}"), key("next"), key("previous")),
        *(key("help"), _RUN, key("edit"), *_ELSEWHERE),
    ),
    "editor": (
        *(_INTERRUPT_TYPING, _COPY_MARKED, _RUN, key("editor.leave")),
        key("editor.tab", "Complete", has_room=lambda now: not now.marks_text),
        key("editor.tab", "Indent", has_room=lambda now: now.marks_text),
        _DELETE_WORD,
        *(
            key("editor.find", written="^f"),
            key("editor.document", "Docs", "F1"),
            key("editor.comment", written="^/"),
        ),
        *(_textuals("undo", "Undo", "^z"), _REPLAY),
        key("editor.move-up", "Move line", "alt+up down"),
        *(key("jump", written="^o"), key("editor.zoom", "Full screen", "alt+z"), _COMMANDS),
    ),
    "find": (
        *(_textuals("submit", "Next", "enter"), key("find.before", "Before", "up")),
        *(key("find.other", "Replace by", "tab"), key("find.leave", "Back", "esc"), key("find.all", written="^l")),
        *(_RUN, _COMMANDS),
    ),
    "replace": (
        *(_textuals("submit", "Replace this one", "enter"), key("find.all", written="^l")),
        *(key("find.other", "Find", "tab"), key("find.leave", "Back", "esc"), _RUN, _COMMANDS),
    ),
    "output": (
        *(
            _INTERRUPT,
            _COPY,
            _RUN,
            key("mend"),
            key("figure"),
            _textuals("scroll_up", "Scroll", "up down"),
            key("edit"),
        ),
        *(key("next"), _TEXT, key("help"), key("hint"), key("copy-pane", "Copy all"), _ZOOM, key("previous")),
        *_ELSEWHERE,
    ),
    "answer": (_textuals("submit", "Answer", "enter"), _INTERRUPT_TYPING, _COPY_MARKED, _TEXT, _COMMANDS),
    "tensors": (
        *(_INTERRUPT, _COPY, _textuals("cursor_up", "Choose", "up down")),
        # The list passes on to the pane what it has no columns to scroll to.
        *(
            _textuals("scroll_right", "Page", "left right", _has_pages),
            _textuals("select", "Go in", "enter"),
            key("tensors.locals", written="v"),
            key("graph"),
        ),
        *(
            key("tensors.close-legend", written="esc"),
            key("help"),
            key("tensors.unfilter", written="esc"),
            _TEXT,
            _RUN,
            key("tensors.plot"),
            key("next"),
        ),
        *(key("tensors.legend", "Legend"), key("copy-pane", "Copy as code"), key("tensors.filter", written="/")),
        *(key("tensors.sort"), key("tensors.slice", "Slice", "[ ]", _has_slices), key("document", "Docs"), _ZOOM),
        *_ELSEWHERE,
    ),
    "filter": (*(_textuals("submit", "Done", "enter"), key("tensors.unfilter", written="esc"), _RUN, _COMMANDS),),
    "value": (
        *(
            _INTERRUPT,
            _COPY,
            key("detail.up", "Move", "arrows"),
            key("detail.open", written="enter", has_room=_has_parts),
        ),
        *(
            key("detail.leave", written="esc"),
            key("tensors.page-1", "Page", lambda now: f"1-{now.pages}", _has_pages),
        ),
        *(key("tensors.locals", written="v"), key("tensors.slice", "Slice", "[ ]", _has_slices), key("help")),
        *(key("tensors.dimension", "Dimension", "{ }", _has_dimensions), _RUN, key("copy-pane", "Copy as code")),
        key("tensors.switch", has_room=_has_other_picture),
        key("tensors.switch", "Boxes or nodes", has_room=_has_other_graph),
        *(key("graph"), key("tensors.plot"), key("next"), _ZOOM),
        *_ELSEWHERE,
    ),
    "chart": (
        *(_INTERRUPT, _COPY, key("chart.left", "Read values", "left right", _has_curves)),
        *(key("chart.log", has_room=_has_curves), key("chart.smooth", has_room=_has_curves)),
        *(
            key("chart.in", "Zoom", "+ -", _has_curves),
            key("help"),
            key("chart.no-cursor", written="esc"),
            _TEXT,
            _RUN,
        ),
        *(key("next"), key("chart.view", "Other curves"), key("chart.earlier", "Earlier, later", "< >")),
        *(key("chart.all"), key("chart.forget"), key("copy-pane", "Copy"), _ZOOM, *_ELSEWHERE),
    ),
    "matrix": (
        *(
            _INTERRUPT,
            _COPY,
            key("matrix.up", "Choose", "arrows"),
            key("matrix.open"),
            key("matrix.leave", written="esc"),
        ),
        *(_TEXT, _RUN, key("help"), key("next"), key("copy-pane", "Copy"), _ZOOM, *_ELSEWHERE),
    ),
    "replay": (
        *(_INTERRUPT, _COPY, key("replay.to-pass", written="enter"), key("replay.forward", written="left right")),
        *(key("replay.pass", written="[ ]"), key("replay.change", written="/"), key("replay.leave", written="esc")),
        *(
            key("replay.find", written="^f"),
            key("help"),
            _RUN,
            key("edit"),
            key("replay.first", "Ends", "home end"),
        ),
        *(key("quit"), key("lessons"), _COMMANDS),
    ),
    "search": (*(_textuals("submit", "Find", "enter"), key("search.leave", written="esc"), _RUN, _COMMANDS),),
}
"""The keys of each place, in their order."""


def in_footer_order(
    active: dict[str, ActiveBinding],
    now: LessonConditions,
    own: Container[str] = (),
    footer: Mapping[Place, tuple[FooterKey, ...]] = FOOTER,
) -> dict[str, ActiveBinding]:
    """The bindings that work, with those in front that the footer shows, and no others marked to be shown.

    Args:
        active: Every binding that works, by its key.
        now: What holds at the moment.
        own: The names of keys for which the learner has chosen others, which are written as they are.
        footer: The keys of each place.
    """
    place: dict[str, tuple[int, FooterKey]] = {}
    for rank, key in enumerate(footer[now.place]):
        if key.has_room(now):
            place.setdefault(key.action, (rank, key))
    shown: list[tuple[int, str, ActiveBinding]] = []
    rest: dict[str, ActiveBinding] = {}
    for name, one in active.items():
        found = place.get(one.binding.action)
        if found is not None:
            rank, key = found
            written = one.binding.key_display if (one.binding.id or "") in own else key.written(now)
            binding = replace(one.binding, description=key.label, key_display=written, show=True)
            shown.append((rank, name, one._replace(binding=binding)))
        else:
            rest[name] = one._replace(binding=replace(one.binding, show=False)) if one.binding.show else one
    shown.sort(key=lambda ranked: ranked[0])
    return {name: one for _, name, one in shown} | rest
