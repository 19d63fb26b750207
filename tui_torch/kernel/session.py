"""A kernel that runs a learner's code: start, run, answer, interrupt, restart, close.

The kernel is an ipykernel driven by `jupyter_client`. A run is an ordinary `execute_request`, which says in its
metadata what to prepare before, and orders to grade and to evaluate. What comes back is yielded as `protocol.events`.

The app imports this before it draws anything: what only a conversation needs is imported when one begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tui_torch.kernel.after_a_run import graded_and_evaluated, inspection_read_on
from tui_torch.kernel.conversation import Conversation, ProcessLostError
from tui_torch.kernel.messages import Message, events_of, in_order, received
from tui_torch.kernel.process import KernelProcess
from tui_torch.kernel.process_watch import ProcessWatch
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import (
    INTERRUPTED,
    Event,
    Failed,
    Finished,
    Outcome,
    Output,
    ProgramExited,
    PutBack,
    Started,
    Traced,
)
from tui_torch.protocol.orders import Greeting, ImportAhead, Prepare, Prepared, Question, Request, Run, Watch
from tui_torch.protocol.trace_chunks import TraceChunk, join

if TYPE_CHECKING:
    from tui_torch.protocol.events import Inspection
    from tui_torch.protocol.views import View

T = TypeVar("T")

INTERRUPT_GRACE = 3.0
"""Seconds that interrupted code gets to yield before its kernel is restarted."""
INTERRUPT_AGAIN = 1.0
"""Seconds until it is interrupted for good: code may swallow an interrupt, and a kernel between messages hears none."""

PRINTED_KEPT = 100_000
"""Characters kept of what was printed, for checks that look at it: the last ones."""

FIRST_PATIENCE = 0.1
"""Seconds until a kernel that has not answered is asked again, at first."""

AHEAD_AFTER = 3.0
"""Seconds from ready to the import of what only some code needs."""

FRESH = "A fresh kernel is starting; your code is as you left it."
NOT_PREPARED = "The kernel did not prepare this run, so nothing ran. Restart the kernel and run the code again."


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

    Args:
        on_state: Called with each new `KernelState`, in the event loop.
        ahead: Once ready, import what the first optimizer needs (1.5 s of a core, 75 MB), so that a learner who reads
            first does not wait for it.
        zygote: Forks the kernels, where it can.
    """

    def __init__(
        self,
        on_state: Callable[[KernelState], None] | None = None,
        *,
        ahead: bool = False,
        zygote: Zygote | None = None,
    ) -> None:
        self.state = KernelState.STARTING
        self.on_state = on_state
        self.memory_limit: int | None = None
        """Bytes that the kernel process may have in memory; None: three quarters of what is free when it starts."""
        self._ahead = ahead
        self._zygote = zygote
        self._process: KernelProcess | None = None
        self._conversation: Conversation | None = None
        self._tasks: list[asyncio.Task[None]] = []
        """What waits for the process: for its end, and for its first word."""
        self._interrupting: asyncio.Task[None] | None = None
        self._replacements: set[asyncio.Task[None]] = set()
        self._closing = False
        self._ready = asyncio.Event()
        self._problem: str | None = None
        self._end_reason: str | None = None
        """Why the last process ended while no code ran."""
        self._watched = Watch(())
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
    def notice(self) -> str | None:
        """What is not as it was asked for, and is no problem, in a sentence; None where there is nothing to say."""
        return self._process.notice if self._process is not None else None

    @property
    def end_reason(self) -> str | None:
        """Why the process before this one ended by itself while no code ran, in a sentence or two; None if it did not.

        The end of a run says why a process ended in it.
        """
        return self._end_reason

    @property
    def problem(self) -> str | None:
        """Why no code can run, and what to do, in a sentence or two; None while that is not known."""
        return self._problem

    # From its start to its end

    async def start(self) -> None:
        """Spawn the kernel process, begin the conversation, and return. `ready()` waits until it can run code."""
        self.spawn()
        await self.connect()

    def spawn(self) -> None:
        """Spawn the kernel process, which imports torch from then on. It runs nothing until `connect()`.

        Where it cannot be spawned, `problem` says why.
        """
        self._ready.clear()
        self._problem = None
        self._process = None
        try:
            self._process = KernelProcess(self._zygote)
        except OSError as error:
            self._enter_ready(_does_not_start(error))

    async def connect(self) -> None:
        """Begin the conversation with the process that was spawned, unless it has begun, and return."""
        async with self._replacing:
            if self._conversation is None and self.state is not KernelState.CLOSED:
                try:
                    await self._connect()
                except OSError as error:
                    self._enter_ready(_does_not_start(error))

    async def _connect(self, ending: Awaitable[None] | None = None) -> None:
        """Begin the conversation; `ending` is the end of the process before, whose memory is free only then."""
        if self._process is None:  # it could not be spawned
            return
        conversation = self._conversation = Conversation(self._process)
        await conversation.begin()
        if ending is not None:
            await ending
        watch = ProcessWatch(self._process, lambda: self.memory_limit, self._zygote)
        self._tasks = [
            asyncio.create_task(self._await_end(watch, conversation)),
            asyncio.create_task(self._await_greeting(conversation)),
        ]

    async def ready(self) -> None:
        """Wait until the kernel has imported torch and can run. Raises KernelError when it cannot."""
        while not self._ready.is_set():  # by the time that this goes on, another restart may have begun
            await self._ready.wait()
        if self._problem is not None:
            raise KernelError(self._problem)

    async def restart(self, reason: str = "The kernel was restarted.") -> None:
        """Replace the kernel process by a fresh one. A run in progress ends as `interrupted` with the reason."""
        self._end_reason = None
        # Should the caller be cancelled, the kernel is replaced all the same, and not left between two processes.
        await asyncio.shield(self._begin_replacing(ProcessLostError("interrupted", reason)))

    async def close(self) -> None:
        """End the kernel process and remove its files, even when the caller is cancelled meanwhile."""
        self._closing = True
        # Half closed, the context of the sockets would wait for them for ever when it is collected as garbage.
        await asyncio.shield(asyncio.create_task(self._close()))

    async def _close(self) -> None:
        async with self._replacing:
            if self.state is not KernelState.CLOSED:
                self._enter(KernelState.CLOSED)
                self._stop_interrupting()
                await self._end_process()

    # Running code

    async def run(self, run: Run) -> AsyncGenerator[Event, None]:
        """Run the code and yield what happens: `Started` first, `Finished` always and last."""
        async with self._busy:
            began = time.perf_counter()
            failed = False
            try:
                kernel = await self._ready_for_orders()
                has_started = False
                printed = ""
                chunks: list[TraceChunk] = []
                async for kernel, message in self._replies(run):
                    if isinstance(message, PutBack):
                        yield message
                        continue
                    if not has_started:
                        prepared = received(message, Prepared)
                        has_started = prepared is not None and prepared.failure is None
                        if prepared is not None and prepared.put_back:
                            yield PutBack(prepared.put_back)
                        if has_started:
                            yield Started()
                        elif prepared is not None and prepared.failure is not None:
                            failed = True
                            yield prepared.failure
                        if prepared is not None or not has_started:
                            continue
                    if (chunk := received(message, TraceChunk)) is not None:
                        chunks.append(chunk)
                        continue
                    for event in events_of(message, kernel.inspections):
                        match event:
                            case Failed(error="KeyboardInterrupt" | "CancelledError") if self._was_interrupted():
                                continue
                            case Failed() | ProgramExited(is_success=False):
                                failed = True
                            case Output(text, "stdout"):
                                printed = (printed + text)[-PRINTED_KEPT:]
                            case _:
                                pass
                        yield event
                if not (has_started or failed or self._was_interrupted()):
                    failed = True
                    yield Failed("RuntimeError", NOT_PREPARED, ())
                if chunks:
                    # It raises when an interrupt came while the recording was being sent.
                    with contextlib.suppress(ValueError):
                        # In a thread, since there may be 32 MB of it.
                        yield Traced(await asyncio.to_thread(join, chunks))
                if not failed and not self._was_interrupted():
                    async for event in graded_and_evaluated(run, printed, kernel):
                        failed = failed or isinstance(event, Failed)
                        yield event
                outcome, reason = self._outcome(failed)
                yield Finished(outcome, time.perf_counter() - began, reason)
            except KernelError as problem:
                yield Finished("died", time.perf_counter() - began, str(problem))
            except ProcessLostError as lost:
                if run.program is not None and lost.exit_code is not None:
                    yield ProgramExited(lost.exit_code)
                yield Finished(lost.outcome, time.perf_counter() - began, lost.reason)
            finally:
                self._stop_interrupting()
                if self.state in (KernelState.RUNNING, KernelState.INTERRUPTING):
                    self._enter(KernelState.READY)

    async def _replies(self, run: Run) -> AsyncGenerator[tuple[Conversation, Message | PutBack], None]:
        """What the kernel says about a run; then a fresh one, where nothing puts back what code before had changed."""
        beyond: tuple[str, ...] = ()
        for _ in range(2):
            kernel = await self._ready_for_orders()
            self._end_reason = None
            self._enter(KernelState.RUNNING)
            if beyond:
                yield kernel, PutBack(beyond, is_fresh=True)
            beyond = ()
            known = kernel.inspections.number
            look = (run.pins, run.plot, run.trace, known, run.inspect)
            prepare = Prepare(run.standing, *look, run.apart, run.program, run.notebook)
            async for message in in_order(kernel.replies(kernel.execute(run.code, prepare), late=True)):
                prepared = received(message, Prepared)
                if prepared is not None and prepared.beyond:
                    beyond = prepared.beyond
                else:
                    yield kernel, message
            if not beyond or self._was_interrupted():
                return
            await self.restart("A fresh kernel is starting.")

    async def _ready_for_orders(self) -> Conversation:
        await self.ready()
        return self._conversation_now

    @property
    def _conversation_now(self) -> Conversation:
        assert self._conversation is not None
        return self._conversation

    def _outcome(self, failed: bool) -> tuple[Outcome, str]:
        return ("interrupted", INTERRUPTED) if self._was_interrupted() else ("failed" if failed else "ok", "")

    async def look(self, request: Request) -> View | None:
        """What the probe sees of something, after a run in progress; None if that is nothing, or it was lost."""
        async with self._busy:
            from tui_torch.protocol.views import ANSWERS

            view: View | None = None
            with contextlib.suppress(KernelError, ProcessLostError):
                kernel = await self._ready_for_orders()
                async for message in kernel.replies(kernel.order(request)):
                    view = received(message, ANSWERS[request.side]) or view
            return view

    async def read_on(self) -> Inspection | None:
        """The last inspection with more of what it had no time for; None once all is read, or the process was lost."""
        async with self._busy:
            with contextlib.suppress(KernelError, ProcessLostError):
                return await inspection_read_on(await self._ready_for_orders())
        return None

    async def ask(self, order: Question, answer: type[T]) -> T | None:
        """What the probe says of code that is being written, also while code runs; None if no kernel is there."""
        if self.state not in (KernelState.READY, KernelState.RUNNING, KernelState.INTERRUPTING):
            return None
        message = await self._conversation_now.ask(order)
        return None if message is None else received(message, answer)

    def watch(self, names: tuple[str, ...], *, locals_too: bool = False, pages: tuple[Request, ...] = ()) -> None:
        """Have the values of expressions, and these views, sent as `Watched` and `PagesRead` while loops run.

        It holds for a run in progress, too, and until the next call.
        """
        before, self._watched = self._watched, Watch(names, locals_too, pages)
        if before != self._watched and self.state in (KernelState.READY, KernelState.RUNNING, KernelState.INTERRUPTING):
            assert self._conversation is not None
            self._conversation.order(self._watched)

    def answer(self, text: str) -> None:
        """Give the line that `input()` waits for, if its process is still there."""
        if self._conversation is not None and self.state in (KernelState.RUNNING, KernelState.INTERRUPTING):
            self._conversation.answer(text)

    async def interrupt(self) -> None:
        """Stop the code that runs: SIGINT, after a second an interrupt that lasts, and after three a fresh kernel."""
        if self.state is not KernelState.RUNNING or self._conversation is None:
            return
        self._enter(KernelState.INTERRUPTING)
        self._interrupting = asyncio.create_task(self._restart_unless_it_yields(self._conversation))
        await self._conversation.interrupt()

    async def _restart_unless_it_yields(self, kernel: Conversation) -> None:
        await asyncio.sleep(INTERRUPT_AGAIN)
        await kernel.insist(INTERRUPT_GRACE - INTERRUPT_AGAIN)
        self._interrupting = None
        await self.restart(
            f"The code did not stop in {INTERRUPT_GRACE:.0f} s, so the kernel was restarted; its variables are gone."
        )

    def _was_interrupted(self) -> bool:
        return self.state is KernelState.INTERRUPTING

    def _stop_interrupting(self) -> None:
        if self._interrupting is not None:
            self._interrupting.cancel()
            self._interrupting = None

    # The process

    async def _await_greeting(self, kernel: Conversation) -> None:
        """Ask until the kernel is heard on iopub, open the comm, and wait until the probe says that torch is there."""
        problem: str | None = None
        try:
            await self._await_first_word(kernel)
            async for message in kernel.replies(kernel.open_comm()):
                if (greeting := received(message, Greeting)) is not None:
                    problem = greeting.problem
        except ProcessLostError:
            return
        self._enter_ready(problem)
        if problem is not None:
            return
        if self._watched != Watch(()):
            kernel.order(self._watched)
        if self._ahead:
            # Later than the first run of a learner who knows already what to run.
            await asyncio.sleep(AHEAD_AFTER)
            kernel.order(ImportAhead())
            if self._zygote is not None:
                await asyncio.sleep(AHEAD_AFTER)
                self._zygote.import_more()

    async def _await_first_word(self, kernel: Conversation) -> None:
        began = time.monotonic()
        while True:
            kernel.ask_who_is_there()
            # A fixed time would never be enough on a machine so busy that each answer takes longer.
            patience = max(FIRST_PATIENCE, (time.monotonic() - began) / 10)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await kernel.heard()
                    return

    async def _await_end(self, watch: ProcessWatch, kernel: Conversation) -> None:
        """End what waits for the process once it has ended, and start another, unless it ended at start-up."""
        await watch.wait()
        if self.state in (KernelState.RESTARTING, KernelState.CLOSED):
            return
        if not self._ready.is_set():
            problem = _does_not_start(watch.last_words())
            self._enter_ready(problem)
            kernel.lose(ProcessLostError("died", problem))
            return
        reason = f"{watch.cause()} {FRESH}"
        if self.state is KernelState.READY:
            self._end_reason = reason
        # A task of its own: replacing the process cancels this one.
        self._begin_replacing(ProcessLostError("died", reason, watch.exit_code()))

    def _begin_replacing(self, lost: ProcessLostError) -> asyncio.Task[None]:
        # At once, so that a run that is asked for next waits for the fresh process.
        self._enter_restarting()
        replacement = asyncio.create_task(self._replace(lost))
        self._replacements.add(replacement)
        replacement.add_done_callback(self._replacements.discard)
        return replacement

    async def _replace(self, lost: ProcessLostError) -> None:
        async with self._replacing:
            if self._closing:
                return
            conversation = self._conversation
            self._enter_restarting()
            # The fresh one begins while the system tears the old one down.
            ending = self._end_process()
            try:
                self.spawn()
                await self._connect(ending)
            except OSError as error:
                self._enter_ready(_does_not_start(error))
            finally:
                await ending
                if conversation is not None:
                    conversation.lose(lost)

    def _end_process(self) -> asyncio.Task[None]:
        """Kill the present process. The task ends the conversation with it, and removes its files."""
        process, conversation, tasks = self._process, self._conversation, self._tasks
        self._tasks = []
        for task in tasks:  # at once, or else its greeting may yet come, and be taken for the next one's
            task.cancel()
        if process is not None:
            process.kill()
        return asyncio.create_task(_tidied_up(process, conversation, tasks))

    def _enter_restarting(self) -> None:
        if not self._closing:
            self._enter(KernelState.RESTARTING)
            self._ready.clear()

    def _enter_ready(self, problem: str | None) -> None:
        """Let those who wait for `ready()` go on; `problem` is why no code can run."""
        self._problem = problem
        self._enter(KernelState.READY if problem is None else KernelState.DEAD)
        self._ready.set()

    def _enter(self, state: KernelState) -> None:
        if state is not self.state:
            self.state = state
            if self.on_state is not None:
                self.on_state(state)


def _does_not_start(reason: object) -> str:
    return f"The kernel does not start: {str(reason).rstrip('.')}. `tui-torch doctor` looks for the cause."


async def _tidied_up(
    process: KernelProcess | None, conversation: Conversation | None, tasks: list[asyncio.Task[None]]
) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
    if conversation is not None:
        await conversation.end()
    if process is not None:
        await asyncio.to_thread(process.end)
