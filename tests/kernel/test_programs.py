"""A program in a file runs in the kernel as `python FILE` runs it: the same text on stdout, the same exit code."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kernel.runs import only, run
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import Event, Failed, Finished, InputRequested, Noted, Output, ProgramExited, PutBack
from tui_torch.protocol.events import TrainingProgress as Progress
from tui_torch.protocol.orders import ProgramCall, Run

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

END_OF_INPUT = "\x04"

PROGRAMS = {
    "names": """
        "A program."
        import __main__, builtins, os, sys
        import multiprocessing
        print(sorted(globals()), __doc__, __name__, __spec__, __package__, __builtins__, type(__loader__).__name__)
        print(os.path.basename(__file__), os.path.isabs(__file__), sys.argv, sys.path[0], os.getcwd())
        print(vars(__main__) is globals(), sys.modules["__mp_main__"] is __main__)
        print([hasattr(builtins, name) for name in ("display", "__IPYTHON__", "get_ipython")], hasattr(sys, "ps1"))
        import IPython
        print(IPython.get_ipython())
        print(len(sys.path), exit, [name for name in os.environ if "JPY" in name or "COLOR" in name])
        "A last value is not shown"
    """,
    "arguments": """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--epochs", type=int, default=1)
        parser.add_argument("rest", nargs="*")
        print(parser.prog, parser.parse_args())
    """,
    "wrong_arguments": """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--needed", required=True)
        print("before")
        parser.parse_args()
    """,
    "neighbours": """
        import beside
        from folder import inner
        print(beside.WORD, beside.__name__, inner.WORD, open("data.txt").read())
    """,
    "pickled": """
        import pickle
        class Box:
            def __init__(self, value): self.value = value
        print(pickle.loads(pickle.dumps(Box(3))).value, pickle.dumps(Box(1)), Box.__module__)
    """,
    "exit_0": "import sys; print('out'); sys.exit(0)",
    "exit_7": "import sys; print('out'); sys.exit(7)",
    "exit_none": "raise SystemExit",
    "exit_300": "raise SystemExit(300)",
    "exit_words": "import sys; sys.exit('no luck')",
    "quit": "quit()",
    "raised": """
        print("before")
        1 / 0
    """,
    "no_python": "print('never'",
    "at_exit": """
        import atexit, threading, time
        atexit.register(print, "last")
        @atexit.register
        def first(): print("first")
        gone = atexit.register(lambda: print("never"))
        atexit.unregister(gone)
        threading.Thread(target=lambda: (time.sleep(0.05), print("thread"))).start()
        print("end")
    """,
    "at_exit_raised": """
        import atexit
        atexit.register(print, "still")
        atexit.register(lambda: 1 / 0)
        raise ValueError
    """,
    "loop": """
        import asyncio
        async def main(): return 3
        print(asyncio.run(main()))
        print(asyncio.new_event_loop().run_until_complete(main()))
        with asyncio.Runner() as runner: print(runner.run(main()))
    """,
    "fork": """
        import os, sys
        if pid := os.fork():
            print("ended with", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        else:
            print("the other", flush=True)
            sys.exit(3)
    """,
    "input": """
        import sys
        try: input("a line? ")
        except EOFError as error: print("no line:", error, input.__name__)
        print(repr(sys.stdin.read()), sys.stdin.readlines(), list(sys.stdin))
    """,
    "hook": """
        import sys
        def hook(cls, error, traceback): print("caught", cls, traceback.tb_lineno, traceback.tb_frame.f_code.co_name)
        sys.excepthook = hook
        raise KeyError("k")
    """,
    "lines": """
        import inspect
        \x0c
        def f(): pass
        print(inspect.getsource(f), inspect.getsourcefile(f) == __file__, f.__code__.co_firstlineno)
    """,
    "logged": """
        import logging, sys
        logging.basicConfig(stream=sys.stdout, format="%(name)s %(message)s")
        logging.warning("w")
    """,
    "warned": """
        import warnings
        warnings.showwarning = lambda m, c, f, l, *rest: print(m, c, f == __file__, l)
        warnings.warn("w")
    """,
    "written": """
        import sys
        sys.stdout.reconfigure(line_buffering=True)
        print("text", end=" ")
        sys.stdout.flush()
        sys.stdout.buffer.write("bytés\\n".encode())
        sys.stdout.buffer.flush()
    """,
}

PROCESSES = """
    import multiprocessing, os, sys
    def square(x): return os.path.basename(sys.argv[0]), __name__, Box(x * x)
    class Box:
        def __init__(self, value): self.value = value
    def say(word): print(word, flush=True)
    print("imported as", __name__, flush=True)
    if __name__ == "__main__":
        for method in ("fork", "spawn", "forkserver"):
            context = multiprocessing.get_context(method)
            with context.Pool(1) as pool:
                print([(a, b, box.value) for a, b, box in pool.map(square, [2, 3])], flush=True)
        os.system("echo from a shell")
        process = multiprocessing.get_context("spawn").Process(target=say, args=("not joined",))
        process.start()
"""


def text_of(program: str) -> str:
    return textwrap.dedent(program).strip() + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("WORD = 'beside'\n", "utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.py").write_text("from beside import WORD as OTHER\nWORD = OTHER.upper()\n", "utf-8")
    (tmp_path / "data.txt").write_text("data", "utf-8")
    return tmp_path


def read(file: Path) -> str:
    return file.read_text("utf-8")


async def opened(kernel: KernelSession, file: Path, *arguments: str, text: str | None = None) -> list[Event]:
    program = ProgramCall(str(file), (file.name, *arguments), str(file.parent))
    events: list[Event] = []
    async for event in kernel.run(Run(read(file) if text is None else text, inspect=False, program=program)):
        if isinstance(event, InputRequested):
            events.append(Output(event.prompt))
            kernel.answer(END_OF_INPUT)
        events.append(event)
    return events


def stdout(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Output) and event.stream == "stdout")


def in_python(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, file.name, *arguments],
        cwd=file.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_program_does_what_it_does_in_python(kernel: KernelSession, folder: Path, name: str) -> None:
    file = folder / f"{name}.py"
    file.write_text(text_of(PROGRAMS[name]), "utf-8")
    arguments = ("--epochs", "3", "x") if name == "arguments" else ("a", "-b")
    usual, events = in_python(file, *arguments), await opened(kernel, file, *arguments)
    assert stdout(events) == usual.stdout, usual.stderr
    assert only(events, ProgramExited).code == usual.returncode
    assert only(events, Finished).outcome == ("ok" if usual.returncode == 0 else "failed")


@pytest_asyncio.fixture(loop_scope="module")
async def outside_pytest(zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[KernelSession]:
    """A kernel that hears what other processes print: ipykernel has it so where it sees no pytest."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    session = KernelSession(zygote=zygote)
    await session.start()
    yield session
    await session.close()


async def test_processes_are_started_as_python_starts_them(outside_pytest: KernelSession, folder: Path) -> None:
    file = folder / "processes.py"
    file.write_text(text_of(PROCESSES), "utf-8")
    usual, events = in_python(file), await opened(outside_pytest, file)
    assert sorted(stdout(events).splitlines()) == sorted(usual.stdout.splitlines())
    assert only(events, ProgramExited).code == 0


async def test_all_that_a_process_has_written_comes_before_the_end(outside_pytest: KernelSession, folder: Path) -> None:
    file = folder / "counts.py"
    file.write_text("import os\nos.system('seq 30000')\n", "utf-8")
    events = await opened(outside_pytest, file)
    assert stdout(events).split() == [str(number) for number in range(1, 30001)]


@pytest.mark.parametrize("method", ["fork", "spawn", pytest.param("forkserver", marks=pytest.mark.slow)])
async def test_a_loaders_workers_find_the_classes_of_the_file(kernel: KernelSession, folder: Path, method: str) -> None:
    file = folder / "loading.py"
    file.write_text(
        "import beside\nfrom torch.utils.data import DataLoader, Dataset\n"
        "class Squares(Dataset):\n    def __len__(self): return 4\n    def __getitem__(self, at): return at * at\n"
        "class Batch(list): pass\ndef together(items): return Batch([*items, beside.WORD])\n"
        f"if __name__ == '__main__':\n    options = dict(num_workers=1, multiprocessing_context={method!r})\n"
        "    print(list(DataLoader(Squares(), 2, collate_fn=together, **options)))\n",
        "utf-8",
    )
    events = await opened(kernel, file)
    assert stdout(events) == "[[0, 1, 'beside'], [4, 9, 'beside']]\n"


async def test_modules_beside_it_are_read_again_when_they_changed(kernel: KernelSession, folder: Path) -> None:
    file = folder / "twice.py"
    file.write_text("import beside, folder.inner\nprint(beside.WORD, folder.inner.WORD)\n", "utf-8")
    first = stdout(await opened(kernel, file))
    (folder / "beside.py").write_text("WORD = 'changed, and longer'\n", "utf-8")
    assert (first, stdout(await opened(kernel, file))) == (
        "beside BESIDE\n",
        "changed, and longer CHANGED, AND LONGER\n",
    )


async def test_a_module_beside_it_is_its_own_though_the_kernel_has_one_of_that_name(
    kernel: KernelSession, folder: Path
) -> None:
    for name in ("code", "profile", "comm"):
        (folder / f"{name}.py").write_text(f"WORD = 'my {name}'\n", "utf-8")
    file = folder / "namesakes.py"
    own = "import code, profile, comm\nprint(code.WORD, profile.WORD, comm.WORD)\n"
    file.write_text(own, "utf-8")
    events = await opened(kernel, file, text=f"import torch, {own.removeprefix('import ')}")
    assert stdout(events) == in_python(file).stdout == "my code my profile my comm\n"
    assert stdout(await run(kernel, "import code\nprint(code.InteractiveConsole.__name__)")) == "InteractiveConsole\n"


async def test_nothing_of_a_program_is_left_for_what_runs_next(kernel: KernelSession, folder: Path) -> None:
    look = "import sys, os\nprint(sys.argv, sys.path, os.getcwd(), sys.modules.get('beside'), '__file__' in globals())"
    look += "\nprint(display, sorted(os.environ), sys.stdin, x if 'x' in globals() else None)"
    before = stdout(await run(kernel, look))
    file = folder / "leaves.py"
    file.write_text("import beside\nx = 1\nprint(x)\n", "utf-8")
    await opened(kernel, file)
    events = await run(kernel, look)
    assert stdout(events) == before
    assert not [event for event in events if isinstance(event, PutBack)]


async def test_an_error_is_told_with_the_files_and_lines_that_it_came_through(
    kernel: KernelSession, folder: Path
) -> None:
    file, beside = folder / "wrong.py", folder / "layers.py"
    file.write_text("import torch\nfrom layers import apply\n\napply(torch.ones(2, 3))\n", "utf-8")
    beside.write_text("import torch\nW = torch.ones(4, 5)\ndef apply(x):\n    return x @ W\n", "utf-8")
    failed = only(await opened(kernel, file), Failed)
    assert [(frame.file, frame.line, frame.function, frame.code) for frame in failed.frames] == [
        (str(file), 4, "<module>", "apply(torch.ones(2, 3))"),
        (str(beside), 4, "apply", "return x @ W"),
    ]
    assert failed.explanation is not None
    assert dict(failed.explanation.names) == {"x": "[2, 3] float32", "W": "[4, 5] float32"}


async def test_a_line_is_where_python_counts_it(kernel: KernelSession, folder: Path) -> None:
    file = folder / "paged.py"
    file.write_text("x = '\\u2028'\n\x0c\nif x:\n    1 / 0\n".replace("\\u2028", "\u2028"), "utf-8")
    (frame,) = only(await opened(kernel, file), Failed).frames
    assert (frame.line, frame.code) == (4, "1 / 0")


async def test_a_module_that_is_no_python_is_told_by_its_own_line(kernel: KernelSession, folder: Path) -> None:
    file = folder / "importing.py"
    file.write_text("import broken\n", "utf-8")
    (folder / "broken.py").write_text("x = 1\ny = (\n", "utf-8")
    failed = only(await opened(kernel, file), Failed)
    assert [(frame.file, frame.line) for frame in failed.frames] == [
        (str(file), 1),
        (str(folder / "broken.py"), 2),
    ]


async def test_a_training_in_a_function_has_its_losses_and_notes(kernel: KernelSession, folder: Path) -> None:
    file = folder / "training.py"
    file.write_text(
        "import torch\nfrom steps import train\n\n"
        "def main():\n    model = torch.nn.Linear(2, 1)\n    optimizer = torch.optim.SGD(model.parameters(), 0.01)\n"
        "    x = torch.ones(4, 2)\n    for _ in range(8):\n        loss = (model(x) ** 2).mean()\n"
        "        loss.backward()\n        optimizer.step()\n    train()\n\nif __name__ == '__main__':\n    main()\n",
        "utf-8",
    )
    (folder / "steps.py").write_text(
        "import torch\n\ndef train():\n    w = torch.ones(1, requires_grad=True)\n    for _ in range(5):\n"
        "        penalty = (w ** 2).sum()\n        penalty.backward()\n        w.grad = None\n",
        "utf-8",
    )
    events = await opened(kernel, file)
    counts: dict[str, int] = {}
    for event in events:
        for series in event.series if isinstance(event, Progress) else ():
            if series.kind == "loss":
                counts[series.name] = counts.get(series.name, 0) + len(series.points)
    assert counts == {"loss": 8, "penalty": 5}
    notes = [event.note for event in events if isinstance(event, Noted)]
    assert [(note.rule, note.line) for note in notes] == [("never-zeroed", 10)]


async def test_the_text_that_is_given_runs_though_the_file_holds_another(kernel: KernelSession, folder: Path) -> None:
    file = folder / "draft.py"
    file.write_text("print('saved')\n", "utf-8")
    events = await opened(kernel, file, text="def f(): pass\nimport inspect\nprint(inspect.getsource(f))\n")
    assert stdout(events) == "def f(): pass\n\n"


async def test_a_folder_that_is_gone_is_said(kernel: KernelSession, folder: Path) -> None:
    file = folder / "somewhere.py"
    file.write_text("print(1)\n", "utf-8")
    program = ProgramCall(str(file), (file.name,), str(folder / "gone"))
    events = [event async for event in kernel.run(Run("print(1)", program=program))]
    assert only(events, Failed).error == "FileNotFoundError"
    assert only(events, Finished).outcome == "failed"
