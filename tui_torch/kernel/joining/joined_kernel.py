"""A kernel that others use, with the probe in it: from consent to leaving, also over its restarts."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import tui_torch
from tui_torch.kernel.joining.connection_files import CannotJoinError, ConnectionFile
from tui_torch.kernel.joining.running_kernel import KernelFacts, RunningKernel
from tui_torch.kernel.runtime_folder import RuntimeFolder, new_runtime_folder, sweep_runtime_folders
from tui_torch.kernel.torch_release import OLDEST
from tui_torch.protocol import wire
from tui_torch.protocol.attachment import TOLD, Asked, Beside, CellBegan, CellEnded, Joined, Leave, Peek, Told
from tui_torch.protocol.events import Inspected
from tui_torch.protocol.inspection_updates import InspectionReceiver, InspectionUpdate, is_complete
from tui_torch.protocol.orders import ReadOn, Request
from tui_torch.protocol.views import View

PATIENCE = 5.0
"""Seconds in which a kernel says who it is, whatever it does."""
SOON = 0.5
"""Seconds after which it is said that a cell has to end before the probe can be loaded."""
LEAVING = 1.5
"""Seconds in which the probe takes itself out, unless a cell runs."""
RESTART = 12.0
"""Seconds in which a kernel that is gone may come back at the same address."""
_ASKED_TO_HEAR = 5
"""Number of times that a kernel is asked, until what it tells all is heard."""
_LONGEST = 1 << 26
"""Bytes of the longest message of the probe."""
_OLDEST_PYTHON = (3, 11)

LATER = "Left: the probe takes itself out when the cell that runs is over."
"""What is said of leaving while a cell runs."""

Return = Literal["same", "restarted", "gone"]
"""What is there after the probe was lost. `same`: the kernel goes on, and only the connection has gone."""

WILL_DO = (
    "tui-torch loads its probe into this kernel, beside your code. It reads the variables after each cell, and listens "
    "to PyTorch while cells run: to backward(), optimizers and DataLoaders. It runs none of your code, answers no "
    "input(), interrupts nothing, and takes all of it out again when you leave."
)
"""What is said before the question whether it may."""


def torch_in_a_word(joined: Joined) -> str:
    """What there is of PyTorch in a kernel, for a heading."""
    if joined.torch is None and joined.installed is not None:
        return f"PyTorch {joined.installed}, not imported yet"
    return "no PyTorch" if joined.torch is None else torch_sentence(joined)


def torch_sentence(joined: Joined) -> str:
    """What there is of PyTorch in a kernel."""
    if joined.torch is not None:
        return f"PyTorch {joined.torch}"
    if joined.installed is not None:
        return f"PyTorch {joined.installed} is there, and its tensors are shown once a cell has imported it"
    return "there is no PyTorch, so that names are shown, and no tensors"


async def met(file: ConnectionFile) -> KernelFacts:
    """What a kernel says of itself. Raises CannotJoinError for one that cannot be joined."""
    kernel = JoinedKernel(file)
    try:
        return await kernel.meet()
    finally:
        await kernel.close()


class JoinedKernel:
    """A kernel that somebody else has started. Use it from `meet()` to `close()`."""

    def __init__(self, file: ConnectionFile) -> None:
        self.file = file
        self.facts: KernelFacts | None = None
        self.cell: CellBegan | None = None
        """The cell that runs, as far as it is known."""
        self._kernel = RunningKernel(file)
        self._folder: RuntimeFolder | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._beside: asyncio.StreamWriter | None = None
        self._told: asyncio.Queue[Told | None] = asyncio.Queue()
        self._loading: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None
        self._looks: dict[Request, asyncio.Future[View | None]] = {}
        """What is asked for and not answered yet."""
        self._looking: set[asyncio.Task[View | None]] = set()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By the side of a view, whose turn it is."""

    async def meet(self) -> KernelFacts:
        """Ask who it is, and load nothing. Raises CannotJoinError where nobody answers, or it cannot be joined."""
        if not await asyncio.to_thread(lambda: self.file.is_alive):
            raise CannotJoinError(f"the kernel of {self.file.path} has ended: nothing listens at its address")
        try:
            await self._kernel.connect()
        except Exception as error:  # jupyter_client refuses what is in the file
            raise CannotJoinError(f"{self.file.path} is no connection file: {error}") from None
        facts = self.facts = await self._kernel.facts(PATIENCE)
        # Before that is heard, it would not be known whether a cell keeps the kernel busy.
        for _ in range(_ASKED_TO_HEAR):
            if facts is None or await self._kernel.hears(0.2):
                break
            facts = await self._kernel.facts(PATIENCE)
        if facts is None:
            raise CannotJoinError(
                f"what listens at the address of {self.file.path} does not answer as its kernel, in {PATIENCE:.0f} s"
            )
        if facts.language != "python":
            raise CannotJoinError(f"the kernel's language is {facts.language or 'unknown'}, and not Python")
        if facts.implementation != "ipython":
            raise CannotJoinError(f"the kernel is {facts.implementation or 'unknown'}, and only ipykernel's are joined")
        return facts

    async def load(self) -> bool:
        """Have the probe loaded, whose consent is there. Whether it is: otherwise it will be once a cell is over.

        Raises CannotJoinError where it cannot be.
        """
        if self._folder is None:
            await asyncio.to_thread(sweep_runtime_folders)
            try:
                self._folder = new_runtime_folder()
            except OSError as error:
                raise CannotJoinError(str(error)) from None
            self._server = await asyncio.start_unix_server(self._hear, self._socket, limit=_LONGEST)
        self._loading = asyncio.create_task(self._load())
        begins = asyncio.create_task(self._kernel.evaluates())
        try:
            done, _ = await asyncio.wait([self._loading, begins], timeout=SOON, return_when=asyncio.FIRST_COMPLETED)
        finally:
            begins.cancel()
        if done:
            await self.loaded()
        return bool(done)

    async def loaded(self) -> None:
        """Wait until the probe is loaded. Raises CannotJoinError where it cannot be."""
        assert self._loading is not None
        await asyncio.shield(self._loading)

    async def told(self) -> AsyncGenerator[Told | Inspected]:
        """What the probe tells, until it is gone: it has left, or the kernel has ended.

        Inspections come whole, as `Inspected`; what one had no time for is asked for, and comes in another.
        """
        inspections = InspectionReceiver()
        while (word := await self._told.get()) is not None:
            match word:
                case CellBegan():
                    self.cell = word
                case CellEnded():
                    self.cell = None
                case InspectionUpdate():
                    if (inspection := inspections.inspection(word)) is None:
                        continue
                    if not is_complete(inspection):
                        self.ask(ReadOn(inspections.number))
                    word = Inspected(inspection)
                case _ if isinstance(word, View) and (answer := self._looks.get(word.request)) is not None:
                    if not answer.done():
                        answer.set_result(word)
                    continue
                case _:
                    pass
            yield word
        self.cell = None
        self._writer = None
        for answer in self._looks.values():
            if not answer.done():
                answer.set_result(None)

    def ask(self, order: Asked) -> None:
        """Ask something of the probe, if it is there."""
        _write(self._writer, order)

    def peek(self) -> None:
        """Ask what the names are while a cell runs. Answered by `Peeked`, where the kernel has a thread for that."""
        _write(self._beside, Peek())

    async def look(self, request: Request) -> View | None:
        """The view that is requested, while somebody goes through `told()`; None where the probe is not there.

        While a cell runs, it comes when that is over, or from a loop that trains. One of each kind is asked for at a
        time: whoever is cancelled meanwhile has asked for nothing.
        """
        turn = self._turns[request.side]
        await turn.acquire()
        # Once it is asked for, the next one waits until it is answered.
        looking = asyncio.create_task(self._view(request))
        self._looking.add(looking)
        looking.add_done_callback(self._looking.discard)
        looking.add_done_callback(lambda _: turn.release())
        return await asyncio.shield(looking)

    async def _view(self, request: Request) -> View | None:
        if self._writer is None:
            return None
        answer = self._looks[request] = asyncio.get_running_loop().create_future()
        try:
            self.ask(request)
            return await answer
        finally:
            del self._looks[request]

    async def comes_back(self) -> Return:
        """Wait until a kernel answers again at the address of one whose probe is gone, and say which it is."""
        until = asyncio.get_running_loop().time() + RESTART
        while asyncio.get_running_loop().time() < until:
            if (facts := await self._kernel.facts(1.0)) is not None:
                before, self.facts = self.facts, facts
                return "same" if before is not None and before.session == facts.session else "restarted"
        return "gone"

    async def leave(self) -> bool:
        """Have the probe taken out. Whether it is by now: otherwise it will be when the cell that runs is over."""
        if self._writer is None:
            return True
        writer = self._writer
        self.ask(Leave())
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(LEAVING):
                await writer.drain()
                while self._writer is writer and not writer.is_closing():
                    if await self._told.get() is None:
                        return True
        return False

    async def close(self) -> None:
        """Be gone. The kernel notices that nobody listens, if it was not told."""
        tasks = [*self._looking, *([] if self._loading is None else [self._loading])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in (self._writer, self._beside):
            if writer is not None:
                writer.close()
        if self._server is not None:
            self._server.close()
        await self._kernel.close()
        if self._folder is not None:
            self._folder.remove()

    @property
    def running(self) -> int | None:
        """The number of the cell that runs, as far as it is known."""
        return self.cell.number if self.cell is not None else self._kernel.running

    @property
    def _socket(self) -> str:
        assert self._folder is not None
        return str(self._folder.path / "probe")

    async def _load(self) -> None:
        while True:
            evaluating = asyncio.create_task(self._kernel.evaluate(_expression(self._socket)))
            try:
                await self._until_done(evaluating)
            finally:
                evaluating.cancel()
            if evaluating.done():
                break
        if refused := evaluating.result():
            raise CannotJoinError(f"the kernel is not joined: {refused}")

    async def _until_done(self, evaluating: asyncio.Task[str]) -> None:
        """Wait for what the kernel evaluates, or until it is another kernel. Raises CannotJoinError if it has ended."""
        while not (await asyncio.wait([evaluating], timeout=PATIENCE))[0]:
            facts = await self._kernel.facts(PATIENCE)
            if facts is None and not await asyncio.to_thread(lambda: self.file.is_alive):
                raise CannotJoinError(f"the kernel of {self.file.path} has ended")
            if facts is not None and self.facts is not None and facts.session != self.facts.session:
                self.facts = facts
                return

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear what the probe tells by one of its connections, until it is gone, or if it is not our probe."""
        is_main = False
        try:
            while line := await reader.readline():
                try:
                    word = wire.decode_tagged(TOLD, json.loads(line))
                except wire.WireError:
                    continue
                match word:
                    case Joined() if self._writer is None:
                        is_main, self._writer = True, writer
                    case Beside():
                        self._beside = writer
                        continue
                    case _:
                        pass
                self._told.put_nowait(word)
        except (OSError, ValueError):
            pass
        finally:
            writer.close()
            if is_main:
                self._told.put_nowait(None)
            elif self._beside is writer:
                self._beside = None


def _write(writer: asyncio.StreamWriter | None, order: Asked) -> None:
    if writer is not None and not writer.is_closing():
        writer.write(json.dumps(wire.encode_tagged(order)).encode() + b"\n")


def _expression(socket: str) -> str:
    """What loads the probe where it is evaluated, without a name that anybody there could see or have changed."""
    package = Path(tui_torch.__file__).parent
    source = (package / "probe" / "attached" / "loader.py").read_text(encoding="utf-8")
    arguments = (str(package), socket, tui_torch.__version__, _OLDEST_PYTHON, OLDEST)
    return (
        "(lambda code, scope, builtins:"
        " builtins.exec(builtins.compile(code, '<tui-torch>', 'exec'), scope) or scope['load'](*scope['arguments']))"
        f"({source!r}, {{'__name__': 'tui_torch_loader', 'arguments': {arguments!r}}}, __import__('builtins'))"
    )
