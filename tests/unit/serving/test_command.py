from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import pytest

from tui_torch.refused import RefusedError
from tui_torch.serving.command_line import serve


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))


def refusal(*arguments: str) -> str:
    with pytest.raises(RefusedError) as refused:
        serve.main([*arguments], standalone_mode=False)
    return refused.value.message


def test_without_the_extra_the_command_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert refusal() == (
        "the page in the browser needs the package textual-serve; install it with `pip install textual-serve`"
    )


def test_what_cannot_be_served_is_refused_in_a_sentence(tmp_path: Path) -> None:
    assert "'../up' cannot be a learner's name" in refusal("--learner", "../up")
    assert "needs to be like https://learn.example" in refusal("--url", "learn.example")
    (tmp_path / "names").write_bytes(b"\xff\xfe")
    assert "is not text in UTF-8" in refusal("--learners", str(tmp_path / "names"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert refusal("--port", port) == (
            f"port {port} of 127.0.0.1 cannot be listened on (Address already in use); choose another by --port"
        )
