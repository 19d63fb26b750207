"""The footer has what is needed most where the focus is, in front, and nothing of it is cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode

from tests.ui.keys.test_declared import Now
from tui_torch.tutor.served import SERVED
from tui_torch.ui.common.key_bar import ALWAYS, in_room
from tui_torch.ui.keys import declared
from tui_torch.ui.keys.bound import DEFAULT
from tui_torch.ui.keys.conditions import Place
from tui_torch.ui.keys.footer import FOOTER, in_footer_order
from tui_torch.ui.keys.help import lesson_note
from tui_torch.ui.keys.table import written
from tui_torch.ui.lesson.layout import TWO_COLUMNS

FIELDS = ("find", "replace", "answer", "filter", "search")

KEYS: list[Any] = [
    key
    for table in declared.TABLES
    if table not in (declared.GRAPH, declared.GRAPH_SCREEN) and not any(key.in_footer for key in table.keys)
    for key in table.keys
]
"""Those of the lesson screen and its panes."""

EXPECTED: dict[Place, tuple[str, str, str]] = {
    "text": (
        "F5 Run e Edit h Hint n Next p Back ? Help q Quit s Solution",
        "F5 Run e Edit h Hint n Next p Back ? Help q Quit s Solution l Lessons F6 Replay",
        "F5 Run e Edit h Hint n Next p Back ? Help q Quit s Solution l Lessons F6 Replay t Tensors c"
        " Chart g Graph r Reset",
    ),
    "quiz": (
        "1-3 Answer n Next p Back ? Help q Quit l Lessons ^p Commands",
        "1-3 Answer n Next p Back ? Help q Quit l Lessons ^p Commands tab Next pane",
        "1-3 Answer n Next p Back ? Help q Quit l Lessons t Tensors c Chart g Graph ^p Commands tab Next pane",
    ),
    "editor": (
        "F5 Run esc Leave the editor tab Complete ^f Find ^p Commands",
        "F5 Run esc Leave the editor tab Complete ^f Find F1 Docs ^/ Comment ^p Commands",
        "F5 Run esc Leave the editor tab Complete ^f Find F1 Docs ^/ Comment ^z Undo F6 Replay alt+up"
        " down Move line ^p Commands",
    ),
    "find": (
        "enter Next up Before tab Replace by esc Back ^p Commands",
        "enter Next up Before tab Replace by esc Back ^l Replace all F5 Run ^p Commands",
        "enter Next up Before tab Replace by esc Back ^l Replace all F5 Run ^p Commands",
    ),
    "replace": (
        "enter Replace this one ^l Replace all tab Find ^p Commands",
        "enter Replace this one ^l Replace all tab Find esc Back F5 Run ^p Commands",
        "enter Replace this one ^l Replace all tab Find esc Back F5 Run ^p Commands",
    ),
    "output": (
        "F5 Run up down Scroll e Edit n Next esc Text ? Help h Hint",
        "F5 Run up down Scroll e Edit n Next esc Text ? Help h Hint y Copy all",
        "F5 Run up down Scroll e Edit n Next esc Text ? Help h Hint y Copy all z Full screen p Back q"
        " Quit l Lessons F6 Replay",
    ),
    "answer": (
        "enter Answer ^c Interrupt esc Text ^p Commands",
        "enter Answer ^c Interrupt esc Text ^p Commands",
        "enter Answer ^c Interrupt esc Text ^p Commands",
    ),
    "tensors": (
        "up down Choose left right Page enter Go in g Graph ? Help",
        "up down Choose left right Page enter Go in g Graph ? Help esc Text F5 Run P Plot",
        "up down Choose left right Page enter Go in g Graph ? Help esc Text F5 Run P Plot n Next k Legend y"
        " Copy as code / Filter",
    ),
    "filter": (
        "enter Done F5 Run ^p Commands",
        "enter Done F5 Run ^p Commands",
        "enter Done F5 Run ^p Commands",
    ),
    "value": (
        "arrows Move enter Open esc Back 1-5 Page [ ] Slice ? Help",
        "arrows Move enter Open esc Back 1-5 Page [ ] Slice ? Help { } Dimension F5 Run",
        "arrows Move enter Open esc Back 1-5 Page [ ] Slice ? Help { } Dimension F5 Run y Copy as code"
        " m Image or matrices",
    ),
    "chart": (
        "left right Read values L Log scale S Smooth + - Zoom ? Help",
        "left right Read values L Log scale S Smooth + - Zoom ? Help esc Text F5 Run",
        "left right Read values L Log scale S Smooth + - Zoom ? Help esc Text F5 Run n Next y Copy z"
        " Full screen q Quit l Lessons",
    ),
    "matrix": (
        "arrows Choose enter Its images esc Text F5 Run ? Help n Next",
        "arrows Choose enter Its images esc Text F5 Run ? Help n Next y Copy",
        "arrows Choose enter Its images esc Text F5 Run ? Help n Next y Copy z Full screen q Quit l Lessons F6"
        " Replay t Tensors",
    ),
    "replay": (
        "left right Line [ ] Pass / Next change esc Result ? Help",
        "left right Line [ ] Pass / Next change esc Result ^f Find a value ? Help F5 Run",
        "left right Line [ ] Pass / Next change esc Result ^f Find a value ? Help F5 Run e Edit home"
        " end Ends q Quit l Lessons",
    ),
    "search": (
        "enter Find esc Back F5 Run ^p Commands",
        "enter Find esc Back F5 Run ^p Commands",
        "enter Find esc Back F5 Run ^p Commands",
    ),
}
"""What the footer has with 60, 80 and 120 columns."""


@dataclass
class Moment(Now):
    """A moment of an exercise that has run and is not solved, or of a quiz, with nothing selected."""

    is_filtered: bool = False
    has_locals: bool = False
    shows_legend: bool = False
    has_cursor: bool = False
    has_earlier_runs: bool = False
    has_other_views: bool = False
    has_other_dots: bool = True
    is_zoomed: bool = False
    read_only: bool = False
    pages: int = 5
    opens_parts: bool = True
    slices: int = 2
    other_drawing: Literal["", "picture", "graph"] = "picture"
    has_curves: bool = True
    chooses_cell: bool = True
    shows_cell: bool = False


def moment(place: Place, columns: int, *, is_running: bool = False, **more: Any) -> Moment:
    typing = place == "editor" or place in FIELDS
    return Moment(
        place=place,
        types_text=typing,
        types_line=place in FIELDS,
        replays=place in ("replay", "search"),
        is_quiz=place == "quiz",
        has_editor=place != "quiz",
        is_exercise=place != "quiz",
        runs=place == "answer" or is_running,
        has_suggested_fix=False,
        has_figure=False,
        one_column=columns < TWO_COLUMNS,
        **more,
    )


def labels(now: Moment, own: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The action and the text of each key that works, each as it is declared, in the order of the footer."""
    active: dict[str, ActiveBinding] = {}
    for action in (shown.action for shown in reversed(FOOTER[now.place])):
        ours = [key for key in KEYS if key.action == action]
        working = [key.binding() for key in reversed(ours) if key.works(now)]
        # What is declared nowhere is Textual's own.
        for binding in working if ours else [Binding(action, action)]:
            active[action] = ActiveBinding(DOMNode(), binding, True)
    shown = [one.binding for one in in_footer_order(active, now, own).values() if one.binding.show]
    return [(one.action, f"{one.key_display or written(one.key.split(',')[0])} {one.description}") for one in shown]


