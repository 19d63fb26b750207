"""What terminals send for their keys, read by Textual's parser as the app sets it right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.events import Key

from tui_torch.ui.keys.rebound import by_every_name
from tui_torch.ui.textual_internals import EveryKeyParser

CHANGED = "Textual reads it rightly now: take its share out of EveryKeyParser"


def heard(sent: str, parser: type[XTermParser] = EveryKeyParser) -> list[tuple[str, str | None]]:
    """The keys, each with the text that it types, that a parser makes of what a terminal sends."""
    return [(event.key, event.character) for event in parser().feed(sent) if isinstance(event, Key)]


XTERMS = {
    "\x1b[27;5;13~": ("ctrl+enter", None),
    "\x1b[27;2;13~": ("shift+enter", None),
    "\x1b[27;6;13~": ("ctrl+shift+enter", None),
    "\x1b[27;5;105~": ("ctrl+i", None),
    "\x1b[27;5;109~": ("ctrl+m", None),
    "\x1b[27;5;99~": ("ctrl+c", None),
    "\x1b[27;6;65~": ("ctrl+shift+a", None),
    "\x1b[27;3;120~": ("alt+x", None),
    "\x1b[27;5;9~": ("ctrl+tab", None),
    "\x1b[27;5;127~": ("ctrl+backspace", None),
    "\x1b[27;2;65~": ("A", "A"),
}


@pytest.mark.parametrize("sent", XTERMS, ids=repr)
def test_a_key_with_modifiers_is_heard_as_xterm_sends_it(sent: str) -> None:
    assert heard(sent) == [XTERMS[sent]]


def test_textual_alone_hears_no_ctrl_enter_there() -> None:
    assert heard("\x1b[27;5;13~", XTermParser) != [("ctrl+enter", None)], CHANGED


FUNCTION_KEYS = {"\x1b[25~": "f13", "\x1b[26~": "f14", "\x1b[28~": "f15", "\x1b[32~": "f18", "\x1b[34~": "f20"}


@pytest.mark.parametrize("sent", FUNCTION_KEYS, ids=repr)
def test_the_function_keys_beyond_the_twelfth_are_no_other_keys(sent: str) -> None:
    assert heard(sent) == [(FUNCTION_KEYS[sent], None)]
    assert heard(sent, XTermParser) != heard(sent), CHANGED


@pytest.mark.parametrize(("arrow", "name"), [("A", "up"), ("B", "down"), ("C", "right"), ("D", "left")])
@pytest.mark.parametrize("begin", ["\x1b\x1b[", "\x1b\x1bO", "\x1b[1;3"], ids=repr)
def test_an_arrow_key_with_alt_is_heard_as_each_terminal_sends_it(begin: str, arrow: str, name: str) -> None:
    assert heard(f"{begin}{arrow}x") == [(f"alt+{name}", None), ("x", "x")]


@pytest.mark.parametrize("letter", "abzAQ")
def test_a_letter_with_alt_is_one_key_however_soon_the_next_one_comes(letter: str) -> None:
    name = {"b": "ctrl+left"}.get(letter, f"alt+{'shift+' if letter.isupper() else ''}{letter.lower()}")
    for following, key in (("\x1b[A", "up"), ("\x1b[<0;1;1M", None), ("x", "x"), ("\x1bz", "alt+z")):
        assert [one for one, _ in heard(f"\x1b{letter}{following}")] == [name, *([key] if key else [])]


def test_esc_and_then_an_arrow_key_are_two_keys_where_they_do_not_come_at_once() -> None:
    parser = EveryKeyParser()
    events = [*parser.feed("\x1b"), *parser.feed("\x1b[A")]
    assert [event.key for event in events if isinstance(event, Key)] == ["escape", "up"]


@pytest.mark.parametrize(
    "sent", ["\x1b[25;2~", "\x1b[25$", "\x1b[35~", "\x1b[1;2z", "\x1b[9999999999u", "\x1b[27;5;9999999999~"], ids=repr
)
def test_what_is_no_known_key_types_nothing_and_the_next_key_is_heard(sent: str) -> None:
    assert heard(f"{sent}x") == [("x", "x")]


def test_every_sequence_of_textuals_own_list_is_heard_as_it_lists_it_or_as_textual_hears_it() -> None:
    for sent, keys in ANSI_SEQUENCES_KEYS.items():
        listed = [(key.value, sent if len(sent) == 1 else None) for key in keys] if isinstance(keys, tuple) else None
        assert heard(sent) in (listed, heard(sent, XTermParser)), repr(sent)


@given(
    number=st.sampled_from([*range(9, 128), 57376, 57414, 57427]),
    modifiers=st.sampled_from(["", *(f";{one}" for one in range(1, 17))]),
    text=st.sampled_from(["", ";97", ";229"]),
)
def test_a_key_of_kittys_protocol_is_heard_as_textual_hears_it(number: int, modifiers: str, text: str) -> None:
    sent = f"\x1b[{number}{modifiers}{text if modifiers else ''}u"
    assert heard(sent) == heard(sent, XTermParser)


@given(st.text("0123456789;:[]<>?=~$MmRtuAPz ^@\x1b", max_size=12))
def test_whatever_comes_is_read_to_its_end(sent: str) -> None:
    assert heard(f"\x1b[{sent}" + "x" * 40)[-1] == ("x", "x")


def test_the_apps_driver_reads_by_this_parser() -> None:
    assert linux_driver.XTermParser is EveryKeyParser


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("ctrl+space", "\x00"),
        ("ctrl+@", "\x1b[32;5u"),
        ("ctrl+]", "\x1d"),
        ("ctrl+right_square_bracket", "\x1d"),
        ("ctrl+]", "\x1b[93;5u"),
        ("ctrl+backslash", "\x1c"),
        ("ctrl+slash", "\x1f"),
        ("ctrl+/", "\x1b[47;5u"),
    ],
)
def test_a_key_of_the_learners_own_is_bound_by_the_name_that_a_terminals_has(written: str, sent: str) -> None:
    [(name, _)] = heard(sent)
    keys = by_every_name({"run": f"f9, {written}"})["run"].split(",")
    assert keys[:2] == ["f9", written]
    assert name in keys


def test_other_keys_keep_their_one_name() -> None:
    assert by_every_name({"run": "f9,ctrl+g", "next": "j"}) == {"run": "f9,ctrl+g", "next": "j"}
