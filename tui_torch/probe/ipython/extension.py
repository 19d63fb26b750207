"""Joins the probe to an ipykernel: orders come in by a comm, what the probe sees goes out as display data."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.core.inputtransformer2 import leading_empty_lines

import tui_torch
from tui_torch.probe.ipython.output_limits import keep_in_bounds
from tui_torch.protocol import wire
from tui_torch.protocol.events import Evaluated, Failed, Fitted, Greeting, TrainingProgress, Watched
from tui_torch.protocol.mime_types import MIME_TYPES
from tui_torch.protocol.orders import COMM_TARGET, ORDERS, Evaluate, Grade, ImportAhead, Order, Prepare, Watch
from tui_torch.protocol.trace_chunks import split
from tui_torch.protocol.views import Request

if TYPE_CHECKING:
    from tui_torch.probe.replay.line_recorder import LineRecorder

YOUR_CODE = "<your code>"
"""The file name under which the learner's code is compiled."""

FLUSH_SECONDS = 0.05
"""How long printed text may wait in the kernel while code runs."""


def load_ipython_extension(shell: Any) -> None:
    """IPython's entry point; runs at start-up, before torch has been imported."""
    Probe(shell)


class Probe:
    """Watches one kernel's shell. Nothing here raises into the learner's run."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.pins: tuple[str, ...] = ()
        self.codes: list[str] = []
        self.is_traced = False
        """Whether the next run is recorded line by line."""
        self.lines: LineRecorder | None = None
        self.seen: dict[str, Any] = {}
        """What goes out with the next event of a loop, by its type."""
        shell.compile.get_code_name = lambda raw, transformed, number: YOUR_CODE
        # `quit()` does what it does in a script, and not what it does in a notebook: end the kernel, a moment later.
        shell.ask_exit = _end_the_run
        # Without this one, a line has the number in a traceback that it has in the editor.
        shell.input_transformer_manager.cleanup_transforms.remove(leading_empty_lines)
        shell.kernel.comm_manager.register_target(COMM_TARGET, self.open)
        # The control channel is read by a thread of its own, while the shell's waits for the run to end.
        shell.kernel.control_handlers["comm_msg"] = self.on_control_message
        for stream in (sys.stdout, sys.stderr):
            stream.flush_interval = FLUSH_SECONDS  # type: ignore[attr-defined]
            stream.close = partial(_close, stream)  # type: ignore[method-assign]
        keep_in_bounds(shell)

    def open(self, comm: Any, message: Any) -> None:
        """Greet the session that opened the comm, as soon as torch is there."""
        problem = None
        try:
            import torch  # noqa: F401
        except Exception as error:
            problem = (
                f"PyTorch cannot be imported ({type(error).__name__}: {error}). `tui-torch doctor` says what to do."
            )
        if problem is None:
            self._attach()
        # Nor does what was imported have to be looked at in the midst of a run.
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
        from tui_torch.probe.lesson.namespace import Namespace
        from tui_torch.probe.training.recorder import TrainingRecorder
        from tui_torch.probe.training.tensorboard import listen_to_writers

        # IPython says this of every SystemExit, and here it is not true. Before the namespace learns what is usual.
        warnings.filterwarnings("ignore", message="To exit: use")
        self.namespace = Namespace(self.shell.user_ns)
        self.inspector = Inspector()
        self.shapes = OutputShapes()
        self.coach = Coach(YOUR_CODE, self.publish)
        self.recorder = TrainingRecorder(self._trained)
        self.graphs = GraphMemory(
            callers=self.recorder.before_backward, last_backward=lambda: self.recorder.last_backward
        )
        self.coach.listen_to(self.recorder)
        self.live = LiveView(self.shell.user_ns, self.inspector, self._see)
        self.recorder.in_the_loop.append(self.live.in_the_loop)
        self.recorder.install()
        tui_torch.listener = self.recorder.log
        listen_to_writers(self.recorder.log)
        self.shell.events.register("pre_run_cell", self.before)
        self.shell.events.register("post_run_cell", self.after)

    def on_control_message(self, stream: Any, identities: Any, message: Any) -> None:
        """Follow an order that comes while code runs, in another thread than the code's."""
        match self._order_in(message):
            case Watch(names):
                self.live.watched = names
            case _:
                pass

    def on_order(self, message: Any) -> None:
        """Follow an order. An interrupt ends the order and nothing else.

        An order that does not decode is answered by a `Failed`, so that whoever gave it is not kept waiting.
        """
        # `input` and `display` are IPython's, as they are in a cell.
        with contextlib.suppress(KeyboardInterrupt), self.shell.builtin_trap:
            order = self._order_in(message)
            if isinstance(order, wire.WireError):
                self.publish(Failed("WireError", str(order), ()))
            else:
                self._follow(order)

    def _order_in(self, message: Any) -> Order | wire.WireError:
        try:
            return wire.decode_tagged(ORDERS, message["content"]["data"])
        except wire.WireError as error:
            self.shell.kernel.log.warning("an order does not decode: %s", error)
            return error

    def _follow(self, order: Order) -> None:
        match order:
            case Prepare():
                self.prepare(order)
            case Grade(checks, source, output):
                from tui_torch.probe.lesson.grading import grade

                self.publish(grade(checks, self.shell.user_ns, source, output))
            case Evaluate(expressions):
                from tui_torch.probe.lesson.plain_values import evaluate

                self.publish(Evaluated(evaluate(expressions, self.shell.user_ns)))
            case Request():
                from tui_torch.probe.inspector.answer import look

                self.publish(look(order, self.shell.user_ns, self.shapes.of, self.graphs))
            case ImportAhead():
                threading.Thread(target=_import_ahead, name="import ahead", daemon=True).start()
            case Watch():  # comes by the control channel
                pass

    def prepare(self, order: Prepare) -> None:
        """Make the namespace hold what the next run stands on, and nothing else."""
        self.pins = order.pins
        self.graphs.forget()
        self.namespace.reset()
        self.shapes.forget()
        self.codes = [portion.code for portion in order.standing]
        self.shapes.arm(*self.codes)
        failure = self.namespace.replay(order.standing)
        if failure is not None:
            self.publish(failure)
        self.namespace.seed(0)
        self.inspector.forget()
        self.inspector.inspect(self.shell.user_ns, order.pins)
        self.live.prepare(order.pins, order.plot)
        self.is_traced = order.trace

    def before(self, info: Any) -> None:
        self.graphs.begin()
        self.recorder.begin(*self.codes, info.raw_cell)
        self.coach.begin(info.raw_cell, self.shell.user_ns)
        # A recording line by line would take what we evaluate for the learner's own doing.
        self.live.begin(live=not self.is_traced)
        # What an earlier portion compiled may be called by this one.
        self.shapes.arm(*self.codes, info.raw_cell)
        if self.is_traced:
            self.is_traced = False
            from tui_torch.probe.replay.line_recorder import LineRecorder

            self.lines = LineRecorder(self.shell.user_ns, YOUR_CODE, source=info.raw_cell, pins=self.pins)
            self.lines.start()

    def after(self, result: Any) -> None:
        lines, self.lines = self.lines, None
        with contextlib.suppress(KeyboardInterrupt):
            try:
                if lines is not None:
                    lines.stop(result.error_in_exec)
                self._tell(result)
                if lines is not None:
                    for chunk in split(lines.trace()):
                        self.publish(chunk)
            finally:
                if lines is not None:  # again, should an interrupt have come while it stopped
                    lines.stop()

    def _tell(self, result: Any) -> None:
        self.recorder.end()
        self.coach.end()
        self.shapes.disarm()
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            from tui_torch.probe.errors.failure import describe

            self.publish(describe(error, YOUR_CODE, result.info.raw_cell))
        self.live.end(failed=error is not None)
        self._send_what_is_seen()
        self.publish(self.inspector.inspect(self.shell.user_ns, self.pins))

    def _trained(self, progress: TrainingProgress) -> None:
        self._see(progress)
        self._send_what_is_seen()
        self.coach.trained(progress)
        self.shapes.rearm()
        self.graphs.resume()

    def _see(self, seen: TrainingProgress | Watched | Fitted) -> None:
        self.seen[MIME_TYPES[type(seen)]] = wire.encode(seen)

    def publish(self, value: object) -> None:
        """Send one of the protocol's dataclasses."""
        self.shell.display_pub.publish({MIME_TYPES[type(value)]: wire.encode(value)})

    def _send_what_is_seen(self) -> None:
        """Publish from inside the learner's loop, all in one message. IPython's own way first waits until a thread has
        sent what was printed, in which time a fast loop does several steps; a chart may be ahead of the output."""
        seen, self.seen = self.seen, {}
        if not seen:
            return
        display = self.shell.display_pub
        content = {"data": seen, "metadata": {}, "transient": {}}
        message = display.session.msg("display_data", content, parent=display.parent_header)
        display.session.send(display.pub_socket, message, ident=display.topic)


def _end_the_run() -> None:
    raise SystemExit


def _close(stream: Any) -> None:
    """Close one of ipykernel's streams so that it can be opened again, which its own way of closing does not allow."""
    stream.pub_thread = None


def _import_ahead() -> None:
    """Import what the first error and the constructor of the first optimizer would: the rules by which errors are
    explained (60 ms), and torch's compiler, whether it is used or not."""
    with contextlib.suppress(Exception):
        import tui_torch.probe.errors.explain  # noqa: F401 - in the order of their need
        from tui_torch.probe.isolation.torch_internals import import_compiler

        import_compiler()
