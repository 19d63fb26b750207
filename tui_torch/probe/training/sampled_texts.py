"""The texts that a training makes: a value that the step's plot names, and what is given to `log()` or a writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from tui_torch.probe.values.evaluate import evaluate, quiet
from tui_torch.protocol.plots.sampled_texts import LONGEST, TEXTS, SampledText, TextsSampled

Log = Callable[[Mapping[str, object], object], None]


class SampledTexts:
    """Keeps the texts of one run and publishes them when there are others. Raises nothing into the learner's code."""

    def __init__(self, publish: Callable[[TextsSampled], None], steps: Callable[[], int], log: Log) -> None:
        """Make it, for `begin()`.

        Args:
            publish: Is called with all texts.
            steps: Gives the number of steps that the run has done.
            log: Is given what is logged and is no text.
        """
        self._publish = publish
        self._steps = steps
        self._log = log
        self.begin()

    def begin(self, expression: str | None = None) -> None:
        """Begin a run; an expression may give texts: the text of then, a list of them, or of (step, text) pairs."""
        self._expression = expression
        self._texts: list[SampledText] = []
        self._listed = 0
        """How many items of a list have been read."""

    def log(self, values: Mapping[str, object], step: object = None) -> None:
        """As `TrainingRecorder.log()`, also of texts."""
        texts = {name: value for name, value in values.items() if type(value) is str}
        if texts:
            at = self._steps() or (step if type(step) is int else 0)
            for name, text in texts.items():
                self._add(at, text, str(name))
            self._publish_all()
            values = {name: value for name, value in values.items() if name not in texts}
        if values:
            self._log(values, step)

    def read(self, namespace: Mapping[str, object]) -> None:
        """Read the expression's value as it is now."""
        if self._expression is None:
            return
        with suppress(Exception), quiet():
            value, error = evaluate(self._expression, namespace)
            if error is None and self._take(value):
                self._publish_all()

    def _take(self, value: Any) -> bool:
        """Add what is new in a value of the expression; whether anything is."""
        if type(value) is str:
            last = next((one.text for one in reversed(self._texts) if not one.name), None)
            if value[:LONGEST] == last:
                return False
            self._add(self._steps(), value)
            return True
        if type(value) is not list:
            return False
        new = value[self._listed :]
        self._listed = len(value)
        for item in new:
            match item:
                case str():
                    self._add(self._steps(), item)
                case (int() as step, str() as text):
                    self._add(step, text)
                case _:
                    pass
        return bool(new)

    def _add(self, step: int, text: str, name: str = "") -> None:
        self._texts.append(SampledText(step, text[:LONGEST], name))
        if len(self._texts) > TEXTS:
            self._texts = [*self._texts[:-1:2], self._texts[-1]]

    def _publish_all(self) -> None:
        self._publish(TextsSampled(tuple(self._texts)))
