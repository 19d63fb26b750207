"""Courses in git repositories: cloning one, and which commit a clone is at. `git` is the learner's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tui_torch.course.naming import in_backticks, on_one_line
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.folder import name_from

_ADDRESS = re.compile(r"(https?|ssh|git|file)://[^\s]+|[\w.-]+@[\w.-]+:[^\s]+")
"""What git takes for an address, but for those that name a command to run (`ext::…`)."""


def is_address(text: str) -> bool:
    """Whether a text is the address of a repository, and not a name or a folder."""
    return _ADDRESS.fullmatch(text) is not None


def name_of(address: str) -> str:
    """What the last part of an address calls the repository."""
    return name_from(address.rstrip("/").removesuffix(".git").rpartition("/")[2].rpartition(":")[2])


def free_place(folder: Path, address: str) -> Path:
    """Where a repository of that address may be cloned to: a folder that is not there yet."""
    name = name_of(address)
    place, number = folder / name, 2
    while os.path.lexists(place):
        place, number = folder / f"{name}-{number}", number + 1
    return place


def clone(address: str, place: Path) -> None:
    """Clone a repository into a folder that is not there yet, or leave none there.

    Where the repository wants a password, git asks for it. Nothing of the repository runs. Raises CourseError.
    """
    git = _git(f"download the course of {address} otherwise, and name its folder")
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place.with_name(f".{place.name}.{os.getpid()}")
    environment = os.environ | {"LC_ALL": "C"}  # what it says goes into an English sentence
    command = [git, "-c", "protocol.ext.allow=never", "clone", "--quiet", "--", address, str(unfinished)]
    try:
        done = subprocess.run(
            command, env=environment, stderr=subprocess.PIPE, text=True, errors="replace", check=False
        )
        if done.returncode == 0:
            unfinished.rename(place)
            return
    except OSError as error:
        raise CourseError(f"{in_backticks(address)} cannot be cloned into {place}: {error.strerror}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    said = [line for line in done.stderr.splitlines() if line.startswith(("fatal:", "error:"))] or [done.stderr]
    reason = on_one_line(said[0]).removeprefix("fatal: ").rstrip(".")
    raise CourseError(f"{in_backticks(address)} cannot be cloned: git says, {reason or 'nothing'}")


def commit_of(folder: Path) -> str | None:
    """The commit that a clone is at, as `1a2b3c4 of 2026-05-01`; None where git does not say."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(folder), "log", "-1", "--format=%h of %cs", "--abbrev=9"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return on_one_line(done.stdout) or None if done.returncode == 0 else None


def _git(otherwise: str) -> str:
    git = shutil.which("git")
    if git is None:
        raise CourseError(f"git is not installed here, which clones repositories; install it, or {otherwise}")
    return git
