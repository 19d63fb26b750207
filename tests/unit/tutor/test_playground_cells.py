"""The playground's cells run one at a time, and what was run stays until it is reset."""

from __future__ import annotations

import pytest

from tui_torch.programs.cell_runs import CellEnd
from tui_torch.protocol.orders import Run
from tui_torch.tutor.playground import PlaygroundCells

TEXT = "import torch\n# %% data\nx = torch.ones(2)\n\n# %% sum\ny = x.sum()\n"


def ran(cells: PlaygroundCells, text: str, line: int, *, raised: bool = False) -> Run:
    cells.line = line
    run = cells.begin(text)
    cells.ended(CellEnd(raised))
    return run


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (1, "import torch"),
        (2, "import torch"),
        (3, "\n\nx = torch.ones(2)"),
        (5, "\n\nx = torch.ones(2)"),
        (6, "\n\n\n\n\ny = x.sum()"),
        (99, "\n\n\n\n\ny = x.sum()"),
    ],
)
def test_the_cell_around_the_cursor_runs_and_its_lines_keep_their_numbers(line: int, code: str) -> None:
    assert ran(PlaygroundCells(), TEXT, line).code.rstrip("\n") == code


def test_code_without_marks_is_one_cell() -> None:
    assert ran(PlaygroundCells(), "x = 1\n\ny = 2\n", 2).code.rstrip("\n") == "x = 1\n\ny = 2"


def test_the_first_run_begins_anew_and_those_after_it_go_on_until_a_reset() -> None:
    cells = PlaygroundCells()
    calls = [ran(cells, TEXT, line).notebook for line in (1, 3, 6)]
    assert [(call.number, call.goes_on) for call in calls if call] == [(1, False), (2, True), (3, True)]
    cells.reset()
    assert cells.last == ""
    call = ran(cells, TEXT, 3).notebook
    assert call is not None and (call.number, call.goes_on) == (1, False) and cells.last == "In [1]"


def test_a_kernel_that_is_fresh_in_the_midst_of_a_run_has_that_run() -> None:
    cells = PlaygroundCells()
    ran(cells, TEXT, 1)
    cells.line = 3
    cells.begin(TEXT)
    cells.reset()
    cells.ended(CellEnd(True))
    call = ran(cells, TEXT, 6).notebook
    assert call is not None and (call.number, call.goes_on) == (2, True)


def test_cells_that_no_longer_hold_are_told() -> None:
    cells = PlaygroundCells()
    for line in (1, 3, 6):
        ran(cells, TEXT, line)
    assert cells.stale(TEXT) == ()
    edited = TEXT.replace("ones(2)", "ones(3)")
    assert cells.stale(edited) == ("In [2] was edited",)
    ran(cells, edited, 3)
    assert cells.stale(edited) == ("In [3] ran before what is above it",)
    # A cell that is put above the others is no edit of theirs.
    above = "# %%\nz = 0\n# %%\n"
    assert cells.stale(above + edited) == ("In [3] ran before what is above it",)


def test_an_empty_editor_runs_nothing_and_breaks_nothing() -> None:
    assert ran(PlaygroundCells(), "", 1).code == ""
    assert ran(PlaygroundCells(), "# %%\n", 1).code.strip() == ""


def test_each_cell_says_beside_its_mark_what_has_run_of_it() -> None:
    cells = PlaygroundCells()
    assert cells.heads(TEXT) == {}
    ran(cells, TEXT, 1)
    ran(cells, TEXT, 3)
    ran(cells, TEXT, 6, raised=True)
    assert cells.heads(TEXT) == {1: "In [1]", 2: "In [2]", 5: "In [3], raised an error"}
    ran(cells, TEXT, 3)
    edited = TEXT.replace("import torch", "import torch as t")
    assert cells.heads(edited) == {1: "In [1], edited since", 2: "In [4]", 5: "In [3], one above ran later"}
