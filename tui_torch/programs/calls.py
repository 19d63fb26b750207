"""How a program is called."""

from __future__ import annotations

from pathlib import Path

from tui_torch.programs.reading import is_notebook
from tui_torch.protocol.orders import ProgramCall


def call_of(path: Path, arguments: tuple[str, ...], cwd: Path | None) -> ProgramCall:
    """The call of a program by its path as it was typed; in another folder, that would lead nowhere.

    A notebook runs in its own folder, unless another is given.
    """
    file = Path.cwd() / path
    first = str(path if cwd is None else file)
    folder = cwd or (path.parent if is_notebook(path) else Path())
    return ProgramCall(str(file), (first, *arguments), str(folder.absolute()))
