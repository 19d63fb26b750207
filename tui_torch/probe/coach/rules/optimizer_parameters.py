"""Optimizers that hold other parameters than those that get gradients."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import ref

import torch

from tui_torch.probe.coach.fixes import Fix, moved_after, noted, replaced
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.rules.layers.unregistered import Unregistered, assignment, registered, says, unregistered
from tui_torch.probe.coach.tensor_stamp import Stamp, stamp
from tui_torch.probe.coach.wording import listed, none_of, times
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues, modules, name_of_tensor, owner_of
from tui_torch.protocol.notes import Note

_MOST = 200
"""Maximum number of leaves that are looked at."""


@dataclass(slots=True)
class _Leaf:
    """A leaf that a `backward()` filled, as it was when it was first seen."""

    of: ref[torch.Tensor]
    state: Stamp
    line: int
    name: str | None
    owner: str | None
    """The name of the module that has it among its parameters."""
    hidden_in: Unregistered | None
    is_still: bool = False
    """Whether it had not moved at a later look, the latest one."""


class OptimizerParameters(CoachRule):
    """Finds leaves that get gradients and that no optimizer holds."""

    def __init__(self) -> None:
        self._leaves: dict[int, _Leaf] = {}
        self._held_by_any: set[int] = set()
        self._looks = 0
        """The number of `backward()` calls whose leaves are still taken down."""
        self._recent: tuple[int, set[int]] = 0, set()
        """The number of the latest `backward()` that was looked at, and the ids of the leaves that it filled."""
        self._filled_for: dict[OptimizerRecord, set[int]] = {}
        """The ids of the leaves that were filled since an optimizer began to step."""

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        filled = {id(leaf) for leaf in snapshot.graph.leaves[:_MOST] if leaf.grad is not None}
        self._recent = snapshot.number, filled
        for leaves in self._filled_for.values():
            leaves |= filled
        for leaf in snapshot.graph.leaves[:_MOST]:
            known = self._leaves.get(id(leaf))
            if known is not None and known.of() is leaf and id(leaf) not in self._held_by_any:
                known.is_still = _is_as(known.state, leaf)
        if snapshot.record.count > 3 and not self._looks:
            return
        self._looks = max(self._looks - 1, 0)
        for leaf in snapshot.graph.leaves[:_MOST]:
            if len(self._leaves) == _MOST or leaf.grad is None or id(leaf) in self._leaves:
                continue
            owner = owner_of(leaf, snapshot.names)
            hidden = None if owner else unregistered(leaf, snapshot.names)
            name = name_of_tensor(leaf, snapshot.names)
            self._leaves[id(leaf)] = _Leaf(ref(leaf), stamp(leaf), snapshot.record.line, name, owner, hidden)
        self._find_optimizers(snapshot.names)

    def before_step(self, step: Step) -> None:
        self._find_optimizers(step.names)
        self._held_by_any |= step.record.held
        if step.record not in self._filled_for:
            # What it holds may be made again since.
            number, filled = self._recent
            self._filled_for[step.record], self._looks = set(filled) if number == step.backwards else set(), 3

    def _find_optimizers(self, names: NamedValues) -> None:
        for value in list(names.values()):
            if issubclass(type(value), torch.optim.Optimizer):
                self._held_by_any |= {id(parameter) for group in value.param_groups for parameter in group["params"]}

    def notes(self, facts: Facts) -> Iterator[Note]:
        if not facts.optimizers:
            return
        held = self._held_by_any.union(*(optimizer.held for optimizer in facts.optimizers))
        unheld = [leaf for number, leaf in self._leaves.items() if number not in held and _stands_still(leaf)]
        hidden = [leaf for number, leaf in self._leaves.items() if leaf.hidden_in is not None and number not in held]
        if hidden and (note := _hidden(hidden, facts)) is not None:
            yield note
            return
        if not unheld:
            return
        for optimizer in facts.optimizers:
            never_had_gradient = optimizer.looks > 0 and optimizer.steps_with_gradient == 0 and not optimizer.by_closure
            filled = self._filled_for.get(optimizer, set())
            if never_had_gradient and filled and not optimizer.held & filled:
                yield self._none(optimizer, unheld, facts)
                return
        optimizers = [optimizer for optimizer in facts.optimizers if optimizer.steps_with_gradient]
        yield from self._some(optimizers, unheld, held, facts)

    def _none(self, optimizer: OptimizerRecord, unheld: list[_Leaf], facts: Facts) -> Note:
        owner = next((leaf.owner for leaf in unheld if leaf.owner), None)
        is_whole = owner is not None and len(unheld) == _size_of(owner, facts.names)
        whose = f"the {times(len(unheld), 'parameter')} of `{owner}`" if is_whole else _by_name(unheld)
        had = self._leaves.keys() & optimizer.held
        says = (
            f"{none_of(optimizer.size)} that `{optimizer.name}` holds "
            f"{'had a gradient at any of its steps' if had else 'ever got a gradient'}: "
            f"`backward()` fills {whose}, which it does not hold, and which {times(optimizer.steps, 'step')} "
            f"left as before."
        )
        made = facts.source.assigned(optimizer.name)
        line = made.lineno if made is not None else optimizer.line
        named = [owner] if owner else [leaf.name for leaf in unheld if leaf.name]
        newer = max((node for name in named if (node := _made_after(name, made, facts))), key=_line, default=None)
        if made is not None and newer is not None:
            what = [owner] if is_whole and owner else [ast.unparse(newer.targets[0])] if owner else named
            are = f"{listed(what)} {'is' if len(what) == 1 else 'are'}"
            says += f" {are} made on line {newer.lineno}, after `{optimizer.name}`: make the optimizer below it."
            return noted("holds-none-of-it", says, line, moved_after(facts.source, made, newer))
        parameters = f"{owner}.parameters()" if owner else f"[{', '.join(named)}]"
        return noted("holds-none-of-it", says, line, _optimizer_of(made, parameters, facts.source) if named else None)

    def _some(
        self, optimizers: list[OptimizerRecord], unheld: list[_Leaf], held: set[int], facts: Facts
    ) -> Iterator[Note]:
        if not optimizers:
            return
        owners = {leaf.owner for leaf in unheld} - {None}
        beside = {number for number, leaf in self._leaves.items() if leaf.owner in owners}
        # The latest one that steps what is beside them: an earlier one may have trained something else.
        first = next((one for one in reversed(optimizers) if one.held & beside), optimizers[0])
        made = facts.source.assigned(first.name)
        of_modules = any(
            leaf.owner is not None or leaf.hidden_in is not None
            for number, leaf in self._leaves.items()
            if number in first.held
        )
        if of_modules:
            forgotten = [
                leaf for leaf in unheld if leaf.owner is not None and self._is_forgotten(leaf, held, made, facts)
            ]
        else:
            forgotten = [leaf for leaf in unheld if leaf.owner is None and _is_a_weight(leaf, facts)]
        if not forgotten:
            return
        owner = forgotten[0].owner
        argument = _argument(made)
        fix, newer = None, None
        if made is not None and argument is not None:
            given = facts.source.named(argument)
            if owner is None and isinstance(argument, ast.List):
                names = [facts.source.named(element) for element in argument.elts]
                fix = _optimizer_of(
                    made, f"[{', '.join([*names, *(leaf.name or '' for leaf in forgotten)])}]", facts.source
                )
            elif owner is not None and given.endswith(".parameters()") and given != f"{owner}.parameters()":
                fix = _optimizer_of(made, f"[*{given}, *{owner}.parameters()]", facts.source)
            elif owner is not None and given == f"{owner}.parameters()":
                newer = _made_after(owner, made, facts)
                fix = moved_after(facts.source, made, newer) if newer is not None else None
        says = (
            f"{_by_name(forgotten)} {'gets a gradient' if len(forgotten) == 1 else 'get gradients'} in `backward()` on "
            f"line {forgotten[0].line}, but no optimizer holds {'it' if len(forgotten) == 1 else 'them'}: "
            f"{times(first.steps, 'step')} of `{first.name}` left {'it' if len(forgotten) == 1 else 'them'} as before."
        )
        if newer is not None:
            says += f" Line {newer.lineno} is newer than the optimizer: make `{first.name}` below it."
        yield noted("not-held", says, made.lineno if made is not None else forgotten[0].line, fix)

    def _is_forgotten(self, leaf: _Leaf, held: set[int], made: ast.Assign | None, facts: Facts) -> bool:
        """Return whether a module is unlikely to be left out on purpose, as a teacher is, or a model that is tuned."""
        owner = next((module for name, module in modules(facts.names) if name == leaf.owner), None)
        # One of that name that was made in an earlier pass of a loop is gone.
        if owner is None or not owner.training or not any(one is leaf.of() for one in owner.parameters()):
            return False
        shared = any(id(parameter) in held for parameter in owner.parameters())
        argument = _argument(made)
        if shared:
            return argument is not None and facts.source.named(argument) == f"{leaf.owner}.parameters()"
        return True


def _hidden(leaves: list[_Leaf], facts: Facts) -> Note | None:
    """Return a note on weights that their modules do not count, if an optimizer steps those beside them."""
    for leaf in leaves:
        place = leaf.hidden_in
        if place is None or not _stands_still(leaf):
            continue
        optimizer = next((one for one in facts.optimizers if one.held & place.beside and one.steps_with_gradient), None)
        is_used = any(text in facts.source.text for text in (f"{place.attribute}.grad", "autograd.grad"))
        if optimizer is None or (place.kind == "tensor" and is_used):
            continue
        same = [
            other
            for other in leaves
            if other.hidden_in is not None
            and (other.hidden_in.module, other.hidden_in.attribute) == (place.module, place.attribute)
        ]
        if not all(map(_stands_still, same)):
            continue
        made = assignment(place, facts.source)
        return noted(
            "not-held",
            says(place, len(same), f"{times(optimizer.steps, 'step')} of `{optimizer.name}`"),
            made.lineno if made is not None else optimizer.line,
            registered(place, facts.source, facts.names),
        )
    return None


def _size_of(owner: str, names: NamedValues) -> int:
    """Return the number of parameters of a module; 0 if it has no name any more."""
    return next((len(list(module.parameters())) for name, module in modules(names) if name == owner), 0)


def _by_name(leaves: list[_Leaf]) -> str:
    names = [leaf.name for leaf in leaves if leaf.name]
    return listed(names) if names else times(len(leaves), "parameter")


def _stands_still(leaf: _Leaf) -> bool:
    tensor = leaf.of()
    if tensor is None:  # it is gone with the function, or the object, that trained it
        return leaf.is_still
    return tensor.requires_grad and _is_as(leaf.state, tensor)


def _is_as(before: Stamp, tensor: torch.Tensor) -> bool:
    state = stamp(tensor)
    return state.same_numbers(before) and state.version == before.version


def _is_a_weight(leaf: _Leaf, facts: Facts) -> bool:
    """Return whether a plain tensor is made to be learned, and its gradient is used for nothing else."""
    made = facts.source.assigned(leaf.name) if leaf.name else None
    if made is None or not isinstance(made.value, ast.Call):
        return False
    asks = any(keyword.arg == "requires_grad" for keyword in made.value.keywords)
    return asks and f"{leaf.name}.grad" not in facts.source.text and "autograd.grad" not in facts.source.text


def _argument(made: ast.Assign | None) -> ast.expr | None:
    """Return the argument of an optimizer that holds its parameters; None if it cannot be told."""
    if made is None or not isinstance(made.value, ast.Call):
        return None
    given = [*made.value.args, *(keyword.value for keyword in made.value.keywords if keyword.arg == "params")]
    return given[0] if given else None


def _optimizer_of(made: ast.Assign | None, parameters: str, source: Source) -> Fix | None:
    argument = _argument(made)
    return replaced(source, argument, parameters) if argument is not None else None


def _made_after(name: str, made: ast.Assign | None, facts: Facts) -> ast.Assign | None:
    """Return the last assignment to a name, or to a part of it, that follows the making of an optimizer."""
    if made is None:
        return None
    parts = (name, f"{name}.", f"{name}[")
    later = [
        node
        for node in facts.source.nodes
        if isinstance(node, ast.Assign)
        and node.lineno > made.lineno
        and facts.source.function_around(node.lineno) is facts.source.function_around(made.lineno)
        and not facts.source.loops_around(node.lineno)
        and any((text := ast.unparse(target)) == name or text.startswith(parts[1:]) for target in node.targets)
    ]
    return later[-1] if later else None


def _line(node: ast.Assign) -> int:
    return node.lineno
