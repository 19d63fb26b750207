"""Reads the cells of a notebook, and writes it with other code in some of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from tui_torch.programs.lines import physical_lines, with_plain_ends
from tui_torch.programs.notebook.outputs import joined, kept_outputs, stored_outputs
from tui_torch.programs.notebook.spans import Span, Writer, cell_spans
from tui_torch.programs.program import CodeCell, OwnProgram, ProgramError, StoredOutput
from tui_torch.protocol.events import Failed
from tui_torch.protocol.late_dataclass import dataclass

VERSION = 4
"""The version of the format that is read as it is; earlier ones are converted."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CellRun:
    """What the last run of a cell gave, to be kept in the notebook."""

    number: int | None
    """Its `In [3]`."""
    outputs: tuple[StoredOutput | Failed, ...]


def notebook_of(path: Path, content: bytes) -> OwnProgram:
    """The notebook that a content is. Raises ProgramError for one that is none, or not in Python."""
    read = _document(path, content)
    document = _as_version_4(path, read)
    is_converted = document is not read
    language = _language(document)
    if language and language != "python":
        raise ProgramError(f"{path} is a notebook in {language}, expected one in Python")
    cells: list[CodeCell] = []
    texts: list[str] = []
    items = _cells(path, document)
    of_file = {cell_id for item in items if isinstance(cell_id := item.get("id"), str)}
    used: set[str] = set()
    for place, item in enumerate(items):
        source = with_plain_ends(_source(path, place, item))
        if item["cell_type"] == "markdown":
            texts.append(source.strip("\n"))
        is_code = item["cell_type"] == "code"
        if is_code or (texts and place == len(items) - 1):
            cell_id = item.get("id")
            # One that is converted has another each time.
            is_own = not is_converted and isinstance(cell_id, str) and cell_id != "" and cell_id not in used
            name = cast("str", cell_id) if is_own else _unused(f"cell-{len(cells) + 1}", used | of_file)
            used.add(name)
            cell = _cell(name, item if is_code else {}, source if is_code else "", "\n\n".join(texts), place, is_own)
            cells.append(cell if is_code else replace(cell, takes_code=False))
            texts.clear()
    return OwnProgram(path, content, "notebook", tuple(cells), is_converted=is_converted)


def _cell(name: str, item: Json, code: str, text: str, place: int, is_own: bool) -> CodeCell:
    number = item.get("execution_count")
    metadata = item.get("metadata")
    return CodeCell(
        name,
        code,
        text,
        outputs=stored_outputs(item.get("outputs")),
        number=number if isinstance(number, int) else None,
        metadata=cast("Json", metadata) if isinstance(metadata, dict) else {},
        is_numbered=not is_own,
        place=place,
    )


def _unused(name: str, ids: set[str]) -> str:
    while name in ids:
        name += "-"
    return name


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ProgramError(f"{path} is no notebook, since it is not written in UTF-8: see line {line}") from None


