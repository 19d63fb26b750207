"""What the steps of a lesson did, as plain data for `tui-torch run --json`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tui_torch.course.lesson import AnyStep, Lesson
from tui_torch.course.proof.play import Played, error_line
from tui_torch.protocol.events import Explanation, Figure, FrameLocals, Summary
from tui_torch.protocol.notes import Note
from tui_torch.protocol.plots.plotted import ImageGrid, Plotted
from tui_torch.protocol.shapes import nested


def step_json(
    lesson: Lesson, step: AnyStep, played: Played | None, save: Callable[[Figure], Path | None]
) -> dict[str, Any]:
    """What a step did. `error` is where it differs from its lesson, or else the exception that it raised, or None.

    Args:
        played: None for a quiz without code.
        save: Writes a figure into a file; None where it cannot be written.
    """
    error = None
    if played is not None:
        sentences = [problem.sentence for problem in played.problems]
        error = "; ".join(sentences) or (error_line(played.failed) if played.failed else None)
    return {
        "lesson": lesson.id,
        "step": step.id,
        "kind": step.kind,
        "status": "ok" if played is None or played.ok else "failed",
        "output": played.output if played else "",
        "stderr": played.stderr if played else "",
        "result": played.result if played else None,
        "displayed": list(played.displayed) if played else [],
        "figures": [str(path) for figure in played.figures if (path := save(figure)) is not None] if played else [],
        "error": error,
        "variables": [variable_json(variable) for variable in _variables(played)],
        "locals": [locals_json(frame) for frame in played.frames] if played else [],
        "losses": [finite(loss) for loss in played.losses] if played else [],
        "series": {name: [[at, finite(value)] for at, value in points] for name, points in played.series.items()}
        if played
        else {},
        "plot": plot_json(played.plotted) if played and played.plotted else None,
        "texts": [{"step": one.step, "name": one.name, "text": one.text} for one in played.texts] if played else [],
        "epochs": (played.epochs or 0) if played else 0,
        "explanation": explanation_json(played.failed.explanation) if played and played.failed else None,
        "notes": [note_json(note) for note in played.notes] if played else [],
        "seconds": round(played.seconds, 6) if played else 0.0,
    }


def plot_json(plotted: Plotted) -> dict[str, Any]:
    """What the step plots, as it was at the end: each of its series, and its matrices with their labels.

    `images` are those of a grid.
    `problem` is why a part of it cannot be drawn. A field behind the points is left out: it is thousands of numbers.
    """
    return {
        "series": [
            {
                "points": _pairs(series.points),
                "fit": _pairs(series.fit),
                "classes": list(series.classes),
                "words": list(series.words),
            }
            for series in plotted.series
        ],
        "matrices": [
            {
                "title": matrix.title,
                "rows": list(matrix.rows),
                "columns": list(matrix.columns),
                "cells": [[finite(cell) for cell in row] for row in matrix.cells],
            }
            for matrix in plotted.matrices
        ],
        "images": None if plotted.images is None else _images_json(plotted.images),
        "problem": plotted.problem or plotted.cell_problem,
    }


def _images_json(images: ImageGrid) -> dict[str, Any]:
    """Images, without their thousands of pixels: how many there are, and what is said of those that were read."""
    return {
        "count": images.count,
        "height": images.height,
        "width": images.width,
        "channels": images.channels,
        "wrong": images.wrong,
        "first": [
            {
                "index": index,
                "label": images.labels[place] if images.labels else None,
                "prediction": images.predictions[place] if images.predictions else None,
            }
            for place, index in enumerate(images.numbers)
        ],
    }


def _pairs(pairs: Sequence[tuple[float, float]]) -> list[list[float | str]]:
    return [[finite(x), finite(y)] for x, y in pairs]


def explanation_json(explanation: Explanation | None) -> dict[str, Any] | None:
    """An explained error: what it means, what each name in the line is, and what to write instead."""
    if explanation is None:
        return None
    return {
        "meaning": explanation.meaning,
        "names": dict(explanation.names),
        "mend": explanation.suggested_fix,
        "mend_gives": explanation.suggested_fix_gives,
        "readings": [{"meant": one.meant, "mend": one.code, "gives": one.gives} for one in explanation.readings],
    }


def note_json(note: Note) -> dict[str, Any]:
    """A note of the coach: the rule, its sentences, the line (1 is the first), the corrected line, and its edits.

    Each edit puts `text` in place of the lines from `first` to `last`, which are counted before any edit; with a `last`
    before `first` it only comes before that line.
    """
    edits = [{"first": edit.first, "last": edit.last, "text": edit.text} for edit in note.edits]
    return {"rule": note.rule, "says": note.says, "line": note.line, "mend": note.suggested_fix, "edits": edits}


def locals_json(frame: FrameLocals) -> dict[str, Any]:
    """The locals of a function that the run trained in: where it was, when they were read, and what they are.

    `state` is "ended", "raised", or "running": then they are as at step `step` of the run's `steps`.
    """
    return {
        "function": frame.function,
        "file": frame.file,
        "line": frame.line,
        "state": frame.state,
        "step": frame.step,
        "steps": frame.steps,
        "variables": [variable_json(variable) for variable in frame.variables],
    }


def _variables(played: Played | None) -> Sequence[Summary]:
    return played.inspection.variables if played and played.inspection else ()


def variable_json(summary: Summary) -> dict[str, Any]:
    """The summary of one variable.

    `values` and `grad` are nested lists (a number for 0-d) where the summary holds the elements; a larger gradient is
    an object with its shape and statistics.
    """
    fields: dict[str, Any] = {
        "name": summary.name,
        "kind": summary.kind,
        "type": summary.type,
        "shape": list(summary.shape) if summary.shape is not None else None,
        "dtype": summary.dtype,
        "device": summary.device,
        "requires_grad": summary.requires_grad,
        "is_leaf": summary.is_leaf,
        "grad_fn": summary.grad_fn,
        "grad": _gradient(summary.gradient),
        **_statistics(summary),
        "values": _values(summary),
        "change": summary.change,
    }
    if summary.kind not in ("tensor", "parameter", "array", "module"):
        fields["text"] = summary.text
    if summary.kind == "module":
        fields["parameters"] = [
            {
                "name": parameter.name,
                "shape": list(parameter.shape),
                "trainable": parameter.trainable,
                "norm": parameter.norm,
                "gradient_norm": parameter.gradient_norm,
            }
            for parameter in summary.parameters
        ]
    if summary.note:
        fields["note"] = summary.note
    return fields


def _statistics(summary: Summary) -> dict[str, Any]:
    found = summary.statistics
    return {
        "min": found.minimum if found else None,
        "max": found.maximum if found else None,
        "mean": found.mean if found else None,
        "std": found.std if found else None,
        "nan": found.nan if found else None,
        "inf": found.inf if found else None,
    }


def _gradient(gradient: Summary | None) -> Any:
    if gradient is None:
        return None
    values = _values(gradient)
    return {"shape": list(gradient.shape or ()), **_statistics(gradient)} if values is None else values


def _values(summary: Summary) -> Any:
    """The elements as nested lists, a number for 0-d; None when the summary does not hold them."""
    if summary.values is None or summary.shape is None:
        return None
    return nested(summary.values, summary.shape)


def finite(value: float) -> float | str:
    """A number as JSON has it: `nan` and `inf`, which it lacks, as text."""
    return value if math.isfinite(value) else str(value)
