"""Every key of the app, declared once: what it does, when it works, what the footer, the help and the README say of it.

The tables are in the modules beside this one, by pane. A widget takes its `BINDINGS` from its table
(`EDITOR.bindings()`), and asks it in `check_action`. To add a key, add it to the table of the widget that has the
action, and to a row of that table's help; where the footer of the lesson screen is to show it, to `footer.py`.
`python -m tests.ui.readme_keys` writes the README's section again.
"""

from __future__ import annotations

from tui_torch.ui.keys.chart import CHART, MATRIX
from tui_torch.ui.keys.conditions import (
    ArenaConditions,
    ChartConditions,
    EditorConditions,
    ExercisesConditions,
    FigureConditions,
    GraphConditions,
    LessonConditions,
    ListConditions,
    MatrixConditions,
    PaneConditions,
    PlotConditions,
    ProgramConditions,
    RunsConditions,
    TensorsConditions,
    WatchConditions,
)
from tui_torch.ui.keys.editor import EDITOR, FIND
from tui_torch.ui.keys.graph import GRAPH, GRAPH_SCREEN
from tui_torch.ui.keys.lesson import LESSON, QUIZ
from tui_torch.ui.keys.programs.cells import CELLS, PROGRAM, PROGRAM_SHARED
from tui_torch.ui.keys.programs.exercises import EXERCISES
from tui_torch.ui.keys.replay import REPLAY, VALUE_SEARCH
from tui_torch.ui.keys.screens import (
    APP,
    ARENA_GRID,
    ARENA_SCREEN,
    ATTACH,
    CHANGED_FILE_SCREEN,
    CONFIRM_SCREEN,
    COURSES_SCREEN,
    DOCUMENTATION_SCREEN,
    FIGURE_SCREEN,
    FINISHED_SCREEN,
    HELP_SCREEN,
    JUMP_SCREEN,
    LESSONS_SCREEN,
    MAP_SCREEN,
    PLOT_SCREEN,
    PRACTICE_SCREEN,
    TEXTUAL,
)
from tui_torch.ui.keys.table import KeyTable
from tui_torch.ui.keys.tensors import DETAIL, TENSORS
from tui_torch.ui.keys.watch import RUNS_SCREEN, WATCH

LESSON_SCREEN: KeyTable[LessonConditions] = KeyTable(*LESSON.keys, *REPLAY.keys)
"""Every key of the lesson screen."""

OWN_KEYS: KeyTable[ProgramConditions] = KeyTable(*PROGRAM.keys, *PROGRAM_SHARED, help=(*PROGRAM.help, *LESSON.help))
"""Every key of the screen of one's own program outside a replay."""

PROGRAM_SCREEN: KeyTable[ProgramConditions] = KeyTable(*OWN_KEYS.keys, *REPLAY.keys)
"""Every key of that screen."""

_Table = (
    KeyTable[LessonConditions]
    | KeyTable[PaneConditions]
    | KeyTable[ProgramConditions]
    | KeyTable[EditorConditions]
    | KeyTable[ExercisesConditions]
    | KeyTable[TensorsConditions]
    | KeyTable[ChartConditions]
    | KeyTable[MatrixConditions]
    | KeyTable[FigureConditions]
    | KeyTable[GraphConditions]
    | KeyTable[PlotConditions]
    | KeyTable[ListConditions]
    | KeyTable[ArenaConditions]
    | KeyTable[WatchConditions]
    | KeyTable[RunsConditions]
    | KeyTable[object]
)

TABLES: tuple[_Table, ...] = (
    LESSON,
    REPLAY,
    VALUE_SEARCH,
    QUIZ,
    PROGRAM,
    CELLS,
    EXERCISES,
    EDITOR,
    FIND,
    TENSORS,
    DETAIL,
    CHART,
    MATRIX,
    GRAPH,
    GRAPH_SCREEN,
    HELP_SCREEN,
    DOCUMENTATION_SCREEN,
    LESSONS_SCREEN,
    ARENA_SCREEN,
    ARENA_GRID,
    MAP_SCREEN,
    COURSES_SCREEN,
    PRACTICE_SCREEN,
    JUMP_SCREEN,
    FINISHED_SCREEN,
    FIGURE_SCREEN,
    PLOT_SCREEN,
    CONFIRM_SCREEN,
    CHANGED_FILE_SCREEN,
    WATCH,
    RUNS_SCREEN,
    ATTACH,
    APP,
    TEXTUAL,
)
"""Every table, each key in one of them."""
