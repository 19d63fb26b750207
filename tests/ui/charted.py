"""Runs made by hand, for the chart: what a recorder would say of them, the same each time."""

from __future__ import annotations

import math

from tui_torch.protocol.events import (
    Event,
    Finished,
    SeriesKind,
    SeriesPoints,
    Started,
    TrainingProgress,
)
from tui_torch.protocol.plots.plotted import Fitted, Plotted

STEPS = 300


def series(name: str, kind: SeriesKind, *values: float) -> SeriesPoints:
    return SeriesPoints(name, kind, tuple(enumerate(values, 1)))


def loss(rate: float, name: str = "loss") -> SeriesPoints:
    """A loss that falls at a rate, with what batches make it jump by; it breaks off as NaN where it would grow."""
    values: list[float] = []
    for step in range(STEPS):
        level = 4.0 * math.exp(-rate * step) + 0.2
        jump = 1 + 0.3 * math.sin(step * 12.9898) * math.cos(step * 4.1414)
        values.append(level * jump if level < 1e4 else math.nan)
    return series(name, "loss", *values)


def gradient_norm() -> SeriesPoints:
    return series("gradient norm", "gradient norm", *(30 / step for step in range(1, STEPS + 1)))


def each_epoch(epochs: int = 10) -> tuple[SeriesPoints, SeriesPoints]:
    """What a loop logs at the end of each epoch: the loss of validation, and an accuracy."""
    ends = range(STEPS // epochs, STEPS + 1, STEPS // epochs)
    losses = tuple((step, 4.0 * math.exp(-0.02 * step) + 0.4 + step / STEPS) for step in ends)
    accuracies = tuple((step, 0.93 - 0.8 * math.exp(-0.015 * step)) for step in ends)
    return SeriesPoints("val_loss", "logged", losses), SeriesPoints("accuracy", "logged", accuracies)


def progress(*series: SeriesPoints, epochs: int = 10) -> TrainingProgress:
    starts = tuple(range(1, STEPS + 1, STEPS // epochs)) if epochs else ()
    return TrainingProgress(STEPS, series, epochs or None, starts, 0.05, STEPS, 1840.0)


def run(*events: Event) -> list[Event]:
    return [Started(), *events, Finished("ok", 0.042)]


def fitted(slope: float, offset: float) -> Plotted:
    points = tuple((1 + number / 2, 3 + 0.8 * number + 0.6 * math.sin(number * 7.0)) for number in range(15))
    return Plotted((Fitted(points, tuple((x, slope * x + offset) for x, _ in points)),))
