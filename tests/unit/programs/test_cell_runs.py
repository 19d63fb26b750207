"""What has run of a program, and what of it no longer holds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tui_torch.programs.cell_runs import NOT_RUN, CellEnd, CellRuns, CellRunState, above, end_of, same_cells
from tui_torch.programs.program import CodeCell
from tui_torch.protocol.events import Failed, Finished

CELLS = tuple(CodeCell(name, f"{name} = 1") for name in "abc")


def run(runs: CellRuns, *names: str, raised: bool = False) -> None:
    for name in names:
        runs.began(name, f"{name} = 1")
        runs.ended(name, CellEnd(raised))


def shown(runs: CellRuns, **codes: str) -> list[tuple[int | None, str | None]]:
    return [(state.number, state.stale) for state in runs.states(CELLS, codes).values()]


def test_cells_are_numbered_in_the_order_of_their_runs() -> None:
    runs = CellRuns()
    assert list(runs.states(CELLS, {}).values()) == [NOT_RUN] * 3
    run(runs, "a", "b")
    assert shown(runs) == [(1, None), (2, None), (None, None)]
    run(runs, "b")
    assert shown(runs) == [(1, None), (3, None), (None, None)]
    assert runs.count == 3


def test_an_edited_cell_is_stale_until_it_is_as_it_ran() -> None:
    runs = CellRuns()
    run(runs, "a", "b")
    assert shown(runs, a="a = 2", c="c = 2") == [(1, "edited"), (2, None), (None, None)]
    assert shown(runs, a="a = 1") == [(1, None), (2, None), (None, None)]


def test_a_cell_is_out_of_order_when_one_above_it_ran_later() -> None:
    runs = CellRuns()
    run(runs, "a", "b", "c", "b")
    assert shown(runs) == [(1, None), (4, None), (3, "out of order")]
    run(runs, "c")
    assert shown(runs) == [(1, None), (4, None), (5, None)]
    run(runs, "a")
    assert shown(runs, b="b = 2") == [(6, None), (4, "edited"), (5, "out of order")]


def test_cells_that_ran_in_the_program_have_no_number_and_say_how_far_it_came() -> None:
    runs = CellRuns()
    runs.ran_in_program({"a": "a = 1", "b": "b = 1"}, CellEnd(stopped="interrupted"))
    assert [state.stopped for state in runs.states(CELLS, {}).values()] == [None, "interrupted", None]
    runs.ran_in_program({"a": "a = 1", "b": "b = 1"}, CellEnd(has_raised=True))
    states = runs.states(CELLS, {"a": "a = 2"})
    assert states["a"] == CellRunState(None, "edited", in_program=True)
    assert states["b"] == CellRunState(None, has_raised=True, in_program=True)
    assert states["c"] == NOT_RUN
    run(runs, "b")
    assert shown(runs) == [(None, None), (1, None), (None, None)]
    runs.restarted()
    assert list(runs.states(CELLS, {}).values()) == [NOT_RUN] * 3


def test_a_cell_that_runs_or_has_raised_is_said_to() -> None:
    runs = CellRuns()
    run(runs, "b")
    runs.began("a", "a = 1")
    assert runs.states(CELLS, {})["a"] == CellRunState(2, is_running=True)
    runs.ended("a", CellEnd(True))
    assert runs.states(CELLS, {})["a"] == CellRunState(2, has_raised=True)
    assert runs.states(CELLS, {})["b"].stale == "out of order"  # it may have changed names before it raised


def test_what_was_stopped_has_raised_nothing() -> None:
    runs = CellRuns()
    run(runs, "b")
    for outcome in ("interrupted", "died"):
        runs.began("a", "a = 1")
        runs.ended("a", end_of(Finished(outcome, 1.0, "why"), None, "a = 1"))
        state = runs.states(CELLS, {})["a"]
        assert (state.stopped, state.has_raised) == (outcome, False)
        assert runs.states(CELLS, {})["b"].stale == "out of order"


@pytest.mark.parametrize(
    ("error", "code", "ran_nothing"),
    [
        ("SyntaxError", "x = 1\nfor", True),
        ("IndentationError", "if x:\ny", True),
        ("SyntaxError", "exec('for')", False),
        ("SyntaxError", "%time x = 1\nimport broken", False),
        ("SyntaxError", "return 1", True),
        ("ValueError", "x = 1", False),
    ],
)
def test_a_cell_that_is_no_python_ran_nothing_and_leaves_those_below_as_they_are(
    error: str, code: str, ran_nothing: bool
) -> None:
    runs = CellRuns()
    run(runs, "a", "b")
    runs.began("a", code)
    end = end_of(Finished("failed", 0.1), Failed(error, "no", ()), code, is_notebook=True)
    assert (end.has_raised, end.ran_nothing) == (True, ran_nothing)
    runs.ended("a", end)
    assert runs.states(CELLS, {})["b"].stale == (None if ran_nothing else "out of order")


def test_a_cell_that_ran_before_it_was_no_python_is_as_new_as_that_run() -> None:
    runs = CellRuns()
    run(runs, "b", "a")
    runs.began("a", "for")
    runs.ended("a", CellEnd(has_raised=True, ran_nothing=True))
    assert runs.states(CELLS, {})["b"].stale == "out of order"


def test_code_that_is_edited_while_it_runs_is_stale_when_it_has_run() -> None:
    runs = CellRuns()
    runs.began("a", "a = 1")
    assert shown(runs, a="a = 2")[0] == (1, None)
    runs.ended("a", CellEnd(False))
    assert shown(runs, a="a = 2")[0] == (1, "edited")


def test_a_restart_forgets_all_runs_also_one_that_ends_after_it() -> None:
    runs = CellRuns()
    run(runs, "a")
    runs.began("b", "b = 1")
    runs.restarted()
    runs.ended("b", CellEnd(True))
    assert list(runs.states(CELLS, {}).values()) == [NOT_RUN] * 3
    assert runs.began("c", "c = 1") == 1


def test_what_is_above_a_cell_is_the_code_above_it_without_texts() -> None:
    cells = (CELLS[0], CodeCell("text", "", "only text"), *CELLS[1:])
    assert above(cells, "c") == (CELLS[0], CELLS[1])
    assert above(cells, "a") == ()
    with pytest.raises(KeyError):
        above(cells, "none")


def numbered(*codes: str) -> Sequence[CodeCell]:
    return [CodeCell(f"cell-{place + 1}", code) for place, code in enumerate(codes)]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("abc", "abc", {1: 1, 2: 2, 3: 3}),
        ("abc", "xabc", {2: 1, 3: 2, 4: 3}),
        ("abc", "aXc", {1: 1, 2: 2, 3: 3}),
        ("abc", "axyc", {1: 1, 4: 3}),
        ("abc", "ac", {1: 1, 2: 3}),
        ("aab", "ab", {1: 2, 2: 3}),
        ("abc", "XYZ", {1: 1, 2: 2, 3: 3}),
    ],
)
def test_cells_of_a_script_are_found_again_by_their_code(before: str, after: str, same: dict[int, int]) -> None:
    found = same_cells(numbered(*before), numbered(*after))
    assert found == {f"cell-{new}": f"cell-{old}" for new, old in same.items()}


def test_cells_of_a_notebook_are_found_again_by_their_ids() -> None:
    before = [CodeCell(name, "x = 1", is_numbered=False) for name in "abc"]
    after = [CodeCell(name, code, is_numbered=False) for name, code in (("c", "y = 2"), ("a", "x = 1"), ("d", "x = 1"))]
    assert same_cells(before, after) == {"c": "c", "a": "a", "d": "b"}


def test_runs_follow_their_cells_when_the_file_is_read_again() -> None:
    before, after = numbered("a", "b", "c"), numbered("new", "a", "b2", "c")
    runs = CellRuns()
    for cell in before:
        runs.began(cell.id, cell.code)
        runs.ended(cell.id, CellEnd(False))
    runs.moved(same_cells(before, after))
    states = runs.states(after, {})
    assert [(state.number, state.stale) for state in states.values()] == [
        (None, None),
        (1, None),
        (2, "edited"),
        (3, None),
    ]
    assert runs.count == 3
