"""Recognises a known mistake in the learner's code: by its statements in their order and nesting, whatever its layout.

A wrong sentence is worse than none. So what is said of a mistake has to be true of the learner's own lines: a statement
that the lesson's solution has and the mistake lacks is lacking there too, and lines that both have stand in the same
order, within the same loops.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui_torch.course.lesson import Exercise, Mistake
from tui_torch.protocol.events import Failed, Graded
from tui_torch.tutor.code_lines import CodeLine, lines_of, renamed_like


def recognise(exercise: Exercise, code: str, graded: Graded) -> Mistake | None:
    """The known mistake that explains a failed grade, or None. Its check failed, and the code makes it."""
    failing = [mistake for mistake in exercise.mistakes if mistake.fails in graded.failing]
    return _made(exercise, code, failing)


def advice_of(exercise: Exercise, code: str, graded: Graded) -> dict[str, str]:
    """What to say about each failed check, by its name, as `Tutor.advice` says.

    The hint of a check is about what it found: of one that was stopped, only a mistake that the code makes is said.
    """
    found = {check.name for check in graded.checks if not (check.passed or check.was_stopped)}
    advice = {check.name: check.hint for check in exercise.checks if check.hint and check.name in found}
    mistake = recognise(exercise, code, graded)
    return advice if mistake is None or mistake.fails is None else advice | {mistake.fails: mistake.says}


def recognise_error(exercise: Exercise, code: str, failed: Failed) -> Mistake | None:
    """The known mistake that explains an error, or None. It raises such an error, and the code makes it."""
    if failed.in_step is not None:
        return None
    return _made(exercise, code, [mistake for mistake in exercise.mistakes if mistake.is_raised_as(failed.error)])


def _made(exercise: Exercise, code: str, mistakes: Sequence[Mistake]) -> Mistake | None:
    written = lines_of(code)
    if not mistakes or not written:
        return None
    solution = lines_of(exercise.solution)
    # A name that a check asks for is part of the answer; any other is the learner's to choose.
    public = frozenset[str]().union(*(line.names for check in exercise.checks for line in lines_of(check.code)))
    made: dict[int, Mistake] = {}
    for mistake in mistakes:
        mistaken = lines_of(mistake.code)
        code_lines = renamed_like(written, (*mistaken, *solution), public)
        if not mistaken or not _makes(code_lines, mistaken, solution):
            continue
        if _as_nested(code_lines) == _as_nested(mistaken):
            return mistake
        # Of two that are in the code, the one that explains more of it; of two alike, the lesson's first.
        made.setdefault(len(_own(mistaken, solution)), mistake)
    return made[max(made)] if made else None


def _own(mistaken: Sequence[CodeLine], solution: Sequence[CodeLine]) -> list[CodeLine]:
    right = {line.text for line in solution}
    return [line for line in mistaken if line.text not in right]


def _makes(written: Sequence[CodeLine], mistaken: Sequence[CodeLine], solution: Sequence[CodeLine]) -> bool:
    """Whether code makes a mistake: what the mistake has, lacks or has elsewhere than the solution."""
    own = _own(mistaken, solution)
    known = {line.text for line in (*solution, *mistaken)}
    if not own:
        # It has lines of the solution alone, fewer of them or in another order: any line that is not among them may
        # do what is lacking, or undo what is wrong.
        return _as_nested(written) == _as_nested(mistaken) or _is_in_that_order(written, mistaken, solution)
    shared = [line for line in written if line.text in known]
    if not _is_within(shared, mistaken, must_have=own):
        return False
    # What is said may be about what follows the mistaken lines: it must be there, if in other words.
    if len(mistaken) - len(shared) > len(written) - len(shared):
        return False
    # A line of the learner's own may bind what the mistaken lines made to something else.
    last = max(at for at, line in enumerate(written) if line.text in {one.text for one in own})
    bound = frozenset[str]().union(*(line.binds for line in own))
    return not any(line.binds & bound for line in written[last + 1 :] if line.text not in known)


def _is_in_that_order(written: Sequence[CodeLine], mistaken: Sequence[CodeLine], solution: Sequence[CodeLine]) -> bool:
    """Whether code does what moves weights and gradients in the mistake's order, where that is all that is wrong.

    The rest of it may be written otherwise.
    """
    first, last = _as_nested(mistaken), _as_nested(solution)
    if sorted(first) != sorted(last):
        return False
    moved = [line for line, one, other in zip(mistaken, first, last, strict=True) if one != other]
    return all(line.acts for line in moved) and _acting(written) == _acting(mistaken)


def _acting(lines: Sequence[CodeLine]) -> list[tuple[int, str]]:
    return _as_nested([line for line in lines if line.acts])


def _is_within(some: Sequence[CodeLine], whole: Sequence[CodeLine], must_have: Sequence[CodeLine]) -> bool:
    """Whether lines are among others, in the same order and nesting, with all of those that they must have.

    All of them may be nested deeper, by the same depth.
    """
    at, deeper, found = 0, None, 0
    needed = {id(line) for line in must_have}
    for line in some:
        while at < len(whole) and whole[at].text != line.text:
            at += 1
        if at == len(whole):
            return False
        offset = line.depth - whole[at].depth
        deeper = offset if deeper is None else deeper
        if offset != deeper:
            return False
        found += id(whole[at]) in needed
        at += 1
    return found == len(needed)


def _as_nested(lines: Sequence[CodeLine]) -> list[tuple[int, str]]:
    return [(line.depth, line.text) for line in lines]
