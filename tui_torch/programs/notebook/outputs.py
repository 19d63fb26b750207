"""The outputs that a notebook keeps, as what a run sends, and what a run sent as outputs to keep."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from tui_torch.programs.program import StoredOutput
from tui_torch.protocol.events import Displayed, Failed, Figure, Output

_PICTURES = ("image/png", "image/jpeg", "image/gif")


def stored_outputs(outputs: object) -> tuple[StoredOutput, ...]:
    """The outputs of a cell; those that nobody can show are left out, and remain in the file."""
    if not isinstance(outputs, list):
        return ()
    return tuple(shown for output in cast("list[object]", outputs) for shown in _shown(output))


def _shown(output: object) -> Iterator[StoredOutput]:
    if not isinstance(output, dict):
        return
    fields = cast("dict[str, object]", output)
    data = fields.get("data")
    match fields.get("output_type"):
        case "stream":
            yield Output(joined(fields.get("text")) or "", "stderr" if fields.get("name") == "stderr" else "stdout")
        case "error":
            yield Output(_traceback(fields), "stderr")
        case "execute_result" | "display_data" as kind if isinstance(data, dict):
            yield from _displayed(cast("dict[str, object]", data), is_result=kind == "execute_result")
        case _:
            pass


def _displayed(data: Mapping[str, object], *, is_result: bool) -> Iterator[StoredOutput]:
    text = joined(data.get("text/plain")) or ""
    image = _picture(data)
    if image is None:
        yield Displayed(text or f"({', '.join(map(str, data))})", is_result)
    elif is_result:
        yield Displayed(text, is_result)
        yield Figure(image, "")
    else:
        yield Figure(image, text)


def joined(lines: object) -> str | None:
    """A text that a notebook has as one string or a list of lines; None for anything else."""
    if isinstance(lines, str):
        return lines
    if isinstance(lines, list) and all(isinstance(line, str) for line in cast("list[object]", lines)):
        return "".join(cast("list[str]", lines))
    return None


def _traceback(output: Mapping[str, object]) -> str:
    lines = output.get("traceback")
    if isinstance(lines, list) and lines:
        return "".join(f"{line}\n" for line in cast("list[object]", lines))
    return f"{output.get('ename', 'Error')}: {output.get('evalue', '')}\n"


def _picture(data: Mapping[str, object]) -> bytes | None:
    for kind in _PICTURES:
        if (text := joined(data.get(kind))) is not None:
            try:
                return b64decode(text)
            except (binascii.Error, ValueError):
                return None
    return None


def kept_outputs(outputs: Sequence[StoredOutput | Failed], number: int | None) -> list[dict[str, Any]]:
    """What a run sent, as a notebook keeps it.

    Args:
        outputs: In the order in which they came; texts of one stream in a row become one, and an error is one of them.
        number: The `In [3]` of the run.
    """
    kept: list[dict[str, Any]] = []
    for output in outputs:
        match output:
            case Output(text, stream):
                if kept and kept[-1].get("name") == stream:
                    kept[-1]["text"] += text
                else:
                    kept.append({"name": stream, "output_type": "stream", "text": text})
            case Displayed(text, is_result=True):
                data = {"text/plain": text}
                kept.append({"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
            case Displayed(text):
                kept.append({"data": {"text/plain": text}, "metadata": {}, "output_type": "display_data"})
            case Figure(image, text):
                data = {_type_of(image): b64encode(image).decode(), "text/plain": text}
                kept.append({"data": data, "metadata": {}, "output_type": "display_data"})
            case Failed(error, message):
                lines = _lines_of_traceback(output)
                kept.append({"ename": error, "evalue": message, "output_type": "error", "traceback": lines})
    return kept


def _lines_of_traceback(failed: Failed) -> list[str]:
    """An error as Python tells it, with the learner's own lines."""
    lines = ["Traceback (most recent call last):"] if failed.frames else []
    for frame in failed.frames:
        place = f'File "{frame.file}"' if frame.file and not frame.file.startswith("In [") else f"Cell {frame.file}"
        lines.append(f"  {place}, line {frame.line}, in {frame.function}")
        lines += [f"    {frame.code}"] if frame.code else []
    return [*lines, f"{failed.error}: {failed.message}" if failed.message else failed.error]


def _type_of(image: bytes) -> str:
    return "image/jpeg" if image.startswith(b"\xff\xd8") else "image/gif" if image.startswith(b"GIF") else "image/png"
