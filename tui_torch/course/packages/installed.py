"""The courses among the packages that are installed, by their entry points. Nothing of a package is imported or run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.course.course_folder import COURSE_FILE
from tui_torch.course.naming import in_backticks, on_one_line
from tui_torch.course.packages.found import FoundCourse, found_at, wrong_name

if TYPE_CHECKING:
    from importlib.metadata import Distribution

GROUP = "tui_torch.courses"
"""The group of entry points: `name = "package"`, or the folder of `course.yaml` in it, `"package.lessons"`."""

_PLACE = re.compile(r"[\w-]+([./][\w-]+)*")


def is_place(text: str) -> bool:
    """Whether the value of an entry point names a module, or a folder by its path."""
    return _PLACE.fullmatch(text) is not None


def installed_courses() -> tuple[FoundCourse, ...]:
    """Every course that an installed package says it has, by name; one that cannot be opened says why.

    Two packages whose courses have one name both say so, and neither is opened.
    """
    found: defaultdict[str, list[FoundCourse]] = defaultdict(list)
    for package, name, place, locations in _declared():
        found[name].append(_found(package, name, place, locations))
    return tuple(one for name in sorted(found) for one in _told_apart(found[name]))


def _told_apart(courses: list[FoundCourse]) -> list[FoundCourse]:
    if len(courses) == 1:
        return courses
    packages = " and ".join(one.where for one in courses)
    problem = (
        f"the packages {packages} both have a course called {in_backticks(courses[0].name)}; uninstall one of them"
    )
    return [replace(one, contents=None, problem=problem) for one in courses]


def _declared() -> Iterator[tuple[str, str, str, list[Path]]]:
    """(package with its version, name, place, where packages lie) of each entry point.

    Of a package that is there twice, the first counts, as in an import.
    """
    from importlib.metadata import distributions  # not before it is asked for

    seen: set[str] = set()
    for package in distributions():
        try:
            text = package.read_text("entry_points.txt")
            if text is None or GROUP not in text:
                continue
            name = str(package.metadata["Name"])
            if (known := re.sub(r"[-_.]+", "-", name).lower()) in seen:
                continue
            seen.add(known)
            said = f"{on_one_line(name)} {on_one_line(str(package.metadata['Version'] or ''))}".strip()
        except Exception:  # what somebody else's metadata may be, and no reason for a course less
            continue
        for name, place in _lines_of_group(text):
            yield said, name, place, _locations(package, place)


def _lines_of_group(text: str) -> Iterator[tuple[str, str]]:
    """The (name, value) pairs of our group: of a file of which one wrong line would make Python refuse all."""
    is_ours = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            is_ours = line == f"[{GROUP}]"
        elif is_ours and line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield on_one_line(name), value.strip()


def _locations(package: Distribution, place: str) -> list[Path]:
    """Where the folder of an entry point may be: beside the package's metadata, else where an import would look."""
    first, *rest = re.split(r"[./]", place)
    beside = package.locate_file(Path(first, *rest))
    found = [beside] if isinstance(beside, Path) else []
    return [*found, *(Path(one, *rest) for one in _search_locations(first))]


def _search_locations(name: str) -> list[str]:
    """Where a package's files lie, as its finder says: also of one installed for editing. Nothing is imported."""
    import importlib.util

    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return []
    return list(spec.submodule_search_locations or ()) if spec is not None else []


def _found(package: str, name: str, place: str, locations: list[Path]) -> FoundCourse:
    problem = wrong_name(name)
    if problem is None and not is_place(place):
        problem = f"its entry point {in_backticks(f'{name} = {place}')} names no module, expected that of {COURSE_FILE}"
    if problem is not None:
        return FoundCourse(name, "package", package, None, None, f"{problem}: tell whoever wrote {package}")
    folder = next((one for one in locations if (one / COURSE_FILE).is_file()), None)
    if folder is None:
        problem = f"the package {package} has no {COURSE_FILE} in {in_backticks(place)}, which its entry point names"
        return FoundCourse(
            name, "package", package, None, None, f"{problem}; install it anew, or tell whoever wrote it"
        )
    return found_at(folder.resolve(), "package", package, name)
