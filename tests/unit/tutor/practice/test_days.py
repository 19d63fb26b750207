"""Days in a row are those of the clock on the wall, and a day that is not over ends none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tui_torch.tutor.practice.days import streak
from tui_torch.tutor.progress.progress import Progress

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _the_clock_on_the_wall_is_berlins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def at(*when: int) -> int:
    return int(datetime(*when, tzinfo=BERLIN).timestamp())  # type: ignore[arg-type, misc]


# The clocks go forward on the 29th of March 2026: that day has 23 hours.
LATE, EARLY = at(2026, 3, 28, 23, 50), at(2026, 3, 29, 0, 10)
NEXT = at(2026, 3, 30, 23, 59)


@pytest.mark.parametrize(
    ("times", "now", "days"),
    [
        ((), NEXT, 0),
        ((LATE,), LATE, 1),
        ((LATE, EARLY), EARLY, 2),
        ((LATE, EARLY, NEXT), NEXT, 3),
        ((LATE, EARLY), NEXT, 2),
        ((LATE,), NEXT, 0),
        ((LATE, NEXT), NEXT, 1),
        ((-(2**62), LATE, 2**62), LATE, 1),
    ],
    ids=["none", "today", "midnight between", "a day of 23 hours", "not today yet", "ended", "a gap", "a damaged file"],
)
def test_days_in_a_row_are_counted_up_to_today_or_yesterday(times: tuple[int, ...], now: int, days: int) -> None:
    assert streak(times, now) == days


def test_a_day_counts_by_what_is_solved_or_practised_and_not_by_what_is_tried(tmp_path: Path) -> None:
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.record_attempt("a", "e", "x", "example", "ok")
        progress.record_attempt("a", "s", "x", "exercise", "not passed")
        progress.answer("a", "q", 0, False)
        progress.mark_done("a", "e")
        assert progress.study_times() == ()
        progress.record_attempt("practice:a", "s", "x", "exercise", "set aside")
        assert progress.study_times() == ()
        progress.record_attempt("practice:a", "s", "x", "exercise", "not passed")
        [practised] = progress.study_times()
        assert 0 <= time.time() - practised < 1800
        assert streak((practised,), int(time.time())) == 1
    with Progress.open(tmp_path / "other.db") as progress:
        progress.record_attempt("arena:a", "s", "x", "exercise", "passed")
        assert len(progress.study_times()) == 1
