"""A program that ctrl+c ended is ended by the signal, whatever is computed at its end."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

AT_THE_END = """\
import atexit, collections, signal, sys
from tui_torch.probe.watch.unhandled_interrupt import keep_unhandled_interrupt

if sys.argv[1] == "kept":
    atexit.register(keep_unhandled_interrupt)
atexit.register(lambda: collections.namedtuple("Made", "at_the_end"))
"""
ENDS = {
    "an interrupt": "signal.raise_signal(signal.SIGINT)",
    "an error": "raise ValueError",
    "an interrupt that is handled": "try:\n    signal.raise_signal(signal.SIGINT)\nexcept KeyboardInterrupt:\n    pass",
    "an exit code": "sys.exit(3)",
}


def exit_code(end: str, how: str) -> int:
    program = [sys.executable, "-c", AT_THE_END + ENDS[end], how]
    return subprocess.run(program, stderr=subprocess.DEVNULL, check=False).returncode


@pytest.mark.parametrize(
    ("end", "code"),
    [("an interrupt", -signal.SIGINT), ("an error", 1), ("an interrupt that is handled", 0), ("an exit code", 3)],
)
def test_a_program_ends_as_it_does_where_nothing_is_made_at_its_end(end: str, code: int) -> None:
    assert exit_code(end, "kept") == code


def test_python_forgets_the_interrupt_where_something_is_made_afterwards() -> None:
    assert exit_code("an interrupt", "not kept") == 1
