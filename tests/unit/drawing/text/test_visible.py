"""Characters that a terminal would obey are seen, and nothing else is changed."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.text.visible import UNPRINTABLE, code_point, escaped_in_json, sign_for_each, visible_lines

SPECIAL = re.compile(f"[{UNPRINTABLE}]")
TEXTS = st.text(st.characters(codec=None) | st.sampled_from("\x1b\x07\x9b\u202e\u2066\u2028\n\t"))


@given(TEXTS, st.booleans())
def test_of_lines_only_their_ends_and_tabs_are_left_to_the_terminal(text: str, ascii_only: bool) -> None:
    assert set(SPECIAL.findall(visible_lines(text, ascii_only))) <= {"\n", "\t"}


@given(st.text(st.characters(exclude_categories=("C", "Z"))))
def test_what_can_be_printed_stays_as_it_is(text: str) -> None:
    assert visible_lines(text) == text
    assert sign_for_each(text) == (text, ())


@given(
    st.recursive(TEXTS, lambda values: st.lists(values) | st.dictionaries(TEXTS, values)), st.sampled_from([None, 2])
)
def test_json_reads_as_before_and_holds_nothing_that_commands(value: object, indent: int | None) -> None:
    written = escaped_in_json(json.dumps(value, ensure_ascii=False, indent=indent))
    assert json.loads(written) == value
    assert set(SPECIAL.findall(written)) <= {"\n"}


@given(TEXTS.filter(lambda text: "\n" not in text))
def test_a_line_of_signs_has_as_many_characters_as_before(line: str) -> None:
    shown, hidden = sign_for_each(line)
    assert len(shown) == len(line)
    assert len(shown.encode("utf-8", "surrogatepass")) == len(line.encode("utf-8", "surrogatepass"))
    assert [at for at, character in enumerate(line) if SPECIAL.match(character) and character != "\t"] == list(hidden)


def test_a_character_is_named_as_in_unicodes_tables() -> None:
    assert [*map(code_point, "\x1b\u202e")] == ["U+001B", "U+202E"]
