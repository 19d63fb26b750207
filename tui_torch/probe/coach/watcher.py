"""Listens to a run: to every `backward()` and `step()` a little, to the first few closely."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any
from weakref import ref

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from tui_torch.probe.coach.failures import Failures
from tui_torch.probe.coach.graph import LossGraph
from tui_torch.probe.coach.naming import name_of, visible
from tui_torch.probe.coach.rule import Facts, Look, Optimizer, Rule, Site, Step, Stepper
from tui_torch.probe.coach.source import Source
from tui_torch.probe.elements import Base
from tui_torch.probe.undisturbed import unobserved

CLOSELY = 12
"""Of each place that calls `backward()`, and of each optimizer, so many calls in a row are looked at closely; later
ones at four times the number of the look before."""
SETTLED = 200
"""After so many calls of a run, only every eighth is told from the others: a loop goes on as it began."""
EVERY = 8
AT_MOST = 40
"""So many in a row, while the optimizer has hardly stepped: gradients are being accumulated."""
PLACES = 64
TRACKED = 3

_numel = Base.numel


class Watcher:
    """Follows the code of one file between `begin()` and `end()`, and tells the rules what is worth a look.

    In the long run it takes a `backward()` about a microsecond. Nothing that goes wrong here reaches the loop.
    """

    def __init__(self, filename: str, failures: Failures) -> None:
        self._filename = filename
        self._rules: Sequence[Rule] = ()
        self.failures = failures
        self._uninstall: list[Callable[[], None]] = []
        self._following = False
        self.facts = Facts(Source(""), {})
        self._reset()

    def _reset(self) -> None:
        self._count = 0
        self._tell_apart_at = 0
        self._looks = 0
        self._optimizer_steps = 0
        self._sites: dict[tuple[int, int], Site] = {}
        self._steppers: dict[int, Stepper] = {}
        self._quiet: dict[tuple[int, int], int] = {}
        self._look: Look | None = None

    def begin(self, rules: Sequence[Rule], source: str, namespace: dict[str, Any]) -> None:
        """Listen to a run, except for `backward()`, of which one is told."""
        self.stop()
        self._reset()
        self._rules = rules
        self.facts = Facts(Source(source), namespace)
        self._following = True
        self._uninstall.append(register_optimizer_step_pre_hook(self._about_to_step).remove)
        # PyTorch's own code enters them too, in every step.
        for cls in (torch.no_grad, torch.inference_mode):
            if cls.__name__ in source:
                self._uninstall.append(self._listen_to_entering(cls))

    def stop(self) -> None:
        """Leave PyTorch as it was. A second call changes nothing."""
        self._following = False
        while self._uninstall:
            self._uninstall.pop()()

    def end(self) -> Facts:
        """The run is over: what is known."""
        self.stop()
        self._look = None
        self._note_counts()
        return self.facts

    def forget(self) -> None:
        """Keep nothing of the run alive."""
        self._reset()
        self._rules = ()
        self.facts = Facts(Source(""), {})

    def _note_counts(self) -> None:
        self.facts.sites = list(self._sites.values())
        self.facts.steppers = list(self._steppers.values())
        self.facts.backwards = self._count
        self.facts.unseen = self._count - self._looks

    def so_far(self) -> Facts:
        """What is known in the middle of the run."""
        self._note_counts()
        return self.facts

    # backward()

    def before_backward(self, loss: torch.Tensor) -> None:
        """A `backward()` is about to run, called by the learner's code or not. Raises nothing but KeyboardInterrupt."""
        if not self._following or _numel(loss) != 1:
            return
        self._count = count = self._count + 1
        if count < self._tell_apart_at:
            return
        if count > SETTLED:
            self._tell_apart_at = count + EVERY - 1
        frame = self._learners(sys._getframe(1))
        if frame is None:
            return
        site = self._sites.get((id(frame.f_code), frame.f_lasti))
        if site is None:
            if len(self._sites) == PLACES:
                return
            site = self._new_site(frame)
        site.count += 1
        site.last = count
        if site.count < site.next_look:
            return
        in_a_row = site.count < CLOSELY or (site.count < AT_MOST and self._optimizer_steps < 3)
        site.next_look = site.count + 1 if in_a_row else 4 * site.count
        with self.failures.kept():
            self._look = self._look_closely(loss, site, frame)

    def after_backward(self, loss: torch.Tensor) -> None:
        """The same `backward()` has run. Raises nothing but KeyboardInterrupt."""
        look = self._look
        if look is None:
            return
        self._look = None
        if look.loss is loss:
            self._tell(lambda rule: rule.looked(look))

    def _look_closely(self, loss: torch.Tensor, site: Site, frame: FrameType) -> Look:
        self._looks += 1
        with unobserved():
            graph = LossGraph(loss)
        # Of the leaves nearest the loss, so that all of a small model is there.
        tracked = [leaf for leaf in graph.leaves if not Base.is_meta.__get__(leaf)][:TRACKED]
        look = Look(
            loss, site, self._count, self._count - self._looks, frame, visible(frame), graph, tracked, self.facts.source
        )
        self._tell(lambda rule: rule.look(look))
        # The graph would keep alive what the backward() is there to free.
        look.graph = LossGraph.__new__(LossGraph)
        look.graph.operations, look.graph.leaves = [], graph.leaves
        return look

    def _new_site(self, frame: FrameType) -> Site:
        line = frame.f_lineno or 1
        site = Site(line, self._expression(line), first=self._count, keeps=frame.f_code)
        self._sites[id(frame.f_code), frame.f_lasti] = site
        return site

    def _expression(self, line: int) -> str:
        """What `backward()` is called on in a line."""
        for call in self.facts.source.calls("backward"):
            if call.lineno <= line <= (call.end_lineno or line) and isinstance(call.func, ast.Attribute):
                return ast.unparse(call.func.value)
        return "loss"

    # step()

    def _about_to_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self._following:
            return
        self._optimizer_steps += 1
        stepper = self._steppers.get(id(optimizer))
        if stepper is None or stepper.of() is not optimizer:
            if len(self._steppers) == PLACES:
                return
            with self.failures.kept():
                stepper = self._new_stepper(optimizer, args, kwargs)
        if stepper is None:
            return
        stepper.steps += 1
        if stepper.steps < stepper.next_look:
            return
        stepper.next_look = stepper.steps + 1 if stepper.steps < CLOSELY else 4 * stepper.steps
        with self.failures.kept():
            frame = self._learners(sys._getframe(1))
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            stepper.held = stepper.held | {id(parameter) for parameter in parameters}
            is_fed = any(parameter.grad is not None for parameter in parameters)
            stepper.looks += 1
            stepper.fed += is_fed
            stepper.rate = float(optimizer.param_groups[0]["lr"])
            names = visible(frame) if frame is not None else self.facts.names
            step = Step(optimizer, stepper, names, is_fed)
            self._tell(lambda rule: rule.step(step))

    def _new_stepper(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Stepper:
        frame = self._learners(sys._getframe(2))
        names = visible(frame) if frame is not None else self.facts.names
        held = frozenset(id(parameter) for group in optimizer.param_groups for parameter in group["params"])
        stepper = Stepper(
            ref(optimizer),
            type(optimizer).__name__,
            name_of(optimizer, names) or "the optimizer",
            frame.f_lineno if frame is not None else None,
            held,
            len(held),
            is_patched=hasattr(optimizer.step, "_wrapped_by_lr_sched"),
            # The optimizer itself comes first.
            by_closure=any(callable(argument) for argument in (*args[1:], *kwargs.values())),
            backwards_before=self._count,
        )
        self._steppers[id(optimizer)] = stepper
        return stepper

    # no_grad()

    def _listen_to_entering(self, cls: Any) -> Callable[[], None]:
        original = cls.__enter__

        @functools.wraps(original)
        def __enter__(guard: Any) -> Any:  # noqa: N807
            if self._following:
                self._entered(sys._getframe(1))
            return original(guard)

        cls.__enter__ = __enter__

        def restore() -> None:
            if cls.__enter__ is __enter__:
                cls.__enter__ = original

        return restore

    def _entered(self, frame: FrameType) -> None:
        code = frame.f_code
        if code.co_filename != self._filename and code.co_name != "decorate_context":
            return
        place = (id(code), frame.f_lasti)
        met = self._quiet.get(place, 0)
        if met >= CLOSELY or len(self._quiet) >= 10 * PLACES:
            return
        with self.failures.kept():
            if code.co_filename == self._filename:
                self._quiet[place] = met + 1
                names = visible(frame)
            else:
                # A decorated function: it is called in a moment, with these.
                function = frame.f_locals["func"]
                if function.__code__.co_filename != self._filename:
                    return
                self._quiet[id(function.__code__), 0] = met = self._quiet.get((id(function.__code__), 0), 0) + 1
                if met > CLOSELY:
                    return
                given = dict(zip(function.__code__.co_varnames, frame.f_locals["args"], strict=False))
                names = {**function.__globals__, **given, **frame.f_locals["kwargs"]}
            self._tell(lambda rule: rule.quiet(frame, names))

    # All of them

    def _tell(self, what: Callable[[Rule], None]) -> None:
        with unobserved():
            for rule in self._rules:
                with self.failures.kept():
                    what(rule)

    def _learners(self, frame: FrameType | None) -> FrameType | None:
        """The innermost frame of the learner's own code."""
        filename = self._filename
        while frame is not None and frame.f_code.co_filename != filename:
            frame = frame.f_back
        return frame
