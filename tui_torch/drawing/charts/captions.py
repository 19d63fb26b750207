"""The words of a chart: the caption with the last and the best value, and the values at the cursor."""

from __future__ import annotations

import math

from tui_torch.drawing.charts.curve import Curve
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.charts.training_run import TrainingRun
from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.cells import one_cell_each
from tui_torch.protocol.events import SeriesKind


def caption(
    runs: RunHistory, width: int, *, shown: SeriesKind = "loss", note: str = "", ascii_only: bool = False
) -> str:
    """The current run in numbers, in at most `width` cells; what does not fit is left out from the right.

    `0.5123 last · 0.4987 best · epoch 37 · step 111 · lr 1e-05 · 240 steps/s`. `note` comes before epoch and step.
    """
    run = runs.current
    parts: list[str] = []
    curves = run.of(shown)
    if curves:
        curve = curves[0]
        name = f"{one_cell_each(curve.name, ascii_only=ascii_only)} " if len(curves) > 1 else ""
        # A norm is looked at now and then: steps in between have others.
        is_every_step = shown != "gradient norm" or curve.count >= run.steps
        if curve.last is not None:
            which = "last" if is_every_step else f"at step {run.iteration(curve.last.step)}"
            parts.append(f"{name}{value_text(curve.last.value)} {which}")
        if shown == "loss" and curve.kind == "loss" and curve.best is not None:
            parts.append(f"{value_text(curve.best.value)} best")
        if shown == "gradient norm" and curve.low <= curve.high:
            which = "largest" if is_every_step else f"largest of {numbers.counted(curve.count, 'step')} looked at"
            parts.append(f"{value_text(curve.high)} {which}")
    if note:
        parts.append(note)
    if run.epoch is not None:
        parts.append(f"epoch {run.epoch}")
    if run.steps:
        parts.append(f"step {run.iteration(run.steps)}")
    if run.learning_rate is not None and shown != "learning rate":
        parts.append(_learning_rates(run, ascii_only))
    if run.steps_per_second is not None:
        parts.append(f"{speed_text(run.steps_per_second / run.losses_in_turn)} steps/s")
    return _fitting(parts, width, ascii_only)


def at_cursor(runs: RunHistory, step: int, width: int, *, shown: SeriesKind = "loss", ascii_only: bool = False) -> str:
    """The value of every curve at a step, the current run's first: `step 37 · lr=1e-4 0.5123 · lr=1e-5 0.6432`.

    At most `width` cells; what does not fit is left out from the right.
    """
    current = runs.current.of(shown)
    named = [(runs.name if runs.name and len(current) == 1 else curve.name, curve) for curve in current]
    named += [(earlier.name, curve) for earlier in runs.earlier for curve in earlier.run.of(shown)[:1]]
    found = [(one_cell_each(name, ascii_only=ascii_only), _value_at(curve, step)) for name, curve in named]
    values = [f"{name} {text}" for name, text in found if text]
    return _fitting([f"step {runs.current.iteration(step)}", *values], width, ascii_only)


def _learning_rates(run: TrainingRun, ascii_only: bool) -> str:
    """The learning rate, `lr 0.1`; of several optimizers, each with its name where they differ: `lr od 0.1, og 0.2`."""
    curves = [curve for curve in run.of("learning rate") if curve.last is not None]
    if len({curve.last.value for curve in curves if curve.last is not None}) < 2:
        return f"lr {run.learning_rate:.3g}"
    names = [one_cell_each(curve.name.removesuffix(".lr"), ascii_only=ascii_only) for curve in curves]
    rates = [f"{curve.last.value:.3g}" for curve in curves if curve.last is not None]
    return f"lr {', '.join(f'{name} {rate}' for name, rate in zip(names, rates, strict=True))}"


def value_text(value: float) -> str:
    """A value to four significant digits, trailing zeros kept: 0.5123, 68000, 1.235e-06, NaN, -Inf."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3e}"
    return f"{value:.{max(3 - math.floor(math.log10(abs(value))), 0)}f}"


def _value_at(curve: Curve, step: int) -> str:
    """The value at a step, or the range `0.1 to 0.4` of the span that holds it; empty beyond the curve's ends."""
    if not curve.first_step <= step <= curve.last_step:
        return ""
    span = curve.nearest(step)
    if span is None or not span.finite:
        return value_text(span.last) if span is not None else ""
    return value_text(span.low) if span.low == span.high else f"{value_text(span.low)} to {value_text(span.high)}"


def speed_text(steps: float) -> str:
    """Steps a second, in three digits: 240, 1.23k."""
    return f"{steps:.3g}" if steps < 1000 else f"{steps / 1000:.3g}k"


def _fitting(parts: list[str], width: int, ascii_only: bool) -> str:
    separator = ", " if ascii_only else " · "
    while parts and len(separator.join(parts)) > width:
        parts.pop()
    return separator.join(parts)
