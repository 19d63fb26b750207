"""`tui-torch open` without the app: what goes where, what is said of a training, and how it exits."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.courses import hash_of
from tests.nursery import COMMAND, Nursery
from tui_torch.console.programs.opening import run_program
from tui_torch.console.programs.views import JsonView, PipedView, TerminalView
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.programs.calls import call_of
from tui_torch.programs.reading import read_script
from tui_torch.tutor.progress.progress import Progress

pytestmark = pytest.mark.xdist_group("kernel")

in_the_kernels_loop = pytest.mark.asyncio(loop_scope="module")

TRAINS = """
import argparse, sys, torch
parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int)
w = torch.ones(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
for step in range(parser.parse_args().steps):
    error = (w ** 2).sum()
    error.backward()
    optimizer.step()
print("trained", end="")
print("on stderr", file=sys.stderr)
w @ torch.ones(3, 2)
"""


def program(folder: Path, code: str, name: str = "mine.py") -> Path:
    file = folder / name
    file.write_text(code.lstrip(), "utf-8")
    return file


def read_bytes(path: str) -> bytes:
    return Path(path).read_bytes()


async def piped(kernel: KernelSession, file: Path, *arguments: str) -> tuple[int, str]:
    """The exit code, and what is said of the program."""
    said = io.StringIO()
    view = PipedView(kernel.answer, Console(file=said, width=80), ascii_only=True)
    read = read_script(file)
    return await run_program(kernel, read.text, call_of(read.path, arguments, file.parent), view), said.getvalue()


@in_the_kernels_loop
async def test_what_it_writes_goes_where_it_writes_it_and_what_is_said_of_it_comes_after(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = program(tmp_path, TRAINS)
    code, said = await piped(kernel, file, "--steps", "6")
    assert code == 1
    assert capsys.readouterr() == ("trained", "on stderr\n")
    chart, _, rest = said.partition(f'  File "{file}", line 12, in <module>\n    w @ torch.ones(3, 2)\n')
    assert "step 6" in chart
    assert rest.startswith("RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x1 and 3x2)\n\nw is [1],")
    assert "line 8  Nothing zeroes the gradients" in rest


@in_the_kernels_loop
async def test_json_has_a_line_for_each_event(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = program(tmp_path, TRAINS)
    read = read_script(file)
    assert (
        await run_program(kernel, read.text, call_of(read.path, ("--steps", "6"), None), JsonView(kernel.answer)) == 1
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [line["event"] for line in lines]
    assert (kinds[0], kinds[-2:]) == ("started", ["variables", "finished"])
    assert {key: lines[-1][key] for key in ("outcome", "exit_code", "reason")} == {
        "outcome": "failed",
        "exit_code": 1,
        "reason": None,
    }
    written = [(line["stream"], line["text"]) for line in lines if line["event"] == "output"]
    assert written == [("stdout", "trained"), ("stderr", "on stderr\n")]
    series = [one for line in lines if line["event"] == "training" for one in line["series"]]
    assert sum(len(one["points"]) for one in series if one["name"] == "error") == 6
    assert [line["line"] for line in lines if line["event"] == "note"] == [8]
    (failed,) = (line for line in lines if line["event"] == "failed")
    assert failed["frames"] == [{"file": str(file), "line": 12, "function": "<module>", "code": "w @ torch.ones(3, 2)"}]
    assert failed["explanation"]["names"]["w"].startswith("[1] float32")
    assert "w" in [variable["name"] for variable in lines[-2]["variables"]]


@in_the_kernels_loop
async def test_lines_of_standard_input_are_the_programs(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\nthree\n"))
    file = program(tmp_path, "import sys\nprint([input('? '), sys.stdin.readline()], sys.stdin.read())\ninput()\n")
    code, said = await piped(kernel, file)
    assert capsys.readouterr().out == "? ['one', 'two\\n'] three\n\n"
    assert code == 1
    assert "EOFError: EOF when reading a line" in said


@in_the_kernels_loop
async def test_a_terminal_shows_it_with_control_characters_written_out(kernel: KernelSession, tmp_path: Path) -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=80, force_terminal=False)
    read = read_script(program(tmp_path, "import sys\nprint('text')\nsys.exit(4)\n"))
    view = TerminalView(kernel, console, read.text, ascii_only=True)
    assert await run_program(kernel, read.text, call_of(read.path, (), None), view) == 4
    assert screen.getvalue() == "text\nThe program ended with exit code 4.\n"


@in_the_kernels_loop
async def test_a_figure_is_kept_in_a_file(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    file = program(
        tmp_path,
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.plot([2, 1])\nplt.savefig('saved.png')\n",
    )
    code, _ = await piped(kernel, file)
    _, err = capsys.readouterr()
    assert code == 0
    assert err.count("tui-torch: a figure is saved at ") == 1
    assert read_bytes(err.strip().partition(" saved at ")[2]).startswith(b"\x89PNG")
    assert (tmp_path / "saved.png").is_file()


@in_the_kernels_loop
async def test_a_process_that_ends_itself_has_the_exit_code_that_it_would_have(
    zygote: Zygote, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found: list[tuple[int, str]] = []
    for code in ("import os\nos._exit(9)\n", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"):
        session = KernelSession(zygote=zygote)
        await session.start()
        found.append(await piped(session, program(tmp_path, code)))
        await session.close()
    assert [code for code, _ in found] == [9, 128 + 9]
    assert found[0][1] == "The code ended the kernel process (exit code 9).\n"


def test_what_is_trusted_runs_unasked_and_the_command_exits_as_it_does(tmp_path: Path, nursery: Nursery) -> None:
    file = program(tmp_path, "import sys\nprint(sys.argv[1:])\nsys.exit(7)\n")
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.trust(hash_of(file))
    done = subprocess.run(
        [*COMMAND, "open", file.name, "--", "--lr", "0.1"],
        cwd=tmp_path,
        env=os.environ | nursery.environment | {"TUI_TORCH_HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (7, "['--lr', '0.1']\n")
    assert done.stderr == "The program ended with exit code 7.\n"
