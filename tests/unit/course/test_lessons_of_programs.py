"""The tables of what teaches what, at the end of the guide to lessons."""

from __future__ import annotations

import re

from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import open_course


def test_every_program_and_part_has_lessons_that_are_there() -> None:
    told = (lessons_folder() / "README.md").read_text(encoding="utf-8").partition("## What teaches what")[2]
    rows = [row for row in re.findall(r"^\| (.+) \| (.+) \|$", told, re.MULTILINE) if not row[0].startswith("-")]
    programs = [row for row in rows if re.fullmatch(r"[a-z_]+", row[0]) and row[0] != "program"]
    parts = [row for row in rows if row[0][0].isdigit()]
    assert (len(programs), len(parts)) == (14, 6)
    course = open_course(lessons_folder())
    known = {*course.ids, *(f"the tracks `{a.id}` and `{b.id}`" for a in course.tracks for b in course.tracks)}
    assert {lesson for _, lessons in (*programs, *parts) for lesson in re.split(r", (?!and)", lessons)} <= known
