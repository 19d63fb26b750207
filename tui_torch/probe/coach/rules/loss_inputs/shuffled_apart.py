"""Inputs and targets that are each shuffled on their own, by a permutation that has no name."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from tui_torch.probe.coach.fixes import Fix, both, inserted_before, noted, replaced, statement_of
from tui_torch.probe.coach.loss_calls import loss_call
from tui_torch.probe.coach.rule import BackwardSnapshot
from tui_torch.probe.coach.rules.loss_inputs.two_permutations import LOSSES, FirstBackward, assigned_from, names_behind
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.protocol.notes import Note

_LEAST = 8
"""The least number of samples that are shuffled."""


@dataclass(frozen=True, slots=True)
class _Shuffle:
    """One piece of code that shuffles something."""

    of: str
    """The name of what is shuffled."""
    to: str
    """The name of the result."""
    call: ast.Call
    index: ast.Subscript | None
    """The code that indexes by the permutation; None if what is shuffled is changed itself."""


class ShuffledApart(FirstBackward):
    """Looks whether the code shuffles what its loss compares in two ways."""

    def note_on(self, snapshot: BackwardSnapshot) -> Note | None:
        return _note_on(snapshot)


def _note_on(snapshot: BackwardSnapshot) -> Note | None:
    source, names = snapshot.source, snapshot.names
    found = _permuted(source) or _shuffled(source)
    if len(found) != 2 or found[0].of == found[1].of or _is_seeded_between(found, source):
        return None
    first, second = found
    if source.function_around(first.call.lineno) is not source.function_around(second.call.lineno):
        return None
    lengths = [_length(names.get(one.of)) for one in found]
    if lengths[0] != lengths[1] or (lengths[0] or _LEAST) < _LEAST:
        return None
    if not _are_compared(found, snapshot):
        return None
    says = (
        f"`{first.of}` and `{second.of}` are shuffled apart: `{source.named(first.call)}` draws one order, and "
        f"`{source.named(second.call)}` another, so that targets no longer belong to their inputs. Use one for both."
    )
    return noted("two-permutations", says, second.call.lineno, _one_order(found, lengths[0], source, names))


def _permuted(source: Source) -> list[_Shuffle]:
    """Return what is indexed by a `randperm` or a `permutation` that is drawn within the index."""
    found: list[_Shuffle] = []
    for node in source.nodes:
        if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
            continue
        drawn = [one for one in ast.walk(node.slice) if isinstance(one, ast.Call)]
        draws = [one for one in drawn if called(one) in ("randperm", "permutation")]
        if len(draws) == 1:
            found.append(_Shuffle(node.value.id, _target(node, source), draws[0], node))
    every = list(source.calls("randperm", "permutation"))
    return found if len(found) == len(every) else []


def _target(node: ast.Subscript, source: Source) -> str:
    assert isinstance(node.value, ast.Name)
    statement = statement_of(source, node)
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is node:
            return name
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            for target, value in zip(targets, values, strict=True):
                if value is node and isinstance(target, ast.Name):
                    return target.id
        case _:
            pass
    return node.value.id


def _shuffled(source: Source) -> list[_Shuffle]:
    """Return what `shuffle()` of one and the same generator changes."""
    found = [
        _Shuffle(call.args[0].id, call.args[0].id, call, None)
        for call in source.calls("shuffle")
        if len(call.args) == 1 and isinstance(call.args[0], ast.Name)
    ]
    same = len({ast.unparse(one.call.func) for one in found}) == 1
    return found if same and len(found) == len(list(source.calls("shuffle"))) else []


def _is_seeded_between(found: Sequence[_Shuffle], source: Source) -> bool:
    """Return whether a seed may make two orders the same."""
    first, last = found[0].call.lineno, found[1].call.lineno
    seeds = source.calls("seed", "manual_seed", "set_state", "set_rng_state", "setstate")
    return any(first <= call.lineno <= last for call in seeds) or any(
        one.call.keywords or len(one.call.args) != 1 for one in found
    )


def _length(value: object) -> int | None:
    if type(value) is list:
        return len(value)
    if isinstance(value, torch.Tensor | np.ndarray) and value.ndim:
        return int(value.shape[0])
    return None


def _are_compared(found: Sequence[_Shuffle], snapshot: BackwardSnapshot) -> bool:
    """Return whether a loss, or a dataset, has one as the input and the other as its target."""
    source = snapshot.source
    names = [{one.to for one in found[:1]}, {one.to for one in found[1:]}]
    for function in source.nodes:
        if isinstance(function, ast.FunctionDef) and source.function_around(found[0].call.lineno) is function:
            names = _returned(function, found, source) or names
    for call in source.calls("TensorDataset"):
        if len(call.args) == 2:
            held = [{part.id for part in ast.walk(one) if isinstance(part, ast.Name)} for one in call.args]
            if any(held[0] & one and held[1] & other for one, other in (names, names[::-1])):
                return True
    call = loss_call(snapshot.names, source, snapshot.record, *LOSSES)
    if call is None:
        return False
    function, begins = source.function_around(call.lineno), found[0].call.lineno
    # Before that the data is made, targets often from inputs.
    begins = begins if source.function_around(begins) is function else 1
    pairs = list(assigned_from(source, begins, function))
    given, wanted = names_behind(call.args[0], pairs), names_behind(call.args[1], pairs)
    for one, other in (names, names[::-1]):
        if given & one and wanted & other and not (given & other or wanted & one):
            return True
    return False


def _returned(function: ast.FunctionDef, found: Sequence[_Shuffle], source: Source) -> list[set[str]] | None:
    """Return the names that two results of a function get where it is called; None if it does not return both."""
    last = function.body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Tuple):
        return None
    order = [next((at for at, part in enumerate(last.value.elts) if ast.unparse(part) == one.to), -1) for one in found]
    if -1 in order:
        return None
    names: list[set[str]] = [set(), set()]
    for node in source.nodes:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Call() as call) if called(
                call
            ) == function.name and len(targets) == len(last.value.elts):
                for held, at in zip(names, order, strict=True):
                    held |= {part.id for part in (targets[at],) if isinstance(part, ast.Name)}
            case _:
                pass
    return names if all(names) else None


def _one_order(found: Sequence[_Shuffle], length: int | None, source: Source, names: NamedValues) -> Fix | None:
    first, second = found
    statements = [statement_of(source, one.call) for one in found]
    if statements[0] is None or statements[1] is None or statements[0] is statements[1] or "order" in names:
        return None
    if first.index is not None and second.index is not None:
        above = inserted_before(source, statements[0], f"order = {source.named(first.call)}")
        one = replaced(source, first.call, "order")
        return both(source, above, both(source, one, replaced(source, second.call, "order")))
    values = [names.get(one.of) for one in found]
    numpy = spelled(names, "torch") and next((name for name, value in names.items() if value is np), None)
    if numpy is None or not all(isinstance(value, np.ndarray) for value in values) or length is None:
        return None
    above = inserted_before(source, statements[0], f"order = {numpy}.random.permutation(len({first.of}))")
    changed = [replaced(source, one.call, f"{one.of}[:] = {one.of}[order]") for one in found]
    return both(source, above, both(source, changed[0], changed[1]))
