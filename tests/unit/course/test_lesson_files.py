from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.course.format.document import DEEPEST_NESTING, LARGEST_FILE, MOST_VALUES, compose
from tui_torch.course.lesson import Lesson
from tui_torch.course.lesson_error import LessonError, LessonErrors
from tui_torch.course.loader import load_course, load_lesson

ErrorsOf = Callable[[str], list[LessonError]]


def only_error(path: Path) -> LessonError:
    with pytest.raises(LessonErrors) as raised:
        load_lesson(path)
    [error] = raised.value.errors
    return error


def test_an_error_reads_as_path_line_column_and_sentence() -> None:
    assert str(LessonError(Path("a/b.yaml"), 3, 7, "`x` is 1, expected 2")) == "a/b.yaml:3:7: `x` is 1, expected 2"


def test_seven_mistakes_are_reported_at_once(errors_of: ErrorsOf, valid: str) -> None:
    text = valid
    for old, new in (
        ("title: A valid lesson", "tittle: A valid lesson"),
        ("summary: One of each kind of step.", "summary: no"),
        ("minutes: 10", 'minutes: "10"'),
        ("title: Three scalars", "title: Three scalars\n    title: Twice"),
        ("print(w)\n", "print(w\n"),
        ("correct: true, ", ""),
        ("starter: |\n", "starter: !!python/name:os.system |\n"),
    ):
        text = text.replace(old, new)
    assert [f"{error.line}:{error.column}: {error.message}" for error in errors_of(text)] == [
        "3:1: unknown key `tittle`; did you mean `title`?",
        "4:10: `summary` is false to YAML, as bare yes, no, on and off are, expected text: put it in quotes",
        "5:10: `minutes` is text, expected a whole number",
        "14:5: key `title` is here a second time (the first is on line 13), expected it once",
        "19:12: `code` is not Python ('(' was never closed), expected code that parses",
        "26:7: none of the `choices` is correct, expected `correct: true` in exactly one",
        "38:14: tag `!!python/name:os.system` is not allowed, expected plain YAML without tags",
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "1:1: the file is empty, expected keys with values"),
        ("# a comment\n", "1:1: the file is empty, expected keys with values"),
        ("- a\n", "1:1: the file holds no keys, expected `schema`, `title` and so on, each with its value"),
        ("title: `x`\n", "1:8: text cannot begin with `, expected quotes around it"),
        ("torch: >=2.15\n", "1:8: text that begins with > or | goes on in the lines below"),
        ("steps:\n\t- a\n", "2:1: a tab cannot indent YAML, expected spaces"),
        ("title: a: b\n", "1:9: this `:` begins a value where none can stand"),
        ("a: 1\ntitle: 'never\n", "2:8: this quote is never closed"),
        ("a: 1\ntitle: [never\n", "2:8: this bracket is never closed"),
        ("steps:\n  - {id: a, 'b' 'c'}\nb: 1\n", "2:17: a list or mapping in brackets goes wrong here"),
        ("steps:\n  - a\n  b: 1\n", "3:3: this line does not fit in with those above it"),
        ("a: \x07\n", "1:4: the character U+0007 is not allowed in YAML, expected text"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here, expected one in a file"),
    ],
)
def test_text_that_is_no_mapping_is_one_sentence(parser: str, errors_of: ErrorsOf, text: str, error: str) -> None:
    [found] = errors_of(text)
    assert f"{found.line}:{found.column}: {found.message}".startswith(error)


def faults(text: str) -> list[str]:
    return [f"{fault.line}:{fault.column}: {fault.message}" for fault in compose(text).faults]


def test_an_alias_without_an_anchor_is_an_error(parser: str) -> None:
    assert faults("text: *emphasis\n") == [
        "1:7: alias `*emphasis` has no anchor, expected quotes around text that begins with `*`"
    ]


def test_an_alias_inside_its_own_anchor_is_an_error(parser: str) -> None:
    assert faults("a: &x [*x]\n") == ["1:8: alias `*x` stands inside its own anchor, expected an end"]


def test_aliases_that_expand_without_end_are_one_error(parser: str) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    [fault] = faults("\n".join(rows))
    assert fault.startswith("4:")
    assert fault.endswith(f"expected at most {MOST_VALUES:,} values")


