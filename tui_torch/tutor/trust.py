"""Which lesson files from outside the course may run, as the learner agreed."""

from __future__ import annotations

from pathlib import Path

from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import Course
from tui_torch.tutor.progress.progress import Progress


class UntrustedError(Exception):
    """A lesson file from outside the course would run code that the learner has not agreed to."""

    def __init__(self, path: Path, content_hash: str) -> None:
        super().__init__(f"{path} is not part of the course; its code runs on this machine only when you trust it.")
        self.path = path
        self.content_hash = content_hash
        """What to pass as `agreed` once the learner agrees."""


def content_hash(content: bytes) -> str:
    """The SHA-256 of a file's content, in hexadecimal: a changed file has to be trusted again."""
    import hashlib  # with OpenSSL behind it, which a start without a file from elsewhere has no use for

    return hashlib.sha256(content).hexdigest()


class TrustedFiles:
    """The files that the learner trusts: those whose content is in the progress, and those agreed to since the start.

    Agreeing to a file also covers whatever is saved to it until the program ends, so that an author may edit it.
    """

    def __init__(self, course_folder: Path | None, progress: Progress, agreed_folder: Path | None = None) -> None:
        """Nothing is agreed to yet.

        Args:
            course_folder: Where files may run without a question; None where there is no such folder.
            agreed_folder: The folder of a course that the learner has agreed to since the start, or None.
        """
        self._course_folder = None if course_folder is None else course_folder.resolve()
        self._progress = progress
        self._agreed: set[Path] = set()
        self._agreed_folder = agreed_folder

    def check(self, path: Path, content: bytes, agreed: str | None) -> None:
        """Raise UntrustedError unless what was read from a file may run.

        Args:
            path: The file, at an absolute path; one in the course's folder may run.
            content: What was read from it, and is to run: the file itself may be another by now.
            agreed: The content hash that the learner has just agreed to, or None.
        """
        if self._course_folder is not None and path.is_relative_to(self._course_folder):
            return
        current = content_hash(content)
        if agreed == current:
            self._agreed.add(path)
        covered = self._agreed_folder is not None and path.is_relative_to(self._agreed_folder)
        if covered or path in self._agreed:
            self._progress.trust(current)
        if not self._progress.trusted(current):
            raise UntrustedError(path, current)


def trusted_files(course: Course, progress: Progress, *, agreed: bool) -> TrustedFiles:
    """What may run beside a course: of the tutor's own every file, of another what the learner agrees to."""
    if not course.name:
        return TrustedFiles(course.folder, progress)
    return TrustedFiles(lessons_folder(), progress, course.folder if agreed else None)
