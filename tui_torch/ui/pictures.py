"""Pictures that the learner keeps: files in the current folder."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

MOST_NAMES = 1000
"""Maximum number of pictures of one name."""
MOST_OF_FOLDER = 40
"""Maximum number of characters of a folder that are said, of a longer one its last."""


def save_picture(svg: str, name: str) -> Path:
    """Write a picture of the screen into the current folder, as `name.svg`, or `name-2.svg` if there is one.

    Returns its path. Raises OSError when it cannot be written.
    """
    return _save(svg.encode("utf-8", "replace"), name, "svg")


def save_figure(png: bytes) -> Path:
    """Write a figure into the current folder, as `figure.png`, or `figure-2.png` if there is one; return its path.

    Raises OSError when it cannot be written.
    """
    return _save(png, "figure", "png")


def saved_as(path: Path) -> str:
    """Say where something was saved, in few words: its name, and the folder, by its end where it is long."""
    folder, home = path.parent, Path(os.path.expanduser("~"))  # noqa: PTH111 - it never raises
    inside = folder.is_relative_to(home) and home != Path(home.anchor)
    words = str(Path("~") / folder.relative_to(home)) if inside else str(folder)
    if len(words) > MOST_OF_FOLDER:
        words = f"…{words[-MOST_OF_FOLDER:]}"
    return f"Saved as {path.name} in {words}"


def _save(content: bytes, name: str, suffix: str) -> Path:
    folder = Path.cwd()
    for number in count(1):
        path = folder / (f"{name}.{suffix}" if number == 1 else f"{name}-{number}.{suffix}")
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            if number == MOST_NAMES:
                raise
        else:
            return path
    raise AssertionError  # count() never ends
