"""The losses of validation: computed without gradients, by the function that computes the training's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any
from weakref import ReferenceType, ref

import torch

from tui_torch.probe.isolation.torch_internals import is_functorch_tensor
from tui_torch.probe.isolation.undisturbed import is_inspecting
from tui_torch.probe.training.device_reads import is_capturing
from tui_torch.probe.training.series import SeriesBook, SeriesBuffer
from tui_torch.probe.training.validation.loss_functions import (
    CallsOfOneStep,
    Data,
    LossFunction,
    TensorMemory,
    arguments,
    data_of,
    is_same_batch,
    may_be_a_loss,
    pytorchs_losses,
    result_at,
    results,
)
from tui_torch.probe.training.validation.naming import name_of, names_of_words, way_to, words
from tui_torch.probe.training.validation.returns import returns
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.scalars import number

PROBES = 16
"""Maximum number of times that a run's steps are listened to closely."""
SERIES = 6
"""Maximum number of curves of one run."""
PASSES = 8
"""The number of latest passes over DataLoaders that are known."""
TRAINED = 64
"""Maximum number of datasets, trained with, that are known."""
_WITHOUT = re.compile(r"\b(no_grad|inference_mode|set_grad_enabled)\b")

_COMPILES = re.compile(r"\b(?<!re\.)compile\b")


def turns_gradients_off(source: str) -> bool:
    """Return whether code speaks of turning gradients off."""
    return _WITHOUT.search(source) is not None


@dataclass(slots=True, eq=False)
class _Curve:
    """The losses that the same code computes in the same way."""

    code: CodeType
    """That of the function that computes them."""
    way: tuple[tuple[CodeType, int], ...]
    """The learner's codes that call it, outwards, and the instructions in them; kept alive so that no others take
    their ids."""
    words: tuple[str, ...]
    turn: int
    """0, or 1 for the second of several passes after the same step, and so on."""
    verdict: bool | None = None
    """Whether they are drawn; None while it is not known whether they are of the batch that is trained with."""
    data: Data | None = None
    """What the latest one was computed of, until the verdict."""
    step: int = 0
    """The step after which the latest ones were computed."""
    total: Any = 0.0
    """The sum of these: a number, or a tensor on its device."""
    weight: float = 0.0
    """Their number, or that of their samples."""
    pass_: ReferenceType[Any] | None = None
    """The pass over a DataLoader that they are of."""
    first: TensorMemory | None = None
    """What the first of these was computed of."""
    suspect: ReferenceType[Any] | None = None
    """A pass, going on meanwhile, over a dataset that is trained with."""
    buffer: SeriesBuffer | None = None
    points: list[tuple[int, Any]] = field(default_factory=list[tuple[int, Any]])
    """(step, mean) of the passes that are over, until the verdict."""
    _name: str | None = None

    @property
    def name(self) -> str:
        """What the learner's code calls them."""
        self.find_name()
        return self._name or ""

    def find_name(self) -> None:
        """Read the name from the files, once: best where a function is heard, as what is called there is not heard too.

        Not before it is known that it computes a loss, as most do not.
        """
        if self._name is None:
            self._name = name_of(self.way)

    def close(self) -> None:
        """End the pass: what comes next is of another."""
        if self.weight:
            self.points.append((self.step, self.total / self.weight))
        self.total, self.weight, self.pass_, self.first, self.suspect = 0.0, 0.0, None, None, None

    def drop(self) -> None:
        """Let these losses go, for good."""
        self.verdict, self.data = False, None
        self.points.clear()
        self.close()
        self.points.clear()


@dataclass(slots=True, eq=False)
class _Pass:
    """A pass over a DataLoader."""

    iterator: ReferenceType[Any]
    dataset: Any
    begun: int
    """The step after which it began."""
    trains: bool = False
    """Whether there was a `backward()` in it."""


