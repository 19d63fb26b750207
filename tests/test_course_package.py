"""A course that `tui-torch new --course` writes, as pip installs it: its own test passes, and it is listed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.course_packages import written


def python(*arguments: str, cwd: Path, **environment: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_new_course_passes_its_own_test_and_is_listed_once_pip_has_installed_it(tmp_path: Path) -> None:
    root = str(Path(__file__).parent.parent)
    package = written(tmp_path, "linear-models").parent
    home = {"TUI_TORCH_HOME": str(tmp_path / "home"), "PYTHONPATH": root}
    python("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=package, **home)

    site = tmp_path / "site"
    without_network = ("--no-deps", "--no-index", "--no-build-isolation")
    python("-m", "pip", "install", *without_network, "--target", str(site), ".", cwd=package)
    home["PYTHONPATH"] = f"{root}{os.pathsep}{site}"
    [course] = json.loads(python("-m", "tui_torch", "list", "--json", cwd=tmp_path, **home))["courses"]
    assert (course["name"], course["problem"]) == ("linear-models", None)
    assert course["where"] == "linear-models 0.1.0"
    assert Path(course["folder"]) == site / "linear_models"
    lesson = "linear-models:within-bounds"
    steps = python("-m", "tui_torch", "run", lesson, "--trust", "--json", cwd=tmp_path, **home).splitlines()
    assert [json.loads(step)["status"] for step in steps] == ["ok"] * 5
