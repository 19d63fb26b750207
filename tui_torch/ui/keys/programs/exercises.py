"""The keys of the screen of exercises that are solved in an editor of one's own."""

from __future__ import annotations

from collections.abc import Callable

from tui_torch.ui.keys.conditions import ExercisesConditions
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable, always


def _rests(now: ExercisesConditions) -> bool:
    return not now.runs


def _letter(
    name: str,
    key: str,
    action: str,
    label: str,
    works: Callable[[ExercisesConditions], bool] = always,
    *,
    like: str = "",
    tooltip: str = "",
) -> Key[ExercisesConditions]:
    """A key that is a character where the code has asked for a line."""
    return Key(
        f"exercises.{name}",
        key,
        action,
        label,
        in_footer=True,
        tooltip=tooltip,
        rebindable=bool(like),
        like=like,
        works=lambda now: not now.types_text and works(now),
    )


EXERCISES: KeyTable[ExercisesConditions] = KeyTable(
    Key(
        "exercises.stop",
        "ctrl+c",
        "stop",
        "Stop it",
        in_footer=True,
        written="^c",
        priority=True,
        like="stop",
        works=lambda now: now.runs and not now.has_selection,
    ),
    _letter("hint", "h", "hint", "Hint", like="hint"),
    _letter("next", "n", "move(1)", "Next", _rests, like="next"),
    _letter("previous", "p", "move(-1)", "Back", _rests, like="previous"),
    _letter(
        "next-to-do",
        "right_square_bracket",
        "to_do(1)",
        "Next to do",
        _rests,
        like="next-undone",
        tooltip="The next exercise that does not pass",
    ),
    _letter(
        "previous-to-do",
        "left_square_bracket",
        "to_do(-1)",
        "To do before",
        _rests,
        like="previous-undone",
        tooltip="The exercise before this one that does not pass",
    ),
    _letter("help", "question_mark", "help", "Help", like="help"),
    _letter("quit", "q", "quit", "Quit", like="quit"),
    _letter(
        "edit",
        "E",
        "own_editor",
        "Edit here",
        _rests,
        like="own-editor",
        tooltip="The file in the editor that $VISUAL or $EDITOR names, in this terminal",
    ),
    _letter("solution", "s", "solution", "Solution", like="solution"),
    Key("exercises.grade", "f5,ctrl+r", "grade", "Grade again", in_footer=True, like="run", works=_rests),
    _letter("mend", "m", "toggle_suggested_fix", "Mend", lambda now: now.has_suggested_fix, like="mend"),
    _letter("list", "l", "list", "List", like="lessons", tooltip="To the list of exercises"),
    _letter("zoom", "z", "zoom", "Full screen", like="zoom"),
    _letter("copy", "y", "copy_pane", "Copy", like="copy-pane", tooltip="Copy all of the pane with the focus"),
    help=(
        HelpRow("{exercises.hint} {exercises.solution}", "a hint, one at a time; the solution, after a question"),
        HelpRow("{exercises.next} {exercises.previous}", "the next exercise, the one before"),
        HelpRow("{exercises.next-to-do} {exercises.previous-to-do}", "the same among those that do not pass"),
        HelpRow("{exercises.list}", "to the list; `enter` opens one there"),
        HelpRow("{exercises.edit}", "the file in the editor that `$VISUAL` or `$EDITOR` names, in this terminal"),
        HelpRow("{exercises.grade}", "grade the file again, as it is"),
        HelpRow("{exercises.stop}", "stop what runs; saving its file stops it, too, and grades it again"),
        HelpRow("{exercises.mend}", "the line as the coach would write it, when it has something to say"),
        HelpRow("`tab`", "to the next pane"),
        HelpRow("{exercises.zoom} {exercises.copy}", "let the pane with the focus fill the screen; copy all of it"),
        HelpRow("{exercises.quit}", "quit; what passes stays done"),
        HelpRow("{exercises.help}", "the keys, and what the panes show", in_help=False),
    ),
)
