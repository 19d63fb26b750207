"""What a dataset and a loader hold, by what they were made of: no item is drawn, no `__len__` of theirs is called."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
)

from tui_torch.probe.isolation.torch_internals import samples_asked_for
from tui_torch.probe.values.short_repr import class_name
from tui_torch.probe.values.tensor_facts import dtype_of, shape_of
from tui_torch.protocol.shapes import shape_text

PARTS = 4
"""Maximum number of parts of an item that are described."""
DEPTH = 8
"""Maximum number of datasets within datasets that are followed."""


def dataset_facts(dataset: object) -> list[tuple[str, str]]:
    """(name, text) facts: `length` and `item`, the shapes of one item, of PyTorch's own kinds of dataset."""
    length, item = _length(dataset), _item(dataset)
    facts: list[tuple[str, str]] = []
    if length is not None:
        facts.append(("length", f"{length:,}"))
    if item is not None:
        facts.append(("item", item))
    if (within := _attributes(dataset).get("dataset")) is not None and type(dataset) is Subset:
        facts.append(("of", class_name(within)))
    return facts


def loader_facts(loader: object) -> list[tuple[str, str]]:
    """(name, text) facts: `batches`, `batch size`, `shuffle`, …, and those of the dataset."""
    held = _attributes(loader)
    dataset, size, sampler = held.get("dataset"), held.get("batch_size"), held.get("sampler")
    facts: list[tuple[str, str]] = []
    length = _length(dataset)
    known = type(sampler) in (RandomSampler, SequentialSampler) and samples_asked_for(sampler) is None
    own_batches = type(held.get("batch_sampler")) in (BatchSampler, type(None)) and issubclass(type(loader), DataLoader)
    if length is not None and type(size) is int and size > 0 and known and own_batches:
        whole = length // size if held.get("drop_last") is True else math.ceil(length / size)
        facts.append(("batches", f"{whole:,}"))
    if type(size) is int:
        facts.append(("batch size", f"{size:,}"))
    if type(sampler) in (RandomSampler, SequentialSampler):
        facts.append(("shuffle", "yes" if type(sampler) is RandomSampler else "no"))
    if held.get("drop_last") is True:
        facts.append(("drop last", "yes"))
    if type(workers := held.get("num_workers")) is int and workers:
        facts.append(("workers", str(workers)))
    if dataset is not None:
        facts.append(("dataset", class_name(dataset)))
    return facts + dataset_facts(dataset)


def _attributes(value: object) -> dict[str, Any]:
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return held if type(held) is dict else {}


def _length(dataset: object, depth: int = 0) -> int | None:
    held = _attributes(dataset)
    match type(dataset):
        case cls if cls is TensorDataset:
            tensors = held.get("tensors")
            if type(tensors) is tuple and tensors and (shape := _shape(tensors[0])):
                return shape[0]
        case cls if cls is Subset:
            indices = held.get("indices")
            if type(indices) in (list, tuple, range):
                return len(indices)  # type: ignore[arg-type]
            if issubclass(type(indices), torch.Tensor) and (shape := _shape(indices)):
                return shape[0]
        case cls if cls is ConcatDataset and depth < DEPTH:
            lengths = [_length(part, depth + 1) for part in held.get("datasets", [])]
            if None not in lengths:
                return sum(length for length in lengths if length is not None)
        case cls if cls in (list, tuple):
            return len(dataset)  # type: ignore[arg-type]
        case _:
            pass
    return None


def _item(dataset: object, depth: int = 0) -> str | None:
    """The shapes of the parts of one item: `[3] float32, [1] float32`; None if they are not known."""
    held = _attributes(dataset)
    if type(dataset) is TensorDataset:
        tensors = held.get("tensors")
        if type(tensors) is not tuple:
            return None
        parts = [_part(tensor) for tensor in tensors[:PARTS]]
        return ", ".join(parts) + (", …" if len(tensors) > PARTS else "")
    if depth < DEPTH and type(dataset) is Subset:
        return _item(held.get("dataset"), depth + 1)
    if depth < DEPTH and type(dataset) is ConcatDataset and held.get("datasets"):
        return _item(held["datasets"][0], depth + 1)
    if type(dataset) in (list, tuple) and dataset:
        first: Any = dataset[0]  # type: ignore[index]
        parts = [_whole(part) for part in (first[:PARTS] if type(first) in (list, tuple) else [first])]
        return ", ".join(parts)
    return None


def _shape(tensor: Any) -> tuple[int, ...]:
    """The shape of a tensor that has one; empty for everything else."""
    return (shape_of(tensor) or ()) if issubclass(type(tensor), torch.Tensor) else ()


def _part(tensor: Any) -> str:
    shape = _shape(tensor)
    return f"{shape_text(shape[1:])} {dtype_of(tensor)}" if shape else class_name(tensor)


def _whole(part: Any) -> str:
    if not issubclass(type(part), torch.Tensor):
        return class_name(part)
    return f"{shape_text(_shape(part))} {dtype_of(part)}"
