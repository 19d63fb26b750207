"""Joins the probe to an ipykernel: orders come in by a comm, what the probe sees goes out as display data."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import sys
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tui_torch
from tui_torch.probe.ipython.debugger import debug_own_code, end_debugging
from tui_torch.probe.ipython.lasting_interrupt import LastingInterrupt
from tui_torch.probe.ipython.output_limits import limit_output, shortened_pieces
from tui_torch.probe.ipython.text_bars import draw_bars_in_text
from tui_torch.probe.isolation import jupyter_internals
from tui_torch.probe.program.open_notebook import OpenNotebook, is_cell
from tui_torch.probe.program.own_files import is_own, sources_beside
from tui_torch.protocol import wire
from tui_torch.protocol.code_help import DOCUMENTATION, Documentation
from tui_torch.protocol.events import (
    Asking,
    Evaluated,
    Failed,
    Output,
    Printed,
    ProgramExited,
    TrainingProgress,
)
from tui_torch.protocol.inspection_updates import InspectionSender
from tui_torch.protocol.mime_types import mime_type_of
from tui_torch.protocol.orders import (
    COMM_TARGET,
    ORDERS,
    PREPARE_KEY,
    Complete,
    DescribeCall,
    DescribeExpression,
    Evaluate,
    Grade,
    Greeting,
    ImportAhead,
    Insist,
    NotebookCall,
    Order,
    Prepare,
    Prepared,
    ProgramCall,
    ReadOn,
    Request,
    Watch,
)
from tui_torch.protocol.trace_chunks import split

if TYPE_CHECKING:
    from tui_torch.probe.replay.line_recorder import LineRecorder

YOUR_CODE = "<your code>"
"""The file name under which the learner's code is compiled."""

FLUSH_SECONDS = 0.05
"""Seconds that printed text may wait in the kernel while code runs."""


def load_ipython_extension(shell: Any) -> None:
    """Attach a probe to a shell. IPython calls this at start-up, before torch is imported."""
    Probe(shell)


