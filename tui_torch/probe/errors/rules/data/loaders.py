"""Errors of data: datasets, loaders, batches, and what they are unpacked into."""

from __future__ import annotations

import ast
import re
from types import FrameType

import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from tui_torch.probe.articles import an_in_code
from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.description import described, tensor_shape_text
from tui_torch.probe.errors.failing_code import called_name, paths
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.torch_internals import dataset_of_iterator
from tui_torch.probe.source.frame_locals import local_names


@rule(r"Size mismatch between tensors", AssertionError)
def sizes_of_a_dataset(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `TensorDataset(x, y)` with different numbers of rows."""
    call = case.call("TensorDataset")
    if call is None:
        return None
    sizes = [(part, case.shape(part)) for part in call.args]
    row_counts = ", ".join(
        f"{case.quoted(part)} has {shape[0] if shape else 0}" for part, shape in sizes if shape is not None
    )
    return RuleResult(
        f"A TensorDataset pairs row with row, so its tensors need as many rows (first size) each: {row_counts}. Make "
        "them equally long; transposed data has its rows in the second size."
    )


def _dataset_of_loader(case: ErrorCase) -> object:
    """Return the dataset of the loader that the line names or goes over; MISSING if there is no loader."""
    for piece in paths(case.statement):
        value = case.find(piece)
        if issubclass(type(value), DataLoader):
            return object.__getattribute__(value, "__dict__").get("dataset", MISSING)
    # A loader without a name is found in the frames that the error passed through.
    traceback = case.error.__traceback__
    while traceback is not None:
        frame: FrameType = traceback.tb_frame
        if frame.f_code.co_name == "__next__":
            iterator = local_names(frame).get("self")
            if type(iterator).__module__ == "torch.utils.data.dataloader":
                return dataset_of_iterator(iterator, MISSING)
        traceback = traceback.tb_next
    return MISSING


@rule(
    r"stack expects each tensor to be equal size, but got (\[.*?\]) at entry 0 and (\[.*?\]) at entry (\d+)",
    RuntimeError,
)
def batch_of_unequal(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a DataLoader whose samples have different shapes."""
    if case.call("stack") is not None:
        return None
    dataset = _dataset_of_loader(case)
    if type(dataset) is tuple and dataset and all(issubclass(type(item), torch.Tensor) for item in dataset):
        shapes = ", ".join(tensor_shape_text(item) for item in dataset[:4])
        return RuleResult(
            "The loader was given a slice of a dataset, `dataset[:n]`, which is no dataset but a tuple of "
            f"{len(dataset)} tensors ({shapes}): the loader takes them for {len(dataset)} samples. "
            "`torch.utils.data.Subset(dataset, range(n))` is a dataset of the first n samples."
        )
    return RuleResult(
        f"The loader makes a batch by stacking samples, and they have different shapes: {found[1]} at first, "
        f"{found[2]} in entry {found[3]}. Bring every sample to one shape in the dataset (crop, pad, resize), or give "
        "the DataLoader a `collate_fn` that does.",
        parts=[case.statement] if isinstance(case.statement, ast.For) else None,
    )


@rule(
    r"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found <class '(.*?)'>",
    TypeError,
)
def batch_of_other_objects(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a DataLoader whose samples hold None, images or other objects."""
    if found[1] == "NoneType":
        if (function := _without_a_value(case)) is not None:
            return RuleResult(
                f"The loader stacks samples into tensors, and one holds None: `{function.name}` (line "
                f"{function.lineno}) "
                "returns a value on some ways through it, and none on another. Return something on each."
            )
        why = "a sample is None, or holds one: does your `__getitem__` return something on every path?"
    elif "PIL" in found[1]:
        why = "a sample is an image: give the dataset `transform=ToTensor()`."
    else:
        kind = found[1].rpartition(".")[2]
        why = f"a sample holds {an_in_code(kind)}: make a tensor or a number of it in `__getitem__`."
    return RuleResult(f"The loader stacks samples into tensors, and {why}")


def _without_a_value(case: ErrorCase) -> ast.FunctionDef | None:
    """Return the one function that a sample runs which returns a value on some ways only; None unless there is one."""
    found: list[ast.FunctionDef] = []
    for node in _run_for_a_sample(case):
        returned = case.history.returned(node)
        if any(one.value is not None for one in returned) and not _always_returns(node.body):
            found.append(node)
    return found[0] if len(found) == 1 else None


def _run_for_a_sample(case: ErrorCase) -> list[ast.FunctionDef]:
    """Return the `__getitem__` of the code and the functions that it calls, and these call, by their names."""
    written = [node for node in ast.walk(case.tree or ast.Pass()) if isinstance(node, ast.FunctionDef)]
    found = [node for node in written if node.name == "__getitem__"]
    for function in found:  # grows while it is gone over
        called = {called_name(node) for node in ast.walk(function) if isinstance(node, ast.Call)}
        found += [node for node in written if node.name in called and node not in found]
    return found


def _always_returns(body: list[ast.stmt]) -> bool:
    """Whether a body ends in a `return` or a `raise` on each way through it, as far as is plain."""
    match body[-1]:
        case ast.Return() | ast.Raise():
            return True
        case ast.If(body=first, orelse=second):
            return bool(second) and _always_returns(first) and _always_returns(second)
        case ast.With(body=inner):
            return _always_returns(inner)
        case ast.Try(body=first, handlers=handlers, orelse=after, finalbody=last):
            ends = _always_returns(after or first) and all(_always_returns(one.body) for one in handlers)
            return ends or bool(last and _always_returns(last))
        case ast.While(test=ast.Constant(True)):
            return True
        case ast.Match(cases=cases):
            return all(_always_returns(one.body) for one in cases) and any(
                isinstance(one.pattern, ast.MatchAs) and one.pattern.pattern is None for one in cases
            )
        case _:
            return False


@rule(r"Subclasses of Dataset should implement __getitem__", NotImplementedError)
def no_getitem(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a Dataset class without `__getitem__`."""
    return RuleResult(
        "A dataset gives its i-th sample by `dataset[i]`, and yours has no `__getitem__`. Define `def "
        "__getitem__(self, index):` in it, and return one sample (a tuple of input and target)."
    )


@rule(r"object of type '(\w+)' has no len\(\)", TypeError)
def no_len(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a DataLoader over a Dataset class without `__len__`."""
    for piece in (*paths(case.node), *paths(case.statement)):
        value = case.find(piece)
        if type(value).__name__ == found[1] and issubclass(type(value), Dataset):
            return RuleResult(
                f"A loader has to know how many samples there are, and `{found[1]}` does not say. Define `def "
                "__len__(self):` in it, and return their number."
            )
    return None


@rule(r"'DataLoader' object is not (subscriptable|an iterator)", TypeError)
def loader_indexed(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `loader[0]` and `next(loader)`."""
    loader = None
    match case.node:
        case ast.Subscript(held):
            loader = held
        case ast.Call(args=[held, *_]):
            loader = held
        case _:
            return None
    return RuleResult(
        "A DataLoader is gone over with `for`, and has no numbered items. For its first batch, write "
        f"`next(iter({ast.unparse(loader)}))`."
    )


@rule(r"(not enough|too many) values to unpack \(expected (\d+)(?:, got (\d+))?\)", ValueError)
def batch_unpacked(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `for x, y in loader:` where a batch has another number of parts."""
    dataset = _dataset_of_loader(case)
    if dataset is MISSING:
        return _tensor_unpacked(case, found)
    wanted = int(found[2])
    if type(dataset) is TensorDataset:
        count = len(dataset.tensors)
        return RuleResult(
            f"Each batch of this loader is a list of {count} tensor{'s' if count != 1 else ''}, since its "
            f"TensorDataset was made of {count}, and you unpack {wanted}. "
            + (
                "Unpack one as `for (x,) in loader`, or give the TensorDataset the targets too."
                if count == 1
                else "Write as many names."
            )
        )
    have = f"and it gives {found[3]}" if found[3] else "and it gives more"
    return RuleResult(
        f"You unpack a batch into {wanted} names, {have}: a batch has as many parts as a sample of your dataset "
        f"({described(dataset) or 'dataset'})."
    )


def _tensor_unpacked(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    value = case.statement.value if isinstance(case.statement, ast.Assign) else None
    shape = case.shape(value)
    if value is None or shape is None:
        return None
    return RuleResult(
        f"{case.with_shape(value)}: to unpack a tensor is to take it row by row, {shape[0] if shape else 0} of them, "
        f"into {found[2]} names."
    )


@rule(r"batch_size should be a positive integer value, but got batch_size=(.*)", ValueError)
def batch_size(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `DataLoader(x, y)` and a batch size that is not a positive whole number."""
    if found[1].startswith("tensor"):
        return RuleResult(
            "The second argument of a DataLoader is its batch_size, and it was given a tensor. Pair inputs and "
            "targets in a dataset first: `DataLoader(TensorDataset(x, y), batch_size=...)`."
        )
    return RuleResult(
        f"A batch holds a whole number of samples, 1 or more, and batch_size is {found[1]}. For a division use `//`."
    )


@rule(r"num_samples should be a positive integer value, but got num_samples=0", ValueError)
def empty_dataset(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a shuffled DataLoader over a dataset without samples."""
    return RuleResult(
        "The dataset is empty: it has 0 samples to shuffle. Look at how it is filled (a wrong path, a filter)."
    )


@rule(r"No such file or directory: '(.*?)'", FileNotFoundError)
def no_such_file(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a path that does not exist, with the closest name in its folder."""
    import difflib
    from pathlib import Path

    path = Path(found[1])
    try:
        here = [entry.name for _, entry in zip(range(500), path.parent.iterdir(), strict=False)]
    except OSError:
        return RuleResult(f"There is no folder `{path.parent}` as seen from here ({Path.cwd()}).")
    close = difflib.get_close_matches(path.name, here, 1)
    meant = f" There is `{close[0]}`." if close else ""
    return RuleResult(f"There is no file `{path.name}` in `{path.parent.resolve()}`, where this code runs.{meant}")
