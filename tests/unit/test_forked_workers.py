"""What stands for a forked test process has its streams and its end, as a Python that pytest-xdist starts has."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace

import psutil
import pytest

from tests.workers import ForkedWorkers

AS_XDIST_DOES = ("-u", "-c", "import sys;exec(eval(sys.stdin.readline()))")


@contextmanager
def forked_workers(*imported: str, arguments: Sequence[str] | None = None) -> Iterator[list[str]]:
    """The command that pytest-xdist would start."""
    config = SimpleNamespace(option=SimpleNamespace(tx=["popen", "popen"]))
    workers = ForkedWorkers(config, imported, arguments)  # type: ignore[arg-type]
    try:
        yield [*shlex.split(config.option.tx[0].removeprefix("popen//python=")), *AS_XDIST_DOES]
    finally:
        workers.pytest_unconfigure()


def started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True)


def told(worker: subprocess.Popen[str], code: str) -> None:
    assert worker.stdin is not None
    print(repr(code), file=worker.stdin, flush=True)


@pytest.mark.parametrize("imported", [("wave",), ("no_such_module",)])
def test_a_test_process_is_a_fork_where_all_can_be_imported_and_does_what_it_is_told(imported: tuple[str]) -> None:
    with forked_workers(*imported) as command, started(command) as one, started(command) as other:
        for number, worker in enumerate((one, other)):
            told(worker, f"print('wave' in sys.modules, sys.argv, sys.stdin.readline()); sys.exit({number + 3})")
            assert worker.communicate("more\n", timeout=60)[0] == f"{imported == ('wave',)} ['-c'] more\n\n"
            assert worker.returncode == number + 3


def test_a_test_process_knows_the_modules_of_its_tests_as_pytest_rewrites_them(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").touch()  # or else it is looked for one in all that is beside it
    (tmp_path / "test_one.py").write_text("import helper\n\ndef test() -> None:\n    assert helper.__name__")
    (tmp_path / "test_cannot_be_imported.py").write_text("1 / 0")
    (tmp_path / "helper.py").touch()
    code = """
import sys
print(type(sys.modules["test_one"].__loader__).__name__, "test_cannot_be_imported" in sys.modules)
"""
    with forked_workers(arguments=["-p", "no:cacheprovider", str(tmp_path)]) as command, started(command) as worker:
        told(worker, code)
        assert worker.communicate(timeout=60)[0] == "AssertionRewritingHook False\n"


def test_a_test_process_ends_when_what_stands_for_it_is_killed() -> None:
    with forked_workers() as command, started(command) as worker:
        told(worker, "import os; print(os.getpid(), flush=True); sys.stdin.read()")
        assert worker.stdout is not None
        process = psutil.Process(int(worker.stdout.readline()))
        assert process.pid != worker.pid
        worker.send_signal(signal.SIGKILL)
        psutil.wait_procs([process], timeout=60)
        assert not process.is_running()


def test_a_test_process_has_the_environment_of_when_it_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    with forked_workers() as command:
        monkeypatch.setenv("SAID_BY_A_PLUGIN", "yes")
        with started(command) as worker:
            told(worker, "import os; print(os.environ['SAID_BY_A_PLUGIN'])")
            assert worker.communicate(timeout=60)[0] == "yes\n"


def test_no_test_process_is_left_of_whoever_deals_out_tests() -> None:
    with forked_workers() as command, started(command) as worker, closing(worker.stdin):
        told(worker, "import os; print(os.getpid(), flush=True); sys.stdin.read()")
        assert worker.stdout is not None
        process = psutil.Process(int(worker.stdout.readline()))
    assert not process.is_running()
