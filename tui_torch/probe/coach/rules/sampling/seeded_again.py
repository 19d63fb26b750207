"""A seed that is set again in the loop, so that each step draws the random numbers of the step before."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from tui_torch.probe.coach.fixes import Fix, both, inserted_before, moved_before, noted, removed, statement_of
from tui_torch.probe.coach.rule import CoachRule, Facts, Seeding
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.protocol.notes import Note

ENOUGH = 4
"""The number of times that the same seed is set, each before a step, from which on it is no accident."""


class SeededAgain(CoachRule):
    """Finds a line that sets the same seed before each step of one and the same training."""

    def __init__(self) -> None:
        self._seedings: dict[int, list[Seeding]] = {}

    def seeded(self, seeding: Seeding) -> None:
        self._seedings.setdefault(seeding.line, []).append(seeding)

    def notes(self, facts: Facts) -> Iterator[Note]:
        # A number of its own for a while, for what is drawn there.
        if not facts.optimizers or any(word in facts.source.text for word in ("fork_rng", "set_rng_state")):
            return
        for line, seedings in self._seedings.items():
            used = [(one, after) for one, after in pairwise(seedings) if after.backwards > one.backwards]
            if len(used) < ENOUGH - 1 or len(used) < len(seedings) - 2:
                continue
            drawn = all(after.is_drawn and after.value == one.value and one.for_training for one, after in used)
            # A seed before each of several trainings makes them comparable.
            later = [one for one in facts.optimizers if one.backwards_before > used[0][1].backwards]
            if not drawn or later:
                continue
            steps = sorted(after.backwards - one.backwards for one, after in used)[len(used) // 2]
            if steps > 1 and not _is_in_the_training(line, facts):
                continue
            function, value = seedings[0].function, seedings[0].value
            every = "each step" if steps == 1 else f"every {times(steps, 'step')}"
            same = "as the step before" if steps == 1 else "as those before"
            says = (
                f"`{function}({value})` is called again before {every}, so that it draws the same random numbers "
                f"{same}: what is random in a batch, in noise or in dropout is always the same. Seed once, before "
                f"the loop."
            )
            yield noted("seeded-again", says, line, _seeded_once(line, function, facts))
            return


def _is_in_the_training(line: int, facts: Facts) -> bool:
    """Return whether a line is in the function that goes backward, in the loops around that."""
    source = facts.source
    return any(
        source.function_around(line) is source.function_around(record.line)
        and any(loop.lineno <= line <= (loop.end_lineno or 0) for loop in source.loops_around(record.line)[:1])
        for record in facts.sites
    ) or any(
        source.function_around(line) is not None and source.function_around(line) is source.function_around(record.line)
        for record in facts.sites
    )


def _seeded_once(line: int, function: str, facts: Facts) -> Fix | None:
    """Return code that seeds before the outermost loop around the `backward()`."""
    source = facts.source
    calls = [call for call in source.calls(function.rpartition(".")[2]) if call.lineno == line]
    statement = statement_of(source, calls[0]) if len(calls) == 1 else None
    if statement is None or not isinstance(statement, ast.Expr) or statement.value is not calls[0] or not facts.sites:
        return None
    loops = source.loops_around(facts.sites[0].line)
    if not loops:
        return None
    if source.function_around(line) is source.function_around(loops[0].lineno):
        return moved_before(source, statement, loops[0])
    if not all(_is_of_the_module(argument, source, facts) for argument in calls[0].args):
        return None
    return both(source, inserted_before(source, loops[0], source.named(statement)), removed(source, statement))


def _is_of_the_module(argument: ast.expr, source: Source, facts: Facts) -> bool:
    if isinstance(argument, ast.Constant):
        return True
    if not isinstance(argument, ast.Name) or argument.id not in facts.names:
        return False
    made = source.assigned(argument.id)
    return made is not None and source.function_around(made.lineno) is None