class ValidationLosses:
    """The losses of one run that are computed without gradients by the function that computes the training's.

    Which function that is, is learned by listening to one step of the loop; and what is computed of the very batch that
    is trained with, such as by a teacher, by listening to one or two more. Otherwise only calls of these functions are
    heard. A pass gets one point, the mean of its batches, at the step after which it was computed.
    """

    def __init__(self, step: Callable[[], int], listen_to_next: Callable[[], None]) -> None:
        """Start with no run.

        Args:
            step: Gives the number of `backward()` calls so far.
            listen_to_next: Asks for `went_backward()` to be called after the next `backward()`.
        """
        self._step = step
        self._listen_to_next = listen_to_next
        self._returns = returns(self._heard)
        self.install = self._returns.install
        self._reset()

    def _reset(self) -> None:
        self._is_on = False
        self._functions: dict[CodeType, LossFunction] = {}
        self._trained: dict[CodeType, Data] = {}
        """What each function was trained with last, while steps are listened to."""
        self._batches: dict[CodeType, frozenset[tuple[object, ...]]] = {}
        """The names and places of the data among the arguments of each function."""
        self._loop: set[CodeType] = set()
        """The codes that were running when a `backward()` was called."""
        self._curves: dict[tuple[object, ...], _Curve] = {}
        self._names: set[str] = set()
        self._training_names: set[str] = set()
        self._words_in: dict[CodeType, frozenset[str]] = {}
        self._calls: CallsOfOneStep | None = None
        self._probes = 0
        self._backwards_left = 0
        self._passes: list[_Pass] = []
        """The latest passes over DataLoaders."""
        self._datasets: dict[int, Any] = {}
        """The datasets that were trained with, by their ids."""

    def begin(self, codes: Iterable[str]) -> None:
        """Start a run of these codes, as far as they are known."""
        self.end()
        codes = tuple(codes)
        self._is_on = any(map(turns_gradients_off, codes))
        if self._is_on:
            self._returns.begin(compiles=any(map(_COMPILES.search, codes)))

    def end(self) -> None:
        """The run is over."""
        self._returns.stop()
        self._reset()

    @property
    def is_on(self) -> bool:
        """Whether the run's code may turn gradients off, as far as it is known."""
        return self._is_on

    @property
    def is_listening(self) -> bool:
        """Whether `went_backward()` is to be called after the next `backward()`."""
        return self._calls is not None

    # What the recorder tells

    def new_loss(self, frame: FrameType, name: str, source: str) -> None:
        """A `backward()` was called for the first time at its place, by a frame of code with this source."""
        self._is_on = self._is_on or turns_gradients_off(source)
        self._training_names.add(name)
        if not self._is_on:
            return
        outer: FrameType | None = frame
        while outer is not None:
            self._loop.add(outer.f_code)
            outer = outer.f_back
        self._probe()

    def went_backward(self, *losses: torch.Tensor) -> None:
        """A `backward()` was called; to be told of while `is_listening`."""
        calls = self._calls
        if calls is None:
            return
        for call in [call for loss in losses for call in calls.of(loss)]:
            function = call.function
            # What is computed of parameters alone has no other data to be validated with.
            if call.has_data and function.code not in self._functions:
                self._functions[function.code] = function
        self._backwards_left -= 1
        if self._backwards_left > 0:
            self._calls = CallsOfOneStep()
            self._listen_to_next()
            return
        self._calls = None
        self._trained.clear()
        self._curves = {key: curve for key, curve in self._curves.items() if curve.code in self._functions}
        for curve in self._curves.values():
            if curve.verdict is None and curve.data is not None:
                curve.verdict, curve.data = True, None
        self._returns.hear(set(self._functions))

    def pass_begun(self, iterator: Any, dataset: Any) -> None:
        """A pass over a DataLoader has begun."""
        if self._is_on:
            with suppress(TypeError):  # an iterator that cannot be referred to weakly
                self._passes = [*self._passes[1 - PASSES :], _Pass(ref(iterator), dataset, self._step())]

    def trained_with(self, iterators: Iterable[Any]) -> None:
        """There was a `backward()` in passes over DataLoaders."""
        for iterator in iterators:
            for one in self._passes:
                if one.iterator() is iterator and len(self._datasets) < TRAINED:
                    one.trains = True
                    self._datasets[id(one.dataset)] = one.dataset

    def put_into(self, book: SeriesBook, *, over: bool = False) -> None:
        """Put into the book what has come since the last call; of passes that are not over only if the run is."""
        step = self._step()
        for curve in self._curves.values():
            if curve.weight and (over or curve.step < step):
                self._close(curve)
            if curve.verdict is None and over:
                # Where a run ends in its first steps, what computes the training's loss may not have been learned.
                curve.verdict = curve.code in self._functions
            if curve.verdict and curve.points:
                self._publish(curve, book)

    # Listening

    def _probe(self) -> None:
        """Listen to what every function returns, until two more `backward()` have been called."""
        if self._probes < PROBES:
            self._probes += 1
            self._calls = CallsOfOneStep()
            self._backwards_left = 2
            self._returns.hear_all()
            self._listen_to_next()

    def _heard(self, frame: FrameType, value: object) -> None:
        with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
            if is_inspecting() or not self._is_on:
                return
            function = self._functions.get(frame.f_code)
            if torch.is_grad_enabled():
                calls = self._calls
                if calls is not None:
                    calls.heard(frame, value)
                    if function is not None:
                        self._trained_with(frame, function, value)
            elif function is not None:
                self._computed(frame, function, value)
            elif self._calls is not None and not self._functions and may_be_a_loss(frame.f_code):
                # The function is learned in this step.
                reduction = arguments(frame).get("reduction")
                for place, _ in results(value) if reduction in (None, "mean") else ():
                    self._computed(frame, LossFunction(frame.f_code, place, reduction), value)

    def _trained_with(self, frame: FrameType, function: LossFunction, value: object) -> None:
        loss = result_at(value, function.place)
        if loss is None or not Base.requires_grad.__get__(loss):
            return
        data = self._trained[function.code] = data_of(arguments(frame))
        self._batches.setdefault(function.code, frozenset(data))
        for curve in self._curves.values():
            if curve.verdict is None and curve.data is not None and is_same_batch(data, curve.data):
                curve.drop()

    def _computed(self, frame: FrameType, function: LossFunction, value: object) -> None:
        """A loss was computed without gradients."""
        loss, step = result_at(value, function.place), self._step()
        if loss is None or not step or not self._is_readable(loss):
            return
        way = way_to(frame, self._loop)
        for outer in way:
            if outer.f_code not in self._words_in:
                self._words_in[outer.f_code] = names_of_words(outer.f_code)
        given = arguments(frame)
        keys = self._batches.get(function.code)
        data = {key: memory for key, memory in data_of(given).items() if keys is None or key in keys}
        said = words(way, self._words_in, frame)
        curve = self._curve_of(function.code, way, said, data, step)
        if curve is None or curve.verdict is False:
            return
        if function.code in self._functions:
            curve.find_name()
        curve.suspect = curve.suspect or self._pass_over_training_data()
        if curve.verdict is None:
            trained = self._trained.get(function.code)
            if trained is not None and is_same_batch(trained, data):
                curve.drop()
                return
            curve.data = data
            if self._calls is None:
                self._probe()
        found = weighed(loss, function, frame.f_code, given)
        if found is not None:
            curve.total, curve.weight = curve.total + found[0], curve.weight + found[1]
            curve.step = step

    def _curve_of(
        self, code: CodeType, way: list[FrameType], said: tuple[str, ...], data: Data, step: int
    ) -> _Curve | None:
        """The curve of what is computed in this way: the second one, if it is for the second time after this step."""
        through = tuple((outer.f_code, outer.f_lasti) for outer in way)
        places = tuple((id(code), instruction) for code, instruction in through)
        latest = next((one.iterator for one in reversed(self._passes) if one.begun == step and one.iterator()), None)
        first = next(iter(data.values()), None)
        for turn in range(SERIES):
            key = (places, said, turn)
            curve = self._curves.get(key)
            if curve is None:
                if len(self._curves) >= 10 * SERIES:
                    return None
                curve = self._curves[key] = _Curve(code, through, said, turn)
            if curve.weight and curve.step != step:
                self._close(curve)
            if not curve.weight:
                curve.pass_, curve.first = latest, first
                return curve
            is_another_pass = curve.pass_ is not None and latest is not None and curve.pass_ is not latest
            is_again = curve.first is not None and first is not None and curve.first.is_that_of(first)
            if not is_another_pass and not is_again:
                return curve
        return None

    def _pass_over_training_data(self) -> ReferenceType[Any] | None:
        """A pass, begun after the last `backward()` and going on, over a dataset that is trained with."""
        for one in reversed(self._passes):
            if one.iterator() is not None:
                is_one = one.begun == self._step() and id(one.dataset) in self._datasets
                return one.iterator if is_one else None
        return None

    def _close(self, curve: _Curve) -> None:
        """End a pass, since the training has gone on."""
        suspect = curve.suspect
        if suspect is not None and not any(one.iterator is suspect and one.trains for one in self._passes):
            curve.drop()
        curve.close()

    @staticmethod
    def _is_readable(loss: torch.Tensor) -> bool:
        if Base.requires_grad.__get__(loss) or Base.is_meta.__get__(loss) or is_functorch_tensor(loss):
            return False
        return Base.is_floating_point(loss) and not (not Base.is_cpu.__get__(loss) and is_capturing())

    # The curves

    def _publish(self, curve: _Curve, book: SeriesBook) -> None:
        if curve.buffer is None:
            if len(self._names) >= SERIES:
                curve.verdict = False
                return
            curve.buffer = book.series("validation", self._name(curve))
        buffer = curve.buffer
        for step, mean in curve.points:
            if buffer is None:
                break
            if isinstance(mean, torch.Tensor):
                buffer.defer(step, mean)
            else:
                buffer.add(step, mean)
        curve.points.clear()

    def _name(self, curve: _Curve) -> str:
        """A name that no other curve of the run has."""
        others = {other.words for other in self._curves.values() if other.verdict and other.name == curve.name}
        shown = [word for word in curve.words if any(word not in words for words in others)]
        name = curve.name
        if name in self._training_names or shown:
            name += f" ({', '.join(shown or curve.words or ('no_grad',))})"
        while name in self._names | self._training_names:
            found = re.fullmatch(r"(.*) (\d+)", name)
            name = f"{found[1]} {int(found[2]) + 1}" if found else f"{name} 2"
        self._names.add(name)
        return name


