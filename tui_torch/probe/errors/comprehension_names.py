"""The variables of a comprehension that has failed.

As of Python 3.12 a comprehension runs in the frame around it, which has put its own variables back by the time that the
error is looked at. The element at which it failed is found again: the comprehension is gone through as far as it goes
through plain containers, and its piece is tried with each element until it raises as it did.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice, pairwise
from types import FrameType
from typing import Any

import torch

from tui_torch.probe.errors.names import MISSING, FrameNames
from tui_torch.probe.errors.stand_ins import CannotTryError
from tui_torch.probe.errors.trial import outcome
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.tensor_facts import dtype_text, shape_of

MOST_ELEMENTS = 1000
"""Maximum number of elements that are gone through."""
MOST_TRIALS = 50
"""Maximum number of elements that are tried, not counting those that are like an earlier one."""

_ARE_INLINED = "LOAD_FAST_AND_CLEAR" in dis.opmap
_OF_ITS_OWN_FRAME = (ast.Lambda, ast.GeneratorExp, ast.FunctionDef, ast.AsyncFunctionDef)

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp
Bindings = Mapping[str, Any]


def comprehension_names(
    frame: FrameType | None, statement: ast.stmt | None, piece: ast.AST | None, names: FrameNames, error: BaseException
) -> dict[str, Any]:
    """Return the variables of the comprehensions around a piece that failed, if the frame no longer has them.

    A variable whose value is not found again is MISSING: the frame may have another one of that name. Runs none of the
    learner's code.

    Args:
        frame: The frame in which the error was raised.
        statement: The statement that it was raised in.
        piece: The piece of it that raised.
        names: The names that the frame has now.
        error: The error.
    """
    if not _ARE_INLINED or frame is None or statement is None or frame.f_code.co_name.endswith("comp>"):
        return {}
    generators = list(_generators_around(statement, piece))
    found: dict[str, Any] = {name: MISSING for generator in generators for name in _targets(generator.target)}
    if found and isinstance(piece, ast.expr):
        with suppress(Exception):  # a container that is not what it seems
            found |= _at_the_failure(generators, piece, names, error)
    return found


def _generators_around(statement: ast.stmt, piece: ast.AST | None) -> Iterator[ast.comprehension]:
    """Yield the loops of the comprehensions in the statement's frame whose variables a piece can use, in order."""
    way = _way_to(statement, piece)
    own = [at for at, node in enumerate(way) if isinstance(node, _OF_ITS_OWN_FRAME) and at]
    way = way[own[-1] + 1 if own else 0 :]
    for outer, inner in pairwise(way):
        if not isinstance(outer, Comprehension):
            continue
        for generator in outer.generators:
            if inner is not generator:
                yield generator
                continue
            # A condition comes after its loop's variables and earlier conditions; what is gone through comes before.
            if condition := next((node for node in generator.ifs if node in way), None):
                before = generator.ifs[: generator.ifs.index(condition)]
                yield ast.comprehension(generator.target, generator.iter, before, generator.is_async)
            break


def _way_to(node: ast.AST, piece: ast.AST | None) -> list[ast.AST]:
    """The nodes from one down to a piece of it; empty if it is not in there."""
    if node is piece:
        return [node]
    for child in ast.iter_child_nodes(node):
        if way := _way_to(child, piece):
            return [node, *way]
    return []


