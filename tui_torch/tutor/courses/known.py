"""Which courses there are beside the tutor's own, and which of them a name, a folder or an address means."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import cast

from tui_torch.course.naming import did_you_mean, in_backticks
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.folder import course_in
from tui_torch.course.packages.found import FoundCourse, Origin, found_at
from tui_torch.course.packages.installed import installed_courses
from tui_torch.tutor.progress.known_courses import OpenedCourse
from tui_torch.tutor.progress.progress import Progress


def known_courses(progress: Progress) -> tuple[FoundCourse, ...]:
    """The courses that are installed, and those that were opened from elsewhere; each that cannot be opened says why.

    Two of one name say so, unless they are in the same folder.
    """
    installed = installed_courses()
    there = {(one.name, one.folder) for one in installed}
    opened = [_found_again(one) for one in progress.opened_courses() if one.origin != "package"]
    found = [*installed, *(one for one in opened if (one.name, one.folder) not in there)]
    count = Counter(one.name for one in found if one.problem is None)
    told_apart = [_called_alike(one, found) if count[one.name] > 1 and one.problem is None else one for one in found]
    return tuple(sorted(told_apart, key=lambda one: one.name))


def _found_again(opened: OpenedCourse) -> FoundCourse:
    folder, origin = Path(opened.folder), cast("Origin", opened.origin)
    if not folder.is_dir():
        off_the_list = f"`tui-torch list --forget {opened.name}` takes it off the list"
        problem = f"its folder {folder} is not there any more; {off_the_list}"
        return FoundCourse(opened.name, origin, opened.where, folder, None, problem)
    return found_at(folder, origin, opened.where, opened.name)


def _called_alike(course: FoundCourse, every: list[FoundCourse]) -> FoundCourse:
    others = [one.where for one in every if one.name == course.name and one != course]
    return replace(course, contents=None, problem=_two(course, others[0]))


def _two(course: FoundCourse, other: str) -> str:
    remedy = f"`tui-torch list --forget {course.name}` takes what was opened off the list"
    return f"there are two courses called {in_backticks(course.name)}, from {course.where} and from {other}; {remedy}"


def find_course(name: str, progress: Progress) -> FoundCourse:
    """The course that is called so, or that is in the folder of that path. Raises CourseError."""
    known = known_courses(progress)
    called_so = [one for one in known if one.name == name]
    is_path = name.startswith((".", "~")) or any(mark in name for mark in (os.sep, os.altsep) if mark)
    if called_so and not is_path:
        return sound(called_so[0])
    folder = Path(name).expanduser()
    if not (is_path or folder.is_dir()):
        hint = did_you_mean(name, [one.name for one in known])
        said = f"there is no course {in_backticks(name)}{hint}"
        raise CourseError(f"{said}; the folder of one, or the address of a repository, opens it too")
    return as_known(sound(course_in(folder)), known)


def as_known(found: FoundCourse, known: tuple[FoundCourse, ...]) -> FoundCourse:
    """A course that was found by its folder, as it is known already if it is. Raises CourseError for another's name."""
    alike = [one for one in known if one.name == found.name]
    same = next((one for one in alike if one.folder == found.folder), None)
    # One whose folder is gone has moved.
    others = [one for one in alike if one.folder is not None and one.folder.is_dir() and one.folder != found.folder]
    if others:
        other = others[0]
        remedy = f"`pip uninstall` it, or write another `name` in {found.folder}/course.yaml"
        if other.origin != "package":
            remedy = f"`tui-torch list --forget {other.name}` forgets it, or write another `name` in its course.yaml"
        said = f"there is a course called {in_backticks(found.name)} already, from {other.where}"
        raise CourseError(f"{said}; {remedy}")
    return found if same is None or same.problem is not None else same


def course_left_off(progress: Progress) -> FoundCourse | None:
    """The course that the learner was in last; None for the tutor's own.

    As it was opened then: what is installed is looked through only where it is not there any more.

    Raises CourseError where it cannot be opened.
    """
    name = progress.open_course
    if not name:
        return None
    opened = next((one for one in progress.opened_courses() if one.name == name), None)
    found = None if opened is None else _found_again(opened)
    return found if found is not None and found.problem is None else find_course(name, progress)


def sound(found: FoundCourse) -> FoundCourse:
    """The course, if it can be opened. Raises CourseError otherwise."""
    if found.problem is not None:
        raise CourseError(f"the course {found.name} cannot be opened: {found.problem}")
    return found
