"""How long a training takes still, where that can be told: never by a guess."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from tui_torch.watching.differences import arguments_by_name
from tui_torch.watching.record_reader import RecordReader

_EPOCHS = frozenset({"epochs", "num_epochs", "n_epochs", "nepochs", "max_epochs", "num_train_epochs"})
"""What programs call the number of their epochs, without what stands before a dot."""
_RESUMED = re.compile(r"resum|checkpoint|ckpt|start|begin|initial|from_|load")
"""What is in the name of an argument by which a training may go on from an earlier one, whose epochs count, too."""
_BAR = re.compile(
    r"(?P<done>\d+(?:\.\d+)?[kMG]?)/(?P<total>\d+(?:\.\d+)?[kMG]?) \[(?:\d+:)?\d+:\d+<(?P<left>(?:\d+:)?\d+:\d+)[,\]]"
)
"""A progress bar of tqdm, which says how long it takes still."""


@dataclass(frozen=True, slots=True)
class ProgressBar:
    """What a program's own progress bar says."""

    done: str
    total: str
    left: str
    """How long it takes still, as the bar has it: `00:15`."""


def progress_bar(line: str) -> ProgressBar | None:
    """The progress bar in a line of output; None where there is none, or it does not say how long it takes still."""
    bars = [ProgressBar(found["done"], found["total"], found["left"]) for found in _BAR.finditer(line)]
    return bars[-1] if bars else None


def epochs_asked_for(arguments: Sequence[str]) -> int | None:
    """The number of epochs that a command line asks for; None where it does not, or may not begin with the first."""
    given = {name.lower().replace("-", "_"): value for name, value in arguments_by_name(arguments).items()}
    if any(_RESUMED.search(name) for name in given):
        return None
    asked = {value for name, value in given.items() if name.rpartition(".")[2] in _EPOCHS}
    (value,) = asked if len(asked) == 1 else ("",)
    return int(value) if value.isascii() and value.isdecimal() and int(value) > 0 else None


def seconds_left(record: RecordReader) -> float | None:
    """How long a training takes still, from the last step that is recorded on.

    Where the command line says how many epochs there are, and one at least is over: the others take as long as the mean
    of those. None where that cannot be told, as after the end.
    """
    begun, latest, starts = record.begun, record.latest, record.epoch_starts
    if begun is None or latest is None or latest.epoch is None or record.ended is not None:
        return None
    epochs = epochs_asked_for(begun.arguments)
    if epochs is None or latest.epoch > epochs or len(starts) < 2:
        return None
    first, last, now = _second(record, starts[0]), _second(record, starts[-1]), record.times.last
    if first is None or last is None or now is None or last <= first:
        return None
    each = (last - first) / (len(starts) - 1)
    return max((epochs - latest.epoch + 1) * each - (now[1] - last), 0.0)


def _second(record: RecordReader, step: int) -> float | None:
    """When a step was, in seconds since the record began: between the two nearest steps whose time is kept."""
    times = record.times.points()
    at = bisect_right(times, step, key=lambda point: point[0])
    if not times or at == 0:
        return times[0][1] if times else None
    before = times[at - 1]
    if before[0] == step or at == len(times):
        return before[1]
    after = times[at]
    return before[1] + (after[1] - before[1]) * (step - before[0]) / (after[0] - before[0])
