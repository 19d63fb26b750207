"""Reads a program from its file: a notebook if it ends in `.ipynb`, else a script."""

from __future__ import annotations

import stat
from pathlib import Path

from tui_torch.programs.program import OwnProgram, ProgramError, WholeScript

LARGEST_SCRIPT = 1_000_000
"""Bytes: a script of this size has about 25,000 lines."""
LARGEST_NOTEBOOK = 32_000_000
"""Bytes: a notebook of this size holds hundreds of pictures, and takes about a second to read."""


def read_program(path: Path) -> OwnProgram:
    """The program in a file.

    Raises ProgramError in one sentence for what is no program: no file, a folder, a device, another encoding, too much.
    """
    return program_of(path, read_content(path, largest(path)))


def read_script(path: Path) -> WholeScript:
    """The script in a file, to be run by its path. Raises ProgramError as `read_program` does."""
    from tui_torch.programs.lines import with_plain_ends
    from tui_torch.programs.script.encoding import text_of

    content = read_content(path, LARGEST_SCRIPT)
    return WholeScript(path, content, with_plain_ends(text_of(path, content)))


def is_notebook(path: Path) -> bool:
    """Whether a file is a notebook, by its name."""
    return path.suffix.lower() == ".ipynb"


def largest(path: Path) -> int:
    """The number of bytes that a file may have."""
    return LARGEST_NOTEBOOK if is_notebook(path) else LARGEST_SCRIPT


def program_of(path: Path, content: bytes) -> OwnProgram:
    """The program that a content is, of a file that need not have it. Raises ProgramError for one that is none."""
    if is_notebook(path):
        from tui_torch.programs.notebook.cells import notebook_of

        return notebook_of(path, content)
    from tui_torch.programs.script.cells import divided
    from tui_torch.programs.script.encoding import text_of

    script = divided(text_of(path, content))
    return OwnProgram(path, content, "script", tuple(piece.cell for piece in script.pieces), script.has_marks)


def read_content(path: Path, most: int) -> bytes:
    """The bytes of a regular file. Raises ProgramError when there is none, and for one with more than `most`."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ProgramError(f"{path} is a folder, expected a file with a program")
        if not stat.S_ISREG(mode):
            raise ProgramError(f"{path} is no regular file, expected one with a program")  # a pipe could wait for ever
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        raise ProgramError(f"there is no {path}") from None
    except OSError as error:
        raise ProgramError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a path with a zero byte
        raise ProgramError(f"{str(path)!r} cannot be read: {error}") from None
    if len(content) > most:
        remedy = (
            "; `jupyter nbconvert --clear-output --inplace` on it takes away the outputs" if is_notebook(path) else ""
        )
        raise ProgramError(f"{path} has more than {most // 1_000_000} MB, too much to show{remedy}")
    return content
