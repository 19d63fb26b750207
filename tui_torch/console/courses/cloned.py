"""The course in a git repository: cloned into the data folder once, after a question."""

from __future__ import annotations

import shutil
from pathlib import Path

from tui_torch.console.plain import confirm, say
from tui_torch.course.naming import in_backticks
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.folder import course_in
from tui_torch.course.packages.found import FoundCourse
from tui_torch.course.packages.repository import clone, commit_of, free_place, name_of
from tui_torch.tutor.courses.known import as_known, known_courses, sound
from tui_torch.tutor.progress.known_courses import OpenedCourse
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.user_files import data_folder


def cloned(address: str, progress: Progress, *, trust: bool, ask: bool) -> FoundCourse:
    """The course in the repository at an address: in its clone, which is made if there is none. Nothing of it runs.

    Args:
        trust: Clone without asking.
        ask: Whether somebody is there to be asked.

    Raises CourseError.
    """
    known = known_courses(progress)
    here = next((one for one in known if one.origin == "repository" and one.where == address), None)
    if here is not None and here.folder is not None and here.folder.is_dir():
        _say_where("The course is in the clone", here.folder)
        return sound(here)
    place = free_place(data_folder() / "courses", address)
    if not trust:
        _say_what_is_called_so(address, known)
        if not ask:
            raise CourseError(f"{in_backticks(address)} would be cloned into {place}; add --trust if you trust it")
        if not confirm(f"{address} would be cloned into {place}; nothing of it runs before you agree. Clone it?"):
            raise CourseError("nothing was cloned; the folder of a course opens it, too")
    clone(address, place)
    try:
        found = as_known(sound(course_in(place, "repository", address)), known)
    except CourseError:
        shutil.rmtree(place, ignore_errors=True)
        raise
    progress.keep_course(OpenedCourse(found.name, found.origin, found.where, str(found.folder)))
    _say_where("Cloned into", place)
    return found


def _say_what_is_called_so(address: str, known: tuple[FoundCourse, ...]) -> None:
    """Warn of the name that the course probably has, and that another one has: no two of one name are opened."""
    name = name_of(address)
    other = next((one for one in known if one.name == name and one.folder is not None and one.folder.is_dir()), None)
    if other is not None:
        said = f"There is a course called {in_backticks(name)} already, from {other.where}"
        say(f"{said}; if the one at {address} is called so, too, it cannot be opened beside it.", err=True)


def _say_where(said: str, folder: Path) -> None:
    commit = commit_of(folder)
    at = f", commit {commit}" if commit else ""
    say(f"{said} {folder}{at}; `git -C {folder} pull` updates it.", err=True)
