"""The app in a pseudo-terminal, at a lesson that is one piece of code."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.launching import OURS
from tests.benchmarks.pseudo_terminal import PseudoTerminal
from tui_torch.kernel.session import AHEAD_AFTER

LESSON = """\
schema: 1
id: measured
title: Measured
summary: Code that is measured.
minutes: 1
steps:
  - id: only
    kind: example
    title: The only step
    text: Run the code.
    code: |
{code}
"""


@contextmanager
def app_at(code: str, home: Path) -> Iterator[PseudoTerminal]:
    """The app at that code, its kernel ready and warm."""
    file = home / "measured.yaml"
    file.write_text(LESSON.format(code=textwrap.indent(code, " " * 6)), "utf-8")
    with PseudoTerminal([*OURS, str(file), "--trust"], {"TUI_TORCH_HOME": str(home)}) as terminal:
        terminal.seen("The only step", "ready")
        terminal.settle(AHEAD_AFTER + 3)  # a kernel imports some things ahead
        yield terminal
