"""Commands that a keeper runs in a terminal of their own: their output, their input, their end, and who is killed."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from tests.processes import command_of, lives
from tui_torch.console.training.command_line import runs
from tui_torch.watching.child import CannotRunError
from tui_torch.watching.keeping import start as start_module
from tui_torch.watching.keeping.client import (
    Attachment,
    CommandEnd,
    NotAttachedError,
    attach,
    kept_output,
    running_runs,
)
from tui_torch.watching.keeping.frames import HELLO, OUTPUT, SEGMENT, TAIL, TAIL_LENGTH, FrameReader
from tui_torch.watching.keeping.socket_paths import LONGEST, listener, remove_socket, short_path, socket_path
from tui_torch.watching.keeping.start import NoKeeperError, start_keeper, start_run
from tui_torch.watching.process_identity import process_identity
from tui_torch.watching.run_folders import RunFolder, begun, runs_folder

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


async def keepers(run: RunFolder) -> list[psutil.Process]:
    """The process that relays, and the one that waits, which is started again where it was killed."""
    command = run.command()
    assert command is not None
    relays = psutil.Process(command.pid).parent()
    assert relays is not None
    async with asyncio.timeout(PATIENCE):
        while True:
            await asyncio.sleep(0)
            for other in (relays.parent(), *relays.children()):
                if other is not None and other.pid != command.pid and _is_keeper(other):
                    return [relays, other]


def _is_keeper(process: psutil.Process) -> bool:
    return lives(process) and "keeping.keeper" in command_of(process)


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


@pytest.mark.parametrize("ends", [(0,), (1,), (0, 0), (1, 1)], ids=["relay", "other", "relays", "others"])
def test_whichever_process_of_the_keeper_is_killed_the_command_goes_on_and_its_end_is_known(
    ends: tuple[int, ...],
) -> None:
    async def play() -> None:
        run = started("trap 'echo hung up' HUP; echo ready; while read x; do echo got $x; done; exit 5")
        watcher = await joined(run)
        await watcher.until("ready")
        for number, which in enumerate(ends):
            before = await keepers(run)
            await killed(before[which])
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
        assert end in (CommandEnd(5), CommandEnd(None)) if ends == (0, 0) else end == CommandEnd(5)
        assert not running_runs()

    asyncio.run(play())


def test_two_that_are_joined_see_all_and_the_size_is_of_who_typed_last() -> None:
    async def play() -> None:
        run = started("while read x; do stty size; done")
        first, second = await joined(run, 100, 30), await joined(run, 80, 24)
        sizes = [(second, "24 80"), (first, "30 100"), (second, "24 80")]
        for number, (who, size) in enumerate(sizes):
            who.attachment.send(f"{number}\r".encode())
            for watcher in (first, second):
                await watcher.until(f"{number}\r\n{size}\r\n")
        first.attachment.detach()
        assert await first.end() is None
        second.attachment.resize(90, 20)
        second.attachment.send(b"3\r")
        await second.until("3\r\n20 90\r\n")
        second.attachment.send(b"\x04")
        assert await second.end() == CommandEnd(0)

    asyncio.run(play())


def test_who_does_not_read_keeps_neither_the_command_nor_others_waiting_and_sees_the_last() -> None:
    async def play() -> None:
        run = started(f"read x; head -c {5 * SEGMENT} /dev/zero | tr '\\0' x | fold -w 79; echo; echo last; read x")
        idle = socket.socket(socket.AF_UNIX)
        with short_path(socket_path(run.path)) as path:
            idle.connect(path)
        watcher = await joined(run)
        watcher.attachment.send(b"\r")
        await watcher.until("last\r\n")
        incoming, seen = FrameReader(), list[tuple[bytes, bytes]]()
        while not seen or b"last" not in seen[-1][1]:
            seen += incoming.feed(idle.recv(SEGMENT))
        assert [kind for kind, _ in seen if kind != OUTPUT] == [HELLO, TAIL, TAIL]
        assert sum(len(content) for _, content in seen) < 3 * SEGMENT
        watcher.attachment.send(b"\r")
        assert await watcher.end() == CommandEnd(0)
        idle.close()
        kept = [run.path / "output.1", run.path / "output"]
        assert all(path.stat().st_size <= SEGMENT + TAIL_LENGTH for path in kept)
        assert b"last\r\n" in kept_output(run)[-20:] and len(kept_output(run)) > SEGMENT
        late = await joined(run)
        await late.end()
        assert b"last\r\n" in late.seen[-20:] and len(late.seen) <= TAIL_LENGTH

    asyncio.run(play())


def test_a_signal_reaches_all_processes_of_the_command() -> None:
    async def play() -> None:
        run = started("trap 'echo outer; exit 9' INT; sh -c 'trap \"echo inner; exit 0\" INT; echo ready; read x'")
        watcher = await joined(run)
        await watcher.until("ready")
        watcher.attachment.interrupt()
        assert await watcher.end() == CommandEnd(9)
        assert b"inner" in watcher.seen and b"outer" in watcher.seen

    asyncio.run(play())


def test_a_kept_command_that_cannot_be_run_is_said_as_ever_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    for command, code in (("no-such-command", 127), (str(tmp_path / "data"), 126)):
        with pytest.raises(CannotRunError) as refused:
            start_run([command])
        assert refused.value.exit_code == code and command in str(refused.value)
    assert not list(runs_folder().iterdir())


def test_where_no_keeper_starts_that_is_said_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_module, "KEEPER", "import nothing_of_that_name")
    with pytest.raises(NoKeeperError):
        start_run(["true"])
    assert not list(runs_folder().iterdir())


def test_a_kept_command_has_what_it_would_have_of_its_caller_and_its_keeper_nothing(tmp_path: Path) -> None:
    expected = subprocess.run(["sh", "-c", "umask; ulimit -n; pwd"], capture_output=True, check=True).stdout

    async def play() -> None:
        reads, writes = os.pipe()
        os.set_inheritable(writes, True)
        run = started(f"umask; ulimit -n; pwd; echo through >/dev/fd/{writes}; echo ready; read x")
        os.close(writes)
        watcher = await joined(run)
        await watcher.until("ready")
        assert watcher.seen.replace(b"\r", b"").startswith(expected)
        for keeper in await keepers(run):
            assert keeper.cwd() == "/" and keeper.terminal() is None
            assert all(str(tmp_path) in file.path for file in keeper.open_files())
            assert not {"torch", "textual"} & {Path(file.path).name for file in keeper.memory_maps()}
        watcher.attachment.send(b"\r")
        assert await watcher.end() == CommandEnd(0)
        with os.fdopen(reads, "rb") as reader:
            assert reader.read() == b"through\n"  # which has an end, so nobody else has it open

    asyncio.run(play())


def test_a_keepers_folder_and_socket_are_its_owners_alone_and_go_when_it_has_ended() -> None:
    async def play() -> None:
        run = started("read x")
        path = socket_path(run.path)
        assert [stat.S_IMODE(one.stat().st_mode) for one in (run.path, path)] == [0o700, 0o600]
        if os.getuid() == 0:
            assert _joins_as_another_user(path) == errno.EACCES
        watcher = await joined(run)
        watcher.attachment.send(b"\r")
        assert await watcher.end() == CommandEnd(0) and not path.exists()

    asyncio.run(play())


def _joins_as_another_user(path: Path) -> int:
    """What a process of another user is told that tries to join; 0 if it may."""
    other = os.fork()
    if other == 0:
        told = 255
        try:
            os.chdir(path.parent)  # its path may be too long for a socket
            os.setuid(65534)
            told = socket.socket(socket.AF_UNIX).connect_ex(path.name)
        finally:
            os._exit(told)
    return os.waitstatus_to_exitcode(os.waitpid(other, 0)[1])


def test_a_home_with_a_long_path_and_one_that_takes_no_socket_are_no_obstacle(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(home / ("long" * 30)))
    run = started("exit 6")
    assert len(str(run.path)) > LONGEST
    assert asyncio.run(_end_of(run)) == CommandEnd(6)
    taken = RunFolder.made()
    (taken.path / "keeper").mkdir()  # so that no socket can be there
    with listener(taken.path) as found:
        path = socket_path(taken.path)
        assert path.parent != taken.path and str(path) == found.getsockname()
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    remove_socket(taken.path)
    assert not path.parent.exists() and socket_path(taken.path) == taken.path / "keeper"


def test_what_is_left_of_keepers_that_are_gone_is_no_run_and_is_removed() -> None:
    async def play() -> None:
        run = started("read x")
        await killed(*await keepers(run), psutil.Process(_pid(run)))
        assert socket_path(run.path).exists()
        assert not running_runs() and not socket_path(run.path).exists()
        command = run.command()
        assert command is not None and command.ended is None
        with pytest.raises(NotAttachedError, match=run.name):
            await attach(run)
        # Its number is another process's by now.
        run.write_command(replace(command, pid=os.getpid()))
        assert not running_runs()
        identity = process_identity(os.getpid())
        assert identity is not None
        run.write_command(replace(command, pid=os.getpid(), identity=identity))
        assert len(running_runs()) == 1
        run.write_command(replace(command, pid=os.getpid(), identity="an earlier boot" + identity[-10:]))
        assert not running_runs()
        began = psutil.Process().create_time() - 60
        run.write_command(replace(command, pid=os.getpid(), began=began, identity=None))
        assert not running_runs()

    asyncio.run(play())


async def killed(*processes: psutil.Process) -> None:
    """Kill them, so that none has the time to do something about another's end."""
    for process in processes:
        process.suspend()
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it ended with one of the others
            process.kill()
    async with asyncio.timeout(PATIENCE):
        while any(process_identity(process.pid) for process in processes):  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0)


