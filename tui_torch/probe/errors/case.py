"""One error where it happened: the code that failed, what the names in it are, and fixes that work when tried."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import FrameType, ModuleType
from typing import Any

import torch

from tui_torch.probe.errors.comprehension_names import comprehension_names
from tui_torch.probe.errors.description import described, result_text, tensor_shape_text
from tui_torch.probe.errors.failing_code import (
    called_name,
    failing_piece,
    innermost_in,
    parsed,
    paths,
    rewritten,
    statement_at,
)
from tui_torch.probe.errors.names import MISSING, FrameNames
from tui_torch.probe.errors.origins.assignments import last_assignment, value_given
from tui_torch.probe.errors.origins.history import CodeHistory
from tui_torch.probe.errors.trial import outcome
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.short_repr import plain
from tui_torch.probe.values.tensor_facts import dtype_text, shape_of
from tui_torch.protocol.shapes import shape_text

LONGEST_PIECE = 60
"""Maximum number of characters of a piece of code in a sentence."""
LONGEST_FIX = 200
"""Maximum number of characters of a suggested fix."""
DESCRIBED_NAMES = 6
"""Maximum number of names that are described below an explanation."""
_DEEPEST_LAYER = 8
"""Maximum depth of modules within modules at which a layer is looked for."""


@dataclass(frozen=True, slots=True)
class SuggestedFix:
    """Code to write instead of a piece of the learner's."""

    text: str
    gives: str | None = None
    """What it evaluates to, `[15, 2]`; None if that is not worth a word, or the fix was not tried."""
    replaces: ast.AST | None = None
    """The piece; None if the fix belongs elsewhere, as an import does."""


@dataclass(frozen=True, slots=True)
class PossibleFix:
    """A fix that keeps the meaning only if something was meant that the code does not say."""

    meant: str
    """The condition, as a clause after `If`: `every element is to count once`."""
    fix: SuggestedFix


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule says of an error."""

    meaning: str
    """One or two sentences, with the numbers of the line that failed; code stands in backticks."""
    suggested_fix: SuggestedFix | None = None
    readings: Sequence[PossibleFix] = ()
    """What to write for each of several meanings that the line may have had, in the place of one suggested fix."""
    parts: Sequence[ast.AST] | None = None
    """The pieces whose names are described; None for those of the piece that failed."""
    of_autograd: bool = False
    """Whether each tensor is described with what autograd asks: requires grad, leaf."""


@dataclass(frozen=True, slots=True)
class RunningLayer:
    """One of PyTorch's own modules whose `forward` was running inside the learner's line."""

    module: torch.nn.Module
    path: str
    """How the line's names reach it, `model[2]`; the name of its class if they do not."""
    given: object
    """Its `input`; MISSING if its `forward` has no argument of that name."""

    @property
    def input_text(self) -> str:
        """The shape of its input, `[15, 3]`."""
        given = self.given
        return tensor_shape_text(given) if issubclass(type(given), torch.Tensor) else "something else"  # type: ignore[arg-type]


