"""The texts that a training makes, each at its step."""

from __future__ import annotations

from typing import Any

import pytest

from tui_torch.probe.training.sampled_texts import SampledTexts
from tui_torch.protocol.plots.sampled_texts import LONGEST, TEXTS, SampledText, TextsSampled


class Run:
    """A run whose step the test sets."""

    def __init__(self, expression: str | None = None) -> None:
        self.step = 0
        self.events: list[TextsSampled] = []
        self.logged: list[tuple[Any, Any]] = []
        self.texts = SampledTexts(
            self.events.append, lambda: self.step, lambda values, step: self.logged.append((values, step))
        )
        self.texts.begin(expression)

    def look(self, step: int, **names: object) -> None:
        self.step = step
        self.texts.read(names)

    @property
    def last(self) -> list[tuple[int, str, str]]:
        return [(one.step, one.text, one.name) for one in self.events[-1].texts] if self.events else []


def test_a_text_is_kept_at_the_step_at_which_it_is_seen_first() -> None:
    run = Run("sample")
    run.look(1)
    assert run.last == []
    for step, text in ((2, "a"), (3, "a"), (5, "b"), (9, "b")):
        run.look(step, sample=text)
    assert run.last == [(2, "a", ""), (5, "b", "")] and len(run.events) == 2


def test_a_list_gives_each_of_its_texts_and_pairs_their_own_steps() -> None:
    run = Run("samples")
    run.look(4, samples=["a", "b"])
    run.look(8, samples=["a", "b", (6, "c"), (7, "d"), 3, ("x", "y")])
    assert run.last == [(4, "a", ""), (4, "b", ""), (6, "c", ""), (7, "d", "")]


def test_what_is_logged_as_text_is_no_number_that_is_left_out() -> None:
    run = Run()
    run.step = 30
    run.texts.log({"sample": "to be", "accuracy": 0.5})
    assert run.last == [(30, "to be", "sample")] and run.logged == [({"accuracy": 0.5}, None)]


def test_a_writers_own_step_counts_where_nothing_goes_backward() -> None:
    run = Run()
    run.texts.log({"sample": "or not"}, 7)
    assert run.last == [(7, "or not", "sample")] and run.logged == []


def test_the_first_and_the_last_of_very_many_are_kept() -> None:
    run = Run("sample")
    for step in range(1, 1000):
        run.look(step, sample=f"text {step}")
    steps = [step for step, _, _ in run.last]
    assert len(steps) <= TEXTS and steps[0] == 1 and steps[-1] == 999 and steps == sorted(steps)


def test_a_long_text_is_cut_and_not_sent_again() -> None:
    run = Run("sample")
    for step in (1, 2):
        run.look(step, sample="a" * 5000)
    assert run.events == [TextsSampled((SampledText(1, "a" * LONGEST),))]


@pytest.mark.parametrize("expression", ["missing", "1 / 0", "number"])
def test_what_gives_no_text_gives_none_and_raises_nothing(expression: str) -> None:
    run = Run(expression)
    run.look(1, number=3)
    assert run.events == []
