"""One error where it happened: the code that failed, what the names in it are, and fixes that work when tried."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import FrameType, TracebackType
from typing import Any

import torch

from tui_torch.probe.errors.names import MISSING, Names, described, dtype_text, shape_of, shape_text
from tui_torch.probe.errors.trial import gives, outcome
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.short_repr import plain

SOURCE = 50_000
"""Longer code is not parsed: its parse would take longer than an explanation may."""
CODE = 60
FIX = 200
NAMES = 6


@dataclass(frozen=True, slots=True)
class SuggestedFix:
    """Code to write instead of a piece of the learner's."""

    text: str
    gives: str | None = None
    replaces: ast.AST | None = None
    """The piece; None if the fix belongs elsewhere."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a rule says of an error."""

    meaning: str
    suggested_fix: SuggestedFix | None = None
    parts: Sequence[ast.AST] | None = None
    """The pieces whose names are shown; None: those of the piece that failed."""
    of_autograd: bool = False
    """Whether to say of each tensor what autograd asks."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One of PyTorch's own modules that was running inside the learner's line."""

    module: torch.nn.Module
    path: str
    """How the line's names reach it, `model[2]`; its class where they do not."""
    given: object
    """Its `input`; MISSING when it has none of that name."""


class Case:
    """An error with the learner's innermost line that it came through."""

    def __init__(self, error: BaseException, filename: str, source: str) -> None:
        self.error = error
        self.tree = _parsed(source)
        place = _innermost(error.__traceback__, filename)
        self._traceback = place
        self.frame: FrameType | None = place.tb_frame if place is not None else None
        self.names = Names(self.frame)
        self.statement: ast.stmt | None = None
        self.node: ast.AST | None = None
        """The piece that failed: an expression, or a statement; None when the code cannot be read."""
        if place is not None and self.tree is not None:
            self.statement, self.node = _failing(self.tree, place)

    # Values

    def find(self, node: ast.AST | None) -> Any:
        return self.names.find(node)

    def value(self, node: ast.AST | None) -> Any:
        """A value, or the stand-in of one that has to be computed; MISSING when that cannot be told."""
        found = self.names.find(node)
        if found is MISSING and isinstance(node, ast.expr):
            try:
                return outcome(node, self.names)
            except Exception:
                return MISSING
        return found

    def tensor(self, node: ast.AST | None) -> torch.Tensor | None:
        value = self.value(node)
        return value if issubclass(type(value), torch.Tensor) else None

    def shape(self, node: ast.AST | None) -> tuple[int, ...] | None:
        tensor = self.tensor(node)
        return None if tensor is None else shape_of(tensor)

    def dtype(self, node: ast.AST | None) -> str | None:
        tensor = self.tensor(node)
        if tensor is None:
            return None
        with unobserved():
            return dtype_text(Base.dtype.__get__(tensor))

    def is_module(self, node: ast.AST | None) -> bool:
        return issubclass(type(self.find(node)), torch.nn.Module)

    # Words

    def said(self, node: ast.AST | None) -> str:
        """A piece of code in backticks."""
        return "it" if node is None else f"`{plain(ast.unparse(node), CODE)}`"

    def is_shaped(self, node: ast.AST | None) -> str:
        """`` `x` is [15, 3] ``"""
        shape = self.shape(node)
        return f"{self.said(node)} is {shape_text(shape)}" if shape is not None else self.said(node)

    # Pieces

    def call(self, *names: str) -> ast.Call | None:
        """The failing call, if it is one of a function of such a name (of any, when none is given)."""
        node = self.node
        if not isinstance(node, ast.Call):
            return None
        return node if not names or called(node) in names else None

    def argument(self, call: ast.Call | None, index: int, name: str) -> ast.expr | None:
        """An argument by place or name; the first of a method is what it is called on."""
        if call is None:
            return None
        arguments = list(call.args)
        if isinstance(call.func, ast.Attribute) and self.tensor(call.func.value) is not None:
            arguments = [call.func.value, *arguments]
        if index < len(arguments):
            return arguments[index]
        return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)

    def pair(self) -> tuple[ast.expr, ast.expr] | None:
        """The two that an operator or a function combines."""
        match self.node:
            case ast.BinOp(left, _, right) | ast.Compare(left, _, [right]):
                return left, right
            case ast.AugAssign(target, _, value):
                return target, value
            case ast.Call() as call:
                first, second = self.argument(call, 0, "input"), self.argument(call, 1, "target")
                return (first, second) if first is not None and second is not None else None
            case _:
                return None

    def layer_or(self, otherwise: str) -> str:
        """How a sentence names the layer that ran; `otherwise` where there is none."""
        layer = self.layer()
        return f"`{layer.path}`" if layer is not None else otherwise

    def layer(self) -> Layer | None:
        """The innermost of PyTorch's layers that ran when the error came."""
        found: Layer | None = None
        traceback = self._traceback.tb_next if self._traceback is not None else None
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_code.co_name == "forward" and type(frame.f_locals) is dict:
                module = frame.f_locals.get("self")
                home = type(module).__module__
                if issubclass(type(module), torch.nn.Module) and type(home) is str and home.startswith("torch.nn."):
                    found = Layer(module, "", frame.f_locals.get("input", MISSING))  # type: ignore[arg-type]
            traceback = traceback.tb_next
        if found is None:
            return None
        path = self._path_to(found.module) or type(found.module).__name__
        return Layer(found.module, path, found.given)

    def _path_to(self, module: torch.nn.Module) -> str | None:
        for piece in paths(self.node):
            start = self.find(piece)
            if issubclass(type(start), torch.nn.Module):
                for path, child in _children(start, ast.unparse(piece)):
                    if child is module:
                        return path
        return None

    # Suggested fixes

    def working_fix(
        self,
        *candidates: Mapping[Any, str] | str,
        of: ast.AST | None = None,
        with_dtype: bool = False,
        unseen: bool = False,
        silent: bool = False,
    ) -> SuggestedFix | None:
        """The first candidate that works. Each is the code to write instead of the failing piece (or of `of`), or what
        becomes of parts of it: `{right: "{}.t()"}`.

        The piece as it stands has to fail when it is tried the same way: or else the trial does not see what is wrong,
        and proves nothing. `unseen` says that it cannot (devices, elements). `silent` leaves out its value.
        """
        whole = self.node if of is None else of
        if not isinstance(whole, ast.expr | ast.stmt) or (not unseen and self._works(whole)[0]):
            return None
        for candidate in candidates:
            text = candidate if isinstance(candidate, str) else self.rewritten(whole, candidate)
            try:
                [statement] = ast.parse(text).body
            except (SyntaxError, ValueError):
                continue
            works, value = self._works(statement)
            if isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign):
                text = ast.unparse(statement)
            if works and len(text) <= FIX:
                return SuggestedFix(text, None if silent else gives(value, with_dtype=with_dtype), whole)
        return None

    def _works(self, code: ast.stmt | ast.expr) -> tuple[bool, Any]:
        try:
            return True, outcome(code, self.names)
        except Exception:
            return False, None

    def rewritten(self, whole: ast.AST, instead: Mapping[Any, str]) -> str:
        """The code of `whole` with some of its parts rewritten; `{}` stands for the part as it was."""
        changed = {id(part): _filled(template, part) for part, template in instead.items()}
        return ast.unparse(ast.fix_missing_locations(_replaced(whole, changed)))

    # What is shown

    def described_names(self, told: Told) -> tuple[tuple[str, str], ...]:
        pieces: dict[str, str] = {}
        for part in [self.node] if told.parts is None else told.parts:
            for piece in paths(part):
                text = description_of(self, piece, told.of_autograd)
                if text is not None:
                    pieces.setdefault(plain(ast.unparse(piece), CODE), text)
        return tuple(islice(pieces.items(), NAMES))