class ErrorCase:
    """An error with the innermost line of the learner's that it passed through."""

    def __init__(self, error: BaseException, filename: str, source: str, line: int | None = None) -> None:
        """Find the piece of `source`, which ran under the name `filename`, that raised the error.

        Args:
            error: The error.
            filename: The name under which the code was compiled.
            source: The code.
            line: The line at which it was raised in another process, whose names cannot be looked at.
        """
        self.error = error
        self.filename = filename
        self.source = source
        self._entry = innermost_in(error.__traceback__, filename) if line is None else None
        self.frame: FrameType | None = self._entry.tb_frame if self._entry is not None else None
        self.names = FrameNames(self.frame)
        self.statement: ast.stmt | None = None
        self.node: ast.AST | None = None
        """The piece that failed, an expression or a statement; None if the code cannot be parsed."""
        self.tree = parsed(source)
        """The code; None if it cannot be parsed."""
        if self._entry is not None and self.tree is not None:
            self.statement, self.node = failing_piece(self.tree, self._entry)
        elif line is not None and self.tree is not None:
            self.statement = statement_at(self.tree, line)
            self.node = getattr(self.statement, "value", None) or self.statement
        self.history = CodeHistory(self.tree, self.statement)
        if lost := comprehension_names(self.frame, self.statement, self.node, self.names, error):
            self.names = self.names.with_names(lost)

    # Values

    def find(self, node: ast.AST | None) -> Any:
        """Return the value that a name or a path has, read where it is stored; MISSING otherwise."""
        return self.names.find(node)

    def value(self, node: ast.AST | None) -> Any:
        """Return a stored value, or a stand-in of one that has to be computed; MISSING if neither is possible."""
        found = self.names.find(node)
        if found is MISSING and isinstance(node, ast.expr):
            try:
                return outcome(node, self.names)
            except Exception:
                return MISSING
        return found

    def given_by(self, node: ast.AST | None) -> ast.expr | None:
        """Return the expression that gave a name its value, as far as the code's order says; None otherwise."""
        if not isinstance(node, ast.Name):
            return None
        return value_given(last_assignment(self.tree, self.statement, node.id), node.id)

    @property
    def line(self) -> int | None:
        """The line that raised the error, counted from 1; None if none of this code did."""
        if self._entry is not None:
            return self._entry.tb_lineno
        return self.statement.lineno if self.statement is not None else None

    @property
    def is_raised(self) -> bool:
        """Whether a `raise` of the learner's raised the error."""
        return self.is_own and isinstance(self.statement, ast.Raise)

    @property
    def is_own(self) -> bool:
        """Whether the learner's line itself raised the error, and nothing that it called."""
        return self._entry is not None and self._entry.tb_next is None

    def tensor(self, node: ast.AST | None) -> torch.Tensor | None:
        """Return `value(node)` if it is a tensor."""
        value = self.value(node)
        return value if issubclass(type(value), torch.Tensor) else None

    def shape(self, node: ast.AST | None) -> tuple[int, ...] | None:
        """Return the shape of a piece that is a tensor; None for everything else."""
        tensor = self.tensor(node)
        return None if tensor is None else shape_of(tensor)

    def _dimensions(self, node: ast.AST | None) -> int | None:
        shape = self.shape(node)
        return None if shape is None else len(shape)

    def dtype(self, node: ast.AST | None) -> str | None:
        """Return the dtype of a piece that is a tensor, `float32`; None for everything else."""
        tensor = self.tensor(node)
        if tensor is None:
            return None
        with unobserved():
            return dtype_text(Base.dtype.__get__(tensor))

    def is_module(self, node: ast.AST | None) -> bool:
        """Return whether a piece names a module."""
        return issubclass(type(self.find(node)), torch.nn.Module)

    # Words

    def quoted(self, node: ast.AST | None) -> str:
        """Return a piece of code in backticks; `it` for None."""
        return "it" if node is None else f"`{plain(ast.unparse(node), LONGEST_PIECE)}`"

    def with_shape(self, node: ast.AST | None) -> str:
        """Return `` `x` is [15, 3] ``; `` `x` `` alone if that is not a tensor."""
        shape = self.shape(node)
        return f"{self.quoted(node)} is {shape_text(shape)}" if shape is not None else self.quoted(node)

    # Pieces

    def call(self, *names: str) -> ast.Call | None:
        """Return the piece that failed if it is a call of a function with one of these names; with none, any call."""
        node = self.node
        if not isinstance(node, ast.Call):
            return None
        return node if not names or called_name(node) in names else None

    def argument(self, call: ast.Call | None, index: int, name: str) -> ast.expr | None:
        """Return an argument by place or name; the first one of a tensor's method is what it is called on."""
        if call is None:
            return None
        arguments = list(call.args)
        if isinstance(call.func, ast.Attribute) and self.tensor(call.func.value) is not None:
            arguments = [call.func.value, *arguments]
        if index < len(arguments):
            return arguments[index]
        return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)

    def receiver(self) -> ast.expr | None:
        """Return what the method that failed was called on; None for a function of a package, `torch.autograd.grad`."""
        match self.node:
            case ast.Call(func=ast.Attribute(receiver)) if not issubclass(type(self.find(receiver)), ModuleType):
                return receiver
            case _:
                return None

    def differentiated(self) -> ast.expr | None:
        """Return what the failing call differentiates: the tensor of its `backward()`, or what autograd is given."""
        call = self.call("backward", "grad")
        if call is None:
            return None
        if (receiver := self.receiver()) is not None:
            return receiver
        names = ("tensors", "outputs")
        return call.args[0] if call.args else next((key.value for key in call.keywords if key.arg in names), None)

    def pair(self) -> tuple[ast.expr, ast.expr] | None:
        """Return the two that an operator or a function combines: left and right, or input and target."""
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
        """Return the running layer in backticks; `otherwise` if no layer was running."""
        layer = self.layer()
        return f"`{layer.path}`" if layer is not None else otherwise

    def layer(self) -> RunningLayer | None:
        """Return the innermost of PyTorch's layers that was running when the error was raised."""
        found: RunningLayer | None = None
        traceback = self._entry.tb_next if self._entry is not None else None
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_code.co_name == "forward":
                held = local_names(frame)
                module = held.get("self")
                home = type(module).__module__
                if issubclass(type(module), torch.nn.Module) and type(home) is str and home.startswith("torch.nn."):
                    found = RunningLayer(module, "", held.get("input", MISSING))  # type: ignore[arg-type]
            traceback = traceback.tb_next
        if found is None:
            return None
        path = self.path_of(found.module) or type(found.module).__name__
        return RunningLayer(found.module, path, found.given)

    def path_of(self, module: torch.nn.Module) -> str | None:
        """Return how the line's names reach a module, `model[2]`; None if they do not."""
        for piece in paths(self.node):
            start = self.find(piece)
            if issubclass(type(start), torch.nn.Module):
                for path, child in _layers_within(start, ast.unparse(piece)):
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
        """Return the first candidate that works when it is tried on stand-ins; None if none does.

        Unless `unseen`, the piece as it stands must fail when it is tried: otherwise a trial cannot see what is wrong,
        and proves nothing.

        Args:
            candidates: Each is the code to write instead, or templates for parts of the piece: `{right: "{}.t()"}`.
            of: The piece that is replaced; the one that failed if None.
            with_dtype: Say the dtype of what the fix evaluates to as well as its shape.
            unseen: Whether a trial cannot see the error, because it depends on devices or elements.
            silent: Leave out what the fix evaluates to.
        """
        whole = self.node if of is None else of
        if not isinstance(whole, ast.expr | ast.stmt) or (not unseen and self._works(whole)[0]):
            return None
        for candidate in candidates:
            text = candidate if isinstance(candidate, str) else rewritten(whole, candidate, self._dimensions)
            try:
                [statement] = ast.parse(text).body
            except (SyntaxError, ValueError):
                continue
            works, value = self._works(statement)
            if isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign):
                text = ast.unparse(statement)
            if works and len(text) <= LONGEST_FIX:
                return SuggestedFix(text, None if silent else result_text(value, with_dtype=with_dtype), whole)
        return None

    def possible_fixes(
        self,
        *readings: tuple[str, Mapping[Any, str] | str],
        of: ast.AST | None = None,
        unseen: bool = False,
        silent: bool = False,
    ) -> tuple[PossibleFix, ...]:
        """Return those of several fixes that work, each with the meaning that it keeps.

        Args:
            readings: Pairs of what the line may have been meant to do and a candidate as `working_fix()` takes it.
            of: The piece that is replaced; the one that failed if None.
            unseen: Whether a trial cannot see the error, because it depends on elements.
            silent: Leave out what the fixes evaluate to.
        """
        tried = (
            (meant, self.working_fix(candidate, of=of, unseen=unseen, silent=silent)) for meant, candidate in readings
        )
        return tuple(PossibleFix(meant, fix) for meant, fix in tried if fix is not None)

    def outcome(self, text: str) -> Any:
        """Return what a statement gives when it is tried on stand-ins; MISSING if it fails, or cannot be tried."""
        try:
            [statement] = ast.parse(text).body
        except (SyntaxError, ValueError):
            return MISSING
        works, value = self._works(statement)
        return value if works else MISSING

    def _works(self, code: ast.stmt | ast.expr) -> tuple[bool, Any]:
        try:
            return True, outcome(code, self.names)
        except Exception:
            return False, None

    # Descriptions

    def described_names(self, result: RuleResult) -> tuple[tuple[str, str], ...]:
        """Return (expression, description) pairs for the names that a result is about, at most DESCRIBED_NAMES."""
        descriptions: dict[str, str] = {}
        for part in [self.node] if result.parts is None else result.parts:
            for piece in paths(part):
                text = self._description(piece, result.of_autograd)
                if text is not None:
                    descriptions.setdefault(plain(ast.unparse(piece), LONGEST_PIECE), text)
        return tuple(islice(descriptions.items(), DESCRIBED_NAMES))

    def _description(self, piece: ast.AST, of_autograd: bool) -> str | None:
        value = self.find(piece)
        return None if value is MISSING else described(value, of_autograd=of_autograd)


def _layers_within(module: object, path: str, depth: int = 0) -> Iterator[tuple[str, object]]:
    yield path, module
    if depth > _DEEPEST_LAYER:
        return
    for name, child in registered(module, "modules").items():
        if issubclass(type(child), torch.nn.Module):
            yield from _layers_within(child, f"{path}[{name}]" if name.isdecimal() else f"{path}.{name}", depth + 1)
