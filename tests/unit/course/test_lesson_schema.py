from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import pytest
from pydantic import ValidationError

from tui_torch.course.format.schema import CheckSchema, ChoiceSchema, ExerciseSchema, QuizSchema
from tui_torch.course.lesson import Expect, Lesson
from tui_torch.course.lesson_error import LessonError
from tui_torch.protocol.orders import Plot, PlotSeries, Portion

Mistake = Callable[[str, str], str]
ErrorsOf = Callable[[str], list[LessonError]]


@pytest.fixture
def lesson(valid: str, tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    from tui_torch.course.loader import load_lesson

    path = tmp_path_factory.mktemp("lesson") / "valid.yaml"
    path.write_text(valid, encoding="utf-8")
    return load_lesson(path)


def test_a_step_stands_on_the_setup_the_examples_and_the_solutions_before_it(lesson: Lesson) -> None:
    assert lesson.stands_on("last") == (
        Portion("setup", "import torch\n", may_raise=False),
        Portion("three-scalars", "w = torch.tensor(2., requires_grad=True)\nprint(w)\n", may_raise=False),
        Portion("no-such-name", "nothing", may_raise=True),
        Portion("your-turn", "y = w * 3\ny.backward()\n", may_raise=False),
    )


def test_the_first_step_stands_on_the_setup_alone(lesson: Lesson) -> None:
    assert [portion.step for portion in lesson.stands_on("three-scalars")] == ["setup"]


def test_without_a_setup_the_first_step_stands_on_nothing(lesson: Lesson) -> None:
    assert replace(lesson, setup=None).stands_on("three-scalars") == ()


@pytest.mark.parametrize("ask", [Lesson.step, Lesson.index, Lesson.stands_on])
def test_a_step_that_is_not_there_is_a_key_error(lesson: Lesson, ask: Callable[[Lesson, str], object]) -> None:
    with pytest.raises(KeyError):
        ask(lesson, "no-such-step")


def test_a_step_is_found_by_its_id(lesson: Lesson) -> None:
    assert lesson.steps[lesson.index("predict")] is lesson.step("predict")


def test_a_lesson_is_frozen(lesson: Lesson) -> None:
    with pytest.raises(FrozenInstanceError):
        lesson.title = "another"  # pyright: ignore[reportAttributeAccessIssue]


def test_expected_values_keep_their_yaml_types(lesson: Lesson) -> None:
    assert lesson.steps[0].expect == Expect(output="tensor(2...)\n", values={"w.grad": None, "w.shape": []})


def test_limits_are_numbers_one_of_which_may_be_infinite(errors_of: ErrorsOf, valid: str) -> None:
    assert (
        errors_of(valid.replace("values: {w.grad: null", "within: {w: [0, .inf], w + 1: [-1.5, 2]}, values: {y: 1"))
        == []
    )


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ("[2, 1]", "`w` is [2, 1], expected the lower limit first, and the upper one above"),
        ("[1, 1]", "`w` is [1, 1], expected the lower limit first, and the upper one above"),
        ("[.nan, 1]", "`w` is [nan, 1], expected the lower limit first, and the upper one above"),
        ("[1]", "`w` is something else, expected two numbers in brackets, the lower one first"),
        ("0.9", "`w` is something else, expected two numbers in brackets, the lower one first"),
        ("[0, yes]", "`w` is something else, expected two numbers in brackets, the lower one first"),
        (f"[0, {'9' * 400}]", "`w` has a number that is too large for a float, expected `.inf` for no limit"),
    ],
)
def test_limits_that_are_none_are_reported(errors_of: ErrorsOf, valid: str, limits: str, sentence: str) -> None:
    [error] = errors_of(valid.replace("values: {w.grad: null", f"within: {{w: {limits}}}, values: {{y: 1"))
    assert error.message == sentence


def test_a_plot_is_kept(lesson: Lesson) -> None:
    assert getattr(lesson.steps[-1], "plot", None) == Plot((PlotSeries("[0, 1]", "[1, 2]", "[1, 2]"),))


