"""Which modules are broken, and whose tests should notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Area:
    """Modules and the tests that are about them, as globs and folders below the root."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    is_traced: bool = True
    """Whether tracing finds the tests that run a line. It does not where the modules set a trace function themselves:
    there each test of the area is tried on each mutant."""

    def paths(self) -> list[str]:
        """The modules, relative to the root. Raises FileNotFoundError for a glob that matches none."""
        found: list[str] = []
        for glob in self.modules:
            paths = sorted(ROOT.glob(glob))
            if not paths:
                raise FileNotFoundError(f"no module matches {glob}: has it moved? See {__file__}")
            found += [str(path.relative_to(ROOT)) for path in paths if path.name != "__init__.py"]
        return found


AREAS = {
    "recorder": Area(
        (
            "tui_torch/probe/training/recorder.py",
            "tui_torch/probe/training/backward_log.py",
            "tui_torch/probe/training/optimizers.py",
            "tui_torch/probe/training/norms/gradient_norms.py",
            "tui_torch/probe/training/epochs.py",
        ),
        ("tests/unit/probe/training",),
    ),
    "series": Area(("tui_torch/probe/training/series.py",), ("tests/unit/probe/training",)),
    "summary": Area(
        ("tui_torch/probe/values/summary.py", "tui_torch/probe/values/module_tree.py"), ("tests/unit/probe/values",)
    ),
    "grading": Area(("tui_torch/probe/lesson/grading.py",), ("tests/unit/probe/lesson",)),
    "verify": Area(("tui_torch/course/**/verify.py",), ("tests/unit/course/proof",)),
    "play": Area(("tui_torch/course/**/play.py",), ("tests/unit/course/proof",)),
    "progress": Area(("tui_torch/tutor/progress/*.py",), ("tests/unit/tutor", "tests/faults/test_progress_file.py")),
    "trace": Area(
        ("tui_torch/probe/replay/*.py", "tui_torch/probe/replay/listening/*.py"),
        ("tests/unit/probe/replay",),
        is_traced=False,
    ),
    "chunks": Area(("tui_torch/protocol/trace_chunks.py",), ("tests/unit/protocol",)),
    "coach": Area(("tui_torch/probe/coach/*.py",), ("tests/unit/probe/coach",)),
    "rules": Area(("tui_torch/probe/coach/rules/*.py",), ("tests/unit/probe/coach",)),
}
