"""A folder for temporary files that no socket can be in: the kernel's are elsewhere, in one sentence, and code runs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.nursery import Nursery
from tests.nursery.command import forked_by
from tui_torch.cli import commands
from tui_torch.kernel.session import KernelError, KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import Finished, Output
from tui_torch.protocol.orders import Run


@pytest.fixture
def common(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="tt-", dir="/tmp"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", None)
    yield folder
    shutil.rmtree(folder)


def with_a_long_path(common: Path) -> bytes:
    return os.fsencode(common / ("x" * 90))


def not_utf_8(common: Path) -> bytes:
    return os.fsencode(common) + b"/\xff\xfe"


def made(folder: bytes) -> str:
    Path(os.fsdecode(folder)).mkdir()
    return os.fsdecode(folder)


@pytest.mark.parametrize(("place", "is_forked"), [(with_a_long_path, True), (not_utf_8, False)])
async def test_code_runs_whatever_the_folder_for_temporary_files(
    common: Path,
    nursery: Nursery,
    monkeypatch: pytest.MonkeyPatch,
    place: Callable[[Path], bytes],
    is_forked: bool,
) -> None:
    folder = made(place(common))
    for name, value in {**nursery.environment, "TMPDIR": folder}.items():
        monkeypatch.setenv(name, value)
    zygote = Zygote() if is_forked else None
    session = KernelSession(zygote=zygote)
    await session.start()
    try:
        assert session.notice is not None and session.notice.startswith("The kernel's sockets are in /tmp, since ")
        events = [event async for event in session.run(Run("import tempfile\nprint(ascii(tempfile.gettempdir()))"))]
        assert isinstance(events[-1], Finished) and events[-1].outcome == "ok"
        # It is the learner's own choice for what their code writes.
        assert "".join(event.text for event in events if isinstance(event, Output)) == f"{folder!a}\n"
    finally:
        await session.close()
        if zygote is not None:
            zygote.close()
    assert not any(files for _, _, files in os.walk(folder))


@pytest.mark.xdist_group("faults")  # others there have the zygote
async def test_where_no_folder_does_it_is_said_why_and_nothing_is_raised(
    common: Path, zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    zygote.start()
    monkeypatch.setattr("tui_torch.kernel.runtime_folder._ELSEWHERE", ())
    monkeypatch.setenv("TMPDIR", str(common / "gone"))
    monkeypatch.setattr("tempfile.tempdir", str(common / "gone"))
    session = KernelSession(zygote=zygote)
    await session.start()
    said = (
        f"The kernel does not start: no folder takes its sockets, of {common}/gone (No such file or directory); "
        "set TMPDIR to one that can be written, with a path of at most 70 bytes. "
        "`tui-torch doctor` looks for the cause."
    )
    assert session.problem == said
    with pytest.raises(KernelError):
        await session.ready()
    events = [event async for event in session.run(Run("print(1)"))]
    assert events == [Finished("died", events[-1].seconds, said)]  # type: ignore[union-attr]
    monkeypatch.undo()
    await session.restart()
    await session.ready()
    await session.close()


def test_a_lesson_that_is_run_in_a_plain_terminal_says_where_the_sockets_are(
    common: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(with_a_long_path(common))
    for name, value in {**nursery.environment, "TMPDIR": folder, "TUI_TORCH_HOME": str(common / "home")}.items():
        monkeypatch.setenv(name, value)
    with closing(Zygote()) as zygote:
        monkeypatch.setattr(KernelSession, "__init__", forked_by(zygote))
        result = CliRunner().invoke(commands, ["run", "tensor-creation", "--json"])
    assert result.exit_code == 0
    assert f"tui-torch: The kernel's sockets are in /tmp, since {folder} does not do: its path has" in result.stderr
