"""Recording a run line by line: where it is, and what each line did to the names that can be seen there."""

from __future__ import annotations

import ast
import dis
import inspect
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any

import torch

from tui_torch.probe.errors.failure import message_of
from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.torch_internals import untraced
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.replay.changed_names import VisibleNames, visible
from tui_torch.probe.replay.gradient_arrivals import Gradient, arrival, filled, gradients
from tui_torch.probe.replay.printed_text import PrintedText
from tui_torch.probe.source.names_in_scope import has_own_names
from tui_torch.probe.values.paths import UnreachableError, follow
from tui_torch.probe.values.short_repr import LIMIT, class_name, plain, short_repr
from tui_torch.protocol.events import Position, PositionEvent, Summary, Trace

POSITIONS = 2000
BYTES = 32 * 1024 * 1024
SECONDS = 10.0
"""So long a recording may look at values, all together, before it lets the run go on alone."""
NOTE = 400

_PLAIN = (str, int, float, bool, type(None))
_ARGUMENTS: Any = BaseException.args
_COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
_RESUME = dis.opmap["RESUME"]

LocalTracer = Callable[[FrameType, str, Any], Any]


class LineRecorder:
    """Records, between `start()` and `stop()`, every line that runs of the code compiled under the name
    `filename_of_run`, functions and loops included, in the thread that called `start()`. Other code runs untraced.

    A comprehension counts as part of its line. `namespace` is the module's. Of the `pins`, expressions, those that lead
    somewhere by attributes and items alone are told too; what would have to be computed is not. Once `limit_positions`,
    `limit_bytes` (an estimate of what the recording holds) or `limit_seconds` (spent looking) is reached, the recording
    ends and the run goes on at full speed. No reference to a value is kept, no random number drawn, no autograd history
    made. The code may set a trace function of its own: it gets it, and the recording says so.

    Before Python 3.13, a function that is running when the recording ends early keeps what its names held just then
    until it returns: Python itself keeps that for a trace function, and has no way to let go of it from within one.
    """

    def __init__(
        self,
        namespace: Mapping[str, object],
        filename_of_run: str,
        limit_positions: int = POSITIONS,
        limit_bytes: int = BYTES,
        limit_seconds: float = SECONDS,
        *,
        source: str = "",
        pins: Sequence[str] = (),
    ) -> None:
        self._namespace = namespace
        self._filename = filename_of_run
        self._limit_positions = limit_positions
        self._limit_bytes = limit_bytes
        self._limit_seconds = limit_seconds
        self._source = source
        self._printed = PrintedText()
        # Made once: an attribute access makes a new bound method each time, and these are compared by identity.
        self._tracer = _of_file(filename_of_run, self._enter)
        self._local_tracer: LocalTracer = self._within
        self._recording = False
        self._looking = False
        self._names = VisibleNames()
        self._paths = _paths(pins)
        self._pinned = VisibleNames()
        self._positions: list[Position] = []
        self._bytes = 0
        self._seconds = 0.0
        self._calls: dict[int, int] = {}
        """The number of each call in progress, by its frame's id; of a generator that waits, too."""
        self._calls_begun = 0
        self._propagating: int | None = None
        self._raised_in: int | None = None
        self._module_line = 1
        self._stopped: str | None = None

    def __enter__(self) -> LineRecorder:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Record what is entered from now on. A recorder is started once."""
        self._thread, self._process = threading.get_ident(), os.getpid()
        self._recording = True
        self._printed.start()
        self._stop_listening = self._listen_to_backward()
        self._previous = sys.gettrace()
        sys.settrace(self._tracer)

    def stop(self, error: BaseException | None = None) -> None:
        """The run is over, by an error or without one. A second call changes nothing."""
        self._printed.stop()
        if not self._recording:
            return
        displaced = sys.gettrace() is not self._tracer
        self._leave()
        line = self._positions[-1].line if self._positions else 1
        if isinstance(error, KeyboardInterrupt):
            # It may have come while the trace function was being called, which takes the function away.
            self._stopped = f"The recording ends at line {line}: the run was interrupted there."
        elif displaced and sys.gettrace() is None:
            # Python takes a trace function away when it cannot be called.
            self._stopped = f"The recording ends at line {line}: the code ran out of stack, or called sys.settrace."
        elif displaced:
            self._stopped = (
                f"The recording ends at line {line}: the code called sys.settrace, and Python has room for one trace "
                f"function only."
            )
        elif self._positions and self._positions[-1].event != "exception":
            self._record(None, "return")

    def trace(self) -> Trace:
        """What was recorded."""
        return Trace(tuple(self._positions), self._source, self._printed.output, self._stopped)

    def _leave(self) -> None:
        self._recording = False
        if sys.gettrace() is self._tracer:
            sys.settrace(self._previous)
        self._stop_listening()

    def _give_up(self, frame: FrameType | None, reason: str) -> None:
        """End the recording, and leave the frames that are running without a trace function."""
        line = self._line_of(frame)
        self._stopped = f"The recording ends at line {line}: {reason}. The run went on without it."
        self._leave()
        while frame is not None:
            if frame.f_trace is self._local_tracer:
                frame.f_trace = None
            frame = frame.f_back

    def _is_followed(self, code: CodeType) -> bool:
        return code.co_filename == self._filename and code.co_name not in _COMPREHENSIONS

    def _enter(self, frame: FrameType, event: str, argument: object) -> LocalTracer | None:
        """The trace function of new frames: only the learner's own are traced further."""
        if not self._is_followed(frame.f_code):
            return None
        if os.getpid() != self._process:  # a worker that was forked in the middle of the run
            sys.settrace(None)
            return None
        if not self._recording:
            return None
        if frame.f_code.co_name != "<module>" and (id(frame) not in self._calls or _begins(frame)):
            self._calls_begun += 1
            self._calls[id(frame)] = self._calls_begun
        return self._local_tracer

    def _within(self, frame: FrameType, event: str, argument: Any) -> LocalTracer | None:
        """The trace function of the learner's own frames."""
        if not self._recording:
            return None
        if self._looking:  # a __del__ of the learner's, run by the garbage collector under our feet
            return self._local_tracer
        try:
            match event:
                case "line":
                    self._reached(frame)
                case "return":
                    self._returned(frame, argument)
                case "exception":
                    self._raised(frame, argument[1])
                case _:
                    pass
        except RecursionError:  # the code is about to run out of stack too, and will hear of it by itself
            pass
        except BaseException:  # an interrupt that came while we were looking, and is meant for the run
            self._stopped = f"The recording ends at line {self._line_of(frame)}: the run was interrupted there."
            self._leave()
            raise
        return self._local_tracer

    def _reached(self, frame: FrameType) -> None:
        self._propagating = self._raised_in = None
        self._record(frame, "line")

    def _returned(self, frame: FrameType, value: object) -> None:
        code = frame.f_code
        unwinding, self._raised_in = self._raised_in == id(frame), None
        left = "" if unwinding else _leaving(frame)
        if left and code.co_name != "<module>" and code.co_flags & inspect.CO_OPTIMIZED:
            self._record(frame, "return", f"{left} {_in_a_note(value)}")
        if left != "yields":
            self._calls.pop(id(frame), None)

    def _raised(self, frame: FrameType, error: BaseException | None) -> None:
        self._raised_in = id(frame)
        # Alive as long as it propagates, so that its id is its own. In its callers it is the same news.
        if id(error) != self._propagating and error is not None and not _is_protocol(frame, error):
            self._record(frame, "exception", _said_by(error))
            self._propagating = id(error)

    def _record(self, frame: FrameType | None, event: PositionEvent, note: str | None = None) -> None:
        """Add a position; without a frame, the one at which all is over."""
        if self._is_full(frame):
            return
        began = time.perf_counter()
        self._looking = True
        try:
            with untraced(), unobserved():
                seen, omitted = visible(self._namespace, frame)
                summaries, names = self._names.look(seen)
                told, pinned = self._pinned.look(_reached(self._paths, seen))
            position = self._position(frame, event, summaries, note, omitted, told)
            self._bytes += 250 + sum(_bytes(summary) for summary in (*summaries, *told))
            self._positions.append(position)
            self._names, self._pinned = names, pinned
        except RecursionError:
            # The code is about to run out of stack too; until it does, there is no room to look around.
            return
        except Exception as error:
            self._give_up(frame, f"what is there could not be read ({class_name(error)})")
        finally:
            self._looking = False
            self._seconds += time.perf_counter() - began

    def _is_full(self, frame: FrameType | None) -> bool:
        if len(self._positions) >= self._limit_positions:
            self._give_up(frame, f"it has {len(self._positions):,} positions, as many as are kept")
        elif self._bytes >= self._limit_bytes:
            self._give_up(frame, f"it takes {self._bytes / 2**20:.0f} MiB, as much as is kept")
        elif self._seconds >= self._limit_seconds:
            self._give_up(frame, f"it took {self._seconds:.0f} seconds to look at every line so far")
        else:
            return False
        return True

    def _line_of(self, frame: FrameType | None) -> int:
        # Code that the compiler adds has no line: typeshed does not know.
        return (None if frame is None else frame.f_lineno) or self._module_line

    def _position(
        self,
        frame: FrameType | None,
        event: PositionEvent,
        summaries: tuple[Summary, ...],
        note: str | None,
        omitted: int,
        pinned: tuple[Summary, ...],
    ) -> Position:
        line, function, depth, call = self._line_of(frame), "<module>", 0, 0
        if frame is not None and has_own_names(frame):
            depth = self._depth(frame)
            function = plain(frame.f_code.co_qualname.replace("<locals>.", ""), LIMIT)
            call = self._calls.get(id(frame), 0)
        elif frame is not None:
            self._module_line = line
        note = None if note is None else plain(note, NOTE)
        return Position(line, function, depth, call, event, summaries, self._printed.length, note, omitted, pinned)

    def _depth(self, frame: FrameType) -> int:
        depth, outer = 0, frame.f_back
        while outer is not None:
            depth += self._is_followed(outer.f_code)
            outer = outer.f_back
        return depth

    def _listen_to_backward(self) -> Uninstall:
        def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
            def backward(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
                if not self._recording or self._looking or threading.get_ident() != self._thread:
                    return original(tensor, *args, **kwargs)
                before = self._gradients()
                result = original(tensor, *args, **kwargs)
                if before is not None and self._recording:
                    self._went_backward(tensor, args[0] if args else kwargs.get("gradient"), before)
                return result

            return backward

        return wrap_method(torch.Tensor, "backward", wrapper_of)

    def _caller(self) -> FrameType | None:
        """The innermost of the learner's own frames."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self._is_followed(frame.f_code):
            frame = frame.f_back
        return frame

    def _gradients(self) -> dict[int, Gradient] | None:
        """The gradients of what can be seen where the learner's code is; None when they cannot be looked at."""
        frame = self._caller()
        if frame is None:
            return None
        self._looking = True
        try:
            with untraced(), unobserved():
                return gradients(visible(self._namespace, frame)[0])
        except Exception:  # the backward() goes on, whatever is wrong here
            return None
        finally:
            self._looking = False

    def _went_backward(self, root: torch.Tensor, gradient: object, before: dict[int, Gradient]) -> None:
        frame = self._caller()
        if frame is None:
            return
        self._looking = True
        try:
            with untraced(), unobserved():
                seen, _ = visible(self._namespace, frame)
                note = f"{arrival(root, gradient, seen)}{filled(before, gradients(seen))}"
        except Exception:  # the names that changed are recorded all the same
            note = None
        finally:
            self._looking = False
        self._record(frame, "backward", note)


def _paths(pins: Sequence[str]) -> dict[str, ast.expr]:
    """The pinned expressions that are no names, parsed."""
    found: dict[str, ast.expr] = {}
    for pin in pins:
        with suppress(SyntaxError, ValueError, RecursionError):
            path = ast.parse(pin.strip(), mode="eval").body
            if not isinstance(path, ast.Name):
                found[pin] = path
    return found


def _reached(paths: Mapping[str, ast.expr], seen: Mapping[str, object]) -> dict[str, object]:
    reached: dict[str, object] = {}
    for pin, path in paths.items():
        with suppress(UnreachableError):
            reached[pin] = follow(path, seen)
    return reached


def _of_file(filename: str, enter: LocalTracer) -> LocalTracer:
    """A trace function that has `enter` called for code of one file. It is called for every frame of PyTorch's, too."""

    def tracer(frame: FrameType, event: str, argument: object) -> LocalTracer | None:
        return enter(frame, event, argument) if frame.f_code.co_filename == filename else None

    return tracer


def _begins(frame: FrameType) -> bool:
    """Whether a frame is entered for the first time, rather than a generator's again."""
    code, last = frame.f_code.co_code, frame.f_lasti
    return last < 0 or code[last] != _RESUME or code[last + 1] & 3 == 0


def _operation(frame: FrameType) -> str:
    code = frame.f_code.co_code
    return dis.opname[code[frame.f_lasti]] if frame.f_lasti >= 0 else ""


def _leaving(frame: FrameType) -> str:
    """How a function is left; empty when an exception makes it, or when a coroutine waits."""
    match _operation(frame):
        case "RETURN_VALUE" | "RETURN_CONST":
            return "returns"
        case "YIELD_VALUE" if not frame.f_code.co_flags & inspect.CO_COROUTINE:
            return "yields"
        case _:
            return ""


def _is_protocol(frame: FrameType, error: BaseException) -> bool:
    """Whether an exception only says that an iteration is over."""
    if isinstance(error, GeneratorExit):
        return True
    if not isinstance(error, (StopIteration, StopAsyncIteration)):
        return False
    return frame.f_code.co_name in ("__next__", "__anext__") or _operation(frame) in ("FOR_ITER", "SEND")


def _in_a_note(value: object) -> str:
    text = short_repr(value)
    return f"a {class_name(value)}" if text is None else text


def _said_by(error: BaseException) -> str:
    cls = type(error)
    arguments: tuple[object, ...] = _ARGUMENTS.__get__(error)
    # To ask any other would be to run the learner's own code.
    speaks = not isinstance(cls.__str__, FunctionType) and all(type(argument) in _PLAIN for argument in arguments)
    message = message_of(error) if speaks else ""
    return f"{class_name(error)}: {message}" if message else class_name(error)


def _bytes(summary: Summary) -> int:
    """About how much memory a summary takes."""
    size = 400 + len(summary.text) + 250 * len(summary.parameters) + 40 * len(summary.values or ())
    size += 700 if summary.statistics is not None else 0
    return size + (_bytes(summary.gradient) if summary.gradient is not None else 0)
