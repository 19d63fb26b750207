"""What a lesson of the course must have and lacks, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.course.format.document import compose
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_lesson
from tui_torch.course.proof.complete import incomplete

WHOLE = (lessons_folder() / "basics" / "gradients.yaml").read_text("utf-8")
HINT = (
    '      - "Three things are missing: two tensors that ask for gradients, the formula, and the call that computes."\n'
)
FURTHER = WHOLE[WHOLE.index("further:") : WHOLE.index("setup:")]


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("minutes: 14", "minutes: 40", "40\n", "`minutes` is 40, expected 8 to 15"),
        (FURTHER, "", "schema: 1", "no `further`, expected pages to read next"),
        (HINT, "", '- "`torch.tensor(3.0', "`a-square`: the exercise has 2 of the hints, expected at least 3"),
        (
            'assert seen == 12.0, (\n              f"w.grad is {seen}{slip(seen, slips)}; wanted 12.0")',
            "assert seen == 12.0",
            "assert seen == 12.0",
            "`a-square`: the check “w.grad is 12” asserts without a message",
        ),
        (
            "          # Read first, then empty it for the next round.\n",
            "",
            "solution: |\n      w = torch.tensor(3.0, requires_grad=True)\n      slopes",
            "`slopes-at-three-points`: the solution has no comment",
        ),
        (
            "      - One `backward()` for each forward pass.\n",
            "",
            "|\n      - `requires_grad=True` asks",
            "the last step lists 4 things, expected an example that sums up in 5",
        ),
    ],
    ids=["minutes", "further", "a hint", "a message", "a comment", "a sum of five"],
)
def test_what_a_lesson_lacks_is_reported_where_it_lacks_it(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    assert WHOLE.count(old) == 1
    text = WHOLE.replace(old, new)
    path = tmp_path / "gradients.yaml"
    path.write_text(text, "utf-8")
    [lack] = incomplete(load_lesson(path))
    fault = compose(text).fault(lack)
    assert fault is not None
    assert fault.line == text[: text.index(place)].count("\n") + 1
    assert words in fault.message


def test_a_short_lesson_lacks_much_and_all_of_it_is_reported(tmp_path: Path, valid: str) -> None:
    path = tmp_path / "valid.yaml"
    path.write_text(valid, "utf-8")
    reported = " ".join(lack.sentence for lack in incomplete(load_lesson(path)))
    for words in (
        "no `further`",
        "1 of the checks",
        "1 of the hints",
        "no comment",
        "without a message",
        "sums up in 5",
    ):
        assert words in reported


def test_what_an_answer_to_a_problem_could_call_is_in_the_reference_or_named_in_the_task(tmp_path: Path) -> None:
    problem = (lessons_folder() / "arena" / "viterbi.yaml").read_text("utf-8")
    path = tmp_path / "viterbi.yaml"
    path.write_text(problem, "utf-8")
    assert list(incomplete(load_lesson(path))) == []
    path.write_text(problem.replace("`score_of(path, start, step, seen)` computes it.", ""), "utf-8")
    [lack] = incomplete(load_lesson(path))
    assert lack.sentence == "`setup` makes `score_of`, which the task does not name, expected it in `reference`"


OPENING = (lessons_folder() / "opening" / "watch-it-learn.yaml").read_text("utf-8")
QUIZ = WHOLE[WHOLE.index("  - id: ", WHOLE.index("    kind: example")) :]
QUIZ = QUIZ[: QUIZ.index("  - id: ", 8)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("minutes: 3", "minutes: 1", ["the lesson has 3 steps, expected 5 to 9", "`minutes` is 1, expected 8 to 15"]),
        ("minutes: 3", "minutes: 8", ["the lesson has 3 steps, expected 5 to 9"]),
        (
            "  - id: what-you-saw",
            f"{QUIZ}  - id: what-you-saw",
            ["the lesson has 4 steps, expected 5 to 9", "`minutes` is 3, expected 8 to 15"],
        ),
        (OPENING[OPENING.index("further:") : OPENING.index("setup:")], "", ["no `further`"]),
    ],
    ids=["no time", "as long as another", "a question in it", "further"],
)
def test_an_opening_is_short_and_asks_nothing_and_has_all_else(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    path = tmp_path / "watch-it-learn.yaml"
    path.write_text(OPENING, "utf-8")
    assert list(incomplete(load_lesson(path))) == []
    assert OPENING.count(old) == 1
    path.write_text(OPENING.replace(old, new), "utf-8")
    lacks = [lack.sentence for lack in incomplete(load_lesson(path))]
    assert len(lacks) == len(words) and all(word in lack for word, lack in zip(words, lacks, strict=True))
