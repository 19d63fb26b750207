"""Recording a run line by line: each position, and what it changed in the names that can be seen there."""

from __future__ import annotations

import ast
import inspect
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import CodeType, FrameType
from typing import Any, NamedTuple

import torch

from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.torch_internals import untraced
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.replay.changed_names import NameChange, VisibleNames
from tui_torch.probe.replay.frame_state import begins, ends_an_iteration, way_of_leaving
from tui_torch.probe.replay.gradient_arrivals import ArrivalNote, Gradients, arrival_text, named_gradients
from tui_torch.probe.replay.late_elements import WaitingElements
from tui_torch.probe.replay.names_in_view import NamesInView, View
from tui_torch.probe.replay.printed_text import PrintedText
from tui_torch.probe.replay.tensor_states import TensorStates
from tui_torch.probe.replay.value_and_error_text import error_text, value_text
from tui_torch.probe.source.names_in_scope import has_own_names
from tui_torch.probe.values.paths import Route, UnreachableError, route_of
from tui_torch.probe.values.short_repr import LIMIT, class_name, plain
from tui_torch.protocol.events import Position, PositionEvent, Trace

POSITIONS = 20_000
"""Maximum number of positions of a recording."""
BYTES = 32 * 1024 * 1024
"""Maximum size of a recording in bytes, by an estimate."""
SECONDS = 10.0
"""Maximum time, in seconds, that a recording spends looking at values."""
NOTE = 400
"""Maximum number of characters of a position's note."""

_COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
"""Names of the code of comprehensions, which count as part of their line."""

NoteOf = Callable[[View], ArrivalNote | None]
"""What makes a note of the names that are seen, inside `unobserved()` and at the look of its position."""
LocalTracer = Callable[[FrameType, str, Any], Any]
"""A trace function, called with a frame, an event and its argument."""


class _Seen(NamedTuple):
    """A position whose summaries are yet to be made; its fields are those of `Position`."""

    line: int
    function: str
    depth: int
    call: int
    event: PositionEvent
    changes: Sequence[NameChange]
    printed: int
    note: str | ArrivalNote | None
    omitted: int
    pinned: Sequence[NameChange]

    def position(self) -> Position:
        """The position, once all elements that its summaries show were described."""
        changes = tuple(change.summary() for change in self.changes)
        pinned = tuple(change.summary() for change in self.pinned)
        function = plain(self.function.replace("<locals>.", ""), LIMIT)
        before = self.line, function, self.depth, self.call, self.event
        note = plain(self.note.text(), NOTE) if isinstance(self.note, ArrivalNote) else self.note
        return Position(*before, changes, self.printed, note, self.omitted, pinned)


