"""Where the graph behind a tensor was cut, read in the learner's code from its last line back to what requires grad."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.names import MISSING, FrameNames
from tui_torch.probe.errors.operations import is_pytorchs
from tui_torch.probe.errors.origins.history import CodeHistory
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.module_tree import parameters

_DEEPEST = 25
"""Maximum number of assignments and calls that are followed one behind the other."""

_COPIES = {"detach", "detach_", "data"}
"""What gives a tensor's numbers without its graph."""
_NUMBERS = {"item", "tolist", "numpy", "float", "int", "bool"}
"""What takes numbers out of a tensor."""
_NEW_TENSORS = {"tensor", "Tensor", "FloatTensor", "LongTensor", "from_numpy"}
"""What makes a tensor that is not computed from anything."""
_POSITIONS = {"argmax", "argmin", "argsort", "nonzero", "searchsorted", "multinomial", "indices"}
"""What gives positions, which do not move when the numbers move a little."""
_WHOLE = {"long", "int", "short", "byte", "bool", "char", "one_hot", "bincount", "bernoulli"}
"""Methods that give whole numbers."""
_TESTS = {"eq", "ne", "gt", "ge", "lt", "le", "isclose", "logical_and", "logical_or", "logical_not", "isnan", "equal"}
"""Functions that give True or False."""
_WHOLE_DTYPES = {"long", "int", "int64", "int32", "int16", "uint8", "bool", "int8"}
_BUILT_IN = (sum, max, min, abs, len, range, zip, enumerate, list, tuple, map)
_WITHOUT_GRAPHS = {"no_grad", "inference_mode"}


@dataclass(frozen=True, slots=True)
class GraphCut:
    """One piece of code whose result has no graph, though what it was given has one."""

    words: str
    """What it does, with its line: `` `.item()` in line 5 takes the number out of the graph ``."""
    cure: str
    """What to do instead, a sentence."""
    statement: ast.stmt
    node: ast.expr | None = None
    """The piece; None where a whole block has no graphs."""
    operand: ast.expr | None = None
    """What to write instead of the piece, so that the graph goes on; None if no piece of the code is that."""


@dataclass(slots=True)
class GraphTrace:
    """What a tensor was computed from, as far as the code says so."""

    cuts: list[GraphCut] = field(default_factory=list)
    requiring: dict[str, Any] = field(default_factory=dict)
    """Tensors and modules that require grad, by how the code names them."""
    frozen: dict[str, Any] = field(default_factory=dict)
    """Modules that have parameters, none of which requires grad."""
    without: dict[str, Any] = field(default_factory=dict)
    """Tensors that require no grad."""
    gradients: list[ast.Call] = field(default_factory=list)
    """Calls of `torch.autograd.grad` without `create_graph=True`, whose results have no graph."""
    has_graph: bool = False
    """Whether the code says that there is a graph."""
    is_complete: bool = True
    """Whether every name was followed to its beginning."""


def trace_graph(
    node: ast.expr | None, history: CodeHistory, names: FrameNames, through: ast.expr | None = None
) -> GraphTrace:
    """Follow a piece of the statement that failed back to what it was computed from. Runs none of the learner's code.

    Args:
        node: The piece, such as `loss`.
        history: The code, seen from that statement.
        names: The values that the names have there.
        through: A piece that is taken as if it did not cut, and all that it is made of.
    """
    trace = GraphTrace()
    if node is None or history.statement is None:
        trace.is_complete = False
        return trace
    ignored = frozenset(map(id, ast.walk(through))) if through is not None else frozenset()
    trace.has_graph = _Follower(history, names, trace, ignored).has_graph(node, history.statement, 0)
    return trace


def keeps_graph(call: ast.Call) -> bool:
    """Return whether a call of `torch.autograd.grad` gives gradients that have a graph."""
    return any(key.arg == "create_graph" and ast.unparse(key.value) != "False" for key in call.keywords)


def no_gradients_around(history: CodeHistory, node: ast.AST) -> str | None:
    """Return the block or decorator around a statement under which nothing has a graph: `torch.no_grad()`."""
    for outer in history.around(node):
        contexts: list[ast.expr] = []
        if isinstance(outer, ast.With):
            contexts = [item.context_expr for item in outer.items]
        elif isinstance(outer, ast.FunctionDef):
            contexts = outer.decorator_list
        for context in contexts:
            if _is_without_graphs(context):
                return ast.unparse(context)
        if isinstance(outer, ast.FunctionDef):
            return None
    return None


