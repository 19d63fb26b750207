"""Follows a kernel of others, over its restarts, and says to a face what happens."""

from __future__ import annotations

from typing import Protocol

from tui_torch.kernel.joining.joined_kernel import JoinedKernel
from tui_torch.protocol.attachment import Told
from tui_torch.protocol.events import Inspected


class FollowingFace(Protocol):
    """Shows what the probe tells, and what happens to the kernel."""

    def waits(self, number: int | None) -> None:
        """The probe is loaded when the cell that runs is over, whose number may be known."""
        ...

    def show(self, word: Told | Inspected) -> None:
        """Show what the probe tells."""
        ...

    def lost(self) -> None:
        """The probe is gone, as the kernel is if it has ended, which may come back."""
        ...

    def comes_back(self, *, is_same: bool) -> None:
        """It was started again, or it is the same, and the probe was lost."""
        ...

    def ended(self) -> None:
        """It does not come back."""
        ...


async def follow_kernel(kernel: JoinedKernel, face: FollowingFace) -> None:
    """Load the probe, whose consent is there, and show what is told until the kernel ends.

    Raises CannotJoinError where the probe cannot be loaded.
    """
    while True:
        if not await kernel.load():
            face.waits(kernel.running)
            await kernel.loaded()
        async for word in kernel.told():
            face.show(word)
        face.lost()
        if (there := await kernel.comes_back()) == "gone":
            face.ended()
            return
        face.comes_back(is_same=there == "same")