def description_of(case: Case, piece: ast.AST, of_autograd: bool) -> str | None:
    if isinstance(piece, ast.Constant):
        return None
    value = case.find(piece)
    return None if value is MISSING else described(value, of_autograd=of_autograd)


def called(call: ast.Call) -> str:
    """The last name of what is called: `mm` of `torch.mm(a, b)`."""
    match call.func:
        case ast.Attribute(_, name) | ast.Name(name):
            return name
        case _:
            return ""


def paths(node: ast.AST | None) -> Iterator[ast.AST]:
    """The names in a piece of code with what is looked up in them: `self.fc`, and not `self`."""
    match node:
        case None:
            return
        case ast.Name():
            yield node
        case ast.Attribute(owner) | ast.Subscript(owner, ast.Constant()):
            yield node
            yield from paths(owner)
        case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            yield from paths(iterated)
        case ast.With(items=items):
            for item in items:
                yield from paths(item.context_expr)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from paths(child)


def _parsed(source: str) -> ast.Module | None:
    if len(source) > SOURCE:
        return None
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):  # IPython's own commands, for one
        return None


def _innermost(traceback: TracebackType | None, filename: str) -> TracebackType | None:
    found = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            found = traceback
        traceback = traceback.tb_next
    return found


def _failing(tree: ast.Module, place: TracebackType) -> tuple[ast.stmt | None, ast.AST | None]:
    """The innermost statement at the line, and the piece of it that the instruction which raised was compiled from."""
    positions = next(islice(place.tb_frame.f_code.co_positions(), place.tb_lasti // 2, None), (None,) * 4)
    statement: ast.stmt | None = None
    smallest: tuple[int, int] | None = None
    node: ast.AST | None = None
    for candidate in _around(tree, place.tb_lineno):
        if isinstance(candidate, ast.stmt):
            statement = candidate
        if None in positions:
            continue
        start, end, column, end_column = positions
        span = (candidate.lineno, candidate.col_offset), (candidate.end_lineno or 0, candidate.end_col_offset or 0)
        wanted = (start, column), (end, end_column)
        if span[0] <= wanted[0] and wanted[1] <= span[1]:  # type: ignore[operator]
            size = (span[1][0] - span[0][0], span[1][1] - span[0][1] if span[1][0] == span[0][0] else 0)
            if smallest is None or size <= smallest:
                smallest, node = size, candidate
    return statement, node or statement


def _around(node: ast.AST, line: int) -> Iterator[Any]:
    """The statements and expressions that the line is part of, outermost first."""
    for child in ast.iter_child_nodes(node):
        if not hasattr(child, "lineno"):
            yield from _around(child, line)
        elif child.lineno <= line <= (child.end_lineno or child.lineno):  # type: ignore[attr-defined]
            if isinstance(child, ast.stmt | ast.expr):
                yield child
            yield from _around(child, line)


def _children(module: object, path: str, depth: int = 0) -> Iterator[tuple[str, object]]:
    yield path, module
    if depth > 8:
        return
    for name, child in registered(module, "modules").items():
        if issubclass(type(child), torch.nn.Module):
            yield from _children(child, f"{path}[{name}]" if name.isdecimal() else f"{path}.{name}", depth + 1)


_PLACE = "_the_part_"


def _filled(template: str, part: ast.AST) -> ast.AST:
    tree = ast.parse(template.replace("{}", _PLACE), mode="eval").body
    return _Filling(part).visit(tree)


class _Filling(ast.NodeTransformer):
    def __init__(self, part: ast.AST) -> None:
        self._part = part

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return copy.copy(self._part) if node.id == _PLACE else node


def _replaced(node: Any, changed: Mapping[int, ast.AST]) -> Any:
    if id(node) in changed:
        return changed[id(node)]
    if isinstance(node, list):
        return [_replaced(item, changed) for item in node]
    if isinstance(node, ast.AST):
        return type(node)(**{name: _replaced(value, changed) for name, value in ast.iter_fields(node)})
    return node
