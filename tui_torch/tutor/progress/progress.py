"""What the learner typed, tried, answered and finished: each question about it, and each thing to keep.

A fault of the file never reaches the caller. The session continues in memory, `notice` holds a sentence for the
learner, and `close` tries once more to save what only memory holds.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tui_torch.tutor.progress.answer_times import ENSURE_STEP, AnswerTimes
from tui_torch.tutor.progress.database import (
    Statement,
    commit,
    copy_in_memory,
    move_to_memory,
    open_again,
    open_file,
    open_or_replace,
    set_aside,
    write_anew,
)
from tui_torch.tutor.progress.faults import (
    FAULTS,
    SQL_FAULTS,
    cannot_save_sentence,
    is_damage,
    is_locked_by_another,
    too_long_sentence,
    written_anew_sentence,
)
from tui_torch.tutor.progress.known_courses import KnownCourses, remembered_place
from tui_torch.tutor.progress.open_file import Fate, OpenFile
from tui_torch.tutor.progress.work import Answer, Attempt, AttemptOutcome

if TYPE_CHECKING:
    from tui_torch.tutor.progress.reviews import CardState, Review, Reviewed, Tried

LONGEST = 10_000_000
"""Maximum number of characters of a text that is kept."""


class Progress(AnswerTimes, KnownCourses):
    """The learner's progress, by lesson and step.

    Every write is in the file before its method returns. No method raises a sqlite3 error; after `close` each raises
    RuntimeError. Text that UTF-8 cannot encode (lone surrogates) is stored with `?` in its place. Several threads may
    call the methods.
    """

    notice: str | None
    """What went wrong with the file, where, and what to do; None when nothing did."""

    def __init__(self, path: Path, database: sqlite3.Connection, notice: str | None) -> None:
        self.notice = notice
        self._path = path
        self._database: sqlite3.Connection | None = database
        self._in_memory = False
        self._file: OpenFile | None = OpenFile(path)
        """None while it is in memory."""
        self._is_locked_out = False
        """Whether it is in memory only because another program has the file locked."""
        self._fate: Fate | None = None
        """What another program has done to the file, if only memory has held since what the file held."""
        self._unsaved: list[Statement] = []
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file at `path`, or create it (mode 0600) and the folders it needs (mode 0700).

        Never raises: where the file cannot be used, progress is kept in memory and `notice` says so.
        """
        try:
            database, notice = open_or_replace(path)
        except FAULTS as error:
            progress = cls(path, copy_in_memory(path), cannot_save_sentence(path, error))
            progress._in_memory = True
            progress._file = None
            progress._is_locked_out = is_locked_by_another(error)
            return progress
        return cls(path, database, notice)

    def close(self) -> None:
        """Close the file. What a fault kept in memory is saved to the file if that has become possible."""
        with self._lock:
            if self._database is None:
                return
            database = self._follow_file(self._database)
            self._database = None
            with closing(database), suppress(*FAULTS):
                if self._fate is not None:
                    self._written_anew(database, self._fate).close()
                elif self._unsaved:
                    file, _ = open_or_replace(self._path)
                    with closing(file):
                        commit(file, self._unsaved)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def save_draft(self, lesson: str, step: str, code: str | None, *, known: str | None, kind: str) -> None:
        """Keep the code of a step as it stands in the editor of one window, or delete it.

        A different draft that another window has saved meanwhile is set aside among the attempts.

        Args:
            code: The new draft; None deletes the draft.
            known: The draft that this window read or wrote last.
            kind: The step's kind, stored with the attempt.
        """
        if known is not None and len(known) > LONGEST:
            known = None  # it was refused, so that what is kept is another one
        self._write(
            (
                "INSERT INTO attempts (step_id, code, kind, outcome, at) SELECT id, draft, ?, 'set aside', ? "
                "FROM steps WHERE lesson = ? AND step = ? AND draft IS NOT NULL AND draft IS NOT ? AND draft IS NOT ?",
                (kind, _now(), lesson, step, known, code),
            ),
            (
                "INSERT INTO steps (lesson, step, draft) VALUES (?, ?, ?) "
                "ON CONFLICT (lesson, step) DO UPDATE SET draft = excluded.draft",
                (lesson, step, code),
            ),
        )

    def draft(self, lesson: str, step: str) -> str | None:
        """The code last saved for a step; None if none is kept."""
        return self._of_step("draft", lesson, step)

    def forget_draft(self, lesson: str, step: str) -> None:
        """Delete the draft of a step; its attempts stay."""
        self._write(("UPDATE steps SET draft = NULL WHERE lesson = ? AND step = ?", (lesson, step)))

    def record_attempt(
        self, lesson: str, step: str, code: str, kind: str, outcome: AttemptOutcome, failed: str | None = None
    ) -> None:
        """Record one run of a step's code, how it ended, and what it failed at."""
        self._write(
            (ENSURE_STEP, (lesson, step)),
            (
                "INSERT INTO attempts (step_id, code, kind, outcome, at, failed) "
                "SELECT id, ?, ?, ?, ?, ? FROM steps WHERE lesson = ? AND step = ?",
                (code, kind, outcome, _now(), failed, lesson, step),
            ),
        )

    def attempts(self, lesson: str, step: str) -> tuple[Attempt, ...]:
        """Every attempt at a step, oldest first."""
        rows = self._read(
            "SELECT code, kind, outcome, attempts.at, failed FROM attempts JOIN steps ON steps.id = step_id "
            "WHERE lesson = ? AND step = ? ORDER BY attempts.id",
            (lesson, step),
        )
        return tuple(Attempt(*row) for row in rows)

    def all_attempts(self, kind: str) -> dict[tuple[str, str], tuple[Attempt, ...]]:
        """Every attempt at a step of that kind, oldest first, by lesson and step."""
        rows = self._read(
            "SELECT lesson, step, code, kind, outcome, attempts.at, failed FROM attempts "
            "JOIN steps ON steps.id = step_id WHERE kind = ? ORDER BY attempts.id",
            (kind,),
        )
        attempts: dict[tuple[str, str], list[Attempt]] = {}
        for lesson, step, *attempt in rows:
            attempts.setdefault((lesson, step), []).append(Attempt(*attempt))
        return {place: tuple(tried) for place, tried in attempts.items()}

    def answer(self, lesson: str, step: str, choice_index: int, correct: bool, text: str | None = None) -> None:
        """Record one answer to a quiz; `choice_index` counts from 0, and `text` is what the choice says."""
        self._write(
            (ENSURE_STEP, (lesson, step)),
            (
                "INSERT INTO answers (step_id, choice, correct, at, text) "
                "SELECT id, ?, ?, ?, ? FROM steps WHERE lesson = ? AND step = ?",
                (choice_index, int(correct), _now(), text, lesson, step),
            ),
        )

    def answers(self, lesson: str, step: str) -> tuple[Answer, ...]:
        """Every answer to a quiz, oldest first."""
        rows = self._read(
            "SELECT choice, correct, answers.at, text FROM answers JOIN steps ON steps.id = step_id "
            "WHERE lesson = ? AND step = ? ORDER BY answers.id",
            (lesson, step),
        )
        return tuple(Answer(choice, bool(correct), at, text) for choice, correct, at, text in rows)

    def last_answer(self, lesson: str, step: str) -> Answer | None:
        """The newest answer to a quiz; None before the first."""
        answers = self.answers(lesson, step)
        return answers[-1] if answers else None

    def mark_done(self, lesson: str, step: str) -> None:
        """Record that a step is done; the time of the first call is kept."""
        self._write(
            (
                "INSERT INTO steps (lesson, step, done_at) VALUES (?, ?, ?) "
                "ON CONFLICT (lesson, step) DO UPDATE SET done_at = coalesce(done_at, excluded.done_at)",
                (lesson, step, _now()),
            )
        )

    def done(self, lesson: str) -> frozenset[str]:
        """The ids of a lesson's steps that are done."""
        rows = self._read("SELECT step FROM steps WHERE lesson = ? AND done_at IS NOT NULL", (lesson,))
        return frozenset(step for (step,) in rows)

    def all_done(self) -> dict[str, frozenset[str]]:
        """The ids of the steps that are done, by lesson; lessons with none are left out."""
        steps: dict[str, set[str]] = {}
        for lesson, step in self._read("SELECT lesson, step FROM steps WHERE done_at IS NOT NULL"):
            steps.setdefault(lesson, set()).add(step)
        return {lesson: frozenset(done) for lesson, done in steps.items()}

    def times(self, lesson: str) -> tuple[int, ...]:
        """When something was tried, answered or done in a lesson, oldest first, in unix seconds."""
        of_lesson = "FROM {} JOIN steps ON steps.id = step_id WHERE lesson = ?"
        rows = self._read(
            f"SELECT attempts.at {of_lesson.format('attempts')} UNION ALL SELECT answers.at "
            f"{of_lesson.format('answers')} UNION ALL SELECT done_at FROM steps WHERE lesson = ? AND done_at NOT NULL",
            (lesson, lesson, lesson),
        )
        return tuple(sorted(at for (at,) in rows))

    def hints_shown(self, lesson: str, step: str) -> int:
        """Number of hints of a step that were shown."""
        return self._of_step("hints", lesson, step) or 0

    def show_hint(self, lesson: str, step: str) -> int:
        """Count one more hint as shown; returns the new number."""
        self._write(
            (
                "INSERT INTO steps (lesson, step, hints) VALUES (?, ?, 1) "
                "ON CONFLICT (lesson, step) DO UPDATE SET hints = hints + 1",
                (lesson, step),
            )
        )
        return self.hints_shown(lesson, step)

    def show_solution(self, lesson: str, step: str) -> None:
        """Record that the solution of a step was shown; the time of the first call is kept."""
        self._write(
            (
                "INSERT INTO steps (lesson, step, solution_at) VALUES (?, ?, ?) "
                "ON CONFLICT (lesson, step) DO UPDATE SET solution_at = coalesce(solution_at, excluded.solution_at)",
                (lesson, step, _now()),
            )
        )

    def solution_seen(self, lesson: str, step: str) -> bool:
        """Whether the solution of a step was ever shown."""
        return self._of_step("solution_at", lesson, step) is not None

    def forget_help(self, lesson: str, step: str) -> None:
        """Take the hints and the solution of a step as not shown."""
        self._write(("UPDATE steps SET hints = 0, solution_at = NULL WHERE lesson = ? AND step = ?", (lesson, step)))

    def record_review(self, lesson: str, step: str, tried: Tried) -> None:
        """Record what a try says of how well an exercise or a quiz is remembered."""
        from tui_torch.tutor.progress.reviews import review_after

        last = next(iter(self.reviews(lesson, step)[-1:]), None)
        made = review_after(last, tried)
        if made is None:
            return
        review, takes_its_place = made
        values = (int(review.rating), int(review.right), review.at, review.seconds, lesson, step)
        if takes_its_place and last is not None:
            sql = (
                "UPDATE reviews SET rating = ?, correct = ?, at = ?, seconds = ? "
                "WHERE step_id = (SELECT id FROM steps WHERE lesson = ? AND step = ?) AND at = ? AND correct = 0"
            )
            self._write((sql, (*values, last.at)))
        else:
            sql = (
                "INSERT INTO reviews (step_id, rating, correct, at, seconds) "
                "SELECT id, ?, ?, ?, ? FROM steps WHERE lesson = ? AND step = ?"
            )
            self._write((ENSURE_STEP, (lesson, step)), (sql, values))

    def reviews(self, lesson: str, step: str) -> tuple[Review, ...]:
        """Every review of an exercise or a quiz, oldest first."""
        from tui_torch.tutor.progress.reviews import Review, rating_of

        rows = self._read(
            "SELECT rating, reviews.at, correct, seconds FROM reviews JOIN steps ON steps.id = step_id "
            "WHERE lesson = ? AND step = ? ORDER BY reviews.id",
            (lesson, step),
        )
        return tuple(Review(rating_of(rating), at, bool(right), seconds) for rating, at, right, seconds in rows)

    def all_reviewed(self) -> dict[tuple[str, str], Reviewed]:
        """Every exercise and quiz that has reviews, by lesson and step."""
        from tui_torch.tutor.progress.reviews import Reviewed, rating_of

        # In a query with `max()` SQLite takes the other columns from the row that has the maximum.
        rows = self._read(
            "SELECT lesson, step, count(*), max(reviews.id), reviews.at, rating, avg(seconds) "
            "FROM reviews JOIN steps ON steps.id = step_id GROUP BY step_id"
        )
        return {
            (lesson, step): Reviewed(count, at, rating_of(rating), seconds)
            for lesson, step, count, _, at, rating, seconds in rows
        }

    def keep_cards(self, cards: Mapping[tuple[str, str], CardState]) -> None:
        """Keep how well items are remembered, by lesson and step, so that it need not be computed again."""
        sql = (
            "INSERT OR REPLACE INTO cards (step_id, stability, difficulty, due, reviewed_at, rating, reviews) "
            "SELECT id, ?, ?, ?, ?, ?, ? FROM steps WHERE lesson = ? AND step = ?"
        )
        self._write(
            *(
                (sql, (one.stability, one.difficulty, one.due, one.reviewed_at, int(one.rating), one.reviews, *item))
                for item, one in cards.items()
            )
        )

    def all_cards(self) -> dict[tuple[str, str], CardState]:
        """What `keep_cards` kept, by lesson and step; reviews since then are not in it."""
        from tui_torch.tutor.progress.reviews import CardState, rating_of

        rows = self._read(
            "SELECT lesson, step, stability, difficulty, due, reviewed_at, rating, reviews "
            "FROM cards JOIN steps ON steps.id = step_id"
        )
        return {
            (lesson, step): CardState(stability, difficulty, due, at, rating_of(rating), reviews)
            for lesson, step, stability, difficulty, due, at, rating, reviews in rows
        }

    @property
    def learner(self) -> int:
        """A number of this learner's own, which is drawn when it is first asked for, and kept."""
        asked = "SELECT mark FROM learner"
        if not self._read(asked):
            # Another window may draw at the same moment: one number is kept.
            drawn = int.from_bytes(os.urandom(8)) >> 2
            self._write(("INSERT INTO learner (id, mark) VALUES (1, ?) ON CONFLICT DO NOTHING", (drawn,)))
        return self._read(asked)[0][0]

    def remember_place(self, lesson: str, step: str, course: str = "") -> None:
        """Record where the learner is, and in which course; the last window to call this counts."""
        self._write(*remembered_place(lesson, step, course))

    def place(self) -> tuple[str, str] | None:
        """(lesson, step) where the learner was last; None at the very first start."""
        rows = self._read("SELECT lesson, step FROM place")
        return rows[0] if rows else None

    def reset(self, lesson: str) -> None:
        """Delete a lesson's steps with their attempts, answers, hints and drafts, in one transaction."""
        self._write(("DELETE FROM steps WHERE lesson = ?", (lesson,)))

    def trust(self, content_hash: str) -> None:
        """Record that a lesson file with this content hash may run."""
        self._write(("INSERT INTO trusted VALUES (?, ?) ON CONFLICT DO NOTHING", (content_hash, _now())))

    def trusted(self, content_hash: str) -> bool:
        """Whether a lesson file with this content hash may run."""
        return bool(self._read("SELECT 1 FROM trusted WHERE content_hash = ?", (content_hash,)))

    def _of_step(self, column: str, lesson: str, step: str) -> Any:
        rows = self._read(f"SELECT {column} FROM steps WHERE lesson = ? AND step = ?", (lesson, step))
        return rows[0][0] if rows else None

    def _read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Any]:
        parameters = _encodable(parameters)
        with self._lock:
            database = self._follow_file(self._open_database())
            try:
                return database.execute(sql, parameters).fetchall()
            except SQL_FAULTS as error:
                return self._continue_in_memory(database, error).execute(sql, parameters).fetchall()

    def _write(self, *statements: Statement) -> None:
        longest = max((len(value) for _, values in statements for value in values if isinstance(value, str)), default=0)
        if longest > LONGEST:
            self.notice = too_long_sentence(self._path, longest, LONGEST)
            return
        statements = tuple((sql, _encodable(parameters)) for sql, parameters in statements)
        with self._lock:
            database = self._return_to_file() or self._follow_file(self._open_database())
            try:
                commit(database, statements)
            except SQL_FAULTS as error:
                commit(self._continue_in_memory(database, error), statements)
            if self._in_memory:
                self._unsaved.extend(statements)

    def _open_database(self) -> sqlite3.Connection:
        if self._database is None:
            raise RuntimeError("this Progress is closed; open another one")
        return self._database

    def _return_to_file(self) -> sqlite3.Connection | None:
        """Go back to the file, with what was kept in memory, once no other program has it locked."""
        if not self._is_locked_out or self._database is None:
            return None
        with suppress(*FAULTS):
            file = open_again(self._path)
            try:
                commit(file, self._unsaved)
            except SQL_FAULTS:
                file.close()
                raise
            self._database.close()
            self._database, self._unsaved, self.notice = file, [], None
            self._file = OpenFile(self._path)
            self._in_memory = self._is_locked_out = False
            return file
        return None

    def _follow_file(self, database: sqlite3.Connection) -> sqlite3.Connection:
        """The database to go on with: another one, if another program has deleted, replaced or cut the file."""
        fate = self._file.fate(database) if self._file is not None else None
        if fate is None:
            return database
        memory = self._database = move_to_memory(database)
        try:
            file = self._written_anew(memory, fate)
        except FAULTS as error:
            self._fate = fate
            return self._stay_in_memory(memory, error)
        memory.close()
        self._database, self._file = file, OpenFile(self._path)
        return file

    def _written_anew(self, memory: sqlite3.Connection, fate: Fate) -> sqlite3.Connection:
        """The file that is there now; with what memory holds, unless another program has put one there.

        Raises one of FAULTS.
        """
        if fate == "replaced":
            try:
                return open_file(self._path)
            except FAULTS as error:
                if not is_damage(error):
                    raise
        kept = None if fate == "deleted" else set_aside(self._path)
        file = write_anew(self._path, memory)
        self.notice = written_anew_sentence(self._path, kept)
        return file

    def _continue_in_memory(self, file: sqlite3.Connection, error: Exception) -> sqlite3.Connection:
        return self._stay_in_memory(move_to_memory(file), error)

    def _stay_in_memory(self, memory: sqlite3.Connection, error: Exception) -> sqlite3.Connection:
        self._database, self._file = memory, None
        self._in_memory = True
        self._is_locked_out = is_locked_by_another(error)
        self.notice = cannot_save_sentence(self._path, error)
        return memory


def _encodable(parameters: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in parameters)


def _now() -> int:
    return int(time.time())
