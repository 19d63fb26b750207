"""Reads the record of one process while it is written: what is new since the last look, and all of it together."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui_torch.protocol import wire
from tui_torch.protocol.events import Failed, SeriesKind, SeriesPoints, TrainingProgress
from tui_torch.protocol.records.bounded_series import BoundedSeries
from tui_torch.protocol.records.lines import (
    RECORD_LINES,
    RECORD_VERSION,
    GpuMemory,
    RecordBegun,
    RecordEnded,
    RecordFailure,
    RecordLine,
    RecordProgress,
)
from tui_torch.protocol.records.ranks import RecordDigest, RecordWaits, keep
from tui_torch.watching.step_times import seconds_of_step

LARGEST = 8 * 2**20
"""Maximum number of bytes that are read of a record; ours have two million at most."""


EPOCHS = 1000
"""Maximum number of starts of epochs that are kept."""


class RecordReader:
    """One process's record. Call `read()` again while the process runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: tuple[int, int] | None = None
        """Which file was read: a record is replaced now and then."""
        self._read = 0
        """How many of its bytes."""
        self._forget()

    def _forget(self) -> None:
        self.begun: RecordBegun | None = None
        """None before the first line was read, and where the record comes from a later version."""
        self.series: dict[tuple[SeriesKind, str], BoundedSeries] = {}
        self.times = BoundedSeries()
        """Seconds since the record began, by step."""
        self.waited = BoundedSeries()
        """Seconds that it has waited for other processes, by step."""
        self.local_norms = BoundedSeries()
        """Norms of its own gradients, before they are averaged, by step."""
        self.digests: dict[str, dict[int, RecordDigest]] = {}
        """By optimizer, and then by which of its steps it was."""
        self.latest: TrainingProgress | None = None
        self.gpu_memory: GpuMemory | None = None
        """At its last step; None where it uses no GPU."""
        self.epoch_starts: tuple[int, ...] = ()
        """The steps at which the latest epochs began."""
        self.failed: Failed | None = None
        self.ended: RecordEnded | None = None

    def read(self) -> bool:
        """Read what is new. What cannot be read, such as a line that is half written, is left out.

        Returns:
            Whether there was anything.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return False
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            identity = (status.st_dev, status.st_ino)
            if identity != self._file or status.st_size < self._read:
                self._file, self._read = identity, 0
                self._forget()
            try:
                file.seek(self._read)
                text = file.read(LARGEST)
            except OSError:
                return False
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            if (decoded := _decoded(line)) is not None:
                self._take(decoded)
        return bool(whole)

    def _take(self, line: RecordLine) -> None:
        if self.begun is None and not (isinstance(line, RecordBegun) and line.version <= RECORD_VERSION):
            return
        match line:
            case RecordBegun():
                self.begun = line
            case RecordProgress(progress, times, gpu_memory):
                for points in progress.series:
                    self.series.setdefault((points.kind, points.name), BoundedSeries()).add(points.points)
                self.times.add(times)
                self.latest, self.gpu_memory = progress, gpu_memory
                self.epoch_starts = (*self.epoch_starts, *progress.epoch_starts)[-EPOCHS:]
            case RecordWaits(waited, local_norms):
                self.waited.add(waited)
                self.local_norms.add(local_norms)
            case RecordDigest():
                keep(line, self.digests)
            case RecordFailure(failed):
                self.failed = failed
            case RecordEnded():
                self.ended = line

    @property
    def step(self) -> int:
        """The number of steps so far."""
        return self.latest.step if self.latest is not None else 0

    def whole(self) -> TrainingProgress | None:
        """All that is kept of its progress, as one event, its speed that of `seconds_per_step`; None before any."""
        if self.latest is None:
            return None
        series = tuple(SeriesPoints(name, kind, kept.points()) for (kind, name), kept in self.series.items())
        took = self.seconds_per_step()
        speed = 1 / took if took else None
        return replace(self.latest, series=series, epoch_starts=self.epoch_starts, steps_per_second=speed)

    def seconds_per_step(self) -> float | None:
        """How long a step takes: of the last steps, without pauses; None before there are two."""
        return seconds_of_step(self.times.points())


def _decoded(line: bytes) -> RecordLine | None:
    try:
        payload: Any = json.loads(line)
        return wire.decode_tagged(RECORD_LINES, payload)
    except (ValueError, RecursionError):
        return None
