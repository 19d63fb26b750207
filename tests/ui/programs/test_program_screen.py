"""One's own script or notebook as a person meets it: opened, run, gone through, with a real kernel behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ui.conftest import shows, until
from tests.ui.programs.conftest import NARROW, Opens, app_of, notebook_file, ran

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

TRAINS = """\
import sys
import torch
from beside import TARGET

x = torch.linspace(-1, 1, 32)[:, None]
y = TARGET * x
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
for step in range(int(sys.argv[1])):
    loss = ((model(x) - y) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
if __name__ == "__main__":
    print("slope", round(model.weight.item(), 1))
"""

CELLS = """\
\"\"\"A script in cells.\"\"\"

# %% Data
import torch

x = torch.ones(3)

# %% Model
w = torch.tensor(2.0, requires_grad=True)

# %% Loss
loss = (w * x).sum()
loss.backward()
print("gradient", w.grad.item(), __name__)

# %% Wrong
y = x @ torch.ones(4)
"""


def script(folder: Path, text: str, name: str = "train.py") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


async def test_a_script_runs_as_a_program_and_its_loss_and_tensors_are_seen(opens: Opens, tmp_path: Path) -> None:
    script(tmp_path, "TARGET = 3.0\n", "beside.py")
    async with opens(script(tmp_path, TRAINS), "40") as pilot:
        assert "slope 3.0" in await ran(pilot, "f5")
        panes = app_of(pilot).program_screen.panes
        assert panes.loss_chart.has_loop
        loss = panes.loss_chart.run.loss
        assert loss is not None
        assert loss.name == "loss"
        assert {"loss", "model", "x"} <= {summary.name for summary in panes.inspector.inspection.variables}
        await shows(pilot, "with exit code 0", "train.py", "Linear")


async def test_tab_goes_over_the_panes_and_edits_nothing(opens: Opens, tmp_path: Path) -> None:
    async with opens(script(tmp_path, "import torch\nx = torch.ones(3)\nprint(x)\n")) as pilot:
        await ran(pilot, "f5")
        screen = app_of(pilot).program_screen
        been: list[str] = []
        for key in ("tab", "tab", "tab", "tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab"):
            await pilot.press(key, "z", "z")
            pane = screen.focused_pane
            been.append(type(pane).__name__)
        around = ["OutputPane", "TensorInspector", "LossChart", "CellList"]
        assert been == [*around, *around[2::-1], "CellList"]
        assert not app_of(pilot).program.is_edited
        await pilot.press("e", "tab")
        assert app_of(pilot).program.is_edited


async def test_the_title_has_what_the_script_is_called_with(opens: Opens, tmp_path: Path) -> None:
    async with opens(script(tmp_path, "x = 1\n"), "--epochs", "3", "--name", "a b", size=NARROW) as pilot:
        await shows(pilot, "train.py --epochs 3 --name 'a b'", "F5 Run")


async def test_what_the_coach_would_write_is_put_into_the_code(opens: Opens, tmp_path: Path) -> None:
    script(tmp_path, "TARGET = 3.0\n", "beside.py")
    code = "# %% Other\nz = 1\n\n# %% Train\n" + TRAINS.replace("    optimizer.zero_grad()\n", "")
    async with opens(script(tmp_path, code.replace("int(sys.argv[1])", "60"))) as pilot:
        await pilot.press("n")
        assert "Nothing zeroes" in await ran(pilot, "f5")
        app = app_of(pilot)
        editor = app.program_screen.panes.editor
        before = editor.text
        await pilot.press("M")
        await shows(pilot, "as the coach would write it", "● edited")
        assert "optimizer.zero_grad()" in editor.text
        assert [line for line in editor.text.split("\n") if line in before.split("\n")] == before.split("\n")
        await pilot.press("M")
        await shows(pilot, "run it again first")
        assert "Nothing zeroes" not in await ran(pilot, "f5")


async def test_an_exit_code_is_said(opens: Opens, tmp_path: Path) -> None:
    async with opens(script(tmp_path, "import sys\nprint('so far')\nsys.exit(3)\n")) as pilot:
        assert await ran(pilot, "f5") == "so far\nThe program ended with exit code 3."
        await shows(pilot, "with exit code 3")
        await pilot.press("e", "ctrl+home", *"exit(0)", "enter")
        assert await ran(pilot, "f5") == ""
        await shows(pilot, "with exit code 0", "● edited")


async def test_what_a_program_reads_from_the_keyboard_is_answered(opens: Opens, tmp_path: Path) -> None:
    async with opens(
        script(tmp_path, "import sys\nname = input('who? ')\nprint(name + sys.stdin.readline())\n")
    ) as pilot:
        app = app_of(pilot)
        await pilot.press("f5")
        output = app.program_screen.panes.output
        for answer in ("me", "too"):
            await until(pilot, lambda: output.asking)
            running = app.program_screen.run.in_progress
            assert running is not None and running.asked_at is not None
            running.asked_at -= 1000
            await pilot.press(*answer, "enter")
        await until(pilot, lambda: app.program_screen.run.in_progress is None)
        assert "metoo" in output.plain()
        await shows(pilot, "ended in 0 ms")  # what was typed for 2000 seconds is not counted


async def test_the_cells_of_a_script_run_one_by_one_and_lines_are_the_files(opens: Opens, tmp_path: Path) -> None:
    async with opens(script(tmp_path, CELLS)) as pilot:
        app = app_of(pilot)
        screen = app.program_screen
        await shows(pilot, "cell 1/5", "In [ ]")
        for _ in range(3):
            await pilot.press("n")
            await ran(pilot, "f5")
        assert "gradient 3.0 __main__" in screen.panes.output.plain()
        await pilot.press("n")
        said = await ran(pilot, "f5")
        assert "line 17" in said
        assert "x @ torch.ones(4)" in said
        assert screen.panes.editor.failed_line == 17
        await shows(pilot, "In [4]", "raised an error", "line 17")
        await pilot.press("p", "n")
        assert screen.panes.editor.failed_line == 17, "also when one comes back"
        await pilot.press("p", "p")
        await shows(pilot, "cell 3/5", "In [2]")
        assert screen.panes.editor.line_number_start == 9


async def test_the_replay_of_a_cell_has_the_lines_of_the_file(opens: Opens, tmp_path: Path) -> None:
    async with opens(script(tmp_path, CELLS)) as pilot:
        app = app_of(pilot)
        for _ in range(3):
            await pilot.press("n")
            await ran(pilot, "f5")
        await pilot.press("f6")
        await until(pilot, lambda: app.program_screen.has_class("-replaying"))
        assert app.program_screen.panes.editor.lit_line == 12
        await pilot.press("right")
        assert app.program_screen.panes.editor.lit_line == 13
        await pilot.press("escape")
        assert not app.program_screen.has_class("-replaying")


async def test_a_notebook_runs_with_its_texts_and_a_cell_that_raises_blocks_nothing(
    opens: Opens, tmp_path: Path
) -> None:
    kept = {"output_type": "stream", "name": "stdout", "text": "from last week\n"}
    path = notebook_file(
        tmp_path / "notes.ipynb",
        {"cell_type": "markdown", "source": "# First things\n\nWhat is *needed*."},
        {"source": "x = 1\nprint('today')", "outputs": [kept], "execution_count": 7},
        {"source": "1 / 0"},
        {"cell_type": "markdown", "source": "## Then"},
        {"source": "%%time\nprint(x + 1)"},
        {"source": "!echo from the shell"},
    )
    before = path.read_bytes()
    async with opens(path) as pilot:
        app = app_of(pilot)
        await shows(pilot, "First things", "needed", "from last week", "cell 1/4", "In [ ]")
        await ran(pilot, "f8")
        await shows(pilot, "Ran 4 cells; one raised an error", "In [2]", "ZeroDivisionError")
        assert app.program.at == 1
        await pilot.press("n")
        await shows(pilot, "Then")
        assert app.program_screen.panes.output.plain().startswith("2\n")
        await pilot.press("n")
        assert "from the shell" in app.program_screen.panes.output.plain()
        await pilot.press("home")
        assert app.program_screen.panes.output.plain() == "today"
        await pilot.press("e", "end", *"0", "escape")
        await shows(pilot, "edited since", "● edited")
        await ran(pilot, "f5")
        await shows(pilot, "In [5]", "one above ran later")
        await pilot.press("S")
        await shows(pilot, "Saved to")
    assert path.read_bytes() != before
    assert b"today" in path.read_bytes()
    assert b"from last week" not in path.read_bytes()
    (error,) = json.loads(path.read_bytes())["cells"][2]["outputs"]
    assert (error["output_type"], error["ename"], error["evalue"]) == ("error", "ZeroDivisionError", "division by zero")
    assert error["traceback"][1:3] == ["  Cell In [2], line 1, in <module>", "    1 / 0"]


async def test_how_a_cell_ended_is_said_of_it_and_of_its_own_training(opens: Opens, tmp_path: Path) -> None:
    trains = (
        "import torch\nw = torch.ones(2, requires_grad=True)\nfor _ in range(3):\n    loss = (w * w).sum()\n"
        "    loss.backward()"
    )
    path = notebook_file(tmp_path / "n.ipynb", {"source": trains}, {"source": "1 / 0"}, {"source": "input()"})
    async with opens(path) as pilot:
        panes = app_of(pilot).program_screen.panes
        await ran(pilot, "f5")
        await pilot.press("n")
        await ran(pilot, "f5")
        assert panes.loss_chart.run.steps == 3
        assert panes.loss_chart.border_title == "Loss", "another cell raised"
        await pilot.press("n", "f5")
        await until(pilot, lambda: panes.output.asking)
        panes.cells.focus()
        await ran(pilot, "i")
        await shows(pilot, "raised an error", "■ input()", "interrupted")
        await pilot.press("S")
        await until(pilot, lambda: json.loads(path.read_bytes())["cells"][2]["outputs"])
    (*_, error) = json.loads(path.read_bytes())["cells"][2]["outputs"]
    assert (error["output_type"], error["ename"]) == ("error", "KeyboardInterrupt")


async def test_the_cells_above_run_first(opens: Opens, tmp_path: Path) -> None:
    path = notebook_file(
        tmp_path / "notes.ipynb", {"source": "x = 1"}, {"source": "y = x + 1"}, {"source": "print(x + y)"}
    )
    async with opens(path, size=NARROW) as pilot:
        await pilot.press("end")
        await ran(pilot, "f4")
        await shows(pilot, "Ran 2 cells.", "cell 3/3")
        assert await ran(pilot, "f5") == "3"


async def test_the_list_of_cells_stays_beside_the_code_that_fills_the_screen(opens: Opens, tmp_path: Path) -> None:
    async with opens(script(tmp_path, CELLS), size=NARROW) as pilot:
        panes = app_of(pilot).program_screen.panes
        await pilot.press("n")
        await pilot.pause()
        before = panes.editor.size.height
        await pilot.press("z")
        await pilot.pause()
        assert panes.editor.size.height > before
        assert panes.cells.has_focus and panes.cells.size.height == 5 and not panes.output.size
        await pilot.press("z")
        await pilot.pause()
        assert panes.editor.size.height == before and panes.output.size
        panes.output.view.focus()
        await pilot.press("z")
        await pilot.pause()
        assert panes.output.size and not panes.cells.size


async def test_the_line_that_a_replay_is_at_stays_in_sight_when_the_output_grows(opens: Opens, tmp_path: Path) -> None:
    code = "x = 1\n" * 36 + "for i in range(30):\n    print(i)\n"
    async with opens(script(tmp_path, code), size=NARROW) as pilot:
        screen = app_of(pilot).program_screen
        await pilot.press("f6")
        await until(pilot, lambda: screen.has_class("-replaying"))
        await pilot.press("end")
        await pilot.pause()
        editor = screen.panes.editor
        top = editor.scroll_offset.y
        assert top < (editor.lit_line or 0) <= top + editor.scrollable_content_region.height
