"""What cannot be joined is refused in a sentence: a kernel that has ended, what is none, another language's."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_torch.kernel.joining import joined_kernel
from tui_torch.kernel.joining.connection_files import CannotJoinError, read_connection_file
from tui_torch.kernel.joining.joined_kernel import met

OTHER_LANGUAGE = """
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

class Shouting(Kernel):
    implementation = "shouting"
    implementation_version = "1"
    language_info = {"name": "shout", "version": "1", "mimetype": "text/plain", "file_extension": ".txt"}
    banner = ""

IPKernelApp.launch_instance(kernel_class=Shouting)
"""


def connection_file(folder: Path, ports: dict[str, int]) -> Path:
    path = folder / "kernel-1.json"
    path.write_text(json.dumps({"ip": "127.0.0.1", "transport": "tcp", "key": "k", **ports}))
    return path


async def test_a_kernel_that_has_ended_is_refused_at_once(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        path = connection_file(tmp_path, {"shell_port": port, "iopub_port": port, "control_port": port})
        with pytest.raises(CannotJoinError, match="has ended: nothing listens at its address"):
            await met(read_connection_file(path))


async def test_what_listens_and_is_no_kernel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined_kernel, "PATIENCE", 0.2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        path = connection_file(tmp_path, {"shell_port": port, "iopub_port": port, "control_port": port})
        with pytest.raises(CannotJoinError, match="does not answer as its kernel"):
            await met(read_connection_file(path))


@pytest.fixture
def shouting(tmp_path: Path) -> Iterator[Path]:
    """The connection file of a kernel that speaks no Python."""
    file = tmp_path / "kernel-1.json"
    command = [sys.executable, "-P", "-c", OTHER_LANGUAGE, "-f", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
    try:
        while not is_there(file):
            assert process.poll() is None
            time.sleep(0.02)  # nobody tells when it listens
        yield file
    finally:
        process.kill()
        process.wait()


def is_there(file: Path) -> bool:
    try:
        return read_connection_file(file).is_alive
    except CannotJoinError:  # not written yet, or not all of it
        return False


async def test_a_kernel_of_another_language_is_refused(shouting: Path) -> None:
    with pytest.raises(CannotJoinError, match="the kernel's language is shout, and not Python"):
        await met(read_connection_file(shouting))
