"""What is sent to a kernel says in a sentence why the probe is not loaded there."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import tui_torch
from tui_torch.probe.attached.loader import load

FOLDER = str(Path(tui_torch.__file__).parent)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What is asked of a kernel that can be joined, but for the socket, where nobody listens."""
    shell = SimpleNamespace(kernel=SimpleNamespace(io_loop=None), events=None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    (tmp_path / "socket").touch()
    return {
        "folder": FOLDER,
        "socket": str(tmp_path / "socket"),
        "version": tui_torch.__version__,
        "python": (3, 11),
        "torch": (2, 6),
    }


def test_an_older_python_is_refused(kernel: dict[str, Any]) -> None:
    assert "tui-torch needs 9.1 or newer" in load(**kernel | {"python": (9, 1)})


def test_an_older_pytorch_is_refused(kernel: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    torch = ModuleType("torch")
    torch.__version__ = "2.5.1+cpu"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert load(**kernel) == "it has PyTorch 2.5.1+cpu, and tui-torch reads 2.6 or newer"


def test_a_kernel_that_is_no_ipykernel_is_refused(kernel: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert "it is no ipykernel" in load(**kernel)


def test_a_kernel_that_sees_other_files_is_refused(kernel: dict[str, Any]) -> None:
    assert "it runs in another place" in load(**kernel | {"folder": "/nowhere"})
    assert "it runs in another place" in load(**kernel | {"socket": "/nowhere"})


def test_another_version_of_ours_that_they_have_imported_is_refused(kernel: dict[str, Any]) -> None:
    assert "use the same" in load(**kernel | {"version": "0.0.1"})


def test_where_nobody_listens_nothing_is_loaded(kernel: dict[str, Any]) -> None:
    said = load(**kernel)
    assert said.startswith("the probe cannot be loaded there (")
    attached = sys.modules.get("tui_torch.probe.attached.attachment")
    assert attached is None or attached.make_room()
