"""What cannot run as it stands is said where it is met, and all that was opened and typed stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ui.conftest import shows
from tests.ui.programs.conftest import Opens, app_of, notebook_file, ran

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

HIDDEN = 'import os, torch\nos.environ["CUDA_VISIBLE_DEVICES"] = ""'
"""No GPU is seen after this, whatever the machine has."""


async def test_a_file_that_is_no_python_is_shown_and_what_is_typed_into_it_stays(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "diary.py"
    path.write_text("Dear diary,\n\ntoday I learned nothing.\n", "utf-8")
    async with opens(path) as pilot:
        assert "SyntaxError" in await ran(pilot, "f5")
        await shows(pilot, "It raised an error in line 1", "today I learned nothing.")
        await pilot.press("e", "ctrl+end", *"So?", "escape")
        await ran(pilot, "f5")
        assert app_of(pilot).program.code.endswith("nothing.So?")
    assert path.read_text("utf-8") == "Dear diary,\n\ntoday I learned nothing.\n"


async def test_a_cell_with_a_syntax_error_and_one_that_needs_a_gpu_keep_no_other_from_running(
    opens: Opens, tmp_path: Path
) -> None:
    cells = (HIDDEN, "def f(:", "x = torch.ones(2).cuda()", "x = torch.ones(2, device='cuda')", "print('still here')")
    path = notebook_file(tmp_path / "notes.ipynb", *({"source": code} for code in cells))
    async with opens(path) as pilot:
        app = app_of(pilot)
        output = app.program_screen.panes.output
        await pilot.press("end")
        await ran(pilot, "f4")
        await shows(pilot, "Ran 4 cells; 3 raised an error", "cell 2/5")
        assert "SyntaxError" in output.plain()
        for _ in range(2):
            await pilot.press("n")
            assert "This PyTorch sees no NVIDIA GPU here" in output.plain(), output.plain()
        await pilot.press("n")
        assert await ran(pilot, "f5") == "still here"


async def test_a_notebook_of_version_3_runs_and_is_saved_in_version_4(opens: Opens, tmp_path: Path) -> None:
    code = {"cell_type": "code", "language": "python", "metadata": {}, "collapsed": False, "prompt_number": 3}
    path = tmp_path / "old.ipynb"
    sheet = {"cells": [code | {"input": ["print('an old one')"], "outputs": []}], "metadata": {}}
    path.write_text(json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [sheet]}), "utf-8")
    async with opens(path) as pilot:
        assert (await ran(pilot, "f5")).endswith("an old one")
        await pilot.press("e", "ctrl+end", *"  # 4", "ctrl+s")
        await shows(pilot, "Saved to")
    saved = json.loads(path.read_text("utf-8"))
    assert (saved["nbformat"], len(saved["cells"])) == (4, 1)


async def test_a_name_of_a_cell_that_has_not_run_is_explained_by_that_cell(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "cells.py"
    path.write_text("# %% Data\nimport torch as t\nx = t.ones(3)\n\n# %% Loss\nprint(x.sum())\n", "utf-8")
    async with opens(path) as pilot:
        await pilot.press("n")
        said = await ran(pilot, "f5")
        assert "x is made in a cell above, which begins at line 2 and has not run. Run that cell first." in said
        await ran(pilot, "f4")
        assert await ran(pilot, "f5") == "tensor(3.)"
