"""Output of forked processes, such as a DataLoader's workers, by a private socket.

ipykernel gathers it on a TCP port of the loopback interface, which every user of the machine can reach. Here it is one
more socket in the kernel's own folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import zmq
from ipykernel import iostream, kernelapp
from zmq.eventloop.zmqstream import ZMQStream


def keep_forks_private(folder: Path) -> None:
    """Make the kernel that is about to be initialized gather its forks' output in a socket in `folder`."""
    address = f"ipc://{folder / 'forks'}"

    class PrivateIOPubThread(iostream.IOPubThread):
        def _setup_pipe_in(self) -> None:
            self._pipe_uuid = os.urandom(16)
            public: Any = self.socket
            pipe: Any = public.context.socket(zmq.PULL)
            pipe.linger = 0
            pipe.bind(address)
            self._pipe_in = ZMQStream(pipe, self.io_loop)
            self._pipe_in.on_recv(self._handle_pipe_msg)

        def _setup_pipe_out(self) -> tuple[Any, Any]:
            context = zmq.Context()  # a socket of the parent's context would not survive the fork
            pipe: Any = context.socket(zmq.PUSH)
            pipe.linger = 3000
            pipe.connect(address)
            return context, pipe

    kernelapp.IOPubThread = PrivateIOPubThread  # type: ignore[misc]
