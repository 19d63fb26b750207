"""An optimizer whose parameters no `backward()` reaches: what the loss is made of is detached, or made of numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from weakref import ref

import torch

from tui_torch.probe.coach.fixes import Fix, both, noted, removed, replaced, statement_of
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, OptimizerRecord, SiteRecord, Step
from tui_torch.probe.coach.rules.cut_graph import uncut
from tui_torch.probe.coach.rules.unreached.loss_slice import loss_slice, parts
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues, modules
from tui_torch.protocol.notes import Note

ENOUGH = 3
"""The number of steps, and of `backward()` calls, that have to be without effect."""
_NEW = ("tensor", "as_tensor", "Tensor", "FloatTensor", "Variable", "from_numpy")
_NUMBERS = ("item", "tolist", "numpy", "detach", "cpu")
"""Methods that leave the graph, or may stand before one that does."""
_STEPS = ("argmax", "round", "sign", "floor", "ceil", "long", "int")
"""Functions without a slope."""


class NeverReached(CoachRule):
    """Finds an optimizer that never has a gradient, though `backward()` ran before each of its steps."""

    def __init__(self) -> None:
        self._anew: dict[SiteRecord, int] = {}
        """How many calls filled only leaves that no call before has filled, in a row from the first."""
        self._last: dict[SiteRecord, list[ref[torch.Tensor]]] = {}
        self._is_fresh: dict[SiteRecord, bool] = {}
        self._filled: dict[SiteRecord, set[int]] = {}
        self._latest: tuple[SiteRecord, int] | None = None
        """The last call that was looked at, and its number."""
        self._followed: dict[SiteRecord, set[OptimizerRecord]] = {}
        """The optimizers that step right after a call, as far as both were looked at."""
        self._modules: dict[str, frozenset[int]] = {}
        """The ids of the parameters of each module that has a name."""

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        record = snapshot.record
        self._latest = record, snapshot.number
        leaves = snapshot.graph.leaves or ([snapshot.loss] if snapshot.loss.requires_grad else [])
        known = [leaf for held in self._last.get(record, []) if (leaf := held()) is not None]
        is_new = not any(leaf is other for leaf in leaves for other in known)
        self._is_fresh[record] = self._is_fresh.get(record, True) and is_new
        self._anew[record] = self._anew.get(record, 0) + 1
        self._last[record] = [ref(leaf) for leaf in leaves[:50]]
        self._filled.setdefault(record, set()).update(map(id, leaves))
        if snapshot.record.count <= ENOUGH:
            for name, module in modules(snapshot.names):
                self._modules.setdefault(name, frozenset(map(id, module.parameters())))

    def before_step(self, step: Step) -> None:
        if self._latest is not None and self._latest[1] == step.backwards:
            self._followed.setdefault(self._latest[0], set()).add(step.record)

    def notes(self, facts: Facts) -> Iterator[Note]:
        for optimizer in facts.optimizers:
            if optimizer.by_closure or optimizer.steps_with_gradient or min(optimizer.looks, optimizer.steps) < ENOUGH:
                continue
            for record in facts.sites:
                if optimizer not in self._followed.get(record, ()) or self._anew.get(record, 0) < ENOUGH:
                    continue
                if (note := self._note(optimizer, record, facts)) is not None:
                    yield note
                    return

    def _note(self, optimizer: OptimizerRecord, record: SiteRecord, facts: Facts) -> Note | None:
        used = {name for name, held in self._modules.items() if held & optimizer.held}
        others = [other for other in facts.optimizers if other.held & self._filled[record]]
        loss = record.site.name
        if self._is_fresh[record]:
            says = (
                f"`backward()` on `{loss}` reaches none of the {times(optimizer.size, 'parameter')} that "
                f"`{optimizer.name}` holds: none had a gradient at any step"
            )
            return _made_anew(says, record, facts, used)
        if not others:
            return None
        cuts = _detached(facts.source, record)
        cut = next((cut for cut in cuts if _comes_from(cut[0], used, facts.source)), None)
        if cut is None:
            return None
        node, kept = cut
        says = (
            f"None of the {times(optimizer.size, 'parameter')} that `{optimizer.name}` holds has a gradient at any of "
            f"its steps, so none moves. `backward()` on `{loss}` reaches only those of "
            f"`{others[0].name}`: `{facts.source.named(node)}` cuts the graph on the way to the others."
        )
        return noted("cut-off", says, node.lineno, _kept_for(record, node, kept, facts))


def _kept_for(record: SiteRecord, node: ast.expr, kept: str, facts: Facts) -> Fix | None:
    """Return the code in which one loss reaches what is detached, and others still do not; None if that is unclear."""
    source = facts.source
    others = [other for other in facts.sites if other is not record]
    shared = [other for other in others if any(part is node for part in parts(source, other))]
    fix = uncut(node, kept, source)
    if not shared:
        return fix
    match statement_of(source, node):
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is node:
            uses = [
                part
                for other in shared
                for part in parts(source, other)
                if isinstance(part, ast.Name) and part.id == name
            ]
            return both(source, fix, replaced(source, uses[0], f"{name}.detach()")) if len(uses) == 1 else None
        case _:
            return None


def _comes_from(node: ast.expr, names: set[str], source: Source) -> bool:
    """Return whether an expression is computed by one of some modules, by way of the names in it."""
    waiting, met = [node], set[str]()
    for one in waiting:
        for part in ast.walk(one):
            if isinstance(part, ast.Call) and ast.unparse(part.func) in names:
                return True
            if not isinstance(part, ast.Name) or part.id in met:
                continue
            met.add(part.id)
            waiting += [
                other.value
                for other in source.nodes
                if isinstance(other, ast.Assign | ast.AugAssign)
                and part.id
                in {name.id for target in _targets(other) for name in ast.walk(target) if isinstance(name, ast.Name)}
            ]
    return False


def _targets(node: ast.Assign | ast.AugAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _detached(source: Source, record: SiteRecord) -> Iterator[tuple[ast.expr, str]]:
    """Yield where something is detached on the way to a loss, with what it is without that."""
    for node in parts(source, record):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="detach"), args=[]):
                yield node, source.named(value)
            case ast.Attribute(value=value, attr="data", ctx=ast.Load()):
                yield node, source.named(value)
            case _:
                pass


def _made_anew(says: str, record: SiteRecord, facts: Facts, used: set[str]) -> Note | None:
    """Return a note on a loss, or predictions, that are made of numbers; None if the code does not show how."""
    source = facts.source
    for node in parts(source, record):
        if not _comes_from(node, used, source):
            continue
        match node:
            case ast.Call(args=[given, *_]) if called(node) in _NEW:
                says = f"{says}. `{called(node)}(…)` makes a new tensor of the numbers alone, without their history."
                return noted("cut-off", says, node.lineno, _with_history(node, given, record, source, facts.names))
            case ast.Call() if called(node) in _STEPS:
                return Note(
                    "cut-off",
                    f"{says}. `{called(node)}` has no slope: nothing that comes before it can learn by it, and "
                    f"`requires_grad` on its result does not change that.",
                    node.lineno,
                )
            case ast.Compare(ops=[ast.Gt() | ast.Lt() | ast.GtE() | ast.LtE() | ast.Eq() | ast.NotEq()]):
                return Note(
                    "cut-off",
                    f"{says}. The comparison `{source.named(node)}` has no slope: nothing that comes before it can "
                    f"learn by it, and `requires_grad` on its result does not change that.",
                    node.lineno,
                )
            case ast.Call(func=ast.Attribute(value=value, attr="detach"), args=[]):
                says = f"{says}. `{source.named(node)}` leaves its history behind."
                return noted("cut-off", says, node.lineno, uncut(node, source.named(value), source))
            case ast.Attribute(value=value, attr="data", ctx=ast.Load()):
                says = f"{says}. `{source.named(node)}` leaves its history behind."
                return noted("cut-off", says, node.lineno, uncut(node, source.named(value), source))
            case _:
                pass
    return None


def _with_history(
    node: ast.Call, given: ast.expr, record: SiteRecord, source: Source, names: NamedValues
) -> Fix | None:
    """Return the code that computes with the tensors themselves; None if it does not show where they become numbers."""
    inside = {id(part) for part in ast.walk(given)}
    conversions = _conversions(given)
    fix: Fix | None = None
    for statement in loss_slice(source, record):
        if isinstance(statement, ast.For) or any(part is node for part in ast.walk(statement)):
            continue
        if not {name.id for name in ast.walk(given) if isinstance(name, ast.Name)} & _stored(statement):
            continue
        for conversion, kept in _conversions(statement.value):
            edit = replaced(source, conversion, source.named(kept))
            fix = edit if fix is None else both(source, fix, edit)
            if fix is None:
                return None
    if not conversions and fix is None:
        return None
    text = source.named(given)
    for conversion, kept in conversions:
        assert id(conversion) in inside
        text = text.replace(source.named(conversion), source.named(kept))
    if isinstance(given, ast.List | ast.ListComp) or _is_a_list(given, record, source):
        stack = spelled(names, "torch.stack")
        if stack is None:
            return None
        text = f"{stack}({text})"
    statement = statement_of(source, node)
    own = (
        removed(source, statement)
        if isinstance(statement, ast.Assign) and statement.value is node and ast.unparse(statement.targets[0]) == text
        else replaced(source, node, text)
    )
    return own if fix is None else both(source, fix, own)


def _conversions(node: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return the outermost expressions that make numbers of a tensor, with the tensors."""
    kept = _converted(node)
    if kept is not None:
        return [(node, kept)]
    return [found for child in ast.iter_child_nodes(node) for found in _conversions_below(child)]


def _conversions_below(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.expr):
        return _conversions(node)
    return [found for child in ast.iter_child_nodes(node) for found in _conversions_below(child)]


def _converted(node: ast.expr) -> ast.expr | None:
    """Return the tensor that `x.item()`, `float(x)` or `x.detach().numpy()` makes numbers of; None if it is no such."""
    kept: ast.expr | None = None
    while True:
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attribute), args=[]) if attribute in _NUMBERS:
                node = kept = value
            case ast.Call(func=ast.Name(id="float"), args=[value]):
                node = kept = value
            case ast.Attribute(value=value, attr="data"):
                node = kept = value
            case _:
                return kept


def _stored(node: ast.Assign | ast.AugAssign) -> set[str]:
    return {ast.unparse(target) for target in _targets(node)}


def _is_a_list(given: ast.expr, record: SiteRecord, source: Source) -> bool:
    """Return whether a name stands for a list, as its assignment shows."""
    if not isinstance(given, ast.Name):
        return False
    return any(
        isinstance(statement, ast.Assign)
        and given.id in _stored(statement)
        and isinstance(statement.value, ast.List | ast.ListComp)
        for statement in loss_slice(source, record)
    )
