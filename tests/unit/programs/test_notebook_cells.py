"""A notebook is read as cells, and written back with nothing changed but what was to be."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui_torch.programs.notebook.cells import CellRun
from tui_torch.programs.notebook.outputs import kept_outputs
from tui_torch.programs.program import OwnProgram, ProgramError
from tui_torch.programs.reading import LARGEST_NOTEBOOK, program_of, read_program
from tui_torch.programs.saving import content_with
from tui_torch.protocol.events import Displayed, Failed, Figure, Frame, Output

PATH = Path("a.ipynb")
PNG = b"\x89PNG\r\n\x1a\n etc."

CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "id": "t1", "metadata": {}, "source": ["# Load\n", "the data"]},
    {"cell_type": "markdown", "id": "t2", "metadata": {}, "source": "and more\n"},
    {
        "cell_type": "code",
        "execution_count": 3,
        "id": "c1",
        "metadata": {"tags": ["x"], "collapsed": False},
        "outputs": [
            {"name": "stdout", "output_type": "stream", "text": ["a\n", "b\n"]},
            {"name": "stderr", "output_type": "stream", "text": "warned\n"},
            {
                "data": {"image/png": base64.b64encode(PNG).decode(), "text/plain": ["<Figure>"]},
                "metadata": {},
                "output_type": "display_data",
            },
            {"ename": "ValueError", "evalue": "no", "output_type": "error", "traceback": ["line 1", "ValueError: no"]},
            {"data": {"text/plain": "4"}, "execution_count": 3, "metadata": {}, "output_type": "execute_result"},
            {"data": {"text/html": "<b>"}, "metadata": {}, "output_type": "display_data"},
        ],
        "source": ["x = 'é'\n", "x"],
    },
    {"cell_type": "raw", "id": "r1", "metadata": {}, "source": "raw"},
    {"cell_type": "code", "execution_count": None, "id": "c2", "metadata": {}, "outputs": [], "source": "%time y = 2"},
    {"cell_type": "markdown", "id": "t3", "metadata": {}, "source": ["The end"]},
]
NOTEBOOK: dict[str, Any] = {
    "cells": CELLS,
    "metadata": {"kernelspec": {"display_name": "P", "language": "python", "name": "p3"}, "mine": [1]},
    "nbformat": 4,
    "nbformat_minor": 5,
}

STYLES: dict[str, dict[str, Any]] = {
    "Jupyter's": {"indent": 1, "ensure_ascii": False},
    "two spaces and escapes": {"indent": 2},
    "tabs": {"indent": "\t", "ensure_ascii": False},
    "one line": {"ensure_ascii": False},
    "no blanks": {"separators": (",", ":")},
    "Colab's order": {"indent": 2, "sort_keys": False},
}


def read(document: object, **style: Any) -> OwnProgram:
    return program_of(PATH, json.dumps(document, **style).encode())


def test_markdown_is_the_text_of_the_code_that_follows() -> None:
    first, second, last = read(NOTEBOOK).cells
    assert (first.id, first.text, first.code) == ("c1", "# Load\nthe data\n\nand more", "x = 'é'\nx")
    assert (first.number, first.metadata) == (3, {"tags": ["x"], "collapsed": False})
    assert (second.id, second.text, second.code, second.number) == ("c2", "", "%time y = 2", None)
    assert (last.text, last.code, last.is_only_text) == ("The end", "", True)


def test_stored_outputs_are_what_a_run_sends() -> None:
    assert read(NOTEBOOK).cells[0].outputs == (
        Output("a\nb\n"),
        Output("warned\n", "stderr"),
        Figure(PNG, "<Figure>"),
        Output("line 1\nValueError: no\n", "stderr"),
        Displayed("4", is_result=True),
        Displayed("(text/html)"),
    )


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("tail", ["", "\n", "\n\n"], ids=["no end", "an end", "two"])
def test_what_is_not_changed_stays_to_the_byte(style: dict[str, Any], tail: str) -> None:
    content = (json.dumps(NOTEBOOK, **style) + tail).encode()
    program = program_of(PATH, content)
    assert content_with(program, {}) == content
    assert content_with(program, {cell.id: cell.code for cell in program.cells}) == content
    # And a change is what the same style writes of a notebook with the change.
    changed = json.loads(json.dumps(NOTEBOOK))
    changed["cells"][2]["source"] = ["x = '→'\n", "\n", "y"]
    changed["cells"][4]["source"] = "y = 3"
    expected = (json.dumps(changed, **style) + tail).encode()
    assert content_with(program, {"c1": "x = '→'\n\ny", "c2": "y = 3"}) == expected


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(NOTEBOOK, indent=1).replace("\n", "\r\n").encode()
    changed = content_with(program_of(PATH, content), {"c1": "a\nb\nc"})
    assert changed.startswith(b"\xef\xbb\xbf{\r\n")
    assert changed.count(b"\n") == changed.count(b"\r\n") == content.count(b"\n") + 1
    assert program_of(PATH, changed).cells[0].code == "a\nb\nc"


RARE = "→é\u2028\u2029\ufeff\uffff\ud7ff\ue000\U0001f600\U0010ffffａ表\u0301\u200d\u202e\u0130"


def text_of(numbers: bytes) -> str:
    """A text of which each byte is a letter: those of Latin-1, with its control characters, and some rare ones."""
    return "".join(RARE[number - 0xF0] if number >= 0xF0 else chr(number) for number in numbers)


@given(st.binary(max_size=40), st.booleans(), st.sampled_from(sorted(STYLES)))
@settings(max_examples=150)
def test_any_code_comes_back_and_the_rest_of_the_document_is_the_same(numbers: bytes, lined: bool, style: str) -> None:
    code = text_of(numbers)
    document = json.loads(json.dumps(NOTEBOOK))
    document["cells"][2]["source"] = [] if lined else ""
    changed = content_with(read(document, **STYLES[style]), {"c1": code})
    found = json.loads(changed)
    source = found["cells"][2].pop("source")
    assert isinstance(source, list) == lined
    assert "".join(source) == code
    document["cells"][2].pop("source")
    assert found == document


def test_half_a_surrogate_pair_neither_stops_reading_nor_saving() -> None:
    document = json.loads(json.dumps(NOTEBOOK))
    document["cells"][2]["source"] = "s = '\ud83d'"
    program = read(document)
    changed = content_with(program, {"c1": program.cells[0].code + "\nt = 1", "c2": "'é'"})
    assert program_of(PATH, changed).cells[0].code == "s = '\ud83d'\nt = 1"


def test_outputs_are_written_only_when_asked() -> None:
    program = read(NOTEBOOK, indent=1)
    only_code = json.loads(content_with(program, {"c2": "y = 3"}))
    assert only_code["cells"][2]["outputs"] == CELLS[2]["outputs"]
    outputs = (Output("1\n"), Output("2"), Output("w", "stderr"), Figure(PNG, "<F>"), Displayed("7", is_result=True))
    content = content_with(program, {}, {"c2": CellRun(5, outputs)})
    found = json.loads(content)
    nbformat.validate(found)
    assert found["cells"][4]["execution_count"] == 5
    assert found["cells"][4]["outputs"][0] == {"name": "stdout", "output_type": "stream", "text": ["1\n", "2"]}
    assert program_of(PATH, content).cells[1].outputs == (Output("1\n2"), *outputs[2:])
    assert {**found, "cells": None} == {**NOTEBOOK, "cells": None}


@pytest.mark.parametrize("changes", [{}, {"nbformat_minor": 4}])
def test_an_error_is_written_as_jupyter_writes_one(changes: dict[str, Any]) -> None:
    frames = (
        Frame(2, "<module>", "fit(x)", "In [5]"),
        Frame(9, "fit", "y @ x", "/home/me/mine.py"),
    )
    outputs = (Output("a\n"), Output("b\n", "stderr"), Failed("RuntimeError", "no\nnever", frames))
    document = {**NOTEBOOK, **changes}
    if changes:
        document["cells"] = [{key: value for key, value in cell.items() if key != "id"} for cell in CELLS]
    program = read(document, indent=1)
    cell = program.cells[1]
    saved = content_with(program, {}, {cell.id: CellRun(5, outputs)})
    changed = json.loads(saved)
    nbformat.validate(changed)
    assert changed["cells"][4]["outputs"] == [
        {"name": "stdout", "output_type": "stream", "text": ["a\n"]},
        {"name": "stderr", "output_type": "stream", "text": ["b\n"]},
        {
            "ename": "RuntimeError",
            "evalue": "no\nnever",
            "output_type": "error",
            "traceback": [
                "Traceback (most recent call last):",
                "  Cell In [5], line 2, in <module>",
                "    fit(x)",
                '  File "/home/me/mine.py", line 9, in fit',
                "    y @ x",
                "RuntimeError: no\nnever",
            ],
        },
    ]
    again = program_of(PATH, saved).cells[1].outputs
    assert again[:2] == outputs[:2]
    assert again[2].text.endswith("RuntimeError: no\nnever\n")


def test_an_interrupt_is_an_error_without_lines() -> None:
    kept = kept_outputs([Failed("KeyboardInterrupt", "", ())], 1)
    assert kept == [
        {"ename": "KeyboardInterrupt", "evalue": "", "output_type": "error", "traceback": ["KeyboardInterrupt"]}
    ]


def test_cells_without_ids_and_with_the_same_are_told_apart() -> None:
    document = json.loads(json.dumps(NOTEBOOK))
    del document["cells"][2]["id"]
    document["cells"][4]["id"] = "cell-1"
    assert [cell.id for cell in read(document).cells] == ["cell-1-", "cell-1", "t3"]


def test_a_notebook_of_version_3_is_read_and_saved_in_version_4() -> None:
    worksheet = {
        "cells": [
            {"cell_type": "heading", "level": 2, "metadata": {}, "source": "Load"},
            {"cell_type": "markdown", "metadata": {}, "source": ["text"]},
            {
                "cell_type": "code",
                "collapsed": False,
                "input": ["print 'a'\n", "x"],
                "language": "python",
                "metadata": {},
                "outputs": [{"output_type": "stream", "stream": "stdout", "text": ["a\n"]}],
                "prompt_number": 2,
            },
        ],
        "metadata": {},
    }
    program = read({"metadata": {"name": "n"}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [worksheet]})
    (cell,) = program.cells
    assert (cell.id, cell.text, cell.code, cell.number) == ("cell-1", "## Load\n\ntext", "print 'a'\nx", 2)
    assert cell.outputs == (Output("a\n"),)
    assert program.is_converted
    assert content_with(program, {}) == program.content
    changed = json.loads(content_with(program, {"cell-1": "print('a')"}))
    nbformat.validate(changed)
    assert changed["nbformat"] == 4
    assert changed["cells"][-1]["source"] == ["print('a')"]
    assert changed["cells"][-1]["outputs"][0]["text"] == ["a\n"]


def _with(**changes: Any) -> bytes:
    return json.dumps({**NOTEBOOK, **changes}).encode()


WRONG: dict[str, tuple[bytes, str]] = {
    "empty": (b" \n", "it is empty"),
    "truncated": (json.dumps(NOTEBOOK, indent=1).encode()[:200], "it ends too early in line 15"),
    "no JSON": (b"{\n'cells': 1}", "line 2 is no JSON (Expecting property name enclosed in double quotes)"),
    "more than JSON": (b"{}{}", "line 1 is no JSON (Extra data)"),
    "too deep": (b"[" * 100_000, "its JSON is nested too deeply"),
    "a number too long": (b'{"nbformat": ' + b"9" * 5000 + b"}", "Exceeds the limit (4300 digits) for integer"),
    "a list": (b"[]", "its JSON does not say the version of its format, `nbformat`"),
    "another JSON": (b'{"cells": []}', "its JSON does not say the version of its format, `nbformat`"),
    "a version that is no number": (_with(nbformat="4"), "its JSON does not say the version"),
    "a version that is true": (_with(nbformat=True), "its JSON does not say the version"),
    "no UTF-8": (b'{"nbformat": 4,\n"cells": ["\xff"]}', "since it is not written in UTF-8: see line 2"),
    "UTF-16": (json.dumps(NOTEBOOK).encode("utf-16"), "since it is not written in UTF-8: see line 1"),
    "no cells": (_with(cells=None), "it has no list of `cells`"),
    "cells that are none": (_with(cells=[1]), "cell 1 does not say its `cell_type`"),
    "a cell without a kind": (_with(cells=[CELLS[0], {"source": ""}]), "cell 2 does not say its `cell_type`"),
    "a cell without code": (_with(cells=[{"cell_type": "code"}]), "the `source` of cell 1 is no text"),
    "code that is no text": (_with(cells=[{"cell_type": "code", "source": [1]}]), "the `source` of cell 1 is no text"),
}


@pytest.mark.parametrize(("content", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_no_notebook_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(ProgramError) as error:
        program_of(PATH, content)
    said = str(error.value)
    assert said.startswith(f"a.ipynb is no notebook{',' if sentence.startswith('since') else ':'} {sentence}")
    assert "\n" not in said
    assert len(said) < 200


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({**NOTEBOOK, "nbformat": 5}, "a.ipynb has version 5 of the notebook format; versions 1 to 4 can be read"),
        ({**NOTEBOOK, "nbformat": 0}, "a.ipynb has version 0 of the notebook format; versions 1 to 4 can be read"),
        (
            {**NOTEBOOK, "metadata": {"language_info": {"name": "Julia"}}},
            "a.ipynb is a notebook in julia, expected one in Python",
        ),
    ],
)
def test_a_notebook_that_is_not_for_here_is_refused_in_a_sentence(document: object, sentence: str) -> None:
    with pytest.raises(ProgramError) as error:
        read(document)
    assert str(error.value) == sentence


ODD = (None, True, 3, -1, 1e400, "", "x", [], [1], ["a"], {}, {"a": 1}, [None], "code", [[]], {"cells": 1})


def _spoiled(value: Any, choices: list[int]) -> Any:
    """A JSON value in which a few parts, wherever the numbers lead, are something else."""
    if not choices:
        return value
    first, *rest = choices
    if isinstance(value, dict) and value and first % 4:
        key = sorted(value)[first % len(value)]
        return {**value, key: _spoiled(value[key], rest)}
    if isinstance(value, list) and value and first % 4:
        place = first % len(value)
        return [*value[:place], _spoiled(value[place], rest), *value[place + 1 :]]
    return ODD[first % len(ODD)]


OLD = {
    "metadata": {"name": "n"},
    "nbformat": 3,
    "nbformat_minor": 0,
    "worksheets": [
        {
            "cells": [
                {"cell_type": "markdown", "metadata": {}, "source": ["a"]},
                {
                    "cell_type": "code",
                    "collapsed": False,
                    "input": ["x"],
                    "language": "python",
                    "metadata": {},
                    "outputs": [
                        {"output_type": "stream", "stream": "stdout", "text": "a"},
                        {"output_type": "pyout", "prompt_number": 1, "text": ["1"], "metadata": {}},
                    ],
                    "prompt_number": 1,
                },
            ],
            "metadata": {},
        }
    ],
}


@given(st.sampled_from([NOTEBOOK, OLD]), st.binary(min_size=1, max_size=12))
@example(OLD, b"\x03\x01\x02\x02\x01\x00")
@settings(max_examples=500)
def test_whatever_is_of_another_type_is_a_notebook_or_a_sentence(document: dict[str, Any], numbers: bytes) -> None:
    content = json.dumps(_spoiled(document, list(numbers))).encode()
    try:
        program = program_of(PATH, content)
    except ProgramError as error:
        assert "\n" not in str(error)
        return
    assert content_with(program, {}) == content
    if program.cells and not program.cells[0].is_only_text:
        first = program.cells[0]
        changed = program_of(PATH, content_with(program, {first.id: "changed = 1"}))
        assert changed.cells[0].code == "changed = 1"
        assert [cell.code for cell in changed.cells[1:]] == [cell.code for cell in program.cells[1:]]


def test_a_notebook_that_is_too_large_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.ipynb"
    with path.open("wb") as file:
        file.truncate(LARGEST_NOTEBOOK * 1000)
    with pytest.raises(ProgramError, match=r"large.ipynb has more than 32 MB, too much to show; `jupyter nbconvert"):
        read_program(path)
