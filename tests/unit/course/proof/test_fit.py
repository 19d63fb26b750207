"""What `check` says about text and code that a terminal of 80 columns cuts off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tui_torch.course.format.document import Fault, compose
from tui_torch.course.loader import load_lesson
from tui_torch.course.proof.fit import CODE, FENCE, PAGE, unfit, unfit_markdown

Found = Callable[[str, str], Fault]


@pytest.fixture
def found(valid: str, tmp_path: Path) -> Found:
    """What is unfit, and where, in the valid lesson with one piece of its text replaced."""

    def look(old: str, new: str) -> Fault:
        assert valid.count(old) == 1
        path = tmp_path / "valid.yaml"
        path.write_text(valid.replace(old, new), "utf-8")
        [broken] = unfit(load_lesson(path))
        fault = compose(path.read_text("utf-8")).fault(broken)
        assert fault is not None
        return fault

    return look


def place(text: str, words: str) -> tuple[int, int]:
    """The line and the column at which words stand."""
    before = text[: text.index(words)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_nothing_is_unfit_about_a_lesson_that_fits(valid: str, tmp_path: Path) -> None:
    path = tmp_path / "valid.yaml"
    path.write_text(valid, "utf-8")
    assert list(unfit(load_lesson(path))) == []


@pytest.mark.parametrize(
    ("old", "indent"),
    [("      print(w)\n", 6), ("    code: nothing\n", 0), ("      y.backward()\n", 6)],
    ids=["code", "code on one line", "a solution"],
)
def test_a_line_of_code_that_is_cut_off_is_reported_where_it_is_cut(
    found: Found, valid: str, old: str, indent: int
) -> None:
    wide = f"{old.rstrip()}  # {'x' * 80}\n"
    fault = found(old, wide if indent else "    code: |\n      nothing\n      # " + "x" * 80 + "\n")
    line, _ = place(valid, old)
    assert (fault.line, fault.column) == (line if indent else line + 2, 6 + CODE + 1)
    assert "expected at most 73: the rest is out of sight at 80 columns" in fault.message


def test_code_of_just_the_width_fits() -> None:
    assert list(unfit_markdown(f"```\n{'x' * FENCE}\n```")) == []
    assert [broken.line for broken in unfit_markdown(f"```\nx\n{'x' * (FENCE + 1)}\n```")] == [3]


def test_wide_characters_count_as_the_cells_that_they_take() -> None:
    assert list(unfit_markdown(f"```\n{'é' * FENCE}\n```")) == []
    [broken] = unfit_markdown(f"```\n{'漢' * 40}\n```")
    assert "takes 80 cells" in broken.sentence


def test_a_fence_within_a_list_has_less_room() -> None:
    assert len(list(unfit_markdown(f"- an item\n\n  ```\n  {'x' * (FENCE - 1)}\n  ```"))) == 1
    assert list(unfit_markdown(f"- an item\n\n  ```\n  {'x' * (FENCE - 2)}\n  ```")) == []


def test_prose_fits_however_long_its_lines_are() -> None:
    assert list(unfit_markdown("word " * 100 + "`code` " * 100)) == []


def test_a_table_is_as_wide_as_the_longest_words_of_its_columns() -> None:
    words = (30, 30, PAGE - 60 - 10)
    fits = "\n".join(["|" + "|".join("x" * size for size in words) + "|", "|-|-|-|", "|a b c|`d e`|" + "f " * 50 + "|"])
    assert list(unfit_markdown(fits)) == []
    [broken] = unfit_markdown("Above it.\n\n" + fits.replace("`d e`", "`" + "d" * 31 + "`"))
    assert broken.line == 3
    assert "takes 78 cells however its text is wrapped, expected at most 77" in broken.sentence


def test_a_link_that_leads_nowhere_is_reported_on_its_line(found: Found, valid: str) -> None:
    fault = found("      Some *Markdown*.\n", "      Some\n      [text](page.html).\n")
    line, _ = place(valid, "      Some *Markdown*.")
    assert fault.line == line + 1
    assert "a link leads to `page.html`, expected an address that begins with https://" in fault.message


def test_a_link_to_a_page_is_fine() -> None:
    assert list(unfit_markdown("[text](https://pytorch.org/docs) and <https://example.org>")) == []


def test_after_a_list_there_is_the_whole_width_again() -> None:
    assert list(unfit_markdown(f"- an item\n\nText.\n\n```\n{'x' * FENCE}\n```")) == []


@pytest.mark.parametrize(
    ("markdown", "place"),
    [
        (f"Text.\n\n```\nx\n{'x' * 99}\n```", (5, FENCE + 1)),
        (f"Text.\n\n    x\n    {'x' * 99}\n", (4, FENCE + 1)),
        (f"Text.\n\n| a |\n| - |\n| {'x' * 99} |\n", (3, 1)),
        ("Text,\nand [a link](page.html),\nand more.", (2, 1)),
    ],
    ids=["a fence", "an indented block", "a table", "a link"],
)
def test_what_is_unfit_in_a_text_is_reported_on_its_line(markdown: str, place: tuple[int, int]) -> None:
    [problem] = unfit_markdown(markdown)
    assert (problem.line, problem.column) == place
