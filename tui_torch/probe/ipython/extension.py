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
from tui_torch.protocol.events import Fitted, Watched
from tui_torch.protocol.orders import Plot
from tui_torch.protocol.trace_chunks import split

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
        shell.kernel.comm_manager.register_target(wire.COMM_TARGET, self.open)
        # The control channel is read by a thread of its own, while the shell's waits for the run to end.
        shell.kernel.control_handlers["comm_msg"] = self.overhear
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
        comm.on_msg(self.obey)
        self.publish(wire.PREPARATION, {"problem": problem})

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
        self.coach = Coach(YOUR_CODE, lambda note: self.publish(wire.NOTE, note))
        self.recorder = TrainingRecorder(self._trained)
        self.graphs = GraphMemory(
            callers=self.recorder.before_backward, last_backward=lambda: self.recorder.last_backward
        )
        self.coach.listen_to(self.recorder)
        self.live = LiveView(self.shell.user_ns, self.inspector, self._looked)
        self.recorder.in_the_loop.append(self.live.in_the_loop)
        self.recorder.install()
        tui_torch.listener = self.recorder.log
        listen_to_writers(self.recorder.log)
        self.shell.events.register("pre_run_cell", self.before)
        self.shell.events.register("post_run_cell", self.after)

    def overhear(self, stream: Any, identities: Any, message: Any) -> None:
        """Do what an order says that comes while code runs, in another thread than the code's."""
        match message["content"]["data"]:
            case {"order": "watch", "names": [*names]}:
                self.live.watched = tuple(map(str, names))
            case _:
                pass

    def obey(self, message: Any) -> None:
        """Do what an order says; see `kernel.orders`. An interrupt ends the order and nothing else."""
        # `input` and `display` are IPython's, as they are in a cell.
        with contextlib.suppress(KeyboardInterrupt), self.shell.builtin_trap:
            self._obey(message["content"]["data"])

    def _obey(self, order: Any) -> None:
        match order:
            case {"order": "prepare", "standing": standing, "pins": pins, "plot": plot, "trace": is_traced}:
                self.prepare(standing, tuple(pins))
                self.live.prepare(self.pins, None if plot is None else Plot(**plot))
                self.is_traced = is_traced
            case {"order": "grade", "checks": checks, "source": source, "output": output}:
                from tui_torch.probe.lesson.grading import grade

                self.publish(wire.GRADE, grade([tuple(check) for check in checks], self.shell.user_ns, source, output))
            case {"order": "evaluate", "expressions": expressions}:
                from tui_torch.probe.lesson.plain_values import evaluate

                self.publish(wire.EVALUATION, {"values": evaluate(expressions, self.shell.user_ns)})
            case {"order": "look", "what": "side", "request": request}:
                from tui_torch.probe.inspector.answer import look
                from tui_torch.protocol.views import Request

                wanted = Request(**{**request, "index": tuple(request.get("index", ()))})
                self.publish(wire.LOOK, look(wanted, self.shell.user_ns, self.shapes.of, self.graphs))
            case {"order": "import ahead"}:
                threading.Thread(target=_import_ahead, name="import ahead", daemon=True).start()
            case _:
                pass

    def prepare(self, standing: list[list[Any]], pins: tuple[str, ...]) -> None:
        """Make the namespace hold what the next run stands on, and nothing else."""
        self.pins = pins
        self.graphs.forget()
        self.namespace.reset()
        self.shapes.forget()
        self.codes = [portion[1] for portion in standing]
        self.shapes.arm(*self.codes)
        failure = self.namespace.replay([tuple(portion) for portion in standing])
        if failure is not None:
            self.publish(wire.FAILURE, failure)
        self.namespace.seed(0)
        self.inspector.forget()
        self.inspector.inspect(self.shell.user_ns, pins)

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
                        self.publish(wire.TRACE, chunk)
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

            self.publish(wire.FAILURE, describe(error, YOUR_CODE, result.info.raw_cell))
        self.live.end(failed=error is not None)
        self._send_what_is_seen()
        self.publish(wire.INSPECTION, self.inspector.inspect(self.shell.user_ns, self.pins))

    def _trained(self, progress: Any) -> None:
        self.seen[wire.TRAINING] = wire.encode(progress)
        self._send_what_is_seen()
        self.coach.trained(progress)
        self.shapes.rearm()
        self.graphs.resume()

    def _looked(self, seen: Watched | Fitted) -> None:
        self.seen[wire.WATCH if isinstance(seen, Watched) else wire.PLOT] = wire.encode(seen)

    def publish(self, mime: str, payload: object) -> None:
        self.shell.display_pub.publish({mime: wire.encode(payload)})

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
