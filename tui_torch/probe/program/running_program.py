"""Makes the kernel's process what `python FILE ARGUMENTS` would be, runs the program there, and undoes it."""

from __future__ import annotations

import importlib
import linecache
import multiprocessing
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from tui_torch.probe.isolation.jupyter_internals import end_fork_server
from tui_torch.probe.program.asked_input import AskedInput
from tui_torch.probe.program.ending import ProgramEnd, ended_by
from tui_torch.probe.program.environment import use_environment, use_environment_of_start
from tui_torch.probe.program.exit_callbacks import ExitCallbacks
from tui_torch.probe.program.own_files import own_modules
from tui_torch.probe.program.sibling_names import hide_namesakes
from tui_torch.protocol.orders import ProgramCall


class RunningProgram:
    """The kernel's process as a program, from `enter()` to `leave()`. What it leaves can be looked at until then.

    Args:
        main: The kernel's `__main__`, which the program's names are put into.
        as_python: A block in which the process is as plain Python has it.
        ask: Asks for a line of input, as `AskedInput` says.
    """

    def __init__(
        self, main: ModuleType, as_python: Callable[[], AbstractContextManager[object]], ask: Callable[[str], str]
    ) -> None:
        self._main = main
        self._as_python = as_python
        self._ask = ask
        self._callbacks = ExitCallbacks()
        self._undo: list[Callable[[], object]] = []
        self.program: ProgramCall | None = None
        """What the process is; None where it is no program."""

    def enter(self, program: ProgramCall, text: str) -> None:
        """Become a program: its `__main__`, arguments, folders and variables.

        The names that the kernel's `__main__` had are to be put back by whoever knows them. Raises OSError where its
        folder is gone.
        """
        self.program = program
        os.chdir(program.folder)
        arguments, path = list(sys.argv), list(sys.path)
        environment = use_environment_of_start()
        known, stdin = frozenset(sys.modules), sys.stdin
        folder = str(Path(os.path.realpath(program.file)).parent)
        hidden = hide_namesakes(folder)
        mains = {name: sys.modules.get(name) for name in ("__main__", "__mp_main__")}

        def undo() -> None:
            sys.argv[:], sys.path[:], sys.stdin = arguments, path, stdin
            use_environment(environment)
            for name in own_modules(known):
                del sys.modules[name]
            sys.modules.update(hidden)
            for name, module in mains.items():
                if module is not None:
                    sys.modules[name] = module
            linecache.cache.pop(program.file, None)

        self._undo.append(undo)
        importlib.invalidate_caches()
        linecache.checkcache()
        sys.argv[:] = program.arguments
        sys.path.insert(0, folder)
        sys.stdin = AskedInput(self._ask)
        self._become_main(program, text)
        self._start_processes_as_python_does()

    def run(self, text: str) -> ProgramEnd:
        """Run the program that the process has become."""
        program, names = self.program, vars(self._main)
        assert program is not None
        callbacks = self._callbacks
        callbacks.install()
        try:
            with self._as_python():
                return ended_by(
                    lambda: exec(compile(text, program.file, "exec", dont_inherit=True), names), callbacks.call
                )
        finally:
            callbacks.uninstall()
            _close_figures()

    def leave(self) -> None:
        """Be the kernel again, where the process is a program. The program's modules are imported again the next time.

        A second call changes nothing.
        """
        self.program = None
        while self._undo:
            with suppress(Exception):  # the program can make anything of what is put back here
                self._undo.pop()()

    def _become_main(self, program: ProgramCall, text: str) -> None:
        names = vars(self._main)
        names.clear()
        names.update(
            __name__="__main__",
            __doc__=None,
            __package__=None,
            __loader__=SourceFileLoader("__main__", program.file),
            __spec__=None,
            __builtins__=sys.modules["builtins"],
            __file__=program.file,
            __cached__=None,
        )
        if sys.version_info < (3, 14):
            names["__annotations__"] = {}
        sys.modules["__main__"] = sys.modules["__mp_main__"] = self._main
        # For tracebacks and `inspect.getsource()`: the file may hold another text than the one that runs.
        lines = [f"{line}\n" for line in text.split("\n")]
        linecache.cache[program.file] = (len(text), None, lines, program.file)

    def _start_processes_as_python_does(self) -> None:
        if "forkserver" not in multiprocessing.get_all_start_methods():
            return
        context = multiprocessing.get_context("forkserver")
        end_fork_server()
        context.set_forkserver_preload(["__main__"])

        def undo() -> None:
            end_fork_server()
            context.set_forkserver_preload(["torch"])

        self._undo.append(undo)


def _close_figures() -> None:
    """Close the figures that a program made and did not show: Python's end would."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        with suppress(Exception):
            pyplot.close("all")
