"""Batches that hold a single class each, since the data is sorted by class, or has no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, SequentialSampler, TensorDataset

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_calls import loss_call
from tui_torch.probe.coach.loss_graph import saved
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, SiteRecord
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source, called
from tui_torch.protocol.notes import Note

ENOUGH = 6
"""The number of batches in a row after which it is no accident."""
SMALLEST = 4
"""The size of a batch from which on one class alone is worth a word."""
_LOSSES = {
    "NllLossBackward0": (("cross_entropy", "nll_loss"), ("CrossEntropyLoss", "NLLLoss")),
    "BinaryCrossEntropyWithLogitsBackward0": (("binary_cross_entropy_with_logits",), ("BCEWithLogitsLoss",)),
    "BinaryCrossEntropyBackward0": (("binary_cross_entropy",), ("BCELoss",)),
}


@dataclass(slots=True)
class _Batches:
    """The targets of one call site: of a batch each."""

    loader: DataLoader[Any]
    name: str
    """The loader's, in the code."""
    labels: torch.Tensor
    """All of the dataset's."""
    classes: list[tuple[int, float]]
    """The size of each batch, and its only class."""
    is_mixed: bool = False


class SortedBatches(CoachRule):
    """Looks at the targets of the first batches, where the code gives a loss what it has from a loader."""

    def __init__(self) -> None:
        self._batches: dict[SiteRecord, _Batches | None] = {}

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        record = snapshot.record
        if record not in self._batches:
            # Only from the first batch on, the batches can be found again in the dataset.
            self._batches[record] = _batches(snapshot) if record.count == 1 else None
        batches = self._batches[record]
        if batches is None or batches.is_mixed or len(batches.classes) >= ENOUGH * 2:
            return
        target = _target(snapshot)
        if target is None or not SMALLEST <= target.numel() <= 1 << 16 or bool((target != target.reshape(-1)[0]).any()):
            batches.is_mixed = True
            return
        batches.classes.append((target.numel(), float(target.reshape(-1)[0])))

    def notes(self, facts: Facts) -> Iterator[Note]:
        for batches in self._batches.values():
            if batches is None or batches.is_mixed or len(batches.classes) < ENOUGH or not _are_in_the_data(batches):
                continue
            count = len(batches.labels.unique())
            size, value = batches.classes[0]
            if count == 1:
                says = (
                    f"All {batches.labels.numel():,} targets of `{batches.name}` are {value:g}: there is nothing to "
                    f"tell apart, and the loss falls by saying {value:g} whatever comes in."
                )
                yield noted("one-class-of-data", says, _line(batches.name, facts.source))
                continue
            says = (
                f"Each of the first {len(batches.classes)} batches of `{batches.name}` holds one class alone, the "
                f"first {size} times {value:g}: its {times(batches.labels.numel(), 'target')} come sorted by class, "
                f"and it does not shuffle. Each step unlearns the other classes."
            )
            yield noted(
                "sorted-batches", says, _line(batches.name, facts.source), _shuffled(batches.name, facts.source)
            )


def _target(snapshot: BackwardSnapshot) -> torch.Tensor | None:
    for operation in snapshot.graph.operations:
        if operation.kind in _LOSSES:
            target = saved(operation.of, "target")
            return target.detach() if isinstance(target, torch.Tensor) else None
    return None


def _batches(snapshot: BackwardSnapshot) -> _Batches | None:
    """Return the loader that a loss has its targets from, with all of its labels; None if that cannot be told."""
    kind = next((operation.kind for operation in snapshot.graph.operations if operation.kind in _LOSSES), None)
    if kind is None:
        return None
    source = snapshot.source
    call = loss_call(snapshot.names, source, snapshot.record, *_LOSSES[kind])
    wanted = {node.id for node in ast.walk(call.args[1]) if isinstance(node, ast.Name)} if call is not None else set()
    for loop in source.loops_around(snapshot.record.line):
        if not isinstance(loop, ast.For):
            continue
        given = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
        if not wanted & given:
            continue
        for node in ast.walk(loop.iter):
            loader = snapshot.names.get(node.id) if isinstance(node, ast.Name) else None
            if isinstance(node, ast.Name) and type(loader) is DataLoader:
                labels = _labels(loader)
                return None if labels is None else _Batches(loader, node.id, labels, [])
    return None


def _labels(loader: DataLoader[Any]) -> torch.Tensor | None:
    dataset = loader.dataset
    if type(dataset) is not TensorDataset or type(loader.sampler) is not SequentialSampler:
        return None
    labels = dataset.tensors[-1]
    return labels.detach().reshape(-1) if labels.dim() and labels.numel() == len(labels) else None


def _are_in_the_data(batches: _Batches) -> bool:
    """Return whether the batches that were seen are those of the dataset, in its order."""
    labels, at = batches.labels, 0
    for size, value in batches.classes:
        piece = labels[at : at + size]
        if piece.numel() != size or bool((piece != value).any()):
            return False
        at = at + size if at + size < labels.numel() else 0
    return True


def _made(name: str, source: Source) -> ast.Call | None:
    made = source.assigned(name)
    value = made.value if made is not None else None
    return value if isinstance(value, ast.Call) and called(value) == "DataLoader" else None


def _line(name: str, source: Source) -> int | None:
    made = source.assigned(name)
    return None if made is None else made.lineno


def _shuffled(name: str, source: Source) -> Fix | None:
    call = _made(name, source)
    if call is None:
        return None
    kept = [source.named(argument) for argument in call.args]
    kept += [source.named(keyword) for keyword in call.keywords if keyword.arg != "shuffle"]
    return replaced(source, call, f"{source.named(call.func)}({', '.join([*kept, 'shuffle=True'])})")
