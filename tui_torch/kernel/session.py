"""One kernel process and the conversation with it: start, run, answer, interrupt, restart, close.

The kernel is an ipykernel driven by `jupyter_client`. A run is: an order to the probe to prepare the namespace (a
Jupyter comm message), an ordinary `execute_request`, an order to grade. What comes back is yielded as `kernel.events`.

The app imports this before it draws anything: what only a conversation needs is imported when one begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import signal
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from tui_torch.kernel.messages import Message, events_of, is_idle, parent_of, received
from tui_torch.kernel.process import KernelProcess
from tui_torch.protocol import wire
from tui_torch.protocol.events import (
    Evaluated,
    Event,
    Failed,
    Finished,
    Graded,
    Greeting,
    Outcome,
    Output,
    Started,
    Traced,
)
from tui_torch.protocol.orders import COMM_TARGET, Evaluate, Grade, ImportAhead, Order, Prepare, Run, Watch
from tui_torch.protocol.trace_chunks import TraceChunk, join
from tui_torch.protocol.views import ANSWERS, Request, View

INTERRUPT_GRACE = 3.0
"""Seconds that interrupted code gets to yield before its kernel is restarted."""
INTERRUPT_AGAIN = 1.0
"""Seconds until it is interrupted once more: between two messages, a kernel hears no interrupt."""

PRINTED_KEPT = 100_000
"""Characters kept of what was printed, for checks that look at it: the last ones."""

GREETING = 0.1
"""Seconds until a kernel that has not answered is asked again, at first."""

AHEAD_AFTER = 3.0
"""Seconds from ready to the import of what only some code needs."""

DEATH_POLL = 0.1
"""Seconds between two looks at whether the kernel process lives."""


class KernelState(StrEnum):
    """What the kernel is doing."""

    STARTING = "starting"
    READY = "ready"
    RUNNING = "running"
    INTERRUPTING = "interrupting"
    RESTARTING = "restarting"
    DEAD = "dead"
    CLOSED = "closed"


class KernelError(Exception):
    """The kernel could not be started; the message is a sentence for the learner."""


class KernelSession:
    """A kernel that runs one piece of code at a time.

    `on_state` is called with each new `KernelState`, in the event loop. `ahead`: once ready, import what the first
    optimizer needs (1.5 s of a core, 75 MB), so that somebody who reads first does not wait for it.
    """

    def __init__(self, on_state: Callable[[KernelState], None] | None = None, *, ahead: bool = False) -> None:
        self.state = KernelState.STARTING
        self.on_state = on_state
        self._ahead = ahead
        self._manager: Any = None  # jupyter_client's methods have no types
        self._client: Any = None
        self._process: KernelProcess | None = None
        self.memory_limit: int | None = None
        """Bytes that the kernel process may have in memory; None: three quarters of what is free when it starts."""
        self._excess: str | None = None
        """Why the process was ended by us; None while it was not."""
        self._comm = ""
        self._queue: asyncio.Queue[Message | Finished] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._interrupting: asyncio.Task[None] | None = None
        self._replacement: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._problem: str | None = None
        self._watched: tuple[str, ...] = ()
        self._busy = asyncio.Lock()
        self._replacing = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The kernel's process id; None when there is no process."""
        return self._process.pid if self._process is not None else None

    @property
    def folder(self) -> Path | None:
        """Where the connection file and the sockets are."""
        return self._process.folder if self._process is not None else None

    @property
    def problem(self) -> str | None:
        """Why no code can run, and what to do, in a sentence or two; None while that is not known."""
        return self._problem

    async def start(self) -> None:
        """Spawn the kernel process, begin the conversation, and return. `ready()` waits until it can run code."""
        self.spawn()
        await self.connect()

    def spawn(self) -> None:
        """Spawn the kernel process, which imports torch from then on. It runs nothing until `connect()`."""
        self._ready.clear()
        self._problem = None
        self._queue = asyncio.Queue()
        self._process = KernelProcess()

    async def connect(self) -> None:
        """Begin the conversation with the process that was spawned, unless it has begun, and return."""
        async with self._replacing:
            if self._manager is None and self.state is not KernelState.CLOSED:
                await self._connect()

    async def _connect(self) -> None:
        assert self._process is not None
        # In a thread: it takes a while, in which keys are heard.
        jupyter = await asyncio.to_thread(importlib.import_module, "tui_torch.kernel.jupyter")
        manager = self._manager = jupyter.Manager(self._process)
        await manager.start_kernel()
        client = self._client = manager.client()
        client.start_channels(hb=False)
        self._comm = uuid.uuid4().hex
        self._tasks = [
            asyncio.create_task(self._listen(client.iopub_channel)),
            asyncio.create_task(self._listen(client.stdin_channel)),
            asyncio.create_task(self._drain(client.shell_channel)),
            asyncio.create_task(self._watch()),
            asyncio.create_task(self._greet()),
        ]

    async def ready(self) -> None:
        """Wait until the kernel has imported torch and can run. Raises KernelError when it cannot."""
        await self._ready.wait()
        if self._problem is not None:
            raise KernelError(self._problem)

    async def run(self, run: Run) -> AsyncGenerator[Event, None]:
        """Run the code and yield what happens: `Started` first, `Finished` always and last."""
        async with self._busy:
            started = time.perf_counter()

            def finished(outcome: Outcome, reason: str = "") -> Finished:
                return Finished(outcome, time.perf_counter() - started, reason)

            try:
                await self.ready()
            except KernelError as problem:
                yield finished("died", str(problem))
                return
            self._enter(KernelState.RUNNING)
            failed = False
            printed = ""
            chunks: list[TraceChunk] = []
            try:
                order = Prepare(run.standing, run.pins, run.plot, run.trace)
                async for message in self._replies(self._order(order)):
                    if isinstance(message, Finished):
                        yield finished(message.outcome, message.reason)
                        return
                    if (failure := received(message, Failed)) is not None:
                        failed = True
                        yield failure
                if not failed and not self._was_interrupted():
                    yield Started()
                    execute = self._client.execute(run.code, store_history=False, stop_on_error=False)
                    async for message in self._replies(execute):
                        if isinstance(message, Finished):
                            yield finished(message.outcome, message.reason)
                            return
                        if (chunk := received(message, TraceChunk)) is not None:
                            chunks.append(chunk)
                            continue
                        for event in events_of(message):
                            match event:
                                case Failed(error="KeyboardInterrupt") if self._was_interrupted():
                                    continue
                                case Failed():
                                    failed = True
                                case Output(text, "stdout"):
                                    printed = (printed + text)[-PRINTED_KEPT:]
                                case _:
                                    pass
                            yield event
                if chunks:
                    try:
                        # Up to 32 MB of it: the event loop has other things to do meanwhile.
                        trace = await asyncio.to_thread(join, chunks)
                    except ValueError:  # an interrupt came while it was being sent
                        pass
                    else:
                        yield Traced(trace)
                async for event in self._after(run, failed, printed):
                    if isinstance(event, Finished):
                        yield finished(event.outcome, event.reason)
                        return
                    failed = failed or isinstance(event, Failed)
                    yield event
                if self._was_interrupted():
                    yield finished("interrupted", "Interrupted. What the code had made until then is still there.")
                else:
                    yield finished("failed" if failed else "ok")
            finally:
                self._calm_down()
                if self.state in (KernelState.RUNNING, KernelState.INTERRUPTING):
                    self._enter(KernelState.READY)

    async def _after(self, run: Run, failed: bool, printed: str) -> AsyncGenerator[Event, None]:
        """Grade and evaluate, when there is something to, and the code ran."""
        if failed or self._was_interrupted():
            return
        orders: list[tuple[Order, type[Graded | Evaluated]]] = []
        if run.checks is not None:
            orders.append((Grade(run.checks, run.code, printed), Graded))
        if run.values:
            orders.append((Evaluate(run.values), Evaluated))
        for order, answer in orders:
            async for message in self._replies(self._order(order)):
                if isinstance(message, Finished):
                    yield message
                    return
                if (found := received(message, answer) or received(message, Failed)) is not None:
                    yield found

    async def look(self, request: Request) -> View | None:
        """Have the probe look at something in the namespace, after a run in progress.

        None when there is nothing to see, or the kernel died of it.
        """
        async with self._busy:
            try:
                await self.ready()
            except KernelError:
                return None
            view: View | None = None
            async for message in self._replies(self._order(request)):
                if isinstance(message, Finished):
                    return None
                view = received(message, ANSWERS[request.side]) or view
            return view

    def watch(self, names: tuple[str, ...]) -> None:
        """Have these expressions told as `Watched` while loops run, beside a step's pins; also in a run that is under
        way. They stay until the next call."""
        self._watched = names
        if self.state in (KernelState.READY, KernelState.RUNNING, KernelState.INTERRUPTING):
            self._tell_watched()

    def _tell_watched(self) -> None:
        # By the control channel: the other one is not read while code runs.
        content = {"comm_id": self._comm, "data": wire.encode_tagged(Watch(self._watched))}
        self._client.control_channel.send(self._client.session.msg("comm_msg", content))

    def answer(self, text: str) -> None:
        """Give the line that `input()` waits for."""
        self._client.input(text)

    async def interrupt(self) -> None:
        """Stop the code that runs: SIGINT, once more after a second, and a restart of the kernel after three."""
        if self.state is not KernelState.RUNNING or self._manager is None:
            return
        self._enter(KernelState.INTERRUPTING)
        self._interrupting = asyncio.create_task(self._restart_unless_it_yields())
        await self._manager.interrupt_kernel()

    async def restart(self, reason: str = "The kernel was restarted.") -> None:
        """Replace the kernel process by a fresh one. A run in progress ends as `interrupted` with the reason."""
        async with self._replacing:
            self._enter(KernelState.RESTARTING)
            queue = self._queue
            await self._end_process()
            self.spawn()
            await self._connect()
            queue.put_nowait(Finished("interrupted", 0.0, reason))

    async def close(self) -> None:
        """End the kernel process and remove its files, even when whoever waits for that is cancelled."""
        # Half closed, the sockets' context would be collected as garbage one day, and wait for them for ever.
        await asyncio.shield(asyncio.create_task(self._close()))

    async def _close(self) -> None:
        async with self._replacing:
            if self.state is not KernelState.CLOSED:
                self._enter(KernelState.CLOSED)
                self._calm_down()
                await self._end_process()

    # The conversation

    def _order(self, order: Order) -> str:
        return self._send("comm_msg", {"comm_id": self._comm, "data": wire.encode_tagged(order)})

    def _send(self, kind: str, content: dict[str, object]) -> str:
        message = self._client.session.msg(kind, content)
        self._client.shell_channel.send(message)
        return message["header"]["msg_id"]

    async def _replies(self, request: str) -> AsyncGenerator[Message | Finished, None]:
        """What the kernel says about a request until it is done with it; a `Finished` when the process is lost."""
        queue = self._queue
        while True:
            message = await queue.get()
            if isinstance(message, Finished):
                yield message
                return
            if parent_of(message) != request:
                continue
            if is_idle(message):
                return
            yield message

    async def _listen(self, channel: Any) -> None:
        queue = self._queue
        while True:
            queue.put_nowait(await channel.get_msg())

    async def _drain(self, channel: Any) -> None:
        # Replies repeat what iopub said; unread they would pile up in the socket.
        while True:
            await channel.get_msg()

    async def _greet(self) -> None:
        """Ask until the kernel answers on iopub, open the comm, and wait for the probe's word that torch is there."""
        began = time.monotonic()
        while True:
            request = self._send("kernel_info_request", {})
            # On a machine so busy that an answer takes longer, none would ever come in time.
            patience = max(GREETING, (time.monotonic() - began) / 10)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    async for _ in self._replies(request):
                        pass
                    break
        opening = self._send("comm_open", {"comm_id": self._comm, "target_name": COMM_TARGET, "data": {}})
        problem: str | None = None
        async for message in self._replies(opening):
            if isinstance(message, Finished):
                return
            if (greeting := received(message, Greeting)) is not None:
                problem = greeting.problem
        self._settle(problem)
        if self._watched and problem is None:
            self._tell_watched()
        if self._ahead and problem is None:
            # Not under the first run of somebody who knows already what to run.
            await asyncio.sleep(AHEAD_AFTER)
            self._order(ImportAhead())

    def _settle(self, problem: str | None) -> None:
        self._problem = problem
        self._enter(KernelState.READY if problem is None else KernelState.DEAD)
        self._ready.set()

    async def _watch(self) -> None:
        """Notice that the process died, tell whoever waits for it, and start another, unless it died at start-up."""
        from tui_torch.kernel import memory_limit

        assert self._process is not None
        usual = memory_limit.usual_limit()
        while self._process.popen.poll() is None:
            limit = self.memory_limit or usual
            if self.pid is not None and (taken := memory_limit.taken(self.pid)) > limit:
                self._excess = (
                    f"The code took {taken / memory_limit.GB:.1f} GB of memory, and it may take "
                    f"{limit / memory_limit.GB:.1f} GB (`memory` in config.toml), so its kernel was ended."
                )
                with contextlib.suppress(Exception):
                    await self._manager.signal_kernel(signal.SIGKILL)
            await asyncio.sleep(DEATH_POLL)
        if self.state in (KernelState.RESTARTING, KernelState.CLOSED):
            return
        queue = self._queue
        if not self._ready.is_set():
            self._settle(f"The kernel does not start: {self._last_words()} `tui-torch doctor` looks for the cause.")
            queue.put_nowait(Finished("died", 0.0, self._problem or ""))
            return
        how = self._death()
        # A task of its own: replacing the process cancels this one.
        self._replacement = asyncio.create_task(self._replace(queue, how))

    async def _replace(self, queue: asyncio.Queue[Message | Finished], how: str) -> None:
        async with self._replacing:
            if self.state is KernelState.CLOSED:
                return
            self._enter(KernelState.RESTARTING)
            await self._end_process()
            self.spawn()
            await self._connect()
            queue.put_nowait(Finished("died", 0.0, f"{how} A fresh kernel is starting; your code is as you left it."))

    def _death(self) -> str:
        excess, self._excess = self._excess, None
        if excess is not None:
            return excess
        match self._process.popen.returncode if self._process is not None else None:
            case int(code) if code < 0:
                with contextlib.suppress(ValueError):
                    return f"The code ended the kernel process ({signal.Signals(-code).name})."
            case 0:
                return "The code asked the kernel process to exit."
            case int(code):
                return f"The code ended the kernel process (exit code {code})."
            case _:
                pass
        return "The kernel process is gone."

    def _last_words(self) -> str:
        assert self._process is not None
        with contextlib.suppress(OSError):
            if lines := self._process.log_file.read_text("utf-8", "replace").strip().splitlines():
                return f"{lines[-1][:200]}."
        return "it ended without a word."

    async def _restart_unless_it_yields(self) -> None:
        await asyncio.sleep(INTERRUPT_AGAIN)
        if self._manager is not None:
            await self._manager.interrupt_kernel()
        await asyncio.sleep(INTERRUPT_GRACE - INTERRUPT_AGAIN)
        self._interrupting = None
        await self.restart(
            f"The code did not stop in {INTERRUPT_GRACE:.0f} s, so the kernel was restarted; its variables are gone."
        )

    def _was_interrupted(self) -> bool:
        return self.state is KernelState.INTERRUPTING

    def _calm_down(self) -> None:
        if self._interrupting is not None:
            self._interrupting.cancel()
            self._interrupting = None

    def _enter(self, state: KernelState) -> None:
        if state is not self.state:
            self.state = state
            if self.on_state is not None:
                self.on_state(state)

    async def _end_process(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._client is not None:
            self._client.stop_channels()
        manager, self._manager = self._manager, None
        if manager is not None:
            with contextlib.suppress(Exception):
                await manager.shutdown_kernel(now=True)
        if self._process is not None:
            await asyncio.to_thread(self._process.end)
