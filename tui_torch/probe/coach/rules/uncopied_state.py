"""A model's best state that is kept without a copy, and is what training has made of the model when it is loaded."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.rule import CoachRule, Facts, OwnStateLoaded
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.protocol.notes import LineEdit, Note


class UncopiedState(CoachRule):
    """Looks for `load_state_dict()` with the very weights that it is to change, after steps that have moved them."""

    def __init__(self) -> None:
        self._loaded: list[OwnStateLoaded] = []

    def own_state_loaded(self, loaded: OwnStateLoaded) -> None:
        if all(other.taken_at != loaded.taken_at for other in self._loaded):
            self._loaded.append(loaded)

    def notes(self, facts: Facts) -> Iterator[Note]:
        source = facts.source
        for loaded in self._loaded:
            load = next((one for one in source.calls("load_state_dict") if one.lineno == loaded.line), None)
            held = any(optimizer.held & loaded.parameters for optimizer in facts.optimizers)
            if load is None or not load.args or not held or _is_worked_on(load.args[0], loaded, source):
                continue
            since = times(loaded.steps, "step")
            says = (
                f"`{source.named(load)}` changes nothing: `state_dict()` gives the weights themselves, and "
                f"the {since} since then {'has' if loaded.steps == 1 else 'have'} changed what it gave. Keep a copy."
            )
            taken = [one for one in source.calls("state_dict") if one.lineno <= loaded.taken_at <= _last(one)]
            fix = _copied(taken[0], loaded.names, source) if len(taken) == 1 else None
            yield noted("state-not-copied", says, loaded.taken_at, fix)


def _is_worked_on(state: ast.expr, loaded: OwnStateLoaded, source: Source) -> bool:
    """Return whether the code may write into the state itself, on purpose, and load it for good measure."""
    names = {ast.unparse(_root(state))}
    for node in source.nodes:
        if isinstance(node, ast.Assign) and node.lineno <= loaded.taken_at <= _last(node):
            names |= {ast.unparse(_root(target)) for target in node.targets}
    for node in source.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=alias)], value=ast.Subscript() as part):
                if ast.unparse(_root(part)) in names:
                    names.add(alias)
            case _:
                pass
    return any(ast.unparse(_root(written)) in names for node in source.nodes for written in _written(node))


def _written(node: ast.expr | ast.stmt) -> Iterator[ast.expr]:
    """Yield what a piece of code may write into, and whose items it goes through."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in ("items", "values") or name.endswith("_"):
            yield value
        case ast.AugAssign(target=target):
            yield target
        case ast.Assign(targets=targets):
            # A key gets another tensor; an index of a tensor is written into.
            yield from (
                one for one in targets if isinstance(one, ast.Subscript) and isinstance(one.value, ast.Subscript)
            )
        case ast.For(iter=iterated):
            yield iterated
        case _:
            pass


def _root(node: ast.expr) -> ast.expr:
    """Return `best` of `best["model"]`, and of `best`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node


def _copied(call: ast.Call, names: NamedValues, source: Source) -> Fix | None:
    """Return the code with a copy of a state, and the import that it needs if there is none."""
    module = next((name for name, value in names.items() if value is copy), None)
    function = next((name for name, value in names.items() if value is copy.deepcopy), None)
    text = function or f"{module or 'copy'}.deepcopy"
    fix = replaced(source, call, f"{text}({source.named(call)})")
    if fix is None or function or module:
        return fix
    imports = [node for node in source.nodes if isinstance(node, ast.Import | ast.ImportFrom) and not node.col_offset]
    later = [one for one in imports if not (isinstance(one, ast.ImportFrom) and one.module == "__future__")]
    if not later:
        return None
    first = later[0].lineno
    return Fix(f"import copy\n{fix.shown}", (*fix.edits, LineEdit(first, first - 1, "import copy")))


def _last(node: ast.expr | ast.stmt) -> int:
    return node.end_lineno or node.lineno
