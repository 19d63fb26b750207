"""Saves a program: never over what somebody else has written meanwhile, and never half."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from tui_torch.programs.notebook.cells import CellRun, notebook_with
from tui_torch.programs.program import OwnProgram, ProgramError
from tui_torch.programs.reading import largest, program_of, read_content
from tui_torch.protocol.late_dataclass import dataclass

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class ChangedElsewhereError(ProgramError):
    """The file is not as it was read: somebody else has written to it, or taken it away. Nothing was saved."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving did."""

    program: OwnProgram
    """The program as the file has it now, read again: the cells may be others if the new code has marks."""
    sentence: str
    """What the learner is told, without a full stop."""
    wrote: bool
    """Whether the file was written; False when it had all that already."""


def content_with(program: OwnProgram, codes: Mapping[str, str], runs: Mapping[str, CellRun] | None = None) -> bytes:
    """The content of the file with other code in some cells. All else is as it was, to the byte.

    Args:
        program: As it was read.
        codes: The code of some cells by their ids, with lines that end in \\n.
        runs: Of a notebook, the outputs to keep of some cells; None keeps what the file has.

    Raises ProgramError for code that the file's encoding cannot hold.
    """
    if program.kind == "notebook":
        return notebook_with(program, codes, runs or {})
    from tui_torch.programs.script.encoding import bytes_of, text_of

    joined = script_with(program, codes)
    is_as_read = joined == text_of(program.path, program.content)
    return program.content if is_as_read else bytes_of(program.path, joined, like=program.content)


def script_with(program: OwnProgram, codes: Mapping[str, str]) -> str:
    """The text of a script with other code in some cells, with its lines' ends as they are."""
    from tui_torch.programs.script.cells import divided
    from tui_torch.programs.script.encoding import text_of

    return divided(text_of(program.path, program.content)).joined(codes)


def save(
    program: OwnProgram,
    codes: Mapping[str, str],
    runs: Mapping[str, CellRun] | None = None,
    *,
    over_changes: bool = False,
) -> Saved:
    """Write the program to its file, in whole or not at all.

    Its permissions stay, and a link stays a link to the file that is written.

    Args:
        program: As it was read.
        codes: The code of some cells by their ids.
        runs: Of a notebook, the outputs to keep of some cells by their ids.
        over_changes: Also when the file is not as it was read, which the learner has been asked.

    Raises ChangedElsewhereError when the file is not as it was read, and ProgramError when it cannot be written.
    """
    path = program.path
    content = content_with(program, codes, runs)
    saved = program_of(path, content)
    if len(content) > largest(path):
        raise ProgramError(f"{path} would have more than {largest(path) // 1_000_000} MB; nothing was saved")
    before = _read_again(program)
    if before == content:
        return Saved(saved, f"{path} has all of it already", wrote=False)
    if not over_changes:
        _check_unchanged(program, before)
    try:
        _replace(Path(os.path.realpath(path)), content, program, checked=not over_changes)
    except OSError as error:
        raise ProgramError(f"{path} cannot be written: {error.strerror or error}; nothing was saved") from None
    return Saved(saved, f"saved to {path}: {_said(program, codes, runs or {})}", wrote=True)


def _said(program: OwnProgram, codes: Mapping[str, str], runs: Mapping[str, CellRun]) -> str:
    """What of the program is another now."""
    changed = sum(codes.get(cell.id, cell.code) != cell.code for cell in program.cells)
    is_one_piece = program.kind != "notebook" and len(program.cells) == 1
    parts = [("what you typed" if is_one_piece else f"the code of {_counted(changed)}")] if changed else []
    if runs:
        parts.append(f"the outputs of {_counted(len(runs))}")
    if program.is_converted and parts:
        parts.append("all of it in version 4 of the format")
    return ", ".join(parts) or "as it was opened"


def _counted(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _read_again(program: OwnProgram) -> bytes | None:
    """What the file has now; None if it cannot be read, since it is gone, or another kind of thing."""
    with suppress(ProgramError):
        return read_content(program.path, largest(program.path))
    return None


def _check_unchanged(program: OwnProgram, now: bytes | None) -> None:
    if now is None:
        raise ChangedElsewhereError(f"{program.path} is no longer there, or cannot be read; nothing was saved")
    if now != program.content:
        raise ChangedElsewhereError(f"{program.path} was changed by somebody else since it was read; nothing was saved")


def _replace(target: Path, content: bytes, program: OwnProgram, *, checked: bool) -> None:
    """Put a new file in the place of the old one, which is there in whole until then. Raises OSError."""
    try:
        status = target.stat()
    except FileNotFoundError:
        status = None
    if status is not None and not (status.st_mode & _WRITABLE and os.access(target, os.W_OK)):
        # The folder may allow it all the same.
        raise PermissionError(errno.EACCES, "it is read-only")
    descriptor, name = mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _take_over(Path(name), status)
        if checked:
            _check_unchanged(program, _read_again(program))
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _take_over(new: Path, status: os.stat_result | None) -> None:
    """Give a new file the owner and the permissions of the old one; those of any new file if there was none."""
    if status is None:
        umask = os.umask(0)
        os.umask(umask)
        new.chmod(0o666 & ~umask)
        return
    with suppress(OSError):  # only root may give a file away
        os.chown(new, status.st_uid, status.st_gid)
    new.chmod(stat.S_IMODE(status.st_mode))
