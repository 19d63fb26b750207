"""Remembers which lessons passed, by content, so that a lesson that nothing has changed since need not be run again.

A lesson that failed is not remembered: what failed may have been the moment (memory, a busy machine), and to run it
again is how one finds out.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tui_torch.course.lesson import Lesson
from tui_torch.course.proof.surroundings import surroundings

MOST = 5000
"""Maximum number of passes that are kept; beyond it, those that were asked for longest ago are forgotten."""
LARGE = 16_000_000
"""Bytes from which a file that a lesson names counts by its size and time, and not by its content."""
LISTED = 10_000
"""Maximum number of entries that count of a folder that a lesson names."""

_QUOTED = re.compile(r"'([^'\n]{1,255})'|\"([^\"\n]{1,255})\"")


class PassedLessons:
    """The passes in one folder, each a small file named by its key.

    Checks that run at the same time may share the folder. Nothing here raises: a folder that cannot be read or written,
    or a file that is not one of ours, means that the lesson is proved again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, path: Path, lesson: Lesson, *, of_course: bool, around: str | None = None) -> str:
        """A digest of all that the verdict on a lesson depends on, the files that it names among them.

        Args:
            path: The lesson's file.
            lesson: What was read from it, which is part of the key: the file may have been saved since.
            of_course: Whether the lesson is held to what a lesson of the course must have.
            around: The `surroundings()`, where they have just been looked at.
        """
        digest = hashlib.blake2b(digest_size=32)
        around = surroundings() if around is None else around
        for part in (around.encode(), str(of_course).encode(), repr(lesson).encode("utf-8", "surrogatepass")):
            digest.update(hashlib.blake2b(part).digest())
        written = _content(path)
        digest.update(hashlib.blake2b(written).digest())
        for name, state in _named_files(written.decode("utf-8", "replace")):
            digest.update(hashlib.blake2b(os.fsencode(name)).digest() + hashlib.blake2b(state).digest())
        return digest.hexdigest()

    def has(self, key: str) -> bool:
        """Whether a lesson of this key passed."""
        path = self._folder / key
        if _content(path) != _entry(key):
            return False
        with suppress(OSError):
            os.utime(path)
        return True

    def add(self, key: str) -> None:
        """Remember that a lesson of this key passed."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            # Another check reads all of it or nothing.
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_entry(key))
                Path(name).replace(self._folder / key)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        with os.scandir(self._folder) as entries:
            found = [(entry.stat().st_mtime, entry.path) for entry in entries if entry.is_file()]
        for _, path in sorted(found)[:-MOST]:
            Path(path).unlink(missing_ok=True)


def _entry(key: str) -> bytes:
    # Not empty: a disk that was full may have left an empty file.
    return f"passed {key}\n".encode()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _named_files(text: str) -> Iterator[tuple[str, bytes]]:
    """The (name, state) of each file and folder that the text names in quotes, as its code would find it.

    The state of a folder is that of its entries, without what is inside the folders among them.
    """
    for name in sorted({one or other for one, other in _QUOTED.findall(text)}):
        path = Path(name)
        with suppress(OSError, ValueError):  # ValueError: no path holds a zero
            if path.is_dir():
                yield name, "\n".join(sorted(_listed(path))).encode("utf-8", "surrogateescape")
            elif path.is_file():
                state = path.stat()
                yield name, _times(state) if state.st_size >= LARGE else _content(path)


def _listed(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in islice(entries, LISTED):
            yield f"{entry.name} {_times(entry.stat(follow_symlinks=False)).decode()}"


def _times(state: os.stat_result) -> bytes:
    return f"{state.st_size} {state.st_mtime_ns}".encode()
