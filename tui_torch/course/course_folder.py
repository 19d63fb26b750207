"""The files of a course's folder: `course.yaml`, and a folder of lessons for each track."""

from __future__ import annotations

import os
from pathlib import Path

COURSE_FILE = "course.yaml"
"""The name of the file that makes a folder a course."""
MAP_FILE = "map.yaml"
"""The name of the file, which a course need not have, of the topics that it leads to."""


def lesson_files(folder: Path) -> list[str]:
    """The names of the files in a track's folder that look like lessons; none where there is no such folder."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 (the names are all that is needed)
    except OSError:
        return []
    return sorted(name for name in names if name.endswith((".yaml", ".yml")) and not name.startswith("."))


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a path is a link, or behind one, to outside a folder."""
    # Unlike Path.resolve, realpath returns a path even for links that form a circle.
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
