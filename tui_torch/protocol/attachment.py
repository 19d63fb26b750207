"""What crosses between an app and the probe that it has put into a kernel which others use."""

from __future__ import annotations

from typing import Literal, get_args

from tui_torch.protocol.events import Failed, Summary, TrainingProgress, Watched
from tui_torch.protocol.inspection_updates import InspectionUpdate
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.notes import Note
from tui_torch.protocol.orders import ReadOn, Request, Watch
from tui_torch.protocol.views import View

CODE_LIMIT = 100_000
"""Maximum number of characters that are told of a cell's code."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The first word: the probe is in the kernel."""

    pid: int
    torch: str | None
    """The version of PyTorch that has been imported there; None if none has."""
    installed: str | None
    """The version that could be imported there; None if there is none."""


@dataclass(frozen=True, slots=True)
class TorchImported:
    """A cell has imported PyTorch: from now on its tensors are seen."""

    version: str
    problem: str | None = None
    """Why they are not, in a sentence; None if they are."""


@dataclass(frozen=True, slots=True)
class CellBegan:
    """A cell runs now. What follows is of it, until it ends."""

    number: int
    """Its `In [3]`."""
    code: str
    """At most CODE_LIMIT characters."""


@dataclass(frozen=True, slots=True)
class CellEnded:
    """The cell is over; what it left has been told before this."""

    number: int
    outcome: Literal["ok", "failed", "interrupted"]
    seconds: float


@dataclass(frozen=True, slots=True)
class Beside:
    """The first word of a second connection, by which is heard what is asked while a cell runs: `Peek`."""


@dataclass(frozen=True, slots=True)
class Peeked:
    """What the names are while a cell runs: their types and shapes, without any element."""

    variables: tuple[Summary, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """Something was not told, since nobody read for so long that there was no room any more."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Take all out of the kernel that was put into it. Answered by the end of the connection."""


@dataclass(frozen=True, slots=True)
class Peek:
    """Say what the names are, while a cell runs. Answered by `Peeked`, or by nothing if none runs."""


Told = (
    Joined
    | Beside
    | Peeked
    | TorchImported
    | CellBegan
    | CellEnded
    | Missed
    | InspectionUpdate
    | TrainingProgress
    | Watched
    | Note
    | Failed
    | View
)
"""What the probe tells."""

TOLD: tuple[type[Told], ...] = get_args(Told)

Asked = Request | ReadOn | Watch | Leave | Peek
"""What the app asks."""

ASKED: tuple[type[Asked], ...] = get_args(Asked)
