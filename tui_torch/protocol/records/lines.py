"""What is written of a training that runs elsewhere: a line of JSON for each of these, one file for each process.

A process's file begins with `RecordBegun`. Lines are added at its end; now and then it is replaced by a shorter one
that says the same with fewer points. A reader leaves out what does not decode: the last line may be half written.
"""

from __future__ import annotations

from tui_torch.protocol.events import Failed, TrainingProgress
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.records.ranks import RecordDigest, RecordWaits

RECORD_VERSION = 1
"""Of the form of a record. Readers leave records of later versions alone."""
RECORD_SUFFIX = ".jsonl"
"""How the name of a process's record ends."""
RUN_FOLDER = "TUI_TORCH_RUN"
"""The environment variable that names the folder into which the processes of a command write their records."""


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A file of a program's own code, as it was when the training began."""

    path: str
    """Relative to the folder of the program's main file."""
    sha256: str


@dataclass(frozen=True, slots=True)
class RecordBegun:
    """A process has begun to train."""

    version: int
    began: float
    """In seconds since 1970."""
    pid: int
    host: str
    program: str
    """The path of the main file, or the name of the module that `python -m` was given."""
    arguments: tuple[str, ...]
    """What followed it on the command line."""
    files: tuple[CodeFile, ...]
    """The main file, and the modules beside it that were imported before the training began; at most 200."""
    python: str
    torch: str
    """Versions, such as `3.13.1` and `2.13.0+cpu`."""
    device: str
    """The name of the GPU that is in use; `cpu` without one."""
    rank: int | None = None
    """The process's rank among those that train together; None where it trains alone."""
    local_rank: int | None = None
    world_size: int | None = None
    attempt: int = 0
    """How often `torchrun` has started the ranks before."""


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """What PyTorch holds of the memory of the GPU that a process uses, in bytes."""

    allocated: int
    """By tensors, now."""
    peak: int
    """By tensors, at most so far; since the program reset it, if it did."""
    total: int
    """Of the GPU."""


@dataclass(frozen=True, slots=True)
class RecordProgress:
    """What has come since the last line. `step` and other single numbers of `progress` are the latest.

    Each process has its own. Of several that train together, losses are those of the process's own batches; the norm of
    gradients, which is taken when the optimizer steps, is of the gradients that `DistributedDataParallel` has averaged.
    """

    progress: TrainingProgress
    times: tuple[tuple[int, float], ...]
    """(step, seconds since the record began) pairs."""
    gpu_memory: GpuMemory | None = None
    """At the last step; None where no GPU is used."""


@dataclass(frozen=True, slots=True)
class RecordFailure:
    """The program ended by an exception."""

    failed: Failed


@dataclass(frozen=True, slots=True)
class RecordEnded:
    """The program has ended by itself; without this line, its process was killed, or trains still."""

    seconds: float
    """Since the record began."""


RecordLine = RecordBegun | RecordProgress | RecordWaits | RecordDigest | RecordFailure | RecordEnded
RECORD_LINES = (RecordBegun, RecordProgress, RecordWaits, RecordDigest, RecordFailure, RecordEnded)


@dataclass(frozen=True, slots=True)
class WatchedCommand:
    """A command that was watched: one file for each, beside the records of its processes."""

    version: int
    command: tuple[str, ...]
    folder: str
    """In which it was called."""
    began: float
    """In seconds since 1970."""
    pid: int
    """Of the command."""
    host: str
    ended: float | None = None
    """In seconds since 1970; None while it runs, or where nobody saw its end."""
    exit_code: int | None = None
    """As a shell has it: 128 and the signal's number where one ended it."""
    identity: str | None = None
    """Of the command's process, by which it is told from later ones of its pid; None where the system tells of none."""
