"""What each test process would import, and compile before that, is imported once, in the process they are forked from.

To collect the tests took four seconds of a core in every test process, and in a new checkout twelve: each rewrote the
asserts of all tests, compiled them, and had Hypothesis read all of our code for constants. What is left to them is to
make the tests of the modules.
"""

from __future__ import annotations

import compileall
import importlib
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

OURS = Path(__file__).parents[2]


def compile_ahead() -> int:
    """Start a process that compiles what is imported later, unless that is done; returns its id."""
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            for part in ("tui_torch", "tests"):
                compileall.compile_dir(OURS / part, quiet=2, rx=re.compile(r"/test_"))
        os._exit(0)
    return pid


def import_tests(arguments: Sequence[str]) -> None:
    """Import the modules of tests that pytest would, given these arguments.

    Of a module that cannot be imported, the test processes tell. Nobody is told of a warning.
    """
    from _pytest.config import _prepareconfig  # it runs no hook of ours but those for options
    from _pytest.pathlib import import_path

    with suppress(Exception, SystemExit), _imported_quietly():
        # To capture would take the standard streams of this process.
        config = _prepareconfig([*arguments, "--capture=no"])
        how: dict[str, Any] = {"mode": config.getoption("importmode"), "root": config.rootpath}
        for path in _modules(config.args):
            with suppress(BaseException):
                import_path(path, consider_namespace_packages=False, **how)
        if "hypothesis" in sys.modules:
            importlib.import_module("hypothesis.internal.conjecture.providers")._get_local_constants()


def _modules(arguments: Sequence[str]) -> Iterator[Path]:
    """Where the modules of tests are, in the order in which they are collected."""
    for path in dict.fromkeys(Path(one.split("::")[0]).absolute() for one in arguments):
        if path.is_file():
            yield path
        elif path.is_dir():
            for entry in sorted(path.iterdir(), key=lambda entry: (entry.name != "__init__.py", entry.name)):
                if entry.is_dir() or entry.match("test_*.py"):
                    yield from _modules([str(entry)])


@contextmanager
def _imported_quietly() -> Iterator[None]:
    """Meanwhile, nothing warns, nor does Hypothesis take it that plugins are imported, which it wants to be quick."""
    hypothesis = importlib.import_module("_hypothesis_globals")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hypothesis.in_initialization -= 2  # for Hypothesis, and for its plugin
        try:
            yield
        finally:
            hypothesis.in_initialization += 2
