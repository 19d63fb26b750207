"""How the bytes of a script are read as text, and written: what Python itself goes by."""

from __future__ import annotations

import codecs
import io
import tokenize
from pathlib import Path

from tui_torch.programs.program import ProgramError


def encoding_of(path: Path, content: bytes) -> str:
    """The encoding that a script declares, or UTF-8; `utf-8-sig` with a byte order mark.

    Raises ProgramError for one that Python does not know.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError as error:
        problem = str(error.msg).removesuffix(f" for {path}")
        raise ProgramError(f"{path} cannot be read as Python: {problem}") from None
    return encoding


def text_of(path: Path, content: bytes) -> str:
    """A script's text, with its lines' ends as they are. Raises ProgramError for bytes that are none."""
    if b"\0" in content:
        raise ProgramError(f"{path} is no Python program, since it is no text: it has bytes that are 0")
    encoding = encoding_of(path, content)
    try:
        return content.decode(encoding)
    except (UnicodeError, LookupError) as error:
        if not isinstance(error, UnicodeDecodeError):
            raise ProgramError(f"{path} declares {encoding}, which is no encoding of text") from None
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ProgramError(f"{path} is not written in {encoding}, as Python expects: see line {line}") from None


def bytes_of(path: Path, text: str, like: bytes) -> bytes:
    """A script's text as bytes, by the encoding that it declares now.

    Args:
        path: The file, for the sentences.
        text: The text, which may declare another encoding than before.
        like: What was read from the file, whose byte order mark is kept.

    Raises ProgramError for text that cannot be written so.
    """
    mark = codecs.BOM_UTF8 if like.startswith(codecs.BOM_UTF8) else b""
    declared = encoding_of(path, mark + text.encode("utf-8", "surrogatepass"))
    encoding = "utf-8" if mark else declared
    try:
        content = mark + text.encode(encoding)
    except UnicodeEncodeError as error:
        character = text[error.start]
        line = text.count("\n", 0, error.start) + 1
        raise ProgramError(
            f"{path} is written in {encoding}, which has no {character!r}, as in line {line}; nothing was saved"
        ) from None
    except LookupError:
        raise ProgramError(f"{path} declares {encoding}, which is no encoding of text; nothing was saved") from None
    if content.decode(encoding if not mark else "utf-8-sig") != text:
        raise ProgramError(f"{path} is written in {encoding}, which does not give its text back; nothing was saved")
    return content
