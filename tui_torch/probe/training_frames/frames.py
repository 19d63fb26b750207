"""The functions that a run trains in, and what is known of their local variables while they run and after.

A function's frame is read now and then at a `backward()`, and what is still bound then is read once more just before
the function ends: Python frees a frame's own attributes before its variables, so an object of ours in one of them hears
of it. What each step of a loop binds is known by weak references from the last step that was seen: of a slow loop
each step is, of a fast one some. Nothing happens in the steps between.
"""

from __future__ import annotations

import os
import sys
import time
from _thread import interrupt_main
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from inspect import CO_OPTIMIZED
from itertools import count, islice
from types import CodeType, FrameType
from typing import TYPE_CHECKING

import torch

from tui_torch.probe.autograd.saved_tensors import GraphMemory
from tui_torch.probe.inspector.output_shapes import OutputOf
from tui_torch.probe.isolation.optimizer_hooks import after_optimizer_step
from tui_torch.probe.isolation.time_budget import TimeBudget
from tui_torch.probe.source.call_sites import CallSite
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.protocol.events import FrameLocals, LocalsRead
from tui_torch.protocol.orders import CELL_NAME, Request
from tui_torch.protocol.views import View

if TYPE_CHECKING:
    from tui_torch.probe.training_frames.kept_locals import KeptLocals, Reader, ShownLocals

FRAMES = 4
"""Maximum number of functions."""
_DEPTH = 200
"""Maximum number of frames, from the innermost outwards, among which the learner's are looked for."""
SHARE = 0.002
"""The part of the run's time that reading may take."""
INTERVAL = 0.19
"""Minimum seconds between two times."""
RECORDED_SHARE = 0.1
"""The same of a run that is recorded line by line, for the functions that end."""
ENDING = 0.02
"""The part of a function's time that reading it at its end may take, however much was read before."""
SEEN_EVERY = 0.002
"""Minimum seconds between two times at which it is seen what is bound."""
SEEN_SHARE = 0.003
"""The part of the run's time that seeing it may take: after a large model's kernels nothing of ours is in the
processor's cache, and what takes some millionths in a fast loop takes a tenth of a thousandth there."""
EARLY = 0.005
"""Seconds that reading may take besides in the first INTERVAL of a run, in which it may be over."""
AGAIN = 0.02
"""Seconds that reading functions which are called again may take besides in a run: at their ends, and up to a fourth
of it when they are first seen. At an end in its second half, each may take ENDING of what the call lasted."""
RARE = 3
"""How many times as long as the time between two sights a call lasts at least, for the next one to be awaited."""
RUNNING_ROOM = 1 << 20
"""Maximum number of bytes that are copied of a function that goes on."""
ENDED_ROOM = 1 << 25
"""The same of one that ends."""
_PARTS = {"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>", "<lambda>"}
"""Functions that are parts of a line."""

_calls = count(1)


