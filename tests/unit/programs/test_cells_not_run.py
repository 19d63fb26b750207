"""A name that a cell above makes, which has not run, is missing for that reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui_torch.programs.cell_runs import NOT_RUN, CellRunState
from tui_torch.programs.cells_not_run import explained_by_cells
from tui_torch.programs.program import CodeCell
from tui_torch.protocol.events import Explanation, Failed, Frame

OTHERWISE = Explanation("`torch` is not imported. Put the import before it, at the top.", suggested_fix="import torch")
ABOVE = (
    CodeCell("a", "!ls\nimport torch\nfrom torch import nn as layers\n\n"),
    CodeCell("b", "x = 1\ndef fit():\n    inner = 2\nfor step in range(3):\n    print(used)\n", first_line=4),
    CodeCell("c", "x = 2\n", first_line=10),
    CodeCell("d", "this is not Python\n", first_line=12),
)


def missing(name: str) -> Failed:
    return Failed("NameError", f"name '{name}' is not defined", (), explanation=OTHERWISE)


def explained_by(failed: Failed, *, counts_lines: bool = True, state: CellRunState = NOT_RUN) -> Failed:
    return explained_by_cells(failed, ABOVE, {cell.id: state for cell in ABOVE}, counts_lines=counts_lines)


def meaning(failed: Failed, *, counts_lines: bool = True) -> str:
    explained = explained_by(failed, counts_lines=counts_lines).explanation
    assert explained is not None
    return explained.meaning


@pytest.mark.parametrize(
    ("name", "verb", "line"),
    [
        ("torch", "imported", 1),
        ("layers", "imported", 1),
        ("fit", "made", 4),
        ("step", "made", 4),
        ("x", "made", 10),
    ],
)
def test_the_nearest_cell_that_makes_the_name_is_to_be_run_first(name: str, verb: str, line: int) -> None:
    said = f"`{name}` is {verb} in a cell above, which begins at line {line} and has not run. Run that cell first."
    assert meaning(missing(name)) == said
    assert explained_by(missing(name)).explanation == Explanation(said)
    assert "line" not in meaning(missing(name), counts_lines=False)


@pytest.mark.parametrize("name", ["inner", "used", "nn", "this"])
def test_a_name_that_no_cell_above_makes_is_explained_as_otherwise(name: str) -> None:
    assert explained_by(missing(name)) == missing(name)


def test_other_errors_stay_as_they_are() -> None:
    failed = Failed("ValueError", "name 'torch' is not defined", ())
    assert explained_by(failed) is failed
    of_a_module = replace(missing("torch"), frames=(Frame(3, "f", "torch.ones(2)", "/home/me/net.py"),))
    assert explained_by(of_a_module) is of_a_module


def test_a_cell_that_has_run_is_no_cause_unless_it_was_edited_since() -> None:
    assert explained_by(missing("torch"), state=CellRunState(1)) == missing("torch")
    edited = explained_by(missing("torch"), state=CellRunState(1, "edited"), counts_lines=False).explanation
    assert edited == Explanation(
        "`torch` is imported in a cell above, which was edited since it ran. Run that cell first."
    )


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (CellRunState(1, has_raised=True), "raised an error when it ran"),
        (CellRunState(1, stopped="interrupted"), "was interrupted when it ran"),
        (CellRunState(1, stopped="died"), "did not come to its end"),
        (CellRunState(None, in_program=True), "ran as part of the program, whose names are gone"),
    ],
)
def test_a_cell_that_left_no_names_is_a_cause_too(state: CellRunState, why: str) -> None:
    said = explained_by(missing("torch"), state=state, counts_lines=False).explanation
    assert said == Explanation(f"`torch` is imported in a cell above, which {why}. Run that cell first.")
