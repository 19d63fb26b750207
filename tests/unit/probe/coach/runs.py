"""Runs a program in this process, watched by the coach and the recorder as in the kernel."""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from functools import cache
from typing import Any

import torch

from tui_torch.probe.coach.coach import Coach
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.notes import Note

FILE = "<your code>"
IMPORTS = """\
import copy, math
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset
"""


class Slowly:
    """A clock by which so many seconds have passed whenever the recorder looks at it, and none in the coach's looks."""

    def __init__(self, seconds: float = 1.0) -> None:
        self._seconds = seconds
        self.now = 0.0

    def __call__(self) -> float:
        self.now += self._seconds
        return self.now


def notes_of(
    code: str,
    names: dict[str, Any] | None = None,
    raises: str | None = None,
    clock: Slowly | None = None,
) -> list[Note]:
    """What the coach says of a program, which may print and warn unheard. `raises`: the error that it must end in."""
    if names is None:
        names = {"__name__": "__main__"}
        exec(IMPORTS, names)
    notes: list[Note] = []
    coach = Coach(FILE, notes.append, (lambda: clock.now) if clock is not None else time.perf_counter)
    recorder = TrainingRecorder(coach.trained, clock or time.perf_counter)
    coach.listen_to(recorder)
    recorder.install()
    raised: str | None = None
    try:
        torch.manual_seed(0)
        compiled = compile(code, FILE, "exec", dont_inherit=True)
        recorder.begin(code)
        coach.begin(code, names)
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
            try:
                exec(compiled, names)
            except Exception as error:
                raised = type(error).__name__
                if raises is None:
                    raise
        recorder.end()
        coach.end()
    finally:
        recorder.uninstall()
        coach.uninstall()
    assert raised == raises
    assert coach.failures.met == []
    return notes


@cache
def whole_numbers_are_refused() -> bool:
    """Whether this PyTorch raises an error where a loss compares with whole numbers, as up to 2.9 at least."""
    loss = torch.nn.functional.mse_loss(torch.ones(2, requires_grad=True), torch.tensor([1, 2]))
    try:
        loss.backward()
    except RuntimeError:
        return True
    return False
