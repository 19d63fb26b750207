"""What a learner needs to know of an exception: its class, its message, and the learner's own lines."""

from __future__ import annotations

import linecache
from types import TracebackType

from tui_torch.probe.errors.origins.messages import MESSAGE, message_of, worker_of
from tui_torch.probe.values.short_repr import class_name, plain
from tui_torch.protocol.events import Explanation, Failed, Frame

FRAMES = 20
"""Maximum number of frames that are all shown."""
ENDS = 5
"""Number of frames shown from either end of a longer traceback."""
LINE = 400
"""Maximum number of characters of a line of code."""


def describe(error: BaseException, filename_of_run: str, source: str) -> Failed:
    """Describe an exception that escaped from the learner's code, with its explanation if there is one. Never raises.

    Of one that another process raised, its own lines and message are told, and not the text that it came in.

    Args:
        error: The exception, with its traceback.
        filename_of_run: The name under which the code was compiled.
        source: The code.
    """
    lines = source.splitlines()
    message = message_of(error)
    worker = worker_of(error)
    if isinstance(error, SyntaxError) and (error.filename == filename_of_run or error.__traceback__ is None):
        places = [(error.lineno or 1, "<module>")]
    else:
        places = _places(error.__traceback__, filename_of_run)
    if worker is not None:
        places += worker.lines_in(filename_of_run)
    if len(places) > FRAMES:
        places = [*places[:ENDS], *places[-ENDS:]]
    frames = tuple(Frame(number, function, _line(lines, filename_of_run, number)) for number, function in places)
    explanation = _explanation(error, message, filename_of_run, source)
    if worker is None:
        return Failed(class_name(error), message, frames, explanation=explanation)
    text = plain(f"{worker.message}\n(in {worker.where})", MESSAGE)
    return Failed(plain(worker.error, MESSAGE), text, frames, explanation=explanation)


def _explanation(error: BaseException, message: str, filename: str, source: str) -> Explanation | None:
    # The first error imports the rules, so that a kernel starts without them.
    try:
        from tui_torch.probe.errors.explain import explain

        return explain(error, message, filename, source)
    except Exception:  # an error without an explanation is still shown
        return None


def _places(traceback: TracebackType | None, filename: str) -> list[tuple[int, str]]:
    """The (line, function) pairs of a traceback in a file, outermost first."""
    places: list[tuple[int, str]] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == filename:
            places.append((traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return places


def _line(lines: list[str], filename: str, number: int) -> str:
    line = lines[number - 1] if 0 < number <= len(lines) else linecache.getline(filename, number)
    line = line.strip().encode("utf-8", "replace").decode()
    return line if len(line) <= LINE else line[: LINE - 1] + "…"
