"""What a program has asked to be called when it ends, which in the kernel is the end of its run."""

from __future__ import annotations

import atexit
import sys
import traceback
from collections.abc import Callable
from typing import Any

from tui_torch.probe.program.own_files import is_own


class ExitCallbacks:
    """The functions that the learner's own files give to `atexit`; those of libraries wait for the kernel's end."""

    def __init__(self) -> None:
        self._callbacks: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = []
        self._register, self._unregister = atexit.register, atexit.unregister

    def install(self) -> None:
        """Hear of `atexit.register()` and `atexit.unregister()`."""
        self._callbacks.clear()
        self._register, self._unregister = atexit.register, atexit.unregister

        def register(func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Callable[..., Any]:
            if not is_own(sys._getframe(1).f_code.co_filename):
                return self._register(func, *args, **kwargs)
            if not callable(func):
                raise TypeError("the first argument must be callable")
            self._callbacks.append((func, args, kwargs))
            return func

        def unregister(func: Callable[..., Any], /) -> None:
            self._callbacks = [one for one in self._callbacks if one[0] != func]
            self._unregister(func)

        atexit.register, atexit.unregister = register, unregister

    def uninstall(self) -> None:
        """Leave `atexit` as it was."""
        atexit.register, atexit.unregister = self._register, self._unregister

    def call(self) -> None:
        """Call them, the last one first. One that raises is told on stderr, and keeps no other from being called."""
        while self._callbacks:
            function, args, kwargs = self._callbacks.pop()
            try:
                function(*args, **kwargs)
            except SystemExit:
                continue
            except Exception:
                print("Exception ignored in atexit callback:", function, file=sys.stderr)  # noqa: T201
                traceback.print_exc()
