"""Records for tests: written by the writer that trainings have."""

from __future__ import annotations

from tui_torch.protocol.events import SeriesPoints, TrainingProgress
from tui_torch.protocol.records.lines import RECORD_VERSION, CodeFile, RecordBegun

BEGUN = RecordBegun(
    RECORD_VERSION,
    0.0,
    77,
    "here",
    "/home/me/train.py",
    ("--lr", "0.1"),
    (CodeFile("train.py", "ab"),),
    "3",
    "2",
    "cpu",
)


def progress(first: int, *losses: float) -> TrainingProgress:
    """The losses of steps from `first` on, in one event."""
    points = tuple(enumerate(losses, first))
    return TrainingProgress(points[-1][0], (SeriesPoints("loss", "loss", points),), None, (), 0.1, points[-1][0])
