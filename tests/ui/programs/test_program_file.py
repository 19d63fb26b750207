"""What is typed into a program, and what somebody else writes to its file: neither is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.conftest import seen, shows
from tests.ui.programs.conftest import NARROW, Opens, app_of, notebook_file
from tests.ui.programs.test_program_screen import CELLS, script

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]


async def test_a_notebook_of_two_hundred_cells_scrolls_to_its_last(opens: Opens, tmp_path: Path) -> None:
    path = notebook_file(tmp_path / "long.ipynb", *({"source": f"n{at} = {at}"} for at in range(200)))
    async with opens(path, size=NARROW) as pilot:
        await pilot.press("end")
        await shows(pilot, "n199 = 199", "cell 200/200")
        await pilot.press("pageup", "up")
        cells = app_of(pilot).program_screen.panes.cells
        assert app_of(pilot).program.at == 199 - cells.rows_in_sight - 1


async def test_what_is_typed_is_a_draft_until_it_is_saved(opens: Opens, tmp_path: Path) -> None:
    path = script(tmp_path, CELLS)
    async with opens(path) as pilot:
        await pilot.press("n", "e", "ctrl+end", "enter", *"x *= 2", "escape")
        await shows(pilot, "● edited")
    assert path.read_text("utf-8") == CELLS
    async with opens(path) as pilot:
        await shows(pilot, "● edited")
        await pilot.press("n")
        await shows(pilot, "x *= 2")
        await pilot.press("ctrl+s")
        await shows(pilot, "Saved to")
        assert "● edited" not in seen(pilot.app)
    assert path.read_text("utf-8") == CELLS.replace("ones(3)\n", "ones(3)\nx *= 2\n")


@pytest.mark.parametrize("answer", ["m", "t", "o"])
async def test_a_file_that_both_have_changed_is_asked_about(opens: Opens, tmp_path: Path, answer: str) -> None:
    path = script(tmp_path, "x = 1\n")
    async with opens(path) as pilot:
        editor = app_of(pilot).program_screen.panes.editor
        await pilot.press("e", "end", *"0")
        await shows(pilot, "● edited")
        path.write_text("x = 5\n", "utf-8")
        await shows(pilot, "asks which stays", "changed by somebody else")
        await pilot.press("ctrl+s")
        await shows(pilot, "Somebody else has written to train.py", "-x = 5", "+x = 10")
        await pilot.press(answer)
        shown = {"m": "Yours is kept as a draft", "t": "yours is in", "o": "Saved to"}[answer]
        await shows(pilot, shown)
        now = path.read_text("utf-8")
        assert (editor.text, now) == {
            "m": ("x = 10", "x = 5\n"),
            "t": ("x = 5", "x = 5\n"),
            "o": ("x = 10", "x = 10\n"),
        }[answer]


async def test_what_somebody_else_writes_is_shown_with_ones_own_drafts(opens: Opens, tmp_path: Path) -> None:
    path = script(tmp_path, CELLS)
    async with opens(path) as pilot:
        await pilot.press("n", "n", "e", "ctrl+end", *" + 0", "escape")
        await shows(pilot, "● edited")
        path.write_text(CELLS.replace("# %% Data", "# %% New\nfirst = 1\n\n# %% Data"), "utf-8")
        await shows(pilot, "this is how it is now", "cell 4/6", "requires_grad=True) + 0", "● edited")
