"""One run that is looked at again and again while it goes on, or once when it is over."""

from __future__ import annotations

from tui_torch.watching.kept_runs import KeptRun
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.run_folders import RunFolder


class FollowedRun:
    """A run whose records are read on from where the last look ended."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._readers: dict[str, RecordReader] = {}
        self.run = KeptRun(folder, folder.command(), ())
        """The run as it was at the last look."""
        self.look()

    def look(self) -> bool:
        """Read what its processes have written since the last look.

        Returns:
            Whether anything about it has changed, but the time that it takes.
        """
        for path in self.folder.records():
            self._readers.setdefault(path.name, RecordReader(path))
        is_new = False
        for reader in self._readers.values():
            is_new |= reader.read()
        before = self.run
        # Nothing changes what was called and how that ended, once it has ended.
        ended = before.command is not None and before.command.ended is not None
        command = before.command if ended else self.folder.command() or before.command
        records = tuple(reader for reader in self._readers.values() if reader.begun is not None)
        self.run = KeptRun(self.folder, command, records)
        return is_new or command != before.command
