"""Each key is declared once: the widgets bind what is declared, and the help and the README are made from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode

from tests.ui import readme_keys
from tui_torch.ui.charts.fit_chart import FitChart
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.exercises.screen import ExercisesScreen
from tui_torch.ui.graph_picture import GraphPicture
from tui_torch.ui.inspector.detail import TensorDetail
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.keys import declared, help
from tui_torch.ui.keys.bound import DEFAULT
from tui_torch.ui.keys.conditions import Place
from tui_torch.ui.keys.table import Key, KeyTable, written
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.keys.pane_app import PaneApp
from tui_torch.ui.lesson.quiz import QuizChoices
from tui_torch.ui.lesson.screen import LessonScreen
from tui_torch.ui.lesson.value_search import ValueSearch
from tui_torch.ui.program.cell_list import CellList
from tui_torch.ui.program.changed_file import ChangedFileScreen
from tui_torch.ui.program.screen import ProgramScreen
from tui_torch.ui.screens.confirm import ConfirmScreen
from tui_torch.ui.screens.figure import FigureScreen
from tui_torch.ui.screens.graph import GraphScreen
from tui_torch.ui.screens.help import HelpScreen, help_for
from tui_torch.ui.screens.jump import JumpScreen
from tui_torch.ui.screens.lessons import LessonsScreen

WIDGETS: dict[type[DOMNode], KeyTable[Any]] = {
    PaneApp: declared.APP,
    LessonScreen: declared.LESSON_SCREEN,
    QuizChoices: declared.QUIZ,
    CodeEditor: declared.EDITOR,
    ValueSearch: declared.VALUE_SEARCH,
    TensorInspector: declared.TENSORS,
    TensorDetail: declared.DETAIL,
    LossChart: declared.CHART,
    FitChart: declared.MATRIX,
    GraphPicture: declared.GRAPH,
    GraphScreen: declared.GRAPH_SCREEN,
    HelpScreen: declared.HELP_SCREEN,
    LessonsScreen: declared.LESSONS_SCREEN,
    JumpScreen: declared.JUMP_SCREEN,
    FigureScreen: declared.FIGURE_SCREEN,
    ConfirmScreen: declared.CONFIRM_SCREEN,
    ProgramScreen: declared.PROGRAM_SCREEN,
    CellList: declared.CELLS,
    ChangedFileScreen: declared.CHANGED_FILE_SCREEN,
    ExercisesScreen: declared.EXERCISES,
}
"""The table of each widget that has keys."""

KEYS = [key for table in declared.TABLES for key in table.keys]

CONFIG_NAMES = {
    *("run", "replay", "stop", "interrupt", "next", "previous", "edit", "hint", "solution", "reset", "restart"),
    *(
        "tensors",
        "figure",
        "graph",
        "chart",
        "mend",
        "lessons",
        "help",
        "copy",
        "copy-pane",
        "zoom",
        "jump",
        "wider",
        "narrower",
        "next-undone",
        "own-editor",
        "previous-undone",
        "editor.zoom",
        "quit",
        "home",
        "document",
        "editor.leave",
        "editor.comment",
        "editor.dedent",
        "editor.document",
        "editor.find",
        "editor.move-down",
        "editor.move-up",
        "app.quit",
        "app.suspend",
    ),
    *("replay.forward", "replay.back", "replay.forward-ten", "replay.back-ten", "replay.first", "replay.last"),
    *("replay.change", "replay.change-back", "replay.find", "replay.pass", "replay.to-pass", "replay.leave"),
    *("chart.log", "chart.smooth", "chart.view", "chart.forget", "chart.in", "chart.out", "chart.all"),
    *("chart.later", "chart.earlier", "chart.right", "chart.left", "chart.far-right", "chart.far-left"),
    *("chart.no-cursor", "chart.characters"),
    *("program.above", "program.all", "program.mend", "program.replay-all", "program.save", "program.save-outputs"),
}
"""What learners may have written under `[keys]` in their config.toml."""


@dataclass
class Now:
    """A moment of the lesson screen."""

    runs: bool = False
    has_selection: bool = False
    types_text: bool = False
    types_line: bool = False
    replays: bool = False
    types_pass: bool = False
    has_code: bool = True
    has_editor: bool = True
    is_exercise: bool = True
    is_quiz: bool = True
    has_suggested_fix: bool = True
    one_column: bool = False
    has_figure: bool = True
    place: Place = "text"
    choices: int = 3
    marks_text: bool = False


def moments() -> Iterator[Now]:
    for flags in product((False, True), repeat=12):
        yield Now(*flags)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.__name__)
def test_a_widget_binds_what_its_table_declares(widget: type[DOMNode]) -> None:
    assert vars(widget)["BINDINGS"] == WIDGETS[widget].bindings()


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.__name__)
def test_a_declared_action_is_an_action_of_the_widget(widget: type[DOMNode]) -> None:
    actions = [re.match(r"[\w.]+", key.action) for key in WIDGETS[widget].keys]
    names = {found[0] for found in actions if found}
    missing = {name for name in names if "." not in name and not hasattr(widget, f"action_{name}")}
    assert missing == set()


def test_a_name_stands_for_one_key() -> None:
    names = [key.name for key in KEYS]
    assert sorted(set(names)) == sorted(names)


def test_names_in_a_learners_config_stay() -> None:
    assert {key.bound_as for key in KEYS if key.rebindable} == CONFIG_NAMES


def test_an_action_works_under_the_same_conditions_with_whatever_parameters() -> None:
    table = declared.LESSON_SCREEN
    for now in moments():
        assert {key.name for key in table.keys if table.works(key.action, now) != key.works(now)} == set()


def test_no_key_of_a_letter_works_where_text_is_typed() -> None:
    letters = {"n", "p", "e", "h", "s", "r", "R", "t", "g", "c", "f", "m", "l", "q", "i", "?", *"123456789", *"Kyz<>[]"}
    outside_replay = [key for key in declared.LESSON.keys if written(key.keys) in letters]
    assert len(outside_replay) == len(letters)
    for now in moments():
        if now.types_text:
            assert [key.name for key in outside_replay if key.works(now)] == []


def test_every_key_of_the_lesson_is_in_a_row_of_the_help() -> None:
    without_row = {"home", "replay.forward-ten", "replay.back-ten", *(f"answer.{number}" for number in range(2, 9))}
    digits = {f"replay.digit-{digit}" for digit in range(10)}
    for table, names in ((declared.LESSON, without_row), (declared.REPLAY, without_row | digits)):
        text = " ".join(f"{row.keys} {row.sentence}" for row in table.help)
        assert {key.name for key in table.keys if f"{{{key.name}}}" not in text} <= names


def test_every_key_of_the_chart_is_in_a_row_of_the_help() -> None:
    text = " ".join(f"{row.keys} {row.sentence}" for row in declared.CHART.help)
    assert {key.name for key in declared.CHART.keys if f"{{{key.name}}}" not in text} == {
        "chart.far-right",
        "chart.far-left",
    }


def test_the_help_has_the_keys_of_the_lesson_the_replay_the_chart_and_the_graph() -> None:
    for table in (declared.LESSON, declared.REPLAY):
        assert DEFAULT.help_table(table) in help_for()
    for table in (declared.CHART, declared.MATRIX, declared.GRAPH):
        assert DEFAULT.help_table(table) in help_for()


def test_a_key_that_nothing_declares_cannot_be_spelled_out() -> None:
    assert DEFAULT.spelled_out("{run}, {run:2} and {help}") == "`F5`, `ctrl+r` and `?`"
    with pytest.raises(KeyError):
        DEFAULT.spelled_out("{no-such-key}")


def test_the_key_of_the_palette_is_textuals_own() -> None:
    assert [key.keys for key in declared.TEXTUAL.keys] == [App.COMMAND_PALETTE_BINDING]


def test_the_readme_has_the_keys_that_are_declared() -> None:
    assert readme_keys.section() == help.readme(), "run `python -m tests.ui.readme_keys`, which writes it again"


def test_a_key_becomes_a_binding_of_textuals() -> None:
    key: Key[object] = Key("name", "f1,x", "do(1)", "Does", in_footer=True, written="F1", priority=True, tooltip="So")
    assert key.binding() == Binding(
        "f1,x", "do(1)", "Does", show=True, key_display="F1", priority=True, tooltip="So", id="name"
    )
