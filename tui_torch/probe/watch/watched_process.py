"""Records the training of this process into a file, from its first sign until the process ends."""

from __future__ import annotations

import atexit
import linecache
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import tui_torch
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.training.tensorboard import listen_to_writers
from tui_torch.probe.watch.gpu_memory import gpu_memory
from tui_torch.probe.watch.ranks.recorder import RankRecorder
from tui_torch.probe.watch.ranks.replicas import KnownModel
from tui_torch.probe.watch.record_writer import RecordWriter
from tui_torch.probe.watch.surroundings import WatchedProgram, record_begun
from tui_torch.probe.watch.unhandled_interrupt import keep_unhandled_interrupt
from tui_torch.protocol.events import TrainingProgress


def watch_this_process(run_folder: str, models: Sequence[KnownModel] = ()) -> None:
    """Record what this process trains from now on, and what each process trains that it forks.

    Args:
        run_folder: The folder of the run, in which each process that trains makes a file of its own.
        models: Those that `DistributedDataParallel` has wrapped until now.
    """
    watch = _Watch(Path(run_folder), models)
    watch.begin()
    tui_torch.listener = watch.recorder.log
    listen_to_writers(watch.recorder.log)
    atexit.register(keep_unhandled_interrupt)
    atexit.register(_quietly(watch.end))  # the last is called first
    os.register_at_fork(after_in_child=_quietly(watch.begin_in_fork))


def _quietly(call: Callable[[], None]) -> Callable[[], None]:
    def quiet() -> None:
        with suppress(Exception):
            call()

    return quiet


class _Watch:
    def __init__(self, folder: Path, models: Sequence[KnownModel]) -> None:
        self._folder = folder
        self._writer: RecordWriter | None = None
        self._program = WatchedProgram.of_this_process()
        self.recorder = TrainingRecorder(self._on_progress, by_layer=True)
        self._ranks = RankRecorder(self.recorder, lambda: None if self._writer is None else self._writer.path, models)

    def begin(self) -> None:
        """Listen, and wait for the first step."""
        self.recorder.install()
        self._begin_recording()
        with suppress(Exception):
            self._ranks.begin()

    def begin_in_fork(self) -> None:
        """Leave the record to the process that was forked, and wait for the first step of this one."""
        self._writer = None
        self._ranks.stop()
        self._begin_recording()

    def _begin_recording(self) -> None:
        self.recorder.begin(self._code(), is_all=False)

    def _code(self) -> str:
        return "" if self._program.main is None else "".join(linecache.getlines(str(self._program.main)))

    def _on_progress(self, progress: TrainingProgress) -> None:
        with suppress(Exception):  # the program goes on, whatever is wrong here
            if self._writer is None:
                self._writer = RecordWriter(record_begun(self._program), self._folder)
            self._ranks.look()
            self._writer.add_progress(progress, *self._ranks.take(), gpu_memory=gpu_memory())

    def end(self) -> None:
        """The program ends: write what has not been written yet, and by which exception, if it was one."""
        self.recorder.end()
        if self._writer is None:
            return
        error = getattr(sys, "last_value", None)
        if isinstance(error, Exception):
            from tui_torch.probe.errors.failure import describe

            file = str(self._program.main or "<string>")
            # An explanation would compute parts of the failed line again, in a program that is not ours.
            failed = describe(error, file, self._code(), self._program.has, is_explained=False)
            self._writer.add_failure(failed)
        self._writer.end()
