"""Which loss a GradScaler was given, of the one that then goes backward."""

from __future__ import annotations

import math
from collections import deque
from contextlib import suppress
from typing import Any
from weakref import ReferenceType, ref

import torch

from tui_torch.probe.values.elements import Base

WAITING = 8
"""Maximum number of scaled losses that may wait for their `backward()`."""


class ScaledLosses:
    """What GradScalers returned last, at most WAITING, each with the loss that it was given."""

    def __init__(self) -> None:
        self._latest: list[tuple[ReferenceType[torch.Tensor], torch.Tensor]] = []
        self._left = deque[ReferenceType[torch.Tensor]](maxlen=WAITING)

    def add(self, scaled: object, losses: object) -> bool:
        """Keep what a scaler returned for losses; return whether it may have another value than they."""
        if scaled is losses:  # a scaler that is switched off
            if isinstance(scaled, torch.Tensor):
                self._left.append(ref(scaled))
            return False
        with suppress(Exception):  # what a scaler of the learner's own is given
            pairs: Any = [(scaled, losses)] if isinstance(scaled, torch.Tensor) else zip(scaled, losses, strict=True)  # type: ignore[call-overload]
            for result, loss in pairs:
                self._latest = [*self._latest[1 - WAITING :], (ref(result), Base.detach(loss))]
        return True

    def original_of(self, loss: torch.Tensor) -> torch.Tensor:
        """Return the loss that a scaler made this one of, detached; if there is none, the same tensor."""
        return next((original for scaled, original in self._latest if scaled() is loss), loss)

    def is_by_scaler(self, loss: torch.Tensor, original: torch.Tensor) -> bool:
        """Return whether a loss, whose original is known, came from a scaler, also from one that is switched off."""
        return original is not loss or any(left() is loss for left in self._left)

    def scale_of(self, loss: torch.Tensor) -> float | None:
        """Return what a scaler multiplied a loss by to make this one; None if it did not, or it cannot be told."""
        original = self.original_of(loss)
        if original is loss or not Base.is_cpu.__get__(loss):
            return None
        value = Base.item(original)
        return Base.item(loss) / value if value and math.isfinite(value) else None
