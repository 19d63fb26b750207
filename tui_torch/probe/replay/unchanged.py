"""Quick checks that a value other than a tensor or a module is what it was: all that its description depends on.

What `check_of()` returns is called with what a name is bound to at a later line. True: the description would be the
same. False: the value has to be described again to know. Nothing is kept alive but numbers, texts and the like.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from operator import is_, itemgetter
from typing import Any
from weakref import ref

import numpy as np
import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset, TensorDataset

from tui_torch.probe.isolation.readable_memory import is_readable_array
from tui_torch.probe.isolation.torch_internals import samples_asked_for
from tui_torch.probe.values.elements import Base

_attributes = object.__getattribute__
_read_loader = itemgetter("dataset", "sampler", "batch_sampler", "batch_size", "num_workers", "drop_last")
_LOADER = {"dataset", "sampler", "batch_sampler", "batch_size", "num_workers", "drop_last"}
"""What a loader's description is made from."""
_shape, _dtype = Base.shape.__get__, Base.dtype.__get__

Check = Callable[[object], bool]
"""Whether a value is the one that the check was made from, and shows the same."""

ITEMS = 1000
"""Maximum number of items of a list that are compared."""
BYTES = 16 * 1024
"""Maximum number of bytes of an array that are compared."""
TEXT = 90
"""Maximum characters of a text that is compared: its repr is then all shown."""

_NUMBERS = (int, float, bool, type(None))
_FIXED = {int, float, bool, type(None), str}
"""Classes whose objects never change, and hold nothing."""
_TENSORS = {torch.Tensor}


def check_of(value: Any) -> Check | None:
    """A quick check of a value; None if there is none for its kind."""
    cls = type(value)
    if cls in _NUMBERS:
        return _number(value)
    if cls is str:
        return _text(value)
    if cls is list:
        return _list(value)
    if cls is torch.Size:
        return lambda now: type(now) is torch.Size and now == value
    if cls is np.ndarray:
        return _array(value)
    if issubclass(cls, torch.optim.Optimizer):
        return _optimizer(value)
    if issubclass(cls, (DataLoader, Dataset)):
        return _feed(value)
    return None


def opaque_check_of(value: object) -> Check:
    """A check of an object of which nothing but its class is shown. Raises TypeError without weak references."""
    reference = ref(value)
    return lambda now: reference() is now


def _number(value: Any) -> Check | None:
    cls = type(value)
    if cls is int and value.bit_length() > 64:
        return None  # Python's own comparison may take long
    if cls is float and value == 0.0:  # equal to -0.0, which is written otherwise
        text = repr(value)
        return lambda now: type(now) is float and repr(now) == text
    copy = value * 1.0 if cls is float else value
    return lambda now: type(now) is cls and now == copy


def _text(value: str) -> Check | None:
    if len(value) > TEXT or not value.isprintable():
        return None
    return lambda now: type(now) is str and now == value


def _list(value: list[Any]) -> Check | None:
    if len(value) > ITEMS or not _FIXED.issuperset(map(type, value)):
        return None
    # Held, so that no other object gets the identity of one of them.
    held, identity = value[:], id(value)

    def check(now: Any) -> bool:
        return id(now) == identity and type(now) is list and len(now) == len(held) and all(map(is_, now, held))

    return check


def _array(value: np.ndarray) -> Check | None:
    if value.nbytes > BYTES or value.dtype.hasobject or not is_readable_array(value):
        return None
    reference, shape, dtype, data = ref(value), value.shape, value.dtype, value.tobytes()

    def check(now: Any) -> bool:
        is_alike = reference() is now and now.shape == shape and now.dtype == dtype
        return is_alike and is_readable_array(now) and now.tobytes() == data

    return check


def _optimizer(value: object) -> Check | None:
    settings = _settings(value)
    if settings is None:
        return None
    reference, held = ref(value), settings

    def check(now: object) -> bool:
        if reference() is not now:
            return False
        groups = _attributes(now, "__dict__").get("param_groups")
        if type(groups) is not list or len(groups) != len(held):
            return False
        for group, (keys, values, are_settings) in zip(groups, held, strict=True):
            if type(group) is not dict or len(group) != len(keys) or not all(map(is_, group, keys)):
                return False
            if not all(map(is_, compress(group.values(), are_settings), values)):
                return False
        return True

    return check


