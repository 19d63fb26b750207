"""Each import contract is broken on purpose in a copy of the package, and `lint-imports` reports that one by name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BREAKS = {
    "protocol imports another room": (
        "protocol/events.py",
        "import tui_torch.course.naming",
        "What crosses the processes imports the standard library alone",
    ),
    "protocol imports a library": (
        "protocol/wire.py",
        "def late():\n    import pydantic",
        "What crosses the processes imports the standard library alone",
    ),
    "drawing imports the tutor": (
        "drawing/canvas/canvas.py",
        "from tui_torch.tutor import tutor",
        "Drawing knows what crosses, and how to make characters of it",
    ),
    "drawing imports Textual": (
        "drawing/text/numbers.py",
        "import textual.strip",
        "Drawing knows what crosses, and how to make characters of it",
    ),
    "formulas import Textual": (
        "formulas/rows.py",
        "import textual.content",
        "Formulas know LaTeX, Markdown, and how wide characters are",
    ),
    "the probe imports the kernel's session": (
        "probe/training/recorder.py",
        "from tui_torch.kernel import session",
        "The probe knows PyTorch, its kernel, and what crosses",
    ),
    "the probe draws": (
        "probe/values/summary.py",
        "def late():\n    from tui_torch.drawing.text import numbers",
        "The probe knows PyTorch, its kernel, and what crosses",
    ),
    "the tutor draws": ("tutor/practice.py", "from tui_torch.drawing.canvas import canvas", "The tutor draws nothing"),
    "the tutor prints": ("tutor/tutor.py", "import rich.console", "The tutor draws nothing"),
    "a face loads the probe": (
        "console/run.py",
        "import tui_torch.probe.values.short_repr",
        "The two faces never load the probe",
    ),
    "a face loads the probe by way of the tutor": (
        "tutor/config.py",
        "import tui_torch.probe.source",
        "The two faces never load the probe",
    ),
    "the app imports torch": ("ui/app.py", "def late():\n    import torch", "Only the probe imports torch"),
    "drawing imports torch": ("drawing/charts/curve.py", "import torch.nn", "Only the probe imports torch"),
    "the course imports the tutor": (
        "course/loader.py",
        "from tui_torch.tutor import config",
        "The kernel and the course know nothing of teaching or drawing",
    ),
    "the lesson screen imports the app": (
        "ui/lesson/screen.py",
        "def late():\n    from tui_torch.ui.app import TutorApp",
        "No room imports one that imports it",
    ),
    "the canvas imports a chart": (
        "drawing/canvas/canvas.py",
        "import tui_torch.drawing.charts.loss_plot",
        "No room imports one that imports it",
    ),
}


def broken_contracts(folder: Path) -> tuple[list[str], str]:
    """The names of the contracts that `lint-imports` finds broken in a folder, and all that it prints."""
    lint = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(lint, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    lines = [line.strip() for line in said.splitlines()]
    return [line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")], said


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, its contracts, and the kind of contract that is our own."""
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tui_torch", tmp_path / "tui_torch", ignore=without_caches)
    shutil.copytree(ROOT / "tests" / "house", tmp_path / "tests" / "house", ignore=without_caches)
    (tmp_path / "tests" / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_package_keeps_every_contract(copy: Path) -> None:
    broken, said = broken_contracts(copy)
    assert broken == [], said
    assert ", 0 broken" in said


@pytest.mark.parametrize("what", BREAKS)
def test_a_contract_that_is_broken_is_reported(copy: Path, what: str) -> None:
    module, statement, contract = BREAKS[what]
    file = copy / "tui_torch" / module
    file.write_text(f"{file.read_text('utf-8')}\n\n{statement}\n", "utf-8")
    broken, said = broken_contracts(copy)
    assert contract in broken, said


def test_a_contract_about_a_package_that_is_gone_is_an_error(copy: Path) -> None:
    contracts = copy / "pyproject.toml"
    text = contracts.read_text("utf-8")
    contracts.write_text(text.replace('package = "tui_torch.drawing"', 'package = "tui_torch.sketches"'), "utf-8")
    _, said = broken_contracts(copy)
    assert "tui_torch.sketches does not exist" in said
