"""Where the course that comes with the tutor lives."""

from __future__ import annotations

from pathlib import Path


def lessons_folder() -> Path:
    """The folder of `course.yaml`: inside the package when it was installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "lessons"
    return installed if installed.is_dir() else package.parent / "lessons"
