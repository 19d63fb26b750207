"""Recording a run line by line: each position, and what it changed in the names that can be seen there."""

from __future__ import annotations

import ast
import inspect
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, NamedTuple

import torch

from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.undisturbed import untraced_and_unobserved
from tui_torch.probe.replay.breakpoints import pass_breakpoints
from tui_torch.probe.replay.changed_names import NameChange, VisibleNames
from tui_torch.probe.replay.gradient_arrivals import ArrivalNote, Gradients, arrival_text, gradients_at, named_gradients
from tui_torch.probe.replay.late_elements import WaitingElements
from tui_torch.probe.replay.listening.choice import listener_for
from tui_torch.probe.replay.listening.frame_state import WayOfLeaving, ends_an_iteration
from tui_torch.probe.replay.listening.listener import Listener, Told
from tui_torch.probe.replay.names_in_view import NamesInView, View
from tui_torch.probe.replay.printed_text import PrintedText
from tui_torch.probe.replay.quiet_code import only_calls_method, only_dropped_result
from tui_torch.probe.replay.tensor_states import TensorState, TensorStates
from tui_torch.probe.replay.value_and_error_text import error_text, value_text
from tui_torch.probe.source.frame_locals import has_own_names
from tui_torch.probe.training.listeners import roots_of
from tui_torch.probe.values.fingerprint import USUAL
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

_new_tuple = tuple.__new__
NoteOf = Callable[[View], ArrivalNote | None]
"""What makes a note of the names that are seen, inside `unobserved()` and at the look of its position."""


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
    figures: int

    def position(self) -> Position:
        """The position, once all elements that its summaries show were described."""
        changes = tuple(change.summary() for change in self.changes)
        pinned = tuple(change.summary() for change in self.pinned)
        function = plain(self.function.replace("<locals>.", ""), LIMIT)
        before = self.line, function, self.depth, self.call, self.event
        note = plain(self.note.text(), NOTE) if isinstance(self.note, ArrivalNote) else self.note
        return Position(*before, changes, self.printed, note, self.omitted, pinned, self.figures)


