"""The folder of one kernel's connection file and sockets: only its owner can read it, and it goes with its owner.

Whoever made a folder has a file in it locked for as long as it lives. A container that shares the folder for temporary
files sees such a lock, and does not see the process.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tui_torch.protocol.late_dataclass import dataclass

PREFIX = "tui-torch-"
OWNER = "owner"
"""The file that whoever made the folder has locked."""
LONGEST = 70
"""Maximum bytes of the path that a folder is in. The path of a socket in the folder has 103 bytes at most."""
ROOM = 1 << 14
"""Bytes that have to fit in a new folder."""
_ELSEWHERE = ("/tmp", "/var/tmp", "/dev/shm")
"""Where a folder is made if the usual places do not do."""


@dataclass(frozen=True, slots=True)
class RuntimeFolder:
    """A folder of mode 0700 whose name holds this process's id, from `new_runtime_folder()` to `remove()`."""

    path: Path
    notice: str | None
    """Where it is instead of in TMPDIR, and why, in a sentence; None where there is nothing to say."""
    _owner: int
    """The descriptor of its owner's file."""

    def remove(self) -> None:
        """Remove it with all that is in it, and let it go. To be called once."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._owner)


def new_runtime_folder() -> RuntimeFolder:
    """Make a folder where sockets and a few files can be made in it.

    Raises OSError with the reasons, where there is no such place.
    """
    refused: dict[str, str] = {}
    for root in _roots():
        try:
            _check(root)
            path, owner = _made_in(root)
        except (OSError, ValueError) as error:
            refused[root] = (error.strerror if isinstance(error, OSError) else None) or str(error)
            continue
        wanted = os.environ.get("TMPDIR", "")
        notice = None
        if wanted in refused:
            notice = f"The kernel's sockets are in {root}, since {_shown(wanted)} does not do: {refused[wanted]}."
        return RuntimeFolder(path, notice, owner)
    reasons = ", ".join(f"{_shown(root)} ({reason})" for root, reason in refused.items())
    raise OSError(
        f"no folder takes its sockets, of {reasons}; set TMPDIR to one that can be written, with a path of at most "
        f"{LONGEST} bytes"
    )


def sweep_runtime_folders() -> None:
    """Remove this user's folders whose owners are gone: they were killed before they could do so."""
    for root in _roots():
        with suppress(OSError), os.scandir(root) as entries:
            for entry in entries:
                if entry.name.startswith(PREFIX) and _is_left(entry):
                    shutil.rmtree(entry.path, ignore_errors=True)


def _roots() -> Iterator[str]:
    """Where a folder may be made, the best place first; each once."""
    places = [os.environ.get(name, "") for name in ("XDG_RUNTIME_DIR", "TMPDIR")]
    with suppress(OSError):  # there is none that takes a file
        places.append(tempfile.gettempdir())
    if sys.platform != "win32":
        places += _ELSEWHERE
    yield from dict.fromkeys(place for place in places if Path(place).is_absolute())


def _check(root: str) -> None:
    """Raise ValueError, with the reason, for a path that a socket's cannot begin with."""
    try:
        size = len(root.encode())
    except UnicodeEncodeError:
        raise ValueError("its path is not UTF-8") from None
    if size > LONGEST and sys.platform != "win32":
        raise ValueError(f"its path has {size} bytes, and a socket's has room for {LONGEST}")


def _made_in(root: str) -> tuple[Path, int]:
    """A new folder, and the descriptor of its owner's file. Raises OSError, and leaves nothing then."""
    path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=root))
    try:
        return path, _owned(path)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def _with_room(path: Path) -> int:
    """Make an empty file where ROOM bytes fit. Returns its descriptor. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        written = os.write(descriptor, bytes(ROOM))
        os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    if written < ROOM:
        os.close(descriptor)
        raise OSError("there is no room in it")
    return descriptor


def _is_left(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder of ours that nobody has any more. Anybody may make one of such a name."""
    number = entry.name.removeprefix(PREFIX).partition("-")[0]
    try:
        is_folder = number.isdecimal() and entry.is_dir(follow_symlinks=False)
        return is_folder and _has_lost_its_owner(Path(entry.path))
    except OSError:
        return False


def _shown(path: str) -> str:
    """A path as text that can be written, whatever its bytes."""
    return os.fsencode(path).decode("utf-8", "replace")


if sys.platform == "win32":

    def _owned(folder: Path) -> int:
        """Make the owner's file. Returns its descriptor: while it is open, nobody can remove it there."""
        return _with_room(folder / OWNER)

    def _has_lost_its_owner(folder: Path) -> bool:
        """Whether its owner's file can be removed. Raises OSError where it cannot, and where there is none."""
        (folder / OWNER).unlink()
        return True
else:
    import fcntl

    def _owned(folder: Path) -> int:
        """Make the owner's file and lock it. Returns its descriptor. Raises OSError."""
        # Under another name until it is locked, so that nobody takes the folder for one that was left.
        new = folder / f"{OWNER}.new"
        owner = _with_room(new)
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            new.rename(folder / OWNER)
        except BaseException:
            os.close(owner)
            raise
        return owner

    def _has_lost_its_owner(folder: Path) -> bool:
        """Whether its owner's file is this user's and locked by nobody.

        Raises OSError where it is locked, and where there is none.
        """
        owner = os.open(folder / OWNER, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return os.fstat(owner).st_uid == os.getuid()
        finally:
            os.close(owner)
