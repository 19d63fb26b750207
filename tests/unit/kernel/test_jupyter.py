"""What is set and overridden of jupyter_client is there, and is what it asks for."""

from __future__ import annotations

import asyncio
import inspect
import select
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, cast

import pytest
import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from tui_torch.kernel.jupyter import LOOK_AGAIN, Manager
from tui_torch.kernel.process import KernelProcess

REPAIR = f"jupyter_client {version('jupyter_client')} changed: repair tui_torch/kernel/jupyter.py"


@pytest.fixture
def process(tmp_path: Any) -> KernelProcess:
    """A process that was spawned, as far as a manager asks."""
    began: list[bool] = []
    return cast(
        KernelProcess,
        SimpleNamespace(
            folder=tmp_path,
            connection_file=tmp_path / "kernel.json",
            command=["python", "-m", "tui_torch.probe"],
            child=SimpleNamespace(pid=999_999_999, poll=lambda: None),
            began=began,
            begin=lambda: began.append(True),
        ),
    )


async def test_a_manager_adopts_the_process_and_starts_none(process: Any) -> None:
    manager = Manager(process)
    await manager.start_kernel()
    provisioner: Any = manager.provisioner
    assert (provisioner.process, provisioner.pid, process.began) == (process.child, 999_999_999, [True]), REPAIR
    assert process.connection_file.exists(), REPAIR


async def test_its_sockets_are_in_the_folder_of_the_process(process: Any) -> None:
    manager = Manager(process)
    await manager.start_kernel()
    addresses = {getattr(manager, f"{name}_port") for name in ("shell", "iopub", "stdin", "control", "hb")}
    assert (manager.transport, manager.ip, len(addresses)) == ("ipc", str(process.folder / "s"), 5), REPAIR


async def test_each_of_its_clients_channels_looks_soon_again_for_a_kernel_that_is_about_to_listen(process: Any) -> None:
    manager = Manager(process)
    await manager.start_kernel()
    client: Any = manager.client()
    client.start_channels(hb=False)
    try:
        channels = (client.shell_channel, client.iopub_channel, client.stdin_channel, client.control_channel)
        assert {channel.socket.getsockopt(zmq.RECONNECT_IVL) for channel in channels} == {LOOK_AGAIN}, REPAIR
    finally:
        client.stop_channels()


def test_no_installed_kernel_is_looked_for(process: Any) -> None:
    assert Manager(process).kernel_spec.argv == process.command, REPAIR


@pytest.mark.parametrize("name", ["shell", "stdin", "control"])
async def test_a_reply_that_has_come_when_more_is_sent_is_heard_and_so_are_those_after_it(
    process: Any, name: str
) -> None:
    manager: Any = Manager(process)
    await manager.start_kernel()
    client = manager.client()
    client.start_channels(hb=False)
    channel = getattr(client, f"{name}_channel")
    with zmq.Context() as context, context.socket(zmq.ROUTER) as kernel:
        kernel.setsockopt(zmq.LINGER, 0)
        kernel.setsockopt(zmq.RCVTIMEO, 30_000)
        kernel.bind(channel.socket.get(zmq.LAST_ENDPOINT))
        descriptor = channel.socket.get(zmq.FD)

        def ask_and_reply() -> None:
            channel.send(client.session.msg("question"))
            # What was sent more may come late.
            parts = kernel.recv_multipart()
            while b'"question"' not in b"".join(parts):
                parts = kernel.recv_multipart()
            kernel.send_multipart(parts)

        try:
            for is_more_sent in (False, True, False):
                heard = asyncio.create_task(channel.get_msg())
                await asyncio.sleep(0)  # it waits
                # From here on the loop does nothing else until the reply is there.
                ask_and_reply()
                assert select.select([descriptor], [], [], 30)[0]
                while is_more_sent and select.select([descriptor], [], [], 0)[0]:
                    channel.send(client.session.msg("more"))
                assert (await asyncio.wait_for(heard, 10))["msg_type"] == "question"
        finally:
            client.stop_channels()


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (LocalProvisioner, "launch_kernel"),
        (LocalProvisioner, "process"),
        (LocalProvisioner, "pid"),
        (LocalProvisioner, "pgid"),
        (LocalProvisioner, "connection_info"),
        (AsyncKernelManager, "provisioner"),
        (AsyncKernelManager, "kernel_spec"),
        (AsyncKernelManager, "transport"),
        (AsyncKernelManager, "ip"),
        (AsyncKernelManager, "shutdown_wait_time"),
        (AsyncKernelManager, "client_factory"),
        (AsyncKernelClient, "shell_channel_class"),
        (AsyncKernelClient, "stdin_channel_class"),
        (AsyncKernelClient, "control_channel_class"),
    ],
)
def test_what_is_set_or_overridden_exists(cls: type[Any], name: str) -> None:
    assert name in dict(inspect.getmembers(cls)), REPAIR
