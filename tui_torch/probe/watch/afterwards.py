"""Explains the error of a training that is over by what its record has of it: a class, a message, a line of a file.

`python -m tui_torch.probe.watch.afterwards` reads a `Failed` and the text of the file that it was raised in, as JSON,
and writes its `Explanation`, or null.
"""

from __future__ import annotations

import builtins
import json
import sys

import torch

import tui_torch.probe.errors.explain  # noqa: F401 - for its rules
from tui_torch.probe.errors.case import ErrorCase
from tui_torch.probe.errors.registry import explain_by_rules
from tui_torch.probe.watch.unknown_names import SAID_BY_MESSAGES, UnknownNames
from tui_torch.protocol import wire
from tui_torch.protocol.events import Explanation, Failed


def explain_afterwards(failed: Failed, source: str) -> Explanation | None:
    """Explain an error of which no value is known any more, so that no fix is suggested.

    None where no rule knows it, and where its rule asks for values that the message does not hold.

    Args:
        failed: The error. Its last frame is in a file.
        source: The text of that file.
    """
    frame = failed.frames[-1]
    case = ErrorCase(_error(failed), frame.file or "", source, line=frame.line)
    case.names = names = UnknownNames()
    result = explain_by_rules(case, failed.message)
    if result is None or (names.were_asked_for and not SAID_BY_MESSAGES.search(failed.message)):
        return None
    return Explanation(result.meaning)


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
