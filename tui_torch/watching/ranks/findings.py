"""What shows when processes that train together are compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

RankState = Literal["trains", "waits", "ended", "failed", "gone", "stopped"]
"""`waits`, for another rank, longer than steps take. `gone`: its process is not there, and has not said why."""


@dataclass(frozen=True, slots=True)
class RankLine:
    """One rank, as a line has it."""

    rank: int
    pid: int
    """Of its process: that of the last attempt, where there were several."""
    state: RankState
    step: int
    losses: tuple[tuple[str, float], ...]
    """(name, last value) pairs: of its own batches."""
    seconds_per_step: float | None
    """Over the last steps; None before there are two."""
    seconds_waiting: float | None
    """Of a step, how long it waits for others; None where that cannot be told, as on a GPU."""
    gradient_norm: float | None
    """Of the gradients that the optimizer steps by; None of several optimizers."""
    averaged_over: int | None
    """The number of ranks that these are seen to be averaged over by `DistributedDataParallel`; None where they are
    not, or that cannot be seen."""
    local_gradient_norm: float | None
    """Of the gradients of its own batch, before they were averaged; None where they are not known."""
    local_step: int | None = None
    """The step at which that was."""


@dataclass(frozen=True, slots=True)
class RankNorms:
    """Norms of gradients at one step, which all ranks have kept: at different steps, equal ones look different."""

    step: int
    own: dict[int, float]
    """By rank, of its own batch; empty where that is not known of all."""
    averaged: dict[int, float]
    """By rank, of the gradients that its optimizer steps by; empty where they are not averaged."""


@dataclass(frozen=True, slots=True)
class DifferingRanks:
    """Ranks whose parameters are not the same, and should be, or were until a step."""

    sides: tuple[tuple[int, ...], ...]
    """The ranks that agree with one another, largest side first."""
    groups: tuple[str, ...]
    """Of the parameters that differ: the names of the modules that hold them."""
    of: int
    """Number of such groups that there are."""
    step: int
    """The first step at which they are known to differ."""
    same_until: int | None
    """The last step before it at which they were the same; None where they never were."""
    are_gradients_different: bool | None
    """Whether the gradients at that step differed, too; None where there were none."""
    relative: float
    """About how much of the parameters' norm they differ by."""
    is_promised: bool
    """Whether `DistributedDataParallel` should keep them the same; else they were the same for a while."""


@dataclass(frozen=True, slots=True)
class Straggler:
    """Ranks that the others wait for at nearly every step."""

    ranks: tuple[int, ...]
    seconds: float
    """Of a step, how much longer the others wait."""
    seconds_per_step: float


@dataclass(frozen=True, slots=True)
class StoppedRank:
    """A rank that does not get on."""

    rank: int
    how: Literal["gone", "stopped", "behind"]
    """`stopped` by a signal; `behind`: it has not come to where others wait."""
    step: int
    """Where it was last."""
    waiting: tuple[int, ...]
    """The ranks that wait for it."""
    seconds: float
    """How long they have waited."""


@dataclass(frozen=True, slots=True)
class RootCause:
    """The rank that failed first, and by which the others did."""

    rank: int
    exit_code: int | None
    """Negative, the number of the signal that ended it; None where nobody has told."""
    error: str
    """The exception's class; empty where it ended by none, or that is not known."""
    message: str
    file: str | None
    line: int | None
    is_echo: bool
    """Whether it only lost its connection, to a rank that is not among those that are known."""
    alike: tuple[int, ...] = ()
    """Other ranks that failed in the same way."""
    echoes: tuple[int, ...] = ()
    """Other ranks that ended because of it."""


@dataclass(frozen=True, slots=True)
class RanksTogether:
    """All that there is to say of ranks that train together."""

    lines: tuple[RankLine, ...] = ()
    world_size: int | None = None
    norms: RankNorms | None = None
    """None where there is no step of which all have kept them."""
    differing: tuple[DifferingRanks, ...] = ()
    straggler: Straggler | None = None
    stopped: tuple[StoppedRank, ...] = ()
    root_cause: RootCause | None = field(default=None)
