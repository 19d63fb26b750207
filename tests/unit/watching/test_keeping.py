"""Commands that a keeper runs in a terminal of their own: their output, their input, their end, and who is killed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tui_torch.watching.keeping.client import (
    Attachment,
    CommandEnd,
    attach,
    kept_output,
    running_runs,
)
from tui_torch.watching.keeping.start import start_keeper
from tui_torch.watching.run_folders import RunFolder, begun

PATIENCE = 30.0


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    yield tmp_path
    for process in psutil.process_iter(["environ"]):
        with suppress(psutil.Error):
            if str(tmp_path) in (process.info["environ"] or {}).get("TUI_TORCH_RUN", ""):
                process.kill()


def started(script: str, *command: str) -> RunFolder:
    run = RunFolder.made()
    command = command or ("sh", "-c", script)
    start_keeper(command, {**os.environ, "TUI_TORCH_RUN": str(run.path)}, run, begun(command, 0))
    return run


class Watcher:
    """Who is joined to a run, and what they have seen of it."""

    def __init__(self, attachment: Attachment) -> None:
        self.attachment = attachment
        self.seen = b""
        self.tails = 0
        self._output: AsyncIterator[object] = self._read()

    async def _read(self) -> AsyncIterator[None]:
        async for output in self.attachment.output():
            self.seen = output.data if output.is_tail else self.seen + output.data
            self.tails += output.is_tail
            yield

    async def until(self, text: str) -> None:
        await self.until_holds(lambda: text.encode() in self.seen)

    async def until_holds(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await anext(self._output)

    async def end(self) -> CommandEnd | None:
        async with asyncio.timeout(PATIENCE):
            async for _ in self._output:
                pass
        return self.attachment.end


async def joined(run: RunFolder, *size: int) -> Watcher:
    return Watcher(await attach(run, *size))


def keepers(run: RunFolder) -> list[psutil.Process]:
    """The process that relays, and the one that waits."""
    command = run.command()
    assert command is not None
    relays = psutil.Process(command.pid).parent()
    assert relays is not None
    others = [relays.parent(), *relays.children()]
    (waits,) = (one for one in others if one and one.pid != command.pid and "keeping.keeper" in " ".join(one.cmdline()))
    return [relays, waits]


def test_a_command_has_a_terminal_and_a_session_of_its_own_and_hears_what_is_typed() -> None:
    async def play() -> None:
        run = started("ps -o pid=,pgid=,sid=,tpgid= -p $$; read x; stty size; echo got $x; exit 3")
        watcher = await joined(run, 100, 30)
        assert [one.name for one in running_runs()] == [run.name]
        await watcher.until("\n")
        watcher.attachment.send(b"hel")
        watcher.attachment.send(b"lo\r")
        assert await watcher.end() == CommandEnd(3)
        numbers, *rest = watcher.seen.decode().splitlines()
        assert len(set(numbers.split())) == 1
        assert rest == ["hello", "30 100", "got hello"]
        command = run.command()
        assert command is not None and (command.exit_code, str(command.pid)) == (3, numbers.split()[0])
        assert command.ended is not None and not running_runs()
        assert sorted(path.name for path in run.path.iterdir()) == ["command.json", "output"]
        again = await joined(run)
        assert await again.end() == CommandEnd(3) and again.seen == watcher.seen == kept_output(run)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137), ("kill -PIPE $$", 141), ("kill -HUP $$", 129)],
)
def test_the_exit_code_of_a_kept_command_is_as_a_shell_has_it(script: str, code: int) -> None:
    assert asyncio.run(asyncio.wait_for(_end_of(started(script)), PATIENCE)) == CommandEnd(code)


async def _end_of(run: RunFolder) -> CommandEnd | None:
    return await (await joined(run)).end()


@pytest.mark.parametrize("killed", [(0,), (1,), (0, 0), (1, 1)], ids=["relay", "other", "relays", "others"])
def test_whichever_process_of_the_keeper_is_killed_the_command_goes_on_and_its_end_is_known(
    killed: tuple[int, ...],
) -> None:
    async def play() -> None:
        run = started("trap 'echo hung up' HUP; echo ready; while read x; do echo got $x; done; exit 5")
        watcher = await joined(run)
        await watcher.until("ready")
        for number, which in enumerate(killed):
            before = keepers(run)
            before[which].kill()
            if which == 0:
                tails = watcher.tails
                await watcher.until_holds(lambda tails=tails: watcher.tails > tails)
            watcher.attachment.send(f"{number}\r".encode())
            await watcher.until(f"got {number}")
        watcher.attachment.send(b"\x04")
        end = await watcher.end()
        seen = watcher.seen.decode()
        assert "hung up" not in seen and seen.startswith("ready\r\n")
        # Who was never the command's parent, nor its parent's, cannot know its exit code.
        assert end in (CommandEnd(5), CommandEnd(None)) if killed == (0, 0) else end == CommandEnd(5)
        assert not running_runs()

    asyncio.run(play())