def footer(now: Moment, columns: int) -> str:
    """What the footer shows where it has so many columns."""
    return line_of(labels(now), columns)


def line_of(texts: list[tuple[str, str]], columns: int) -> str:
    """Those keys of the labels that have room in so many columns."""
    kept = next((at for action in ALWAYS for at, (name, _) in enumerate(texts) if name == action), None)
    line = ""
    for column, number in in_room([len(text) for _, text in texts], columns, kept):
        line = line.ljust(column) + texts[number][1]
    return line


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("place", FOOTER)
def test_the_footer_of_a_place_begins_with_what_is_needed_most_there(place: Place, columns: int) -> None:
    assert footer(moment(place, columns), columns) == EXPECTED[place][(60, 80, 120).index(columns)]


@pytest.mark.parametrize("place", FOOTER)
def test_at_any_width_the_first_keys_are_shown_whole_and_the_one_that_leads_to_all_others(place: Place) -> None:
    by_layout = {one_column: labels(moment(place, TWO_COLUMNS - one_column)) for one_column in (True, False)}
    for columns in range(12, 200):
        working = by_layout[columns < TWO_COLUMNS]
        texts = [text for _, text in working]
        line = line_of(working, columns)
        assert len(line) <= columns
        whole = [
            " ".join([*texts[:count], *last])
            for count in range(len(texts) + 1)
            for last in ([], ["? Help"], ["^p Commands"])
        ]
        assert line in whole and ("? Help" in line or "^p Commands" in line)