def test_rules_hold_for_parts_built_in_python_too() -> None:
    with pytest.raises(ValidationError, match="as in an earlier check"):
        ExerciseSchema(
            id="e",
            kind="exercise",
            text="t",
            starter="",
            solution="x = 1",
            checks=(CheckSchema(name="same", code="x"), CheckSchema(name="same", code="x")),
        )
    with pytest.raises(ValidationError, match="none of the `choices` is correct"):
        QuizSchema(
            id="q",
            kind="quiz",
            question="?",
            choices=(ChoiceSchema(text="a", because="b"), ChoiceSchema(text="c", because="d")),
        )


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("fails: w.grad is 3, says", "says",
         "46:9: the mistake has no `fails`, expected the check that catches it, or what it `raises`"),
        ("fails: w.grad is 3, says", "fails: w.grad is 3, raises: TypeError, says",
         "46:57: the mistake has both `fails` and `raises`, expected one: no check runs after an error"),
        ("fails: w.grad is 3, says", "raises: a mistake, says",
         "46:37: `raises` is `a mistake`, expected the name of an exception's class, such as `TypeError`"),
        ('hints: [a nudge]', 'hints: [a nudge]\n    also: ["y = = 3"]',
         "45:12: an entry of `also` is not Python (invalid syntax), expected code that parses"),
        ("minutes: 10", 'minutes: "10"', "5:10: `minutes` is text, expected a whole number"),
        ("minutes: 10", "minutes: 1.5", "5:10: `minutes` is 1.5, expected a whole number"),
        ("minutes: 10", "minutes: yes", "5:10: `minutes` is true, expected a whole number"),
        ("minutes: 10", "minutes: 0", "5:10: `minutes` is 0, expected 1 or more"),
        ("minutes: 10\n", "", "1:1: missing key `minutes`, expected how many minutes the lesson takes"),
        ("schema: 1", "schema: 0", "1:9: `schema` is 0, expected 1"),
        ("schema: 1", "schema: 2",
         "1:9: `schema` is 2, a newer format than 1, which this tui-torch reads; upgrade tui-torch"),
        ("title: A valid lesson", "tittle: A lesson", "3:1: unknown key `tittle`; did you mean `title`?"),
        ("title: A valid lesson", "title: [a, list]", "3:8: `title` is a list, expected text"),
        ("title: A valid lesson", "title:", "3:7: `title` is empty, expected text"),
        ("title: A valid lesson", 'title: " "', "3:8: `title` is empty, expected text"),
        ("title: A valid lesson", r'title: "a\nb"', "3:8: `title` has several lines, expected one"),
        ("title: A valid lesson", "title: 3", "3:8: `title` is a number, expected text: put it in quotes"),
        ("id: valid", "id: Valid", "2:5: `id` is `Valid`, expected lower-case letters, digits and hyphens"),
        ("id: valid", "id: other", "2:5: `id` is `other`, expected the file's name, `valid`"),
        ("requires: []", "requires: valid", "6:11: `requires` is text, expected a list"),
        ("requires: []", "requires: [a, 3]",
         "6:15: an entry of `requires` is a number, expected text: put it in quotes"),
        ('sources: [{title: A page, url: "https://example.org/page"}]', "sources: [a]",
         "7:11: an entry of `sources` is text, expected keys with values"),
        ('"https://example.org/page"', '"file:///etc/passwd"',
         "7:32: `url` is `file:///etc/passwd`, expected an address that begins with https:// or http://"),
        ("  - id: last\n    kind: example", "  - id: last\n    kind: exampel",
         "48:11: `kind` is `exampel`; did you mean `example`?"),
        ("  - id: last\n    kind: example\n", "  - id: last\n",
         "47:5: missing key `kind`, expected `example`, `quiz` or `exercise`"),
        ("id: last", "id: predict",
         "47:9: `id` is `predict`, as in an earlier step of the lesson, expected one of its own"),
        ("id: last", "id: setup", "47:9: `id` is `setup`, which names the lesson's own setup, expected another"),
        ("correct: true, ", "", "25:7: none of the `choices` is correct, expected `correct: true` in exactly one"),
        ('"`0`",', '"`0`", correct: yes,', "26:32: a second choice is correct, expected exactly one"),
        ("      - {text: \"`0`\", because: It would be a tensor.}\n", "",
         "25:7: `choices` has 1 entry, expected at least 2"),
        ("    code: print(w.grad)\n", "    expect: {output: a}\n",
         "27:13: `expect` has no `code` to be about, expected both or neither"),
        ("raises: NameError", "raises: a NameError",
         "33:22: `raises` is `a NameError`, expected the name of an exception's class, such as `TypeError`"),
        ("fails: w.grad is 3", "fails: w.grad is 4",
         "46:36: `fails` is `w.grad is 4`, which is not a check of this exercise; did you mean `w.grad is 3`?"),
        ("      - {name: w.grad is 3, code: \"assert w.grad == 3\", hint: Call backward.}\n",
         "      - &check {name: w.grad is 3, code: \"assert w.grad == 3\", hint: Call backward.}\n      - *check\n",
         "43:23: `name` is `w.grad is 3`, as in an earlier check of the exercise, expected one of its own"),
        ("hints: [a nudge]", "hints: a nudge", "44:12: `hints` is text, expected a list"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_in_a_sentence_at_its_place(mistake: Mistake, old: str, new: str, error: str) -> None:
    assert mistake(old, new) == error


@pytest.mark.parametrize("word", ["yes", "No", "on", "OFF", "true"])
def test_a_bare_yes_or_no_where_text_belongs_is_to_be_quoted(mistake: Mistake, word: str) -> None:
    error = mistake("title: A valid lesson", f"title: {word}")
    assert error.startswith("3:8: `title` is ")
    assert error.endswith("put it in quotes")


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("  import torch\n", "  import torch\n\n  def f(:\n", "11:9: `setup` is not Python (invalid syntax)"),
        ("      print(w)\n", "      print(w\n", "18:12: `code` is not Python ('(' was never closed)"),
        ("      y = w * 3\n    solution", "      y = = 3\n    solution", "38:11: `starter` is not Python"),
        ("      y.backward()\n", "        y.backward()\n", "41:8: `solution` is not Python (unexpected indent)"),
        ('"assert w.grad == 3"', '"assert ="', "43:35: `code` is not Python (invalid syntax)"),
        ('code: "y = w * 3"', 'code: "y = w *"', "46:16: `code` is not Python (invalid syntax)"),
        ("print(w.grad)", '"print(1)\\nprint(w.grad"', "27:11: line 2 of it: `code` is not Python"),
        ("pin: [w, w.grad]", "pin: [w, w.]", "19:14: an entry of `pin` is `w.` (invalid syntax)"),
        ("pin: [w, w.grad]", 'pin: [w, ""]', "19:14: an entry of `pin` is `` (invalid syntax)"),
        ("values: {w.grad: null", "values: {w =: null", "20:49: a key of `values` is `w =` (invalid syntax)"),
        ('fit: "[1, 2]"', 'fit: "[1, 2"', "52:43: `fit` is `[1, 2` ('[' was never closed)"),
    ],
)
def test_a_snippet_that_does_not_parse_is_reported_at_its_line(
    mistake: Mistake, old: str, new: str, error: str
) -> None:
    assert mistake(old, new).startswith(error)


