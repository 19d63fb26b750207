"""Gives `jupyter_client` a kernel process that runs already. Nothing imports this before a session connects: it takes
as long to import as half of the UI."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from tui_torch.kernel.process import KernelProcess


class _Adoption(LocalProvisioner):
    """In place of starting a process, tells the one that is there that it can be connected to."""

    spawned: KernelProcess

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        own: Any = self  # jupyter_client's attributes have no types
        own.process = self.spawned.popen
        own.pid = self.spawned.popen.pid
        own.pgid = None if sys.platform == "win32" else own.pid
        self.spawned.begin()
        return own.connection_info


class Manager(AsyncKernelManager):
    """Connects to a process, and interrupts and ends it."""

    def __init__(self, process: KernelProcess) -> None:
        super().__init__(connection_file=str(process.connection_file))
        own: Any = self
        if sys.platform != "win32":
            own.transport = "ipc"
            own.ip = str(process.folder / "s")
        own.shutdown_wait_time = 1.0
        self._command = process.command
        adoption = own.provisioner = _Adoption(kernel_spec=self.kernel_spec, parent=self)
        adoption.spawned = process

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(argv=self._command, display_name="tui-torch", language="python", interrupt_mode="signal")
