"""Grading an answer that is held to more than the code of its checks, and timing each check."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tui_torch.probe.lesson.arena.answer_rules import follow_rules
from tui_torch.probe.lesson.arena.drawn_check import cannot_be_made, held_to, too_slow
from tui_torch.probe.lesson.arena.drawn_inputs import DeclarationError
from tui_torch.probe.lesson.arena.reference import Reference
from tui_torch.probe.lesson.arena.time_limit import TooSlowError, stopped_after
from tui_torch.probe.values.evaluate import error_line
from tui_torch.protocol.events import CheckResult, Graded
from tui_torch.protocol.grading.asked import SECONDS, DrawnCheck, GradedBy
from tui_torch.protocol.grading.results import Measured
from tui_torch.protocol.orders import STOPPED

RunCode = Callable[[str, str, dict[str, Any]], CheckResult]
"""Runs the code of a check, by its name, in names of its own."""

_WITHOUT_SETUP = "measuring"
"""The name under which it is said that an answer cannot be measured."""


def graded_by(
    checks: Sequence[tuple[str, str]], names: Mapping[str, Any], source: str, by: GradedBy, run_code: RunCode
) -> Graded:
    """The result of each check in turn, then of each rule, and once all pass the time and memory that it takes.

    Raises nothing; an interrupt fails the check that it stops, and those after it do not run.

    Args:
        checks: (name, code) pairs; a check with drawn inputs may have no code.
        names: What the answer left, and what checks find besides.
        source: The answer.
        by: What it is held to.
        run_code: Runs the code of a check that has no drawn inputs.
    """
    if by.drawn:
        # Half a second, which is no check's own time. Only what draws inputs pays for it.
        import tui_torch.probe.isolation.hypothesis_internals  # noqa: F401
    reference = Reference(by)
    drawn = {one.name: one.drawn for one in by.drawn}
    limits = dict(by.limits)
    results: list[CheckResult] = []
    for name, code in checks:
        began = time.perf_counter()
        try:
            seconds = limits.get(name, SECONDS)
            result = _held(name, code, drawn.get(name), names, reference, run_code, seconds, by.is_smallest_sought)
        except KeyboardInterrupt:
            results.append(CheckResult(name, False, STOPPED, was_stopped=True))
            return Graded(tuple(results))
        results.append(replace(result, seconds=time.perf_counter() - began, hidden=name in by.hidden))
    if by.rules is not None:
        results += follow_rules(by.rules, source, by.standing)
    found, of_limits = _measured(by, names, reference) if all(one.passed for one in results) else (None, [])
    return Graded((*results, *of_limits), found)


def _held(
    name: str,
    code: str,
    drawn: DrawnCheck | None,
    names: Mapping[str, Any],
    reference: Reference,
    run_code: RunCode,
    seconds: float,
    is_smallest_sought: bool,
) -> CheckResult:
    if drawn is not None:
        return held_to(name, drawn, code, names, reference, run_code, seconds, is_smallest_sought=is_smallest_sought)
    try:
        hidden = reference.hidden
        with stopped_after(seconds):
            return run_code(name, code, {**names, **hidden})
    except DeclarationError as error:
        return CheckResult(name, False, cannot_be_made(error))
    except TooSlowError:
        return CheckResult(name, False, too_slow(seconds), was_stopped=True)


def _measured(
    by: GradedBy, names: Mapping[str, Any], reference: Reference
) -> tuple[Measured | None, list[CheckResult]]:
    if by.measure is None:
        return None, []
    from tui_torch.probe.lesson.arena.measuring import limit_results, measured

    try:
        found = measured(by.measure, names, reference)
    except Exception as error:
        return None, [CheckResult(_WITHOUT_SETUP, False, f"it cannot be measured: {error_line(error)}")]
    except KeyboardInterrupt:
        return None, []
    return found, limit_results(by.measure, found)