class TrainingFrames:
    """Reads the functions of a run that train, between `begin()` and `end()`. Nothing that goes wrong here gets out.

    Args:
        is_learners: Whether code that is compiled under this name is the learner's.
        steps: Gives the number of steps that the run has done.
        output_of: Returns what is known of a module's last result.
        publish: Is called with the variables while a run goes on, if the learner looks at them.
        after_backward: What is called after every `backward()`, to which what listens at the beginning is added.
        graphs: The numbers that freed graphs had.
    """

    def __init__(
        self,
        is_learners: Callable[[str], bool],
        steps: Callable[[], int],
        output_of: OutputOf,
        publish: Callable[[LocalsRead], None],
        after_backward: list[Callable[[torch.Tensor], None]],
        graphs: GraphMemory | None = None,
        clock: Callable[[], float] = time.perf_counter,
        cost: Callable[[], float] = time.thread_time,
    ) -> None:
        self.is_looked_at = False
        """Whether the learner looks at the variables. Another thread may set it at any time."""
        self._is_learners = is_learners
        self._recorded_steps = steps
        self._own_steps = 0
        """Steps of optimizers in a run without a `backward()`."""
        self._has_backward = False
        self._unhook: Callable[[], None] | None = None
        self._output_of = output_of
        self._publish = publish
        self._after_backward = after_backward
        self._graphs = graphs
        self._clock = clock
        self._cost = cost
        # What another device still does is waited for, and other processes on this machine are not counted.
        self._cost_of_end = clock if torch.accelerator.is_available() else cost
        self._budget = TimeBudget(SHARE, INTERVAL, clock, cost)
        self._graph_budget = TimeBudget(SHARE, INTERVAL, clock, cost)
        self._recorded_budget = TimeBudget(RECORDED_SHARE, clock=clock, cost=cost)
        self._kept: dict[CodeType, KeptLocals] = {}
        """The one that trained last first."""
        self._shown: list[ShownLocals] = []
        self._files: dict[str, bool] = {}
        self._process = 0
        self._is_on = False
        self._has_said = False
        self._next_early = 0
        """The step from which on the functions are read once more early in the run; 0 when that is over."""
        self._began = self._spent = 0.0
        """When the run began, and the seconds that reading early in it has taken."""
        self._seen_at, self._steps_at = 0.0, (0, 0.0)
        """When it was seen last what is bound, and how many steps there had been at the last event, and when."""
        self._see_every = SEEN_EVERY
        """Seconds between two such times, by what the last ones took."""
        self._again = 0.0
        """The seconds that reading functions which were called again has taken."""
        self._is_slow = self._awaits_call = False
        """Whether steps are heard because the loop is slow, and whether the next is because a function has ended."""
        self._losses: dict[tuple[CodeType, str], tuple[int, float]] = {}
        """The last loss, and its step, of each expression that `backward()` is called on in a function."""
        self._steps_at_end = 0

    def begin(self, *, is_on: bool = True) -> None:
        """Begin a run, and forget the one before. Nothing is read unless `is_on`."""
        self._stop_after_steps()
        self._stop_hearing_optimizers()
        self._is_on = is_on
        self._kept, self._shown = {}, []
        self._files.clear()
        self._losses.clear()
        self._own_steps, self._has_backward, self._see_every = 0, False, SEEN_EVERY
        self._process = os.getpid()
        self._has_said = False
        self._began, self._spent, self._again = self._clock(), 0.0, 0.0
        self._is_slow = self._awaits_call = False
        self._budget.begin()
        self._graph_budget.begin()
        self._recorded_budget.begin()
        self._steps_at = 0, self._began
        if is_on:
            self._next_early = 2
            self._after_backward.append(self._after_step)
            # Not once an optimizer steps: PyTorch goes through its hooks then.
            self._unhook = after_optimizer_step(self._stepped)

    def in_the_loop(self, frame: FrameType) -> None:
        """Read the functions around a `backward()`, if it is time."""
        if not self._is_on:
            return
        if self._kept and not self._next_early:
            self._see(frame, self._clock())
        self._hear_steps_if_slow()
        if not self._budget.permits():
            return
        from tui_torch.probe.training_frames import kept_locals  # noqa: F401 - its import is not counted

        with self._budget.spending():
            self._read(frame)
            if self._kept and (self.is_looked_at or not self._has_said):
                self._publish(self._locals_read())
        if not self._has_said:
            # The first time is free: all that it runs is cold, and what comes after it is to be seen, too.
            self._has_said = True
            self._began = self._clock()
            self._budget.begin()

    def losses_taken(self, by_site: Mapping[CallSite, Sequence[tuple[int, float]]]) -> None:
        """Know the losses that have come, by where `backward()` was called; the last ones come after `end()`."""
        for site, points in by_site.items():
            if points:
                self._losses[site.code, site.expression] = points[-1]

    def _stepped(self, optimizer: object, args: object = (), kwargs: object = None) -> None:
        """An optimizer has stepped. What follows a `backward()` is heard there."""
        if self._has_backward or not self._is_on:
            return
        with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
            self._own_steps += 1
            frame = sys._getframe(1)
            is_event = self._own_steps == 1 or self._clock() - self._steps_at[1] >= INTERVAL
            if is_event and not self._recorded_steps():
                self.in_the_loop(frame)
            else:
                self._look_after_step(frame)

    def _steps(self) -> int:
        """The number of steps of the run: those of optimizers where there is no `backward()`."""
        return self._recorded_steps() or self._own_steps

    def _stop_hearing_optimizers(self) -> None:
        if self._unhook is not None:
            self._unhook()
            self._unhook = None

    def _after_step(self, loss: torch.Tensor) -> None:
        self._has_backward = True
        # Not in `in_the_loop()`, which a new optimizer calls, too: PyTorch goes through the hooks of optimizers then.
        self._stop_hearing_optimizers()
        self._look_after_step(sys._getframe(1))

    def _look_after_step(self, frame: FrameType) -> None:
        """In the first steps, and in each of a slow loop: know what is bound, or read it."""
        awaited, now = self._awaits_call, self._clock()
        is_time = now - self._seen_at >= self._see_every
        if not (is_time or awaited or self._next_early):
            return
        if self._next_early and self._steps() >= self._next_early:
            self._read_early(frame, now)
        elif is_time or awaited:
            self._see(frame, now)
        if awaited and not self._is_slow and not self._next_early:
            self._stop_after_steps()

    def _read_early(self, frame: FrameType, now: float) -> None:
        """Read at some of the first steps, whether it is time or not: a short run has no others."""
        self._next_early += max(self._next_early // 2, 1)
        if self._spent > EARLY or now - self._began > INTERVAL:
            self._next_early = 0
            return
        began = self._cost()
        self._read(frame)
        self._spent += self._cost() - began

    def _see(self, frame: FrameType, now: float) -> None:
        """Know what is bound, and from what that takes how often it may be done. Read what is called again."""
        self._seen_at, self._awaits_call, began, reading = now, False, self._cost(), 0.0
        with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
            for function in reversed(list(self._functions(frame, most=len(self._kept)))):
                if (kept := self._kept.get(function.f_code)) is None:
                    continue
                if self._is_another_call(function, kept) and self._is_read_again(kept):
                    reading -= self._cost()
                    self._read_frame(function, is_over=False)
                    reading += self._cost()
                else:
                    kept.line, kept.offset = function.f_lineno or kept.line, function.f_lasti
                    kept.see(local_names(function), self._steps())
        self._again += reading
        took = self._cost() - began - reading
        # One that was slow by chance counts for some time only.
        self._see_every = max((took / SEEN_SHARE + self._see_every) / 2, SEEN_EVERY)

    def _is_another_call(self, frame: FrameType, kept: KeptLocals) -> bool:
        """Hear when a function's frame ends; whether it is of another call than the one that was seen last."""
        if frame.f_trace is None:
            frame.f_trace = _FrameEnd(self, kept)
        end = frame.f_trace
        call = end.call if isinstance(end, _FrameEnd) else 0
        if call == kept.call:
            return False
        kept.call, kept.called_at = call, self._steps()
        return True

    def _is_read_again(self, kept: KeptLocals) -> bool:
        """Whether a function that has ended, and is called again, is read when it is first seen."""
        return kept.lasted > 0 and self._again + kept.cost <= AGAIN / 4

    def _hear_steps_if_slow(self) -> None:
        """Be called after each step if that takes so long that nobody notices."""
        steps, now = self._steps(), self._clock()
        before, at = self._steps_at
        self._steps_at = steps, now
        if self._next_early and now - self._began > INTERVAL:
            self._next_early = 0
        if self._next_early or steps == before or not self._has_backward:
            return
        self._stop_after_steps()
        self._is_slow = (now - at) / (steps - before) >= self._see_every
        if self._is_slow:
            self._after_backward.append(self._after_step)

    def _stop_after_steps(self) -> None:
        with suppress(ValueError):  # stopped already
            self._after_backward.remove(self._after_step)

    def end(self, error: BaseException | None = None) -> None:
        """End a run, with the exception that escaped from it.

        Of an exception, the variables of the functions that it came through are read, which are still there.
        """
        if not self._is_on:
            return
        self._is_on = False
        self._stop_after_steps()
        self._stop_hearing_optimizers()
        self._steps_at_end = self._steps()
        with suppress(Exception):
            if error is not None:
                self._read_raised(error)

    def result(self) -> LocalsRead | None:
        """The variables of the functions of the run that has ended, with the last losses; None if there are none."""
        with suppress(Exception):
            for (code, expression), (step, value) in self._losses.items():
                if (kept := self._kept.get(code)) is not None:
                    kept.set_loss(expression, step, value)
            return self._locals_read() if self._kept else None
        return None

    def now(self) -> float:
        """The time, in seconds."""
        return self._clock()

    def view(self, request: Request) -> View | None:
        """The answer to a request for one of the variables; None for one that is for none of them."""
        if request.frame is None:
            return None
        from tui_torch.probe.training_frames.kept_locals import nothing

        if not 0 <= request.frame < len(self._shown):
            return nothing(request, "The function is not known any more: run the code again to see this.")
        return self._shown[request.frame].view(request)

    def _read(self, frame: FrameType) -> None:
        with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
            for function in reversed(list(self._functions(frame))):  # so that the innermost is the first
                self._read_frame(function, is_over=False)

    def _read_frame(self, frame: FrameType, *, is_over: bool, is_traced: bool = False) -> KeptLocals:
        from tui_torch.probe.training_frames.kept_locals import KeptLocals

        code = frame.f_code
        kept = self._kept.pop(code, None) or KeptLocals(code)
        self._kept = {code: kept} | dict(islice(self._kept.items(), FRAMES - 1))
        kept.line, kept.offset = frame.f_lineno or code.co_firstlineno, frame.f_lasti
        names = local_names(frame, is_traced=is_traced)
        scope = frame.f_globals if type(frame.f_globals) is dict else {}
        with_graphs = is_over or not kept.has_graphs or not kept.values or self._graph_budget.permits()
        reader = self._reader({**scope, **names}, is_over=is_over, with_graphs=with_graphs)
        if with_graphs and kept.values and not is_over:
            with self._graph_budget.spending():
                kept.read(names, self._steps(), reader)
        else:
            kept.read(names, self._steps(), reader)
        self._is_another_call(frame, kept)
        return kept

    def _read_raised(self, error: BaseException) -> None:
        traceback, frames = error.__traceback__, list[tuple[FrameType, int]]()
        while traceback is not None:
            if self._is_shown(traceback.tb_frame):
                frames.append((traceback.tb_frame, traceback.tb_lineno))
            traceback = traceback.tb_next
        for frame, line in frames[-FRAMES:]:
            kept = self._read_frame(frame, is_over=True)
            kept.line, kept.state = line, "raised"

    def _functions(self, frame: FrameType | None, most: int = FRAMES) -> Iterator[FrameType]:
        """The learner's functions that a frame is in, innermost first, each once."""
        met: set[CodeType] = set()
        for _ in range(_DEPTH):
            if frame is None or len(met) == most:
                return
            if frame.f_code not in met and self._is_shown(frame):
                met.add(frame.f_code)
                yield frame
            frame = frame.f_back

    def _is_shown(self, frame: FrameType) -> bool:
        code = frame.f_code
        if not code.co_flags & CO_OPTIMIZED or code.co_name in _PARTS:
            return False
        file = code.co_filename
        known = self._files.get(file)
        if known is None:
            known = self._files[file] = self._is_learners(file)
        return known

    def _reader(self, scope: Mapping[str, object], *, is_over: bool, with_graphs: bool = True) -> Reader:
        from tui_torch.probe.training_frames.kept_locals import Reader

        room = ENDED_ROOM if is_over else RUNNING_ROOM
        graphs = self._graphs if with_graphs else None
        return Reader(room, self._output_of, graphs, scope, waits=is_over, statistics=is_over or self.is_looked_at)

    def ended(self, kept: KeptLocals, call: int, since: float) -> None:
        """A frame that was seen ends, which was since some time. Its variables are still there."""
        if os.getpid() != self._process or self._kept.get(kept.code) is not kept or sys.gettrace() is not None:
            return
        if kept.call != call:  # another call of the function was seen since
            return
        began, is_again = self._clock(), kept.ended_at >= 0
        kept.lasted = began - since
        if self._is_on and self._has_backward and kept.lasted >= RARE * self._see_every:
            self._await_call()
        # A function that is called in every step is not read at the end of each.
        is_cheap = kept.cost <= ENDING * kept.lasted
        if is_again:  # the first calls of a short run are its last
            spent = self._again + kept.cost
            is_cheap = spent <= AGAIN / 2 or (is_cheap and spent <= AGAIN)
        if not is_cheap and not self._budget.permits():
            return
        spent = self._cost_of_end()
        kept.read_again(self._steps(), self._reader({}, is_over=True))
        kept.cost = self._cost_of_end() - spent
        if is_again and is_cheap:
            self._again += kept.cost
        else:
            self._budget.charge(kept.cost)

    def left(self, frame: FrameType) -> None:
        """Read a function that is about to end in a run that is recorded line by line, whose looks take far longer."""
        if not self._is_on or (kept := self._kept.get(frame.f_code)) is None or not self._recorded_budget.permits():
            return
        with suppress(Exception), self._recorded_budget.spending():
            order = list(self._kept)
            self._read_frame(frame, is_over=True, is_traced=True)
            self._kept = {code: self._kept[code] for code in order}
            kept.state, kept.ended_at = "ended", self._steps()

    def _await_call(self) -> None:
        """Hear the next step, which may be one of the same function, called again."""
        self._awaits_call = True
        if self._after_step not in self._after_backward:
            self._after_backward.append(self._after_step)

    def _locals_read(self) -> LocalsRead:
        from tui_torch.probe.training_frames.kept_locals import ShownLocals

        steps = self._steps() if self._is_on else self._steps_at_end
        found = [ShownLocals(kept) for kept in self._kept.values()]
        # While code runs, no tensor of ours is to be found by it, and no page is asked for.
        self._shown = [] if self._is_on else found
        return LocalsRead(
            tuple(
                FrameLocals(
                    ".".join(part for part in kept.code.co_qualname.split(".") if part != "<locals>"),
                    kept.line,
                    _file(kept.code.co_filename),
                    kept.state_at(steps),
                    kept.moment,
                    steps,
                    shown.rows(steps),
                    kept.omitted,
                )
                for kept, shown in zip(self._kept.values(), found, strict=True)
            )
        )


class _FrameEnd:
    """Stands among the attributes of a frame, and is gone when the frame is about to be freed.

    Should Python trace the frame later, it is a trace function that does nothing.
    """

    def __init__(self, frames: TrainingFrames, kept: KeptLocals) -> None:
        self._frames = frames
        self._kept = kept
        self._since = frames.now()
        self.call = next(_calls)
        """The number of the call that the frame is of."""

    def __call__(self, *event: object) -> None:
        return None

    def __del__(self) -> None:
        try:
            self._frames.ended(self._kept, self.call, self._since)
        except KeyboardInterrupt:  # it would end here, and the learner's code go on
            interrupt_main()
        except Exception:  # the learner's function ends, whatever is wrong here
            pass


def _file(filename: str) -> str | None:
    if filename.startswith(CELL_NAME):
        return filename.strip("<>")
    return None if filename.startswith("<") else filename
