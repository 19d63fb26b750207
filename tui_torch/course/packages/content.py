"""What all files of a course hold, as hashes: what a learner agrees to, and what has changed since."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tui_torch.course.packages.course_error import CourseError
from tui_torch.protocol.late_dataclass import dataclass

MOST_FILES = 5_000
"""Maximum number of files of a course."""
MOST_BYTES = 1_000_000_000
"""Maximum size of them together: each is read when the course is opened."""
_MOST_NAMED = 3
"""Maximum number of files that a sentence names."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class CourseContent:
    """The files of a course."""

    files: Mapping[str, str]
    """The SHA-256 of each file's content, in hexadecimal, by its path in the course's folder."""

    @property
    def digest(self) -> str:
        """One hash for all: that of a course that differs in any file is another."""
        import hashlib

        text = "".join(f"{digest} {name}\0" for name, digest in sorted(self.files.items()))
        return hashlib.sha256(b"a course\n" + text.encode("utf-8", "surrogateescape")).hexdigest()

    def with_file(self, name: str, digest: str) -> CourseContent:
        """The same, with another content of one file."""
        return replace(self, files={**self.files, name: digest})


def content_of(folder: Path) -> CourseContent:
    """The files in a course's folder, but those in folders that begin with a dot, and what Python compiles.

    Raises CourseError when it cannot all be read, or is too large.
    """
    import hashlib  # with OpenSSL behind it, which a start without a course from elsewhere has no use for

    files: dict[str, str] = {}
    size = 0
    try:
        for path in _files(folder):
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
            files[path.relative_to(folder).as_posix()] = digest.hexdigest()
            if len(files) > MOST_FILES or size > MOST_BYTES:
                most = f"{MOST_FILES:,} files or {MOST_BYTES // 1_000_000:,} MB"
                raise CourseError(f"the course in {folder} has over {most}; move what is no part of it elsewhere")
    except OSError as error:
        raise CourseError(f"{error.filename or folder} cannot be read: {error.strerror}") from None
    return CourseContent(files)


def _files(folder: Path) -> Iterator[Path]:
    """The regular files, links to such included; links to folders are not followed."""
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(names):
            path = Path(at) / name
            if path.is_file() and path.suffix != ".pyc" and name != ".DS_Store":
                yield path


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What became of the files of a course, in words: `changed: a.yaml, b.yaml; new: c.yaml`; empty for nothing."""
    changed = sorted(name for name, digest in after.items() if name in before and before[name] != digest)
    parts = (("changed", changed), ("new", sorted(after.keys() - before)), ("gone", sorted(before.keys() - after)))
    return "; ".join(f"{what}: {_named(names)}" for what, names in parts if names)


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
