"""Runs a command as a shell would: in a process group of its own, with the terminal if there is one, and as itself."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import tui_torch
from tui_torch.protocol.records.lines import RUN_FOLDER

SITE = Path(tui_torch.__file__).parent / "probe" / "watch" / "site"
"""The folder whose `sitecustomize` loads the recorder; nothing of it is imported here."""
_TO_ALL = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
"""Signals that a terminal sends to all of a command's processes; the others are for the command itself."""
_TO_ONE = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit codes of a shell for a command that cannot be run."""


class CannotRunError(Exception):
    """A command cannot be run. The message says why in a sentence."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def watched_environment(environment: Mapping[str, str], run_folder: Path) -> dict[str, str]:
    """An environment in which each Python loads the recorder, and everything else is as it was."""
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path != str(SITE)]
    theirs = os.pathsep.join(paths)
    path = os.pathsep.join((str(SITE), theirs)) if theirs else str(SITE)
    return {**environment, "PYTHONPATH": path, RUN_FOLDER: str(run_folder)}


class Child:
    """A command that runs."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it. Raises CannotRunError."""
        self.pid = 0
        self._terminal = _our_terminal()
        self._group = os.getpgrp()
        self._wakes, wake = os.pipe()
        for descriptor in (self._wakes, wake):
            os.set_blocking(descriptor, False)
        self._wake = wake
        # Before the command starts, so that no signal finds nobody.
        self._before: dict[int, Any] = {}
        self._wakeup_before = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._received: list[int] = []
        for number in (*_TO_ALL, *_TO_ONE, signal.SIGCHLD, signal.SIGCONT):
            if number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT) and signal.getsignal(number) is signal.SIG_IGN:
                continue  # as of `nohup`, and of a shell's background job: the command ignores it, too
            self._before[number] = signal.signal(number, self._receive)
        try:
            self.pid = self._spawned(command, environment)
        except BaseException:
            self._leave()
            raise
        self._give_terminal(self.pid)

    def _spawned(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        ours = [number for number in self._before if number not in (signal.SIGCHLD, signal.SIGCONT)]
        # What Python ignores for itself: a program that is not a Python would find it ignored.
        ours += [signal.SIGPIPE, signal.SIGXFSZ]
        try:
            return os.posix_spawnp(command[0], list(command), environment, setpgroup=0, setsigdef=ours)
        except FileNotFoundError:
            raise CannotRunError(f"there is no command `{command[0]}`", NOT_FOUND) from None
        except OSError as error:
            raise CannotRunError(f"`{command[0]}` cannot be run: {error.strerror}", NOT_EXECUTABLE) from None

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received.append(number)

    def wait(self, look: Callable[[], None], seconds: float) -> int:
        """Wait until the command has ended, and pass signals on to it.

        Args:
            look: Is called every so many `seconds`, and when the command has ended.
            seconds: See `look`.

        Returns:
            Its exit code, as a shell has it: 128 and the number of the signal that ended it.
        """
        try:
            while True:
                while self._received:
                    self._pass_on(self._received.pop(0))
                pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
                if pid and os.WIFSTOPPED(status):
                    self._was_stopped(os.WSTOPSIG(status))
                elif pid:
                    look()
                    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
                ready, _, _ = select.select([self._wakes], [], [], seconds)
                if ready:
                    os.read(self._wakes, 512)
                else:
                    look()
        finally:
            self._leave()

    def _pass_on(self, number: int) -> None:
        with suppress(ProcessLookupError):
            if number in _TO_ALL:
                os.killpg(self.pid, number)
            elif number in _TO_ONE:
                os.kill(self.pid, number)
            elif number == signal.SIGCONT:
                if self._owner_of_terminal() == self._group:  # by `fg`, and not by `bg`
                    self._give_terminal(self.pid)
                os.killpg(self.pid, number)

    def _was_stopped(self, number: int) -> None:
        """The command was stopped, as by ctrl+z: so are we, for the shell to see; its `fg` sends us on."""
        was_early = number in (signal.SIGTTIN, signal.SIGTTOU) and self._owner_of_terminal() == self._group
        if was_early and self._give_terminal(self.pid):  # it used the terminal before we had given it
            os.killpg(self.pid, signal.SIGCONT)
            return
        self._take_terminal_back()
        os.killpg(self._group, signal.SIGSTOP)

    def _owner_of_terminal(self) -> int | None:
        """The process group that the terminal's keys are for."""
        try:
            return None if self._terminal is None else os.tcgetpgrp(self._terminal)
        except OSError:
            return None

    def _give_terminal(self, group: int) -> bool:
        """Make a process group the one that the terminal's keys are for. Returns whether it is."""
        if self._terminal is None:
            return False
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            os.tcsetpgrp(self._terminal, group)
        except OSError:  # the terminal is gone, or the group
            return False
        finally:
            signal.signal(signal.SIGTTOU, before)
        return True

    def _take_terminal_back(self) -> None:
        if self._owner_of_terminal() == self.pid:
            self._give_terminal(self._group)

    def _leave(self) -> None:
        self._take_terminal_back()
        signal.set_wakeup_fd(self._wakeup_before)
        for number, before in self._before.items():
            signal.signal(number, before)
        os.close(self._wakes)
        os.close(self._wake)


def _our_terminal() -> int | None:
    """The descriptor of the terminal whose keys are for us; None where there is none, or they are for others."""
    descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    try:
        return descriptor if os.tcgetpgrp(descriptor) == os.getpgrp() else None
    except OSError:
        return None
