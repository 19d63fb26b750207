"""Writes what a program would have held into a file of the tutor's own, where something else takes its place."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from tui_torch.tutor.user_files import data_folder


def set_aside(path: Path, content: bytes) -> Path:
    """Write a content into a new file that is called as the program's, with a number, and return its path.

    Raises OSError where it cannot be written.
    """
    folder = data_folder() / "set-aside"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in count(1):
        target = folder / f"{path.stem[:100]}-{number}{path.suffix}"
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        return target
    raise AssertionError("unreachable")
