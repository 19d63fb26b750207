"""Weights that are meant to be frozen and learn on: an attribute is set that PyTorch does not read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import ref

import torch
from torch import nn

from tui_torch.probe.coach.fixes import Fix, both, noted, replaced
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, Step
from tui_torch.probe.coach.tensor_stamp import Stamp, stamp
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues, modules
from tui_torch.protocol.notes import Note

_MEANT = re.compile(r"require[sd]?_?grad(ient)?s?_?|trainable")
"""Names that are meant to say whether something learns; PyTorch reads one of them, of tensors."""
_MOST = 200
"""Maximum number of parameters that are followed."""


@dataclass(slots=True)
class _Marked:
    """A parameter that is said not to learn, as it was when it was first seen so."""

    of: ref[torch.Tensor]
    state: Stamp
    has_moved: bool = False


class FreezesNothing(CoachRule):
    """Finds `requires_grad = False` on a module, and misspelled on a tensor, if the optimizer goes on to move it."""

    def __init__(self) -> None:
        self._marked: dict[int, _Marked] = {}
        self._leaves: set[int] = set()
        self._source: Source | None = None
        self._statements: list[ast.Assign] = []
        self._by: str | None = None
        """The name of the first optimizer that holds what is marked."""
        self._steps = 0

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._source is None:
            self._source = snapshot.source
            self._statements = list(_statements(snapshot.source))
        if self._statements and len(self._leaves) < _MOST:
            self._leaves |= {id(leaf) for leaf in snapshot.graph.leaves}

    def before_step(self, step: Step) -> None:
        if not self._statements:
            return
        self._look()
        names = {_target(statement).attr for statement in self._statements}
        for parameter in _marked(step.names, names):
            if id(parameter) in step.record.held and id(parameter) not in self._marked and len(self._marked) < _MOST:
                self._by = self._by or step.record.name
                self._marked[id(parameter)] = _Marked(ref(parameter), stamp(parameter))

    def _look(self) -> None:
        for marked in self._marked.values():
            parameter = marked.of()
            if parameter is not None and not marked.has_moved:
                marked.has_moved = not stamp(parameter).same_numbers(marked.state)

    def notes(self, facts: Facts) -> Iterator[Note]:
        self._look()
        moved = [number for number, marked in self._marked.items() if marked.has_moved]
        optimizer = next((one for one in facts.optimizers if one.name == self._by), None)
        wrong = [one for one in self._statements if _is_wrong(one, facts)]
        off = [one for one in wrong if isinstance(one.value, ast.Constant) and one.value.value is False]
        if not moved or optimizer is None or not off:
            return
        target, source = _target(off[0]), facts.source
        of_a_module = not _is_of_tensors(target, facts)
        one = len(moved) == 1
        says = (
            f"`{source.named(off[0])}` freezes nothing: PyTorch does not read that attribute"
            f"{' of a module' if of_a_module else ''}. {times(len(moved), 'parameter')} "
            f"{'still wants a gradient' if one else 'still want gradients'}, and {times(optimizer.steps, 'step')} of "
            f"`{optimizer.name}` moved {'it' if one else 'them'}."
        )
        says += (
            " `requires_grad_(False)` is a call, and freezes all in a module."
            if of_a_module
            else " The name is `requires_grad`."
        )
        fix: Fix | None = None
        if self._leaves - self._marked.keys() or _is_followed(off[0], source):
            for statement in wrong:
                more = _frozen(statement, facts)
                fix = more if fix is None else both(source, fix, more)
        yield noted("freezes-nothing", says, off[0].lineno, fix)


def _statements(source: Source) -> Iterator[ast.Assign]:
    """Yield the statements that are meant to say whether something learns."""
    read = {
        ast.unparse(node)
        for node in source.nodes
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and _MEANT.fullmatch(node.attr)
    }
    for node in source.nodes:
        match node:
            case ast.Assign(targets=[ast.Attribute(attr=attribute) as target], value=ast.Constant(value=bool())):
                # What the code itself reads is a flag of its own.
                is_flag = ast.unparse(target) in read or (
                    attribute != "requires_grad" and any(name.endswith(f".{attribute}") for name in read)
                )
                if _MEANT.fullmatch(attribute) and not is_flag:
                    yield node
            case _:
                pass


def _target(statement: ast.Assign) -> ast.Attribute:
    [target] = statement.targets
    assert isinstance(target, ast.Attribute)
    return target


def _marked(names: NamedValues, attributes: set[str]) -> Iterator[torch.Tensor]:
    """Yield the parameters that learn although they, or a module around them, have one of these attributes off."""
    for _, root in modules(names):
        for module in root.modules():
            own = object.__getattribute__(module, "__dict__")
            is_off = any(own.get(attribute) is False for attribute in attributes)
            for parameter in module.parameters(recurse=is_off):
                set_here = object.__getattribute__(parameter, "__dict__")
                if parameter.requires_grad and (
                    is_off or any(set_here.get(attribute) is False for attribute in attributes)
                ):
                    yield parameter


def _is_of_tensors(target: ast.Attribute, facts: Facts) -> bool:
    """Return whether an attribute is set on tensors, as far as can be told; else it is set on modules."""
    for loop in facts.source.loops_around(target.lineno):
        is_its_own = isinstance(loop, ast.For) and ast.unparse(target.value) in _names_in(loop.target)
        if is_its_own and isinstance(loop, ast.For):
            return "parameters()" in ast.unparse(loop.iter)
    found = _resolved(target.value, facts.names)
    if found is not None:
        return issubclass(type(found), torch.Tensor)
    return isinstance(target.value, ast.Attribute) and target.value.attr in ("weight", "bias")


def _names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _resolved(node: ast.expr, names: NamedValues) -> object:
    """Return what a path through modules leads to, without a call of the learner's code; None if it cannot be told."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=value, attr=attribute):
            held = _resolved(value, names)
        case ast.Subscript(value=value, slice=ast.Constant(value=int() as index)):
            held, attribute = _resolved(value, names), None
            if isinstance(held, nn.Sequential | nn.ModuleList):
                children = [module for _, module in held.named_children()]
                return children[index] if -len(children) <= index < len(children) else None
        case _:
            return None
    if not isinstance(held, nn.Module) or attribute is None:
        return None
    parts = {**dict(held.named_children()), **dict(held.named_parameters(recurse=False))}
    return parts.get(attribute)


def _is_wrong(statement: ast.Assign, facts: Facts) -> bool:
    """Return whether a statement sets what PyTorch does not read: `requires_grad` of a tensor is right."""
    target = _target(statement)
    return target.attr != "requires_grad" or not _is_of_tensors(target, facts)


def _is_followed(statement: ast.Assign, source: Source) -> bool:
    """Return whether a part of what is to be frozen is made again below, so that something is left to learn."""
    frozen = source.named(_target(statement).value)
    return any(
        isinstance(node, ast.Assign)
        and node.lineno > statement.lineno
        and any(ast.unparse(target).startswith((f"{frozen}.", f"{frozen}[")) for target in node.targets)
        and isinstance(node.value, ast.Call)
        for node in source.nodes
    )


def _frozen(statement: ast.Assign, facts: Facts) -> Fix | None:
    target, source = _target(statement), facts.source
    owner = source.named(target.value)
    value = source.named(statement.value)
    if _is_of_tensors(target, facts):
        return replaced(source, statement, f"{owner}.requires_grad = {value}")
    return replaced(source, statement, f"{owner}.requires_grad_({value})")
