"""A notebook's cells run one by one with the names that those before left, each known by its number."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tui_torch.console.programs.cell_heads import head_of
from tui_torch.console.programs.opening import run_notebook
from tui_torch.console.programs.views import JsonView, PipedView
from tui_torch.kernel.session import KernelSession
from tui_torch.programs.program import OwnProgram
from tui_torch.programs.reading import program_of
from tui_torch.protocol.orders import Run

pytestmark = pytest.mark.xdist_group("kernel")

in_the_kernels_loop = pytest.mark.asyncio(loop_scope="module")


def notebook(folder: Path, *codes: str) -> OwnProgram:
    cells = [
        {"cell_type": "code", "id": f"c{at}", "metadata": {}, "outputs": [], "source": code}
        for at, code in enumerate(codes)
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return program_of(folder / "mine.ipynb", json.dumps(document).encode())


async def opened(kernel: KernelSession, folder: Path, *codes: str) -> tuple[int, str]:
    """The exit code of a notebook's run, and what is said of its cells."""
    said = io.StringIO()
    console = Console(file=said, width=80)
    view = lambda code: PipedView(kernel.answer, console, ascii_only=True)  # noqa: E731
    exit_code = await run_notebook(
        kernel, notebook(folder, *codes), folder, view, lambda cell, number: console.print(f"In [{number}]")
    )
    return exit_code, said.getvalue()


@in_the_kernels_loop
async def test_names_stay_from_cell_to_cell_also_after_one_that_raises(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, said = await opened(kernel, tmp_path, "x = 1", "y = 2\n1 / 0\ny = 3", "def f(:", "print(x, y)", "x + y")
    assert capsys.readouterr().out == "1 2\n3\n"
    assert "In [2]\n  In [2], line 2, in <module>\n    1 / 0\nZeroDivisionError: division by zero" in said
    assert "In [3]\n  In [3], line 1, in <module>\n    def f(:\nSyntaxError" in said
    assert exit_code == 1


@in_the_kernels_loop
async def test_all_is_fresh_in_the_next_notebook_and_outside(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "beside.py").write_text("WORD = 'a word'", "utf-8")
    first = (
        "import os, sys, beside\nprint(os.getcwd(), sys.path[0], beside.WORD)",
        "x = 1",
        "import random; random.seed()",
    )
    assert (await opened(kernel, tmp_path, *first))[0] == 0
    assert capsys.readouterr().out == f"{tmp_path} {tmp_path} a word\n"
    code = "import os, sys\nprint('x' in globals(), 'beside' in sys.modules, '{0}' in sys.path, os.getcwd() == '{0}')"
    async for _ in kernel.run(Run(f"here = 1\n{code.format(tmp_path)}")):
        pass
    other = tmp_path / "other"
    other.mkdir()
    await opened(kernel, other, code.format(tmp_path) + "\nprint('here' in globals())")
    assert capsys.readouterr().out == "False False False False\nFalse\n"


@in_the_kernels_loop
async def test_a_line_of_another_cell_is_shown_and_explained_as_that_cells(
    kernel: KernelSession, tmp_path: Path
) -> None:
    define = "import torch\n\ndef f(x):\n    return x @ torch.ones(3, 2)"
    _, said = await opened(kernel, tmp_path, define, "# f is called\nf(torch.ones(2, 2))")
    assert "  In [2], line 2, in <module>\n    f(torch.ones(2, 2))\n" in said
    assert "  In [1], line 4, in f\n    return x @ torch.ones(3, 2)\n" in said
    assert "x is [2, 2], torch.ones(3, 2) is [3, 2]; in a product the inner sizes 2 and 3" in said


@in_the_kernels_loop
async def test_magics_commands_and_await_are_ipythons(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = (
        "words = !echo a word\nwords",
        "%%capture caught\nprint('hidden')",
        "import asyncio\nawait asyncio.sleep(0, 4)",
    )
    exit_code, _ = await opened(kernel, tmp_path, *cells, "caught.stdout")
    assert (exit_code, capsys.readouterr().out) == (0, "['a word']\n4\n'hidden\\n'\n")


@in_the_kernels_loop
async def test_random_numbers_go_on_and_are_drawn_once(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await opened(kernel, tmp_path, "import torch\na = torch.rand(3)", "b = torch.rand(3)", "print((a == b).any())")
    assert capsys.readouterr().out == "tensor(False)\n"


@in_the_kernels_loop
async def test_classes_of_earlier_cells_reach_workers(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    define = "class Squares:\n    def __len__(self): return 4\n    def __getitem__(self, at): return at * at"
    load = (
        "from torch.utils.data import DataLoader\n"
        "loader = DataLoader(Squares(), batch_size=2, num_workers=1, multiprocessing_context='spawn')"
    )
    exit_code, said = await opened(kernel, tmp_path, define, load, "print([batch.tolist() for batch in loader])")
    assert (exit_code, capsys.readouterr().out) == (0, "[[0, 1], [4, 9]]\n"), said


@in_the_kernels_loop
async def test_a_loss_of_a_function_of_an_earlier_cell_is_drawn_under_its_name(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    define = (
        "import torch\nw = torch.ones(1, requires_grad=True)\n"
        "def train():\n    loss_d = (w ** 2).sum()\n    loss_d.backward()"
    )

    def shown(cell: Any, number: int) -> None:
        print(json.dumps({"event": "cell", "id": cell.id, "number": number}))  # noqa: T201

    assert (
        await run_notebook(
            kernel, notebook(tmp_path, define, "for _ in range(5): train()"), tmp_path,
            lambda code: JsonView(kernel.answer), shown,
        )
        == 0
    )  # fmt: skip
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["id"] for event in events if event["event"] == "cell"] == ["c0", "c1"]
    names = {series["name"] for event in events if event["event"] == "training" for series in event["series"]}
    assert "loss_d" in names, events


@in_the_kernels_loop
async def test_a_process_that_dies_ends_the_notebook(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, said = await opened(kernel, tmp_path, "import os\nos._exit(3)", "print('not reached')")
    assert (exit_code, capsys.readouterr().out) == (1, "")
    assert "In [2]" not in said


def test_a_head_of_a_cell_has_its_number_and_the_heading_above_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# All\n## Load\nthe data"},
        {"cell_type": "code", "id": "c", "metadata": {}, "outputs": [], "source": "x = 1"},
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (cell,) = program_of(tmp_path / "a.ipynb", json.dumps(document).encode()).cells
    head_of(as_json=False)(cell, 3)
    head_of(as_json=True)(cell, 3)
    printed = capsys.readouterr()
    assert printed.err == "In [3]  Load\n"
    assert json.loads(printed.out) == {"event": "cell", "id": "c", "number": 3, "title": "Load"}