def _document(path: Path, content: bytes) -> Json:
    text = _text(path, content)
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        if not text.strip():
            raise ProgramError(f"{path} is no notebook: it is empty") from None
        is_cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        where = (
            f"it ends too early in line {error.lineno}" if is_cut else f"line {error.lineno} is no JSON ({error.msg})"
        )
        raise ProgramError(f"{path} is no notebook: {where}") from None
    except (RecursionError, ValueError) as error:  # nested a thousand times, or a number with thousands of digits
        why = "its JSON is nested too deeply" if isinstance(error, RecursionError) else str(error).partition(";")[0]
        raise ProgramError(f"{path} is no notebook: {why}") from None
    version = cast("Json", document).get("nbformat") if isinstance(document, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise ProgramError(f"{path} is no notebook: its JSON does not say the version of its format, `nbformat`")
    if not 1 <= version <= VERSION:
        raise ProgramError(f"{path} has version {version} of the notebook format; versions 1 to {VERSION} can be read")
    return cast("Json", document)


def _as_version_4(path: Path, document: Json) -> Json:
    if document["nbformat"] == VERSION:
        return document
    import nbformat  # a tenth of a second, and next to no notebook is that old

    library: Any = nbformat
    version = document["nbformat"]
    try:
        old = library.versions[version].to_notebook_json(document)
        converted = library.convert(old, VERSION)
        library.writes(converted)  # what cannot be saved is not opened: nothing typed in it could be kept
    except Exception as error:  # whatever its code for each version meets
        problem = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ProgramError(
            f"{path} has version {version} of the notebook format, and cannot be converted: {problem}"
        ) from None
    return converted


def _cells(path: Path, document: Json) -> list[Json]:
    cells: object = document.get("cells")
    if not isinstance(cells, list):
        raise ProgramError(f"{path} is no notebook: it has no list of `cells`")
    for place, cell in enumerate(cast("list[object]", cells)):
        if not isinstance(cell, dict) or not isinstance(cast("Json", cell).get("cell_type"), str):
            raise ProgramError(f"{path} is no notebook: cell {place + 1} does not say its `cell_type`")
    return cast("list[Json]", cells)


def _source(path: Path, place: int, cell: Json) -> str:
    source = joined(cell.get("source"))
    if source is None:
        raise ProgramError(f"{path} is no notebook: the `source` of cell {place + 1} is no text")
    return source


def _language(document: Json) -> str:
    match document.get("metadata"):
        case {"kernelspec": {"language": str() as language}} | {"language_info": {"name": str() as language}}:
            return "python" if language.lower() in ("python", "ipython") else language.lower()
        case _:
            return ""


def notebook_with(program: OwnProgram, codes: Mapping[str, str], runs: Mapping[str, CellRun]) -> bytes:
    """The content of a notebook with other code, and other outputs, in some cells. All else is as it was, to the byte.

    Args:
        program: The notebook as it was read. One of an earlier version is converted, as a whole.
        codes: The code of some cells by their ids.
        runs: The outputs to keep of some cells by their ids; the others keep what they have.

    Raises ProgramError for outputs that a notebook cannot hold.
    """
    codes = {cell.id: codes[cell.id] for cell in program.cells if codes.get(cell.id, cell.code) != cell.code}
    if not codes and not runs:
        return program.content
    document = _document(program.path, program.content)
    if document["nbformat"] != VERSION:
        return _converted_with(program, document, codes, runs)
    text = _text(program.path, program.content)
    mark = program.content[: len(program.content) - len(text.encode())]
    spans = cell_spans(text)
    values: dict[Span, object] = {}
    for cell in program.cells:
        item = document["cells"][cell.place]
        if item["cell_type"] != "code":
            continue
        for key, value in _changes(item, codes.get(cell.id), runs.get(cell.id)).items():
            if key in spans[cell.place]:
                values[spans[cell.place][key]] = value
    return mark + Writer(text).with_values(values).encode()


def _changes(item: Json, code: str | None, run: CellRun | None) -> Json:
    """What changes in a cell, by its keys."""
    changes: Json = {}
    if code is not None:
        changes["source"] = code if isinstance(item.get("source"), str) else physical_lines(code)
    if run is not None:
        changes |= {"execution_count": run.number, "outputs": _lined(kept_outputs(run.outputs, run.number))}
    return changes


def _lined(outputs: Sequence[Json]) -> list[Json]:
    """Outputs with their texts as lists of lines, as Jupyter writes them."""
    for output in outputs:
        holder = output.get("data", output)
        for key, text in holder.items():
            if key in ("text", "text/plain"):
                holder[key] = physical_lines(text)
    return list(outputs)


def _converted_with(
    program: OwnProgram, document: Json, codes: Mapping[str, str], runs: Mapping[str, CellRun]
) -> bytes:
    import nbformat

    library: Any = nbformat
    converted: Any = _as_version_4(program.path, document)
    for cell in program.cells:
        item = converted["cells"][cell.place]
        if item["cell_type"] != "code":
            continue
        item.update(library.from_dict(_changes(item, codes.get(cell.id), runs.get(cell.id))))
    return (library.writes(converted) + "\n").encode()
