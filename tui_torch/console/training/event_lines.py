"""What happens in the processes of a watched command, a line each: a sentence, or an object of JSON."""

from __future__ import annotations

import math
import shlex
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from tui_torch.console.plain import json_text
from tui_torch.drawing.text.numbers import bytes_text, counted, duration
from tui_torch.protocol.events import LAYERS, Failed
from tui_torch.watching.process_memory import process_memory
from tui_torch.watching.ranks.findings import RankLine, RanksTogether
from tui_torch.watching.ranks.root_cause import is_lost_connection
from tui_torch.watching.ranks.sentences import RankEvent, rank_events
from tui_torch.watching.ranks.together import together
from tui_torch.watching.ranks.waits import PATIENCE
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.run_folders import RunFolder

LOOK = 0.5
"""Seconds between two looks at what the processes have written."""
FIRST, EVERY = 2.0, 10.0
"""Seconds after which the progress of a process is told for the first time, and then again."""

Fields = dict[str, Any]


class EventLines:
    """Follows the records of a run, and tells of each event once: a process begins, gets on, fails, ends."""

    def __init__(
        self,
        run: RunFolder,
        write: Callable[[str], None],
        *,
        as_json: bool,
        every: float = EVERY,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._write = write
        self._as_json = as_json
        self._every = every
        self._patience = patience
        self._clock = clock
        self.readers: dict[str, RecordReader] = {}
        """By the name of their file."""
        self._told: dict[str, _Told] = {}
        self._ranks = RanksTogether()
        self._told_of_ranks: set[RankEvent] = set()
        self._stopped_before: set[RankEvent] = set()
        """What stood still at the last look: after a pause of the whole machine, all seem to for a moment."""

    def look(self) -> None:
        """Read what the processes have written since the last time, and tell of it."""
        for path in self._run.records():
            self.readers.setdefault(path.name, RecordReader(path))
        for reader in self.readers.values():
            reader.read()
        self._ranks = together(self._run, list(self.readers.values()), is_running=True, patience=self._patience)
        for name, reader in self.readers.items():
            if reader.begun is not None:
                self._tell_of(reader, self._told.setdefault(name, _Told(self._clock() + min(FIRST, self._every))))
        self._tell_of_ranks()

    def _tell_of_ranks(self) -> None:
        """Tell of what only shows between ranks, once."""
        standing = set[RankEvent]()
        for event in rank_events(self._ranks):
            if event.name == "stopped":
                standing.add(event)
                if event not in self._stopped_before:
                    continue
            if event not in self._told_of_ranks:
                self._told_of_ranks.add(event)
                self._write(json_text({"event": event.name, **event.fields}) if self._as_json else event.sentence)
        self._stopped_before = standing

    def _tell_of(self, reader: RecordReader, told: _Told) -> None:
        if not told.begun:
            told.begun = True
            self._say("begun", reader, _begun(reader))
        is_over = reader.ended is not None
        if reader.step > told.step and (self._clock() >= told.next_progress or (is_over and not told.ended)):
            told.next_progress, told.step = self._clock() + self._every, reader.step
            self._say("progress", reader, self._progress(reader))
        if reader.failed is not None and not told.failed:
            told.failed = True
            self._say("failed", reader, _failure(reader.failed))
        if reader.ended is not None and not told.ended:
            told.ended = True
            self._say("ended", reader, {"step": reader.step, "seconds": reader.ended.seconds})

    def joined(self, how_to_leave: str) -> None:
        """Tell to what we are joined, and how to leave it; empty where it has ended."""
        command = self._run.command()
        called = command.command if command is not None else ()
        if self._as_json:
            self._write(json_text({"event": "joined", "run": self._run.name, "command": called}))
        elif how_to_leave:
            self._write(f"{how_to_leave}, and it goes on: {self._comes_back}")
        else:
            self._write(f"{shlex.join(called)} has ended; this is what it wrote last")

    def left(self) -> None:
        """Tell that we have left the command, and that it goes on."""
        if self._as_json:
            self._write(json_text({"event": "left", "run": self._run.name}))
        else:
            self._write(f"it goes on; {self._comes_back}")

    @property
    def _comes_back(self) -> str:
        return f"`tui-torch watch --attach {self._run.short_name}` comes back"

    def command_ended(self, exit_code: int | None) -> None:
        """Read what is left, and tell how the command has ended; None where nobody knows."""
        self.look()
        for name, reader in self.readers.items():
            told = self._told.get(name)
            if told is not None and not told.ended and reader.step > told.step:
                told.step = reader.step
                self._say("progress", reader, self._progress(reader))
        self._ranks = together(self._run, list(self.readers.values()), is_running=False)
        self._tell_of_ranks()
        if self._as_json:
            self._write(json_text({"event": "exit", "code": exit_code, "run": self._run.name}))
        elif not self.readers:
            self._write(f"{ending(exit_code)}; no Python of it has trained with PyTorch")
        else:
            self._write(f"{ending(exit_code)}; `tui-torch runs` knows the training as {self._run.name}")

    def _progress(self, reader: RecordReader) -> Fields:
        pid = reader.begun.pid if reader.begun is not None else None
        return _progress(reader) | _of_rank(next((line for line in self._ranks.lines if line.pid == pid), None))

    def _say(self, event: str, reader: RecordReader, fields: Fields) -> None:
        assert reader.begun is not None
        rank = reader.begun.rank
        if self._as_json:
            self._write(json_text({"event": event, "rank": rank, "pid": reader.begun.pid, **fields}))
        else:
            who = "" if rank is None else f"rank {rank}: "
            self._write(who + _SENTENCES[event](fields))


def ending(exit_code: int | None) -> str:
    """How a command has ended, in words."""
    return "it has ended, and its exit code is not known" if exit_code is None else f"exit code {exit_code}"


class _Told:
    """What has been told of one process."""

    def __init__(self, next_progress: float) -> None:
        self.begun = self.failed = self.ended = False
        self.next_progress = next_progress
        self.step = 0


def _begun(reader: RecordReader) -> Fields:
    begun = reader.begun
    assert begun is not None
    return {
        "program": begun.program,
        "arguments": list(begun.arguments),
        "torch": begun.torch,
        "python": begun.python,
        "device": begun.device,
        "world_size": begun.world_size,
    }


def _failure(failed: Failed) -> Fields:
    last = failed.frames[-1] if failed.frames else None
    return {
        "error": failed.error,
        "message": failed.message,
        "file": last.file if last is not None else None,
        "line": last.line if last is not None else None,
        "is_echo": is_lost_connection(failed.error, failed.message),
    }


def _of_rank(line: RankLine | None) -> Fields:
    """What the progress of one of several ranks has more."""
    if line is None:
        return {}
    return {
        "seconds_waiting": line.seconds_waiting,
        "local_gradient_norm": None if line.local_gradient_norm is None else finite(line.local_gradient_norm),
        "local_step": line.local_step,
        "averaged_over": line.averaged_over,
    }


def _progress(reader: RecordReader) -> Fields:
    latest = reader.latest
    assert latest is not None
    last = {
        name: series.last
        for (kind, name), series in reader.series.items()
        if kind not in ("learning rate", LAYERS) and series.last is not None
    }
    # A step is one `backward()`, and each loss of a loop has its own.
    turn = max(sum(kind == "loss" for kind, _ in reader.series), 1)
    took = reader.seconds_per_step()
    return {
        "step": latest.step,
        "epoch": latest.epoch,
        "values": {name: finite(value) for name, (_, value) in last.items()},
        "earlier": {name: step for name, (step, _) in last.items() if latest.step - step >= turn},
        "gradient_norms_by_layer": {
            name: finite(series.last[1])
            for (kind, name), series in reader.series.items()
            if kind == LAYERS and series.last is not None
        },
        "memory": None if reader.begun is None else process_memory(reader.begun),
        "gpu_memory": None if reader.gpu_memory is None else asdict(reader.gpu_memory),
        "learning_rate": latest.learning_rate,
        "seconds_per_step": took,
        "why_no_loss": latest.why_no_loss or None,
    }


def finite(value: float) -> float | str:
    """A number as JSON has it, which has no NaN and no infinity."""
    return value if math.isfinite(value) else str(value)


def number(value: float | str) -> str:
    """A number in four digits."""
    return value if isinstance(value, str) else f"{value:.4g}"


def _of_begun(fields: Fields) -> str:
    return f"{PurePath(fields['program']).name} trains, with PyTorch {fields['torch']} on {fields['device']}"


def _of_progress(fields: Fields) -> str:
    parts = [f"step {fields['step']:,}"]
    if fields["epoch"] is not None:
        parts.append(f"epoch {fields['epoch']}")
    for name, value in fields["values"].items():
        step = fields["earlier"].get(name)
        mean = fields.get("averaged_over") if name == "gradient norm" else None
        told = f"{name} {number(value)}" + (f" (mean of {mean} ranks)" if mean else "")
        parts.append(told + ("" if step is None else f" (step {step:,})"))
    if fields.get("local_gradient_norm") is not None:
        step = fields["local_step"]
        told = f"of its own batch {number(fields['local_gradient_norm'])}"
        parts.append(told + ("" if step == fields["step"] else f" (step {step:,})"))
    if fields["learning_rate"] is not None:
        parts.append(f"lr {number(fields['learning_rate'])}")
    if fields["seconds_per_step"]:
        waits = fields.get("seconds_waiting")
        told = "" if waits is None else f", {number(1000 * waits)} ms of it waiting"
        parts.append(f"{number(1000 * fields['seconds_per_step'])} ms a step{told}")
    if fields["memory"] is not None:
        parts.append(bytes_text(fields["memory"]))
    if fields["gpu_memory"] is not None:
        allocated, peak = (bytes_text(fields["gpu_memory"][key]) for key in ("allocated", "peak"))
        parts.append(f"{allocated} of the GPU, at most {peak}")
    if fields["why_no_loss"]:
        parts.append(fields["why_no_loss"])
    return " · ".join(parts)


def _of_failure(fields: Fields) -> str:
    message = " ".join(fields["message"].split())
    text = f"{fields['error']}: {message}" if message else fields["error"]
    if fields["is_echo"]:
        return f"{text} (another rank was gone)"
    return text if fields["line"] is None else f"{text} ({PurePath(fields['file'] or '').name}, line {fields['line']})"


def _of_end(fields: Fields) -> str:
    return f"ended after {counted(fields['step'], 'step')}, {duration(fields['seconds'])}"


_SENTENCES: dict[str, Callable[[Fields], str]] = {
    "begun": _of_begun,
    "progress": _of_progress,
    "failed": _of_failure,
    "ended": _of_end,
}
