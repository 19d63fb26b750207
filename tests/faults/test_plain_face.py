"""What the commands without a screen write, where files, code and arguments hold what a terminal would obey."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.faults.test_terminal_output import CONTROL, EVIL
from tests.nursery import COMMAND
from tests.terminal import Open

pytestmark = pytest.mark.xdist_group("plain face")

SGR = re.compile(rb"\r?\n|\x1b\[[0-9;]*m|\x1b\]8;[^\x07\x1b]*\x1b\\|\x1b\[\?25[lh]|\x1b\[[0-9]*[AKG]|\x1b\[2K|\r")
"""Lines, colours, links, and how Rich redraws a chart."""

LESSON = f"""\
schema: 1
id: loud
title: "Loud {EVIL}"
summary: "Loud {EVIL}"
minutes: 1
setup: import torch
steps:
  - id: one
    kind: example
    title: "One {EVIL}"
    text: "Text {EVIL}, [a link](http://x{EVIL}), `code {EVIL}`."
    code: "# {EVIL}\\nprint('{EVIL}')\\nkeyed = {{'{EVIL}': 1}}\\nraise ValueError('{EVIL}')"
    expect: {{raises: ValueError}}
  - id: two
    kind: quiz
    title: Two
    question: "Question {EVIL}?"
    choices:
      - {{text: "Choice {EVIL}", correct: true, because: "Because {EVIL}."}}
      - {{text: "No {EVIL}", because: "Because {EVIL}."}}
""".replace(r"\x07", r"\a")


@pytest.fixture
def loud(tmp_path: Path) -> Path:
    path = tmp_path / "loud.yaml"
    path.write_text(LESSON, "utf-8")
    return path


def written(open_terminal: Open, *arguments: str) -> str:
    """What a command writes to a terminal, up to its end, when nothing in it commands one."""
    terminal = open_terminal(program=COMMAND + arguments)
    terminal.wait_for_the_end()
    left = SGR.sub(b"", bytes(terminal.written))
    assert not (found := [left[max(0, hit.start() - 40) : hit.end() + 40] for hit in CONTROL.finditer(left)]), found[:3]
    return left.decode()


def test_a_lesson_that_is_played_commands_no_terminal(open_terminal: Open, loud: Path) -> None:
    said = written(open_terminal, "run", "--trust", str(loud))
    assert "Loud ␛[99;99H" in said
    assert "co\\u202ede" not in said and "\\u202e" in said
    assert "Every step did what the lesson says." in said


def test_a_lesson_that_is_played_as_json_has_escapes_for_what_would(open_terminal: Open, loud: Path) -> None:
    said = written(open_terminal, "run", "--json", "--trust", "--step", "one", str(loud))
    step = json.loads(said)
    assert "\x1b]0;owned\x07" in step["output"] and "\u202e" in step["output"]


def test_what_is_wrong_with_a_file_is_said_in_a_line_that_commands_nothing(open_terminal: Open, loud: Path) -> None:
    broken = loud.with_name("bro\nken\x1b]0;owned\x07.yaml")
    broken.write_text(LESSON.replace("minutes: 1", f'"minutes {EVIL}": 1'), "utf-8")
    said = "".join(written(open_terminal, "check", "--fresh", str(broken)).split())  # whatever words begin a line
    assert "unknownkey`minutes␛[99;99H" in said
    assert "broken␛]0;owned␇.yaml:cannotbereadasalesson" in said


@pytest.mark.parametrize("arguments", [("\x1b]0;owned\x07",), ("run", "\x1b]0;owned\x07"), ("run", "--\x1b]0;o\x07")])
def test_an_argument_that_commands_a_terminal_is_said_without_doing_so(
    open_terminal: Open, arguments: tuple[str, ...]
) -> None:
    assert written(open_terminal, *arguments).startswith("tui-torch: ")


def test_a_question_about_a_file_commands_nothing(open_terminal: Open, loud: Path) -> None:
    folder = loud.parent / "theirs\x1b]0;owned\x07\n\u202e"
    folder.mkdir()
    terminal = open_terminal(program=(*COMMAND, "check", str(loud.rename(folder / loud.name))), size=(400, 24))
    terminal.wait_for("Do you trust whoever wrote it?")
    terminal.press("\r")
    assert terminal.wait_for_the_end() == 2
    assert not CONTROL.search(SGR.sub(b"", bytes(terminal.written)))
    assert "theirs␛]0;owned␇ \\u202e/loud.yaml is not part of the course" in " ".join(terminal.text.split())
