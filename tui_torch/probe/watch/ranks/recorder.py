"""Records, of a process that trains together with others, what is compared with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from tui_torch.probe.isolation.patching import Uninstall
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.watch.ranks.arrivals import Arrivals
from tui_torch.probe.watch.ranks.digests import ParameterDigests
from tui_torch.probe.watch.ranks.replicas import KnownModel, Replicas
from tui_torch.probe.watch.ranks.waiting import Waiting
from tui_torch.protocol.records.ranks import ARRIVAL_SUFFIX, RecordDigest, RecordWaits


class RankRecorder:
    """Listens where several processes train together; alone, a process is not listened to.

    It calls no operation of several ranks: each writes of itself, and whoever reads compares.
    """

    def __init__(
        self, recorder: TrainingRecorder, record: Callable[[], Path | None], models: Sequence[KnownModel] = ()
    ) -> None:
        """Make it, for `begin()` to listen where there are models of several ranks.

        Args:
            recorder: That of the process's training.
            record: Gives the file of the process's record, as soon as there is one.
            models: Those that were wrapped before.
        """
        self._recorder = recorder
        self._record = record
        self._replicas = Replicas(models)
        self._digests = ParameterDigests(self._replicas, self._step)
        self._waiting = Waiting(self._replicas, self._step, Arrivals(self._arrivals_file).arrive, recorder.scale_of)
        self._undo: list[Uninstall] = []
        self._is_listening = False

    def begin(self) -> None:
        """Listen to models that are wrapped, and to the rest if there are several processes already."""
        if not self._undo and torch.distributed.is_available():
            self._undo.append(self._replicas.install())
            self.look()

    def look(self) -> None:
        """Listen to the rest as soon as there are several processes. To be called now and then."""
        if self._is_listening or not self._undo or not _are_several():
            return
        self._is_listening = True
        self._recorder.look_at_common_steps()
        before = self._recorder.before_backward
        before.append(self._waiting.before_backward)
        self._undo += [
            self._digests.install(),
            self._waiting.install(),
            lambda: before.remove(self._waiting.before_backward),
        ]

    def stop(self) -> None:
        """Listen no more: this is another process now, that was forked."""
        while self._undo:
            self._undo.pop()()
        self._is_listening = False

    def take(self) -> tuple[RecordWaits | None, tuple[RecordDigest, ...]]:
        """What has come since the last call: waits, if they can be told, and digests."""
        if not self._is_listening:
            return None, ()
        norms = self._waiting.take_norms()
        waits = None
        if self._waiting.is_measured:
            waits = RecordWaits(((self._step(), round(self._waiting.seconds, 6)),), norms)
        return waits, self._digests.take()

    def _step(self) -> int:
        return self._recorder.backwards

    def _arrivals_file(self) -> Path | None:
        record = self._record()
        return None if record is None else record.with_suffix(ARRIVAL_SUFFIX)


def _are_several() -> bool:
    """Whether several processes train together: as the launcher says, or by the process group."""
    if torch.distributed.is_initialized():
        return torch.distributed.get_world_size() > 1
    size = os.environ.get("WORLD_SIZE", "")
    return size.isascii() and size.isdecimal() and int(size) > 1
