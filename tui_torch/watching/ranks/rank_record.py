"""One rank as it is now: what its record says, and what is known of its process."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from tui_torch.protocol import wire
from tui_torch.protocol.events import Failed
from tui_torch.protocol.records.ranks import ARRIVAL_SUFFIX, ProcessEnd, RankArrival, RecordDigest
from tui_torch.watching.record_reader import RecordReader

LARGEST = 2**20
"""Maximum size of a file that is read here, in bytes."""
ProcessState = Literal["runs", "stopped", "gone", "unknown"]
"""`stopped` by a signal, as by ctrl+z; `gone` from this machine's processes; `unknown` where it runs elsewhere."""
Points = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class RankRecord:
    """What is known of one rank: of the last attempt where `torchrun` has started it more than once."""

    rank: int
    pid: int
    began: float
    """In seconds since 1970."""
    step: int = 0
    losses: tuple[tuple[str, float], ...] = ()
    """(name, last value) pairs."""
    times: Points = ()
    """(step, seconds since it began) pairs."""
    waited: Points = ()
    """(step, seconds that it has waited until then) pairs; empty where that cannot be told."""
    gradient_norm: float | None = None
    """The last one: of gradients that are averaged under `DistributedDataParallel`."""
    local_gradient_norm: tuple[int, float] | None = None
    """(step, norm) of the gradients of its own batch, the last."""
    norms: Points = ()
    """(step, norm) pairs of the gradients that the optimizer steps by; empty of several optimizers."""
    local_norms: Points = ()
    """(step, norm) pairs of the gradients of its own batches."""
    digests: tuple[RecordDigest, ...] = ()
    """Those of each optimizer, in the order of its steps."""
    arrival: RankArrival | None = None
    failed: Failed | None = None
    ended: float | None = None
    """When it ended by itself, in seconds since it began."""
    process: ProcessState = "unknown"

    @property
    def is_over(self) -> bool:
        """Whether it trains no more."""
        return self.ended is not None or self.process == "gone"


def ranks_of(readers: Iterable[RecordReader], *, is_running: bool = True) -> tuple[RankRecord, ...]:
    """The ranks of a run, in order: the longest record of each rank's last attempt. Alone, a process is none.

    Args:
        readers: The records of the run's processes, read.
        is_running: Whether the command runs still; if not, no process is looked for.
    """
    chosen: dict[int, RecordReader] = {}
    for reader in readers:
        begun = reader.begun
        if begun is None or begun.rank is None or (begun.world_size or 1) < 2:
            continue
        other = chosen.get(begun.rank)
        if other is None or other.begun is None or (begun.attempt, reader.step) > (other.begun.attempt, other.step):
            chosen[begun.rank] = reader
    return tuple(_record(rank, chosen[rank], is_running) for rank in sorted(chosen))


def _record(rank: int, reader: RecordReader, is_running: bool) -> RankRecord:
    begun = reader.begun
    assert begun is not None
    last = {key: series.last[1] for key, series in reader.series.items() if series.last is not None}
    norms = [series.points() for (kind, _), series in reader.series.items() if kind == "gradient norm" and series]
    ended = None if reader.ended is None else reader.ended.seconds
    state: ProcessState = "gone"
    if ended is None and is_running:
        state = process_state(begun.pid, begun.began) if begun.host == platform.node() else "unknown"
    return RankRecord(
        rank=rank,
        pid=begun.pid,
        began=begun.began,
        step=reader.step,
        losses=tuple((name, value) for (kind, name), value in last.items() if kind == "loss"),
        times=reader.times.points(),
        waited=reader.waited.points(),
        gradient_norm=norms[0][-1][1] if len(norms) == 1 else None,
        local_gradient_norm=reader.local_norms.last,
        norms=norms[0] if len(norms) == 1 else (),
        local_norms=reader.local_norms.points(),
        digests=tuple(digest for kept in reader.digests.values() for digest in kept.values()),
        arrival=arrival_beside(reader.path) if is_running and ended is None else None,
        failed=reader.failed,
        ended=ended,
        process=state,
    )


def process_state(pid: int, began: float) -> ProcessState:
    """What a process of this machine does that wrote a record from `began` on, in seconds since 1970."""
    try:
        process = psutil.Process(pid)
        if process.create_time() > began + 5:  # another one has got its number
            return "gone"
        status = process.status()
    except psutil.NoSuchProcess:
        return "gone"
    except psutil.Error:
        return "unknown"
    if status in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
        return "gone"
    return "stopped" if status in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP) else "runs"


def arrival_beside(record: Path) -> RankArrival | None:
    """Where the process of a record last began to wait; None where it has not, or that cannot be read."""
    try:
        return wire.decode(RankArrival, json.loads(_read(record.with_suffix(ARRIVAL_SUFFIX))))
    except (OSError, ValueError, RecursionError):
        return None


def ends_in(files: Iterable[Path]) -> tuple[ProcessEnd, ...]:
    """How Pythons of a run ended that ended by an exception, by time. What cannot be read is left out."""
    ends: list[ProcessEnd] = []
    for file in files:
        try:
            ends.append(wire.decode(ProcessEnd, json.loads(_read(file))))
        except (OSError, ValueError, RecursionError):
            continue
    return tuple(sorted(ends, key=lambda end: end.time))


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(LARGEST)


def now() -> float:
    """Seconds since 1970, as arrivals have them."""
    return time.time()
