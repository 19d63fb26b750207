"""Cells that are IPython's are told from Python by IPython itself."""

from __future__ import annotations

import ast

import pytest

from tui_torch.programs.ipython_syntax import syntax_of


@pytest.mark.parametrize(
    "code",
    [
        "",
        "x = 1",
        "x = 5 %y\nz = a % b",
        "if a != b:\n    pass",
        's = """\n%matplotlib inline\n!ls\nwhat?\n"""',
        "x = (\n    a\n    % b\n)",
        "# what?\n# %time\ns = 'why?'",
        "x = [1,\n2] ; y = 3",
        "def f(:\n",
        'x = """open\n%time',
        "print('é → \u2028')",
    ],
)
def test_a_cell_of_python_stays_as_it_is(code: str) -> None:
    syntax = syntax_of(code)
    assert (syntax.is_python, syntax.python, syntax.lines, syntax.magic) == (True, code, (), "")


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("%matplotlib inline\nimport torch\n\nx = 1", (1,)),
        ("import torch\n!nvidia-smi\nfiles = !ls\nx = %time 1\nx", (2, 3, 4)),
        ("for i in range(3):\n    !echo {i}\n    x = i", (2,)),
        ("torch.nn.Linear?\nx = 1\n??x", (1, 3)),
        ("x = 1\n!ls \\\n  -l\ny = 2", (2, 3)),
        ("  %time x\n  y = 1", (1,)),
    ],
)
def test_lines_of_ipython_are_known_and_the_rest_can_be_parsed(code: str, lines: tuple[int, ...]) -> None:
    syntax = syntax_of(code)
    assert syntax.lines == lines
    assert not syntax.is_python
    ast.parse(syntax.python)


@pytest.mark.parametrize(
    ("code", "magic", "is_python_below"),
    [
        ("%%time\nx = 1\n%time y", "time", True),
        ("%%bash\nls -l\necho $?", "bash", False),
        ("\n%%html\n<b>", "html", False),
    ],
)
def test_a_cell_magic_is_named(code: str, magic: str, is_python_below: bool) -> None:
    syntax = syntax_of(code)
    assert (syntax.magic, syntax.has_python_below, syntax.is_python) == (magic, is_python_below, False)
    assert syntax.lines == (code[: code.index("%%")].count("\n") + 1,)
    ast.parse(syntax.python)
