"""Inputs and targets that are shuffled by two permutations, so that no target belongs to its input any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import torch

from tui_torch.probe.coach.fixes import noted, replaced
from tui_torch.probe.coach.loss_calls import loss_call
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.source.lines import Source, called
from tui_torch.protocol.notes import Note

_MOST = 1 << 20
"""Maximum length of a permutation that is looked at."""
_LEAST = 8
LOSSES = (
    ("cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "binary_cross_entropy_with_logits"),
    ("CrossEntropyLoss", "NLLLoss", "MSELoss", "L1Loss", "SmoothL1Loss", "BCEWithLogitsLoss", "BCELoss"),
)


class FirstBackward(CoachRule):
    """A rule that looks at the first `backward()` of a run, and is done."""

    def __init__(self) -> None:
        self._has_looked = False
        self._note: Note | None = None

    def note_on(self, snapshot: BackwardSnapshot) -> Note | None:
        """What there is to note of it; None for nothing."""
        return None

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if not self._has_looked:
            self._has_looked = True
            self._note = self.note_on(snapshot)

    def notes(self, facts: Facts) -> Iterator[Note]:
        if self._note is not None:
            yield self._note


class TwoPermutations(FirstBackward):
    """Looks whether the loss compares what one `randperm` has shuffled with what another has."""

    def note_on(self, snapshot: BackwardSnapshot) -> Note | None:
        return _note_on(snapshot)


def _note_on(snapshot: BackwardSnapshot) -> Note | None:
    source, names = snapshot.source, snapshot.names
    drawn = _drawn(source)
    if len(drawn) != 2:
        return None
    call = loss_call(names, source, snapshot.record, *LOSSES)
    if call is None:
        return None
    # Before that the data is made, targets often from inputs.
    begins = min(drawn.values(), key=lambda draw: draw.lineno).lineno
    pairs = list(assigned_from(source, begins, source.function_around(begins)))
    given, wanted = names_behind(call.args[0], pairs), names_behind(call.args[1], pairs)
    inputs, targets = sorted(given & drawn.keys()), sorted(wanted & drawn.keys())
    if len(inputs) != 1 or len(targets) != 1 or inputs == targets:
        return None
    one, other = inputs[0], targets[0]
    shuffled, labels = _indexed_by(one, source), _indexed_by(other, source)
    # What is shuffled apart on purpose is the same data, or goes into the prediction too.
    if len(shuffled) != 1 or len(labels) != 1 or shuffled == labels or shuffled & wanted or labels & given:
        return None
    first, second = _permutation(names.get(one)), _permutation(names.get(other))
    if first is None or second is None or len(first) != len(second) or torch.equal(first, second):
        return None
    data, label = next(iter(shuffled)), next(iter(labels))
    apart = int((first != second).sum())
    says = (
        f"At {apart:,} of {len(first):,} places `{one}` and `{other}` differ: `{data}` is shuffled by one permutation "
        f"and `{label}` by another, so that targets no longer belong to their inputs. Use one for both."
    )
    earlier, later = sorted((one, other), key=lambda name: (drawn[name].lineno, drawn[name].col_offset))
    place = drawn[later]
    return noted("two-permutations", says, place.lineno, replaced(source, place, earlier))


def _drawn(source: Source) -> dict[str, ast.Call]:
    """Return the names that each get a permutation, in a statement of its own."""
    found: dict[str, ast.Call] = {}
    for node in source.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if called(call) == "randperm":
                if name in found:
                    return {}
                found[name] = call
            case _:
                pass
    return found if len(found) == len(list(source.calls("randperm"))) else {}


def assigned_from(source: Source, line: int, function: ast.FunctionDef | None) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that is assigned to from a line on, in a function, with the expression that it gets."""
    for node in source.nodes:
        if not isinstance(node, ast.Assign) or node.lineno < line:
            continue
        if source.function_around(node.lineno) is not function:
            continue
        for target in node.targets:
            match target, node.value:
                case (ast.Tuple(elts=parts), ast.Tuple(elts=values)) if len(parts) == len(values):
                    yield from (
                        (part.id, value)
                        for part, value in zip(parts, values, strict=True)
                        if isinstance(part, ast.Name)
                    )
                case _:
                    yield from ((part.id, node.value) for part in ast.walk(target) if isinstance(part, ast.Name))


def names_behind(node: ast.expr, pairs: list[tuple[str, ast.expr]]) -> set[str]:
    """Return the names that an expression is computed from."""
    found = _names(node)
    before = 0
    while len(found) > before:
        before = len(found)
        for name, value in pairs:
            if name in found:
                found |= _names(value)
    return found


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _indexed_by(name: str, source: Source) -> set[str]:
    """Return what is indexed by a permutation, or by a part of it."""
    return {
        ast.unparse(node.value)
        for node in source.nodes
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) != name and name in _names(node.slice)
    }


def _permutation(value: object) -> torch.Tensor | None:
    """Return a value that is a permutation; None if it is none."""
    if type(value) is not torch.Tensor or value.dim() != 1 or not _LEAST <= len(value) <= _MOST:
        return None
    held = value.detach().cpu()
    if held.dtype is not torch.int64 or not torch.equal(held.sort().values, torch.arange(len(held))):
        return None
    return held
