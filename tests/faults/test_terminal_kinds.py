"""The terminals that learners have, and a machine on which PyTorch is missing or broken."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.nursery import COMMAND
from tests.terminal import F5, Open

LESSON = "gradients"

WITH_ITS_OWN_ZYGOTE: dict[str, str | None] = {"TUI_TORCH_NURSERY": None}
"""What a process learns of the locale, and of PyTorch, it learns as it starts."""

KINDS: dict[str, dict[str, str | None]] = {
    "dumb": {"TERM": "dumb", "COLORTERM": None},
    "xterm": {"TERM": "xterm", "COLORTERM": None},
    "screen": {"TERM": "screen", "COLORTERM": None},
    "tmux-256color": {"TERM": "tmux-256color", "COLORTERM": None},
    "no colour": {"NO_COLOR": "1"},
    "LANG=C": {"LANG": "C"} | WITH_ITS_OWN_ZYGOTE,
    "LC_ALL=POSIX": {"LC_ALL": "POSIX"} | WITH_ITS_OWN_ZYGOTE,
    "no locale": {"LANG": None} | WITH_ITS_OWN_ZYGOTE,
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
    terminal = open_terminal(LESSON, environment=WITH_ITS_OWN_ZYGOTE | {"PYTHONPATH": path})
    terminal.wait_for("Three scalars", "dead", "No code can run: see the output.", "tui-torch doctor")
    terminal.press(F5)
    terminal.wait_for("tui-torch doctor")
    assert "Traceback" not in terminal.text
    terminal.press("n")
    terminal.wait_for("Your answer")
    terminal.press("q")
    assert terminal.wait_for_the_end() == 0


# What the doctor says of them

SPAWNING = (sys.executable, "-m", "tui_torch")

SAID: dict[str, tuple[dict[str, str | None], tuple[int, int], int, tuple[str, ...]]] = {
    "all well": (
        {},
        (120, 40),
        0,
        ("120x40", "truecolor", "utf-8", "starts, and runs code", "is saved", "All is well"),
    ),
    "dumb": ({"TERM": "dumb", "COLORTERM": None}, (120, 40), 1, ("TERM=dumb", "120x40", "until what is marked")),
    "no colour": ({"NO_COLOR": "1"}, (120, 40), 0, ("none, since NO_COLOR is set", "All is well")),
    "xterm": ({"TERM": "xterm", "COLORTERM": None}, (120, 40), 0, ("standard", "set COLORTERM=truecolor")),
    "LANG=C": ({"LANG": "C"}, (120, 40), 0, ("ASCII only", "set LANG to a UTF-8 locale", "could be better: encoding")),
    "small": ({}, (60, 15), 0, ("60x15", "make it 80x24 or larger", "could be better: size")),
    "no home": ({"TUI_TORCH_HOME": "/dev/null/home"}, (120, 40), 0, ("in memory only", "set TUI_TORCH_HOME to one")),
}
"""A terminal and its size; how the doctor ends there, and what of it says what is wrong and what to do."""


DOCTORS_MANY = ("no colour", "xterm", "small")
"""Those of which the doctor finds out one thing as it does of another."""


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.slow if kind in DOCTORS_MANY else ()) for kind in SAID]
)
def test_the_doctor_says_what_a_terminal_lacks_and_what_to_do(open_terminal: Open, kind: str) -> None:
    environment, size, code, said = SAID[kind]
    program = SPAWNING if kind == "all well" else COMMAND
    terminal = open_terminal("doctor", program=program, environment=environment, size=size)
    terminal.wait_until(lambda: re.search("All is well|what is marked", terminal.text), "its verdict")
    assert terminal.wait_for_the_end() == code
    written = re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;]*m", "", terminal.written.decode()))
    for words in said:
        assert words in written
    for about in ("kernel", "torch", "terminal", "size", "colours", "encoding", "home", "database"):
        assert f" {about} " in written
    assert "Traceback" not in written
    if kind in ("dumb", "no colour"):
        assert not colours(bytes(terminal.written))
    if kind == "LANG=C":
        assert bytes(terminal.written).isascii()
