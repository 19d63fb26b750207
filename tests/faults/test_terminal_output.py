"""Output that would break a terminal, or a program that draws in one: it is shown as text, in bounded memory."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.nursery import Nursery
from tests.terminal import BACKSPACE, ESCAPE, F5, F7, Open, Terminal
from tui_torch.tutor.progress.progress import Progress

pytestmark = pytest.mark.xdist_group("terminal output")

OURS = re.compile(
    rb"\r?\n|\x1b\[[0-9;]*m"  # lines, colours
    rb"|\x1b\[(?!99;)[0-9]+;[0-9]+H"  # where the next characters go
    rb"|\x1b\[\?(1049|1000|1003|1015|1006|1004|2004|2026|2048|25|7|1016)[hl]"
    rb"|\x1b\[\?(2026|2048)\$p|\x1b\[[<>][0-9]*u"
    rb"|\x1b\]22;[a-z-]*\x07"  # the shape of the mouse pointer
)
"""What the app itself has to say to a terminal."""

CONTROL = re.compile(rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae\x8e\x8f]|\xe2\x81[\xa6-\xa9]")

EVIL = r"\x1b[99;99H\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[?47h\x1b[?5h\x1bc\x1bPq\x1b\\\x9b5n\x90\x07\x0e\u202e"
"""Moves the cursor, sets the title, writes the clipboard, changes modes and the character set, asks for an answer."""

SPOKEN = {
    "output": "print(evil)",
    "errors": "import sys; print(evil, file=sys.stderr)",
    "bytes past Python": "import os; os.write(1, b'\\xff\\xfe\\x00' + evil.encode())",
    "a value": "type('Loud', (), {'__repr__': lambda self: evil})()",
    "an error message": "raise ValueError(evil)",
    "an error's name": "raise type(evil, (Exception,), {})('no')",
    "a key": "{evil: 1}[evil + '!']",
    "names and reprs": (
        "import numpy\n"
        "loud = type('Loud', (), {'__repr__': lambda self: evil})()\n"
        "kind = type(evil, (), {})()\n"
        "keyed = {evil: torch.ones(2)}\n"
        "layers = torch.nn.ModuleDict({evil.replace('.', ''): torch.nn.Linear(1, 1)})\n"
        "table = numpy.zeros(2, dtype=[(evil, 'f4')])\n"
        "print('all of it')"
    ),
    "a warning": "import warnings; warnings.warn(evil)",
    "a prompt": "input(evil)",
}
"""How code can say it."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, home_of_old: Path) -> Path:
    return Path(shutil.copytree(home_of_old, tmp_path_factory.mktemp("home") / "home"))


@pytest.fixture(scope="module")
def playground(home: Path, nursery: Nursery) -> Iterator[Terminal]:
    """One app for all of the tests, at the playground."""
    with Progress.open(home / "progress.db") as progress:
        progress.remember_place("gradients", "three-scalars")
    terminal = Terminal(environment={"TUI_TORCH_HOME": str(home), **nursery.environment})
    terminal.wait_for("Three scalars", "ready")
    yield terminal
    terminal.close()


def run(terminal: Terminal, home: Path, code: str) -> None:
    with Progress.open(home / "progress.db") as progress:
        terminal.edit()
        terminal.press(f"{F7}{BACKSPACE}")
        terminal.wait_until(lambda: progress.draft("gradients", "three-scalars") == "", "an empty editor")
        terminal.paste(code)
        terminal.wait_until(lambda: progress.draft("gradients", "three-scalars") == code, "the code in the editor")
    terminal.press(ESCAPE)
    terminal.wait_for("q Quit", "ready")
    terminal.press(F5)


def nothing_passed(terminal: Terminal) -> None:
    # The end of it may be the beginning of a sequence.
    left = re.sub(rb"\x1b[^a-zA-Z]*$", b"", OURS.sub(b"", bytes(terminal.written)))
    assert not (found := [left[max(0, hit.start() - 40) : hit.end() + 40] for hit in CONTROL.finditer(left)]), found[:3]


@pytest.mark.parametrize("way", SPOKEN)
def test_what_would_command_a_terminal_is_shown_as_text(playground: Terminal, home: Path, way: str) -> None:
    playground.written.clear()
    run(playground, home, f'evil = "{EVIL}"\n{SPOKEN[way]}')
    if way == "a prompt":
        playground.wait_for("The code waits for a line")
        playground.press("42\r")
    playground.wait_for("ready", "F5 Run")
    playground.wait_until(lambda: re.search(r"Ran in|raised an error", playground.text), "the end of the run")
    # Through the tensors, one by one.
    playground.press("t")
    for _ in range(6):
        playground.press("\x1b[B")
        playground.look()
    playground.press("t")
    playground.wait_for("F5 Run")
    nothing_passed(playground)


def test_markup_in_output_is_no_markup(playground: Terminal, home: Path) -> None:
    said = "[bold red]red[/] [link=x]y[/link] [@click=app.quit]z[/] **strong** `code` # head [/nothing]"
    run(playground, home, f"print('{said}')\nkept = {{'{said[:30]}': '[b]'}}\nraise ValueError('[/b] [red] **x**')")
    playground.wait_for("[bold red]red[/] [link=x]y[/link]", "**strong** `code` # head [/nothing]", "[/b] [red] **x**")


FLOODS = {
    "a million lines": ("for i in range(1_000_000): print(i)\nprint('the last')", "the last"),
    "one line of 200 MB": ("print('x' * 200_000_000)\nprint('the last')", "the last"),
    "a value of 200 MB": ("print('the last')\n'x' * 200_000_000", "the last"),
    "an error of 200 MB": ("print('the last')\nraise ValueError('x' * 200_000_000)", "ValueError"),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_output_ends_in_bounded_memory(playground: Terminal, home: Path, flood: str) -> None:
    code, last = FLOODS[flood]
    app = psutil.Process(playground.child.pid)
    run(playground, home, "print('before')")
    playground.wait_for("Ran in", "F5 Run")
    before = app.memory_info().rss
    most = before

    def ended() -> bool:
        nonlocal most
        most = max(most, app.memory_info().rss)
        return last in playground.text and re.search("Ran in|raised", playground.text) and "F5 Run" in playground.text

    run(playground, home, code)
    playground.wait_until(lambda: "running" in playground.text, "the run begun")
    playground.wait_until(ended, "the end of the flood")
    grown = (most - before) / 1e6
    print(f"{flood}: {grown:.0f} MB more at most")  # noqa: T201
    assert most - before < 60_000_000, f"{grown:.0f} MB more"


def test_a_lesson_file_cannot_command_the_terminal(open_terminal: Open, tmp_path: Path) -> None:
    evil = EVIL.replace("'", "")
    lesson = tmp_path / "evil.yaml"
    lesson.write_text(
        f'schema: 1\nid: evil\ntitle: "Title {evil}"\nsummary: "Sum {evil}"\nminutes: 1\nsteps:\n'
        f'  - id: one\n    kind: example\n    title: "Step {evil}"\n    text: "Text {evil} [b]x[/b]"\n'
        f'    code: "print(1)  # {evil}\\n"\n    pin: [x]\n    expect: {{output: "1\\n"}}\n'
    )
    terminal = open_terminal(str(lesson), "--trust")
    terminal.wait_until(lambda: "Step" in terminal.text or not terminal.child.isalive(), "the lesson, or an error")
    if terminal.child.isalive():
        terminal.wait_for("ready")
        terminal.press(F5)
        terminal.wait_for("F5 Run")
        terminal.press("n")
        terminal.look(0.5)
    nothing_passed(terminal)
