"""What a command wrote last: the end of it in memory, more of it in two files of bounded size."""

from __future__ import annotations

import os
from contextlib import suppress

from tui_torch.watching.keeping.frames import KEPT_OUTPUT, SEGMENT, TAIL_LENGTH


class KeptOutput:
    """The last of a command's output. Where nothing can be written, as on a full disk, the files have a gap."""

    def __init__(self, folder: str) -> None:
        self._older, self._newer = (os.path.join(folder, name) for name in KEPT_OUTPUT)  # noqa: PTH118 - imports little
        self._end = bytearray()
        self._descriptor = -1
        self._size = 0

    def reload(self) -> None:
        """Take what the files have, as another process has written them until now."""
        self._close()
        self._end = bytearray(read_files((self._older, self._newer))[-TAIL_LENGTH:])

    def add(self, data: bytes) -> None:
        """Keep what the command has written."""
        self._end += data
        if len(self._end) > 2 * TAIL_LENGTH:
            del self._end[:-TAIL_LENGTH]
        try:
            self._write(data)
        except OSError:
            self._close()

    def tail(self) -> bytes:
        """The last of it, from the beginning of a line if there is one."""
        return tail_of(bytes(self._end), TAIL_LENGTH)

    def _write(self, data: bytes) -> None:
        if self._size >= SEGMENT:
            self._close()
            os.replace(self._newer, self._older)  # noqa: PTH105
        if self._descriptor < 0:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            self._descriptor = os.open(self._newer, flags, 0o600)
            self._size = os.fstat(self._descriptor).st_size
        while data:
            written = os.write(self._descriptor, data)
            self._size += written
            data = data[written:]

    def _close(self) -> None:
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
        self._descriptor, self._size = -1, 0


def read_files(paths: tuple[str, ...]) -> bytes:
    """What the files have together; nothing of those that cannot be read."""
    found: list[bytes] = []
    for path in paths:
        with suppress(OSError), open(path, "rb") as file:  # noqa: PTH123
            found.append(file.read(2 * SEGMENT))
    return b"".join(found)


def tail_of(data: bytes, most: int) -> bytes:
    """The last of `data`, of `most` bytes at most, from the beginning of a line if there is one."""
    if len(data) <= most:
        return data
    end = data[-most:]
    return end[end.find(b"\n") + 1 :]
