"""What can be broken in an answer: the slips that its problem's checks should notice.

The mutations of `tests.mutation` are cosmic-ray's, which the suite has not; and they know nothing of dimensions,
`keepdim`, or of which of PyTorch's functions are taken for each other.
"""

from __future__ import annotations

import ast
import difflib
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt, ast.LtE),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.NotEq: (ast.Eq, ast.Lt, ast.Gt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult, ast.Mod),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr, ast.BitXor),
    ast.BitOr: (ast.BitAnd, ast.BitXor),
    ast.BitXor: (ast.BitAnd, ast.BitOr),
}
_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.MatMult, ast.Pow)
"""What is another number with its sides exchanged."""
_TAKEN_FOR = (
    ("max", "min"),
    ("amax", "amin"),
    ("maximum", "minimum"),
    ("argmax", "argmin"),
    ("sum", "mean"),
    ("cumsum", "cumprod"),
    ("sin", "cos"),
    ("sqrt", "rsqrt"),
    ("tril", "triu"),
    ("any", "all"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("new_zeros", "new_ones"),
    ("exp", "log"),
    ("rand_like", "randn_like"),
    ("round", "floor"),
    ("softmax", "log_softmax"),
)
_OTHER_NAMES = {one: other for pair in _TAKEN_FOR for one, other in (pair, pair[::-1])}
_OF_MATH = ("sin", "cos", "exp", "log")
_MODULES = ("torch", "F", "nn", "math", "copy", "itertools")


@dataclass(frozen=True)
class Break:
    """An answer with one slip in it."""

    kind: str
    code: str
    change: tuple[str, str]
    """The lines that differ, before and after, as `ast.unparse` writes them, without the blanks before them."""


def breaks(answer: str) -> tuple[Break, ...]:
    """Every break of an answer, in the order of the places, each code once."""
    tree = ast.parse(answer)
    sound = ast.unparse(tree)
    found: dict[str, Break] = {}
    for kind, code in _broken(tree):
        if code != sound and code not in found and _compiles(code):
            found[code] = Break(kind, code, _change(sound, code))
    return tuple(found.values())


def sample(answer: str, count: int, seed: str) -> tuple[Break, ...]:
    """So many of them at random, one of each kind before a second of any; all, if there are no more."""
    chance = random.Random(seed)
    of_kind: dict[str, list[Break]] = {}
    for one in breaks(answer):
        of_kind.setdefault(one.kind, []).append(one)
    shuffled = [chance.sample(of, len(of)) for of in of_kind.values()]
    chance.shuffle(shuffled)
    drawn = [of[turn] for turn in range(max(map(len, shuffled))) for of in shuffled if turn < len(of)]
    return tuple(drawn[:count])


def _compiles(code: str) -> bool:
    with warnings.catch_warnings(action="ignore"):
        try:
            compile(code, "<broken>", "exec")
        except SyntaxError:
            return False
    return True


def _change(before: str, after: str) -> tuple[str, str]:
    sides: dict[str, list[str]] = {"-": [], "+": []}
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), n=0):
        if line[:3] not in ("---", "+++") and line[0] in sides:
            sides[line[0]].append(line[1:].strip())
    return "\n".join(sides["-"]), "\n".join(sides["+"])


