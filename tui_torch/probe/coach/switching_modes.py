"""Where in the learner's code a model has to be switched to `train()`, and where to `eval()`."""

from __future__ import annotations

import ast

from tui_torch.probe.coach.fixes import Fix, block_of, both, inserted_after, inserted_before, statement_at
from tui_torch.probe.source.lines import Source, called


def switched_by(name: str, line: int, source: Source) -> ast.Call | None:
    """Return the `eval()` that has most probably switched a model that trains at a line; None if there is none."""
    evals = [call for call in source.calls("eval") if not call.args and isinstance(call.func, ast.Attribute)]
    named = [call for call in evals if ast.unparse(call.func) == f"{name}.eval"]
    return (named or evals or [None])[-1]


def train_before(name: str, line: int, switching: ast.Call | None, source: Source) -> Fix | None:
    """Return code that switches a model to `train()` before what trains it.

    Args:
        name: The model's name where it trains.
        line: The line of the `backward()`.
        switching: The `eval()` that has switched it, if it is known.
        source: The learner's code.
    """
    function = source.function_around(line)
    loops = [loop for loop in source.loops_around(line) if source.function_around(loop.lineno) is function]
    at = None if switching is None else _line_within(function, switching.lineno, source)
    if at is not None:
        shared = [loop for loop in loops if loop.lineno < at <= (loop.end_lineno or 0)]
        if shared:
            return inserted_before(source, shared[-1].body[0], f"{name}.train()")
        loops = [loop for loop in loops if loop.lineno > at] or loops
    if loops:
        return inserted_before(source, loops[0], f"{name}.train()")
    first = _first_use(name, line, source)
    return inserted_before(source, first, f"{name}.train()") if first is not None else None


def eval_around(name: str, judging: ast.With | ast.FunctionDef, source: Source) -> Fix | None:
    """Return code that switches a model to `eval()` before it is judged, and back if it trains on and nothing does."""
    first = _first_statement(judging) if isinstance(judging, ast.FunctionDef) else judging
    before = inserted_before(source, first, f"{name}.eval()")
    if not _trains_on(judging, source) or _switches_back(name, judging, source):
        return before
    last = judging.body[-1]
    returns = [part for part in ast.walk(judging) if isinstance(part, ast.Return)]
    if not returns:
        place = last if isinstance(judging, ast.FunctionDef) else judging
        return both(source, before, inserted_after(source, place, f"{name}.train()"))
    if returns != [last] or any(isinstance(part, ast.Call) and called(part) == name for part in ast.walk(last)):
        return None
    return both(source, before, inserted_before(source, last, f"{name}.train()"))


def _line_within(function: ast.FunctionDef | None, line: int, source: Source) -> int | None:
    """Return a line, or that of a call of the function that it is in, if it is in another function; None if neither."""
    other = source.function_around(line)
    if other is function:
        return line
    calls = source.calls(other.name) if other is not None else ()
    return next((call.lineno for call in calls if source.function_around(call.lineno) is function), None)


def _first_use(name: str, line: int, source: Source) -> ast.stmt | None:
    """Return the first statement beside that of a line, up to it, that calls a model."""
    statement = statement_at(source, line, "backward")
    if statement is None:
        return None
    before = [one for one in block_of(source, statement) if one.lineno <= statement.lineno]
    uses = (
        one
        for one in before
        if any(isinstance(part, ast.Call) and ast.unparse(part.func) == name for part in ast.walk(one))
    )
    return next(uses, before[0] if before else statement)


def _first_statement(function: ast.FunctionDef) -> ast.stmt:
    body = function.body
    return body[1] if ast.get_docstring(function) is not None and len(body) > 1 else body[0]


def _trains_on(judging: ast.With | ast.FunctionDef, source: Source) -> bool:
    """Return whether a model may train after it was judged."""
    function = judging if isinstance(judging, ast.FunctionDef) else source.function_around(judging.lineno)
    backwards = [call.lineno for call in source.calls("backward")]
    within = [line for line in backwards if source.function_around(line) is function]
    if isinstance(judging, ast.FunctionDef) or not within:
        return bool(backwards)
    return any(source.share_a_loop(judging.lineno, line) or line > judging.lineno for line in within)


def _switches_back(name: str, judging: ast.With | ast.FunctionDef, source: Source) -> bool:
    """Return whether the code has a `train()` that a model comes by again before it trains on."""
    trains = [call for call in source.calls("train") if not call.args]
    function = judging if isinstance(judging, ast.FunctionDef) else source.function_around(judging.lineno)
    backwards = [call.lineno for call in source.calls("backward")]
    if function is not None and not any(source.function_around(line) is function for line in backwards):
        return any(source.loops_around(call.lineno) or source.function_around(call.lineno) for call in trains)
    return any(
        ast.unparse(call.func) == f"{name}.train" and source.share_a_loop(judging.lineno, call.lineno)
        for call in trains
    )
