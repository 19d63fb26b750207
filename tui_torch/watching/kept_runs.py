"""The runs that are kept, each with the records of its processes as they are now."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from typing import Literal

from tui_torch.protocol.records.lines import RecordBegun, WatchedCommand
from tui_torch.watching.keeping.client import runs_now
from tui_torch.watching.ranks.findings import RanksTogether
from tui_torch.watching.ranks.together import together
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.run_folders import RunFolder, all_runs

RunState = Literal["running", "ended", "failed", "interrupted", "killed", "unknown"]
"""`failed`: by an exit code; `interrupted`: by ctrl+c; `killed`: by another signal; `unknown`: nobody saw the end."""
_INTERRUPTED = 128 + signal.SIGINT


@dataclass(frozen=True, slots=True)
class KeptRun:
    """One run, with the records of its processes that can be read."""

    folder: RunFolder
    command: WatchedCommand | None
    records: tuple[RecordReader, ...]
    state: RunState
    """How it ended, or that it runs."""

    @property
    def main_record(self) -> RecordReader | None:
        """The record of the process that tells for all: of the lowest rank, and the longest among equals."""
        return min(self.records, key=lambda record: (_rank(record), -record.step), default=None)

    @property
    def begun(self) -> RecordBegun | None:
        """How that process began; None where none has trained."""
        return None if self.main_record is None else self.main_record.begun

    @property
    def ranks(self) -> RanksTogether:
        """What shows when its ranks are compared: a line for each, and what is wrong between them."""
        return together(self.folder, self.records, is_running=self.state == "running")

    @property
    def seconds(self) -> float | None:
        """How long it took, or takes so far; as far as is recorded where nobody saw its end, None without a record."""
        if self.command is None:
            return None
        until = self.command.ended or (time.time() if self.state == "running" else None)
        if until is not None:
            return until - self.command.began
        last = self.main_record.times.last if self.main_record is not None else None
        return None if last is None else last[1]


def _rank(record: RecordReader) -> int:
    return (record.begun.rank if record.begun is not None else None) or 0


def kept_runs() -> list[KeptRun]:
    """All runs, oldest first. What cannot be read of one is left out."""
    found = map(kept_run, all_runs())
    return [run for run in found if run.command is not None or run.records]


def kept_run(folder: RunFolder) -> KeptRun:
    """One run, as it is now. Processes whose records cannot be read are left out."""
    readers = [RecordReader(path) for path in folder.records()]
    for reader in readers:
        reader.read()
    command = folder.command()
    records = tuple(one for one in readers if one.begun is not None)
    return KeptRun(folder, command, records, state_of(folder, command))


def state_of(folder: RunFolder, command: WatchedCommand | None) -> RunState:
    """How a run ended, or that it runs. To tell that, its keeper is asked, if it has one."""
    if command is None:
        return "unknown"
    if runs_now(folder):
        return "running"
    code = command.exit_code
    if code is None:
        return "unknown"
    if code == _INTERRUPTED:
        return "interrupted"
    return "ended" if code == 0 else "killed" if code > 128 else "failed"
