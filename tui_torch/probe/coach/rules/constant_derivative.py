"""A derivative in a loss that was taken without `create_graph=True`: for the weights it is a constant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch import nn

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_graph import LossGraph
from tui_torch.probe.coach.rule import CoachRule, Facts, GradientTaken, Step
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.protocol.notes import Note

ENOUGH = 3
"""The number of times after which it is no accident."""
_CUTS = ("detach", "item", "sign", "numpy", "tolist", "print", "float", "append")
"""Calls whose result is no part of a loss that is computed."""
_ROUNDS = 6
"""Maximum number of times that the code is gone through for what depends on a derivative."""

Key = ast.FunctionDef | None


class ConstantDerivative(CoachRule):
    """Finds derivatives by an input whose outputs depend on weights, and the losses that they are part of."""

    def __init__(self) -> None:
        self._taken: dict[int, int] = {}
        """How often such a derivative was taken, by line."""
        self._inputs: dict[int, set[str]] = {}
        """The names of what it is a derivative by."""
        self._leaves: dict[int, set[int]] = {}
        self._held: set[int] = set()
        self._names: NamedValues = {}

    def before_step(self, step: Step) -> None:
        self._held |= step.record.held

    def gradient_taken(self, taken: GradientTaken) -> None:
        by_input = [one for one in taken.inputs if not isinstance(one, nn.Parameter)]
        if taken.makes_graph or len(by_input) != len(taken.inputs) or not taken.outputs:
            return
        if any(one.requires_grad for one in taken.gradients):
            return
        graph = LossGraph(taken.outputs[0])
        # What a loss changes by with an input tells how much an example counts, as a rule.
        if any(
            part in operation.kind for operation in graph.operations[:12] for part in ("Loss", "Softmax", "Entropy")
        ):
            return
        self._names = taken.names
        self._taken[taken.line] = self._taken.get(taken.line, 0) + 1
        self._leaves.setdefault(taken.line, set()).update(id(leaf) for leaf in graph.leaves)
        given = {name for name, value in taken.names.items() if any(value is one for one in by_input)}
        self._inputs.setdefault(taken.line, set()).update(given)

    def notes(self, facts: Facts) -> Iterator[Note]:
        for line, count in self._taken.items():
            if count < ENOUGH or not self._leaves[line] & self._held:
                continue
            calls = [call for call in facts.source.calls("grad") if call.lineno <= line <= (call.end_lineno or 0)]
            if len(calls) != 1:
                continue
            flow = _Flow(facts.source, calls[0], self._inputs[line], {**facts.names, **self._names})
            if not any(flow.reaches(record.line) for record in facts.sites):
                continue
            says = (
                f"`{called(calls[0])}` takes a derivative here without `create_graph=True`, and the loss is computed "
                f"of it: for `backward()` it is a constant, in each of {times(count, 'call')} that were looked at. No "
                f"gradient goes through it to the weights, which learn as if it could not change."
            )
            yield noted("constant-derivative", says, calls[0].lineno, _with_graph(calls[0], facts.source))
            return


class _Flow:
    """What is computed of a derivative, as far as the text shows."""

    def __init__(self, source: Source, call: ast.Call, inputs: set[str], names: NamedValues) -> None:
        self._source = source
        self._call = call
        self._inputs = inputs
        self._names = names
        self._reached: set[tuple[int, str]] = set()
        """Names that depend on it, by the id of their function."""
        self._functions: set[str] = set()
        """Functions that return what depends on it."""
        off = [node for node in source.nodes if isinstance(node, ast.With) and "no_grad" in ast.unparse(node.items[0])]
        self._off = [(node.lineno, node.end_lineno or 0) for node in off]
        for _ in range(_ROUNDS):
            before = len(self._reached) + len(self._functions)
            self._go_through()
            if len(self._reached) + len(self._functions) == before:
                break

    def reaches(self, line: int) -> bool:
        """Return whether the loss of a `backward()` on a line depends on it."""
        calls = [call for call in self._source.calls("backward") if call.lineno <= line <= (call.end_lineno or 0)]
        return any(isinstance(call.func, ast.Attribute) and self._is_of(call.func.value) for call in calls)

    def _key(self, node: ast.AST) -> int:
        return id(self._source.function_around(getattr(node, "lineno", 0)))

    def _go_through(self) -> None:
        for node in self._source.nodes:
            if any(first < node.lineno <= last for first, last in self._off):
                continue
            match node:
                case ast.Assign(targets=targets, value=value) if self._is_of(value):
                    for target in targets:
                        self._store(target)
                case ast.AugAssign(target=target, value=value) if self._is_of(value):
                    self._store(target)
                case ast.Return(value=value) if value is not None and self._is_of(value):
                    function = self._source.function_around(node.lineno)
                    if function is not None:
                        self._functions.add(function.name)
                case _:
                    pass

    def _store(self, target: ast.expr) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self._reached.add((self._key(part), part.id))

    def _is_of(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return (self._key(node), name) in self._reached
            case ast.Call():
                return self._is_call_of(node)
            case ast.BinOp(left=left, op=op, right=right):
                # An input that is moved along its derivative is another input, and no part of the loss.
                moves = isinstance(op, ast.Add | ast.Sub)
                if moves and any(ast.unparse(one).partition(".")[0] in self._inputs for one in _summands(node)):
                    return False
                if isinstance(op, ast.Mult | ast.Div):
                    # A constant times what has a gradient is a weight, and may well be meant so.
                    pairs = ((left, right), (right, left))
                    return any(
                        self._is_of(one) and (self._is_of(other) or self._is_number(other)) for one, other in pairs
                    )
                return self._is_of(left) or self._is_of(right)
            case ast.UnaryOp(operand=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
                return self._is_of(inner)
            case ast.Tuple(elts=several) | ast.List(elts=several):
                return any(map(self._is_of, several))
            case _:
                return False

    def _is_number(self, node: ast.expr) -> bool:
        """Return whether code stands for a number, as far as is known: no tensor that is computed."""
        match node:
            case ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
                return True
            case ast.Name(id=name):
                made = self._source.assigned(name)
                return (
                    type(self._names.get(name)) in (int, float) or made is None or isinstance(made.value, ast.Constant)
                )
            case ast.Attribute(value=ast.Name(id="self")):
                return True
            case ast.BinOp(left=left, right=right):
                return self._is_number(left) and self._is_number(right)
            case _:
                return False

    def _is_call_of(self, call: ast.Call) -> bool:
        if call is self._call:
            return True
        if called(call) in _CUTS:
            return False
        if called(call) in self._functions:
            return True
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        match call.func:
            case ast.Attribute(value=owner) if ast.unparse(owner) not in ("torch", "F", "torch.nn.functional", "self"):
                return self._is_of(owner)
            case ast.Attribute(value=ast.Name(id="self")):
                return False
            case ast.Attribute():
                return any(map(self._is_of, arguments))
            case ast.Name(id=name):
                value = self._names.get(name)
                is_loss = isinstance(value, nn.Module) and not any(True for _ in value.parameters())
                return (is_loss or name in ("sum", "abs", "mse_loss")) and any(map(self._is_of, arguments))
            case _:
                return False


def _summands(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield from _summands(node.left)
        yield from _summands(node.right)
    else:
        yield node


def _with_graph(call: ast.Call, source: Source) -> Fix | None:
    for keyword in call.keywords:
        if keyword.arg == "create_graph":
            return replaced(source, keyword.value, "True")
        if keyword.arg == "retain_graph":
            whole = source.named(call)
            return replaced(source, call, whole.replace(source.named(keyword), "create_graph=True", 1))
    return replaced(source, call, f"{source.named(call)[:-1].rstrip().removesuffix(',')}, create_graph=True)")
