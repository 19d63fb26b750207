"""What a learner needs to know of an exception: its class, its message, and the learner's own lines."""

from __future__ import annotations

import linecache
from types import TracebackType

from tui_torch.probe.values.short_repr import class_name, plain
from tui_torch.protocol.events import Explanation, Failed, Frame

FRAMES = 20
"""Maximum number of frames that are all shown."""
ENDS = 5
"""Number of frames shown from either end of a longer traceback."""
MESSAGE = 4000
"""Maximum number of characters of a message."""
LINE = 400
"""Maximum number of characters of a line of code."""


def describe(error: BaseException, filename_of_run: str, source: str) -> Failed:
    """Describe an exception that escaped from the learner's code, with its explanation if there is one. Never raises.

    Args:
        error: The exception, with its traceback.
        filename_of_run: The name under which the code was compiled.
        source: The code.
    """
    lines = source.splitlines()
    if isinstance(error, SyntaxError) and (error.filename == filename_of_run or error.__traceback__ is None):
        number = error.lineno or 1
        frames = (Frame(number, "<module>", _line(lines, filename_of_run, number)),)
    else:
        frames = _frames(error.__traceback__, filename_of_run, lines)
    message = message_of(error)
    return Failed(class_name(error), message, frames, explanation=_explanation(error, message, filename_of_run, source))


def _explanation(error: BaseException, message: str, filename: str, source: str) -> Explanation | None:
    # The first error imports the rules, so that a kernel starts without them.
    try:
        from tui_torch.probe.errors.explain import explain

        return explain(error, message, filename, source)
    except Exception:  # an error without an explanation is still shown
        return None


def message_of(error: BaseException) -> str:
    """Return an exception's message, at most MESSAGE characters without terminal escapes; empty if `str()` fails."""
    try:
        # str() of a SyntaxError adds the file's name, which the learner does not know.
        return plain(error.msg if isinstance(error, SyntaxError) else str(error), MESSAGE)
    except Exception:  # a __str__ of the learner's may raise
        return ""


def _frames(traceback: TracebackType | None, filename: str, lines: list[str]) -> tuple[Frame, ...]:
    places: list[tuple[int, str]] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == filename:
            places.append((traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    if len(places) > FRAMES:
        places = [*places[:ENDS], *places[-ENDS:]]
    return tuple(Frame(number, function, _line(lines, filename, number)) for number, function in places)


def _line(lines: list[str], filename: str, number: int) -> str:
    line = lines[number - 1] if 0 < number <= len(lines) else linecache.getline(filename, number)
    line = line.strip().encode("utf-8", "replace").decode()
    return line if len(line) <= LINE else line[: LINE - 1] + "…"
