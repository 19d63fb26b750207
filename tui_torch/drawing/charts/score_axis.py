"""Scores, such as an accuracy, which go from 0 to 1 or to 100, and have an axis of their own at the right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tui_torch.drawing.canvas.canvas import Canvas, Glyphs
from tui_torch.drawing.canvas.scale import RowScale, exact_scale
from tui_torch.drawing.charts.curve import Curve

_WORDS = r"accuracy|accuracies|accs?|top[-_ ]?[15]|f[-_ ]?1|precision|recall|auc|auroc|auprc|m?iou|dice"
_SCORE = re.compile(rf"(?<![a-z])(?:train|val|valid|test|eval)?(?:{_WORDS})(?![a-z])", re.IGNORECASE)
_VALIDATION = re.compile(r"(?<![a-z])(?:val|valid|validation|test|eval|dev)(?![a-z])", re.IGNORECASE)
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

PERCENT = 100.0
"""The full score where scores are in percent."""


def is_named_like_score(name: str) -> bool:
    """Whether a name is that of a score: `accuracy`, `val_acc`, `Accuracy/test`, `top1`, `f1`."""
    return _SCORE.search(_NEW_WORD.sub("_", name)) is not None


def is_named_like_validation(name: str) -> bool:
    """Whether a name is that of what is measured on other data: `val_loss`, `Loss/test`."""
    return _VALIDATION.search(_NEW_WORD.sub("_", name)) is not None


def full_score(name: str, low: float, high: float) -> float | None:
    """The full score, 1 or 100, of a quantity between finite bounds; None for one that is no score.

    A name alone does not tell: `acc` may be an acceleration, which leaves the range.
    """
    if not is_named_like_score(name) or low < 0 or high > PERCENT:
        return None
    return 1.0 if high <= 1 else PERCENT


def score_of(curve: Curve) -> float | None:
    """The full score of what was logged, 1 or 100; None for what is no score, and before the first finite value."""
    if curve.kind != "logged" or curve.low > curve.high:
        return None
    return full_score(curve.name, curve.low, curve.high)


def without_scores(curves: Iterable[Curve]) -> list[Curve]:
    """The curves of the value axis: those that are no scores, or all of them where there is nothing else."""
    every = list(curves)
    return [curve for curve in every if score_of(curve) is None] or every


def score_scale(full: float, rows: int) -> RowScale:
    """The axis from 0 to the full score, with numbers, on so many rows; those of percents say so."""
    scale = exact_scale(0.0, full, rows)
    if full != PERCENT:
        return scale
    return replace(scale, ticks=tuple(replace(tick, label=f"{tick.label}%") for tick in scale.ticks))


def axis_columns(scale: RowScale) -> int:
    """Columns that an axis at the right takes: its line, and its longest number."""
    return 1 + max((len(tick.label) for tick in scale.ticks), default=0)


def draw_right_axis(canvas: Canvas, scale: RowScale, glyphs: Glyphs, *, column: int, above: int, corner: bool) -> None:
    """Draw a value axis in a column at the right of the plot, its numbers to the right of it.

    Args:
        canvas: The canvas to draw on.
        scale: The axis.
        glyphs: The characters of the axis.
        column: The column of its line.
        above: The first row.
        corner: Whether the axis below the plot ends at its foot.
    """
    for row in range(scale.rows):
        canvas.put(column, above + row, glyphs.down, "axis")
    for tick in scale.ticks:
        canvas.put(column, above + tick.at, glyphs.tick_right, "axis")
        canvas.write(column + 1, above + tick.at, tick.label, "text")
    if corner:
        canvas.put(column, above + scale.rows, glyphs.corner_right, "axis")


def highest(scores: Sequence[float | None]) -> float | None:
    """The full score that an axis shows for several: percents where any is in percent; None without a score."""
    return max((score for score in scores if score is not None), default=None)
