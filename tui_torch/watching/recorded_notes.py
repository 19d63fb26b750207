"""What a recorded training has to be told of: rules over its series alone, which nothing of its code is needed for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from tui_torch.curves.overfit import heeds_validation, overfit
from tui_torch.curves.rise import rising
from tui_torch.protocol.notes import Note
from tui_torch.protocol.records.bounded_series import StepNumber
from tui_torch.watching.record_reader import RecordReader

_LARGEST = 2**20
"""Maximum size of a file of code that is read, in bytes."""


def recorded_notes(record: RecordReader) -> tuple[Note, ...]:
    """What there is to say of one process's training so far."""
    losses = {name: kept.points() for (kind, name), kept in record.series.items() if kind == "loss"}
    found = list(_not_finite(losses, record))
    if found or len(losses) != 1:  # of several losses, one may grow because another learns
        return tuple(found)
    ((name, points),) = losses.items()
    return (*_exploding(name, points), *_overfitting(name, points, record))


def _not_finite(losses: dict[str, tuple[StepNumber, ...]], record: RecordReader) -> Iterator[Note]:
    for name, points in losses.items():
        broken = next(((step, value) for step, value in points if not math.isfinite(value)), None)
        if broken is None:
            continue
        step, value = broken
        what = "NaN" if math.isnan(value) else "infinite"
        before = [point for point in points if point[0] < step]
        if math.isfinite(points[-1][1]):
            says = f"`{name}` was {what} at step {step:,}, and is a number again since."
        elif not before:
            says = (
                f"`{name}` is {what} from step {step:,} on, the first there is. Look for NaN in the data, a division "
                f"by 0, or the `log` or `sqrt` of 0."
            )
        else:
            says = f"`{name}` became {what} at step {step:,}{_way_there(before, record, step)}"
        yield Note("loss-not-finite", says)
        return


def _way_there(before: list[StepNumber], record: RecordReader, step: int) -> str:
    """How a loss came to be no number."""
    last, value = before[-1]
    norms = [
        point
        for (kind, _), kept in record.series.items()
        if kind == "gradient norm"
        for point in kept.points()
        if point[0] < step and math.isfinite(point[1])
    ]
    if len(norms) > 1 and norms[-1][1] > 10 * norms[0][1]:
        (first, low), (at, high) = norms[0], norms[-1]
        way = f"from {_number(low)} at step {first:,} to {_number(high)} at step {at:,}"
        grown = f", and the gradient's norm had grown {way}"
    else:
        grown = ""
    return f": it was {_number(value)} at step {last:,}{grown}."


def _exploding(name: str, points: tuple[StepNumber, ...]) -> Iterator[Note]:
    lowest = rising(points)
    if lowest is not None:
        (first, low), (last, high) = lowest, points[-1]
        says = (
            f"`{name}` explodes: it grew from {_number(low)} at step {first:,} to {_number(high)} at step {last:,}, "
            f"{round(high / low):,} times as large."
        )
        yield Note("exploding", says)


def _overfitting(name: str, losses: tuple[StepNumber, ...], record: RecordReader) -> Iterator[Note]:
    validations = {name: kept.points() for (kind, name), kept in record.series.items() if kind == "validation"}
    if len(validations) != 1 or heeds_validation(_code(record)):
        return
    ((validation, points),) = validations.items()
    found = overfit(points, losses)
    if found is not None:
        step, lowest = found.best
        says = (
            f"`{validation}` was lowest at step {step:,}, at {_number(lowest)}; its last {found.averaged} values "
            f"average {_number(found.validation)}. Meanwhile `{name}` fell from {_number(found.training_before)} to "
            f"{_number(found.training)}: the model learns its training data by heart. Keep the weights of step "
            f"{step:,}, or use more data, a smaller model, `weight_decay` or dropout."
        )
        yield Note("overfitting", says)


def _code(record: RecordReader) -> str:
    """The program's own code, as far as it can be read where it was."""
    begun = record.begun
    folder = Path(begun.program).parent if begun is not None and begun.program.endswith(".py") else None
    if begun is None or folder is None:
        return ""
    texts: list[str] = []
    for file in begun.files:
        path = folder / file.path
        try:
            if path.stat().st_size <= _LARGEST:
                texts.append(path.read_text("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(texts)


def _number(value: float) -> str:
    """A number with three significant digits: `0.0123`, `1.2e9`."""
    return re.sub(r"e([+-])0?(\d)", lambda found: f"e{'' if found[1] == '+' else '-'}{found[2]}", f"{value:.3g}")
