"""Errors of samples and loaders: samples that do not fit together, dicts, streams, options that exclude each other."""

from __future__ import annotations

import ast
import re

from torch.utils.data import DataLoader, Dataset, IterableDataset

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.registry import rule


@rule(r"each element in list of batch should be of equal size", RuntimeError)
def lists_of_unequal_length(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a DataLoader whose samples are lists of several lengths."""
    return RuleResult(
        "The loader puts the samples of a batch together part by part, and their lists have different lengths. Bring "
        "them to one length in the dataset, or give the DataLoader a `collate_fn` that pads them "
        "(`torch.nn.utils.rnn.pad_sequence`)."
    )


@rule(r"must be Tensor, not str", TypeError, first=True)
def names_of_a_dict(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `for x, y in loader:` where a batch is a dict, whose keys are unpacked."""
    for loop in ast.walk(case.tree) if case.tree is not None else ():
        if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Tuple):
            continue
        names = {part.id for part in loop.target.elts if isinstance(part, ast.Name)}
        call = case.call()
        for argument in call.args if call is not None else ():
            if isinstance(argument, ast.Name) and argument.id in names and type(case.find(argument)) is str:
                name = case.find(argument)
                return RuleResult(
                    f"{case.quoted(argument)} is the text '{name}': to unpack a dict is to take its keys. If a batch "
                    f"is a dict, go over `for batch in {ast.unparse(loop.iter)}`, and take `batch['{name}']`."
                )
    return None


@rule(r"object of type '(\w+)' has no len\(\)", TypeError, first=True)
def length_of_a_stream(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `len(loader)` of an IterableDataset, and `len(dataset)` without `__len__`."""
    call = case.call("len")
    held = case.find(call.args[0]) if call is not None and call.args else None
    dataset = object.__getattribute__(held, "__dict__").get("dataset") if issubclass(type(held), DataLoader) else held
    if issubclass(type(dataset), IterableDataset):
        return RuleResult(
            f"`{found[1]}` is an IterableDataset, a stream of samples whose number is not known before its end. "
            "Count them while you go over it, or define `def __len__(self):` if you know it."
        )
    if issubclass(type(dataset), Dataset):
        return RuleResult(f"`{found[1]}` does not say how many samples it has. Define `def __len__(self):` in it.")
    return None


@rule(r"DataLoader with IterableDataset: expected unspecified (\w+) option", ValueError)
def shuffled_stream(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `DataLoader(stream, shuffle=True)`."""
    return RuleResult(
        "An IterableDataset is a stream: it gives its samples in its own order, and the loader cannot choose, so "
        f"`{found[1]}` is not for it. Mix the samples where the stream is made, or keep some and draw from them."
    )


@rule(r"(\w+) option is mutually exclusive with (.*)", ValueError)
def options_that_exclude(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `DataLoader(data, shuffle=True, sampler=...)`."""
    if case.call("DataLoader") is None:
        return None
    others = found[2].strip().rstrip(".")
    return RuleResult(
        f"`{found[1]}` already says in which order samples come, and so does {others}: give one of them, not both."
    )


@rule(r"(persistent_workers|prefetch_factor|timeout) option .*(?:num_workers > 0|multiprocessing)", ValueError)
def options_of_workers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `DataLoader(data, prefetch_factor=2)` without workers."""
    return RuleResult(
        f"`{found[1]}` is about worker processes, and there are none: say `num_workers=2`, for one, or leave it out."
    )


@rule(r"^$", StopIteration)
def nothing_left(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `next(it)` of an iterator at its end."""
    call = case.call("next")
    if call is None or not call.args:
        return None
    held = ast.unparse(call.args[0])
    return RuleResult(
        f"`{held}` is at its end: it has given all that there is. A `for` stops there by itself; to start again, "
        "make a new one, `it = iter(loader)`, or let `next(it, None)` give None."
    )
