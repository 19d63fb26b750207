"""What is written of processes that train together, for a comparison of one with another."""

from __future__ import annotations

from tui_torch.protocol.late_dataclass import dataclass

DIGESTS = 64
"""Maximum number of digests of one optimizer that a record keeps, beyond a million million steps a few more."""
OPTIMIZERS = 4
"""Maximum number of optimizers of which digests are kept."""
NEWEST, ROUND = 8, 16
"""How many are kept of the latest, and of those at round numbers, when there are too many."""
ARRIVAL_SUFFIX = ".at"
"""How the name of the file with a process's last arrival ends."""
END_SUFFIX = ".end"
"""How the name of the file ends that says by which exception a Python ended that had imported torch."""


@dataclass(frozen=True, slots=True)
class GroupDigest:
    """What some parameters and their gradients were. Of tensors with many elements a sample is taken, evenly spread."""

    name: str
    """Of the module that holds them; `parameters` where none is known."""
    parameters: int
    """The sum of their bits, read as integers: the same for the same bits, in whatever order."""
    gradients: int | None
    """That of the gradients that the optimizer stepped by; None without any."""
    total: float
    """The sum of the parameters."""
    norm: float
    """Their norm."""


@dataclass(frozen=True, slots=True)
class RecordDigest:
    """What an optimizer's parameters were after one of its steps: to be compared with that of another rank."""

    optimizer: str
    """By which the same optimizer is known on another rank: a hash of the names and shapes of its parameters."""
    count: int
    """Which of its steps it was, from 1. Ranks take the same step together, whatever else one of them does."""
    step: int
    """The number of the process's `backward()` calls until then."""
    replicas: tuple[int, ...]
    """The ranks whose parameters `DistributedDataParallel` keeps the same as these; empty where nothing promises it."""
    groups: tuple[GroupDigest, ...]


@dataclass(frozen=True, slots=True)
class RecordWaits:
    """How long a process has waited for others, and what its gradients were before they were averaged with theirs."""

    waited: tuple[tuple[int, float], ...]
    """(step, seconds that it has waited until then) pairs: in `backward()`, from when its own gradients were all there,
    and in collective operations that it called itself. Empty where that cannot be told, as on a GPU."""
    local_norms: tuple[tuple[int, float], ...] = ()
    """(step, norm of the gradients of its own batch) pairs."""


@dataclass(frozen=True, slots=True)
class RankArrival:
    """The last point at which a process began to wait for others. It may have gone on since."""

    collective: int
    """Which of the operations of all ranks together it was, as PyTorch counts them."""
    step: int
    time: float
    """When, in seconds since 1970."""
    is_each: bool
    """Whether each such point is written; else, since steps are too short, only some are."""


@dataclass(frozen=True, slots=True)
class ChildEnd:
    """A process that a launcher has started and that failed, as the launcher has seen it."""

    pid: int
    exit_code: int | None
    """Negative, the number of the signal that ended it."""
    rank: int | None = None
    """None where the launcher counts only its own processes."""
    time: float = 0.0
    """When the launcher saw it, in seconds since 1970."""
    message: str = ""
    """What the process has told it; empty if nothing."""


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """By which exception a Python ended that had imported torch: a training, a rank before it trains, a launcher."""

    pid: int
    time: float
    """In seconds since 1970."""
    error: str
    """The exception's class."""
    message: str
    rank: int | None = None
    attempt: int = 0
    file: str | None = None
    line: int | None = None
    """The last line of the program's own."""
    children: tuple[ChildEnd, ...] = ()
    """Of `torchrun` and of `torch.multiprocessing.spawn`: the processes that failed."""


def keep(digest: RecordDigest, kept: dict[str, dict[int, RecordDigest]]) -> None:
    """Add a digest to those that are kept, by optimizer and count: of the latest OPTIMIZERS, and of each, a few."""
    of_optimizer = kept.pop(digest.optimizer, {})
    of_optimizer[digest.count] = digest
    kept[digest.optimizer] = {count: of_optimizer[count] for count in kept_counts(list(of_optimizer))}
    if len(kept) > OPTIMIZERS:
        del kept[next(iter(kept))]


def kept_counts(counts: list[int]) -> list[int]:
    """Which of an optimizer's digests to keep, by their `count`, in order.

    Those of steps 1, 2, 4, 8, and so on, by which it is known when ranks first differed; the latest; and of the others
    those at round numbers. A number is the rounder the more often it can be halved: two processes keep the same ones.
    """
    if len(counts) <= DIGESTS:
        return counts
    older, newest = counts[:-NEWEST], counts[-NEWEST:]
    powers = [count for count in older if count & (count - 1) == 0]
    others = [count for count in older if count & (count - 1)]
    round_first = sorted(others, key=lambda count: (count & -count, count), reverse=True)
    return sorted(powers + round_first[:ROUND]) + newest
