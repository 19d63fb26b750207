"""Starts a command in a terminal of its own, as the leader of a session: nothing of ours is between the two."""

from __future__ import annotations

import errno
import os
import signal
import termios
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

IGNORED = (
    *(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE),
    *(signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU),
)
"""Signals that a keeper ignores: it ends when its command has."""
USUAL_SIZE = (24, 80)


@dataclass(frozen=True, slots=True)
class PseudoTerminal:
    """Both ends of one. While the second is open here, the first can be read whatever the command closes."""

    master: int
    slave: int

    @classmethod
    def like(cls, terminal: int) -> PseudoTerminal:
        """One with the settings and the size of a terminal, as far as there is one."""
        master, slave = os.openpty()
        lines, columns = USUAL_SIZE
        with suppress(termios.error, OSError):
            termios.tcsetattr(slave, termios.TCSANOW, termios.tcgetattr(terminal))
            lines, columns = termios.tcgetwinsize(terminal)
        termios.tcsetwinsize(slave, (lines or USUAL_SIZE[0], columns or USUAL_SIZE[1]))
        os.set_blocking(master, False)
        return cls(master, slave)

    def resize(self, columns: int, lines: int) -> None:
        """Give it a size, of which its programs hear."""
        with suppress(OSError, termios.error):
            if termios.tcgetwinsize(self.master) != (lines, columns):
                termios.tcsetwinsize(self.master, (lines, columns))


def ignore_signals() -> dict[int, Any]:
    """Ignore those that could end a keeper. Returns what was done of each before."""
    return {number: signal.signal(number, signal.SIG_IGN) for number in IGNORED}


def start(command: list[str], environment: dict[str, str], terminal: PseudoTerminal, signals: dict[int, Any]) -> int:
    """Start a command with the terminal as its own. Returns its pid, which is that of its session and group, too.

    Raises OSError where it cannot be run.

    Args:
        command: The command and its arguments.
        environment: Of which it knows no more.
        terminal: What it reads and writes.
        signals: What it should do of the signals that are ignored here.
    """
    told, tells = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for number, action in signals.items():
                signal.signal(number, action if action is signal.SIG_IGN else signal.SIG_DFL)
            # What Python ignores for itself: a program that is not a Python would find it ignored.
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            os.login_tty(terminal.slave)
            os.execvpe(command[0], command, environment)
        except BaseException as error:
            number = error.errno if isinstance(error, OSError) and error.errno else errno.EINVAL
            os.write(tells, str(number).encode())
        finally:
            os._exit(127)
    os.close(tells)
    with os.fdopen(told, "rb") as reader:
        refused = reader.read()
    if refused:
        os.waitpid(pid, 0)
        raise OSError(int(refused), os.strerror(int(refused)))
    return pid
