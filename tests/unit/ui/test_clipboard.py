"""What is copied is given to the system's own programs, where it has some; a program on the path stands for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.ui.clipboard import clipboard_programs, copy


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are found; each keeps what it was given, and with which arguments."""
    for name in ("WAYLAND_DISPLAY", "DISPLAY", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(path: Path, name: str) -> Path:
    program, kept = path / name, path / f"{name}.kept"
    program.write_text(f'#!/bin/sh\necho "$@" > {kept}.arguments\n/bin/cat > {kept}\n')
    program.chmod(0o700)
    return kept


def names(environment: dict[str, str], path: Path) -> list[str]:
    return [program.command[0] for program in clipboard_programs({**environment, "PATH": str(path)})]


def test_where_there_is_no_clipboard_nothing_happens(path: Path) -> None:
    assert names({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "TMUX": "/tmp/tmux,1,0"}, path) == []
    copy("anything")


def test_a_program_is_used_where_its_display_is(path: Path) -> None:
    for name in ("wl-copy", "xclip", "xsel"):
        install(path, name)
    assert names({}, path) == []
    assert names({"DISPLAY": ":0"}, path) == ["xclip"]
    assert names({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, path) == ["wl-copy"]


def test_inside_tmux_its_own_buffer_has_it_as_well(path: Path) -> None:
    install(path, "tmux")
    install(path, "xsel")
    assert names({"TMUX": "/tmp/tmux,1,0"}, path) == ["tmux"]
    assert names({"TMUX": "/tmp/tmux,1,0", "DISPLAY": ":0"}, path) == ["xsel", "tmux"]


@pytest.mark.parametrize(
    ("name", "variable", "arguments", "encoding"),
    [
        ("wl-copy", "WAYLAND_DISPLAY", "", "utf-8"),
        ("xclip", "DISPLAY", "-selection clipboard -in", "utf-8"),
        ("tmux", "TMUX", "load-buffer -w -", "utf-8"),
        ("pbcopy", "HOME", "", "utf-8"),
        ("clip.exe", "HOME", "", "utf-16"),
    ],
)
def test_the_program_reads_the_text_from_its_standard_input(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str, variable: str, arguments: str, encoding: str
) -> None:
    kept = install(path, name)
    monkeypatch.setenv(variable, "here")
    copy("∇ = 3.0\n  “w”")
    assert kept.read_bytes().decode(encoding) == "∇ = 3.0\n  “w”"
    assert Path(f"{kept}.arguments").read_text().strip() == arguments


def test_a_program_that_fails_is_no_matter(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path / "pbcopy").write_text("#!/bin/sh\nexit 1\n")
    (path / "pbcopy").chmod(0o700)
    copy("x" * 1_000_000)
