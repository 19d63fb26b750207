"""Every key of the app, declared once: what it does, when it works, what the footer, the help and the README say of it.

A widget takes its `BINDINGS` from its table (`EDITOR.bindings()`), and asks it in `check_action`. To add a key, add it
to the table of the widget that has the action, and to a row of that table's help. `python -m tests.ui.readme_keys`
writes the README's section again.
"""

from __future__ import annotations

from collections.abc import Callable

from tui_torch.ui.keys.conditions import ChartConditions, GraphConditions, LessonConditions, TensorsConditions
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable


def _always(_: object) -> bool:
    return True


def _outside_replay(now: LessonConditions) -> bool:
    return not now.replays


def _beside_two_columns(now: LessonConditions) -> bool:
    # In one column the tabs show two of these keys themselves, and for the others there is no room.
    return not now.one_column and not now.replays


def _letter(
    name: str,
    key: str,
    label: str,
    *,
    action: str | None = None,
    in_footer: bool = True,
    footer_has_room: Callable[[LessonConditions], bool] = _outside_replay,
    works: Callable[[LessonConditions], bool] = _always,
    written: str | None = None,
) -> Key[LessonConditions]:
    """A key of the lesson screen that writes a character where text is typed, and does its action elsewhere only."""
    return Key(
        name,
        key,
        action or name,
        label,
        in_footer=in_footer,
        written=written,
        works=lambda now: not now.types_text and works(now),
        footer_has_room=footer_has_room,
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


def _in_replay(
    name: str, key: str, action: str, label: str, *, written: str | None = None, rebindable: bool = True
) -> Key[LessonConditions]:
    """A key that moves in a replay, whatever has the focus; it is text in a field for one line.

    `written` is how the footer writes it; None keeps it out of the footer.
    """
    return Key(
        name,
        key,
        action,
        label,
        in_footer=written is not None,
        written=written,
        priority=True,
        rebindable=rebindable,
        works=lambda now: now.replays and not now.types_line,
    )


def _pane_key(name: str, keys: str, action: str, label: str) -> Key[object]:
    """A key of one pane that only the help mentions."""
    return Key(name, keys, action, label, rebindable=False)


def _graph_key(
    name: str, keys: str, action: str, label: str, written: str, works: Callable[[GraphConditions], bool]
) -> Key[GraphConditions]:
    """A key of the graph that the footer shows while it does something."""
    return Key(name, keys, action, label, in_footer=True, written=written, rebindable=False, works=works)


LESSON: KeyTable[LessonConditions] = KeyTable(
    Key(
        "run",
        "f5,ctrl+r,ctrl+enter,shift+enter",
        "run",
        "Run",
        in_footer=True,
        written="F5",
        priority=True,
        works=lambda now: now.has_code,
        footer_has_room=lambda now: not now.runs,
    ),
    Key(
        "replay",
        "f6",
        "replay",
        "Replay",
        in_footer=True,
        written="F6",
        priority=True,
        works=lambda now: now.has_code,
        footer_has_room=lambda now: _beside_two_columns(now) and not now.runs,
    ),
    Key(
        "stop",
        "ctrl+c",
        "stop",
        "Interrupt",
        in_footer=True,
        priority=True,
        works=lambda now: now.runs,
        # Elsewhere the letter does it, and is shown.
        footer_has_room=lambda now: now.types_text and not now.replays,
    ),
    _letter("interrupt", "i", "Interrupt", works=lambda now: now.runs),
    _letter("next", "n", "Next"),
    _letter("previous", "p", "Back"),
    _letter("edit", "e", "Edit", works=lambda now: now.has_editor),
    _letter("hint", "h", "Hint", works=lambda now: now.is_exercise),
    _letter("solution", "s", "Solution", works=lambda now: now.is_exercise),
    _letter("reset", "r", "Reset", works=lambda now: now.has_editor),
    _letter("restart", "R", "Restart kernel", in_footer=False),
    _letter("tensors", "t", "Tensors", footer_has_room=_beside_two_columns),
    _letter("graph", "g", "Graph", footer_has_room=_beside_two_columns),
    _letter("chart", "c", "Chart", footer_has_room=_beside_two_columns),
    _letter(
        "mend",
        "m",
        "Mend",
        action="toggle_suggested_fix",
        works=lambda now: now.has_suggested_fix and not now.replays,
    ),
    _letter("lessons", "l", "Lessons"),
    _letter("help", "question_mark", "Help", written="?", footer_has_room=_always),
    _letter("quit", "q", "Quit"),
    Key("home", "escape", "home", "To the text"),
    *(_answer(number) for number in range(1, 10)),
    help=(
        HelpRow("{run} or {run:2}", "run the code; in an exercise, grade it too"),
        HelpRow("{replay}", "run the code, then go through it line by line"),
        HelpRow("{edit}", "edit the code; {editor.leave} leaves the editor"),
        HelpRow("{next} {previous}", "next step, previous step"),
        HelpRow("{answer.1} … {answer.9}", "answer a quiz"),
        HelpRow("{hint}", "a hint, one at a time"),
        HelpRow("{solution}", "the solution; {solution} again puts it into the editor"),
        HelpRow("{reset}", "the code as it was given; {reset} again brings yours back"),
        HelpRow("{interrupt} or {stop}", "interrupt the code that runs"),
        HelpRow("{restart}", "restart the kernel"),
        HelpRow("{tensors} {chart}", "tensors, loss chart; again to go back"),
        HelpRow("{mend}", "the line as the coach would write it, when it has something to say; again to hide it"),
        HelpRow("{graph}", "the autograd graph of the value selected among the tensors"),
        HelpRow("{lessons}", "lessons; practice and the playground below them"),
        HelpRow("{app.commands}", "every command, every lesson, the themes"),
        HelpRow("{quit}", "quit; everything is kept"),
        HelpRow("{app.suspend}", "back to the shell, whose `fg` brings everything back; in the editor, undo"),
        HelpRow("{help}", "the keys, and what the panes show", in_help=False),
    ),
)

REPLAY: KeyTable[LessonConditions] = KeyTable(
    # Textual writes the arrow keys as arrows, which are not ASCII.
    _in_replay("replay.forward", "right", "scrub(1)", "Line", written="left right"),
    _in_replay("replay.back", "left", "scrub(-1)", "Line back"),
    _in_replay("replay.forward-ten", "shift+right", "scrub(10)", "Ten lines on"),
    _in_replay("replay.back-ten", "shift+left", "scrub(-10)", "Ten lines back"),
    _in_replay("replay.first", "home", "scrub(-1000000)", "To the beginning"),
    _in_replay("replay.last", "end", "scrub(1000000)", "To the end"),
    _in_replay("replay.change", "slash", "change(1)", "Next change", written="/"),
    _in_replay("replay.change-back", "backslash", "change(-1)", "Change before"),
    _in_replay("replay.find", "ctrl+f", "find_value", "Find a value", written="^f"),
    _in_replay("replay.pass", "right_square_bracket", "turn(1, False)", "Pass", written="[ ]"),
    _in_replay("replay.pass-back", "left_square_bracket", "turn(-1, False)", "Pass before", rebindable=False),
    _in_replay("replay.outer-pass", "right_curly_bracket", "turn(1, True)", "Outermost pass", rebindable=False),
    _in_replay(
        "replay.outer-pass-back", "left_curly_bracket", "turn(-1, True)", "Outermost pass before", rebindable=False
    ),
    *(
        _in_replay(f"replay.digit-{digit}", digit, f"digit('{digit}')", "To a pass", rebindable=False)
        for digit in "0123456789"
    ),
    Key(
        "replay.to-pass",
        "enter",
        "to_pass",
        "To that pass",
        priority=True,
        works=lambda now: now.replays and now.types_pass,
    ),
    _in_replay("replay.leave", "escape", "leave_replay", "Result", written="esc"),
    help=(
        HelpRow("{replay.back} {replay.forward}", "a line back, a line on; with `shift` ten"),
        HelpRow("{replay.first} {replay.last}", "to the beginning, to the end"),
        HelpRow(
            "{replay.change}",
            "to the next change of the name that you chose among the tensors, or of any;"
            " {replay.change-back} to the one before",
        ),
        HelpRow("{replay.find}", "find a value: to the next line after which `loss < 0.1` or `w is nan` holds"),
        HelpRow(
            "{replay.pass} {replay.pass-back}",
            "to the next pass of the loop, to the one before;"
            " {replay.outer-pass} {replay.outer-pass-back} of the outermost loop",
        ),
        HelpRow(
            "a number, {replay.to-pass}",
            "to that pass of the loop; with {replay.outer-pass} instead of {replay.to-pass}, of the outermost loop",
        ),
        HelpRow("{replay.leave}", "back to the result of the run"),
    ),
)
"""Keys of the lesson screen in a replay."""

LESSON_SCREEN: KeyTable[LessonConditions] = KeyTable(*LESSON.keys, *REPLAY.keys)
"""Every key of the lesson screen."""

QUIZ: KeyTable[object] = KeyTable(
    *(Key(f"quiz.{number}", str(number), f"choose({number - 1})", rebindable=False) for number in range(1, 10)),
)

EDITOR: KeyTable[object] = KeyTable(
    # With priority, since TextArea would move the focus on to the next widget.
    Key("editor.leave", "escape", "leave", "Leave the editor", in_footer=True, priority=True),
    # Terminals send ctrl+/ as ctrl+_, but for those that name every key.
    Key("editor.comment", "ctrl+slash,ctrl+underscore", "comment", "Comment"),
    Key("editor.move-up", "alt+up", "move_lines(-1)", "Line up"),
    Key("editor.move-down", "alt+down", "move_lines(1)", "Line down"),
    Key("editor.dedent", "shift+tab", "dedent", "Indent less"),
    help=(
        HelpRow("`enter`", "a new line, indented as Python wants it; `backspace` among its spaces goes a level back"),
        HelpRow("`tab` {editor.dedent}", "indent the selected lines, or less; `tab` without a selection is spaces"),
        HelpRow("{editor.comment}", "make the selected lines a comment, or code again"),
        HelpRow("{editor.move-up} {editor.move-down}", "move the selected lines"),
        HelpRow("`ctrl+z` `ctrl+y`", "undo by words, redo"),
    ),
)

TENSORS: KeyTable[TensorsConditions] = KeyTable(
    *(
        _pane_key(*declared)
        for declared in (
            ("tensors.scroll", "shift+down", "scroll_detail(1)", "Scroll details"),
            ("tensors.scroll-back", "shift+up", "scroll_detail(-1)", "Scroll details back"),
            ("tensors.slice", "right_square_bracket", "slice(1)", "Next slice"),
            ("tensors.slice-back", "left_square_bracket", "slice(-1)", "Slice before"),
            ("tensors.dimension", "right_curly_bracket", "dimension(1)", "Next dimension"),
            ("tensors.dimension-back", "left_curly_bracket", "dimension(-1)", "Dimension before"),
            ("tensors.page", "right", "page(1)", "Next page"),
            ("tensors.page-back", "left", "page(-1)", "Page before"),
            *(
                (f"tensors.page-{number}", f"{number}", f"page_number({number})", f"Page {number}")
                for number in range(1, 6)
            ),
            ("tensors.switch", "m", "switch", "Image or heatmap"),
            ("tensors.sort", "o", "sort", "Sort"),
            ("tensors.filter", "slash", "filter", "Filter"),
        )
    ),
    Key(
        "tensors.unfilter",
        "escape",
        "unfilter",
        "Show all",
        rebindable=False,
        works=lambda pane: pane.is_filtered,
    ),
)

DETAIL: KeyTable[object] = KeyTable(
    *(
        _pane_key(*declared)
        for declared in (
            ("detail.up", "up", "move(-1, 0)", "Up"),
            ("detail.down", "down", "move(1, 0)", "Down"),
            ("detail.left", "left", "move(0, -1)", "Left"),
            ("detail.right", "right", "move(0, 1)", "Right"),
            ("detail.leaf-back", "pageup", "leaf(-1)", "Page up"),
            ("detail.leaf", "pagedown", "leaf(1)", "Page down"),
            ("detail.first", "home", "leaf(-1000000)", "First"),
            ("detail.last", "end", "leaf(1000000)", "Last"),
            ("detail.open", "enter,space", "open", "Open"),
            ("detail.leave", "escape,backspace", "leave", "Back"),
        )
    ),
)

CHART: KeyTable[ChartConditions] = KeyTable(
    Key(
        "chart.log",
        "L",
        "toggle_log",
        "Log scale",
        in_footer=True,
        tooltip="Draw on a logarithmic axis, or a linear one",
    ),
    Key(
        "chart.smooth",
        "S",
        "smooth",
        "Smooth",
        in_footer=True,
        tooltip="Draw a moving average of the values",
    ),
    Key(
        "chart.view",
        "v",
        "show_next",
        "Gradient norm, learning rate",
        works=lambda chart: chart.has_other_views,
    ),
    Key(
        "chart.forget",
        "x",
        "forget",
        "Forget earlier runs",
        works=lambda chart: chart.has_earlier_runs,
    ),
    *(
        Key(*declared)
        for declared in (
            ("chart.in", "plus,equals_sign", "zoom(1)", "Zoom in"),
            ("chart.out", "minus", "zoom(-1)", "Zoom out"),
            ("chart.all", "0", "show_all", "Show everything"),
            ("chart.later", "greater_than_sign", "pan(1)", "Later steps"),
            ("chart.earlier", "less_than_sign", "pan(-1)", "Earlier steps"),
            ("chart.right", "right", "move(1)", "Cursor right"),
            ("chart.left", "left", "move(-1)", "Cursor left"),
            ("chart.far-right", "shift+right", "move(10)", "Cursor far right"),
            ("chart.far-left", "shift+left", "move(-10)", "Cursor far left"),
        )
    ),
    Key(
        "chart.no-cursor",
        "escape",
        "drop_cursor",
        "No cursor",
        works=lambda chart: chart.has_cursor,
    ),
    Key(
        "chart.characters",
        "B",
        "next_dots",
        "Characters",
        works=lambda chart: chart.has_other_dots,
    ),
    help=(
        HelpRow("{chart.log}", "a logarithmic axis, or a linear one"),
        HelpRow(
            "{chart.smooth}",
            "a moving average over about 10, 100, 1,000 steps, in front of the values; the values alone again",
        ),
        HelpRow("{chart.view}", "the gradient norm, the learning rate, the loss again"),
        HelpRow(
            "{chart.left} {chart.right}",
            "a cursor that reads the values; with `shift` ten columns; {chart.no-cursor} takes it away",
        ),
        HelpRow(
            "{chart.in} {chart.out} {chart.all}",
            "zoom in, around the cursor or on the newest steps; zoom out; everything",
        ),
        HelpRow("{chart.earlier} {chart.later}", "earlier steps, later steps, while zoomed in"),
        HelpRow("{chart.forget}", "forget the earlier runs"),
        HelpRow("{chart.characters}", "braille, blocks, or plain characters: whichever your font shows best"),
    ),
)

GRAPH: KeyTable[GraphConditions] = KeyTable(
    _graph_key("graph.open", "enter,space", "open", "Open", "enter", lambda graph: graph.can_open),
    _graph_key("graph.leave", "escape,backspace", "leave", "Out", "esc", lambda graph: graph.is_inside),
    _graph_key("graph.switch", "m", "switch", "Boxes or nodes", "m", lambda graph: graph.has_both_drawings),
    *(
        _pane_key(*declared)
        for declared in (
            ("graph.down", "down", "go('down')", "Input"),
            ("graph.up", "up", "go('up')", "Result"),
            ("graph.left", "left", "go('left')", "Left"),
            ("graph.right", "right", "go('right')", "Right"),
            ("graph.home", "home", "go('home')", "The value"),
            ("graph.pan-down", "shift+down", "pan(0, 3)", "Down"),
            ("graph.pan-up", "shift+up", "pan(0, -3)", "Up"),
            ("graph.pan-left", "shift+left", "pan(-8, 0)", "Left"),
            ("graph.pan-right", "shift+right", "pan(8, 0)", "Right"),
        )
    ),
    help=(
        HelpRow(
            "{graph.up} {graph.down} {graph.left} {graph.right}",
            "from box to box; among the rows of a large graph {graph.right} and {graph.left} go along a skip",
        ),
        HelpRow("{graph.open}", "opens a box of a large graph, {graph.leave} closes it"),
        HelpRow("{graph.switch}", "a graph of some dozen nodes in boxes, or node by node"),
        HelpRow("{graph.home}", "the value"),
    ),
)

GRAPH_SCREEN: KeyTable[object] = KeyTable(
    Key(
        "graph-screen.close",
        "escape",
        "dismiss(None)",
        "Back",
        in_footer=True,
        written="esc",
        rebindable=False,
    ),
    # Of their own, since the footer is not to name escape while that closes a box.
    Key("graph-screen.close-at-once", "g,q", "dismiss(None)", "Back", rebindable=False),
)

HELP_SCREEN: KeyTable[object] = KeyTable(
    Key(
        "help-screen.close",
        "escape,question_mark,q",
        "dismiss(None)",
        "Back",
        in_footer=True,
        written="esc",
        rebindable=False,
    ),
)

LESSONS_SCREEN: KeyTable[object] = KeyTable(
    Key(
        "lessons-screen.close",
        "escape,l,q",
        "dismiss(None)",
        "Back",
        in_footer=True,
        written="esc",
        rebindable=False,
    ),
    Key(
        "lessons-screen.open",
        "enter",
        "select",
        "Open",
        in_footer=True,
        written="enter",
        priority=True,
        rebindable=False,
    ),
)

CONFIRM_SCREEN: KeyTable[object] = KeyTable(
    Key("confirm.yes", "y", "answer(True)", "Yes", in_footer=True, rebindable=False),
    Key("confirm.no", "n,escape", "answer(False)", "No", in_footer=True, rebindable=False),
    Key("confirm.other", "left,right", "app.focus_next", rebindable=False),
)

APP: KeyTable[object] = KeyTable(
    # With priority, since a modal screen and the palette leave the app's own keys out.
    Key("app.quit", "ctrl+q", "quit", "Quit", priority=True),
    # In the editor it is undo.
    Key("app.suspend", "ctrl+z", "suspend_process", "Back to the shell"),
)

TEXTUAL: KeyTable[object] = KeyTable(
    Key("app.commands", "ctrl+p", "command_palette", "palette", rebindable=False),
)
"""Keys that Textual's own `App` binds, declared here for the help."""

_Table = (
    KeyTable[LessonConditions]
    | KeyTable[TensorsConditions]
    | KeyTable[ChartConditions]
    | KeyTable[GraphConditions]
    | KeyTable[object]
)

TABLES: tuple[_Table, ...] = (
    LESSON,
    REPLAY,
    QUIZ,
    EDITOR,
    TENSORS,
    DETAIL,
    CHART,
    GRAPH,
    GRAPH_SCREEN,
    HELP_SCREEN,
    LESSONS_SCREEN,
    CONFIRM_SCREEN,
    APP,
    TEXTUAL,
)
"""Every table, each key in one of them."""
