"""While a cell runs the others can be read and edited, and what it does stays its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.conftest import shows, until
from tests.ui.programs.conftest import Opens, app_of, notebook_file, ran

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

WAITS = """\
# %% Waits
print("it begins")
line = input("go on? ")
print(f"it ends: {line}")

# %% Next
x = 1

# %% Wrong
print("before")
1 / 0
"""


async def test_another_cell_is_read_and_edited_while_one_runs(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "waits.py"
    path.write_text(WAITS, "utf-8")
    async with opens(path) as pilot:
        app = app_of(pilot)
        screen = app.program_screen
        panes, run = screen.panes, screen.run
        await pilot.press("n")
        assert await ran(pilot, "f5") == ""
        await pilot.press("p", "f5")
        await until(pilot, lambda: panes.output.asking)
        panes.cells.focus()
        await pilot.press("n")
        await shows(pilot, "cell 2/3", "Output of cell 1", "In [*]", "it begins")
        await pilot.press("e", *"y = 2", "enter", "escape", "f5")
        await shows(pilot, "It is running")
        assert app.program.codes == {"cell-2": "y = 2\nx = 1"}
        screen.kernel.answer("yes")
        await until(pilot, lambda: run.in_progress is None)
        await shows(pilot, "Cell 1 ran in", "Output of cell 1", "it ends: yes", "edited since")
        await pilot.press("n")
        assert "it ends" not in panes.output.plain()
        await pilot.press("p", "p")
        assert "it ends: yes" in panes.output.plain()
        await shows(pilot, "cell 1/3", "In [2]")


async def test_an_error_of_a_cell_that_was_left_marks_no_line_of_another(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "waits.py"
    path.write_text(WAITS.replace('print("before")', "input()"), "utf-8")
    async with opens(path) as pilot:
        screen = app_of(pilot).program_screen
        await pilot.press("end", "f5")
        await until(pilot, lambda: screen.panes.output.asking)
        screen.panes.cells.focus()
        await pilot.press("home")
        screen.kernel.answer("")
        await until(pilot, lambda: screen.run.in_progress is None)
        await shows(pilot, "Cell 3 raised an error in line 11", "ZeroDivisionError", "cell 1/3")
        assert screen.panes.editor.failed_line is None


async def test_what_is_typed_next_stays_in_its_cell_whatever_ran_and_a_key_goes_to_the_error(
    opens: Opens, tmp_path: Path
) -> None:
    cells = ({"source": "x = 1"}, {"source": "x"}, {"source": "1 / 0"}, {"source": "x + 1"})
    async with opens(notebook_file(tmp_path / "n.ipynb", *cells)) as pilot:
        program, panes = app_of(pilot).program, app_of(pilot).program_screen.panes
        await pilot.press("n", "e", "end")
        await ran(pilot, "f8")
        assert panes.output.plain() == "→ 1"
        await shows(pilot, "Ran 4 cells; one raised an error: esc, then ] goes to cell 3.", "cell 2/4")
        await pilot.press(*" + 4")
        assert (program.at, panes.editor.text) == (1, "x + 4")
        await pilot.press("escape", "right_square_bracket")
        assert program.at == 2
        assert "ZeroDivisionError" in panes.output.plain()
    script = tmp_path / "cells.py"
    script.write_text("# %% A\nx = 1\n\n# %% B\n1 / 0\n", "utf-8")
    async with opens(script) as pilot:
        await pilot.press("e", "end")
        await ran(pilot, "f8")
        await shows(pilot, "It raised an error in line 5: esc, then ] goes to cell 2.", "cell 1/2")
        await pilot.press("2", "escape", "right_square_bracket")
        assert app_of(pilot).program.codes == {"cell-1": "x = 12"}
        await shows(pilot, "cell 2/2")


async def test_an_error_of_the_script_as_a_program_is_gone_to(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "waits.py"
    path.write_text("# %% Makes\nx = 1\n\n# %% Wrong\nprint(x, __name__)\n1 / 0\n\n# %% Never\nprint(3)\n", "utf-8")
    async with opens(path) as pilot:
        screen = app_of(pilot).program_screen
        said = await ran(pilot, "f8")
        assert said.startswith("1 __main__") and "ZeroDivisionError" in said
        assert screen.panes.editor.failed_line == 6
        await shows(pilot, "cell 2/3", "Output", "ran in the program", "raised an error")
        states = app_of(pilot).program.states
        assert [(one.in_program, one.has_raised) for one in states.values()] == [(1, 0), (1, 1), (0, 0)]
        await pilot.press("p")
        assert "ZeroDivisionError" in screen.panes.output.plain()
        await shows(pilot, "Output of the program")
        await pilot.press("n")
        assert "x is made in a cell above, which begins at line 2 and ran as part of the program" in await ran(
            pilot, "f5"
        )


async def test_the_replay_of_the_whole_script_goes_from_cell_to_cell(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "cells.py"
    path.write_text("# %% One\nx = 1\n\n# %% Two\ny = x + 1\n\n# %% Three\nprint(x + y)\n", "utf-8")
    async with opens(path) as pilot:
        app = app_of(pilot)
        screen = app.program_screen
        await pilot.press("end", "f9")
        await until(pilot, lambda: screen.has_class("-replaying"))
        at: list[tuple[int, int | None]] = []
        for _ in range(3):
            at.append((app.program.at, screen.panes.editor.lit_line))
            await pilot.press("right")
        assert at == [(0, 2), (1, 5), (2, 8)]
        assert screen.panes.output.shown() == "3"
        await pilot.press("escape", "e", "ctrl+end", *"  # typed", "escape")
        assert app.program.codes == {"cell-3": "print(x + y)  # typed"}


async def test_an_error_in_a_function_is_at_its_own_line_wherever_that_was_called(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "calls.py"
    path.write_text("def f(x):\n    return x / 0\n\n\ndef g(x):\n    return f(x)\n\n\nx = 1\ng(x)\n", "utf-8")
    async with opens(path) as pilot:
        editor = app_of(pilot).program_screen.panes.editor
        said = await ran(pilot, "f5")
        assert said.splitlines()[:2] == ["line 2 in f  return x / 0", "ZeroDivisionError: division by zero"]
        assert (editor.failed_line, editor.cursor_location) == (2, (1, 0))
        await shows(pilot, "It raised an error in line 2")
        editor.move_cursor((8, 0))
        await pilot.press("right_square_bracket")
        assert editor.cursor_location == (1, 0)
    path = tmp_path / "cells.py"
    path.write_text("# %% A\ndef f(x):\n    return x / 0\n\n# %% B\nx = 1\n\n# %% C\nx = 2\nf(x)\n", "utf-8")
    async with opens(path) as pilot:
        screen = app_of(pilot).program_screen
        await ran(pilot, "f5")
        await pilot.press("end")
        await ran(pilot, "f5")
        assert screen.panes.editor.failed_line == 10, "what ran is the cell"
        await pilot.press("home")
        await ran(pilot, "f8")
        assert (app_of(pilot).program.at, screen.panes.editor.failed_line) == (0, 3)
        states = app_of(pilot).program.states
        assert [(one.in_program, one.has_raised) for one in states.values()] == [(1, 1), (1, 0), (1, 0)]
        await pilot.press("end", "right_square_bracket")
        assert app_of(pilot).program.at == 0


async def test_a_cell_that_ran_in_the_program_shows_no_output_of_a_kernel_before(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "cells.py"
    path.write_text("# %% A\nx = 1\nprint('A')\n\n# %% B\nprint('B', x)\n1 / 0\n", "utf-8")
    async with opens(path) as pilot:
        output = app_of(pilot).program_screen.panes.output
        await pilot.press("end")
        assert "line 6" in await ran(pilot, "f5")
        await pilot.press("e", "ctrl+home", *"x = 2", "enter", "escape")
        assert "line 8" in await ran(pilot, "f8")
        assert output.plain().startswith("A\nB 2\nline 8")
        await pilot.press("f4")
        await shows(pilot, "Ran 1 cell")
        assert output.plain().startswith("A\nB 2\nline 8")
        await shows(pilot, "Output of the program")
        await pilot.press("home")
        assert output.plain() == "A"
        await pilot.press("end")
        assert "line 8" in output.plain()
