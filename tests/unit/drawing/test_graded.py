"""Where an answer fails is seen without colours, and small grids fit the narrow pane."""

from __future__ import annotations

from tui_torch.drawing.text.graded import (
    DIFFERS,
    WIDTH,
    of_counterexample,
    said_of_hidden,
    said_of_measured,
    short_time,
)
from tui_torch.protocol.grading.results import CheckResult, Counterexample, Measured, ShownValue

INPUTS = (("rows", "2"), ("n", "1"), ("x", "tensor([[0], [0]])"))


def drawn(example: Counterexample, *, ascii_only: bool = False) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in of_counterexample(example, ascii_only=ascii_only)]


def test_what_was_expected_stands_beside_what_came_and_what_differs_has_a_mark() -> None:
    expected = ShownValue("[2, 2] float32", (("1", "0"), ("0.25", "0.75")))
    got = ShownValue("[2, 2] float32", (("1", "0.5"), ("0.25", "nan")))
    example = Counterexample(INPUTS, "`f(x)`", expected, got, ((0, 1), (1, 1)))
    assert drawn(example) == [
        "the smallest input that fails: rows = 2, n = 1",
        "  x = tensor([[0], [0]])",
        "f(x):",
        "  expected [2, 2] float32    yours [2, 2] float32",
        "      1     0                    1 ≠0.5",
        "   0.25  0.75                 0.25 ≠nan",
    ]
    assert drawn(example, ascii_only=True)[-1].endswith("!nan")
    marked = [text for line in of_counterexample(example, ascii_only=False) for text, style in line if style == DIFFERS]
    assert marked == [" 0", "≠0.5", " 0.75", "≠nan"]


def test_wide_grids_stand_below_each_other_and_say_that_there_is_more() -> None:
    row = tuple(f"0.123{number}" for number in range(6))
    value = ShownValue("[2, 3, 20] float32", (row, row), ("[0, 0]", "[0, 1]"), is_cut=True)
    lines = drawn(Counterexample((), "`f(x)`", value, value))
    assert [line.split()[0] for line in lines] == [
        "f(x):",
        *["expected", "[0,", "[0,", "and"],
        *["yours", "[0,", "[0,", "and"],
    ]
    assert max(map(len, lines)) <= WIDTH


def test_hidden_checks_are_said_to_pass_once_no_check_fails() -> None:
    passing = CheckResult("shown", True), CheckResult("hidden", True, hidden=True)
    assert said_of_hidden(passing) == "A hidden check passes, too."
    assert said_of_hidden((*passing, CheckResult("another", False))) == ""


def test_times_and_memory_are_told_in_units_that_one_reads() -> None:
    assert [short_time(s) for s in (3.1e-5, 0.0012, 0.12, 2.34)] == ["31 us", "1.2 ms", "120 ms", "2.3 s"]
    said = said_of_measured(Measured("torch.softmax(x, -1)", 3.1e-5, 1.8e-5, 525312, 262144))
    assert said.startswith("Takes 1.7 times the time of `torch.softmax(x, -1)` (31 us to 18 us), ")
    assert said.endswith("2 times its memory (525 kB to 262 kB).")
