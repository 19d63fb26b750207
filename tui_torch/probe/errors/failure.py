"""What a learner needs to know of an exception: its class, its message, and the learner's own lines."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from types import TracebackType

from tui_torch.probe.errors.origins.messages import MESSAGE, message_of, worker_of
from tui_torch.probe.source.lines import lines_of
from tui_torch.probe.values.short_repr import class_name, plain
from tui_torch.protocol.events import Explanation, Failed, Frame
from tui_torch.protocol.orders import CELL_NAME

FRAMES = 20
"""Maximum number of frames that are all shown."""
ENDS = 5
"""Number of frames shown from either end of a longer traceback."""
LINE = 400
"""Maximum number of characters of a line of code."""


def describe(
    error: BaseException,
    filename_of_run: str,
    source: str,
    is_own: Callable[[str], bool] | None = None,
    *,
    is_explained: bool = True,
) -> Failed:
    """Describe an exception that escaped from the learner's code, with its explanation if there is one. Never raises.

    Of one that another process raised, its own lines and message are told, and not the text that it came in.

    Args:
        error: The exception, with its traceback.
        filename_of_run: The name under which the code was compiled.
        source: The code.
        is_own: Whether code compiled under another name is the learner's too. It is explained where it was raised in
            that.
        is_explained: Whether to look for an explanation, which may compute parts of the failed line again.
    """

    def is_learners(filename: str) -> bool:
        return filename == filename_of_run or (is_own is not None and is_own(filename))

    message = message_of(error)
    worker = worker_of(error)
    if isinstance(error, SyntaxError) and (error.filename == filename_of_run or error.__traceback__ is None):
        places = [(filename_of_run, error.lineno or 1, "<module>")]
    else:
        places = _places(error.__traceback__, is_learners)
        if isinstance(error, SyntaxError) and error.filename and is_learners(error.filename):
            places.append((error.filename, error.lineno or 1, "<module>"))
    raised_in = places[-1][0] if places else filename_of_run
    if worker is not None:
        places += [place for place in worker.places if is_learners(place[0])]
    if len(places) > FRAMES:
        places = [*places[:ENDS], *places[-ENDS:]]
    sources = {filename_of_run: source}
    frames = tuple(_frame(place, sources) for place in places)
    text = source if raised_in == filename_of_run else "".join(linecache.getlines(raised_in))
    explanation = _explanation(error, message, raised_in, text) if is_explained else None
    if worker is None:
        return Failed(class_name(error), message, frames, explanation=explanation)
    told = plain(f"{worker.message}\n(in {worker.where})", MESSAGE)
    return Failed(plain(worker.error, MESSAGE), told, frames, explanation=explanation)


def _explanation(error: BaseException, message: str, filename: str, source: str) -> Explanation | None:
    # The first error imports the rules, so that a kernel starts without them.
    try:
        from tui_torch.probe.errors.explain import explain

        return explain(error, message, filename, source)
    except Exception:  # an error without an explanation is still shown
        return None


def _places(traceback: TracebackType | None, is_learners: Callable[[str], bool]) -> list[tuple[str, int, str]]:
    """The (file, line, function) triples of a traceback in the learner's code, outermost first."""
    places: list[tuple[str, int, str]] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if is_learners(code.co_filename):
            places.append((code.co_filename, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return places


def _frame(place: tuple[str, int, str], sources: dict[str, str]) -> Frame:
    filename, number, function = place
    lines = lines_of(sources[filename]) if filename in sources else []
    line = lines[number - 1] if 0 < number <= len(lines) else linecache.getline(filename, number)
    line = line.strip().encode("utf-8", "replace").decode()
    code = line if len(line) <= LINE else line[: LINE - 1] + "…"
    return Frame(number, function, code, _shown_file(filename, filename in sources))


def _shown_file(filename: str, is_of_run: bool) -> str | None:
    """What is said of where a line is: a file, or `In [3]` in a notebook.

    For code that is in no file, None where it is of the run, and else what it is of: the lesson's step, `step a-fit`.
    """
    if filename.startswith(CELL_NAME) or (filename.startswith("<step ") and not is_of_run):
        return filename.strip("<>")
    return None if filename.startswith("<") else filename