class LineRecorder:
    """Records every line that the learner's code runs between `start()` and `stop()`, in the thread of `start()`.

    Functions and loops are followed; a comprehension is part of its line; other code runs untraced. Once a limit is
    reached, the recording ends and the run goes on at full speed. No reference to a value is kept, no random number
    drawn and no autograd history made. If the code sets a trace function of its own, the recording ends and says so.

    Before Python 3.13, a function that is running when the recording ends early keeps the values that its names had
    then until it returns: Python itself keeps them for a trace function, which cannot let go of them.
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
        """Prepare a recording.

        Args:
            namespace: The names of the module that runs.
            filename_of_run: The name under which its code is compiled.
            limit_positions: Maximum number of positions.
            limit_bytes: Maximum size, estimated from the summaries.
            limit_seconds: Maximum time spent looking at values.
            source: The code, as the trace shows it.
            pins: Expressions that are followed as well, if they consist of names, attributes and items; an expression
                that would have to be computed is left out.
        """
        self._view = NamesInView(namespace)
        self._filename = filename_of_run
        self._limit_positions = limit_positions
        self._limit_bytes = limit_bytes
        self._limit_seconds = limit_seconds
        self._source = source
        self._printed = PrintedText()
        # Made once: each attribute access makes a new bound method, and these are compared by identity.
        self._tracer = _of_file(filename_of_run, self._enter)
        self._local_tracer: LocalTracer = self._within
        self._within_tracer = _marker(filename_of_run)
        self._work: Callable[[], None] | None = None
        self._recording = False
        self._looking = False
        self._waiting = WaitingElements()
        self._states = TensorStates()
        self._names = VisibleNames(self._states, self._waiting)
        self._routes = _routes(pins)
        self._pins_reached: tuple[str, ...] = ()
        self._pinned = VisibleNames(self._states, self._waiting)
        self._positions: list[_Seen] = []
        self._bytes = 0
        self._seconds = 0.0
        self._calls: dict[int, int] = {}
        """The number of each call in progress, by its frame's id; that of a waiting generator too."""
        self._calls_begun = 0
        self._propagating: int | None = None
        self._raised_in: int | None = None
        self._module_line = 1
        self._stopped: str | None = None

    def start(self) -> None:
        """Record the frames that are entered from now on. A recorder is started once."""
        self._thread, self._process = threading.get_ident(), os.getpid()
        self._recording = True
        self._printed.start()
        self._restore_backward = self._listen_to_backward()
        self._previous = sys.gettrace()
        sys.settrace(self._tracer)

    def stop(self, error: BaseException | None = None) -> None:
        """End the recording: the run is over, with `error` if it failed. A second call changes nothing."""
        self._printed.stop()
        if not self._recording:
            return
        displaced = sys.gettrace() is not self._tracer
        self._stop_tracing()
        line = self._positions[-1].line if self._positions else 1
        if isinstance(error, KeyboardInterrupt):
            # An interrupt while Python calls the trace function makes Python remove that function.
            self._stopped = f"The recording ends at line {line}: the run was interrupted there."
        elif displaced and sys.gettrace() is None:
            # Python removes a trace function that it cannot call.
            self._stopped = f"The recording ends at line {line}: the code ran out of stack, or called sys.settrace."
        elif displaced:
            self._stopped = (
                f"The recording ends at line {line}: the code called sys.settrace, and Python has room for one trace "
                f"function only."
            )
        elif self._positions and self._positions[-1].event != "exception":
            self._record(None, "return")

    @property
    def estimated_bytes(self) -> int:
        """About how many bytes the recording takes, so far."""
        return self._bytes

    def trace(self) -> Trace:
        """Return what was recorded so far."""
        with untraced(), unobserved():
            self._waiting.make()
            positions = tuple(seen.position() for seen in self._positions)
        return Trace(positions, self._source, self._printed.output, self._stopped)

    def _stop_tracing(self) -> None:
        self._recording = False
        if sys.gettrace() is self._tracer:
            sys.settrace(self._previous)
        self._restore_backward()

    def _end_early(self, frame: FrameType | None, reason: str) -> None:
        """End the recording at a frame, and take the trace function off the frames that are running."""
        line = self._line_of(frame)
        self._stopped = f"The recording ends at line {line}: {reason}. The run went on without it."
        self._stop_tracing()
        while frame is not None:
            if frame.f_trace is self._local_tracer:
                frame.f_trace = None
            frame = frame.f_back

    def _is_followed(self, code: CodeType) -> bool:
        return code.co_filename == self._filename and code.co_name not in _COMPREHENSIONS

    def _enter(self, frame: FrameType, event: str, argument: object) -> LocalTracer | None:
        """Decide, as the trace function of a new frame, whether it is traced further: only the learner's own are."""
        if not self._is_followed(frame.f_code):
            return None
        if os.getpid() != self._process:  # a worker process that was forked during the run
            sys.settrace(None)
            return None
        if not self._recording:
            return None
        if frame.f_code is self._within_tracer.__code__:
            if (work := self._work) is not None:
                self._work = None
                try:
                    work()
                except BaseException:  # as in `_within()`
                    self._interrupted(self._learners_frame())
                    raise
            return None
        if frame.f_code.co_name != "<module>" and (id(frame) not in self._calls or begins(frame)):
            self._calls_begun += 1
            self._calls[id(frame)] = self._calls_begun
        return self._local_tracer

    def _within(self, frame: FrameType, event: str, argument: Any) -> LocalTracer | None:
        """Record what happens in one of the learner's frames, as its trace function."""
        if not self._recording:
            return None
        if self._looking:  # a __del__ of the learner's that the garbage collector runs meanwhile
            return self._local_tracer
        try:
            match event:
                case "line":
                    self._line_reached(frame)
                case "return":
                    self._returned(frame, argument)
                case "exception":
                    self._raised(frame, argument[1])
                case _:
                    pass
        except RecursionError:  # the code is about to run out of stack too, and gets an error of its own
            pass
        except BaseException:  # an interrupt while values are looked at, which is meant for the run
            self._interrupted(frame)
            raise
        return self._local_tracer

    def _interrupted(self, frame: FrameType | None) -> None:
        self._stopped = f"The recording ends at line {self._line_of(frame)}: the run was interrupted there."
        self._stop_tracing()

    def _line_reached(self, frame: FrameType) -> None:
        self._propagating = self._raised_in = None
        self._record(frame, "line")

    def _returned(self, frame: FrameType, value: object) -> None:
        unwinding, self._raised_in = self._raised_in == id(frame), None
        how = None if unwinding else way_of_leaving(frame)
        # Without the flag it is a module or a class body.
        if how in ("returns", "yields") and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            self._record(frame, "return", f"{how} {value_text(value)}")
        if how not in ("yields", "waits"):
            self._calls.pop(id(frame), None)

    def _raised(self, frame: FrameType, error: BaseException | None) -> None:
        self._raised_in = id(frame)
        # While it propagates it is alive and its id is its own. In the callers it is not recorded again.
        if id(error) != self._propagating and error is not None and not ends_an_iteration(frame, error):
            self._record(frame, "exception", error_text(error))
            self._propagating = id(error)

    def _record(self, frame: FrameType | None, event: PositionEvent, note: str | NoteOf | None = None) -> None:
        """Add a position; without a frame, the one at the end of the run."""
        if self._is_full(frame):
            return
        began = time.perf_counter()
        self._looking = True
        try:
            with untraced(), unobserved():
                seen = self._view.at(frame)
                self._states.begin_look()
                text = note(seen) if callable(note) else note
                changes = self._names.look(seen.names, seen.values)
                pinned = self._pinned.look(*self._pinned_values(seen)) if self._routes else ()
            self._positions.append(self._position(frame, event, changes, text, seen.omitted, pinned))
            self._bytes += 250
            for change in (*changes, *pinned):
                self._bytes += change.size
        except RecursionError:
            # The code is about to run out of stack too, and until then nothing can be looked at.
            return
        except Exception as error:
            self._end_early(frame, f"what is there could not be read ({class_name(error)})")
        finally:
            self._looking = False
            self._seconds += time.perf_counter() - began

    def _is_full(self, frame: FrameType | None) -> bool:
        if len(self._positions) >= self._limit_positions:
            self._end_early(frame, f"it has {len(self._positions):,} positions, as many as are kept")
        elif self._bytes >= self._limit_bytes:
            self._end_early(frame, f"it takes {self._bytes / 2**20:.0f} MiB, as much as is kept")
        elif self._seconds >= self._limit_seconds:
            self._end_early(frame, f"it took {self._seconds:.0f} seconds to look at every line so far")
        else:
            return False
        return True

    def _line_of(self, frame: FrameType | None) -> int:
        # Code that the compiler adds has no line, which typeshed leaves out.
        return (None if frame is None else frame.f_lineno) or self._module_line

    def _position(
        self,
        frame: FrameType | None,
        event: PositionEvent,
        changes: Sequence[NameChange],
        note: str | ArrivalNote | None,
        omitted: int,
        pinned: Sequence[NameChange],
    ) -> _Seen:
        line, function, depth, call = self._line_of(frame), "<module>", 0, 0
        if frame is not None and has_own_names(frame):
            depth = self._depth(frame)
            function = frame.f_code.co_qualname
            call = self._calls.get(id(frame), 0)
        elif frame is not None:
            self._module_line = line
        note = plain(note, NOTE) if isinstance(note, str) else note
        return _Seen(line, function, depth, call, event, changes, self._printed.length, note, omitted, pinned)

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
                    self._record_backward(tensor, args[0] if args else kwargs.get("gradient"), before)
                return result

            return backward

        return wrap_method(torch.Tensor, "backward", wrapper_of)

    def _learners_frame(self) -> FrameType | None:
        """Return the innermost of the learner's own frames that is running."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self._is_followed(frame.f_code):
            frame = frame.f_back
        return frame

    def _gradients(self) -> Gradients | None:
        """Return the gradients of what the learner's code can see where it is; None if they cannot be read."""
        frame = self._learners_frame()
        if frame is None:
            return None
        found: list[Gradients] = []

        def look() -> None:
            self._looking = True
            try:
                with untraced(), unobserved():
                    self._states.begin_look()
                    found.append(named_gradients(self._view.at(frame), self._states))
            except Exception:  # the learner's backward() goes on without a note
                pass
            finally:
                self._looking = False

        self._do_within_tracer(look)
        return found[0] if found else None

    def _record_backward(self, root: torch.Tensor, gradient: object, before: Gradients) -> None:
        frame = self._learners_frame()
        if frame is None:
            return

        def note(seen: View) -> ArrivalNote | None:
            try:
                return ArrivalNote(arrival_text(root, gradient, seen), before, named_gradients(seen, self._states))
            except Exception:  # the names that changed are recorded without a note
                return None

        self._do_within_tracer(lambda: self._record(frame, "backward", note))

    def _do_within_tracer(self, work: Callable[[], None]) -> None:
        """Do a work where Python calls no trace function for our own functions, which would double its time."""
        self._work = work
        try:
            self._within_tracer()
        except RecursionError:  # the code is about to run out of stack too, and gets an error of its own
            self._work = None
        if self._work is not None:  # another trace function has taken the place of ours
            self._work = None
            work()

    def _pinned_values(self, seen: View) -> tuple[tuple[str, ...], list[object]]:
        """Return the pins that lead somewhere, and the values there, read where they are stored."""
        names = dict(seen.pairs())
        pins, reached = list[str](), list[object]()
        for pin, route in self._routes.items():
            with suppress(UnreachableError):
                reached.append(route.end(names))
                pins.append(pin)
        if pins != list(self._pins_reached):
            self._pins_reached = tuple(pins)
        return self._pins_reached, reached


def _routes(pins: Sequence[str]) -> dict[str, Route]:
    """Return the routes of the pinned expressions; without plain names, which are recorded anyway."""
    found: dict[str, Route] = {}
    for pin in pins:
        with suppress(SyntaxError, ValueError, RecursionError):
            route = route_of(ast.parse(pin.strip(), mode="eval").body)
            if route is not None and route.steps:
                found[pin] = route
    return found


def _marker(filename: str) -> Any:
    """Return a function that does nothing, of the file that is traced: Python tells a trace function of its call."""
    names: dict[str, Any] = {}
    exec(compile("def marker():\n    pass\n", filename, "exec"), names)
    return names["marker"]


def _of_file(filename: str, enter: LocalTracer) -> LocalTracer:
    """Return a trace function that calls `enter` for code of one file.

    It is called for every frame of PyTorch's too, and therefore as short as possible.
    """

    def tracer(frame: FrameType, event: str, argument: object) -> LocalTracer | None:
        return enter(frame, event, argument) if frame.f_code.co_filename == filename else None

    return tracer
