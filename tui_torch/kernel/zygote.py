"""A process that has imported torch and what else a kernel needs, and forks kernels: each is there in milliseconds.

A forked kernel is as one that was spawned, and takes less memory: what it does not change it shares with the zygote.
Where there can be no zygote, or the one that there was is gone, kernels are spawned as ever, and nobody sees it.

    zygote = Zygote()
    kernel = KernelSession(zygote=zygote)
    await kernel.start()   # as fast as one that is spawned, since the zygote has yet to import torch
    await kernel.restart() # five times faster
    ...
    await kernel.close()
    zygote.close()

One zygote serves any number of sessions, in any event loops and threads of a process. `start()` gives it a head start.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock

from tui_torch.kernel.torch_release import installed_torch
from tui_torch.protocol import wire
from tui_torch.protocol.processes.births import LARGEST_PACKET, Birth, ImportMore

DEATHS = 3
"""Number of processes that may end in turn, without a kernel born, before kernels are spawned instead."""
END_SECONDS = 0.5
"""Seconds that the process gets to end."""

_GPUS = {
    "nvidia[0-9]*": "cuda",
    "dxg": "cuda",  # in Windows' Linux
    "nvgpu": "cuda",  # on a Jetson
    "nvhost-gpu": "cuda",
    "kfd": "rocm",
    "dri/renderD*": "xpu",
}
"""Device files of GPUs, below /dev, and what the PyTorch is for that uses them."""
_UNREAD = frozenset({"TUI_TORCH_HOME", "PYTEST_CURRENT_TEST", "PWD", "OLDPWD", "COLUMNS", "LINES"})
"""Variables of the environment that nothing reads when it is imported."""


class Zygote:
    """Starts the process and asks it for kernels. Should it die, another one is started."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._environment: dict[str, str] = {}
        """What the process was started with."""
        self._deaths = 0
        """Number of processes that have ended since a kernel was born."""
        self._wants_more = False
        self._is_over = False
        self._lock = Lock()

    @classmethod
    def started(cls) -> Zygote:
        """One that imports all that it can, beginning now: for kernels that run one thing after another."""
        zygote = cls()
        zygote.import_more()
        zygote.start()
        return zygote

    @property
    def pid(self) -> int | None:
        """Its process id; None when there is none that lives."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Begin to import, in a process of its own, unless one lives. Does nothing where kernels are to be spawned."""
        with self._lock:
            if self._start():
                self._ask_for_more()

    def import_more(self) -> None:
        """Have it import what only some code needs, such as the first optimizer (1.5 s of a core, 75 MB)."""
        with self._lock:
            if not self._wants_more:
                self._wants_more = True
                self._ask_for_more()

    def ask(self, command: list[str], environment: dict[str, str], stdin: int, log: int) -> socket.socket | None:
        """Ask for a kernel, and return the socket on which the answer comes; None when it has to be spawned.

        Args:
            command: What it would be spawned by.
            environment: Variables that are set for it alone.
            stdin: A descriptor to read its standard input from.
            log: One to write its output to.
        """
        with self._lock:
            is_new = self._start()
            if self.pid is None or self._control is None or not self._would_import_the_same():
                return None
            birth = Birth(tuple(command), self._changes(environment), _umask(), _limits())
            ours, theirs = _packet_sockets()
            # A name would not do: the folder may have been removed.
            folder = os.open(".", os.O_PATH | os.O_DIRECTORY)
            try:
                with theirs:
                    socket.send_fds(self._control, [_packet(birth)], [stdin, log, folder, theirs.fileno()])
            except OSError:  # it has just ended, does not read, or there is more than it would
                ours.close()
                return None
            finally:
                os.close(folder)
            if is_new:
                self._ask_for_more()
            return ours

    def has_borne(self) -> None:
        """Note that a kernel that was asked for is there."""
        self._deaths = 0

    def give_up(self) -> None:
        """Have all kernels spawned from now on, since it cannot fork them."""
        self.close()

    def close(self) -> None:
        """End the process, and start no other one. Kernels that it has forked go on."""
        with self._lock:
            self._is_over = True
            self._hang_up()

    def _start(self) -> bool:
        """Start a process where there is none. Whether it did."""
        if self.pid is not None or self._is_over or self._deaths >= DEATHS or not can_fork_kernels():
            return False
        if self._process is not None:
            self._deaths += 1
            self._hang_up()
        self._environment = kernel_environment()
        self._control, theirs = _packet_sockets()
        with theirs, suppress(OSError):
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tui_torch.probe", "--zygote", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                pass_fds=[theirs.fileno()],
                # Signals of the terminal do not reach it.
                start_new_session=True,
            )
            return True
        return False

    def _ask_for_more(self) -> None:
        if self._wants_more and self._control is not None:
            with suppress(OSError):
                self._control.send(_packet(ImportMore()))

    def _hang_up(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                # It ends by itself, unless it waits for the end of a kernel.
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _would_import_the_same(self) -> bool:
        """Whether modules, when they are imported, would find the environment that they found in the process."""
        now, then = kernel_environment(), self._environment
        return all(now.get(name) == then.get(name) for name in {*now, *then} - _UNREAD)

    def _changes(self, environment: dict[str, str]) -> tuple[tuple[str, str | None], ...]:
        now, then = kernel_environment() | environment, self._environment
        return tuple((name, now.get(name)) for name in sorted({*now, *then}) if now.get(name) != then.get(name))


def kernel_environment() -> dict[str, str]:
    """What a kernel has of this process's environment."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONEXECUTABLE", "JPY_PARENT_PID")}


def can_fork_kernels() -> bool:
    """Whether kernels may be forked here: on Linux, without a GPU, whose driver does not survive a fork."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open") and not _has_gpu()


@cache
def _has_gpu() -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return False
    if not (kinds := gpu_kinds(Path("/dev"))):
        return False
    installed = installed_torch()
    return installed is None or uses_gpu(installed, kinds)


def gpu_kinds(devices: Path) -> frozenset[str]:
    """The kinds of the GPUs whose device files are in a folder."""
    return frozenset(kind for name, kind in _GPUS.items() if any(devices.glob(name)))


def uses_gpu(version: str, kinds: frozenset[str]) -> bool:
    """Whether a PyTorch of this version uses one of these kinds of GPUs, as far as can be told."""
    local = version.partition("+")[2]
    if not local or local.startswith("cu"):  # PyPI's is one for CUDA, and does not say so
        return "cuda" in kinds
    return any(local.startswith(kind) for kind in kinds) or not local.startswith(("cpu", "rocm", "xpu"))


def _packet_sockets() -> tuple[socket.socket, socket.socket]:
    """Two ends of a connection that keeps packets apart, and is at an end when either end is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return ours, theirs


def _packet(asked: Birth | ImportMore) -> bytes:
    """A packet for the control socket. Raises OSError when it does not fit."""
    packet = json.dumps(wire.encode_tagged(asked)).encode()
    if len(packet) > LARGEST_PACKET:
        raise OSError(errno.EMSGSIZE, "the environment is too large")
    return packet


def _umask() -> int:
    """The mask for new files; asking the usual way would set it for a moment, for other threads too."""
    for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o077


def _limits() -> tuple[tuple[int, int, int], ...]:
    import resource

    numbers = sorted({value for name, value in vars(resource).items() if name.startswith("RLIMIT_")})
    return tuple((number, *resource.getrlimit(number)) for number in numbers)