def _settings(optimizer: object) -> list[tuple[list[str], list[object], list[bool]]] | None:
    """Of each of an optimizer's groups the keys, and the values but for the parameters; None if one can change."""
    groups = object.__getattribute__(optimizer, "__dict__").get("param_groups")
    if type(groups) is not list:
        return None
    found: list[tuple[list[str], list[object], list[bool]]] = []
    for group in groups:
        if type(group) is not dict or any(type(key) is not str for key in group):
            return None
        are_settings = [key != "params" for key in group]
        values = list(compress(group.values(), are_settings))
        for value in values:
            is_fixed = type(value) in _FIXED or (type(value) is tuple and _FIXED.issuperset(map(type, value)))
            if not is_fixed:
                return None
        found.append((list(group), values, are_settings))
    return found


def _feed(value: object) -> Check | None:
    if type(value) is TensorDataset:
        return _tensor_dataset(value)
    held = _feed_facts(value)
    if held is None:
        return None
    if issubclass(type(value), DataLoader):
        return _loader(value, held)
    reference = ref(value)
    return lambda now: reference() is now and _plain_dataset_facts(now) == held


def _tensor_dataset(value: object) -> Check | None:
    tensors = _attributes(value, "__dict__").get("tensors")
    if type(tensors) is not tuple or not _TENSORS.issuperset(map(type, tensors)):
        return None
    reference, count = ref(value), len(tensors)
    shapes, dtypes = [*map(_shape, tensors)], [*map(_dtype, tensors)]

    def check(now: object) -> bool:
        if reference() is not now or type(now) is not TensorDataset:
            return False
        tensors = _attributes(now, "__dict__").get("tensors")
        return (
            type(tensors) is tuple
            and len(tensors) == count
            and _TENSORS.issuperset(map(type, tensors))
            and [*map(_shape, tensors)] == shapes
            and all(map(is_, map(_dtype, tensors), dtypes))
        )

    return check


def _loader(value: object, facts: tuple[object, ...]) -> Check:
    """A check of a loader; a quick one if what it reads from is a TensorDataset that has not been replaced."""
    reference = ref(value)
    held = _attributes(value, "__dict__")
    dataset, sampler = held.get("dataset"), held.get("sampler")
    of_dataset = _tensor_dataset(dataset) if type(dataset) is TensorDataset else None
    if of_dataset is None or not _LOADER.issubset(held):
        return lambda now: reference() is now and _loader_facts(now) == facts
    _, _, kept, *settings = _read_loader(held)
    kind, of_sampler, asked = type(kept), ref(sampler), samples_asked_for(sampler)

    def check(now: object) -> bool:
        if reference() is not now:
            return False
        try:
            dataset, sampler, batches, *others = _read_loader(_attributes(now, "__dict__"))
        except KeyError:
            return False
        return (
            of_sampler() is sampler
            and type(batches) is kind
            and all(map(is_, others, settings))
            and samples_asked_for(sampler) is asked
            and of_dataset(dataset)
        )

    return check


def _feed_facts(feed: object) -> tuple[object, ...] | None:
    """What the description of a loader or a dataset is made from; None if that takes more than a look."""
    return _loader_facts(feed) if issubclass(type(feed), DataLoader) else _plain_dataset_facts(feed)


def _plain_dataset_facts(dataset: object) -> tuple[object, ...] | None:
    return _dataset_facts(dataset, _attributes(dataset, "__dict__"))


def _loader_facts(loader: object) -> tuple[object, ...] | None:
    held = _attributes(loader, "__dict__").get
    dataset, sampler = held("dataset"), held("sampler")
    try:
        within = _dataset_facts(dataset, _attributes(dataset, "__dict__"))
        asked = samples_asked_for(sampler)
    except AttributeError:  # a list of items
        return None
    size, workers = held("batch_size"), held("num_workers")
    if within is None or type(size) not in _NUMBERS or type(workers) is not int or type(asked) not in _NUMBERS:
        return None
    drops = held("drop_last") is True
    return (size, workers, asked, drops, id(type(dataset)), id(type(sampler)), id(type(held("batch_sampler"))), within)


def _dataset_facts(dataset: object, held: dict[str, Any]) -> tuple[object, ...] | None:
    cls = type(dataset)
    if cls is TensorDataset:
        tensors = held.get("tensors")
        if type(tensors) is not tuple or not _TENSORS.issuperset(map(type, tensors)):
            return None
        return (*map(_shape, tensors), *map(_dtype, tensors))
    if cls is Subset:
        indices: Any = held.get("indices")
        within = held.get("dataset")
        if type(indices) not in (list, tuple, range) or type(within) is not TensorDataset:
            return None
        return len(indices), _dataset_facts(within, object.__getattribute__(within, "__dict__"))
    return None if cls is ConcatDataset else ()
