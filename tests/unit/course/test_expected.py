"""A lesson says one thing per release of PyTorch where releases differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.course import expected
from tui_torch.course.counts import states_something
from tui_torch.course.expected import bounds_of, expected_here, is_within
from tui_torch.course.lesson import Example, Expect, VersionExpect
from tui_torch.course.lesson_error import LessonError
from tui_torch.course.loader import load_lesson

EXPECT = Expect(
    raises="RuntimeError",
    versions=(
        VersionExpect(torch=">=2.15", raises="NotImplementedError"),
        VersionExpect(torch=">=2.14,<2.15", output="2\n"),
        VersionExpect(torch="<2.7", values={"x": 1}),
    ),
)


@pytest.mark.parametrize(
    ("version", "index"),
    [
        ("2.15.0+cu130", 0),
        ("2.15", 0),
        ("3.0.1", 0),
        ("2.14.1", 1),
        ("2.13.0+cpu", None),
        ("2.7.0", None),
        ("2.6.0", 2),
        ("2.14.0a0+git1234", 1),
        ("unknown", None),
    ],
)
def test_the_entry_that_fits_the_release_counts_in_place_of_the_rest(version: str, index: int | None) -> None:
    wanted = (EXPECT, ("expect",)) if index is None else (EXPECT.versions[index], ("expect", "versions", index))
    assert expected_here(EXPECT, version) == wanted


def test_of_two_entries_that_fit_the_first_counts() -> None:
    twice = Expect(versions=(VersionExpect(torch=">=2.14", output="a"), VersionExpect(torch=">=2.15", output="b")))
    assert expected_here(twice, "2.15.0")[0].output == "a"


def test_where_nothing_says_which_pytorch_is_installed_what_holds_otherwise_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expected, "installed_torch", lambda: None)
    assert expected_here(EXPECT) == (EXPECT, ("expect",))


def test_without_versions_nothing_asks_which_pytorch_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> None:
        raise AssertionError("it was asked for")

    monkeypatch.setattr(expected, "installed_torch", asked)
    assert expected_here(Expect(output="1")) == (Expect(output="1"), ("expect",))
    assert expected_here(None) == (Expect(), ("expect",))


NUMBERS = st.integers(0, 9999)
RELEASES = st.tuples(NUMBERS, NUMBERS)


@given(RELEASES, RELEASES, RELEASES)
def test_a_release_is_within_bounds_as_pairs_of_numbers_are(
    release: tuple[int, int], first: tuple[int, int], end: tuple[int, int]
) -> None:
    from_first, before_end = f">={first[0]}.{first[1]}", f"<{end[0]}.{end[1]}"
    assert is_within(release, from_first) == (release >= first)
    assert is_within(release, before_end) == (release < end)
    assert is_within(release, f"{from_first},{before_end}") == (first <= release < end)
    assert bounds_of(f"{from_first},{before_end}") == (first, end)


@pytest.mark.parametrize(
    "text", ["", "2.15", ">2.15", "==2.15", ">=2", ">=2.15.0", ">=2.15,", "<2.15,>=2.14", ">= 2.15", ">=2.١"]
)
def test_other_texts_are_no_bounds(text: str) -> None:
    assert bounds_of(text) is None
    assert not is_within((2, 15), text)


def versions(text: str) -> str:
    return f"expect: {{raises: NameError, versions: [{text}]}}"


def test_a_lesson_of_several_releases_loads(valid: str, tmp_path: Path) -> None:
    path = tmp_path / "valid.yaml"
    path.write_text(valid.replace("expect: {raises: NameError}", versions('{torch: ">=2.15", output: "a"}')), "utf-8")
    [entry] = load_lesson(path).steps[2].expect.versions  # type: ignore[union-attr]
    assert entry == VersionExpect(torch=">=2.15", output="a")


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ('{torch: "2.15", raises: KeyError}',
         "33:52: `torch` is `2.15`, expected releases of PyTorch, such as `>=2.15` or `>=2.14,<2.15`"),
        ('{torch: ">=2.15,<2.14"}',
         "33:52: `torch` is `>=2.15,<2.14`, within which is no release, expected the older one first"),
        ("{torch: 2.15}", "33:52: `torch` is a number, expected text: put it in quotes"),
        ("{raises: KeyError}", "33:44: missing key `torch`, expected the releases, such as `>=2.15` or `>=2.14,<2.15`"),
        ('{torch: ">=2.15", raise: KeyError}', "33:62: unknown key `raise`; did you mean `raises`?"),
        ('{torch: ">=2.15", versions: []}',
         "33:62: unknown key `versions`, expected `torch`, `output`, `values`, `within` or `raises`"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_entry_is_said_at_its_place(mistake: Callable[[str, str], str], entry: str, error: str) -> None:
    assert mistake("expect: {raises: NameError}", versions(entry)) == error


def test_bounds_without_quotes_are_said_to_need_them(valid: str, errors_of: Callable[[str], list[LessonError]]) -> None:
    text = valid.replace("expect: {raises: NameError}", "expect:\n      versions:\n        - torch: >=2.15\n")
    [error] = errors_of(text)
    assert error.line == 35 and "quotes" in error.message


def test_a_step_that_raises_in_some_release_may_raise_where_others_stand_on_it(valid: str, tmp_path: Path) -> None:
    path = tmp_path / "valid.yaml"
    expect = 'expect: {output: "", versions: [{torch: "<2.7", raises: NameError}]}'
    path.write_text(valid.replace("expect: {raises: NameError}", expect), "utf-8")
    assert load_lesson(path).stands_on("last")[2].may_raise


def test_an_example_states_something_by_what_it_says_of_some_release() -> None:
    example = Example(id="e", title="E", text="T", code="x", expect=Expect(versions=(VersionExpect(torch="<2.7"),)))
    assert not states_something(example)
    stated = Expect(versions=(VersionExpect(torch="<2.7", output=""),))
    assert states_something(Example(id="e", title="E", text="T", code="x", expect=stated))
