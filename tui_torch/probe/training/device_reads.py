"""Numbers on their way from a device to the CPU, which nobody waits for while the loop goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import torch

from tui_torch.probe.values.elements import Base


class Arrival(Protocol):
    """What tells that a copy is complete; `torch.Event` is one."""

    def query(self) -> bool: ...
    def synchronize(self) -> None: ...


class DeviceRead:
    """Tensors of one element, copied together to the CPU. The copy of a GPU's is under way when this is made.

    Raises whatever the device raises.
    """

    def __init__(
        self, values: Sequence[torch.Tensor], event_of: Callable[[torch.device], Arrival | None] | None = None
    ) -> None:
        """Start the copy.

        Args:
            values: All on one device, one or more.
            event_of: Gives what tells that all that the device has been given up to now is done; None if it is.
        """
        device = Base.device.__get__(values[0])
        with torch.no_grad(), torch.DisableTorchFunction():
            numbers = [Base.reshape(Base.to(value, torch.float32), ()) for value in values]
            # Into memory that the device writes by itself, for CUDA; elsewhere this may wait.
            self._numbers = Base.to(torch.stack(numbers), "cpu", non_blocking=True)
        self._event = (event_of or recorded_event)(device)

    @property
    def is_complete(self) -> bool:
        """Whether the numbers are there."""
        return self._event is None or self._event.query()

    def numbers(self) -> list[float]:
        """The numbers, in the order of the values; waits for them if need be."""
        if self._event is not None:
            self._event.synchronize()
        return Base.tolist(self._numbers)


def recorded_event(device: torch.device) -> Arrival | None:
    """An event after what the device has been given up to now; None for the CPU, which has done it.

    On a device without events, waits and returns None.
    """
    if device.type in ("cpu", "meta"):
        return None
    with suppress(Exception):
        event: Any = torch.Event(device=device)
        event.record()
        return event
    torch.accelerator.synchronize(device)
    return None


def is_capturing() -> bool:
    """Whether a CUDA graph is being captured: nothing that runs now gives a number, and to read one is an error."""
    return torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing()