def _pid(run: RunFolder) -> int:
    command = run.command()
    assert command is not None
    return command.pid


def test_a_command_whose_keepers_are_both_killed_is_hung_up_and_runs_on_if_it_ignores_that() -> None:
    async def play() -> None:
        run = started("trap '' HUP; echo ready; sleep 600")
        watcher = await joined(run)
        await watcher.until("ready")
        await killed(*await keepers(run))
        assert psutil.Process(_pid(run)).is_running() and [one.name for one in running_runs()] == [run.name]
        os.killpg(_pid(run), signal.SIGKILL)

    asyncio.run(play())


ODD = """
import os, sys
os.closerange(0, 4096)
os.chdir("/")
terminal = os.open("/dev/tty", os.O_RDWR)
os.write(terminal, b"closed all\\n")
if os.fork() == 0:
    os.write(terminal, b"forked\\n")
    os._exit(0)
os.wait()
for _ in range(2):
    os.dup2(terminal, terminal + 1 + _)
os.dup2(terminal, 1)
os.execvp("sh", ["sh", "-c", "echo executed; pwd; exit 8"])
"""


def test_a_kept_program_that_closes_all_descriptors_forks_execs_and_changes_folder_does_so() -> None:
    async def play() -> None:
        watcher = await joined(started("", sys.executable, "-S", "-c", ODD))
        assert await watcher.end() == CommandEnd(8)
        assert watcher.seen.decode().splitlines() == ["closed all", "forked", "executed", "/"]

    asyncio.run(play())


