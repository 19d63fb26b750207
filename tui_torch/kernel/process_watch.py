"""Waits for the end of a kernel process, ends one that takes too much memory, and says why it ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

from tui_torch.kernel.forked_process import UNKNOWN_END
from tui_torch.kernel.process import KernelProcess
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.processes.looking import FILE, looked_at

POLL_SECONDS = 0.1
"""Seconds between two looks at the process."""


class ProcessWatch:
    """Watches one process.

    Args:
        limit: Gives the bytes that it may have in memory; None: three quarters of what is free.
        zygote: Started again should it end meanwhile, so that the next kernel is there as fast as ever.
    """

    def __init__(self, process: KernelProcess, limit: Callable[[], int | None], zygote: Zygote | None = None) -> None:
        self._process = process
        self._limit = limit
        self._zygote = zygote
        self._excess: str | None = None
        """Why the process was killed here; None while it was not."""

    async def wait(self) -> None:
        """Return when the process has ended."""
        from tui_torch.kernel import memory_limit  # imports psutil, which the launch need not wait for

        usual = memory_limit.usual_limit()
        child = self._process.child
        assert child is not None
        while child.poll() is None:
            limit = self._limit() or usual
            if (taken := memory_limit.taken(child.pid)) > limit:
                self._excess = (
                    f"The code took {taken / memory_limit.GB:.1f} GB of memory, and it may take "
                    f"{limit / memory_limit.GB:.1f} GB (`memory` in config.toml), so its kernel was ended."
                )
                self._process.kill()
            if self._zygote is not None:
                self._zygote.start()
            await asyncio.sleep(POLL_SECONDS)

    def cause(self) -> str:
        """Why the process ended, in a sentence."""
        if self._excess is not None:
            return self._excess
        name = self._looked_at()
        ended = "The code ended"
        if name is not None:
            ended = f"Looking at {f'`{name}`' if name else 'the values'}, and not your code, ended"
        match self._process.child and self._process.child.returncode:
            case int(code) if code < 0:
                with suppress(ValueError):
                    return f"{ended} the kernel process ({signal.Signals(-code).name})."
            case 0:
                return "The code asked the kernel process to exit."
            case int(code) if code != UNKNOWN_END:
                return f"{ended} the kernel process (exit code {code})."
            case _:
                pass
        return "The kernel process is gone."

    def exit_code(self) -> int | None:
        """The exit code of the process as shells count, 139 for SIGSEGV; None where it is not known."""
        code = self._process.child and self._process.child.returncode
        if code is None or code == UNKNOWN_END:
            return None
        return code if code >= 0 else 128 - code

    def _looked_at(self) -> str | None:
        """The name of what the probe was reading when the process ended; None where it was the code that ran."""
        with suppress(OSError):
            return looked_at((self._process.folder / FILE).read_bytes())
        return None

    def last_words(self) -> str:
        """The last line of its log, as a sentence of at most 201 characters."""
        with suppress(OSError):
            if lines := self._process.log_file.read_text("utf-8", "replace").strip().splitlines():
                return f"{lines[-1][:200]}."
        return "it ended without a word."