class LineRecorder:
    """Records every line that the learner's code runs between `start()` and `stop()`, in the thread of `start()`.

    Functions and loops are followed; a comprehension is part of its line; other code runs untraced. Once a limit is
    reached, the recording ends and the run goes on at full speed. No reference to a value is kept, no random number
    drawn and no autograd history made. If the code takes the recorder's hearing away, such as by a trace function of
    its own, the recording ends and says so.
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
        listening: type[Listener] | None = None,
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
            listening: What hears the code; what suits it best if None.
        """
        told = Told(self._entered, self._line_reached, self._left, self._raised, self._interrupted)
        self._listener = (listening or listener_for(source))(filename_of_run, told)
        self._view = NamesInView(namespace, is_traced=self._listener.is_trace_function)
        self._limit_positions = limit_positions
        self._limit_bytes = limit_bytes
        self._limit_seconds = limit_seconds
        self._source = source
        self._printed = PrintedText()
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
        self._depths: dict[int, int] = {}
        """In how many functions each call in progress is, by its frame's id; of a generator, where it went on last."""
        self._calls_begun = 0
        self._propagating: int | None = None
        self._module_line = 1
        self._line_at: tuple[int, int] | None = None
        """The frame and the instruction of the last position, if it is that of a line."""
        self._backward_at: tuple[int, int] | None = None
        """Those of the call that the last position is of, if it is that of a `backward()`."""
        self._stopped: str | None = None
        self._restore_breakpoints: Uninstall = lambda: None

    def start(self, function_left: Callable[[FrameType], None] = lambda frame: None) -> None:
        """Record the frames that are entered from now on. A recorder is started once.

        Args:
            function_left: Is called, unobserved, with the frame of a function that is about to end; it raises nothing.
        """
        self._function_left = function_left
        self._thread = threading.get_ident()
        self._recording = True
        self._printed.start()
        self._restore_breakpoints = pass_breakpoints()
        self._restore_backward = self._listen_to_backward()
        self._listener.start()

    def stop(self, error: BaseException | None = None) -> None:
        """End the recording: the run is over, with `error` if it failed. A second call changes nothing."""
        self._printed.stop()
        self._restore_breakpoints()
        was_recording, lost = self._recording, self._listener.why_lost()
        self._end()
        self._listener.stop()
        if not was_recording:
            return
        line = self._positions[-1].line if self._positions else 1
        if isinstance(error, KeyboardInterrupt):
            # An interrupt while Python calls a trace function makes Python remove that function.
            self._stopped = f"The recording ends at line {line}: the run was interrupted there."
        elif lost is not None:
            self._stopped = f"The recording ends at line {line}: {lost}."
        elif self._positions and self._positions[-1].event != "exception":
            self._record(None, "return")

    @property
    def listens_by(self) -> str:
        """What of Python's the code is heard by, such as `sys.settrace`."""
        return self._listener.name

    @property
    def estimated_bytes(self) -> int:
        """About how many bytes the recording takes, so far."""
        return self._bytes

    def trace(self) -> Trace:
        """Return what was recorded so far."""
        with untraced_and_unobserved():
            self._waiting.make()
            positions = tuple(seen.position() for seen in self._positions)
        return Trace(positions, self._source, self._printed.output, self._stopped, tuple(self._printed.clears))

    def _end(self, frame: FrameType | None = None) -> None:
        if self._recording:
            self._recording = False
            self._listener.pause(frame)
            self._restore_backward()

    def _end_early(self, frame: FrameType | None, reason: str) -> None:
        """End the recording at a frame, and let go of the frames that are running."""
        line = self._line_of(frame)
        self._stopped = f"The recording ends at line {line}: {reason}. The run went on without it."
        self._end(frame)

    def _interrupted(self, frame: FrameType | None) -> None:
        self._stopped = f"The recording ends at line {self._line_of(frame)}: the run was interrupted there."
        self._end()

    # What the listener tells. While values are looked at, it may tell of a __del__ of the learner's, which the garbage
    # collector runs meanwhile.

    def _entered(self, frame: FrameType, begins: bool) -> None:
        if frame.f_code.co_name == "<module>":
            return
        self._depths[id(frame)] = self._depth(frame)
        if begins or id(frame) not in self._calls:
            self._calls_begun += 1
            self._calls[id(frame)] = self._calls_begun

    def _line_reached(self, frame: FrameType) -> None:
        if not self._looking:
            self._propagating = None
            at = frame.f_lasti
            last = self._backward_at
            is_after = last is not None and last[0] == id(frame) and only_dropped_result(frame.f_code, last[1], at)
            self._record(frame, "line", is_unchanged=is_after)
            self._line_at = id(frame), at

    def _left(self, frame: FrameType, how: WayOfLeaving | None, value: object) -> None:
        if self._looking:
            return
        # Without the flag it is a module or a class body.
        if how in ("returns", "yields") and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            self._record(frame, "return", f"{how} {value_text(value)}")
        if how == "returns" and frame.f_code.co_flags & inspect.CO_OPTIMIZED and not self._is_full(frame):
            self._looking = True
            try:
                with untraced_and_unobserved():
                    self._function_left(frame)
            finally:
                self._looking = False
        if how not in ("yields", "waits"):
            self._calls.pop(id(frame), None)
            self._depths.pop(id(frame), None)

    def _raised(self, frame: FrameType, error: BaseException | None) -> None:
        # While it propagates it is alive and its id is its own. In the callers it is not recorded again.
        if self._looking or id(error) == self._propagating or error is None or ends_an_iteration(frame, error):
            return
        if self._record(frame, "exception", error_text(error)):
            self._propagating = id(error)

    def _record(
        self,
        frame: FrameType | None,
        event: PositionEvent,
        note: str | NoteOf | None = None,
        *,
        is_unchanged: bool = False,
    ) -> bool:
        """Add a position, without a frame the one at the end of the run; return False if the stack is used up."""
        self._line_at = self._backward_at = None
        if self._is_full(frame):
            return True
        if is_unchanged:
            self._positions.append(self._position(frame, event, (), None, self._positions[-1].omitted, ()))
            self._bytes += 250
            return True
        began = time.perf_counter()
        self._looking = True
        try:
            with untraced_and_unobserved():
                seen = self._view.at(frame)
                self._states.begin_look()
                text = note(seen) if callable(note) else note
                changes = self._names.look(seen.names, seen.values)
                pinned = self._pinned.look(*self._pinned_values(seen)) if self._routes else ()
            self._positions.append(self._position(frame, event, changes, text, seen.omitted, pinned))
            self._bytes += 250
            for change in changes:
                self._bytes += change.size
            for change in pinned:
                self._bytes += change.size
        except RecursionError:
            # The code is about to run out of stack too, and until then nothing can be looked at.
            return False
        except Exception as error:
            self._end_early(frame, f"what is there could not be read ({class_name(error)})")
        finally:
            self._looking = False
            self._seconds += time.perf_counter() - began
        return True

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
            known = self._depths.get(id(frame))
            depth = self._depth(frame) if known is None else known
            function = frame.f_code.co_qualname
            call = self._calls.get(id(frame), 0)
        elif frame is not None:
            self._module_line = line
        note = plain(note, NOTE) if isinstance(note, str) else note
        printed = self._printed
        facts = line, function, depth, call, event, changes, printed.length, note, omitted, pinned, printed.figures
        return _new_tuple(_Seen, facts)  # in half of the time of _Seen()

    def _depth(self, frame: FrameType) -> int:
        depth, outer = 0, frame.f_back
        while outer is not None:
            depth += self._listener.is_followed(outer.f_code)
            outer = outer.f_back
        return depth

    def _listen_to_backward(self) -> Uninstall:
        stop_method, stop_function = self._listen_to_method(), self._listen_to_function()

        def stop() -> None:
            stop_function()
            stop_method()

        return stop

    def _listen_to_function(self) -> Uninstall:
        """Listen to `torch.autograd.backward()`, which PyTorch calls itself at times."""

        def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
            def backward(*args: Any, **kwargs: Any) -> Any:
                is_theirs = self._listener.is_followed(sys._getframe(1).f_code)
                if not is_theirs or not self._recording or self._looking or threading.get_ident() != self._thread:
                    return original(*args, **kwargs)
                given = args[0] if args else kwargs.get("tensors")
                roots = roots_of(given) if isinstance(given, torch.Tensor | list | tuple) else ()
                frame = self._learners_frame(sys._getframe(1))
                before = self._gradients(frame)
                result = original(*args, **kwargs)
                if before is not None and roots and self._recording:
                    gradient = args[1] if len(args) > 1 else kwargs.get("grad_tensors")
                    self._record_backward(frame, roots, gradient, before)
                return result

            return backward

        return wrap_method(torch.autograd, "backward", wrapper_of)

    def _listen_to_method(self) -> Uninstall:
        def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
            def backward(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
                if not self._recording or self._looking or threading.get_ident() != self._thread:
                    return original(tensor, *args, **kwargs)
                caller = sys._getframe(1)
                frame = self._learners_frame(caller)
                before = self._gradients_at_line(caller, tensor)
                if before is None:
                    before = self._gradients(frame)
                result = original(tensor, *args, **kwargs)
                if before is not None and self._recording:
                    self._record_backward(frame, (tensor,), args[0] if args else kwargs.get("gradient"), before)
                    if self._positions and self._positions[-1].event == "backward":
                        self._backward_at = id(caller), caller.f_lasti
                return result

            return backward

        return wrap_method(torch.Tensor, "backward", wrapper_of)

    def _learners_frame(self, frame: FrameType | None) -> FrameType | None:
        """Return the innermost of the learner's own frames, of those around a frame and itself."""
        while frame is not None and not self._listener.is_followed(frame.f_code):
            frame = frame.f_back
        return frame

    def _gradients_at_line(self, caller: FrameType, root: torch.Tensor) -> list[TensorState] | None:
        """The tensors as they were at the last look, if nothing can have changed since; else None."""
        line = self._line_at
        if line is None or line[0] != id(caller) or type(root) not in USUAL:
            return None
        start = line[1]
        found: list[list[TensorState]] = []

        def find() -> None:
            if only_calls_method(caller, start) and (states := self._names.tensor_states()) is not None:
                found.append(states)

        self._out_of_hearing(caller, find)
        return found[0] if found else None

    def _gradients(self, frame: FrameType | None) -> Gradients | None:
        """Return the gradients of what the learner's code can see in a frame; None if they cannot be read."""
        if frame is None:
            return None
        found: list[Gradients] = []

        def look() -> None:
            self._looking = True
            try:
                with untraced_and_unobserved():
                    self._states.begin_look()
                    found.append(named_gradients(self._view.at(frame), self._states))
            except Exception:  # the learner's backward() goes on without a note
                pass
            finally:
                self._looking = False

        self._out_of_hearing(frame, look)
        return found[0] if found else None

    def _record_backward(
        self,
        frame: FrameType | None,
        roots: Sequence[torch.Tensor],
        gradient: object,
        before: Gradients | list[TensorState],
    ) -> None:
        if frame is None:
            return

        def note(seen: View) -> ArrivalNote | None:
            try:
                past = gradients_at(before) if isinstance(before, list) else before
                return ArrivalNote(arrival_text(roots, gradient, seen), past, named_gradients(seen, self._states))
            except Exception:  # the names that changed are recorded without a note
                return None

        self._out_of_hearing(frame, lambda: self._record(frame, "backward", note))

    def _out_of_hearing(self, frame: FrameType, work: Callable[[], object]) -> None:
        def interruptible() -> None:
            try:
                work()
            except BaseException:  # an interrupt while values are looked at, which is meant for the run
                self._interrupted(frame)
                raise

        self._listener.out_of_hearing(interruptible)

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
