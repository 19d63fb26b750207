"""Reads the file of a program, as Python would, and says in a sentence of what is no program that it is none."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

from tui_torch.course.naming import in_backticks
from tui_torch.protocol.late_dataclass import dataclass

LARGEST = 1_000_000
"""Bytes that a program may have: 25,000 lines or so."""


class NoProgramError(Exception):
    """A file is no program that can be run; the message is a sentence without a full stop."""


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """A program, as it was read."""

    path: Path
    content: bytes
    text: str
    """Its text, with `\\n` at the end of each line."""


def read_program_file(path: Path) -> ProgramFile:
    """Read a program. Raises NoProgramError."""
    name = in_backticks(str(path))
    if path.is_dir():
        raise NoProgramError(f"{name} is a folder, expected the file of a program")
    if not path.exists():
        raise NoProgramError(f"there is no file {name}, expected a program in Python")
    if not path.is_file():  # to read a pipe might take for ever
        raise NoProgramError(f"{name} is no regular file, expected a program in Python")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise NoProgramError(f"{name} cannot be read: {error.strerror or error}") from None
    if len(content) > LARGEST:
        raise NoProgramError(f"{name} has more than {LARGEST // 1_000_000} MB, expected a program in Python")
    if b"\0" in content:
        raise NoProgramError(f"{name} is no text, expected a program in Python")
    return ProgramFile(path, content, _text_of(name, content))


def _text_of(name: str, content: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except SyntaxError as error:
        raise NoProgramError(f"{name} is no program in Python: {error.msg}") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NoProgramError(f"{name}, line {line}, is not {error.encoding.upper()}; save it as UTF-8") from None
    except (UnicodeError, LookupError) as error:
        raise NoProgramError(f"{name} has an encoding that does not do: {error}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