def test_while_code_runs_the_footer_begins_with_how_to_interrupt_it_and_has_no_run() -> None:
    for place in ("text", "output", "tensors", "chart", "value", "replay"):
        assert footer(moment(place, 80, is_running=True), 80).startswith("i Interrupt ")
        assert "F5" not in footer(moment(place, 80, is_running=True), 80)
    assert footer(moment("editor", 80, is_running=True), 80).startswith("^c Interrupt esc Leave")


def test_what_is_selected_can_be_copied_before_all_else() -> None:
    assert footer(moment("text", 80, has_selection=True), 80).startswith("^c Copy F5 Run")
    marked = footer(moment("editor", 80, has_selection=True, marks_text=True), 80)
    assert marked.startswith("^c Copy F5 Run esc Leave the editor tab Indent ")


def test_in_a_browser_the_editor_has_another_key_for_the_one_that_closes_tabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVED, "0")
    shown = "F5 Run esc Leave the editor tab Complete ctrl+backspace Delete word ^p Commands"
    assert footer(moment("editor", 80), 80) == shown
    assert "`ctrl+backspace` deletes a word" in lesson_note(DEFAULT)


def test_a_key_of_the_learners_own_is_written_as_it_is() -> None:
    now = moment("chart", 80)
    assert "left right Read values" in dict(labels(now)).values()
    assert "left Read values" in dict(labels(now, own=("chart.left",))).values()


SHOWN_WHERE_THEY_ACT: list[tuple[Place, str, dict[str, Any], dict[str, Any]]] = [
    ("value", "1-5 Page", {"pages": 5}, {"pages": 1}),
    ("value", "1-4 Page", {"pages": 4}, {"pages": 1}),
    ("value", "[ ] Slice", {"slices": 1}, {"slices": 0}),
    ("value", "{ } Dimension", {"slices": 2}, {"slices": 1}),
    ("value", "m Image or matrices", {"other_drawing": "picture"}, {"other_drawing": ""}),
    ("value", "m Boxes or nodes", {"other_drawing": "graph"}, {"other_drawing": ""}),
    ("value", "enter Open", {"opens_parts": True}, {"opens_parts": False}),
    ("tensors", "left right Page", {"pages": 5}, {"pages": 1}),
    ("tensors", "[ ] Slice", {"slices": 1}, {"slices": 0}),
    ("chart", "v Other curves", {"has_other_views": True}, {"has_other_views": False}),
    *(("chart", key, {}, {"has_curves": False}) for key in ("left right Read values", "L Log scale", "S Smooth")),
    ("chart", "+ - Zoom", {}, {"has_curves": False}),
]


@pytest.mark.parametrize(("place", "text", "acts", "does_nothing"), SHOWN_WHERE_THEY_ACT)
def test_a_key_is_shown_only_where_it_does_something(
    place: Place, text: str, acts: dict[str, Any], does_nothing: dict[str, Any]
) -> None:
    assert text in dict(labels(moment(place, 200, **acts))).values()
    assert text not in dict(labels(moment(place, 200, **does_nothing))).values()
