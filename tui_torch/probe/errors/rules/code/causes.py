"""Explaining an error by itself, by what it was raised from, or by what another process raised."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import islice

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.origins.messages import message_of, worker_of
from tui_torch.probe.errors.origins.samples import sample_words
from tui_torch.probe.errors.origins.worker_errors import WorkerError
from tui_torch.probe.errors.origins.worker_names import names_in_worker
from tui_torch.probe.errors.registry import explain_by_rules
from tui_torch.probe.source.lines import lines_of
from tui_torch.probe.values.short_repr import class_name, plain

_LONGEST_MESSAGE = 160
"""Maximum number of characters of a cause's message in a sentence."""
_LONGEST_MEANING = 440
"""Maximum number of characters of an explanation to which a sample is added."""
_MOST_CAUSES = 10
"""Maximum number of errors that an error is followed back through."""


def explained_with_causes(
    error: BaseException, message: str, filename: str, source: str
) -> tuple[ErrorCase, RuleResult] | None:
    """Return an error and what is said of it, or of what is behind it; None if there is nothing to say."""
    worker = worker_of(error)
    if worker is not None:
        return _of_a_worker(worker, error, filename, source)
    case = ErrorCase(error, filename, source)
    if (result := explain_by_rules(case, message)) is not None:
        return case, result
    behind = [ErrorCase(cause, filename, source) for cause in islice(_causes(case), _MOST_CAUSES)]
    for cause in behind:
        if (result := explain_by_rules(cause, message_of(cause.error))) is not None:
            return cause, dataclasses.replace(result, meaning=f"{_told(cause)} {result.meaning}")
    return (behind[-1], RuleResult(_told(behind[-1]))) if behind else None


def _causes(case: ErrorCase) -> Iterator[BaseException]:
    """Yield what an error was raised from, by that word or by a `raise` of the learner's while it was handled."""
    error = case.error
    while True:
        cause = error.__cause__
        if cause is None and not error.__suppress_context__ and ErrorCase(error, case.filename, case.source).is_raised:
            cause = error.__context__
        if cause is None:
            return
        yield cause
        error = cause


def _told(case: ErrorCase) -> str:
    where = f" in line {case.line}" if case.line is not None else ""
    said = plain(message_of(case.error), _LONGEST_MESSAGE).rstrip(".")
    kind = class_name(case.error)
    return f"Behind it is {an(kind)}{where}{': ' + said if said else ''}."


def _of_a_worker(
    worker: WorkerError, error: BaseException, filename: str, source: str
) -> tuple[ErrorCase, RuleResult] | None:
    outer: WorkerError | None = worker
    while outer is not None:
        lines = outer.lines_in(filename)
        # Without a line of its own, the loader's line counts.
        case = ErrorCase(error, filename, source, line=lines[-1][0] if lines else None)
        case.names = names_in_worker(error, filename, case.history)
        if (result := explain_by_rules(case, outer.message)) is not None:
            if outer is worker:
                return case, result
            told = f"Behind it is {outer.error} in line {case.line}: {plain(outer.message, _LONGEST_MESSAGE)}."
            return case, dataclasses.replace(result, meaning=f"{told} {result.meaning}")
        outer = outer.cause
    return _told_of_a_worker(worker, error, filename, source)


def _told_of_a_worker(
    worker: WorkerError, error: BaseException, filename: str, source: str
) -> tuple[ErrorCase, RuleResult] | None:
    """Say where a worker raised an error that no rule knows; None if it was in no line of the learner's."""
    lines = worker.lines_in(filename)
    if not lines:
        return None
    line, function = lines[-1]
    case = ErrorCase(error, filename, source, line=line)
    written = plain(lines_of(source)[line - 1].strip(), _LONGEST_MESSAGE // 2)
    return case, RuleResult(
        f"`{function}` raised this in line {line}, `{written}`, in a process of the loader's. With `num_workers=0` the "
        "same line runs in this process, where its values can be looked at.",
        parts=[],
    )


def with_sample(error: BaseException, result: RuleResult) -> RuleResult:
    """Return what is said of an error with the sample or batch of a loader that it was met in."""
    words = sample_words(error)
    if words is None or len(result.meaning) + len(words) > _LONGEST_MEANING:
        return result
    return dataclasses.replace(result, meaning=f"{result.meaning} {words}")
