"""What a package's `pyproject.toml` says of its courses, before it is installed, and what is wrong with that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from tui_torch.course.course_folder import COURSE_FILE
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.naming import in_backticks, on_one_line
from tui_torch.course.packages.found import contents_of, differing_names, wrong_name
from tui_torch.course.packages.installed import GROUP, is_place

PROJECT_FILE = "pyproject.toml"
_MOST_PARENTS = 3
"""How far above the folder of a `course.yaml` its package's folder may be, as in `src/waves/lessons`."""


def package_folder(folder: Path) -> Path | None:
    """The folder of the `pyproject.toml` that declares a course: this one, or one above a course's; None without any.

    Above it is one whose entry point names this folder, or, where this folder has a `course.yaml`, any other.
    """
    folder = folder.resolve()
    if (folder / PROJECT_FILE).is_file():
        return folder
    is_course = (folder / COURSE_FILE).is_file()
    for above in folder.parents[:_MOST_PARENTS]:
        if (above / PROJECT_FILE).is_file():
            places = _entry_points(above)
            if isinstance(places, str):
                return above if is_course else None
            named = any(folder in _locations(above, place) for place in places.values())
            return above if named or (is_course and places) else None
    return None


def wrong_in_package(package: Path) -> Iterator[str]:
    """Why the courses that a package declares cannot be opened once it is installed, in a sentence for each.

    What is wrong in a `course.yaml` itself is no part of that.
    """
    file = on_one_line(str(package / PROJECT_FILE))
    places = _entry_points(package)
    if isinstance(places, str):
        yield f"{file}: {places}"
        return
    for name, place in places.items():
        if (wrong := _wrong(package, name, place)) is not None:
            yield f"{file}: {wrong}"


def _wrong(package: Path, name: str, place: str) -> str | None:
    if (wrong := wrong_name(name)) is not None:
        return wrong
    entry = in_backticks(f'{name} = "{place}"')
    if not is_place(place):
        return f"the entry point {entry} names no module, expected that of {COURSE_FILE}"
    there = [one for one in _locations(package, place) if one.is_dir()]
    if not there:
        return f"the entry point {entry} names a folder that is not there, expected that of {COURSE_FILE}"
    folder = next((one for one in there if (one / COURSE_FILE).is_file()), None)
    if folder is None:
        return f"the entry point {entry} names a folder without a {COURSE_FILE}, expected the one that has it"
    try:
        named = contents_of(folder).name
    except LessonErrors:
        return None
    return differing_names(name, named) if named else None


def _locations(package: Path, place: str) -> list[Path]:
    parts = re.split(r"[./]", place)
    return [package.joinpath(*parts), package.joinpath("src", *parts)]


def _entry_points(package: Path) -> dict[str, str] | str:
    """The places of courses by their names; or why the file cannot be read."""
    import tomllib

    try:
        told: Any = tomllib.loads((package / PROJECT_FILE).read_text("utf-8"))
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except ValueError as error:  # no TOML, or no UTF-8
        return f"cannot be read as TOML: {on_one_line(str(error)).rstrip('.')}"
    for key in ("project", "entry-points", GROUP):
        told = cast("dict[str, Any]", told).get(key) if isinstance(told, dict) else None
    found = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    return {name: str(place) for name, place in found.items()}
