"""Pictures of one's own programs after a run: a script in one piece, one in cells, and a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot

from tests.spread import in_turn
from tests.ui.conftest import seen, until
from tests.ui.programs.conftest import NARROW, WIDE, app_of, notebook_file
from tests.ui.recorded import CELLS, PROGRAM, RecordedKernel, recording
from tests.ui.test_snapshots import Picture, comes_to_rest
from tui_torch.kernel.session import KernelSession
from tui_torch.programs.calls import call_of
from tui_torch.programs.reading import read_program
from tui_torch.tutor.own_program.opened import OpenedProgram
from tui_torch.tutor.progress.progress import Progress
from tui_torch.ui.program.app import ProgramApp

pytestmark = pytest.mark.usefixtures("seen_always")

SIZES = {"80x24": NARROW, "120x40": WIDE}
COURSE = dict(zip(("Data", "Model", "Train"), CELLS, strict=True))
"""The cells by their titles."""


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path, str], ProgramApp]]:
    """Opens a file in an app whose kernel says what a recorded one said."""
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    with Progress.open(tmp_path / "home" / "progress.db") as progress:

        def app(path: Path, name: str) -> ProgramApp:
            kernel = cast("KernelSession", RecordedKernel(name))
            return ProgramApp(OpenedProgram(read_program(path), call_of(path, (), None), progress, kernel))

        yield app


async def runs(pilot: Pilot[None], name: str, ends: str) -> None:
    """Run what is in the editor, as it was recorded."""
    screen = app_of(pilot).program_screen
    cast("RecordedKernel", screen.kernel).events = recording(name)
    await pilot.press("f5")
    await until(pilot, lambda: ends in seen(pilot.app) and screen.run.in_progress is None)
    await until(pilot, comes_to_rest(pilot.app))


@pytest.mark.parametrize("size", in_turn(SIZES, each=2))
def test_a_script_looks_as_it_did(
    shown: Callable[..., ProgramApp], snap_compare: Picture, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "train.py"
    path.write_text(PROGRAM, "utf-8")

    async def act(pilot: Pilot[None]) -> None:
        await runs(pilot, "a-program", "with exit code 0")

    assert snap_compare(shown(path, "a-program"), terminal_size=size, run_before=act)


@pytest.mark.parametrize(("kind", "size"), in_turn({kind: kind for kind in ("script", "notebook")}, SIZES, each=2))
def test_cells_look_as_they_did(
    shown: Callable[..., ProgramApp], snap_compare: Picture, tmp_path: Path, kind: str, size: tuple[int, int]
) -> None:
    if kind == "script":
        path = tmp_path / "train.py"
        path.write_text("\n\n".join(f"# %% {title}\n{code}" for title, code in COURSE.items()), "utf-8")
    else:
        texts = ({"cell_type": "markdown", "source": f"## {title}\n\nWhat is *needed*."} for title in COURSE)
        cells = ({"source": code} for code in CELLS)
        path = notebook_file(
            tmp_path / "notes.ipynb", *(one for pair in zip(texts, cells, strict=True) for one in pair)
        )

    async def act(pilot: Pilot[None]) -> None:
        for name in ("cells", "cells-2", "cells-3"):
            await runs(pilot, name, "Ran in 42 ms")
            if name != "cells-3":
                await pilot.press("n")
        await pilot.press("p")
        await until(pilot, lambda: "cell 2/3" in seen(pilot.app))
        await pilot.press("e", "ctrl+end", *"  # a draft", "escape")
        await until(pilot, lambda: "edited since" in seen(pilot.app))
        await pilot.press("n")
        await until(pilot, comes_to_rest(pilot.app))

    assert snap_compare(shown(path, "cells"), terminal_size=size, run_before=act)