def weighed(
    loss: torch.Tensor, function: LossFunction, code: CodeType, given: dict[str, Any]
) -> tuple[Any, float] | None:
    """Return what a loss adds to the sum of its pass, and by how much it counts there; None if it cannot be told.

    A sum over a batch, where the training's is a mean, counts as often as it has terms.
    """
    waits = not Base.is_cpu.__get__(loss)
    with torch.no_grad(), torch.DisableTorchFunction():
        if Base.numel(loss) != 1:
            # Where the training's are averaged at once, one for each sample picks some of them.
            if code not in pytorchs_losses() or function.reduction != "none" or not Base.numel(loss):
                return None
            loss = Base.mean(Base.to(loss, torch.float32))
        value: Any = Base.reshape(Base.to(loss, torch.float32), ()) if waits else number(loss)
    if value is None or function.reduction == given.get("reduction") or given.get("reduction") != "sum":
        return None if value is None else (value, 1.0)
    terms = _terms(code.co_name, given)
    return None if terms is None else (value, float(terms))


def _terms(name: str, given: dict[str, Any]) -> int | None:
    """The number of terms in the sum over a batch; None if they are weighted, or it cannot be told."""
    values, targets = given.get("input"), given.get("target")
    if not isinstance(values, torch.Tensor) or not isinstance(targets, torch.Tensor) or given.get("weight") is not None:
        return None
    if name in ("cross_entropy", "nll_loss"):
        return values.numel() // values.shape[1 if values.dim() > 1 else 0] if values.numel() else None
    return max(values.numel(), targets.numel()) or None
