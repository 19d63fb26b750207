"""A connection file is believed only where it is ours, whole, and of a kernel on this machine."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tui_torch.kernel.joining.connection_files import (
    LARGEST,
    CannotJoinError,
    connection_files,
    living_files,
    named_file,
    read_connection_file,
)

KEYS: dict[str, Any] = {
    "transport": "tcp",
    "ip": "127.0.0.1",
    "shell_port": 1001,
    "iopub_port": 1002,
    "stdin_port": 1003,
    "control_port": 1004,
    "hb_port": 1005,
    "key": "secret",
    "signature_scheme": "hmac-sha256",
    "kernel_name": "python3",
}


def written(folder: Path, content: object, name: str = "kernel-1.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(CannotJoinError) as refused:
        read_connection_file(path)
    sentence = str(refused.value)
    assert "\n" not in sentence
    return sentence


def test_what_is_read_has_no_port_for_the_questions_of_a_kernel_to_its_user(tmp_path: Path) -> None:
    content = read_connection_file(written(tmp_path, KEYS)).content
    assert content["stdin_port"] == 0
    assert content["shell_port"] == 1001
    assert content["key"] == "secret"


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_addresses_of_this_machine_are_taken(tmp_path: Path, ip: str) -> None:
    assert read_connection_file(written(tmp_path, KEYS | {"ip": ip})).content["ip"] == ip


@pytest.mark.parametrize("ip", ["10.0.0.7", "0.0.0.0", "*", "example.org", "localhost.example.org", ""])
def test_any_other_address_is_refused_with_the_way_to_do_it(tmp_path: Path, ip: str) -> None:
    assert "run `tui-torch attach` there" in refusal(written(tmp_path, KEYS | {"ip": ip}))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no connection file"),
        ("not json", "no connection file"),
        ("[" * 100_000, "no connection file"),
        ([1, 2], "no connection file"),
        ({}, "no `shell_port`"),
        ({key: value for key, value in KEYS.items() if key != "control_port"}, "no `control_port`"),
        (KEYS | {"iopub_port": "1002"}, "no `iopub_port`"),
        (KEYS | {"iopub_port": True}, "no `iopub_port`"),
        (KEYS | {"shell_port": 70_000}, "no `shell_port`"),
        (KEYS | {"key": 7}, "its `key` is no text"),
        (KEYS | {"transport": "udp"}, "only tcp and ipc"),
        (KEYS | {"more": "x" * LARGEST}, "no connection file"),
    ],
)
def test_what_is_none_is_refused_in_one_sentence(tmp_path: Path, content: object, says: str) -> None:
    assert says in refusal(written(tmp_path, content))


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    assert "there is no" in refusal(tmp_path / "none.json")
    assert "is a folder" in refusal(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")
        assert "is not a file" in refusal(tmp_path / "pipe.json")


def test_another_users_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, KEYS)
    monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)
    assert "another user's" in refusal(path)


def test_a_kernel_lives_as_long_as_something_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    with socket.socket() as listener, socket.socket(socket.AF_UNIX) as local:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        written(tmp_path, KEYS | {"shell_port": listener.getsockname()[1]}, "kernel-tcp.json")
        local.bind(str(tmp_path / "s-1"))
        local.listen()
        written(tmp_path, KEYS | {"transport": "ipc", "ip": str(tmp_path / "s"), "shell_port": 1}, "kernel-ipc.json")
        written(tmp_path, "broken", "kernel-broken.json")
        assert {file.path.name for file in living_files()} == {"kernel-tcp.json", "kernel-ipc.json"}
    assert len(connection_files()) == 3
    assert living_files() == []


def test_a_file_is_found_by_its_path_by_its_name_and_by_a_part_of_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    one, other = written(tmp_path, KEYS, "kernel-abc.json"), written(tmp_path, KEYS, "kernel-abd.json")
    assert named_file(str(one)) == one
    assert named_file("kernel-abd.json") == other
    assert named_file("abc") == one
    assert named_file("bd") == other
    with pytest.raises(CannotJoinError, match="2 connection files"):
        named_file("ab")
    assert "there is no" in refusal(named_file("xyz"))
