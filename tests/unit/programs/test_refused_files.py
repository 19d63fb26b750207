"""What is no program is refused in one sentence, in a terminal and outside of one, and left as it is."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from tui_torch.console.programs import command_line
from tui_torch.refused import RefusedError

CONTENTS: dict[str, tuple[bytes, str]] = {
    "picture.py": (b"\x89PNG\r\n\x1a\n\0\0", "is no Python program, since it is no text"),
    "latin.py": (b"# one\n# two\nname = '\xe4'\n", "is not written in utf-8, as Python expects: see line 3"),
    "words.ipynb": (b"Dear diary", "is no notebook: line 1 is no JSON"),
    "list.ipynb": (b"[1, 2]", "is no notebook"),
    "empty.ipynb": (b"", "is no notebook"),
    "future.ipynb": (json.dumps({"nbformat": 99, "cells": []}).encode(), "version 99"),
    "picture.ipynb": (b"\x89PNG\r\n\x1a\n\0\0", "is no notebook"),
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def refusal(path: Path, monkeypatch: pytest.MonkeyPatch, *, in_terminal: bool) -> str:
    stream = Terminal if in_terminal else io.StringIO
    for name in ("stdin", "stdout"):
        monkeypatch.setattr(f"sys.{name}", stream())
    # What is not refused must not draw on the terminal of the tests.
    monkeypatch.setattr(command_line, "_open_in_app", lambda *opened, **how: pytest.fail(f"{path} was opened"))
    with pytest.raises(RefusedError) as refused:
        command_line.open_command.main([str(path), "--trust"], standalone_mode=False)
    return str(refused.value)


@pytest.mark.parametrize("in_terminal", [True, False], ids=["in a terminal", "outside of one"])
def test_each_is_refused_in_one_sentence_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_terminal: bool
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    for name, (content, _) in CONTENTS.items():
        (tmp_path / name).write_bytes(content)
    for name in ("large.ipynb", "large.py"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(50_000_000)
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    said = {name: words for name, (_, words) in CONTENTS.items()} | {
        "large.ipynb": "has more than 32 MB, too much to show; `jupyter nbconvert --clear-output --inplace` on it",
        "large.py": "has more than 1 MB, too much to show",
        "folder.py": "is a folder, expected a file with a program",
        "pipe.py": "is no regular file, expected one with a program",
        "none.py": "there is no ",
        "none.ipynb": "there is no ",
    }
    for name, words in said.items():
        sentence = refusal(tmp_path / name, monkeypatch, in_terminal=in_terminal)
        assert words in sentence and str(tmp_path / name) in sentence and "\n" not in sentence, sentence
    assert all((tmp_path / name).read_bytes() == content for name, (content, _) in CONTENTS.items())
