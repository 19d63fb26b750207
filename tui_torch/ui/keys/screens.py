"""The keys of the app, and of the screens that open above the lesson."""

from __future__ import annotations

from typing import Any

from tui_torch.ui.keys.conditions import ArenaConditions, FigureConditions, ListConditions, PlotConditions
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable, pane_key


def _is_list(now: ListConditions) -> bool:
    return not now.types_text


def _types_text(now: ListConditions) -> bool:
    return now.types_text


def _of_list(
    screen: str, *of_its_own: Key[Any], enter: str = "Open", also_closed_by: str = "q"
) -> tuple[Key[Any], ...]:
    """The keys of a list with a filter, among them those of that list alone; the arrows move in it while text is typed.

    Args:
        screen: How the names of its keys begin.
        of_its_own: Its further keys.
        enter: What `enter` does with the row under the cursor.
        also_closed_by: The keys that close it as `escape` does, but while text is typed.
    """
    return (
        Key(f"{screen}.close", "escape", "leave", "Back", in_footer=True, written="esc", rebindable=False),
        Key(f"{screen}.close-at-once", also_closed_by, "dismiss(None)", rebindable=False, works=_is_list),
        Key(
            f"{screen}.filter",
            "slash",
            "filter",
            "Filter",
            in_footer=True,
            written="/",
            rebindable=False,
            works=_is_list,
        ),
        *of_its_own,
        Key(f"{screen}.down", "down", "move(1)", rebindable=False, works=_types_text),
        Key(f"{screen}.up", "up", "move(-1)", rebindable=False, works=_types_text),
        Key(
            f"{screen}.open",
            "enter",
            "select",
            enter,
            in_footer=True,
            written="enter",
            priority=True,
            rebindable=False,
        ),
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

DOCUMENTATION_SCREEN: KeyTable[object] = KeyTable(
    Key(
        "documentation-screen.close",
        "escape,q,f1,K",
        "dismiss(None)",
        "Back",
        in_footer=True,
        written="esc",
        rebindable=False,
    ),
)

LESSONS_SCREEN: KeyTable[ListConditions] = KeyTable(*_of_list("lessons-screen", also_closed_by="l,q"))

MAP_SCREEN: KeyTable[ListConditions] = KeyTable(
    *_of_list(
        "map-screen",
        Key("map-screen.copy", "y", "copy", "Copy the address", in_footer=True, rebindable=False, works=_is_list),
        enter="Next lesson there",
    )
)

COURSES_SCREEN: KeyTable[ListConditions] = KeyTable(*_of_list("courses-screen"))

PRACTICE_SCREEN: KeyTable[ListConditions] = KeyTable(*_of_list("practice-screen", enter="Begin with this one"))

ARENA_SCREEN: KeyTable[ArenaConditions] = KeyTable(
    *_of_list(
        "arena-screen",
        Key(
            "arena-screen.grid",
            "g",
            "grid",
            "Grid",
            in_footer=True,
            rebindable=False,
            works=lambda now: _is_list(now) and not now.shows_grid,
        ),
        Key(
            "arena-screen.list",
            "g",
            "list",
            "List",
            in_footer=True,
            rebindable=False,
            works=lambda now: _is_list(now) and now.shows_grid,
        ),
    )
)

ARENA_GRID: KeyTable[object] = KeyTable(
    pane_key("arena-grid.left", "left", "go(-1)", "Before"),
    pane_key("arena-grid.right", "right", "go(1)", "Next"),
    pane_key("arena-grid.up", "up", "climb(-1)", "Up"),
    pane_key("arena-grid.down", "down", "climb(1)", "Down"),
)

JUMP_LETTERS = "asdfghjklqwertyuiopzxcvbnm"
"""The letters of targets to jump to, in the order in which they are given out: those under the fingers first."""

JUMP_SCREEN: KeyTable[object] = KeyTable(
    Key("jump-screen.close", "escape,ctrl+o", "dismiss(None)", "Stay", in_footer=True, written="esc", rebindable=False),
)

FINISHED_SCREEN: KeyTable[object] = KeyTable(
    Key("finished-screen.next", "n,enter", "dismiss(True)", "Next", in_footer=True, rebindable=False),
    Key("finished-screen.save", "s", "save", "Save as a picture", in_footer=True, rebindable=False),
    Key(
        "finished-screen.close",
        "escape,p,q",
        "dismiss(False)",
        "Back",
        in_footer=True,
        written="esc",
        rebindable=False,
    ),
)

FIGURE_SCREEN: KeyTable[FigureConditions] = KeyTable(
    Key(
        "figure-screen.next",
        "right,space,n",
        "go(1)",
        "Next",
        in_footer=True,
        written="right",
        rebindable=False,
        works=lambda now: now.has_others,
    ),
    Key(
        "figure-screen.before",
        "left,p",
        "go(-1)",
        "Before",
        in_footer=True,
        written="left",
        rebindable=False,
        works=lambda now: now.has_others,
    ),
    Key("figure-screen.save", "s", "save", "Save as PNG", in_footer=True, rebindable=False),
    Key(
        "figure-screen.close",
        "escape,f,q",
        "dismiss(None)",
        "Back",
        in_footer=True,
        written="esc",
        rebindable=False,
    ),
)

PLOT_SCREEN: KeyTable[PlotConditions] = KeyTable(
    Key(
        "plot-screen.next",
        "right,space",
        "change(1)",
        "Drawn as",
        in_footer=True,
        written="left right",
        rebindable=False,
        works=lambda now: now.has_other_kinds,
    ),
    Key("plot-screen.before", "left", "change(-1)", rebindable=False, works=lambda now: now.has_other_kinds),
    Key(
        "plot-screen.slice",
        "right_square_bracket,down",
        "step(1)",
        "Slice",
        in_footer=True,
        written="[ ]",
        rebindable=False,
        works=lambda now: now.has_slices,
    ),
    Key("plot-screen.slice-back", "left_square_bracket,up", "step(-1)", rebindable=False),
    Key(
        "plot-screen.dimension",
        "right_curly_bracket",
        "turn(1)",
        "Dimension",
        in_footer=True,
        written="{ }",
        rebindable=False,
        works=lambda now: now.has_dimensions,
    ),
    Key("plot-screen.dimension-back", "left_curly_bracket", "turn(-1)", rebindable=False),
    Key(
        "plot-screen.close",
        "escape,P,q",
        "dismiss(None)",
        "Back",
        in_footer=True,
        written="esc",
        rebindable=False,
    ),
)

CONFIRM_SCREEN: KeyTable[object] = KeyTable(
    Key("confirm.yes", "y", "answer(True)", "Yes", in_footer=True, rebindable=False),
    Key("confirm.no", "n,escape", "answer(False)", "No", in_footer=True, rebindable=False),
    Key("confirm.other", "left,right", "app.focus_next", rebindable=False),
)

CHANGED_FILE_SCREEN: KeyTable[object] = KeyTable(
    Key("changed-file.keep", "m,escape", "answer('keep')", "Keep mine as a draft", in_footer=True, rebindable=False),
    Key("changed-file.take", "t", "answer('take')", "Take theirs", in_footer=True, rebindable=False),
    Key("changed-file.overwrite", "o", "answer('overwrite')", "Overwrite theirs", in_footer=True, rebindable=False),
    Key("changed-file.up", "up", "app.focus_previous", rebindable=False),
    Key("changed-file.down", "down", "app.focus_next", rebindable=False),
    Key("changed-file.page-up", "pageup", "page(-1)", rebindable=False),
    Key("changed-file.page-down", "pagedown", "page(1)", rebindable=False),
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

ATTACH: KeyTable[object] = KeyTable(
    Key("attach.leave", "q", "leave", "Leave", in_footer=True, like="quit"),
    Key("attach.help", "question_mark", "help", "Help", in_footer=True, like="help"),
    Key("attach.tensors", "t", "tensors", "Tensors", in_footer=True, like="tensors"),
    Key("attach.chart", "c", "chart", "Chart", in_footer=True, like="chart"),
    Key("attach.graph", "g", "graph", "Graph", in_footer=True, like="graph"),
    Key("attach.zoom", "z", "zoom", "Full screen", in_footer=True, like="zoom"),
    Key("attach.copy", "y", "copy_pane", "Copy", in_footer=True, like="copy-pane", tooltip="Copy all of the pane"),
    help=(
        HelpRow("{attach.leave}", "leave: the kernel goes on, and nothing of the probe stays in it"),
        HelpRow("{attach.tensors} {attach.chart}", "to the tensors, or to the chart; `tab` goes to the next pane"),
        HelpRow("{attach.graph}", "the graph by which the selected value was computed"),
        HelpRow("{attach.zoom} {attach.copy}", "let the pane with the focus fill the screen; copy all of it"),
        HelpRow("{attach.help}", "the keys, and what the panes show", in_help=False),
    ),
)
