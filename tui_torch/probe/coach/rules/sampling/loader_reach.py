"""Loaders that never reach most of the data: no batch at all, the first one alone, or the first few samples."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
)

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.rule import CoachRule, Facts, LoaderPass
from tui_torch.probe.coach.rules.unreached.loss_slice import loss_slice
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues, reachable
from tui_torch.protocol.notes import Note

ENOUGH = 5
"""The number of times that the first batch is taken, each before a step, from which on it is no accident."""


@dataclass(slots=True)
class _First:
    """A line that takes the first batch of a loader."""

    batch: int
    samples: int
    passes: int = 0
    backwards: int = 0
    """The number of `backward()` calls before the latest one."""
    before_step: int = 0
    """The number of times that a `backward()` followed."""


class LoaderReach(CoachRule):
    """Looks at a loader whenever a pass over it begins."""

    def __init__(self) -> None:
        self._first: dict[int, _First] = {}
        self._empty: tuple[int, int, int] | None = None
        """The line of a pass that has no batch, the number of samples, and that of a batch."""
        self._weights: tuple[int, int, int, str | None] | None = None
        """The line, the numbers of weights and of samples, and the name of the samples' classes."""

    def pass_begun(self, begun: LoaderPass) -> None:
        loader: Any = begun.loader
        if type(loader) is not DataLoader or type(loader.batch_sampler) is not BatchSampler:
            return
        sampler: Any = loader.sampler
        batch: int = loader.batch_size or 1
        if self._weights is None and type(sampler) is WeightedRandomSampler:
            dataset: Any = loader.dataset
            weights, samples = len(sampler.weights), len(dataset)
            if 0 < weights < samples:
                self._weights = begun.line, weights, samples, _classes(dataset, weights, begun.names)
        if type(sampler) not in (SequentialSampler, RandomSampler, WeightedRandomSampler):
            return
        samples = len(sampler)
        if self._empty is None and loader.drop_last and 0 < samples < batch:
            self._empty = begun.line, samples, batch
        if type(sampler) is SequentialSampler and samples > batch:
            first = self._first.setdefault(begun.line, _First(batch, samples))
            first.passes += 1
            if first.passes > 1 and begun.backwards > first.backwards:
                first.before_step += 1
            first.backwards = begun.backwards

    def notes(self, facts: Facts) -> Iterator[Note]:
        source = facts.source
        if self._empty is not None:
            yield _no_batch(*self._empty, source)
        if self._weights is not None:
            yield _too_few_weights(*self._weights, source)
        for line, first in self._first.items():
            call = _taking(line, source)
            often = first.before_step >= max(ENOUGH, first.passes) - 1
            if call is not None and often and _is_trained_with(line, facts):
                yield _always_the_first(call, first, source)
                return


def _is_trained_with(line: int, facts: Facts) -> bool:
    """Return whether a loss that goes backward is computed of what a line takes, as far as the text shows."""
    return any(
        statement.lineno <= line <= (statement.end_lineno or 0)
        for record in facts.sites
        for statement in loss_slice(facts.source, record)
        if isinstance(statement, ast.Assign)
    )


def _no_batch(line: int, samples: int, batch: int, source: Source) -> Note:
    says = (
        f"The loader has no batch: it drops the last one if that is not full, and its {times(samples, 'sample')} do "
        f"not fill one of {batch}. The loop over it does nothing."
    )
    dropping = [
        (call, keyword)
        for call in source.calls("DataLoader")
        for keyword in call.keywords
        if keyword.arg == "drop_last" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
    ]
    if len(dropping) != 1:
        return noted("no-batches", says, line)
    [(call, keyword)] = dropping
    return noted("no-batches", says, call.lineno, replaced(source, keyword.value, "False"))


def _too_few_weights(line: int, weights: int, samples: int, classes: str | None, source: Source) -> Note:
    says = (
        f"`WeightedRandomSampler` has {times(weights, 'weight')} for {samples:,} samples, so it draws the first "
        f"{weights:,} of them and no other. It needs a weight for each sample: that of its class."
    )
    calls = list(source.calls("WeightedRandomSampler"))
    if len(calls) != 1:
        return noted("weights-for-classes", says, line)
    given = [*calls[0].args, *(keyword.value for keyword in calls[0].keywords if keyword.arg == "weights")]
    fix: Fix | None = None
    if classes is not None and given and isinstance(given[0], ast.Name):
        made = source.assigned(given[0].id)
        is_list = made is not None and isinstance(made.value, ast.List | ast.ListComp)
        text = f"torch.tensor({given[0].id})" if is_list else given[0].id
        fix = replaced(source, given[0], f"{text}[{classes}]")
    return noted("weights-for-classes", says, calls[0].lineno, fix)


def _classes(dataset: Any, weights: int, names: NamedValues) -> str | None:
    """Return the name of the samples' classes; None if it cannot be told."""
    if type(dataset) is Subset or type(dataset) is not TensorDataset:
        return None
    tensors = [one for one in dataset.tensors if one.dtype == torch.int64 and one.dim() == 1]
    if len(tensors) != 1 or not (int(tensors[0].min()) >= 0 and int(tensors[0].max()) < weights):
        return None
    return next((name for name, value in reachable(names) if value is tensors[0]), None)


def _taking(line: int, source: Source) -> ast.Call | None:
    """Return the `next(iter(loader))` of a line that is in a loop."""
    for call in source.calls("next"):
        inner = call.args[0] if len(call.args) == 1 else None
        if call.lineno == line and isinstance(inner, ast.Call) and called(inner) == "iter" and len(inner.args) == 1:
            return call
    return None


def _always_the_first(call: ast.Call, first: _First, source: Source) -> Note:
    inner = call.args[0]
    assert isinstance(inner, ast.Call)
    loader = source.named(inner.args[0])
    says = (
        f"`{source.named(call)}` begins a new pass each time, and the loader does not shuffle: each step gets the same "
        f"{times(first.batch, 'sample')}, the first of {first.samples:,}. With `shuffle=True` each gets others; or "
        f"loop over `{loader}`."
    )
    made = source.assigned(loader)
    fix: Fix | None = None
    if made is not None and isinstance(made.value, ast.Call) and called(made.value) == "DataLoader":
        keywords = {keyword.arg: keyword for keyword in made.value.keywords}
        if "shuffle" in keywords:
            fix = replaced(source, keywords["shuffle"].value, "True")
        else:
            fix = replaced(source, made.value, f"{source.named(made.value)[:-1]}, shuffle=True)")
    return noted("always-the-first-batch", says, call.lineno, fix)
