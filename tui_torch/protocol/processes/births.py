"""What the app asks of a zygote, the process that forks kernels, and what that answers.

What is asked goes over the control socket, a packet each. A `Birth` comes with file descriptors: of the kernel's
standard input, of its log, of the folder that it runs in, and of the socket on which the zygote answers. `Born` comes
with one of the process (see pidfd_open(2)).
"""

from __future__ import annotations

from tui_torch.protocol.late_dataclass import dataclass

DESCRIPTORS = 4
"""Number of file descriptors that come with a `Birth`."""
LARGEST_PACKET = 200_000
"""Bytes of a packet at most. Linux lets 212,992 wait in a socket unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Birth:
    """Fork a kernel, and give it what it would have, had it been spawned at that moment."""

    command: tuple[str, ...]
    """The command that would spawn it."""
    environment: tuple[tuple[str, str | None], ...]
    """Variables that differ from those that the zygote was started with; None: it is not set."""
    umask: int
    limits: tuple[tuple[int, int, int], ...]
    """(resource, soft limit, hard limit) as `resource.setrlimit()` takes them."""


@dataclass(frozen=True, slots=True)
class ImportMore:
    """Import what only some code needs, for the kernels that are forked from then on."""


ASKED = (Birth, ImportMore)
"""What may come over the control socket."""


@dataclass(frozen=True, slots=True)
class Born:
    """The kernel is there, and waits for a byte on its standard input."""

    pid: int


@dataclass(frozen=True, slots=True)
class Stillborn:
    """There is no kernel, and the reason for it. The next request would fare no better."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The kernel has ended. Its process id is no other's until the socket is closed."""

    return_code: int
    """As `subprocess` counts: the exit code, or the signal that killed it as a negative number."""


ANSWERED = (Born, Stillborn, Ended)
"""What the zygote may say of a kernel."""
