"""Each import contract is broken on purpose in a copy of the package, and `lint-imports` reports that one by name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.xdist_group("import contracts")  # they share the copy

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
    "curves import the probe": (
        "curves/rise.py",
        "import tui_torch.probe.training.series",
        "What numbers alone say knows what crosses",
    ),
    "formulas import Textual": (
        "formulas/rows.py",
        "import textual.content",
        "Formulas know LaTeX, Markdown, and how wide characters are",
    ),
    "programs import the kernel": (
        "programs/reading.py",
        "def late():\n    from tui_torch.kernel import session",
        "One's own programs are files and cells, which nothing here runs or draws",
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
    "the tutor draws": ("tutor/finished.py", "from tui_torch.drawing.canvas import canvas", "The tutor draws nothing"),
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


LINTER = """\
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from importlinter.cli import lint_imports

for _ in sys.stdin:
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        lint_imports(no_cache=True)
    print(json.dumps(said.getvalue()), flush=True)
"""
"""Runs `lint-imports` on the folder that it is in, once for each line that it reads. To import it takes half as long as
to run it."""


class Linted:
    """A copy of the package, its contracts, and the kind of contract that is our own, which `lint-imports` looks at.

    Args:
        folder: Where the copy is.
        linter: The process that looks at it.
    """

    def __init__(self, folder: Path, linter: subprocess.Popen[str]) -> None:
        self._folder = folder
        self._linter = linter

    @contextmanager
    def altered(self, file: str, alter: Callable[[str], str]) -> Iterator[None]:
        """Meanwhile, a file has another text."""
        path = self._folder / file
        text = path.read_text("utf-8")
        altered = alter(text)
        assert altered != text
        path.write_text(altered, "utf-8")
        try:
            yield
        finally:
            path.write_text(text, "utf-8")

    def broken_contracts(self) -> tuple[list[str], str]:
        """The names of the contracts that are found broken, and all that is said."""
        assert self._linter.stdin is not None and self._linter.stdout is not None
        print(file=self._linter.stdin, flush=True)
        said: str = json.loads(self._linter.stdout.readline())
        lines = [line.strip() for line in said.splitlines()]
        return [line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")], said


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linted]:
    folder = tmp_path_factory.mktemp("copy")
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tui_torch", folder / "tui_torch", ignore=without_caches)
    shutil.copytree(ROOT / "tests" / "house", folder / "tests" / "house", ignore=without_caches)
    (folder / "tests" / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", folder)
    environment = {**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    command = [sys.executable, "-c", LINTER]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=PIPE, stdout=PIPE, text=True) as linter:
        yield Linted(folder, linter)


def test_the_package_keeps_every_contract(copy: Linted) -> None:
    broken, said = copy.broken_contracts()
    assert broken == [], said
    assert ", 0 broken" in said


def in_rounds() -> list[list[str]]:
    """What breaks contracts, as little apart as it can be: no two of a round are of the same contract or module."""
    rounds: list[list[str]] = []
    for what, (module, _, contract) in BREAKS.items():
        for one in rounds:
            if not {module, contract} & {said for other in one for said in (BREAKS[other][0], BREAKS[other][2])}:
                one.append(what)
                break
        else:
            rounds.append([what])
    return rounds


@pytest.fixture(scope="module")
def reported(copy: Linted) -> dict[str, tuple[list[str], str]]:
    """What is said of each, with the others of its round."""
    found: dict[str, tuple[list[str], str]] = {}
    for one in in_rounds():
        with ExitStack() as stack:
            for module, statement, _ in map(BREAKS.__getitem__, one):
                added = f"\n\n{statement}\n"
                stack.enter_context(copy.altered(f"tui_torch/{module}", lambda text, added=added: text + added))
            found |= dict.fromkeys(one, copy.broken_contracts())
    return found


@pytest.mark.parametrize("what", BREAKS)
def test_a_contract_that_is_broken_is_reported(reported: dict[str, tuple[list[str], str]], what: str) -> None:
    module, _, contract = BREAKS[what]
    broken, said = reported[what]
    assert contract in broken, said
    dotted = Path("tui_torch", module).with_suffix("").as_posix().replace("/", ".")
    assert dotted in said or f"- .{Path(module).parts[1]} ->" in said, said


def test_a_contract_about_a_package_that_is_gone_is_an_error(copy: Linted) -> None:
    def sketches(text: str) -> str:
        return text.replace('package = "tui_torch.drawing"', 'package = "tui_torch.sketches"')

    with copy.altered("pyproject.toml", sketches):
        _, said = copy.broken_contracts()
    assert "tui_torch.sketches does not exist" in said
