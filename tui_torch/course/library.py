"""The place of the course that comes with the tutor."""

from __future__ import annotations

from pathlib import Path


def lessons_folder() -> Path:
    """The folder of `course.yaml`: inside the installed package, or next to the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "lessons"
    return installed if installed.is_dir() else package.parent / "lessons"
