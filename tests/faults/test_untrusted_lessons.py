"""`check` runs no code of a file from outside the course before the person at the terminal agrees to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nursery import COMMAND
from tests.terminal import CTRL_C, Open, Terminal

QUESTION = "Do you trust whoever wrote it?"
LESSON = """\
schema: 1
id: theirs
title: Theirs
summary: A file.
minutes: 1
steps:
  - id: one
    kind: example
    title: One
    text: One.
    code: |
      import os
      file = os.environ['TUI_TORCH_HOME'] + '/trace'
      open(file, 'a').write('ran')
"""


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The file that the lesson's code writes to."""
    return tmp_path / "trace"


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "theirs.yaml"
    path.write_text(LESSON, "utf-8")
    return path


def checked(open_terminal: Open, *arguments: str) -> Terminal:
    return open_terminal(program=(*COMMAND, "check", *arguments))


def answered(open_terminal: Open, lesson: Path, keys: str) -> tuple[int | None, str]:
    """The exit code of a check whose question is answered so, and what it says."""
    terminal = checked(open_terminal, str(lesson))
    terminal.wait_for(QUESTION)
    terminal.press(keys)
    if keys == CTRL_C:
        # Python forgets a signal that comes after its last look and before it waits for the line, until the next key.
        terminal.press_until_the_end(keys)
    code = terminal.wait_for_the_end()
    # A row ends amid a word, where it depends on the length of the folder's name.
    return code, "".join(terminal.text.split("\n"))


@pytest.mark.parametrize(("keys", "code"), [("n\r", 2), ("\r", 2), (CTRL_C, 130), ("\x04", 130)], ids=repr)
def test_who_does_not_agree_runs_nothing(open_terminal: Open, lesson: Path, trace: Path, keys: str, code: int) -> None:
    ended, said = answered(open_terminal, lesson, keys)
    assert ended == code
    assert not trace.exists()
    assert "theirs.yaml is not part of the course, and its code would run as you." in " ".join(said.split())
    assert "Traceback" not in said


def test_who_agrees_is_not_asked_again_until_the_file_changes(open_terminal: Open, lesson: Path, trace: Path) -> None:
    ended, said = answered(open_terminal, lesson, "y\r")
    assert (ended, trace.read_text()) == (0, "ran")
    assert "1 step does what the lesson says" in said

    again = checked(open_terminal, "--fresh", str(lesson))
    assert again.wait_for_the_end() == 0
    assert QUESTION not in again.text
    assert trace.read_text() == "ranran"

    lesson.write_text(lesson.read_text("utf-8").replace("'ran'", "'other'"), "utf-8")
    ended, _ = answered(open_terminal, lesson, "n\r")
    assert (ended, trace.read_text()) == (2, "ranran")


def test_whoever_says_so_beforehand_is_not_asked(open_terminal: Open, lesson: Path, trace: Path) -> None:
    terminal = checked(open_terminal, "--trust", str(lesson))
    assert terminal.wait_for_the_end() == 0
    assert trace.read_text() == "ran"
