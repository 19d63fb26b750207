"""Weights that do not learn because the graph is cut: by `.data`, `detach()`, or a new tensor made from the loss."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tui_torch.probe.coach.fixes import Fix, both, noted, removed, replaced, statement_of
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, SiteRecord, Step
from tui_torch.probe.coach.wording import listed, times
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import name_of_tensor
from tui_torch.probe.values.elements import Base
from tui_torch.protocol.notes import Note

_PATIENCE = 3


class CutGraph(CoachRule):
    """Finds losses without a graph, and parameters that get no gradient at any step."""

    def __init__(self) -> None:
        self._leaf_losses: list[SiteRecord] = []
        """Where `backward()` was called on a loss without a graph."""
        self._starved: dict[int, dict[int, str | None]] = {}
        """By the id of each optimizer's record: the parameters without a gradient at any step, with their names."""

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if Base.grad_fn.__get__(snapshot.loss) is None and snapshot.record not in self._leaf_losses:
            self._leaf_losses.append(snapshot.record)

    def before_step(self, step: Step) -> None:
        parameters = [parameter for group in step.optimizer.param_groups for parameter in group["params"]]
        empty = {
            id(parameter): parameter for parameter in parameters if parameter.requires_grad and parameter.grad is None
        }
        known = self._starved.get(id(step.record))
        if known is None:
            named = list(empty.values())[:50]
            self._starved[id(step.record)] = {id(one): name_of_tensor(one, step.names) for one in named}
        else:
            self._starved[id(step.record)] = {number: name for number, name in known.items() if number in empty}

    def notes(self, facts: Facts) -> Iterator[Note]:
        for optimizer in facts.optimizers:
            if (
                optimizer.steps_with_gradient == 0
                and optimizer.looks
                and self._leaf_losses
                and not optimizer.by_closure
            ):
                yield _cut_loss(self._leaf_losses[0], optimizer.name, optimizer.size, facts)
                return
            starved = self._starved.get(id(optimizer), {})
            if starved and optimizer.steps_with_gradient == optimizer.looks >= _PATIENCE:
                cut = _cut(facts.source, facts.sites)
                if cut is not None:
                    node, what, kept = cut
                    names = [name for name in starved.values() if name]
                    who = listed(names) if names else times(len(starved), "parameter")
                    one = len(starved) == 1
                    yield noted(
                        "cut-off",
                        f"{who} never {'gets' if one else 'get'} a gradient: in {times(optimizer.steps, 'step')} "
                        f"{'it' if one else 'they'} did not move. `{what}` cuts the graph there: nothing "
                        f"before it learns.",
                        node.lineno,
                        uncut(node, kept, facts.source),
                    )
                    return


def _cut_loss(record: SiteRecord, optimizer: str, size: int, facts: Facts) -> Note:
    source = facts.source
    says = (
        f"`{record.site.name}` has no graph, so `backward()` reaches none of the {times(size, 'parameter')} that "
        f"`{optimizer}` holds"
    )
    cut = _cut(source, facts.sites)
    if cut is not None:
        node, what, kept = cut
        return noted("cut-off", f"{says}: `{what}` cuts it off.", node.lineno, uncut(node, kept, source))
    made = source.assigned(record.site.expression)
    if (
        made is not None
        and isinstance(made.value, ast.Call)
        and called(made.value) in ("tensor", "as_tensor", "Variable")
    ):
        argument = made.value.args[0] if made.value.args else None
        if argument is not None:
            kept = source.named(argument)
            kept = kept.removesuffix(".item()").removesuffix(".data")
            says += f": `{called(made.value)}(…)` makes a new one of its number."
            return noted("cut-off", says, made.lineno, uncut(made.value, kept, source))
    return Note("cut-off", f"{says}: it was made anew, or computed from what is detached.", record.line)


def uncut(node: ast.expr, kept: str, source: Source) -> Fix | None:
    """Return code in which what is cut off is used as it is; a line that would then assign it to itself goes."""
    statement = statement_of(source, node)
    match statement:
        case ast.Assign(targets=[target], value=value) if value is node and ast.unparse(target) == kept:
            return _without_leaf(target, removed(source, statement), source)
        case _:
            pass
    fix = replaced(source, node, kept)
    assigned = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return fix if assigned is None else _without_leaf(assigned, fix, source)


def _without_leaf(target: ast.expr, fix: Fix | None, source: Source) -> Fix | None:
    """Return a fix that no longer asks for gradients of a tensor that a computation made: PyTorch refuses that."""
    asked = f"{ast.unparse(target)}.requires_grad"
    for node in source.nodes:
        if isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == [asked]:
            return both(source, fix, removed(source, node))
    return fix


def _cut(source: Source, sites: Sequence[SiteRecord]) -> tuple[ast.expr, str, str] | None:
    """Return where the graph is cut on the way to a loss: the node, its text, and what to write instead."""
    skipped = _beside_the_loss(source, sites)
    for node in source.nodes:
        if id(node) in skipped:
            continue
        if _is_aside(node):
            skipped |= {id(inner) for inner in ast.walk(node)}
            continue
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="detach")):
                return node, source.named(node), source.named(value)
            case ast.Attribute(value=value, attr="data", ctx=ast.Load()) if not _is_stored(node, source):
                return node, source.named(node), source.named(value)
            case _:
                pass
    return None


def _beside_the_loss(source: Source, sites: Sequence[SiteRecord]) -> set[int]:
    """Return the ids of the nodes that compute something other than the loss, in the functions of its `backward()`.

    Measures, for example, and what is drawn or kept.
    """
    beside: set[int] = set()
    for record in sites:
        function = source.function_around(record.line)
        assigns = [
            node
            for node in source.nodes
            if isinstance(node, ast.Assign | ast.AugAssign) and source.function_around(node.lineno) is function
        ]
        wanted, before = {name.id for name in _names(ast.parse(record.site.expression))}, 0
        while len(wanted) > before:
            before = len(wanted)
            for node in assigns:
                if wanted & _targets(node):
                    wanted |= {name.id for name in _names(node.value)}
        beside |= {id(inner) for node in assigns if not wanted & _targets(node) for inner in ast.walk(node)}
    return beside


def _names(node: ast.AST) -> list[ast.Name]:
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]


def _targets(node: ast.Assign | ast.AugAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {name.id for target in targets for name in _names(target)}


def _is_aside(node: ast.AST) -> bool:
    """Return whether code only shows or stores something: nothing learns from what it cuts."""
    match node:
        case ast.With():
            return any("no_grad" in ast.unparse(item.context_expr) for item in node.items)
        case ast.Call():
            return called(node) in (
                "print",
                "append",
                "extend",
                "numpy",
                "item",
                "tolist",
                "plot",
                "copy_",
                "add_",
                "sub_",
            )
        case ast.JoinedStr() | ast.AugAssign():
            return True
        case _:
            return False


def _is_stored(node: ast.Attribute, source: Source) -> bool:
    """Return whether `w.data` is assigned to, or modified as in `w.data.zero_()`."""
    return any(
        isinstance(other, ast.Attribute) and other.value is node and other.attr.endswith("_") for other in source.nodes
    )
