"""The keys of the screen of a watched training, and of the list of runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_torch.ui.keys.conditions import RunsConditions, WatchConditions
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable, always

if TYPE_CHECKING:
    from textual.binding import ActiveBinding


def _letter(
    name: str,
    key: str,
    action: str,
    label: str,
    works: Callable[[WatchConditions], bool] = always,
    *,
    like: str = "",
    tooltip: str = "",
    priority: bool = False,
) -> Key[WatchConditions]:
    """A key that is the program's while keys are passed on to it."""
    return Key(
        name,
        key,
        action,
        label,
        in_footer=True,
        tooltip=tooltip,
        priority=priority,
        rebindable=bool(like),
        like=like,
        works=lambda now: not now.is_typing and works(now),
    )


WATCH: KeyTable[WatchConditions] = KeyTable(
    Key(
        "watch.stop-typing",
        "ctrl+right_square_bracket,ctrl+]",
        "stop_typing",
        "Keys are yours again",
        in_footer=True,
        written="^]",
        priority=True,
        rebindable=False,
        works=lambda now: now.is_typing,
    ),
    _letter("watch.detach", "q", "detach", "Detach", lambda now: now.is_live),
    _letter("watch.close", "q", "close", "Quit", lambda now: not now.is_live, like="quit"),
    _letter("watch.help", "question_mark", "help", "Help", like="help"),
    _letter("watch.runs", "l", "runs", "Runs"),
    # With priority, so that what is typed in the same read is for the program.
    _letter("watch.type", "i", "type", "Type to it", lambda now: now.is_live, priority=True),
    _letter("watch.end", "E", "end", "End it", lambda now: now.is_live),
    _letter("watch.zoom", "z", "zoom", "Full screen", like="zoom"),
    _letter("watch.copy", "y", "copy_pane", "Copy", like="copy-pane", tooltip="Copy all of the pane with the focus"),
    help=(
        HelpRow("{watch.detach}", "leave it: the training goes on, and `tui-torch watch --attach` comes back to it"),
        HelpRow("{watch.type}", "pass keys on to the program, all but {watch.stop-typing}, which gives them back"),
        HelpRow("{watch.end}", "end the training, after a question"),
        HelpRow(
            "{watch.runs}",
            "the runs that are kept: {runs-screen.overlay} draws one behind this one, {runs-screen.open} opens it, "
            "{runs-screen.delete} deletes it",
        ),
        HelpRow("`tab`", "to the next pane"),
        HelpRow("{watch.zoom} {watch.copy}", "let the pane with the focus fill the screen; copy all of it"),
        HelpRow("{watch.close}", "quit, where nothing runs"),
        HelpRow("{app.suspend}", "back to the shell, whose `fg` brings the screen back; the training goes on"),
        HelpRow("{watch.help}", "the keys, and what the panes show", in_help=False),
    ),
)

RUNS_SCREEN: KeyTable[RunsConditions] = KeyTable(
    Key(
        "runs-screen.open",
        "enter",
        "open",
        "Open",
        in_footer=True,
        written="enter",
        rebindable=False,
        works=lambda now: now.has_runs,
    ),
    Key("runs-screen.close", "escape", "dismiss(None)", "Back", in_footer=True, written="esc", rebindable=False),
    Key("runs-screen.close-at-once", "l,q", "dismiss(None)", rebindable=False),
    Key(
        "runs-screen.overlay",
        "space",
        "overlay",
        "Behind the curve, or not",
        in_footer=True,
        written="space",
        rebindable=False,
        works=lambda now: now.can_overlay,
    ),
    Key(
        "runs-screen.delete",
        "d",
        "delete",
        "Delete",
        in_footer=True,
        rebindable=False,
        works=lambda now: now.can_delete,
    ),
)

_FIRST = ("detach", "close", "end", "runs", "type")
"""Actions whose keys stand before those of the chart in the footer, as far as they work."""
_OF_CHART = (
    ("move(-1)", "Read values", "left right"),
    ("toggle_log", "Log scale", None),
    ("smooth", "Smooth", None),
    ("show_next", "Other curves", None),
    ("zoom(1)", "Zoom", "+ -"),
    ("forget", "Only this run", None),
)
"""Keys of the chart that the footer shows while the focus is there, with what they are called and how written."""


def with_keys_of_chart(active: dict[str, ActiveBinding]) -> dict[str, ActiveBinding]:
    """The bindings that work, with those of the chart marked for the footer, before most that the screen has."""
    ordered = {key: one for action in _FIRST for key, one in active.items() if one.binding.action == action}
    for action, label, written in _OF_CHART:
        key = next((key for key, one in active.items() if one.binding.action == action), None)
        if key is not None:
            shown = replace(active[key].binding, description=label, key_display=written, show=True)
            ordered[key] = active[key]._replace(binding=shown)
    return ordered | {key: one for key, one in active.items() if key not in ordered}
