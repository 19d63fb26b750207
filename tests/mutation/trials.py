"""Tries the tests on a mutant, in a forked process that has everything imported. No file is changed.

A mutant inside a function is tried in a process that has collected all tests: the function gets its broken code. A
mutant that runs at import is tried in a process that has imported nothing of ours yet, and imports the broken source.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import select
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from tests.mutation.areas import AREAS, ROOT
from tests.mutation.mutants import Mutant

_PYTEST = ["-n0", "-qqs", "-Wignore", "-pno:cacheprovider", "--hypothesis-seed=0", f"--rootdir={ROOT}"]
_MOST = 2.0
"""Seconds: a test that takes longer is not tried on mutants."""


@dataclass
class Known:
    """What a run of the tests on the sound code has shown."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Of each test that passed."""
    lines: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    """Which lines of which modules each ran."""
    unused: dict[str, str] = field(default_factory=dict)
    """The tests that are not tried, and why."""

    def of(self, mutant: Mutant) -> list[str]:
        """The tests to try on a mutant, quick ones first."""
        area, place = AREAS[mutant.area], mutant.place
        tests = [test for test in self.seconds if test.startswith(area.tests) and test not in self.unused]
        if area.is_traced:
            first, last = place.lines
            ran = {test: self.lines.get(test, {}).get(place.module, []) for test in tests}
            run_it = [test for test in tests if any(first <= line <= last for line in ran[test])]
            tests = run_it or [test for test in tests if ran[test]] or tests
        return sorted(tests, key=self.seconds.__getitem__)


class Trial:
    """A pytest plugin that, in place of running every test, lets `main` run those that it wants."""

    def __init__(self, main: Callable[[Trial], None]) -> None:
        self._main = main
        self.items: dict[str, pytest.Item] = {}
        self.failed: list[str] = []
        self.before: Callable[[str], None] = lambda test: None
        """Called with each test's name before it runs."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("collection failed")
        self.items = {item.nodeid: item for item in session.items}
        self._main(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def run(self, tests: list[str], *, stop: bool = True) -> Iterator[str]:
        """Run the tests up to the first that fails, and yield the name of each once it has run."""
        items = [self.items[test] for test in tests if test in self.items]
        for item, after in zip(items, [*items[1:], None], strict=True):
            self.before(item.nodeid)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            yield item.nodeid
            if stop and self.failed:
                return


def learn(trial: Trial, modules: set[str], untraced: tuple[str, ...]) -> Known:
    """Run all tests on the sound code: how long each takes and, but for those in `untraced`, which lines it runs.

    A test that fails there, or takes longer than _MOST, is not tried on mutants.
    """
    known = Known()
    paths = {str(ROOT / module): module for module in modules}
    ran: dict[str, set[int]] = defaultdict(set)

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        module = paths.get(frame.f_code.co_filename)
        if module is None:
            return None
        ran[module].add(frame.f_lineno)
        return trace

    trial.before = lambda test: sys.settrace(None if test.startswith(untraced) else trace)
    began = time.process_time()
    for test in trial.run(list(trial.items), stop=False):
        sys.settrace(None)
        known.lines[test] = {module: sorted(lines) for module, lines in ran.items()}
        ran.clear()
        known.seconds[test] = -began + (began := time.process_time())
        if known.seconds[test] > _MOST:
            known.unused[test] = f"takes {known.seconds[test]:.0f} s"
    known.unused |= dict.fromkeys(trial.failed, "fails on the sound code")
    return known


def functions() -> dict[tuple[str, str, int], list[FunctionType]]:
    """Every function of this process, by its file, qualified name and first line."""
    gc.unfreeze()
    found: dict[tuple[str, str, int], list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if type(one) is FunctionType:  # isinstance() would ask objects that answer with a warning
            code = one.__code__
            found[code.co_filename, code.co_qualname, code.co_firstlineno].append(one)
    return found


def try_warm(
    trial: Trial, mutant: Mutant, tests: list[str], known: dict[tuple[str, str, int], list[FunctionType]]
) -> Any:
    """Break a function in place and run the tests: a list of the one that failed, or an empty one."""
    assert mutant.place.function is not None
    path = str(ROOT / mutant.place.module)
    broken = {(code.co_qualname, code.co_firstlineno): code for code in _codes(compile(mutant.source, path, "exec"))}
    mine = known[path, *mutant.place.function]
    assert mine, f"no function {mutant.place.function} in {path}"
    for function in mine:
        function.__code__ = broken[mutant.place.function]
    for _ in trial.run(tests):
        pass
    return trial.failed[:1]


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def try_cold(mutant: Mutant, tests: list[str]) -> Any:
    """Import the broken module and run the tests: a list of the one that failed, or an empty one."""

    class Broken(importlib.machinery.SourceFileLoader, importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
            return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

        def get_code(self, fullname: str) -> CodeType:
            return compile(mutant.source, self.path, "exec", dont_inherit=True)

    name = mutant.place.module.removesuffix(".py").replace("/", ".")
    sys.meta_path.insert(0, Broken(name, str(ROOT / mutant.place.module)))
    trial = Trial(lambda trial: [None for _ in trial.run(tests)] and None)
    ended = pytest.main([*_PYTEST, *{test.partition("::")[0]: None for test in tests}], plugins=[trial])
    return trial.failed[:1] or ([] if ended == 0 else ["(its import)"])


def collect(main: Callable[[Trial], None], tests: list[str]) -> int:
    """Collect tests in this process, and give them to `main`."""
    return pytest.main([*_PYTEST, *tests], plugins=[Trial(main)])


def forked(work: Callable[[], object], cpu: float, wall: float) -> Any:
    """What `work` returns in a forked child, by way of JSON; None when it dies or exceeds one of these seconds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)
            os.close(reading)
            if "VERBOSE" not in os.environ:
                os.dup2(os.open(os.devnull, os.O_RDWR), 1)
                os.dup2(1, 2)
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 2))
            resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
            text = json.dumps({"given": work()}).encode()
            while text:
                text = text[os.write(writing, text) :]
        except BaseException:
            if "VERBOSE" in os.environ:
                raise
        finally:
            os._exit(0)
    os.close(writing)
    text, until = b"", time.monotonic() + wall
    while select.select([reading], [], [], max(0.0, until - time.monotonic()))[0]:
        part = os.read(reading, 1 << 20)
        if not part:
            break
        text += part
    os.close(reading)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # also what it has left running
    os.waitpid(child, 0)
    return json.loads(text)["given"] if text.endswith(b"}") else None


def hasten() -> None:
    """Have hypothesis neither shrink nor keep what fails, and PyTorch use one thread."""
    import hypothesis

    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutation", phases=phases, database=None, deadline=None)
    hypothesis.settings.load_profile("mutation")
    os.environ["OMP_NUM_THREADS"] = "1"
    os.chdir(ROOT)
    Path(".hypothesis").mkdir(exist_ok=True)
