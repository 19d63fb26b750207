"""Which rank's failure was the first, and which others only followed from it."""

from __future__ import annotations

import math
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from tui_torch.protocol.records.ranks import ChildEnd, ProcessEnd
from tui_torch.watching.ranks.findings import RootCause
from tui_torch.watching.ranks.rank_record import RankRecord

_LOST = re.compile(
    r"connection (was )?(closed|reset|refused|aborted)|broken pipe|failed to (recv|send)|got 0 bytes|pair closure"
    r"|remote process exited|communicator was aborted|timed out waiting|recvvalue failed|sendbytes failed|peer closed"
    r"|socket timeout|wait timeout|waitall|connect\(\) failed|could not connect",
    re.IGNORECASE,
)
"""What PyTorch says where the process at the other end is gone."""
_OF_PYTORCH = {"RuntimeError", "DistBackendError", "DistNetworkError", "DistStoreError", "DistError"}
_LATER = 5.0
"""Seconds after which a launcher kills what its first signal did not end: that was no cause."""


@dataclass(frozen=True, slots=True)
class _Failure:
    rank: int
    exit_code: int | None = None
    error: str = ""
    message: str = ""
    file: str | None = None
    line: int | None = None
    time: float = math.inf
    """When it failed, in seconds since 1970, as it has told itself."""
    seen: float = 0.0
    """When the launcher saw it."""

    @property
    def has_told(self) -> bool:
        return self.error != "" or self.message != ""

    @property
    def is_echo(self) -> bool:
        return is_lost_connection(self.error, self.message)

    @property
    def likelihood(self) -> int:
        """How much it looks like a cause, the lowest most.

        First a kill that nobody in the run sends, then what a program does by itself, then what follows from others.
        """
        if self.is_echo:
            return 3
        if self.exit_code is not None and self.exit_code < 0 and not self.has_told:
            if self.exit_code == -signal.SIGTERM:
                return 4
            return 2 if self.exit_code == -signal.SIGABRT else 0
        return 1


def is_lost_connection(error: str, message: str) -> bool:
    """Whether an exception says no more than that another rank is gone."""
    return error in _OF_PYTORCH and _LOST.search(message) is not None


def root_cause(ranks: Sequence[RankRecord], ends: Sequence[ProcessEnd]) -> RootCause | None:
    """The rank that failed first. None where none has failed, or the command was ended from outside.

    Args:
        ranks: Those that have trained.
        ends: How Pythons of the run ended that ended by an exception: ranks that have not trained yet, and launchers,
            of which the last one tells the exit code of each rank that failed.
    """
    children = next((end.children for end in reversed(ends) if end.children), ())
    failures = _failures(ranks, ends, children)
    if not failures:
        return None
    first_seen = min(failure.seen for failure in failures)
    ordered = sorted(
        failures,
        key=lambda failure: (
            failure.seen > first_seen + _LATER,
            failure.likelihood,
            failure.time,
            failure.rank,
        ),
    )
    cause, *others = ordered
    # After ctrl+c, ranks lose one another as they end, and no launcher tells of failures.
    if cause.likelihood == 4 or (cause.is_echo and not children):
        return None
    alike = [
        other.rank
        for other in others
        if not cause.is_echo
        and (other.error, other.message) == (cause.error, cause.message)
        and other.exit_code == cause.exit_code
        and other.likelihood == cause.likelihood
    ]
    return RootCause(
        cause.rank,
        cause.exit_code,
        cause.error,
        cause.message,
        cause.file,
        cause.line,
        cause.is_echo,
        tuple(sorted(alike)),
        tuple(sorted(other.rank for other in others if other.rank not in alike)),
    )


def _failures(ranks: Sequence[RankRecord], ends: Sequence[ProcessEnd], children: Sequence[ChildEnd]) -> list[_Failure]:
    """What failed: all that the launcher has seen, or else all that has told of itself."""
    told: dict[int, _Failure] = {}
    pids: dict[int, int] = {}
    for end in ends:
        if end.rank is not None and not end.children:
            told[end.pid] = _Failure(
                end.rank, None, end.error, end.message, end.file, end.line, time=end.time, seen=end.time
            )
            pids[end.pid] = end.rank
    for record in ranks:
        pids[record.pid] = record.rank
        if record.failed is not None:
            failed = record.failed
            frame = failed.frames[-1] if failed.frames else None
            time = record.began + record.ended if record.ended is not None else math.inf
            told[record.pid] = _Failure(
                record.rank,
                None,
                failed.error,
                failed.message,
                frame.file if frame else None,
                frame.line if frame else None,
                time,
                0.0,
            )
    if not children:
        own = {record.pid for record in ranks}
        return [failure for pid, failure in told.items() if pid in own or not own]
    found: list[_Failure] = []
    for child in children:
        rank = child.rank if child.rank is not None else pids.get(child.pid)
        if rank is None:
            continue
        of_itself = told.get(child.pid)
        if of_itself is not None:
            error, message, file, line = of_itself.error, of_itself.message, of_itself.file, of_itself.line
            time = of_itself.time
        else:
            error, _, message = child.message.partition(": ") if child.message else ("", "", "")
            file, line, time = None, None, math.inf
        found.append(_Failure(rank, child.exit_code, error, message, file, line, time, child.time))
    return found
