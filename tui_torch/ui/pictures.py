"""Pictures of the screen that the learner keeps: SVG files in the current folder."""

from __future__ import annotations

from itertools import count
from pathlib import Path

MOST_NAMES = 1000
"""Maximum number of pictures of one name."""


def save_picture(svg: str, name: str) -> Path:
    """Write a picture into the current folder, as `name.svg`, or `name-2.svg` if there is one; return its path.

    Raises OSError when it cannot be written.
    """
    folder = Path.cwd()
    for number in count(1):
        path = folder / (f"{name}.svg" if number == 1 else f"{name}-{number}.svg")
        try:
            with path.open("x", encoding="utf-8", errors="replace") as file:
                file.write(svg)
        except FileExistsError:
            if number == MOST_NAMES:
                raise
        else:
            return path
    raise AssertionError  # count() never ends