def _is_without_graphs(context: ast.expr) -> bool:
    call = context if isinstance(context, ast.Call) else None
    name = called_name(call) if call is not None else getattr(context, "attr", getattr(context, "id", ""))
    if name == "set_grad_enabled" and call is not None:
        return [ast.unparse(argument) for argument in call.args] == ["False"]
    return name in _WITHOUT_GRAPHS


class _Follower:
    def __init__(self, history: CodeHistory, names: FrameNames, trace: GraphTrace, ignored: frozenset[int]) -> None:
        self._history = history
        self._names = names
        self._trace = trace
        self._ignored = ignored
        self._here = history.scope_of(history.statement)
        self._seen: set[tuple[int, str]] = set()

    def has_graph(self, node: ast.AST, at: ast.stmt, depth: int, given: Mapping[str, bool] | None = None) -> bool:
        """Whether a piece of the code gave a tensor with a graph; notes what requires grad, and where a graph ends."""
        if depth > _DEEPEST:
            self._trace.is_complete = False
            return False
        match node:
            case ast.Constant():
                return False
            case ast.Attribute(owner, "data" | "indices" as name):
                return self._ends(node, owner, at, depth, given, name)
            case ast.Name() | ast.Attribute() | ast.Subscript(_, ast.Constant()):
                return self._named(node, at, depth, given)
            case ast.Call():
                return self._called(node, at, depth, given)
            case ast.Compare(left, [*_], compared):
                if self._any_has_graph((left, *compared), at, depth, given):
                    self._cut(node, at, f"the comparison `{_short(node)}` gives True or False", "", _SCORES)
                return False
            case _:
                parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
                parts += [child.iter for child in ast.iter_child_nodes(node) if isinstance(child, ast.comprehension)]
                return self._any_has_graph(parts, at, depth, given)

    def _any_has_graph(
        self, parts: Iterable[ast.AST], at: ast.stmt, depth: int, given: Mapping[str, bool] | None
    ) -> bool:
        # Every part is followed, also behind one that has a graph.
        return sum(self.has_graph(part, at, depth + 1, given) for part in parts) > 0

    def _named(self, node: ast.expr, at: ast.stmt, depth: int, given: Mapping[str, bool] | None) -> bool:
        path = ast.unparse(node)
        if given is not None and path in given:
            return given[path]
        value = self._value(node, at)
        cls = type(value)
        if issubclass(cls, torch.nn.Module):
            return self._module(path, value)
        if issubclass(cls, torch.Tensor):
            with unobserved():
                if Base.requires_grad.__get__(value):
                    self._trace.requiring[path] = value
                    return True
            self._trace.without[path] = value
        origin = self._history.last(path, at)
        if type(value) is list and (origin is None or isinstance(origin.value, ast.List)):
            return self._collected(path, value, at, depth, given)
        if origin is None or (id(origin.statement), path) in self._seen:
            return self._beginning(node, value, at, depth, given)
        self._seen.add((id(origin.statement), path))
        live = self.has_graph(origin.value, origin.statement, depth + 1, given)
        return live and not self._is_under_no_grad(path, origin.statement)

    def _is_under_no_grad(self, what: str, at: ast.stmt) -> bool:
        block = no_gradients_around(self._history, at)
        if block is not None:
            words = f"line {at.lineno} computes `{what}` under `{block}`, where no graph is recorded"
            self._trace.cuts.append(GraphCut(words, "Compute it outside of that.", at))
        return block is not None

    def _collected(
        self, path: str, items: list[Any], at: ast.stmt, depth: int, given: Mapping[str, bool] | None
    ) -> bool:
        """Whether a list has tensors with a graph: one that was written out, or was filled by `append`."""
        with unobserved():
            for item in items:
                if issubclass(type(item), torch.Tensor):
                    if Base.requires_grad.__get__(item):
                        self._trace.requiring[path] = items
                        return True
                    self._trace.without[path] = item
        origin = self._history.last(path, at)
        live = origin is not None and self.has_graph(origin.value, origin.statement, depth + 1, given)
        appended = list(self._history.appended(path, at))
        if not appended and (origin is None or not getattr(origin.value, "elts", [])):
            self._trace.is_complete = False
        for statement, part in appended:
            if self.has_graph(part, statement, depth + 1, given):
                live = not self._is_under_no_grad(_short(part), statement) or live
        return live

    def _value(self, node: ast.expr, at: ast.stmt) -> Any:
        """The value of a name; MISSING for a name of another function than the one that failed."""
        scope = self._history.scope_of(at)
        if scope is not self._here and not isinstance(scope, ast.Module):
            first = next(name for name in ast.walk(node) if isinstance(name, ast.Name)) if _has_name(node) else None
            if first is None or self._history.is_own(first.id, scope):
                return MISSING
        return self._names.find(node)

    def _beginning(
        self, node: ast.expr, value: Any, at: ast.stmt, depth: int, given: Mapping[str, bool] | None
    ) -> bool:
        """Whether a name that is assigned nowhere in the code has a graph, or what it is looked up in has."""
        if value is MISSING and isinstance(node, ast.Attribute | ast.Subscript):
            return self.has_graph(node.value, at, depth + 1, given)
        # A tensor of which the code does not say where it comes from may have had a graph there.
        is_data = issubclass(type(value), torch.Tensor) and self._history.is_gone_over(ast.unparse(node), at)
        for iterated in self._history.iterated(ast.unparse(node), at):
            made = self._history.last(ast.unparse(iterated), at)
            call = made.value if made is not None else iterated
            if isinstance(call, ast.Call) and called_name(call) == "grad" and self._gradient(call):
                return True
        if not is_data and type(value) not in (int, float, bool, str, type(None), np.ndarray):
            self._trace.is_complete = False
        return False

    def _module(self, path: str, module: Any) -> bool:
        held = [parameter for _, parameter in parameters(module)]
        with unobserved():
            live = any(Base.requires_grad.__get__(parameter) for parameter in held)
        if live:
            self._trace.requiring[path] = module
        elif held:
            self._trace.frozen[path] = module
        return live

    def _called(self, call: ast.Call, at: ast.stmt, depth: int, given: Mapping[str, bool] | None) -> bool:
        name = called_name(call)
        method = isinstance(call.func, ast.Attribute) and not self._is_package(call.func.value)
        operand: ast.expr | None = call.func.value if method else (call.args[0] if call.args else None)  # type: ignore[attr-defined]
        if operand is not None and self._is_end(call, name, method):
            return self._ends(call, operand, at, depth, given, name)
        if name == "grad" and not method:
            return self._gradient(call)
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        live = [self.has_graph(argument, at, depth + 1, given) for argument in arguments]
        called = self._value(call.func, at)
        if issubclass(type(called), torch.nn.Module):
            own = self._module(ast.unparse(call.func), called)
            forward = self._history.method(type(called).__name__, "forward")
            return self._through(forward, [own, *live], depth, owner_is_live=own)
        if method:
            owner = call.func.value  # type: ignore[attr-defined]
            if isinstance(owner, ast.Name) and owner.id == "self" and given is not None:
                return any([*live, given.get("self", False)])
            own = self.has_graph(owner, at, depth + 1, given)
            held = self._value(owner, at)
            written = (
                self._history.method(type(held).__name__, name) if issubclass(type(held), torch.nn.Module) else None
            )
            return any([own, *live]) if written is None else self._through(written, [own, *live], depth, own)
        function = self._history.definition(name) if isinstance(call.func, ast.Name) else None
        if isinstance(function, ast.FunctionDef):
            return self._through(function, live, depth)
        if isinstance(call.func, ast.Name) and not (is_pytorchs(called) or any(called is one for one in _BUILT_IN)):
            self._trace.is_complete = False
        return any(live)

    def _gradient(self, call: ast.Call) -> bool:
        """Whether a gradient has a graph, which it has by `create_graph` alone."""
        if id(call) in self._ignored:
            return True
        if not keeps_graph(call) and call not in self._trace.gradients:
            self._trace.gradients.append(call)
        self._trace.is_complete = False
        return False

    def _through(
        self,
        function: ast.FunctionDef | None,
        live: list[bool],
        depth: int,
        owner_is_live: bool = False,
    ) -> bool:
        """Whether what one of the learner's own functions returns has a graph."""
        if function is None:
            return any(live)
        names = [argument.arg for argument in function.args.args]
        given = dict.fromkeys(names, any(live))
        if names[:1] == ["self"]:
            given["self"] = owner_is_live
        returned = [one for one in self._history.returned(function) if one.value is not None]
        if not returned:
            return any(live)
        found = [self.has_graph(one.value, one, depth + 1, given) for one in returned if one.value is not None]
        for decorator in function.decorator_list:
            if _is_without_graphs(decorator) and any(found):
                words = f"`{function.name}` runs under `{ast.unparse(decorator)}`, where no graph is recorded"
                self._trace.cuts.append(GraphCut(words, "Leave that decorator out.", function))
                return False
        return any(found)

    def _is_package(self, node: ast.expr) -> bool:
        value = self._names.find(node)
        return type(value) is type(torch) or (isinstance(node, ast.Name) and node.id in ("torch", "np", "F", "nn"))

    def _is_end(self, call: ast.Call, name: str, method: bool) -> bool:
        if isinstance(call.func, ast.Name):
            return name in _NUMBERS - {"item", "tolist", "numpy"} or name in _POSITIONS | {"one_hot"}
        if name in ("to", "type") and method:
            return any(getattr(part, "attr", "") in _WHOLE_DTYPES for part in call.args)
        if name == "requires_grad_":
            return [ast.unparse(argument) for argument in call.args] == ["False"]
        if method:
            return name in _COPIES | {"item", "tolist", "numpy"} | _POSITIONS | _WHOLE | _TESTS
        return name in _COPIES | _NEW_TENSORS | _POSITIONS | _TESTS | {"one_hot", "bincount"}

    def _ends(
        self, node: ast.expr, operand: ast.expr, at: ast.stmt, depth: int, given: Mapping[str, bool] | None, name: str
    ) -> bool:
        if not self.has_graph(operand, at, depth + 1, given):
            return False
        if id(node) in self._ignored:
            return True
        code = f"`.{name}`" if isinstance(node, ast.Attribute) else f"`{_short(node)}`"
        if name in _COPIES or name == "requires_grad_":
            self._cut(node, at, f"{code} gives the numbers without the graph", "Leave it out", "", operand)
        elif name in _NEW_TENSORS:
            self._cut(node, at, f"{code} makes a new tensor, computed from nothing", "Leave it out", "", operand)
        elif name in _POSITIONS:
            self._cut(node, at, f"{code} gives positions, which have no gradient", "", _SCORES)
        elif name in _TESTS:
            self._cut(node, at, f"{code} gives True or False, which have no gradient", "", _SCORES)
        elif name in ("item", "tolist", "numpy", "float") or isinstance(getattr(node, "func", None), ast.Name):
            self._cut(node, at, f"{code} takes plain numbers out of the graph", "Keep the tensor itself", "", operand)
        else:
            self._cut(node, at, f"{code} gives whole numbers, which have no gradient", "", _SCORES)
        return False

    def _cut(
        self, node: ast.expr, at: ast.stmt, words: str, leave: str, cure: str, operand: ast.expr | None = None
    ) -> None:
        where = f" (line {node.lineno})" if at is not self._history.statement else ""
        self._trace.cuts.append(GraphCut(words + where, cure or f"{leave}.", at, node, operand))


_SCORES = "Compute the loss from what comes before it."


def _has_name(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) for part in ast.walk(node))


def _short(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 50 else text[:49] + "…"


def whole_cut(cut: GraphCut, history: CodeHistory) -> ast.expr | None:
    """Return a cut with the calls around it that cut as well: all of `torch.tensor(loss.item())`."""
    node = cut.node
    while node is not None:
        outer, beyond = [*history.around(node), None, None][:2]
        if isinstance(outer, ast.Call) and outer.args[:1] == [node] and called_name(outer) in _NEW_TENSORS | _NUMBERS:
            node = outer
        elif isinstance(outer, ast.Attribute) and isinstance(beyond, ast.Call) and outer.attr in _COPIES | _NUMBERS:
            node = beyond
        else:
            return node
    return None
