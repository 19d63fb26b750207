"""The names that code binds where the cursor is, read and not run."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from tui_torch.protocol.code_help import Binding, Member
from tui_torch.tutor.code_help import names_in_code
from tui_torch.tutor.code_help.names_in_code import bound_in, names_at

CODE = """\
import torch, torch.nn as nn
from torch.utils.data import DataLoader
x, y = torch.ones(3), 2
x = x + 1
class Net(nn.Module):
    width: int = 3
    def __init__(self, hidden=3):
        super().__init__()
        self.first = nn.Linear(2, hidden)
    def forward(self, a: torch.Tensor) -> torch.Tensor:
        b = self.first(a)
        return b
net = Net()
for xb, yb in loader:
    loss = net(xb)
    print(loss)
later = [z for z in y]
"""


def names(row: int, code: str = CODE) -> dict[str, Binding]:
    return {binding.name: binding for binding in names_at(code, row)}


def test_a_name_is_bound_to_what_gives_its_value() -> None:
    found = names(16)
    assert found["nn"] == Binding("nn", "import", "torch.nn")
    assert found["DataLoader"] == Binding("DataLoader", "import", "torch.utils.data.DataLoader")
    assert found["y"] == Binding("y", "value", "2")
    assert found["xb"] == Binding("xb", "value")
    assert found["loss"] == Binding("loss", "value", "net(xb)")


def test_what_is_made_of_itself_is_what_it_was() -> None:
    assert names(16)["x"] == Binding("x", "value", "torch.ones(3)")


def test_a_class_has_what_it_defines_and_what_it_gives_to_self() -> None:
    assert names(12)["Net"].members == (
        Member("width", "annotated", "int"),
        Member("first", "value", "nn.Linear(2, hidden)"),
        Member("__init__", "function", "(self, hidden=3)"),
        Member("forward", "function", "(self, a: torch.Tensor) -> torch.Tensor"),
    )


def test_in_a_method_there_are_its_parameters_and_what_it_has_bound() -> None:
    found = names(11)
    assert found["self"] == Binding("self", "instance", "Net")
    assert found["a"] == Binding("a", "annotated", "torch.Tensor")
    assert found["b"] == Binding("b", "value", "self.first(a)")
    assert "later" in found, "it is there by the time that the method is called"


def test_outside_a_function_there_is_what_stands_above() -> None:
    assert {"net", "xb"} - set(names(12)) == {"net", "xb"}
    assert not {"a", "b", "self", "later"} & set(names(15))


def test_the_names_of_a_comprehension_that_is_being_written_are_there() -> None:
    assert "w" in names(0, "[w. for w in x]")
    assert {"p", "q"} <= set(names(0, "f = lambda p, q: p."))


@pytest.mark.parametrize(
    "broken",
    [
        "print(",
        "y = f(a, [1,",
        "if x",
        "for i in",
        "def f(",
        'text = "abc',
        "x ===",
        "    indented = 1",
        "else:",
        "y = ''' abc",
    ],
)
def test_a_line_that_is_no_python_takes_no_names_away(broken: str) -> None:
    assert "first" in names(3, f"first = 1\n{broken}\n\nlast = 2\nla")


def test_a_line_that_is_no_python_yet_assigns_all_the_same() -> None:
    assert names(2, "y = f(a,\n\nz = y")["y"].name == "y"


def test_only_what_ran_as_it_stands_has_a_value() -> None:
    run = bound_in("x = 1\ny = 2")
    found = {binding.name: binding.is_run for binding in names_at("x = 1\ny = 3\n", 2, ("z = 1",), run)}
    assert found == {"z": False, "x": True, "y": False}


def test_a_parameter_has_no_value_though_a_global_of_that_name_has() -> None:
    code = "x = 1\ndef f(x):\n    return x\n"
    assert [b.is_run for b in names_at(code, 2, (), bound_in(code)) if b.name == "x"] == [False]


def test_what_ran_before_a_line_was_broken_is_known_after_it() -> None:
    run = bound_in("import torch\nx = torch.ones(2)")
    found = {binding.name: binding.is_run for binding in names_at("eimport torch\nx = 1\ntorch.", 2, (), run)}
    assert found == {"torch": True, "x": False}
    assert names_at("y = 1\n", 1, (), run) == names_at("y = 1\n", 1)


def test_what_is_made_of_itself_is_what_code_before_it_made() -> None:
    before = "x = torch.ones(2)"
    (found,) = names_at("x = x.view(2, 1)\n", 1, (before,), bound_in(before))
    assert (found.source, found.is_run) == ("torch.ones(2)", True)


OTHERS = """\
if x:
    first = 1
else:
    first = first + 1
@torch.no_grad()
def evaluate(data):
    total = 0
    for one in data:
        total = total + one
    return total
text = '''
class Lost: pass
'''
first = first * 2
"""


def long_code(*, is_broken: bool = False) -> str:
    """Code of 500 lines, each of whose classes, functions and variables has some names that no other one has."""
    parts = [re.sub(r"\b(x|y|net|Net|evaluate|loss)\b", rf"\g<1>{number}", CODE + OTHERS) for number in range(17)]
    return "\n".join([*parts[:9], *(["y9 = f(a, [1,"] if is_broken else []), *parts[9:]])


@pytest.mark.parametrize("is_broken", [False, True])
def test_long_code_is_read_in_blocks_as_it_is_read_as_a_whole(monkeypatch: pytest.MonkeyPatch, is_broken: bool) -> None:
    code = long_code(is_broken=is_broken)
    rows = range(0, code.count("\n"), 3 if not is_broken else 97)
    ran = bound_in("x3 = torch.ones(3)\nfirst = 1")
    monkeypatch.setattr(names_in_code, "_BLOCK", 3)
    assert len([*names_in_code._blocks(code.split("\n"))]) > 40
    assert (names_in_code._names_around_in_blocks(code.split("\n"), 9) is None) == is_broken
    in_blocks = [names_at(code, row, ("first = 3",), ran) for row in rows]
    monkeypatch.setattr(names_in_code, "_LONG", 10**6)
    assert [names_at(code, row, ("first = 3",), ran) for row in rows] == in_blocks


def test_after_a_key_in_long_code_a_tenth_of_it_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "\n".join(f"weight_{number} = torch.ones({number}) * 2" for number in range(2_000))
    parsed: list[int] = []
    parse = ast.parse

    def counted(source: str, *args: Any) -> ast.AST:
        parsed.append(len(source))
        return parse(source, *args)

    monkeypatch.setattr(ast, "parse", counted)
    names_at(code, 1_000)
    parsed.clear()
    lines = code.split("\n")
    found = names_at("\n".join([*lines[:1_000], "", *lines[1_000:]]), 1_000)
    assert [binding.name for binding in found] == [f"weight_{number}" for number in range(1_000)]
    assert 0 < sum(parsed) < len(code) / 10
