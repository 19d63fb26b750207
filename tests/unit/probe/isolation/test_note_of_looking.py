"""Whether the probe was reading a value is noted in a file, which is there when the process is not any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tui_torch.probe.inspector.namespace_diff import Inspector
from tui_torch.probe.isolation import looking
from tui_torch.probe.isolation.undisturbed import inspecting, unobserved
from tui_torch.protocol.processes.looking import FILE, SIZE, looked_at, with_name


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(looking, "note", looking.note)
    looking.keep_note_in(tmp_path)
    yield tmp_path / FILE


def noted(file: Path) -> str | None:
    return looked_at(file.read_bytes())


def test_nothing_is_noted_while_nothing_is_read(file: Path) -> None:
    assert file.stat().st_size == SIZE
    assert file.stat().st_mode & 0o777 == 0o600
    assert noted(file) is None


def test_it_is_noted_that_values_are_read_and_that_they_are_not_any_more(file: Path) -> None:
    with unobserved():
        assert noted(file) == ""
        with unobserved():
            assert noted(file) == ""
        assert noted(file) == ""
    assert noted(file) is None
    with pytest.raises(ValueError, match="no"), unobserved():
        raise ValueError("no")
    assert noted(file) is None


def test_code_that_is_run_to_look_at_what_it_gives_is_part_of_looking(file: Path) -> None:
    with inspecting():
        assert noted(file) == ""
        with torch.enable_grad(), unobserved():
            assert noted(file) == ""
        assert noted(file) == ""
    assert noted(file) is None


def test_the_name_of_what_is_read_is_noted(file: Path) -> None:
    with unobserved():
        looking.look_at("w.grad")
        assert noted(file) == "w.grad"
        looking.look_at("")
        assert noted(file) == ""


def test_of_a_long_name_the_beginning_is_noted() -> None:
    note = bytes((1,)) + with_name("ä" * 300)
    assert len(note) <= SIZE
    assert looked_at(note) == "ä" * ((SIZE - 2) // 2)


def test_an_inspection_leaves_no_name(file: Path) -> None:
    inspector = Inspector()
    inspector.begin({"x": torch.ones(3)}, ("x.sum()",))
    inspector.inspect({"x": torch.ones(3)}, ("x.sum()",))
    with unobserved():
        assert noted(file) == ""


def test_what_is_no_note_says_nothing() -> None:
    assert looked_at(b"") is None
    assert looked_at(b"\x01") is None
