"""What a program does, as plain data for `tui-torch open --json`: an object for each event."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tui_torch.console.as_json import explanation_json, finite, note_json, variable_json
from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import (
    Cleared,
    Displayed,
    Event,
    Failed,
    Figure,
    InputRequested,
    LateOutput,
    Noted,
    Output,
    PutBack,
    Started,
    TrainingProgress,
)


def event_json(event: Event, save: Callable[[Figure], Path | None]) -> dict[str, Any] | None:
    """An event of a run, with its kind as `event`; None for one that only an app shows.

    Args:
        event: Any but the last ones, of which there is one object together.
        save: Writes a figure into a file; None where it cannot be written.
    """
    match event:
        case Started():
            return {"event": "started"}
        case Output(text, stream):
            return {"event": "output", "stream": stream, "text": text}
        case Documentation(_, text):
            return {"event": "output", "stream": "stdout", "text": f"{text}\n"}
        case Displayed(text):
            return {"event": "displayed", "text": text}
        case Figure():
            path = save(event)
            return {"event": "figure", "path": None if path is None else str(path)}
        case Cleared():
            return {"event": "cleared"}
        case PutBack() | LateOutput():
            return {"event": "said", "text": event.sentence}
        case InputRequested(prompt):
            return {"event": "input", "prompt": prompt}
        case TrainingProgress():
            return _progress_json(event)
        case Noted(note):
            return {"event": "note", **note_json(note)}
        case Failed():
            return _failed_json(event)
        case _:
            return None


def _progress_json(progress: TrainingProgress) -> dict[str, Any]:
    return {
        "event": "training",
        "step": progress.step,
        "epoch": progress.epoch,
        "series": [
            {"name": one.name, "kind": one.kind, "points": [[step, finite(value)] for step, value in one.points]}
            for one in progress.series
        ],
        "why_no_loss": progress.why_no_loss or None,
    }


def _failed_json(failed: Failed) -> dict[str, Any]:
    return {
        "event": "failed",
        "error": failed.error,
        "message": failed.message,
        "frames": [
            {"file": frame.file, "line": frame.line, "function": frame.function, "code": frame.code}
            for frame in failed.frames
        ],
        "explanation": explanation_json(failed.explanation),
    }


def variables_json(variables: tuple[Any, ...]) -> dict[str, Any]:
    """The names that a program leaves in its `__main__`."""
    return {"event": "variables", "variables": [variable_json(variable) for variable in variables]}