class Probe:
    """Watches one kernel's shell. Nothing here raises into the learner's run."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.pins: tuple[str, ...] = ()
        """The expressions that the next run pins."""
        self.codes: list[str] = []
        """The code of what the next run stands on."""
        self.put_back: tuple[str, ...] = ()
        """What earlier code had left otherwise than it was, when the next run was prepared."""
        self.is_traced = False
        """Whether the next run is recorded line by line."""
        self.is_inspected = True
        """Whether the namespace is looked at before and after the next run."""
        self.lines: LineRecorder | None = None
        """The recorder of the run in progress; None unless it is recorded line by line."""
        self.inspections = InspectionSender()
        self.known = 0
        """The number of the last inspection that the session has."""
        self.comm = ""
        """The id of the comm by which the session hears the probe, and nobody else."""
        self.asked = 0
        """How often code has asked for a line."""
        self.unsent: dict[str, Any] = {}
        """Payloads that go out with the next message of a loop, by their MIME type."""
        self.interrupt = LastingInterrupt(self._is_learners)
        self.notebook: OpenNotebook | None = None
        """The notebook that the process is in."""
        jupyter_internals.name_the_code(shell, lambda: self.filename)
        jupyter_internals.let_quit_raise(shell)
        jupyter_internals.keep_leading_lines(shell)
        jupyter_internals.keep_no_output(shell)
        jupyter_internals.hide_after_semicolon(shell)
        jupyter_internals.tell_pages(shell, self._tell_page)
        draw_bars_in_text()
        jupyter_internals.tell_before_asking(shell, self._tell_of_asking)
        shell.kernel.comm_manager.register_target(COMM_TARGET, self.open)
        jupyter_internals.listen_on_control_channel(shell, self.on_control_message)
        for stream in (sys.stdout, sys.stderr):
            jupyter_internals.flush_every(stream, FLUSH_SECONDS)
            jupyter_internals.make_closing_reversible(stream)
            jupyter_internals.take_bytes(stream)
        jupyter_internals.send_in_order((sys.stdout, sys.stderr), shortened_pieces, self._printed_in_turn)
        jupyter_internals.let_threads_print_for_their_run((sys.stdout, sys.stderr))
        limit_output(shell)
        jupyter_internals.send_only_what_is_read(shell)
        jupyter_internals.run_if(shell, self.may_run)

    def open(self, comm: Any, message: Any) -> None:
        """Greet the session that opened the comm, once torch is imported."""
        problem = None
        self.comm = comm.comm_id
        try:
            import torch  # noqa: F401
        except Exception as error:
            advice = "`tui-torch doctor` says what to do."
            problem = f"PyTorch cannot be imported ({type(error).__name__}: {error}). {advice}"
        if problem is None:
            self._attach()
        # Imported objects stay: a collection in the midst of a run need not look at them.
        gc.freeze()
        gc.enable()
        comm.on_msg(self.on_order)
        self.publish(Greeting(problem))

    def _attach(self) -> None:
        from tui_torch.probe.autograd.saved_tensors import GraphMemory
        from tui_torch.probe.coach.coach import Coach
        from tui_torch.probe.inspector.live import LiveView
        from tui_torch.probe.inspector.namespace_diff import Inspector
        from tui_torch.probe.inspector.output_shapes import OutputShapes
        from tui_torch.probe.ipython.runs_apart import RunsApart
        from tui_torch.probe.isolation.openmp_threads import GatheredThreads
        from tui_torch.probe.lesson.namespace import Namespace
        from tui_torch.probe.program.running_program import RunningProgram
        from tui_torch.probe.training.recorder import TrainingRecorder
        from tui_torch.probe.training.sampled_texts import SampledTexts
        from tui_torch.probe.training.tensorboard import listen_to_writers
        from tui_torch.probe.training.thread_placement import ThreadPlacement
        from tui_torch.probe.training_frames.frames import TrainingFrames
        from tui_torch.probe.workers.program import MainProgram

        # IPython says this of every SystemExit, and here it is wrong. The namespace goes back to the filters that it
        # finds, so this comes first.
        warnings.filterwarnings("ignore", message="To exit: use")
        self.namespace = Namespace(self.shell.user_ns)
        self.main = MainProgram(self.shell.user_ns)
        self.main.install()
        self.running = RunningProgram(
            self.shell.user_module,
            lambda: jupyter_internals.as_plain_python(self.shell),
            lambda prompt: self.shell.kernel.raw_input(prompt),
        )
        self.apart = RunsApart(self.shell, self.namespace, self._follow)
        self.inspector = Inspector()
        self.shapes = OutputShapes()
        self.coach = Coach(YOUR_CODE, self.publish)
        self.recorder = TrainingRecorder(self._on_progress)
        self.graphs = GraphMemory(
            callers=self.recorder.before_backward, last_backward=lambda: self.recorder.last_backward
        )
        self.coach.listen_to(self.recorder)
        texts = SampledTexts(self._send_later, lambda: self.recorder.backwards, self.recorder.log)
        self.live = LiveView(self.shell.user_ns, self.inspector, self._send_later, self.shapes.of, texts)
        self.recorder.in_the_loop.append(self.live.in_the_loop)
        self.frames = TrainingFrames(
            self._is_learners,
            lambda: self.recorder.backwards,
            self.shapes.of,
            self._send_later,
            self.recorder.after_backward,
            self.graphs,
        )
        self.recorder.in_the_loop.append(self.frames.in_the_loop)
        self.recorder.losses_taken.append(self.frames.losses_taken)
        self.threads = ThreadPlacement(GatheredThreads(), lambda: self.recorder.backwards)
        self.recorder.in_the_loop.append(self.threads.in_the_loop)
        self.recorder.install()
        tui_torch.listener = texts.log
        listen_to_writers(texts.log)
        jupyter_internals.mend_after_code(self.shell, self.namespace.mend)
        self.shell.events.register("pre_run_cell", lambda info: self.before_run(info.raw_cell))
        self.shell.events.register(
            "post_run_cell",
            lambda result: self.after_run(result.info.raw_cell, result.error_before_exec or result.error_in_exec),
        )

    def on_control_message(self, stream: Any, identities: Any, message: Any) -> None:
        """Follow an order that comes while code runs, in another thread than the code's."""
        match self._order_in(message):
            case Watch(names, locals_too, pages):
                self.live.watched, self.live.pages, self.frames.is_looked_at = names, pages, locals_too
            case Insist(run):
                self.interrupt.insist(run)
            case Complete() | DescribeCall() | DescribeExpression() as question:
                from tui_torch.probe.code_help.answer import answer

                answered = answer(question, self.shell.user_ns)
                jupyter_internals.reply(
                    self.shell, stream, identities, message, {mime_type_of(type(answered)): wire.encode(answered)}
                )
            case _:
                pass

    def on_order(self, message: Any) -> None:
        """Follow an order. An interrupt ends the order and nothing else.

        An order that does not decode is answered by a `Failed`.
        """
        # `input` and `display` are IPython's, as they are in a cell.
        with contextlib.suppress(KeyboardInterrupt), self.shell.builtin_trap:
            match self._order_in(message):
                case wire.WireError() as error:
                    self.publish(Failed("WireError", str(error), ()))
                case order:
                    if not self.apart.follow(order, message):
                        self._follow(order)

    def _follow(self, order: Order) -> None:
        """Follow an order in the process whose namespace it is about: this one, or the fork that stands in for it."""
        match order:
            case Grade(checks, source, output, by):
                from tui_torch.probe.lesson.grading import grade

                self.publish(grade(checks, self.shell.user_ns, source, output, by))
            case Evaluate(expressions):
                from tui_torch.probe.lesson.plain_values import evaluations

                self.publish(Evaluated(evaluations(expressions, self.shell.user_ns)))
            case Request() as request:
                from tui_torch.probe.inspector.answer import look

                view = self.frames.view(request)
                self.publish(view or look(request, self.shell.user_ns, self.shapes.of, self.graphs))
            case ReadOn(known):
                if (inspection := self.inspector.read_on(self.shell.user_ns)) is not None:
                    self.publish(self.inspections.update(inspection, known))
            case ImportAhead():
                threading.Thread(target=_import_ahead, name="import ahead", daemon=True).start()
            case _:  # come by the control channel
                pass

    def _order_in(self, message: Any) -> Order | wire.WireError:
        try:
            return wire.decode_tagged(ORDERS, message["content"]["data"])
        except wire.WireError as error:
            self.shell.kernel.log.warning("an order does not decode: %s", error)
            return error

    async def may_run(self, code: str, metadata: Mapping[str, Any]) -> bool:
        """Prepare a run that says in its metadata what it stands on; whether its code is still to be run here.

        What the preparation prints, displays or leaves running belongs to no run.
        """
        if PREPARE_KEY not in metadata:
            return True
        failure: Failed | None = None
        self.put_back = ()
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            with jupyter_internals.apart_from_the_run(self.shell), self.shell.builtin_trap:
                try:
                    failure = await self.prepare(wire.decode(Prepare, metadata[PREPARE_KEY]), code)
                except wire.WireError as error:
                    self.shell.kernel.log.warning("a run does not say what to prepare: %s", error)
                    failure = Failed("WireError", str(error), ())
            beyond = self.namespace.beyond
            self.publish(Prepared(failure, self.put_back, beyond))
            jupyter_internals.wait_until_sent(self.shell)
            if failure is not None or beyond:
                return False
            if self.running.program is not None:
                self._run_program(code)
                return False
            return not self.apart.run(code, self._look_before)
        return False

    def _run_program(self, code: str) -> None:
        """Run the program that the process has become, and say how it ended."""
        self.before_run(code)
        end = self.running.run(code)
        self.namespace.mend()
        self.after_run(code, end.error)
        self.publish(ProgramExited(end.code))

    async def prepare(self, order: Prepare, code: str) -> Failed | None:
        """Make the namespace hold what the next run stands on, and nothing else; the failure of a portion, or None.

        Nothing is replayed where something is beyond being put back.

        The namespace is that of this process, or the one that a fork begins with.
        """
        self.prepared = order
        self.pins = order.pins
        self.known = order.known
        self.is_inspected = order.inspect
        if self.notebook is not None and order.notebook is not None and order.notebook.goes_on:
            self.notebook.go_on(order.notebook)
            self.namespace.mend()
            self._look_before(seeded=False)
            return None
        self.codes = [portion.code for portion in order.standing]
        self.main.codes = [(f"<step {portion.step}>", portion.code) for portion in order.standing]
        if order.apart and await self.apart.prepare(order.standing, code, self._reset):
            return None
        self.apart.forget()
        self._reset()
        if self.namespace.beyond:
            return None
        failure = await self.namespace.replay(order.standing)
        if failure is None and order.program is not None:
            failure = self._become_program(order.program, code)
        if failure is None and order.notebook is not None:
            failure = self._open_notebook(order.notebook)
        if failure is None:
            self._look_before()
        return failure

    def _become_program(self, program: ProgramCall, code: str) -> Failed | None:
        self.main.is_in_a_file = True
        try:
            self.running.enter(program, code)
        except OSError as error:
            return Failed(type(error).__name__, str(error), ())
        self.codes += sources_beside(Path(program.file), code)
        return None

    def _open_notebook(self, notebook: NotebookCall) -> Failed | None:
        try:
            self.notebook = OpenNotebook(notebook, self.shell.user_ns)
        except OSError as error:
            return Failed(type(error).__name__, str(error), ())
        return None

    @property
    def filename(self) -> str:
        """The name that the code of the run is compiled under."""
        if self.notebook is not None:
            return self.notebook.filename
        return YOUR_CODE if self.running.program is None else self.running.program.file

    def _is_learners(self, filename: str) -> bool:
        """Whether code is the run's own, or of a step or a module that it stands on."""
        if self.notebook is not None:
            return is_cell(filename) or is_own(filename)
        if self.running.program is not None:
            return is_own(filename)
        return filename == YOUR_CODE or filename.startswith("<step ")

    def _reset(self) -> None:
        self.running.leave()
        if self.notebook is not None:
            self.notebook.close()
            self.notebook = None
        self.main.is_in_a_file = False
        self.graphs.forget()
        self.put_back += self.namespace.reset()
        self.shapes.forget()
        self.shapes.arm(*self.codes)

    def _look_before(self, *, seeded: bool = True) -> None:
        """Look at what the run stands on, so that it is known later what the run itself has changed."""
        if seeded:
            self.namespace.seed(0)
        if self.prepared.inspect:
            self.inspector.begin(self.shell.user_ns, self.prepared.pins)
        else:
            self.inspector.begin({}, ())
        self.live.prepare(self.prepared.pins, self.prepared.plot)
        self.is_traced = self.prepared.trace

    def before_run(self, code: str) -> None:
        """Begin to watch a run; called with what is about to run."""
        self.main.codes.append((self.filename, code))
        debug_own_code(self.filename)
        self.graphs.begin()
        self.threads.begin()
        self.recorder.begin(*self.codes, code)
        self.coach.begin(code, self.shell.user_ns, self.filename)
        # A recording line by line would take what we evaluate for the learner's own doing.
        self.live.begin(live=not self.is_traced)
        self.frames.begin(is_on=self.is_inspected)
        # What an earlier portion compiled may be called by this one.
        self.shapes.arm(*self.codes, code)
        if self.is_traced:
            self.is_traced = False
            from tui_torch.probe.replay.line_recorder import LineRecorder

            self.lines = LineRecorder(self.shell.user_ns, self.filename, source=code, pins=self.pins)
            self.lines.start(self.frames.left)
        self.interrupt.begin(self.shell.kernel.get_parent("shell")["header"]["msg_id"])

    def after_run(self, code: str, error: BaseException | None) -> None:
        """Stop watching a run of some code, and send what it left, and what escaped from it."""
        self.interrupt.end()
        end_debugging()
        lines, self.lines = self.lines, None
        with contextlib.suppress(KeyboardInterrupt):
            try:
                if lines is not None:
                    lines.stop(error)
                self._send_results(code, error)
                if lines is not None:
                    for chunk in split(lines.trace()):
                        self.publish(chunk)
            finally:
                if lines is not None:  # again, should an interrupt have come while it stopped
                    lines.stop()
                if self.notebook is not None:  # what it defines may be called by the next cell
                    self.codes.append(code)

    def publish(self, value: object) -> None:
        """Send one of the protocol's dataclasses, after what was printed before."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        jupyter_internals.send_at_once(self.shell, self.comm, {mime_type_of(type(value)): wire.encode(value)})

    def _tell_page(self, text: str) -> None:
        """Send what would be shown in a pager, whose first line says what it is about."""
        from tui_torch.probe.values.short_repr import plain

        shown = plain(text.strip(), DOCUMENTATION)
        title = next((line.strip().rstrip(":") for line in shown.splitlines() if line.strip()), "")
        self.publish(Documentation(title, shown))

    def _tell_of_asking(self) -> None:
        self.asked += 1
        jupyter_internals.send_at_once(self.shell, self.comm, {mime_type_of(Asking): wire.encode(Asking(self.asked))})

    def _printed_in_turn(self, pieces: list[jupyter_internals.Piece]) -> dict[str, Any] | None:
        """What a comm message says of texts that were written to the two streams in turn; None before it is open."""
        if not self.comm:
            return None
        printed = Printed(tuple(Output(text, name) for name, text in pieces))  # type: ignore[arg-type]
        return {"comm_id": self.comm, "data": {mime_type_of(Printed): wire.encode(printed)}}

    def _send_results(self, code: str, error: BaseException | None) -> None:
        self.threads.end()
        self.frames.end(error)
        self.recorder.end()  # which gives them the last losses
        locals_read = self.frames.result()
        self.coach.end()
        self.shapes.disarm()
        if error is not None:
            from tui_torch.probe.errors.failure import describe

            self.publish(describe(error, self.filename, code, self._is_learners))
        self.live.end(failed=error is not None)
        self._send_unsent()
        if locals_read is not None:
            self.publish(locals_read)
        if self.is_inspected:
            self.publish(self.inspections.update(self.inspector.inspect(self.shell.user_ns, self.pins), self.known))

    def _on_progress(self, progress: TrainingProgress) -> None:
        if self.threads.are_gathered:
            progress = dataclasses.replace(progress, are_threads_gathered=True)
        self._send_later(progress)
        self._send_unsent()
        self.coach.trained(progress)
        self.shapes.rearm()
        self.graphs.resume()

    def _send_later(self, value: object) -> None:
        self.unsent[mime_type_of(type(value))] = wire.encode(value)

    def _send_unsent(self) -> None:
        """Send what a loop has produced, all in one message. A chart may be ahead of the printed text."""
        unsent, self.unsent = self.unsent, {}
        if unsent:
            jupyter_internals.send_at_once(self.shell, self.comm, unsent)


def _import_ahead() -> None:
    """Import what the first error and the constructor of the first optimizer would.

    Those are the rules by which errors are explained (60 ms), and torch's compiler, whether it is used or not.
    """
    with contextlib.suppress(Exception):
        import tui_torch.probe.errors.explain
        import tui_torch.probe.training_frames.kept_locals  # noqa: F401
        from tui_torch.probe.isolation.torch_internals import import_compiler

        import_compiler()
