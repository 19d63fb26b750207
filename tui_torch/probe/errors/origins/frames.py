"""The frames that an error passed through, outermost first."""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """Yield the frames of an error's traceback, the one that raised it last."""
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next
