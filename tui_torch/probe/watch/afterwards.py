"""Explains the error of a training that is over by what its record has of it: a class, a message, a line of a file.

`python -m tui_torch.probe.watch.afterwards` reads a `Failed` and the text of the file that it was raised in, as JSON,
and writes its `Explanation`, or null.
"""

from __future__ import annotations

import builtins
import json
import sys
from dataclasses import replace

import torch

from tui_torch.probe.errors.explain import explain_at_line
from tui_torch.protocol import wire
from tui_torch.protocol.events import Explanation, Failed


def explain_afterwards(failed: Failed, source: str) -> Explanation | None:
    """Explain an error by the line that it was raised at. None where no rule knows it.

    What the error's values were is not known, so no fix is tried and none suggested.

    Args:
        failed: The error. Its last frame is in a file.
        source: The text of that file.
    """
    frame = failed.frames[-1]
    found = explain_at_line(_error(failed), failed.message, frame.file or "", source, frame.line)
    if found is None:
        return None
    return replace(found, suggested_fix=None, suggested_fix_gives=None, readings=())


def _error(failed: Failed) -> BaseException:
    """An exception of the class that an error had."""
    for home in (builtins, torch, torch.cuda, torch.distributed):
        cls = getattr(home, failed.error, None)
        if isinstance(cls, type) and issubclass(cls, BaseException):
            try:
                return cls(failed.message)
            except TypeError:  # one that wants more than a message
                break
    return Exception(failed.message)


if __name__ == "__main__":
    question = json.load(sys.stdin)
    explanation = explain_afterwards(wire.decode(Failed, question["failed"]), question["source"])
    json.dump(None if explanation is None else wire.encode(explanation), sys.stdout)
