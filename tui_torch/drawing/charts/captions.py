"""What a chart says in words: the caption with the last and the best value, and what the cursor stands on."""

from __future__ import annotations

import math

from tui_torch.drawing.canvas.canvas import one_cell_each
from tui_torch.drawing.charts.curve import Curve
from tui_torch.drawing.charts.run_history import Runs
from tui_torch.drawing.charts.training_run import Shown


def caption(runs: Runs, width: int, *, shown: Shown = "loss", note: str = "", ascii_only: bool = False) -> str:
    """The current run in numbers, in at most `width` cells; what does not fit is left out from the right.

    `0.5123 last · 0.4987 best · epoch 37 · step 111 · lr 1e-05 · 240 steps/s`. `note` comes before epoch and step.
    """
    run = runs.current
    parts: list[str] = []
    series = next(iter(run.of(shown)), None)
    if series is not None:
        curve = series.curve
        whose = f"{one_cell_each(series.name, ascii_only=ascii_only)} " if len(run.of(shown)) > 1 else ""
        if curve.last is not None:
            parts.append(f"{whose}{reading(curve.last.value)} last")
        if shown == "loss" and series.kind == "loss" and curve.best is not None:
            parts.append(f"{reading(curve.best.value)} best")
        if shown == "gradient norm" and curve.low <= curve.high:
            parts.append(f"{reading(curve.high)} largest")
    if note:
        parts.append(note)
    if run.epoch is not None:
        parts.append(f"epoch {run.epoch}")
    if run.steps:
        parts.append(f"step {run.steps}")
    if run.learning_rate is not None and shown != "learning rate":
        parts.append(f"lr {run.learning_rate:.3g}")
    if run.steps_per_second is not None:
        parts.append(_speed(run.steps_per_second))
    return _fitting(parts, width, ascii_only)


def at_cursor(runs: Runs, step: int, width: int, *, shown: Shown = "loss", ascii_only: bool = False) -> str:
    """What each curve has at a step, the current run's first: `step 37 · lr=1e-4 0.5123 · lr=1e-5 0.6432`."""
    current = runs.current.of(shown)
    read = [(runs.name if runs.name and len(current) == 1 else series.name, series.curve) for series in current]
    read += [(named.name, series.curve) for named in runs.earlier for series in named.run.of(shown)[:1]]
    found = [(one_cell_each(name, ascii_only=ascii_only), _at(curve, step)) for name, curve in read]
    values = [f"{name} {said}" for name, said in found if said]
    return _fitting([f"step {step}", *values], width, ascii_only)


def reading(value: float) -> str:
    """A value to four digits, of a width that stays put while they change: 0.5123, 68000, 1.235e-06, NaN, -Inf."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3e}"
    return f"{value:.{max(3 - math.floor(math.log10(abs(value))), 0)}f}"


def _at(curve: Curve, step: int) -> str:
    """The value at a step; from the smallest to the largest where a span of steps is all that is known. Empty beyond
    the ends of the curve."""
    if not curve.first_step <= step <= curve.last_step:
        return ""
    span = curve.nearest(step)
    if span is None or not span.finite:
        return reading(span.last) if span is not None else ""
    return reading(span.low) if span.low == span.high else f"{reading(span.low)} to {reading(span.high)}"


def _speed(steps: float) -> str:
    return f"{steps:.3g} steps/s" if steps < 1000 else f"{steps / 1000:.3g}k steps/s"


def _fitting(parts: list[str], width: int, ascii_only: bool) -> str:
    separator = ", " if ascii_only else " · "
    while parts and len(separator.join(parts)) > width:
        parts.pop()
    return separator.join(parts)
