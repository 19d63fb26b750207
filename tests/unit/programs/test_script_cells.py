"""A script is divided at its marks, and joined to the same bytes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.programs.lines import physical_lines, with_plain_ends
from tui_torch.programs.program import CodeCell, ProgramError
from tui_torch.programs.reading import program_of
from tui_torch.programs.saving import content_with
from tui_torch.programs.script.cells import divided

PATH = Path("train.py")


def cells_of(text: str) -> tuple[CodeCell, ...]:
    return program_of(PATH, text.encode()).cells


def codes(text: str) -> list[str]:
    return [cell.code for cell in cells_of(text)]


def test_a_script_without_marks_is_one_cell() -> None:
    program = program_of(PATH, b"#!/usr/bin/env python\nimport torch\n\nx = 1\n")
    assert [cell.code for cell in program.cells] == ["#!/usr/bin/env python\nimport torch\n\nx = 1"]
    assert not program.has_marks
    assert codes("") == [""]


def test_a_cell_has_its_title_and_the_line_in_which_its_code_begins() -> None:
    first, second = cells_of("# %% Load the data\n\nimport torch\n\n\n#%% Train tags=1\nx = 1\n")
    assert (first.title, first.code, first.first_line) == ("Load the data", "import torch", 3)
    assert (second.title, second.code, second.first_line) == ("Train", "x = 1", 7)


def test_code_above_the_first_mark_is_a_cell_and_comments_alone_are_none() -> None:
    assert codes("import torch\n# %%\nx = 1\n") == ["import torch", "x = 1"]
    assert codes("#!/usr/bin/env python\n# coding: utf-8\n\n# %%\nx = 1\n") == ["x = 1"]


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param("def f():\n    a = 1\n# %%\n    return a", id="a function"),
        pytest.param("class A:\n# %%\n\n# a comment\n\n    x = 1", id="a class before its first line"),
        pytest.param("if a:\n    b\n# %%\nelse:\n    c", id="an if before its else"),
        pytest.param("if a: b\n# %%\nelif d: c", id="an if on one line before its elif"),
        pytest.param("try:\n    b\n# %%\nfinally:\n    c", id="a try"),
        pytest.param("@decorator\n# %%\ndef f(): ...", id="a decorator"),
        pytest.param('s = """\n# %%\n"""', id="a string"),
        pytest.param("s = f'''{a}\n# %% {b}\n''' + \"\"\"\n# %%\"\"\"", id="two strings of two kinds"),
        pytest.param("s = 'a \\\n# %%\\\n'", id="a string that goes on by a backslash"),
        pytest.param("x = [\n1,\n# %%\n2]", id="a list"),
        pytest.param("x = foo(a, {\n# %%\n'b': ']'})", id="brackets with a bracket in a string"),
        pytest.param("def f(\n# %%\na=')', # (\n):\n    pass", id="the head of a function"),
        pytest.param("x = 1 + \\\n2\nif x:\n    y = (\n# %%\n)", id="brackets within a block"),
        pytest.param("with a(\n# %%\n) as b:\n    pass", id="the head of a with"),
        pytest.param("match (\n# %%\nx):\n    case _: pass", id="the head of a match"),
        pytest.param("for i in x:\n    if a:\n        pass\n\n# %%\n    elif (\n# %%\n    b): pass", id="a deep elif"),
    ],
)
def test_a_mark_within_a_statement_begins_no_cell(whole: str) -> None:
    assert codes(f"# %%\nbefore\n# %%\n{whole}\n# %%\nafter\n") == ["before", whole, "after"]


@pytest.mark.parametrize(
    "no_mark",
    ["# %%time", "x = 1  # %%", "    # %%", "%%time", "## %%", "# % %", "\f# %%"],
)
def test_what_resembles_a_mark_begins_no_cell(no_mark: str) -> None:
    assert len(cells_of(f"a = 1\n{no_mark}\nb = 2\n")) == 1


