"""The connection files of kernels that run on this machine: found by name, and read with suspicion."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from tui_torch.protocol.late_dataclass import dataclass

LARGEST = 65_536
"""Bytes of the largest file that is read."""
ANSWERS = 1.0
"""Seconds in which a port of this machine is open or is not."""

_PORTS = ("shell_port", "iopub_port", "control_port")


class CannotJoinError(Exception):
    """A kernel cannot be joined. The message says why, in a sentence without an end."""


@dataclass(frozen=True, slots=True)
class ConnectionFile:
    """A connection file of a kernel on this machine, of this user."""

    path: Path
    content: dict[str, Any]
    """What jupyter_client needs to know, and no more."""

    @property
    def is_alive(self) -> bool:
        """Whether something listens at the address of its shell channel."""
        with suppress(OSError, ValueError), _connection(self.content):
            return True
        return False


def read_connection_file(path: Path) -> ConnectionFile:
    """Read one. Raises CannotJoinError for what is none, for another user's, and for a kernel on another machine."""
    try:
        # One that is a pipe, where nobody writes, is not waited for.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise CannotJoinError(f"{path} is not a file")
            if sys.platform != "win32" and status.st_uid != os.getuid():
                raise CannotJoinError(f"{path} is another user's file, and so is its kernel")
            text = file.read(LARGEST + 1)
    except IsADirectoryError:
        raise CannotJoinError(f"{path} is a folder, and no connection file") from None
    except FileNotFoundError:
        raise CannotJoinError(f"there is no {path}; `tui-torch attach --list` lists the kernels that run") from None
    except OSError as error:
        raise CannotJoinError(f"{path} cannot be read: {error.strerror}") from None
    try:
        content = json.loads(text) if len(text) <= LARGEST else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise CannotJoinError(f"{path} is no connection file, which is a JSON object of at most 64 kB")
    return ConnectionFile(path, _checked(path, cast("dict[str, Any]", content)))


def _checked(path: Path, found: dict[str, Any]) -> dict[str, Any]:
    transport, ip, key = found.get("transport", "tcp"), found.get("ip", "127.0.0.1"), found.get("key", "")
    scheme = found.get("signature_scheme", "hmac-sha256")
    for name in _PORTS:
        port = found.get(name)
        if type(port) is not int or not 0 < port < 65536:
            raise CannotJoinError(f"{path} is no connection file: it has no `{name}` that is a port")
    texts = {"transport": transport, "ip": ip, "key": key, "signature_scheme": scheme}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise CannotJoinError(f"{path} is no connection file: its `{name}` is no text")
    if transport not in ("tcp", "ipc"):
        raise CannotJoinError(f"{path} has the transport `{transport}`, and only tcp and ipc are known")
    if transport == "tcp" and not _is_loopback(ip):
        raise CannotJoinError(
            f"the kernel of {path} is at {ip}, and only one on this machine is joined: run `tui-torch attach` there"
        )
    # No port by which the kernel's questions to its user would come.
    return texts | {name: found[name] for name in _PORTS} | {"stdin_port": 0, "hb_port": 0}


def _is_loopback(ip: str) -> bool:
    if ip == "localhost":
        return True
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False


def _connection(content: dict[str, Any]) -> socket.socket:
    """A connection to the shell channel. Raises OSError where nothing listens."""
    if content["transport"] == "tcp":
        return socket.create_connection((content["ip"], content["shell_port"]), ANSWERS)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(ANSWERS)
        connection.connect(f"{content['ip']}-{content['shell_port']}")
    except BaseException:
        connection.close()
        raise
    return connection


def connection_files() -> list[Path]:
    """Those where Jupyter keeps them, the newest first."""
    from tui_torch.kernel.jupyter import runtime_folder

    found: list[tuple[float, Path]] = []
    with suppress(OSError):
        for path in runtime_folder().glob("kernel-*.json"):
            with suppress(OSError):
                found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]


def named_file(name: str) -> Path:
    """The connection file of a name: its path, or in Jupyter's folder `kernel-NAME.json`, also by a part of NAME.

    Raises CannotJoinError where several have the part.
    """
    path = Path(name)
    if path.exists() or os.sep in name:
        return path
    known = connection_files()
    exact = [one for one in known if one.name in (name, f"kernel-{name}.json")]
    some = exact or [one for one in known if name in one.name]
    if len(some) > 1:
        raise CannotJoinError(f"{len(some)} connection files have `{name}` in their names; give more of it")
    return some[0] if some else path


def living_files() -> list[ConnectionFile]:
    """Those of Jupyter's folder whose kernels run, the newest first. What cannot be read is left out."""
    found: list[ConnectionFile] = []
    for path in connection_files():
        with suppress(CannotJoinError):
            file = read_connection_file(path)
            if file.is_alive:
                found.append(file)
    return found
