"""What a loss is called that is computed without gradients: by the expression that the learner's code has for it."""

from __future__ import annotations

import ast
import linecache
import re
import sysconfig
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any

from tui_torch.probe.source.call_sites import call_at, caller, lines_around, shortened
from tui_torch.probe.source.frame_locals import has_own_names, local_names

FRAMES = 12
"""Maximum number of frames between the loss and the loop."""
LONGEST_WORD = 20
"""Maximum number of characters of a text that tells one pass from another, such as `val`."""
_LONGEST_SOURCE = 200_000
_SUMS = re.compile(r"(?<![a-z])(tot|total|sum|summed|acc|accum|accumulated|running|cumulative)(?![a-z])", re.IGNORECASE)
"""What is in the name of a sum, which the losses of a pass are added to."""
_TELLING = re.compile(rf"loss|{_SUMS.pattern}", re.IGNORECASE)
"""What is in a library's statement that may name a loss; its files are long, and most are not to be read for one."""
BEFORE = 3
"""Number of lines before a call that its statement may begin in."""
_PYTHON = sysconfig.get_path("stdlib")
_WHOLES = re.compile(r"(outs?|outputs?|res|results?|ret|rv|preds?|predictions?|logits)_?", re.IGNORECASE)
"""Names of all that a model returns, of which the loss is a part."""


def way_to(frame: FrameType | None, loop: Collection[CodeType]) -> list[FrameType]:
    """Return the frames of the learner's code from a call outwards, up to one of the codes that train."""
    found: list[FrameType] = []
    frame = caller(frame)
    while frame is not None and len(found) < FRAMES:
        found.append(frame)
        if frame.f_code in loop:
            break
        frame = caller(frame.f_back)
    return found


def names_of_words(code: CodeType) -> frozenset[str]:
    """Return the names in code that may tell one pass from another: parameters, and those that the learner loops with.

    Of a library, whose files are many and long, nothing is read.
    """
    names = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    if not _is_librarys(code):
        source = "".join(linecache.getlines(code.co_filename))
        loops = [node for node in _nodes(source) if isinstance(node, ast.For | ast.comprehension)]
        names += [name.id for loop in loops for name in ast.walk(loop.target) if isinstance(name, ast.Name)]
    return frozenset(names)


def words(way: list[FrameType], names_in: Mapping[CodeType, frozenset[str]], returning: FrameType) -> tuple[str, ...]:
    """Return the texts that tell one pass of the same code from another, such as `val`, of such names.

    `returning` is the frame that a profile function may be looking at.
    """
    found: list[str] = []
    for frame in way:
        wanted = names_in[frame.f_code]
        names: Any = (
            (local_names(frame, is_traced=frame is returning) if has_own_names(frame) else frame.f_globals)
            if wanted
            else None
        )
        for name in sorted(wanted) if type(names) is dict else ():
            value = names.get(name)
            if type(value) is str and 0 < len(value) <= LONGEST_WORD and value.isprintable():
                found.append(value)
    return tuple(dict.fromkeys(found))


def name_of(way: Iterable[tuple[CodeType, int]]) -> str:
    """Return what the learner's code calls the loss: where it is assigned nearest to the loop, or else the call.

    `way` has the code and the instruction (`f_lasti`) of each frame, from the call outwards.
    """
    inner: str | None = None
    for code, instruction in way:
        is_librarys = _is_librarys(code)
        if is_librarys and not _TELLING.search(lines_around(code, instruction, BEFORE)):
            continue
        call = call_at(code, instruction)
        statement = None if call is None else statement_of(code.co_filename, call)
        if call is None or statement is None:
            continue
        # A library hands on what it was given by names such as `output`.
        if _adds_up(statement):
            # What is drawn is a mean, and no sum.
            inner = inner or f"mean of {shortened(call.func)}"
        elif (name := _assigned(statement)) is not None:
            if "loss" in name or not (is_librarys or _WHOLES.fullmatch(name)):
                inner = name
        elif isinstance(statement, ast.Return) or inner is not None or is_librarys:
            continue
        else:
            inner = shortened(call)
    return inner or "validation loss"


def _is_librarys(code: CodeType) -> bool:
    return "site-packages" in code.co_filename or code.co_filename.startswith(("<frozen", _PYTHON))


def _assigned(statement: ast.stmt) -> str | None:
    """The name that a statement gives its value, or the one of several that speaks of a loss; or what it adds it to."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=names)]):
            named = [ast.unparse(name) for name in names]
            return next((name for name in named if "loss" in name.lower()), None)
        case ast.Assign(targets=[target]) | ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return shortened(target)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=kept, attr="append"))):
            return shortened(kept)
        case _:
            return None


def _adds_up(statement: ast.stmt) -> bool:
    """Whether a statement adds to what is called a sum: `tot += loss_fn(…)`, `total = total + loss_fn(…)`."""
    match statement:
        case ast.AugAssign(target=target, op=ast.Add()):
            kept = ast.unparse(target)
        case ast.Assign(targets=[target], value=ast.BinOp(left, ast.Add(), right)):
            kept = ast.unparse(target)
            if kept not in (ast.unparse(left), ast.unparse(right)):
                return False
        case _:
            return False
    return _SUMS.search(kept) is not None


def statement_of(filename: str, call: ast.Call) -> ast.stmt | None:
    """Return the simple statement that a call of a file is in; None if it is in none."""
    return _statements("".join(linecache.getlines(filename))).get((call.lineno, call.col_offset, call.end_col_offset))


@lru_cache(maxsize=4)
def _statements(source: str) -> dict[tuple[int, int, int | None], ast.stmt]:
    """The simple statement that each call is in, by the place of the call."""
    return {
        (call.lineno, call.col_offset, call.end_col_offset): statement
        for statement in _nodes(source)
        if isinstance(statement, ast.stmt) and not hasattr(statement, "body")
        for call in ast.walk(statement)
        if isinstance(call, ast.Call)
    }


def _nodes(source: str) -> Iterator[ast.AST]:
    if len(source) > _LONGEST_SOURCE:
        return iter(())
    try:
        return ast.walk(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return iter(())
