"""Searching a recorded run for a value: what can be written, and where it leads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.texts import CHARACTERS
from tui_torch.protocol.events import Output, Position, Statistics, Summary, Trace
from tui_torch.tutor.replay.replay import Replay
from tui_torch.tutor.replay.value_search import UnreadableConditionError, condition_of


def number(name: str, value: object) -> Summary:
    return Summary(name, "value", type(value).__name__, text=repr(value), change="changed")


def tensor(name: str, *values: float | str, gradient: Summary | None = None) -> Summary:
    shape = (len(values),)
    return Summary(name, "tensor", "Tensor", shape, values=values, gradient=gradient, change="changed")


def large(name: str, low: float, high: float, nan: int = 0, inf: int = 0, zeros: int = 0) -> Summary:
    statistics = Statistics(low, high, 0.0, 1.0, nan, inf, zeros, (), 100)
    return Summary(name, "tensor", "Tensor", (100,), numel=100, statistics=statistics, change="changed")


def replay_of(*summaries: Summary) -> Replay:
    positions = tuple(Position(1, "<module>", 0, 0, "line", (summary,), 0) for summary in summaries)
    return Replay(Trace(positions, "x = 1", (Output(""),), None))


LOSSES = replay_of(number("a", 5), *(number("loss", loss) for loss in (0.9, 0.5, 0.05, 0.2)), number("a", 6))


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("loss < 0.1", 3),
        ("loss<0.6", 2),
        ("loss > 0.8", 1),
        ("loss >= 0.9", 1),
        ("loss <= .05", 3),
        ("loss == 0.2", 4),
        ("loss = 0.2", 4),
        ("loss is 2e-1", 4),
        ("loss != 0.9", 2),
        ("a > 5", 5),
        ("  a   is 6 ", 5),
    ],
)
def test_a_search_goes_to_the_next_position_at_which_the_condition_holds(text: str, index: int) -> None:
    LOSSES.go(0)
    moment = LOSSES.find(text)
    assert moment is not None
    assert (moment.index, LOSSES.index) == (index, index)


def test_a_second_search_goes_on_and_after_the_last_to_the_first() -> None:
    LOSSES.go(0)
    found = [moment.index for _ in range(5) if (moment := LOSSES.find("loss < 0.6"))]
    assert found == [2, 3, 4, 2, 3]


def test_a_search_that_finds_nothing_moves_nowhere() -> None:
    LOSSES.go(2)
    assert LOSSES.find("loss < 0") is None
    assert LOSSES.index == 2


@pytest.mark.parametrize("text", ["< 0.1", "0.05", "== 0.05", "is 0.05"])
def test_a_condition_without_a_name_is_about_the_chosen_one(text: str) -> None:
    LOSSES.go(0)
    moment = LOSSES.find(text, "loss")
    assert moment is not None and moment.index == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write a condition, such as loss < 0.1"),
        ("   ", "write a condition, such as loss < 0.1"),
        ("< 0.1", "Of which name? Write for example loss < 0.1, or choose a row first."),
        ("loss", "What of loss? Write for example loss > 0."),
        ("lost < 1", "There is no lost in this run. There are: a, loss."),
        ("loss < much", "much is not a number: write for example loss < 0.1."),
    ],
)
def test_what_cannot_be_searched_for_is_said_with_what_can(text: str, says: str) -> None:
    with pytest.raises(UnreadableConditionError) as error:
        LOSSES.find(text)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("w is nan", tensor("w", 1.0, "nan")),
        ("w > 2", tensor("w", 1.0, 3.0)),
        ("w == inf", tensor("w", "inf", 3.0)),
        ("w < -1", tensor("w", "-inf", 3.0)),
        ("w.grad > 2", tensor("w", 1.0, gradient=tensor("w.grad", 2.5))),
        ("w.grad > 2", tensor("w.grad", 2.5)),
        ("w is nan", large("w", 0, 1, nan=1)),
        ("w > 2", large("w", 0, 3)),
        ("w < 0", large("w", -1, 3)),
        ("w == 3", large("w", -1, 3)),
        ("w == 0", large("w", -1, 3, zeros=1)),
        ("w == inf", large("w", -1, 3, inf=1)),
        ("w != 0", large("w", 0, 3)),
        ("w is True", number("w", True)),
        ("w == Ada", number("w", "Ada")),
        ("w == 'Ada'", number("w", "Ada")),
        ("w is None", number("w", None)),
        ("w != None", number("w", 3)),
    ],
)
def test_a_value_of_each_kind_is_found(text: str, summary: Summary) -> None:
    assert condition_of(text).holds(summary if summary.name == condition_of(text).name else summary.gradient or summary)
    assert replay_of(number("a", 0), summary).find(text) is not None


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("w is nan", tensor("w", 1.0)),
        ("w > 3", tensor("w", 1.0, 3.0)),
        ("w > 3", tensor("w", "nan")),
        ("w is nan", large("w", 0, 1)),
        ("w > 3", large("w", 0, 3)),
        ("w == 2", large("w", 0, 3)),
        ("w != 1", large("w", 1, 1)),
        ("w > 0", number("w", "Ada")),
        ("w > 0", Summary("w", "module", "Linear")),
        ("w == Ada", number("w", "Eve")),
        ("w.grad > 2", tensor("w", 9.0)),
    ],
)
def test_a_value_that_is_otherwise_is_passed_over(text: str, summary: Summary) -> None:
    assert replay_of(summary).find(text) is None


def test_a_name_that_is_gone_is_no_value() -> None:
    gone = Summary("w", "value", "int", text="3", change="gone")
    assert replay_of(number("w", 1), gone).find("w == 3") is None


@given(st.text(CHARACTERS, max_size=40), st.none() | st.just("loss"))
def test_any_text_is_searched_for_or_answered_in_one_sentence(text: str, chosen: str | None) -> None:
    try:
        LOSSES.find(text, chosen)
    except UnreadableConditionError as error:
        assert "\n" not in str(error)