@pytest.mark.parametrize("header", ["|", "|-", "|+", "|2", "| # with a comment", "&anchor |", "&anchor\n    |"])
def test_the_line_of_a_snippet_is_right_in_every_literal_block(valid: str, errors_of: ErrorsOf, header: str) -> None:
    text = valid.replace("    code: nothing\n", f"    code: {header}\n      x = 1\n\n      y = )\n")
    line = text.split("\n").index("      y = )") + 1
    [error] = errors_of(text)
    assert (error.line, error.column) == (line, 11)


def test_a_deeply_nested_snippet_is_an_error(errors_of: ErrorsOf, valid: str) -> None:
    [error] = errors_of(valid.replace("code: nothing", f"code: {'-' * 100_000}1"))
    assert error.message.startswith("`code` is not Python")


@pytest.mark.parametrize("raised", ["SyntaxError", "IndentationError"])
def test_an_example_may_show_a_syntax_error(errors_of: ErrorsOf, valid: str, raised: str) -> None:
    assert errors_of(valid.replace("code: nothing", "code: print(").replace("NameError", raised)) == []


def test_an_unfinished_escape_in_a_snippet_gives_no_warning(
    errors_of: ErrorsOf, valid: str, recwarn: pytest.WarningsRecorder
) -> None:
    assert errors_of(valid.replace("code: nothing", r"""code: print("\d")""")) == []
    assert not recwarn.list


def test_keys_are_text_whatever_yaml_would_make_of_them(errors_of: ErrorsOf, valid: str) -> None:
    assert errors_of(valid.replace("values: {w.grad: null", "values: {no: null, 1: 1, on: 2")) == []


def test_a_wrong_field_hides_no_other_mistake(errors_of: ErrorsOf, valid: str) -> None:
    text = valid.replace("minutes: 10", "minutes: ten").replace("id: last", "id: predict")
    text = text.replace("code: y.item()", "code: y.item(").replace("fails: w.grad is 3", "fails: nothing")
    assert [error.line for error in errors_of(text)] == [5, 46, 47, 51]
