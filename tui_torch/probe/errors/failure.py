"""What a learner needs of an exception: its class, what it says, and the learner's own lines."""

from __future__ import annotations

import linecache
from types import TracebackType

from tui_torch.probe.values.short_repr import class_name, plain
from tui_torch.protocol.events import Explanation, Failed, Frame

FRAMES = 20
ENDS = 5
"""Of more frames than FRAMES, so many are kept from either end."""
MESSAGE = 4000
LINE = 400


def describe(error: BaseException, filename_of_run: str, source: str) -> Failed:
    """Describe an exception that escaped from `source`, which ran under the name `filename_of_run`. Never raises."""
    lines = source.splitlines()
    if isinstance(error, SyntaxError) and (error.filename == filename_of_run or error.__traceback__ is None):
        number = error.lineno or 1
        frames = (Frame(number, "<module>", _line(lines, filename_of_run, number)),)
    else:
        frames = _frames(error.__traceback__, filename_of_run, lines)
    message = message_of(error)
    return Failed(class_name(error), message, frames, explanation=_explanation(error, message, filename_of_run, source))


def _explanation(error: BaseException, message: str, filename: str, source: str) -> Explanation | None:
    # The rules are imported by the first error, and not by a kernel that starts.
    try:
        from tui_torch.probe.errors.explain import explain

        return explain(error, message, filename, source)
    except Exception:  # the error itself must be told, whatever became of what it meets
        return None


def message_of(error: BaseException) -> str:
    """What an exception says, bounded and without terminal escapes; empty when it cannot say it."""
    try:
        # str() of a SyntaxError adds the file's name, which is nobody's.
        return plain(error.msg if isinstance(error, SyntaxError) else str(error), MESSAGE)
    except Exception:  # the learner's own class may be wrong in its __str__
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
    return plain(line.strip(), LINE)
