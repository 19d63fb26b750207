"""The table of `python -m tests.versions` keeps what earlier runs wrote, and covers what is promised."""

from __future__ import annotations

from tests.versions.environments import constraints_with, pinned
from tests.versions.parts import PARTS, reported
from tests.versions.table import TABLE, Row, read, with_row, written
from tui_torch.kernel.torch_release import NEWEST, OLDEST, release_of

OLD = Row("2.6.0+cpu", "3.11.7", {"course": "all 15", "coach": "1 of 9 fail"}, (("coach", "test_a.py::test_b[1, 2]"),))
NEW = Row("2.15.0+cu130", "3.11.7", {"coach": "all 9"})
NAMES = ("course", "coach")


def test_a_table_is_read_as_it_was_written() -> None:
    rows = with_row(with_row([], NEW), OLD)
    assert read(written(rows, NAMES)) == rows == [OLD, NEW]
    assert written(read(written(rows, NAMES)), NAMES) == written(rows, NAMES)


def test_a_run_of_some_parts_keeps_the_other_cells_of_its_row() -> None:
    later = Row(OLD.torch, OLD.python, {"coach": "all 9"})
    assert with_row([OLD], later) == [Row(OLD.torch, OLD.python, {"course": "all 15", "coach": "all 9"})]
    lessons = Row(OLD.torch, OLD.python, {"course": "1 of 15 fail"}, (("course", "gradients.yaml:1:1: no"),))
    assert with_row([OLD], lessons)[0].failures == (*OLD.failures, *lessons.failures)


def test_what_fails_is_named_by_the_junit_report() -> None:
    case = '<testcase classname="tests.unit.test_a" name="test_{0}">{1}</testcase>'
    cases = case.format("b", "<failure/>") + case.format("c", "") + case.format("d", "<error/>")
    outcome = reported(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    assert outcome.failures == ("tests/unit/test_a.py::test_b", "tests/unit/test_a.py::test_d")
    assert str(outcome) == "2 of 3 fail"


def test_another_release_of_pytorch_chooses_what_only_it_needs() -> None:
    pins = "# why\nrich==15.0.0\nsympy==1.14.0\ntorch==2.13.0\n"
    assert constraints_with("2.6.0", pins).splitlines() == ["# why", "rich==15.0.0", "torch==2.6.0"]


def test_the_course_was_proved_on_the_oldest_the_newest_and_the_pinned_release() -> None:
    proved = {
        release_of(row.torch) for row in read(TABLE.read_text("utf-8")) if row.cells.get("course", "").startswith("all")
    }
    assert {OLDEST, release_of(pinned("torch")), NEWEST} <= proved


def test_every_column_of_the_table_is_a_part_that_can_be_run() -> None:
    assert {part for row in read(TABLE.read_text("utf-8")) for part in row.cells} <= PARTS.keys()
