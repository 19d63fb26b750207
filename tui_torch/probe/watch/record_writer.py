"""Writes the record of one process's training: a file that grows no further than its bound."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from tui_torch.probe.watch.whole_writes import write_all
from tui_torch.protocol import wire
from tui_torch.protocol.events import Failed, SeriesKind, SeriesPoints, TrainingProgress
from tui_torch.protocol.records.bounded_series import BoundedSeries
from tui_torch.protocol.records.lines import (
    RECORD_SUFFIX,
    GpuMemory,
    RecordBegun,
    RecordEnded,
    RecordFailure,
    RecordLine,
    RecordProgress,
)
from tui_torch.protocol.records.ranks import RecordDigest, RecordWaits, keep

LARGEST = 2**20
"""The size of a record, in bytes, at which it is written once more with one line for all progress."""
_EPOCHS = 1000
"""Maximum number of starts of epochs; the latest are kept."""
_PAUSE, _LONGEST_PAUSE = 5.0, 300.0
"""Seconds until something is written again after that has failed: each failure doubles the pause."""
_SERIES = 32


class RecordWriter:
    """The record of one process. No method raises but `KeyboardInterrupt` and what the program's own signals raise.

    No descriptor stays open between two writes, so a program may close all of them, fork, or become another. Where the
    file was deleted, nothing is written any more. Where writing fails, as on a full disk, all is written later.
    """

    def __init__(self, begun: RecordBegun, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._begun = begun
        self._folder = folder
        self._clock = clock
        self._began = clock()
        self._path: Path | None = None
        self._size = 0
        self._is_whole = False
        """Whether the file says all that it should."""
        self._is_over = False
        self._retry_at = -1.0
        self._pause = _PAUSE
        self._series: dict[tuple[SeriesKind, str], BoundedSeries] = {}
        self._times = BoundedSeries()
        self._waited, self._local_norms = BoundedSeries(), BoundedSeries()
        self._digests: dict[str, dict[int, RecordDigest]] = {}
        """By optimizer, and then by which of its steps it was."""
        self._latest: TrainingProgress | None = None
        self._gpu_memory: GpuMemory | None = None
        self._epoch_starts: tuple[int, ...] = ()
        self._ends: list[RecordLine] = []

    @property
    def path(self) -> Path | None:
        """The file; None before something was written."""
        return self._path

    def add_progress(
        self,
        progress: TrainingProgress,
        waits: RecordWaits | None = None,
        digests: Sequence[RecordDigest] = (),
        *,
        gpu_memory: GpuMemory | None = None,
    ) -> None:
        """Add what was found since the last time; of one of several ranks, also how long it waits and its digests."""
        series: list[SeriesPoints] = []
        for new in progress.series:
            key = (new.kind, new.name)
            if key in self._series or len(self._series) < _SERIES:
                kept = self._series.setdefault(key, BoundedSeries())
                series.append(SeriesPoints(new.name, new.kind, kept.add(new.points)))
        times = self._times.add([(progress.step, round(self._clock() - self._began, 3))])
        self._epoch_starts = (*self._epoch_starts, *progress.epoch_starts)[-_EPOCHS:]
        self._latest, self._gpu_memory = progress, gpu_memory
        lines: list[RecordLine] = [RecordProgress(replace(progress, series=tuple(series)), times, gpu_memory)]
        if waits is not None:
            lines.append(RecordWaits(self._waited.add(waits.waited), self._local_norms.add(waits.local_norms)))
        for digest in digests:
            keep(digest, self._digests)
        self._add(*lines, *digests)

    def add_failure(self, failed: Failed) -> None:
        """The program ends by an exception."""
        self._add_end(RecordFailure(failed))

    def end(self) -> None:
        """The program ends."""
        self._retry_at = -1.0
        self._add_end(RecordEnded(round(self._clock() - self._began, 3)))

    def _add_end(self, line: RecordFailure | RecordEnded) -> None:
        self._ends.append(line)
        self._add(line)

    def _add(self, *lines: RecordLine) -> None:
        if self._is_over or self._clock() < self._retry_at:
            self._is_whole = False
            return
        try:
            if self._is_whole and self._size < LARGEST:
                self._append(_written(lines))
            else:
                self._replace(_written(self._all()))
        except Exception as error:
            # Deleted, with its folder or alone: it is not wanted any more.
            self._is_over = isinstance(error, OSError) and error.errno == errno.ENOENT
            self._retry_at = self._clock() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        else:
            self._pause = _PAUSE

    def _all(self) -> tuple[RecordLine, ...]:
        """The lines of a whole record."""
        progress: tuple[RecordLine, ...] = ()
        if self._latest is not None:
            series = tuple(SeriesPoints(name, kind, kept.points()) for (kind, name), kept in self._series.items())
            whole = replace(self._latest, series=series, epoch_starts=self._epoch_starts)
            progress = (RecordProgress(whole, self._times.points(), self._gpu_memory),)
        return (self._begun, *progress, *self._together(), *self._ends)

    def _together(self) -> tuple[RecordLine, ...]:
        digests = (digest for kept in self._digests.values() for digest in kept.values())
        if not self._waited and not self._local_norms:
            return tuple(digests)
        return (RecordWaits(self._waited.points(), self._local_norms.points()), *digests)

    def _append(self, text: bytes) -> None:
        assert self._path is not None
        self._is_whole = False
        write_all(self._path, os.O_WRONLY | os.O_APPEND, text)
        self._size += len(text)
        self._is_whole = True

    def _replace(self, text: bytes) -> None:
        """Write a whole record, and put it in the place of the last one."""
        self._is_whole = False
        if self._path is None:
            self._path = self._made()
        if not self._path.exists():
            raise FileNotFoundError(errno.ENOENT, "the record was deleted")
        draft = self._path.with_suffix(".new")
        try:
            write_all(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, text)
            draft.replace(self._path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._size = len(text)
        self._is_whole = True

    def _made(self) -> Path:
        """An empty file of our own: the same process may have written one before it became this program."""
        for number in count():
            path = self._folder / f"{self._begun.pid}-{number}{RECORD_SUFFIX}"
            try:
                write_all(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, b"")
            except FileExistsError:
                continue
            return path
        raise AssertionError


def _written(lines: Sequence[RecordLine]) -> bytes:
    return "".join(json.dumps(wire.encode_tagged(line), allow_nan=False) + "\n" for line in lines).encode("ascii")
