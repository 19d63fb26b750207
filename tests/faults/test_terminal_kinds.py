"""The terminals that learners have, and a machine on which PyTorch is missing or broken."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.terminal import F5, Open

LESSON = "gradients"

KINDS: dict[str, dict[str, str | None]] = {
    "dumb": {"TERM": "dumb", "COLORTERM": None},
    "xterm": {"TERM": "xterm", "COLORTERM": None},
    "screen": {"TERM": "screen", "COLORTERM": None},
    "tmux-256color": {"TERM": "tmux-256color", "COLORTERM": None},
    "no colour": {"NO_COLOR": "1"},
    "LANG=C": {"LANG": "C"},
    "LC_ALL=POSIX": {"LC_ALL": "POSIX"},
    "no locale": {"LANG": None},
}

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
"""What sets colours, and other attributes."""


def colours(written: bytes) -> set[bytes]:
    """All that was said of colours: 31, 48;5;7, 38;2;1;2;3 and so on, and the default colour."""
    return {
        said.group()
        for sgr in set(SGR.findall(written))
        for said in re.finditer(rb"(?<![0-9])(?:[34]8[;:][0-9;:]+|(?:[34]|9|10)[0-79])(?![0-9])", sgr)
    }


MANY = ("xterm", "tmux-256color", "LC_ALL=POSIX", "no locale")
"""Those that take the way of another."""


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.slow if kind in MANY else ()) for kind in KINDS])
def test_the_app_plays_a_lesson_in_every_kind_of_terminal(open_terminal: Open, kind: str) -> None:
    terminal = open_terminal(LESSON, environment=KINDS[kind], size=(80, 24))
    terminal.wait_for("Three scalars", "ready")
    terminal.press(F5)
    terminal.wait_for("dy/dw: tensor(3.)", "Ran in", "F5 Run")
    for key, shown in (("l", "steps done"), ("?", "run the code")):
        terminal.press(key)
        terminal.wait_for(shown)
        terminal.press("q")
        terminal.wait_until(lambda shown=shown: shown not in terminal.text, f"{shown!r} gone")
    terminal.press("t")
    terminal.wait_for("w.grad")
    terminal.press("q")
    assert terminal.wait_for_the_end() == 0
    written = bytes(terminal.written)
    assert written.isascii() == (kind in ("LANG=C", "LC_ALL=POSIX"))
    said = colours(written)
    if kind in ("dumb", "no colour"):
        assert not said
    elif KINDS[kind].get("COLORTERM", "truecolor") is None:
        assert said
        assert not any(b"8;2;" in one for one in said), "a terminal that did not say so may not know 24-bit colours"


BROKEN = {
    "missing": "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')",
    "broken": "raise ImportError('libcudart.so.12: cannot open shared object file')",
    "deadly": "import os; os._exit(7)",
}


@pytest.mark.parametrize("how", BROKEN)
def test_without_pytorch_one_sentence_says_so_and_lessons_can_be_read(
    open_terminal: Open, tmp_path: Path, how: str
) -> None:
    torch = tmp_path / "broken" / "torch"
    torch.mkdir(parents=True)
    (torch / "__init__.py").write_text(BROKEN[how])
    path = os.pathsep.join([str(torch.parent), os.environ.get("PYTHONPATH", "")])
    terminal = open_terminal(LESSON, environment={"PYTHONPATH": path})
    terminal.wait_for("Three scalars", "dead", "No code can run: see the output.", "tui-torch doctor")
    terminal.press(F5)
    terminal.wait_for("tui-torch doctor")
    assert "Traceback" not in terminal.text
    terminal.press("n")
    terminal.wait_for("Your answer")
    terminal.press("q")
    assert terminal.wait_for_the_end() == 0
