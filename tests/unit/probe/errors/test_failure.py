"""A failure is told by the learner's own lines."""

from __future__ import annotations

import pytest
import torch  # noqa: F401 - the learner's code needs it

from tui_torch.probe.errors.failure import describe
from tui_torch.protocol.events import Failed, Frame

RUN = "<your code>"


def failed(code: str) -> Failed:
    try:
        exec(compile(code, RUN, "exec", dont_inherit=True), {"__name__": "__main__"})
    except BaseException as error:
        return describe(error, RUN, code)
    raise AssertionError("the code did not fail")


def test_only_the_learners_lines_are_told() -> None:
    code = "import torch\ndef double(x):\n    return torch.mm(x, x)\n\ndouble(torch.ones(2, 3))\n"
    failure = failed(code)
    assert failure.error == "RuntimeError" and "mat1 and mat2" in failure.message
    assert failure.frames == (
        Frame(5, "<module>", "double(torch.ones(2, 3))"),
        Frame(3, "double", "return torch.mm(x, x)"),
    )


def test_a_line_of_an_earlier_step_is_told_with_the_step_that_it_is_in() -> None:
    step, names = "<step a-fit>", {"__name__": "__main__"}
    exec(compile("def f(x):\n    return 1 / x", step, "exec", dont_inherit=True), names)
    with pytest.raises(ZeroDivisionError) as raised:
        exec(compile("x = 0\nf(x)", RUN, "exec", dont_inherit=True), names)
    own = {RUN, step}.__contains__
    places = [
        (frame.line, frame.function, frame.file) for frame in describe(raised.value, RUN, "x = 0\nf(x)", own).frames
    ]
    assert places == [(2, "<module>", None), (2, "f", "step a-fit")]


@pytest.mark.parametrize("code", ["x = 1\ny = (\n", "x = 1\nif x:\nprint(x)\n", "x = 1\nreturn\n"])
def test_a_syntax_error_is_told_by_its_line(code: str) -> None:
    failure = failed(code)
    assert len(failure.frames) == 1 and failure.frames[0].line in (2, 3)
    assert failure.frames[0].code == code.splitlines()[failure.frames[0].line - 1].strip()
    assert RUN not in failure.message


def test_a_syntax_error_in_evaluated_text_is_told_by_the_line_that_evaluates() -> None:
    assert failed("\neval('1 +')").frames == (Frame(2, "<module>", "eval('1 +')"),)


def test_endless_recursion_is_told_by_its_ends() -> None:
    failure = failed("def f(n):\n    return f(n + 1)\n\nf(0)\n")
    assert failure.error == "RecursionError" and len(failure.frames) == 10
    assert failure.frames[0].function == "<module>" and failure.frames[-1].function == "f"


def test_twenty_frames_are_told_in_full() -> None:
    assert len(failed("def f(n):\n    return f(n - 1) if n else 1 / 0\n\nf(18)\n").frames) == 20


def test_an_exception_that_cannot_say_what_it_is_is_survived() -> None:
    failure = failed("class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd\n")
    assert (failure.error, failure.message, failure.frames[-1].line) == ("Odd", "", 4)


def test_terminal_escapes_are_taken_out_and_messages_cut() -> None:
    assert failed("raise ValueError('\\x1b[31mred\\x1b[0m')").message == "red"
    assert len(failed("raise ValueError('x' * 10**6)").message) == 4000
    assert failed("raise ValueError('\\ud800')").message == "?"


def test_of_a_chain_the_last_exception_is_told() -> None:
    failure = failed("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('w') from e\n")
    assert (failure.error, failure.message) == ("KeyError", "'w'")
    assert [frame.line for frame in failure.frames] == [4]


def test_control_characters_in_a_line_are_left_to_whoever_shows_it() -> None:
    code = "x = '\x1b[31m\u202e' + 1"
    assert failed(code).frames[-1].code == code


def test_a_long_line_is_cut_and_says_so() -> None:
    (frame,) = failed(f"x = '{'a' * 500}' + 1").frames
    assert len(frame.code) == 400 and frame.code.endswith("…")
