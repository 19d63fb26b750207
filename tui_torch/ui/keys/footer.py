"""The footer of the lesson screen: which keys it shows where the focus is, those first that are needed most there.

A key that does nothing at the moment is not shown, nor is one for which there is no room. To show another key, put its
name into the rows of the places that it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_torch.protocol.late_dataclass import dataclass
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


def _key(
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


_INTERRUPT = _key("interrupt")
_INTERRUPT_TYPING = _key("stop", written="^c", has_room=lambda now: now.types_text)
_COPY = _key("copy", written="^c")
_COPY_MARKED = _textuals("copy", "Copy", "^c", lambda now: now.marks_text)
_RUN = _key("run", written="F5", has_room=_can_run)
_REPLAY = _key("replay", written="F6", has_room=_can_run)
_NEXT_PANE = _textuals("app.focus_next", "Next pane", "tab")
_TEXT = _key("home", "Text", "esc")
_ANSWER = _key("answer.1", "Answer", lambda now: f"1-{now.choices}")
_COMMANDS = _key("app.commands", "Commands", "^p")
_ZOOM = _key("zoom", "Full screen")
_PANES = (
    _key("tensors", has_room=_two_columns),
    _key("chart", has_room=_two_columns),
    _key("graph", has_room=_two_columns),
)
_ELSEWHERE = (_key("quit"), _key("lessons"), _REPLAY, *_PANES, _COMMANDS, _NEXT_PANE)

FOOTER: dict[Place, tuple[FooterKey, ...]] = {
    "text": (
        *(_INTERRUPT, _COPY, _ANSWER, _RUN, _key("edit"), _key("mend"), _key("figure")),
        *(_key("hint"), _key("next"), _key("previous")),
        *(_key("help"), _key("quit"), _key("solution"), _key("lessons"), _REPLAY, *_PANES, _key("reset")),
        *(_COMMANDS, _NEXT_PANE),
    ),
    "quiz": (
        *(_INTERRUPT, _COPY, _key("quiz.1", "Answer", lambda now: f"1-{now.choices}"), _key("next"), _key("previous")),
        *(_key("help"), _RUN, _key("edit"), *_ELSEWHERE),
    ),
    "editor": (
        *(_INTERRUPT_TYPING, _COPY_MARKED, _RUN, _key("editor.leave")),
        _key("editor.tab", "Complete", has_room=lambda now: not now.marks_text),
        _key("editor.tab", "Indent", has_room=lambda now: now.marks_text),
        *(
            _key("editor.find", written="^f"),
            _key("editor.document", "Docs", "F1"),
            _key("editor.comment", written="^/"),
        ),
        *(_textuals("undo", "Undo", "^z"), _REPLAY),
        _key("editor.move-up", "Move line", "alt+up down"),
        *(_key("jump", written="^o"), _key("editor.zoom", "Full screen", "alt+z"), _COMMANDS),
    ),
    "find": (
        *(_textuals("submit", "Next", "enter"), _key("find.before", "Before", "up")),
        *(_key("find.other", "Replace by", "tab"), _key("find.leave", "Back", "esc"), _key("find.all", written="^l")),
        *(_RUN, _COMMANDS),
    ),
    "replace": (
        *(_textuals("submit", "Replace this one", "enter"), _key("find.all", written="^l")),
        *(_key("find.other", "Find", "tab"), _key("find.leave", "Back", "esc"), _RUN, _COMMANDS),
    ),
    "output": (
        *(
            _INTERRUPT,
            _COPY,
            _RUN,
            _key("mend"),
            _key("figure"),
            _textuals("scroll_up", "Scroll", "up down"),
            _key("edit"),
        ),
        *(_key("next"), _TEXT, _key("help"), _key("hint"), _key("copy-pane", "Copy all"), _ZOOM, _key("previous")),
        *_ELSEWHERE,
    ),
    "answer": (_textuals("submit", "Answer", "enter"), _INTERRUPT_TYPING, _COPY_MARKED, _TEXT, _COMMANDS),
    "tensors": (
        *(_INTERRUPT, _COPY, _textuals("cursor_up", "Choose", "up down")),
        # The list passes on to the pane what it has no columns to scroll to.
        *(
            _textuals("scroll_right", "Page", "left right", _has_pages),
            _textuals("select", "Go in", "enter"),
            _key("tensors.locals", written="v"),
            _key("graph"),
        ),
        *(
            _key("tensors.close-legend", written="esc"),
            _key("help"),
            _key("tensors.unfilter", written="esc"),
            _TEXT,
            _RUN,
            _key("next"),
        ),
        *(_key("tensors.legend", "Legend"), _key("copy-pane", "Copy as code"), _key("tensors.filter", written="/")),
        *(_key("tensors.sort"), _key("tensors.slice", "Slice", "[ ]", _has_slices), _key("document", "Docs"), _ZOOM),
        *_ELSEWHERE,
    ),
    "filter": (*(_textuals("submit", "Done", "enter"), _key("tensors.unfilter", written="esc"), _RUN, _COMMANDS),),
    "value": (
        *(
            _INTERRUPT,
            _COPY,
            _key("detail.up", "Move", "arrows"),
            _key("detail.open", written="enter", has_room=_has_parts),
        ),
        *(
            _key("detail.leave", written="esc"),
            _key("tensors.page-1", "Page", lambda now: f"1-{now.pages}", _has_pages),
        ),
        *(_key("tensors.locals", written="v"), _key("tensors.slice", "Slice", "[ ]", _has_slices), _key("help")),
        *(_key("tensors.dimension", "Dimension", "{ }", _has_dimensions), _RUN, _key("copy-pane", "Copy as code")),
        _key("tensors.switch", has_room=_has_other_picture),
        _key("tensors.switch", "Boxes or nodes", has_room=_has_other_graph),
        *(_key("graph"), _key("next"), _ZOOM),
        *_ELSEWHERE,
    ),
    "chart": (
        *(_INTERRUPT, _COPY, _key("chart.left", "Read values", "left right", _has_curves)),
        *(_key("chart.log", has_room=_has_curves), _key("chart.smooth", has_room=_has_curves)),
        *(
            _key("chart.in", "Zoom", "+ -", _has_curves),
            _key("help"),
            _key("chart.no-cursor", written="esc"),
            _TEXT,
            _RUN,
        ),
        *(_key("next"), _key("chart.view", "Other curves"), _key("chart.earlier", "Earlier, later", "< >")),
        *(_key("chart.all"), _key("chart.forget"), _key("copy-pane", "Copy"), _ZOOM, *_ELSEWHERE),
    ),
    "replay": (
        *(_INTERRUPT, _COPY, _key("replay.to-pass", written="enter"), _key("replay.forward", written="left right")),
        *(_key("replay.pass", written="[ ]"), _key("replay.change", written="/"), _key("replay.leave", written="esc")),
        *(
            _key("replay.find", written="^f"),
            _key("help"),
            _RUN,
            _key("edit"),
            _key("replay.first", "Ends", "home end"),
        ),
        *(_key("quit"), _key("lessons"), _COMMANDS),
    ),
    "search": (*(_textuals("submit", "Find", "enter"), _key("search.leave", written="esc"), _RUN, _COMMANDS),),
}
"""The keys of each place, in their order."""


def in_footer_order(
    active: dict[str, ActiveBinding], now: LessonConditions, own: Container[str] = ()
) -> dict[str, ActiveBinding]:
    """The bindings that work, with those in front that the footer shows, and no others marked to be shown.

    Args:
        active: Every binding that works, by its key.
        now: What holds at the moment.
        own: The names of keys for which the learner has chosen others, which are written as they are.
    """
    place: dict[str, tuple[int, FooterKey]] = {}
    for rank, key in enumerate(FOOTER[now.place]):
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
