"""What the app's process has imported by the time its kernel is ready, in a real launch."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.terminal import Open
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import open_course

OF_LESSONS = {"pydantic", "pydantic_core", "yaml", "tui_torch.course.format", "pylatexenc"}
NOT_NEEDED = {*OF_LESSONS, "torch", "numpy", "IPython", "ipykernel"}
NOT_NEEDED |= {"symtable", "tui_torch.programs.cell_runs", "tui_torch.programs.ipython_syntax"}
NOT_NEEDED |= {"tui_torch.course.packages.installed", "tui_torch.tutor.courses.known"}
NOT_NEEDED |= {"PIL", "textual_image", "tui_torch.drawing.figures"}
NOT_NEEDED |= {"fsrs", "statistics", "tui_torch.tutor.practice.items", "tui_torch.tutor.progress.reviews"}
OPENSSL = {"_ssl", "_hashlib"}

PROGRAM = """
import atexit, pathlib, sys
atexit.register(lambda: pathlib.Path(sys.argv[-1]).write_text(" ".join(sys.modules)))
from tui_torch.cli import main
main()
"""


def test_once_lessons_are_kept_the_app_imports_nothing_that_reads_them(open_terminal: Open, tmp_path: Path) -> None:
    kept = tmp_path / "lessons"
    shutil.rmtree(kept, ignore_errors=True)
    every = len(open_course(lessons_folder()).ids) + 1

    first = open_terminal()
    first.wait_until(lambda: kept.is_dir() and len(list(kept.glob("*.json"))) == every, "every lesson kept")
    first.press("q")
    first.wait_for_the_end()

    said = tmp_path / "modules"
    program = (sys.executable, "-c", PROGRAM.replace("sys.argv[-1]", repr(str(said))), "launch")
    second = open_terminal(program=program)
    second.wait_for("ready")
    second.press("q")
    second.wait_for_the_end()
    imported = set(said.read_text().split())
    assert "tui_torch.ui.app" in imported
    assert "jupyter_client" in imported
    assert not (NOT_NEEDED | OPENSSL) & imported
