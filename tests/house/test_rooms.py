"""The rooms stay small enough to find one's way in, and what is private elsewhere is touched in few places."""

from __future__ import annotations

import ast

import pytest

from tests.house.count import PACKAGE, classes, lines_per_module, modules, modules_per_folder, private_names

INTERNALS = {
    "tui_torch/ui/textual_internals.py": "Textual",
    "tui_torch/probe/isolation/torch_internals.py": "PyTorch",
    "tui_torch/probe/watch/site/sitecustomize.py": "PyTorch, before anything of ours can be imported",
    "tui_torch/probe/isolation/jupyter_internals.py": "IPython and ipykernel",
    "tui_torch/kernel/jupyter.py": "jupyter_client",
    "tui_torch/probe/isolation/hypothesis_internals.py": "Hypothesis",
}
"""The modules that may use private names, and whose."""


def test_no_folder_has_more_than_16_modules() -> None:
    assert {folder: count for folder, count in modules_per_folder().items() if count > 16} == {}


def test_a_module_over_500_lines_says_in_its_docstring_why() -> None:
    for module, lines in lines_per_module().items():
        if lines > 500:
            docstring = ast.get_docstring(ast.parse((PACKAGE.parent / module).read_text("utf-8"))) or ""
            assert "lines because" in docstring, f"{module} has {lines} lines: divide it, or say why it is one job"


def test_no_two_classes_share_a_name() -> None:
    assert {name: where for name, where in classes().items() if len(where) > 1} == {}


def test_every_room_says_its_one_job() -> None:
    for file in modules():
        if file.name == "__init__.py":
            docstring = ast.get_docstring(ast.parse(file.read_text("utf-8")))
            assert docstring, f"{file.relative_to(PACKAGE.parent)} has no docstring: what is this room for?"


def test_private_names_of_other_software_are_used_in_one_module_each() -> None:
    for file in modules():
        name = file.relative_to(PACKAGE.parent).as_posix()
        if name not in INTERNALS:
            used = [f"line {line}: {private}" for line, private in private_names(file.read_text("utf-8"))]
            assert used == [], f"{name}: move it to one of {', '.join(INTERNALS)}, with its reason and a test"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import torch\ntorch._C._get_sequence_nr()", ["_C", "_get_sequence_nr"]),
        ("from torch.utils._python_dispatch import _pop_mode", ["_python_dispatch", "_pop_mode"]),
        ("timer._skip = False", ["_skip"]),
        ('hasattr(step, "_wrapped"); getattr(node, "_saved_self", None)', ["_saved_self", "_wrapped"]),
        ("class A:\n    def _mine(self): ...\nother._mine()", []),
        ("self._field; sys._getframe(); point._replace(x=1)", []),
    ],
)
def test_a_private_name_of_somebody_else_is_found(source: str, names: list[str]) -> None:
    assert sorted(name for _, name in private_names(source)) == sorted(names)


FRAME_LOCALS = "tui_torch/probe/source/frame_locals.py"
"""The module that reads the names of a frame: what `f_locals` is depends on the Python."""


def readers_of_f_locals(source: str) -> list[int]:
    """The lines that read `f_locals`, in code and not in a comment."""
    nodes = ast.walk(ast.parse(source)) if "f_locals" in source else ()
    return [
        node.lineno
        for node in nodes
        if (isinstance(node, ast.Attribute) and node.attr == "f_locals")
        or (isinstance(node, ast.Constant) and node.value == "f_locals")
    ]


def test_the_names_of_a_frame_are_read_in_one_module() -> None:
    read = {file: readers_of_f_locals(file.read_text("utf-8")) for file in modules()}
    assert read.pop(PACKAGE.parent / FRAME_LOCALS)
    assert {str(file): lines for file, lines in read.items() if lines} == {}, f"read them by {FRAME_LOCALS}"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("x = frame.f_locals['x']", [1]),
        ("from operator import attrgetter\nnames = attrgetter('f_locals')(frame)", [2]),
        ("# frame.f_locals\nframe.f_globals", []),
    ],
)
def test_who_reads_the_names_of_a_frame_is_found(source: str, lines: list[int]) -> None:
    assert readers_of_f_locals(source) == lines
