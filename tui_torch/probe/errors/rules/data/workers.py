"""Errors that only the worker processes of a loader have: shared memory, time that is up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torch.utils.data import Dataset

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.failing_code import LONGEST_LINE
from tui_torch.probe.errors.origins.messages import worker_of
from tui_torch.probe.errors.origins.samples import dataset_of
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.values.short_repr import class_name, plain


@rule(r"Trying to resize storage that is not resizable", RuntimeError)
def unequal_in_shared_memory(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain samples of different shapes that a worker stacks in memory that both processes see."""
    worker = worker_of(case.error)
    if worker is None or "collate" not in worker.places[-1][0]:
        return None
    line = next(iter(_returned(case)), None)
    where = f" (line {line.lineno}, `{plain(ast.unparse(line), LONGEST_LINE)}`)" if line is not None else ""
    return RuleResult(
        f"The samples of a batch have different shapes{where}, so a worker cannot stack them; its message is about the "
        "memory that it writes the batch into. Bring every sample to one shape in the dataset (pad, crop, resize), or "
        "give the DataLoader a `collate_fn` that pads (`torch.nn.utils.rnn.pad_sequence`).",
        parts=[],
    )


def _returned(case: ErrorCase) -> Iterator[ast.Return]:
    """Yield what the dataset's `__getitem__` returns, if that is one `return`."""
    dataset = dataset_of(case.error)
    written = case.history.method(class_name(dataset), "__getitem__") if issubclass(type(dataset), Dataset) else None
    returned = case.history.returned(written) if written is not None else []
    if len(returned) == 1:
        yield returned[0]


@rule(r"DataLoader timed out after (\d+) seconds", RuntimeError)
def too_slow(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `timeout=` of a loader whose workers need longer for a batch."""
    second = "second" if found[1] == "1" else "seconds"
    return RuleResult(
        f"No worker gave its batch within {found[1]} {second} (`timeout`). Making a batch takes longer, or a worker "
        "waits "
        "for something: for a lock, or for a file. A longer `timeout`, or 0 for none, waits; `num_workers=0` shows "
        "where "
        "it hangs."
    )