def _targets(target: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _at_the_failure(
    generators: list[ast.comprehension], piece: ast.expr, names: FrameNames, error: BaseException
) -> dict[str, Any]:
    """The variables at the first element at which the piece fails in the same way; empty if that is not found."""
    tried: set[object] = set()
    for bound in islice(_elements(generators, names, {}), MOST_ELEMENTS):
        like = tuple(map(_likeness, bound.values()))
        if like in tried:
            continue
        if len(tried) == MOST_TRIALS:
            break
        tried.add(like)
        try:
            outcome(piece, names.with_names(bound))
        except CannotTryError:
            break
        except Exception as raised:
            return dict(bound) if type(raised) is type(error) else {}
    return {}


def _likeness(value: object) -> object:
    """What decides whether an operation on a value fails."""
    if issubclass(type(value), torch.Tensor):
        with unobserved():
            return shape_of(value), dtype_text(Base.dtype.__get__(value))  # type: ignore[arg-type]
    return (type(value), value) if type(value) in (int, float, bool, str, type(None)) else id(value)


def _elements(generators: list[ast.comprehension], names: FrameNames, outer: Bindings) -> Iterator[Bindings]:
    """Yield the variables of each pass, of the outermost `for` first; nothing where that cannot be said."""
    if not generators:
        yield outer
        return
    generator, *inner = generators
    if generator.ifs or generator.is_async:  # a condition may be the learner's code
        return
    for element in _gone_through(generator.iter, names.with_names(outer)):
        bound = _bound(generator.target, element)
        if bound is None:
            return
        yield from _elements(inner, names, {**outer, **bound})


def _bound(target: ast.expr, element: object) -> dict[str, Any] | None:
    """What a target is bound to; None if that would take more than to look into tuples and lists."""
    match target:
        case ast.Name(name):
            return {name: element}
        case ast.Tuple(targets) | ast.List(targets) if type(element) in (tuple, list):
            parts: Any = element
            if len(parts) != len(targets):
                return None
            found: dict[str, Any] = {}
            for part, value in zip(targets, parts, strict=True):
                if (bound := _bound(part, value)) is None:
                    return None
                found |= bound
            return found
        case _:
            return None


def _gone_through(node: ast.expr, names: FrameNames) -> Iterator[Any]:
    """Yield the elements of a plain container, or of `range`, `enumerate` and `zip`; nothing of anything else."""
    match node:
        case ast.Tuple(items) | ast.List(items):
            values = [_value(item, names) for item in items]
            yield from () if any(value is MISSING for value in values) else values
        case ast.Call(ast.Attribute(owner, "items" | "keys" | "values" as method), [], []):
            held = names.find(owner)
            if type(held) is dict:
                yield from list(getattr(held, method)())
        case ast.Call(function, arguments, []):
            yield from _of_call(names.find(function), arguments, names)
        case _:
            yield from _of_value(names.find(node))


def _value(node: ast.expr, names: FrameNames) -> Any:
    match node:
        case ast.Tuple(items):
            values = tuple(_value(item, names) for item in items)
            return MISSING if any(value is MISSING for value in values) else values
        case _:
            return names.find(node)


def _of_call(function: object, arguments: list[ast.expr], names: FrameNames) -> Iterator[Any]:
    if function is range:
        bounds = [_number(argument, names) for argument in arguments]
        if 1 <= len(bounds) <= 3 and all(type(bound) is int for bound in bounds) and bounds[2:] != [0]:
            yield from range(*bounds)
    elif function is enumerate and len(arguments) == 1:
        yield from enumerate(_gone_through(arguments[0], names))
    elif function is zip:
        yield from zip(*(_gone_through(argument, names) for argument in arguments), strict=False)


def _number(node: ast.expr, names: FrameNames) -> Any:
    match node:
        case ast.Call(function, [argument], []) if names.find(function) is len:
            held = names.find(argument)
            return len(held) if type(held) in (list, tuple, dict, str, range) else MISSING
        case _:
            return names.find(node)


def _of_value(held: Any) -> Iterator[Any]:
    cls = type(held)
    if cls in (list, tuple, dict, range, str, torch.Size):
        yield from list(islice(held, MOST_ELEMENTS))
    elif cls in (torch.nn.Sequential, torch.nn.ModuleList):
        yield from list(registered(held, "modules").values())
    elif cls in (torch.Tensor, torch.nn.Parameter):
        with unobserved():
            rows = Base.unbind(held.detach()[:MOST_ELEMENTS]) if Base.dim(held) else ()
        yield from rows