def _broken(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Kind and code: the tree with each piece exchanged in turn."""
    for parent in list(ast.walk(tree)):
        for name, value in list(ast.iter_fields(parent)):
            pieces = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for index, piece in pieces:
                for kind, instead in _instead(piece, name):
                    _put(parent, name, index, instead)
                    yield kind, ast.unparse(ast.fix_missing_locations(tree))
                    _put(parent, name, index, piece)


def _put(parent: ast.AST, name: str, index: int | None, piece: object) -> None:
    if index is None:
        setattr(parent, name, piece)
    else:
        getattr(parent, name)[index] = piece


def _instead(piece: object, field: str) -> Iterator[tuple[str, ast.AST]]:
    match piece:
        case ast.Constant(value=bool() as value):
            yield "a constant", ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield "a constant", ast.Constant(value + 1)
            yield "a constant", ast.Constant(value - 1)
        case ast.Constant(value=float() as value):
            yield "a constant", ast.Constant(value * 2 or 1.0)
            yield "a constant", ast.Constant(value / 2 or -1.0)
        case ast.Compare(ops=[op]):
            for kind in _COMPARISONS[type(op)]:
                yield "a comparison", ast.Compare(piece.left, [kind()], piece.comparators)
        case ast.BinOp(left, op, right):
            yield from _arithmetic(left, op, right)
        case ast.BoolOp(op, values):
            yield "a boolean", ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values)
            for place in range(len(values)):
                left = values[:place] + values[place + 1 :]
                yield "a term left out", ast.BoolOp(op, left) if len(left) > 1 else left[0]
        case ast.UnaryOp(op, operand) if not isinstance(op, ast.UAdd):
            yield "a sign left out", operand
        case ast.IfExp(_, body, orelse):
            yield "a condition", body
            yield "a condition", orelse
        case ast.If(_, body, orelse):
            yield "a condition", ast.If(ast.Constant(True), body, orelse)
        case ast.AugAssign(target, op, value):
            for kind in _ARITHMETIC.get(type(op), ()):
                yield "an operator", ast.AugAssign(target, kind(), value)
        case ast.Slice(lower, upper, step):
            if lower is not None:
                yield "a slice", ast.Slice(None, upper, step)
            if upper is not None:
                yield "a slice", ast.Slice(lower, None, step)
        case ast.Call():
            yield from _calls(piece)
        case ast.Attribute(value=value, attr="T" | "mT"):
            yield "a call left out", value
        case ast.Break():
            yield "a statement", ast.Continue()
        case ast.With(body=body):
            yield "a statement", ast.If(ast.Constant(True), body, [])
        case _:
            pass
    if isinstance(piece, ast.stmt) and not isinstance(piece, ast.FunctionDef | ast.ClassDef | ast.Import | ast.Pass):
        yield "a statement", ast.Pass()
    if field == "decorator_list" and isinstance(piece, ast.expr):
        yield "a statement", ast.Lambda(ast.parse("lambda f: f", mode="eval").body.args, ast.Name("f"))


def _arithmetic(left: ast.expr, op: ast.operator, right: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    for kind in _ARITHMETIC.get(type(op), ()):
        yield "an operator", ast.BinOp(left, kind(), right)
    if isinstance(op, _ORDERED):
        yield "sides exchanged", ast.BinOp(right, op, left)
    yield "a term left out", left
    yield "a term left out", right


def _calls(call: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    func, arguments, keywords = call.func, call.args, call.keywords
    for place in range(len(keywords)):
        rest = keywords[:place] + keywords[place + 1 :]
        yield "a keyword left out", ast.Call(func, arguments, rest)
    if arguments and not isinstance(arguments[-1], ast.Starred):
        yield "an argument left out", ast.Call(func, arguments[:-1], keywords)
    for place in range(len(arguments) - 1):
        one, other = arguments[place : place + 2]
        exchanged = [*arguments[:place], other, one, *arguments[place + 2 :]]
        yield "arguments exchanged", ast.Call(func, exchanged, keywords)
    match func:
        case ast.Attribute(value, name, context):
            is_of_math = isinstance(value, ast.Name) and value.id == "math"
            if (other := _OTHER_NAMES.get(name)) and (not is_of_math or other in _OF_MATH):
                yield "another function", ast.Call(ast.Attribute(value, other, context), arguments, keywords)
            if isinstance(value, ast.Name) and value.id in _MODULES:
                if arguments:
                    yield "a call left out", arguments[0]
            else:
                yield "a call left out", value
        case ast.Name(name):
            if other := _OTHER_NAMES.get(name):
                yield "another function", ast.Call(ast.Name(other), arguments, keywords)
            if arguments:
                yield "a call left out", arguments[0]
        case _:
            pass