@pytest.mark.parametrize("mark", ["# %%", "#%%", "# %% A", "#  %%", "# %%%", "# %%\t"])
def test_a_mark_begins_a_cell(mark: str) -> None:
    assert codes(f"a = 1\n{mark}\nb = 2\n") == ["a = 1", "b = 2"]


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("x = (1,", ["x = (1,"]),
        ("x = [1, (2]", ["x = [1, (2]"]),
        ("x = 1)", ["x = 1)"]),
        ('x = """open', ['x = """open']),
        ("x = 'open", ["x = 'open"]),
        ("def f(:\n    a\n# %%\n    b", ["def f(:\n    a\n# %%\n    b"]),
        ("s = '''\n# %%\n'''\nx = = 1", ["s = '''\n# %%\n'''\nx = = 1"]),
        ("    x = 1\n# %%\n    y = 1", ["    x = 1", "    y = 1"]),
        ("for", ["for"]),
        ("%matplotlib inline\n!ls (", ["%matplotlib inline\n!ls ("]),
        ("f(a, '''\n# %%\n", ["f(a, '''", ""]),
    ],
)
def test_a_cell_that_is_no_python_takes_no_other_with_it(broken: str, expected: list[str]) -> None:
    rest = 'def g():\n    """Say so."""\n    return [1]'
    text = f'# %%\nbefore = """a"""\n# %%\n{broken}\n# %%\n{rest}\n# %%\nafter = (1,)\n'
    assert codes(text) == ['before = """a"""', *expected, rest, "after = (1,)"]


def test_text_is_that_of_the_code_that_follows() -> None:
    text, trailing = "# %% [markdown]\n# # Title\n#\n# A *text*.\n\n", '# %% [md]\n"""\nThe end.\n"""\n'
    cell, last = cells_of(f"{text}# %% [raw]\n# not shown\n# %% Load\nls = 1\n{trailing}")
    assert (cell.text, cell.title, cell.code) == ("# Title\n\nA *text*.", "Load", "ls = 1")
    assert (last.text, last.code, last.is_only_text) == ("The end.", "", True)


def test_code_in_a_cell_of_text_is_code_since_python_runs_it() -> None:
    (cell,) = cells_of("# %% Title [markdown]\n# A text.\nx = 1\n# more\n")
    assert (cell.text, cell.code, cell.first_line) == ("A text.", "x = 1\n# more", 3)


def test_no_comment_becomes_code() -> None:
    text = "# %%\n# cd data\n# ls\n# %matplotlib inline\nx = 1"
    assert codes(text) == [text.removeprefix("# %%\n")]


LINES = (
    *("# %%", "#%% A title", "# %% [markdown]", "# some text", "# %% B [raw]", "x = 1", "def f():", "    return 2", ""),
    *(
        "  ",
        "\f",
        "\fx = 3",
        '"""',
        "'''",
        's = """# %%"""',
        "(",
        ")",
        "[1,",
        "]",
        "{",
        "f(1) # )",
        "x = 'a",
        'y = "b\\',
    ),
    *("\\", "@d", "else:", "if x: y", "# coding: utf-8", "é = '→'", "\u2028", "\x0b\x1c", "%%time", "!ls", "\tx"),
)
ENDS = ("\n", "\n", "\n", "\r\n", "\r")


def script_of(numbers: bytes) -> str:
    """A script of which each pair of bytes chooses a line and how it ends, the last one also whether it ends."""
    lines = [
        LINES[number % len(LINES)] + (ENDS[end % len(ENDS)])
        for number, end in zip(numbers[::2], numbers[1::2], strict=False)
    ]
    text = "".join(lines)
    return text.rstrip("\r\n") if numbers[-1:] > b"\x80" else text


@given(st.binary(max_size=60))
@settings(max_examples=400)
def test_joined_cells_are_the_script_to_the_letter(numbers: bytes) -> None:
    text = script_of(numbers)
    script = divided(text)
    assert script.joined({}) == text
    assert script.joined({piece.cell.id: piece.cell.code for piece in script.pieces}) == text
    lines = physical_lines(text)
    for piece in script.pieces:
        first = piece.cell.first_line - 1
        if piece.cell.code:
            assert "".join(lines[first:]).startswith(piece.code)


