"""Makes `jupyter_client` connect to a kernel process that runs already.

Everything that we subclass or set of jupyter_client is here. All of it is public; last seen in 8.10.0. Nothing imports
this before a session connects: it takes as long to import as half of the UI.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.connect import jupyter_runtime_dir  # pyright: ignore[reportPrivateImportUsage] - a dependency's
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from tui_torch.kernel.process import KernelProcess

LOOK_AGAIN = 10
"""Milliseconds until a socket looks again for one that is not there yet, and at most twice as many. A forked kernel is
ready sooner than zmq would look, which does so after 100 to 200."""


class _RunningProcess(LocalProvisioner):
    """Provides a process that was spawned, in place of a new one, and tells it that the connection file is written."""

    spawned: KernelProcess

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        own: Any = self  # jupyter_client's attributes have no types
        own.process = child = self.spawned.child
        assert child is not None
        own.pid = child.pid
        own.pgid = None if sys.platform == "win32" else own.pid
        self.spawned.begin()
        return own.connection_info

    async def kill(self, restart: bool = False) -> None:
        """End the process in our way: jupyter_client's kills the group, and with it what removes shared memory."""
        self.spawned.kill()


class _Channel(AsyncZMQSocketChannel):
    """Hears what comes while it sends.

    A socket tells the event loop once that something has come. jupyter_client sends past the loop, and sending takes
    that note: where a reply came during a long callback that then sends, the loop would never hear of it, nor of any
    that comes later.
    """

    def send(self, msg: dict[str, Any]) -> None:
        super().send(msg)
        assert self.socket is not None
        # Asked what there is, pyzmq's socket tells the loop again.
        self.socket.get(zmq.EVENTS)


class _Client(AsyncKernelClient):
    """Has channels that hear what comes while they send, and that are there soon after the kernel's are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        own: Any = self
        # A client has a context of its own, whatever its manager has.
        own.context.setsockopt(zmq.RECONNECT_IVL, LOOK_AGAIN)
        own.shell_channel_class = own.stdin_channel_class = own.control_channel_class = _Channel


class Manager(AsyncKernelManager):
    """Connects to one process, interrupts it, and ends it. On POSIX, by sockets in the process's folder."""

    def __init__(self, process: KernelProcess) -> None:
        super().__init__(connection_file=str(process.connection_file))
        own: Any = self
        if sys.platform != "win32":
            own.transport = "ipc"
            own.ip = str(process.folder / "s")
        own.shutdown_wait_time = 1.0
        own.client_factory = _Client
        self._command = process.command
        # A manager that has a provisioner makes none, by which it would look for an installed kernel.
        provisioner = own.provisioner = _RunningProcess(kernel_spec=self.kernel_spec, parent=self)
        provisioner.spawned = process

    @property
    def kernel_spec(self) -> KernelSpec:
        """What an installed kernel would say of itself."""
        return KernelSpec(argv=self._command, display_name="tui-torch", language="python", interrupt_mode="signal")


def runtime_folder() -> Path:
    """Where Jupyter keeps the connection files of kernels."""
    return Path(jupyter_runtime_dir())


def client_of(connection: Any) -> AsyncKernelClient:
    """A client of a kernel that somebody else has started, by what its connection file says."""
    client = _Client()
    client.load_connection_info(connection)
    return client
