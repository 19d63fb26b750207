"""The package that `tui-torch new --course` writes: a course of one lesson, whole as it stands, that pip installs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.found import wrong_name
from tui_torch.course.packages.installed import GROUP
from tui_torch.course.packages.taken import taken
from tui_torch.course.template import template

LESSON = "within-bounds"
"""The id of the lesson that it begins with."""
_TRACK = "first-steps"

_PYPROJECT = f"""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "COURSE-NAME"
version = "0.1.0"
description = "A course for tui-torch."
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["tui-torch"] # where it is in no index: "tui-torch @ git+https://…"

[project.optional-dependencies]
test = ["pytest"]

# By this tui-torch finds the course: its name, and the folder of course.yaml in the package.
[project.entry-points."{GROUP}"]
COURSE-NAME = "COURSE-MODULE"

# Lets a dependency be an address, as that of tui-torch may be.
[tool.hatch.metadata]
allow-direct-references = true

[tool.hatch.build.targets.wheel]
packages = ["COURSE-MODULE"]
"""

_COURSE = f"""\
schema: 1
name: COURSE-NAME     # as the entry point in pyproject.toml; progress is kept by it
title: COURSE-TITLE
# Every lesson is a file in the folder of its track, and is listed here, in order.
tracks:
  - id: {_TRACK}
    title: First steps
    lessons:
      - {LESSON}
"""

_README = f"""\
# COURSE-TITLE

A course for tui-torch, a tutor in the terminal.

## Learn

    pip install .
    tui-torch launch --course COURSE-NAME

Without installing it, from this folder: `tui-torch launch --course .`; from where it is published:
`tui-torch launch --course https://…`. The app asks once whether the code of the course may run, and
again when that has changed.

## Teach

    tui-torch new COURSE-MODULE/{_TRACK}/my-lesson   # and list its id in COURSE-MODULE/course.yaml
    tui-torch check .                                # proves that every lesson does what it says
    tui-torch launch --course .                      # shows a lesson again each time you save it

Learners write what they have done by `tui-torch progress --course COURSE-NAME --export me.json`;
`tui-torch class FILES…` shows where a class stands.
"""

_TEST = '''\
"""Every snippet, quiz and exercise of the course does what its lesson says, and its package names the course."""

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def test_the_course_does_what_it_says():
    # It is our own code that runs: nobody is asked.
    command = [sys.executable, "-m", "tui_torch", "check", "--trust", str(PACKAGE)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
'''

_WORKFLOW = """\
name: Check
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
          cache: pip
          cache-dependency-path: pyproject.toml
      - run: pip install ".[test]" --extra-index-url https://download.pytorch.org/whl/cpu
      - run: pytest
"""


def write_course(path: Path) -> tuple[Path, ...]:
    """Write a new course into a folder that is not there yet, or is empty, and return its files.

    The folder's name is the course's. Raises CourseError when it cannot be written.
    """
    name = path.resolve().name
    if (wrong := wrong_name(name) or taken(name, _module(name))) is not None:
        raise CourseError(wrong)
    files = dict(_files(name))
    written: list[Path] = []
    try:
        if path.is_dir() and any(path.iterdir()):
            raise CourseError(f"there is a {path} already, expected a name that is not taken")
        for place, text in files.items():
            file = path / place
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8", newline="\n") as opened:
                opened.write(text)
            written.append(file)
    except OSError as error:
        raise CourseError(f"{error.filename or path} cannot be written ({error.strerror})") from None
    return tuple(written)


def _files(name: str) -> Iterator[tuple[str, str]]:
    """The path of each file in the package's folder, and its text."""
    module = _module(name)
    words = {"COURSE-NAME": name, "COURSE-MODULE": module, "COURSE-TITLE": name.replace("-", " ").strip().capitalize()}
    texts = {
        "pyproject.toml": _PYPROJECT,
        "README.md": _README,
        f"{module}/course.yaml": _COURSE,
        "tests/test_course.py": _TEST,
        ".github/workflows/check.yml": _WORKFLOW,
        ".gitignore": "__pycache__/\n/dist/\n/build/\n*.egg-info/\n.venv/\n",
    }
    for place, text in texts.items():
        for word, meant in words.items():
            text = text.replace(word, meant)
        yield place, text
    yield f"{module}/{_TRACK}/{LESSON}.yaml", template(LESSON)


def _module(name: str) -> str:
    module = name.replace("-", "_")
    return f"course_{module}" if module[0].isdigit() else module