@given(st.binary(max_size=60), st.integers(0, 20))
@settings(max_examples=300)
def test_another_code_in_a_cell_changes_no_other_cell(numbers: bytes, chosen: int) -> None:
    script = divided(script_of(numbers))
    piece = script.pieces[chosen % len(script.pieces)]
    other = divided(script.joined({piece.cell.id: "pass"}))
    before = [(cell.text, cell.title, cell.code) for cell in (other_piece.cell for other_piece in script.pieces)]
    after = [(cell.text, cell.title, cell.code) for cell in (other_piece.cell for other_piece in other.pieces)]
    place = piece.cell.place
    if all(_is_python(one.code) for one in script.pieces):
        assert after[:place] == before[:place]
        assert after[place][2].rstrip() == "pass"
        assert after[place + 1 :] == before[place + 1 :]


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return True


@given(st.binary(max_size=60))
@settings(max_examples=300)
def test_cells_of_a_script_that_is_python_are_python(numbers: bytes) -> None:
    text = with_plain_ends(script_of(numbers))  # how Python takes a \\r after a backslash depends on its place
    if _is_python(text):
        assert all(_is_python(cell.code) for cell in cells_of(text)), codes(text)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf# %%\r\nx = 1\r\n\r\n# %%\r\ny = 2",
        "# coding: latin-1\n# %%\ns = 'é'\n\n\n".encode("latin-1"),
        "#!/bin/x\n# -*- coding: cp1252 -*-\ns = '€'".encode("cp1252"),
        "# vim: set fileencoding=shift_jis :\ns = '表'\n".encode("shift_jis"),
        b"\xef\xbb\xbf# coding: utf-8\r\nx = '\xe2\x86\x92'\r\n",
    ],
)
def test_marks_of_an_encoding_and_line_ends_stay_when_a_cell_changes(content: bytes) -> None:
    program = program_of(PATH, content)
    assert content_with(program, {}) == content
    last = program.cells[-1]
    changed = content_with(program, {last.id: last.code + "\nz = 3"})
    end = b"\r\n" if b"\r\n" in content else b"\n"
    bare = content.rstrip()
    assert changed == bare + end + b"z = 3" + content[len(bare) :]
    assert program_of(PATH, changed).cells[-1].code == last.code + "\nz = 3"


def test_code_that_the_encoding_has_no_letters_for_is_refused() -> None:
    program = program_of(PATH, b"# coding: latin-1\nx = 1\n")
    with pytest.raises(ProgramError, match=r"train.py is written in iso-8859-1, which has no '→', as in line 2"):
        content_with(program, {"cell-1": "# coding: latin-1\nx = '→'"})
    assert content_with(program, {"cell-1": "# coding: utf-8\nx = '→'"}) == "# coding: utf-8\nx = '→'\n".encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"x = '\xff'\n", "train.py cannot be read as Python: invalid or missing encoding declaration"),
        (b"\xef\xbb\xbfa\nb\nx = '\xff'\n", "train.py is not written in utf-8-sig, as Python expects: see line 3"),
        (b"# coding: nonsense\n", "train.py cannot be read as Python: unknown encoding: nonsense"),
        (b"# coding: rot13\nx = 1\n", "train.py declares rot13, which is no encoding of text"),
        ("x = 1\n".encode("utf-16"), "train.py is no Python program, since it is no text: it has bytes that are 0"),
        (b"\x7fELF\x00\x01", "train.py is no Python program, since it is no text: it has bytes that are 0"),
    ],
)
def test_what_is_no_text_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(ProgramError) as error:
        program_of(PATH, content)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    "text", ["# %%\nx = (1\n" * 5000, '# %%\nx = """\n' * 5001, "(" * 100_000, "\\\n" * 100_000], ids=range(4)
)
def test_a_script_that_is_hard_to_divide_is_joined_all_the_same(text: str) -> None:
    assert divided(text).joined({}) == text
