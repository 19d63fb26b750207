"""The choices of a quiz, by keys and by mouse."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot

from tests.ui.conftest import Build, kernel_of, shows, started
from tui_torch.course.format.schema import QuizSchema
from tui_torch.course.lesson import Quiz
from tui_torch.protocol.events import Failed, Finished, Outcome, Started
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.lesson.quiz import QuizChoices


def quiz(*choices: str, right: int) -> Quiz:
    return QuizSchema.model_validate(
        {
            "id": "guess",
            "kind": "quiz",
            "question": "Which?",
            "choices": [
                {"text": text, "correct": index == right, "because": f"Reason {index + 1}."}
                for index, text in enumerate(choices)
            ],
        }
    ).plain()


LEAF = quiz("`x[0]`, a **view**", "`x`", "`x ** 2`", right=1)


class Harness(ThemedApp):
    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.choices = QuizChoices(ascii_only=ascii_only)
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.choices

    def on_quiz_choices_choice_made(self, message: QuizChoices.ChoiceMade) -> None:
        self.chosen.append(message.index)

    @property
    def lines(self) -> list[str]:
        """What a person reads within the frame, line by line, without empty lines."""
        strips = self.screen._compositor.render_strips()
        lines = ["".join(segment.text for segment in strip).strip("│| ") for strip in strips]
        return [line for line in lines if line and not line.startswith(("╭", "╰", "+"))]

    async def ask(self, pilot: Pilot[None], question: Quiz = LEAF, answered: int | None = None) -> None:
        self.choices.show(question, answered)
        self.choices.focus()
        await pilot.pause()


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [(["3"], [2]), (["enter"], [0]), (["down", "enter"], [1]), (["4"], []), (["9"], []), (["1", "2"], [0, 1])],
)
async def test_a_choice_is_made_by_its_number_or_by_the_arrows(keys: list[str], chosen: list[int]) -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await app.ask(pilot)
        await pilot.press(*keys)
        await pilot.pause()
        assert app.chosen == chosen


async def test_a_choice_can_be_clicked() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await app.ask(pilot)
        await pilot.click(offset=(6, 3))
        await pilot.pause()
        assert app.chosen == [2]


async def test_before_an_answer_there_are_choices_and_no_verdict() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await app.ask(pilot)
        assert app.lines == ["1  x[0], a view", "2  x", "3  x ** 2"]


@pytest.mark.parametrize(
    ("index", "lines"),
    [
        pytest.param(0, ["1  x[0], a view ✗ wrong", "2  x", "3  x ** 2", "Reason 1."], id="wrong"),
        pytest.param(1, ["1  x[0], a view", "2  x ✓ right", "3  x ** 2", "Reason 2."], id="right"),
    ],
)
async def test_an_answer_gets_a_word_and_a_reason_and_gives_no_other_choice_away(index: int, lines: list[str]) -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await app.ask(pilot)
        app.choices.answer(index)
        await pilot.pause()
        assert app.lines == lines


async def test_the_answer_of_last_time_is_shown_again() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await app.ask(pilot, answered=2)
        assert app.lines[2:] == ["3  x ** 2 ✗ wrong", "Reason 3."]


async def test_another_quiz_begins_at_its_first_choice() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await app.ask(pilot, answered=2)
        await app.ask(pilot, quiz("`a`", "`b`", "`c`", right=0))
        await pilot.press("enter")
        await pilot.pause()
        assert app.chosen == [0]


async def test_without_unicode_the_verdict_is_still_there() -> None:
    app = Harness(ascii_only=True)
    async with app.run_test(size=(60, 12)) as pilot:
        await app.ask(pilot, answered=0)
        wrong = app.lines
        app.choices.answer(1)
        await pilot.pause()
        assert (wrong[0], app.lines[1]) == ("1  x[0], a view x wrong", "2  x + right")
        assert "".join(strip.text for strip in app.screen._compositor.render_strips()).isascii()


async def test_choices_in_another_order_are_numbered_as_they_stand_and_chosen_by_their_place_in_the_lesson() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        app.choices.show(LEAF, None, order=(2, 0, 1))
        app.choices.focus()
        await pilot.pause()
        assert app.lines == ["1  x ** 2", "2  x[0], a view", "3  x"]
        await pilot.press("1", "3", "down", "enter")
        await pilot.pause()
        assert app.chosen == [2, 1, 0]
        app.choices.answer(1)
        await pilot.pause()
        assert app.lines == ["1  x ** 2", "2  x[0], a view", "3  x ✓ right", "Reason 2."]
        await pilot.press("enter")
        await pilot.pause()
        assert app.chosen[-1] == 1


ENDS = {"failed": "It raised an error", "interrupted": "Interrupted.", "ok": "Ran in"}


@pytest.mark.parametrize("outcome", ENDS)
@pytest.mark.parametrize(("key", "verdict"), [("3", "Right: n goes on."), ("2", "Not that one.")])
async def test_the_status_line_says_whether_the_answer_was_right_however_its_code_ended(
    build: Build, key: str, verdict: str, outcome: Outcome
) -> None:
    app = build("dy-dx")
    kernel_of(app).events = [Started(), Failed("RuntimeError", "as asked", ()), Finished(outcome, 0.042)]
    async with started(app, (120, 40)) as pilot:
        await pilot.press(key)
        await shows(pilot, ENDS[outcome])
        assert f" · {verdict}" in app.lesson_screen.panes.status.render().plain
