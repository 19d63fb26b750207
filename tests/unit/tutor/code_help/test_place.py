"""What is being written at the cursor."""

from __future__ import annotations

import pytest

from tui_torch.tutor.code_help.place import OpenCall, Place, expression_at, place_of

ATTRIBUTES = {
    "torch.ra": ("torch", "ra"),
    "x.": ("x", ""),
    "x.sum().me": ("x.sum()", "me"),
    "(a + b).s": ("(a + b)", "s"),
    "y = a[0].b": ("a[0]", "b"),
    '"abc".up': ('"abc"', "up"),
    "for x in data.tr": ("data", "tr"),
    "return x.re": ("x", "re"),
    "lambda z: z.s": ("z", "s"),
    "class A(nn.Mo": ("nn", "Mo"),
    "print(f'{loss.it": ("loss", "it"),
    "if (x.": ("x", ""),
}


@pytest.mark.parametrize("code", ATTRIBUTES)
def test_an_attribute_is_of_the_whole_expression_before_the_dot(code: str) -> None:
    place = place_of(f"import torch\n{code}")
    assert ((place.of, place.prefix), place.is_completed) == (ATTRIBUTES[code], True)


@pytest.mark.parametrize(
    "code",
    [
        "print('lo",
        "# tor",
        "1.",
        "12",
        "x = 3.5",
        "'''doc\nx.",
        'print(f"{lo:.',
        "def fo",
        "def f(a, b",
        "class Ne",
        "for i",
    ],
)
def test_nothing_is_completed_in_texts_comments_and_numbers_nor_where_a_name_is_given(code: str) -> None:
    assert not place_of(code).is_completed


IMPORTS = {
    "from torch import n": Place("n", module="torch"),
    "from torch.nn import Linear, Re": Place("Re", module="torch.nn"),
    "import torch.n": Place("n", package="torch"),
    "import to": Place("to", package=""),
    "from torch.ut": Place("ut", package="torch"),
}


@pytest.mark.parametrize("code", IMPORTS)
def test_an_import_is_of_a_module_or_from_one(code: str) -> None:
    assert place_of(code) == IMPORTS[code]


def test_a_key_is_that_of_what_the_subscript_is_of() -> None:
    assert place_of("p['a']['we") == Place("we", keys_of="p['a']")


CALLS = {
    "F.cross_entropy(out, y, red": OpenCall("F.cross_entropy", 0, 2),
    "y = F.cross_entropy(out[1, 2], (y, 1), weight=w, ": OpenCall("F.cross_entropy", 4, 3, given=("weight",)),
    "f(x, reduction='s": OpenCall("f", 0, 1, "reduction"),
    "f(g(1)[2].x, [1, y": OpenCall("f", 0, 1),
    "f(a)(b, c": OpenCall("f(a)", 0, 1),
    "nn.Sequential(nn.Linear(2, 3), nn.R": OpenCall("nn.Sequential", 0, 1),
    "torch.sum((x + y": OpenCall("torch.sum", 0, 0),
    "f(a,\n  b": OpenCall("f", 0, 1),
    "def g(x):\n    return f(x, ": OpenCall("f", 21, 1),
}


@pytest.mark.parametrize("code", CALLS)
def test_a_call_knows_its_function_and_which_argument_is_written(code: str) -> None:
    assert place_of(code).call == CALLS[code]


@pytest.mark.parametrize(
    "code", ["f(a, (b, c", "x = (a, b", "def f(a=1, b", "class A(nn.Module, ", "[1, 2", "f(a)", "while (x"]
)
def test_what_only_groups_or_defines_is_no_call(code: str) -> None:
    assert place_of(code).call == (OpenCall("f", 0, 1) if code.startswith("f(a, ") else None)


@pytest.mark.parametrize(
    ("code", "begins"), [("f(", True), ("f(a, d", True), ("f(a, x.d", False), ("f(k=d", False), ("f([d", False)]
)
def test_an_argument_begins_after_a_comma_of_the_call_itself(code: str, begins: bool) -> None:
    assert place_of(code).begins_argument is begins


@pytest.mark.parametrize(
    ("line", "column", "expression"),
    [
        ("y = torch.nn.Linear(3)", 15, "torch.nn.Linear"),
        ("y = torch.nn.Linear(3)", 6, "torch"),
        ("y = f(x).sum", 11, "f(x).sum"),
        ("# abc", 4, ""),
        ("x = 1", 4, ""),
    ],
)
def test_the_name_under_the_cursor_comes_with_what_it_is_of(line: str, column: int, expression: str) -> None:
    assert expression_at(line, column) == expression


def test_in_long_code_the_call_around_the_cursor_is_found_and_one_that_is_open_since_far_above_is_not() -> None:
    code = "layers = stack(\n" + "x = 1\n" * 5_000 + "    f(a, "
    assert place_of(code).call == OpenCall("f", code.index("f(a"), 1)
    assert place_of(code[:-9]).call is None


def test_long_code_without_a_line_at_the_left_edge_is_read_from_a_line_not_far_above() -> None:
    assert place_of("    x = 1\n" * 5_000 + "    model.la").of == "model"
