"""One run that is looked at again and again while it goes on, or once when it is over."""

from __future__ import annotations

from tui_torch.watching.kept_runs import KeptRun, kept_run, state_of
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.run_folders import RunFolder


class FollowedRun:
    """A run whose records are read on from where the last look ended."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.run: KeptRun = kept_run(folder)
        """The run as it was at the last look."""
        self.was_running = self.run.state == "running"
        """Whether it ran at the first look."""
        self._readers = {reader.path.name: reader for reader in self.run.records}

    def look(self, *, is_joined: bool = False) -> bool:
        """Read what its processes have written since the last look.

        Args:
            is_joined: Whether somebody is joined to its terminal, and so knows that it runs.

        Returns:
            Whether anything about it has changed, but the time that it takes.
        """
        is_new = False
        for path in self.folder.records():
            is_new |= self._readers.setdefault(path.name, RecordReader(path)).read()
        before = self.run
        # Nothing changes what was called and how that ended, once it has ended.
        has_ended = before.command is not None and before.command.ended is not None
        command = before.command if has_ended else self.folder.command() or before.command
        records = tuple(reader for reader in self._readers.values() if reader.begun is not None)
        is_running = is_joined and command is not None and command.ended is None
        state = before.state if has_ended else "running" if is_running else state_of(self.folder, command)
        self.run = KeptRun(self.folder, command, records, state)
        return is_new or (command, state) != (before.command, before.state)
