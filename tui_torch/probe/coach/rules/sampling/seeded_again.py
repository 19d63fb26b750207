"""A seed that is set again in the loop, so that each step draws the random numbers of the step before."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from tui_torch.probe.coach.fixes import (
    Fix,
    block_of,
    both,
    inserted_before,
    moved_before,
    noted,
    removed,
    statement_at,
    statement_of,
)
from tui_torch.probe.coach.rule import CoachRule, Facts, Seeding
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source, called
from tui_torch.protocol.notes import Note

_DRAWING = ("randn", "rand", "randint", "randperm", "normal", "multinomial", "bernoulli")
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
        if facts.backwards >= ENOUGH:
            yield from _by_generator(facts)


def _by_generator(facts: Facts) -> Iterator[Note]:
    """Yield a note on a generator that is seeded, with a number that stands there, in each pass that goes backward."""
    source = facts.source
    for call in source.calls("manual_seed"):
        seed = call.args[0] if len(call.args) == 1 else None
        if not isinstance(call.func, ast.Attribute) or ast.unparse(call.func.value).startswith("torch.random"):
            continue
        receiver, statement = call.func.value, statement_of(source, call)
        if ast.unparse(receiver) in ("torch", "torch.cuda") or seed is None or statement is None:
            continue
        if not _is_of_the_module(seed, source, facts) or not _goes_along(call.lineno, statement, facts):
            continue
        names = {part.id for part in ast.walk(statement) if isinstance(part, ast.Name)}
        drawing = [
            keyword.value
            for node in source.nodes
            if isinstance(node, ast.Call) and source.function_around(node.lineno) is source.function_around(call.lineno)
            for keyword in node.keywords
            if keyword.arg == "generator" and node.lineno >= call.lineno and called(node) in _DRAWING
        ]
        if not any(isinstance(one, ast.Name) and one.id in names for one in drawing):
            continue
        says = (
            f"`{source.named(call)}` begins anew before each step, so that it draws the same random numbers as the "
            f"step before. Seed the generator once, before the loop."
        )
        loops = source.loops_around(call.lineno)
        fix = moved_before(source, statement, loops[0]) if loops else None
        yield noted("seeded-again", says, call.lineno, fix)
        return


def _goes_along(line: int, statement: ast.stmt, facts: Facts) -> bool:
    """Return whether a statement is in the very block that goes backward, or in a function that is called there.

    The function has nothing else around it.
    """
    source, function = facts.source, facts.source.function_around(line)
    if any(block_of(source, one) is block_of(source, statement) for one in _backwards(facts)):
        return bool(source.loops_around(line))
    if function is None or statement not in function.body:
        return False
    calls = [statement_of(source, call) for call in source.calls(function.name)]
    return any(
        call is not None and block_of(source, one) is block_of(source, call) and source.loops_around(one.lineno)
        for one in _backwards(facts)
        for call in calls
    )


def _backwards(facts: Facts) -> list[ast.stmt]:
    found = [statement_at(facts.source, record.line, "backward") for record in facts.sites]
    return [one for one in found if one is not None]


def _is_in_the_training(line: int, facts: Facts) -> bool:
    """Return whether a seed is set in every pass of a loop that goes backward, or every time in a function that does.

    What is only done now and then, or beside the training, may be there to be looked at.
    """
    source = facts.source
    statement = statement_at(source, line)
    if statement is None:
        return False
    block = block_of(source, statement)
    first, last = block[0].lineno, block[-1].end_lineno or block[-1].lineno
    is_of_a_branch = any(
        isinstance(node, ast.If | ast.With | ast.Try) and node.lineno < line <= (node.end_lineno or 0)
        for node in source.nodes
        if source.function_around(node.lineno) is source.function_around(line)
        and not any(loop.lineno > node.lineno for loop in source.loops_around(line))
    )
    return not is_of_a_branch and any(first <= record.line <= last for record in facts.sites)


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
