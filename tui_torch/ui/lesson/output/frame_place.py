"""Says where a line of a traceback is."""

from __future__ import annotations

from collections.abc import Callable

from tui_torch.protocol.events import Frame
from tui_torch.protocol.orders import CELL_NAME


def place_of(frame: Frame, is_of_the_editor: Callable[[str], bool]) -> str:
    """The number of a line, with its file if that is not in the editor, and its function: `net.py line 3 in forward`.

    Args:
        frame: The line.
        is_of_the_editor: Whether the editor shows what the frame says of the file.
    """
    file = "" if frame.file is None or is_of_the_editor(frame.file) else f"{_short(frame.file)} "
    # The outermost code is in no function; Python calls it `<module>`.
    inside = "" if frame.function.startswith("<module") or not frame.function else f" in {frame.function}"
    return f"{file}line {frame.line}{inside}  "


def _short(file: str) -> str:
    """A file without its folders; `In [3]` as it is."""
    return file if file.startswith(CELL_NAME.strip("<")) else file.rpartition("/")[2]
