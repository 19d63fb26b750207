"""The first cell of an exported notebook: what its checks need, as one module that imports nothing of ours."""

from __future__ import annotations

import ast
import re
from pathlib import Path

NAME = "checks"
"""What the notebook calls the checks of its cells."""
_PARTS = ("slips.py", "rerun.py", "portable.py")
"""Modules of the probe, each of which imports those before it."""
_OURS = re.compile(r"^from (?:tui_torch[\w.]*|__future__) import .*\n", re.MULTILINE)
_FIRST_CELL = """\
# What the checks below need. Run this first; it is not part of the lesson.
import sys
import types

lesson_checks = sys.modules["lesson_checks"] = types.ModuleType("lesson_checks")
exec(r\'\'\'
{source}
\'\'\', lesson_checks.__dict__)
{name} = lesson_checks.CheckedCells(get_ipython(), "{name}")
"""


_STAND_IN = """
try:
    import tui_torch
except ImportError:  # what the lesson logs is drawn by tui-torch alone
    tui_torch = sys.modules["tui_torch"] = types.ModuleType("tui_torch")
    tui_torch.log = lambda **values: None
"""


def first_cell(*, logs: bool = False) -> str:
    """The code of that cell. The text of the modules is read; the probe is not imported.

    Args:
        logs: Whether the lesson's own code imports `log` from tui-torch.
    """
    return _FIRST_CELL.format(source=_source(), name=NAME) + (_STAND_IN if logs else "")


def _source() -> str:
    folder = Path(__file__).parents[2] / "probe" / "lesson"
    texts = ["from __future__ import annotations"]
    for part in _PARTS:
        text = (folder / part).read_text("utf-8")
        body = ast.parse(text).body
        lines = text.splitlines(keepends=True)[body[0].end_lineno :]  # without the docstring
        texts.append(_OURS.sub("", "".join(lines)).strip("\n"))
    # What `rerun.py` asks of the namespace, of which no notebook has one.
    return "\n\n\n".join(texts).replace("seed(random_seed)", "seed_all(random_seed)")