def test_a_full_disk_takes_no_output_from_who_is_joined_and_the_end_is_recorded() -> None:
    async def play() -> None:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
        try:
            run = started("read x; seq 5000; exit 3")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        (run.path / "command.new").mkdir()  # so that no other file is made
        (run.path / "command.json").write_text("cut sh")
        watcher = await joined(run)
        assert [one.name for one in running_runs()] == [run.name]
        watcher.attachment.send(b"\r")
        assert await watcher.end() == CommandEnd(3)
        assert watcher.seen.endswith(b"4999\r\n5000\r\n")
        assert (run.path / "output").stat().st_size == 8192
        command = run.command()
        assert command is not None and command.exit_code == 3

    asyncio.run(play())


def test_whatever_is_sent_to_a_keeper_it_goes_on() -> None:
    async def play() -> None:
        run = started("read x; exit 2")
        for sent in (b"", b"x", b"i\xff\xff\xff\xff", b"?\0\0\0\1x", b"w\0\0\0\1x", b"s\0\0\0\1\xff", b"s\0\0\0\0"):
            with socket.socket(socket.AF_UNIX) as other:
                with short_path(socket_path(run.path)) as path:
                    other.connect(path)
                other.sendall(sent)
        with short_path(socket_path(run.path)) as path:
            for _ in range(40):
                socket.socket(socket.AF_UNIX).connect(path)
        watcher = await joined(run)
        await watcher.until_holds(lambda: watcher.tails > 0)  # it takes no more than some at once
        watcher.attachment.send(b"\r")
        assert await watcher.end() == CommandEnd(2)
        assert not (run.path / "keeper.log").exists()

    asyncio.run(play())


def test_what_is_kept_of_a_command_that_runs_is_not_deleted() -> None:
    run = started("read x")
    refused = CliRunner().invoke(runs, ["--delete", run.short_name])
    assert refused.exit_code == 1 and f"({run.name}) runs still" in refused.stderr
    assert run.command() is not None
    os.killpg(_pid(run), signal.SIGKILL)
    assert asyncio.run(_end_of(run)) == CommandEnd(137)
    assert CliRunner().invoke(runs, ["--delete", run.short_name]).exit_code == 0
    assert not run.path.exists()
