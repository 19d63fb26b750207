"""Which sample, or which batch, a DataLoader was making when an error was raised."""

from __future__ import annotations

from types import FrameType

from torch.utils.data import BatchSampler, Dataset, SequentialSampler

from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.frames import frames_of
from tui_torch.probe.errors.origins.messages import worker_of
from tui_torch.probe.isolation.torch_internals import batch_of_iterator, dataset_of_iterator
from tui_torch.probe.source.frame_locals import local_names


def iterator_of(error: BaseException) -> object | None:
    """Return the iterator of a DataLoader that an error passed through; None if there is none."""
    for frame in frames_of(error):
        if frame.f_code.co_name == "__next__":
            iterator = local_names(frame).get("self")
            if type(iterator).__module__ == "torch.utils.data.dataloader":
                return iterator
    return None


def sample_words(error: BaseException) -> str | None:
    """Return a sentence that names the sample, or the batch, that an error was met in; None outside of a loader."""
    iterator = iterator_of(error)
    if iterator is None:
        return None
    for frame in frames_of(error):
        if frame.f_code.co_name == "__getitem__" and (index := _index(frame)) is not None:
            return f"It was sample {index}."
    files = [frame.f_code.co_filename.replace("\\", "/") for frame in frames_of(error)]
    is_made_here = any("torch/utils/data/_utils/" in name and "worker" not in name for name in files)
    batch = batch_of_iterator(iterator)
    # A worker that has ended may have been at a later batch.
    worker = worker_of(error)
    in_worker = worker is not None and any("fetch" in file or "collate" in file for file, _, _ in worker.places)
    if batch is None or not (is_made_here or in_worker):
        return None
    number, sampler = batch
    words = f"It was batch {number}"
    if type(sampler) is BatchSampler and type(sampler.sampler) is SequentialSampler:
        if sampler.batch_size == 1:
            return f"It was sample {number}."
        return f"{words}, from sample {number * sampler.batch_size} on."
    return f"{words}, counted from 0."


def _index(frame: FrameType) -> int | None:
    """Return the index that a dataset was asked for by a loader, in the frame of its `__getitem__`."""
    code = frame.f_code
    held = local_names(frame)
    if code.co_argcount < 2 or not issubclass(type(held.get(code.co_varnames[0])), Dataset):
        return None
    index = held.get(code.co_varnames[1], MISSING)
    return index if type(index) is int else None


def dataset_of(error: BaseException) -> object:
    """Return the dataset of the loader that an error passed through; MISSING if there is none."""
    iterator = iterator_of(error)
    return MISSING if iterator is None else dataset_of_iterator(iterator, MISSING)
