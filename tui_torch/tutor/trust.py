"""Which lesson files from outside the course may run, as the learner agreed."""

from __future__ import annotations

from pathlib import Path

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

    def __init__(self, course_folder: Path | None, progress: Progress) -> None:
        """`course_folder`: where files may run without a question; None where there is no such folder."""
        self._course_folder = None if course_folder is None else course_folder.resolve()
        self._progress = progress
        self._agreed: set[Path] = set()

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
        if path in self._agreed:
            self._progress.trust(current)
        if not self._progress.trusted(current):
            raise UntrustedError(path, current)
