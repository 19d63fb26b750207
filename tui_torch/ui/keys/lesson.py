"""The keys of the lesson screen outside a replay, and those of a quiz."""

from __future__ import annotations

from collections.abc import Callable

from tui_torch.ui.keys.conditions import LessonConditions
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable, always


def _two_columns(now: LessonConditions) -> bool:
    return not now.one_column


def _letter(
    name: str,
    key: str,
    label: str,
    *,
    action: str | None = None,
    tooltip: str = "",
    works: Callable[[LessonConditions], bool] = always,
) -> Key[LessonConditions]:
    """A key of the lesson screen that writes a character where text is typed, and does its action elsewhere only."""
    return Key(
        name,
        key,
        action or name,
        label,
        tooltip=tooltip,
        works=lambda now: not now.types_text and works(now),
    )


def _answer(number: int) -> Key[LessonConditions]:
    """The key that answers a quiz by the choice of that number, wherever the focus is."""
    return Key(
        f"answer.{number}",
        str(number),
        f"answer({number - 1})",
        rebindable=False,
        works=lambda now: now.is_quiz and not now.types_text,
    )


LESSON: KeyTable[LessonConditions] = KeyTable(
    Key(
        "run",
        "f5,ctrl+r,ctrl+enter,shift+enter",
        "run",
        "Run",
        priority=True,
        works=lambda now: now.has_code,
    ),
    Key(
        "replay",
        "f6",
        "replay",
        "Replay",
        priority=True,
        works=lambda now: now.has_code,
    ),
    Key(
        "stop",
        "ctrl+c",
        "stop",
        "Interrupt",
        priority=True,
        works=lambda now: now.runs and not now.has_selection,
    ),
    _letter("interrupt", "i", "Interrupt", works=lambda now: now.runs),
    # Without priority, since the editor and fields have selections of their own.
    Key(
        "copy",
        "ctrl+c,super+c",
        "copy_text",
        "Copy",
        works=lambda now: now.has_selection,
    ),
    _letter("next", "n", "Next", tooltip="The next step"),
    _letter("previous", "p", "Back", tooltip="The step before"),
    _letter(
        "next-undone",
        "right_square_bracket",
        "Next undone",
        action="undone(1)",
        tooltip="The next step that is not done yet",
    ),
    _letter(
        "previous-undone",
        "left_square_bracket",
        "Undone before",
        action="undone(-1)",
        tooltip="The step before this one that is not done yet",
    ),
    _letter("edit", "e", "Edit", works=lambda now: now.has_editor),
    _letter(
        "own-editor",
        "E",
        "Your own editor",
        action="own_editor",
        tooltip="The code in the editor that $VISUAL or $EDITOR names",
        works=lambda now: now.has_editor and not now.runs,
    ),
    _letter("hint", "h", "Hint", works=lambda now: now.is_exercise),
    _letter("solution", "s", "Solution", works=lambda now: now.is_exercise),
    _letter("reset", "r", "Reset", works=lambda now: now.has_editor),
    _letter("restart", "R", "Restart kernel"),
    _letter("tensors", "t", "Tensors", tooltip="Every value that the code has made; again to go back"),
    _letter("graph", "g", "Graph"),
    _letter("chart", "c", "Chart", tooltip="The loss chart; again to go back"),
    _letter("figure", "f", "Figure", works=lambda now: now.has_figure),
    _letter(
        "mend",
        "m",
        "Mend",
        action="toggle_suggested_fix",
        works=lambda now: now.has_suggested_fix and not now.replays,
    ),
    _letter("document", "K", "Documentation"),
    _letter("lessons", "l", "Lessons"),
    _letter("copy-pane", "y", "Copy the pane", action="copy_pane"),
    _letter("zoom", "z", "Fill the screen"),
    _letter(
        "wider",
        "greater_than_sign",
        "Wider",
        action="move_border(1)",
        tooltip="Make the left column wider",
        works=_two_columns,
    ),
    _letter(
        "narrower",
        "less_than_sign",
        "Narrower",
        action="move_border(-1)",
        tooltip="Make the left column narrower",
        works=_two_columns,
    ),
    _letter("help", "question_mark", "Help"),
    _letter("quit", "q", "Quit"),
    Key("jump", "ctrl+o", "jump", "Jump", priority=True, works=lambda now: not now.types_line),
    Key("home", "escape", "home", "To the text", tooltip="The step's text, and the keys that are letters"),
    *(_answer(number) for number in range(1, 10)),
    help=(
        HelpRow("{run} or {run:2}", "run the code; in an exercise, grade it too"),
        HelpRow("{replay}", "run the code, then go through it line by line"),
        HelpRow("{edit}", "edit the code; {editor.leave} leaves the editor"),
        HelpRow("{own-editor}", "edit it in your own editor, `$VISUAL` or `$EDITOR`: what you save there comes back"),
        HelpRow("{next} {previous}", "next step, previous step; {next-undone} {previous-undone} of those not done yet"),
        HelpRow("{answer.1} … {answer.9}", "answer a quiz"),
        HelpRow("{hint}", "a hint, one at a time"),
        HelpRow("{solution}", "the solution; {solution} again puts it into the editor"),
        HelpRow("{reset}", "the code as it was given; {reset} again brings yours back"),
        HelpRow("{interrupt} or {stop}", "interrupt the code that runs"),
        HelpRow(
            "{copy}", "copy what is selected: with the mouse anywhere, in the editor with `shift` and the arrows, too"
        ),
        HelpRow("{restart}", "restart the kernel"),
        HelpRow("{tensors} {chart}", "tensors, loss chart; again to go back"),
        HelpRow("{mend}", "the line as the coach would write it, when it has something to say; again to hide it"),
        HelpRow(
            "{figure}",
            "the figure in sight over the whole screen; {figure-screen.before} {figure-screen.next} go to the others, "
            "{figure-screen.save} saves it",
        ),
        HelpRow("{graph}", "the autograd graph of the value selected among the tensors"),
        HelpRow(
            "{tensors.plot}",
            "among the tensors, the selected value over the whole screen: a curve, points, matrices or images; "
            "{plot-screen.before} {plot-screen.next} draw it as another",
        ),
        HelpRow("{copy-pane}", "copy all of the pane with the focus; among the tensors, the selected value as code"),
        HelpRow("{zoom}", "let the pane with the focus fill the screen; again to bring the others back"),
        HelpRow("{narrower} {wider}", "move the border between the columns"),
        HelpRow("{jump}", "a letter on every pane and tab: press it to go there"),
        HelpRow("`tab`", "to the next pane; in the editor it indents, so {editor.leave} first"),
        HelpRow("{document}", "what there is to read about the value selected among the tensors"),
        HelpRow(
            "{lessons}", "lessons; below them where to go next, practice, problems, the playground and other courses"
        ),
        HelpRow("{app.commands}", "every command, every lesson, the themes"),
        HelpRow("{quit}", "quit; everything is kept"),
        HelpRow("{app.suspend}", "back to the shell, whose `fg` brings everything back; in the editor, undo"),
        HelpRow("{help}", "the keys, and what the panes show", in_help=False),
    ),
)

QUIZ: KeyTable[object] = KeyTable(
    *(Key(f"quiz.{number}", str(number), f"choose({number - 1})", rebindable=False) for number in range(1, 10)),
)
