"""What is published: a wheel that carries the lessons."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_course

ROOT = Path(__file__).parent.parent


def python(*arguments: str, cwd: Path, **environment: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_installed_elsewhere_has_the_course(tmp_path: Path) -> None:
    python("-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT), cwd=tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    elsewhere = tmp_path / "elsewhere"
    python("-m", "pip", "install", "--no-deps", "--no-index", "--target", str(elsewhere), str(wheel), cwd=tmp_path)

    code = "from tui_torch.cli import main; import sys; sys.argv = ['tui-torch', 'list', '--json']; main()"
    home = str(tmp_path / "home")
    told = json.loads(python("-c", code, cwd=tmp_path, PYTHONPATH=str(elsewhere), TUI_TORCH_HOME=home))
    where = python("-c", "import tui_torch; print(tui_torch.__file__)", cwd=tmp_path, PYTHONPATH=str(elsewhere))

    assert Path(where.strip()).is_relative_to(elsewhere)
    installed = [lesson["id"] for track in told["tracks"] for lesson in track["lessons"]]
    assert installed == [lesson.id for lesson in load_course(lessons_folder()).lessons]