def test_a_long_text_that_aliases_repeat_is_an_error(parser: str) -> None:
    [fault] = faults(f"a: &a {'x' * 1_000}\nb: [{'*a, ' * 2_000}]\n")
    assert fault == (
        f"2:4197: the file holds too much with its aliases expanded, expected at most {LARGEST_FILE:,} characters"
    )


def test_a_long_key_that_aliases_repeat_is_an_error(parser: str) -> None:
    [fault] = faults(f"a: &a {'x' * 1_000}\nb: [{'{*a : 1}, ' * 2_000}]\n")
    assert fault.endswith(f"expected at most {LARGEST_FILE:,} characters")


def test_too_many_values_are_an_error(parser: str) -> None:
    [fault] = faults("[" + "a, " * (MOST_VALUES + 1) + "]")
    assert "holds too much" in fault


@pytest.mark.parametrize("opening, times", [("[", 100_000), ("- ", 100_000), ("{a: ", 5_000), ("? ", 5_000)])
def test_deep_nesting_is_an_error(parser: str, opening: str, times: int) -> None:
    [fault] = faults(opening * times)
    assert fault.endswith(f"this nests too deeply, expected at most {DEEPEST_NESTING} levels")


def test_an_aliased_value_that_is_wrong_is_reported_once(errors_of: ErrorsOf, valid: str) -> None:
    text = valid.replace("  import torch\n", "  import torch\nsources: &links [{title: a, url: b}]\nfurther: *links\n")
    text = text.replace('sources: [{title: A page, url: "https://example.org/page"}]\n', "")
    [error] = errors_of(text)
    assert (error.line, error.column) == (9, 34)


def test_a_key_that_is_a_list_is_an_error(parser: str) -> None:
    assert faults("{[a]: 1}") == ["1:2: this key is a list or a mapping, expected a name"]


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!custom", "!!binary", "!!set", "!!int"])
def test_a_tag_is_refused(parser: str, tag: str) -> None:
    assert faults(f"a: {tag} 1\n") == [f"1:4: tag `{tag}` is not allowed, expected plain YAML without tags"]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 0.001),
        ("3.", 3.0),
        ("-.5", -0.5),
        ("1_000", 1000),
        ("0x10", 16),
        (".inf", float("inf")),
        ("~", None),
        ("on", True),
        ("010", "010"),
        ("1:30", "1:30"),
        ("2024-01-31", "2024-01-31"),
        ("'3'", "3"),
        ("!!str 3", "3"),
        ("9" * 5_000, "9" * 5_000),
    ],
)
def test_a_bare_word_is_read_as_authors_mean_it(parser: str, word: str, value: object) -> None:
    root = compose(f"a: {word}").root
    assert root is not None
    assert root.value == {"a": value}
    assert type(root.value["a"]) is type(value)


def test_a_missing_file_is_a_lesson_error(tmp_path: Path) -> None:
    assert only_error(tmp_path / "a.yaml").message == "there is no such file, expected a YAML file"


def test_a_folder_is_a_lesson_error(tmp_path: Path) -> None:
    assert only_error(tmp_path).message == "this is a folder, expected a YAML file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert only_error(tmp_path / "a.yaml").message == "this is not a regular file, expected a YAML file"


def test_a_device_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("/dev/zero")
    assert only_error(tmp_path / "a.yaml").message == "this is not a regular file, expected a YAML file"


def test_a_socket_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a.yaml")
        assert only_error(tmp_path / "a.yaml").message == "this is not a regular file, expected a YAML file"


def test_a_link_in_a_circle_is_a_lesson_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "a.yaml")
    assert only_error(tmp_path / "a.yaml").message.startswith("the file cannot be read")


def test_a_name_that_no_file_can_have_is_a_lesson_error() -> None:
    assert only_error(Path("a\0.yaml")).message == "this cannot be the name of a file, expected a path"


def test_a_file_that_is_too_large_is_a_lesson_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"#" * (LARGEST_FILE + 1))
    assert "too large" in only_error(tmp_path / "a.yaml").message


def test_bytes_that_are_not_utf8_are_reported_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("schema: 1\ntitle: é".encode() + b"\xff\n")
    error = only_error(tmp_path / "a.yaml")
    assert (error.line, error.column) == (2, 9)
    assert error.message == "the byte 0xff is not UTF-8, expected text in UTF-8"


@pytest.mark.parametrize(
    ("encoding", "line", "column", "message"),
    [
        ("utf-16", 1, 1, "the byte 0xff is not UTF-8, expected text in UTF-8"),
        ("utf-16-le", 1, 15, "the byte 0xe9 is not UTF-8, expected text in UTF-8"),
        ("utf-16-be", 1, 16, "the byte 0xe9 is not UTF-8, expected text in UTF-8"),
        ("utf-32", 1, 1, "the byte 0xff is not UTF-8, expected text in UTF-8"),
        ("latin-1", 1, 8, "the byte 0xe9 is not UTF-8, expected text in UTF-8"),
        ("utf-7", 1, 8, "text cannot begin with"),
    ],
)
def test_an_encoding_other_than_utf8_is_an_error(
    tmp_path: Path, encoding: str, line: int, column: int, message: str
) -> None:
    text = "title: `é`\n" if encoding == "utf-7" else "title: é\n"
    (tmp_path / "a.yaml").write_bytes(text.encode(encoding))
    error = only_error(tmp_path / "a.yaml")
    assert (error.line, error.column) == (line, column)
    assert error.message.startswith(message)


def test_a_byte_order_mark_and_windows_line_breaks_are_fine(tmp_path: Path, valid: str) -> None:
    path = tmp_path / "valid.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + valid.replace("\n", "\r\n").encode())
    assert load_lesson(path).setup == "import torch\n"


# Whatever the bytes, loading gives a lesson or LessonErrors; nothing else gets out.

YAML_PIECES = st.sampled_from([
    *"\n\t :-?,[]{}&*!|>'\"%@`#\\~<=.0a\x85\u2028\ufeff\0",
    "\n  ", "\n- ", ": ", "- ", "? ", "&a ", "*a", "!!str ", "!x ", "|\n", ">-\n", "---\n", "...\n", "%YAML 1.1\n",
    "<<: ", "yes", "1e400", "0x1F", ".nan", '"\\ud800"', '"\\UFFFFFFFF"', "schema: 1\n", "steps: ", "kind: ", "example",
    "id: ", "code: ", "expect: ", "values: ", "requires: ", "choices: ", "2001-01-01", "\r\n", "é", "😀",
])  # fmt: skip
YAML_TEXT = st.lists(YAML_PIECES, max_size=60).map("".join)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "valid.yaml"


def assert_lesson_or_errors(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        assert isinstance(load_lesson(path), Lesson)
    except LessonErrors as raised:
        assert raised.errors
        for error in raised.errors:
            assert error.line >= 1
            assert error.column >= 1
            assert error.message
            assert len(str(error).splitlines()) == 1


@given(content=st.binary(max_size=300))
def test_arbitrary_bytes_load_or_are_reported(parser: str, scratch: Path, content: bytes) -> None:
    assert_lesson_or_errors(scratch, content)


@settings(max_examples=300, deadline=None)
@given(text=YAML_TEXT)
def test_arbitrary_yaml_loads_or_is_reported(parser: str, scratch: Path, text: str) -> None:
    assert_lesson_or_errors(scratch, text.encode())


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_lesson_changed_anywhere_loads_or_is_reported(
    parser: str, scratch: Path, valid: str, data: st.DataObject
) -> None:
    text = valid
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(len(text), begin + 30)))
        text = text[:begin] + data.draw(YAML_TEXT) + text[end:]
    assert_lesson_or_errors(scratch, text.encode())


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_lesson_with_a_value_of_another_type_is_reported_or_loads(
    scratch: Path, valid: str, data: st.DataObject
) -> None:
    lines = valid.split("\n")
    at = data.draw(st.sampled_from([index for index, line in enumerate(lines) if ": " in line]))
    value = data.draw(
        st.sampled_from(["", "[]", "{}", "[[]]", "{a: {b: c}}", "3", "-1.5", ".nan", "off", "''", "text"])
    )
    lines[at] = f"{lines[at].split(': ')[0]}: {value}"
    assert_lesson_or_errors(scratch, "\n".join(lines).encode())


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=100) | YAML_TEXT.map(str.encode))
def test_arbitrary_bytes_as_a_course_are_reported(scratch: Path, content: bytes) -> None:
    (scratch.parent / "course.yaml").write_bytes(content)
    with pytest.raises(LessonErrors):
        load_course(scratch.parent)
