"""YAML to plain data, with the position of every key and value, and every fault as a sentence, not an exception."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any, cast

import yaml

from tui_torch.course.naming import in_backticks
from tui_torch.course.problem import Loc, Problem
from tui_torch.protocol.late_dataclass import dataclass

LARGEST_FILE = 1 << 20
"""Maximum size of a file, in bytes."""
MOST_VALUES = 10_000
"""Maximum number of values in a file; an alias counts as all the values that it stands for."""
DEEPEST_NESTING = 32
"""Maximum depth of lists and mappings."""
_TOO_DEEP = f"this nests too deeply, expected at most {DEEPEST_NESTING} levels"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLOCK_HEADER = re.compile(r"\|[-+0-9]*\s*(#.*)?$")
_STEP_KINDS = {"example", "quiz", "exercise"}

# The parts of YAML 1.1 that authors rely on, with the numbers of YAML 1.2 (`1e-3`); no dates, and `010` is not 8.
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {
    variant: truth
    for words, truth in (("yes on true", True), ("no off false", False))
    for word in words.split()
    for variant in (word, word.capitalize(), word.upper())
}
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*(_[0-9]+)*|0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+)")
_FLOAT = re.compile(r"[-+]?((\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MOST_DIGITS = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file. Lines and columns count from 1."""

    line: int
    column: int
    message: str


@dataclass(slots=True)
class Node:
    """One value of a file, and its position. Lines and columns count from 1."""

    line: int
    column: int
    value: Any
    """Plain data: None, bool, int, float, str, list, or dict with text keys. Aliases share it."""
    text: str = ""
    """For a scalar: the text as written, before YAML turns it into a number, a bool or None."""
    style: str = ""
    """For a scalar: `|`, `>`, a quote, or empty for plain text."""
    children: dict[str | int, Node] = field(default_factory=dict["str | int", "Node"])
    keys: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """(line, column) of each key of a mapping."""
    faulty: bool = False
    """Whether a fault about this value has been reported."""
    size: int = 1
    """Number of values in it, including itself; an alias counts as all the values that it stands for."""
    length: int = 0
    """Number of characters of text in it, including keys; an alias counts as all that it stands for."""
    height: int = 0
    """Depth of the nesting inside it; 0 for a scalar."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text, as data."""

    root: Node | None
    """None if the text cannot be read as one document."""
    faults: tuple[Fault, ...]
    lines: tuple[str, ...]

    def fault(self, problem: Problem) -> Fault | None:
        """Where a problem shows in the text; None if a fault about that value has been reported.

        A missing key is reported at the mapping that lacks it. A line of a snippet is reported at that line if the
        snippet is a literal block.
        """
        node = self.root
        assert node is not None
        path = _without_kinds(problem.loc)
        for place, part in enumerate(path):
            if node.faulty:
                return None
            if problem.at_key and place == len(path) - 1 and str(part) in node.keys:
                return Fault(*node.keys[str(part)], problem.sentence)
            if part not in node.children:
                break
            node = node.children[part]
        if node.faulty:
            return None
        if problem.line:
            return self._in_snippet(node, problem)
        return Fault(node.line, node.column, problem.sentence)

    def _in_snippet(self, node: Node, problem: Problem) -> Fault:
        snippet = str(node.value).split("\n")
        if node.style != "|":
            where = f"line {problem.line} of it: " if len(snippet) > 1 and snippet[1] else ""
            return Fault(node.line, node.column, where + problem.sentence)
        header = node.line
        # There may be an anchor or a comment between the value's start and its `|`.
        while header < len(self.lines) and not _BLOCK_HEADER.search(self.lines[header - 1]):
            header += 1
        line = min(header + problem.line, len(self.lines))
        indent = len(self.lines[line - 1]) - len(snippet[min(problem.line, len(snippet)) - 1])
        return Fault(line, max(0, indent) + problem.column, problem.sentence)


def compose(text: str) -> Document:
    """Read one YAML document. Never raises: the document's `faults` say what is wrong."""
    lines = tuple(_LINE_BREAK.split(text))
    if strange := _UNPRINTABLE.search(text):
        before = _LINE_BREAK.split(text[: strange.start()])
        code = f"U+{ord(strange.group()):04X}"
        fault = Fault(len(before), len(before[-1]) + 1, f"the character {code} is not allowed in YAML, expected text")
        return Document(None, (fault,), lines)
    composer = _Composer()
    try:
        for event in cast("Any", yaml.parse(text, Loader=_LOADER)):  # pyright: ignore[reportUnknownMemberType]
            composer.add_event(event)
    except _HopelessError as hopeless:
        return Document(None, (*composer.faults, hopeless.fault), lines)
    except yaml.YAMLError as error:
        return Document(None, (*composer.faults, _syntax_fault(error, lines)), lines)
    except (ValueError, OverflowError) as error:
        # PyYAML's scanner in Python raises these for escapes and directives with numbers that are too large.
        return Document(None, (*composer.faults, Fault(1, 1, f"this is not YAML ({error}), expected a mapping")), lines)
    if composer.root is None:
        return Document(None, (Fault(1, 1, "the file is empty, expected keys with values"),), lines)
    return Document(composer.root, tuple(composer.faults), lines)


class _HopelessError(Exception):
    """The rest of the text cannot be read."""

    def __init__(self, mark: Any, message: str) -> None:
        self.fault = Fault(mark.line + 1, mark.column + 1, message)


@dataclass(slots=True)
class _Open:
    """A list or mapping that has begun but not ended."""

    node: Node
    is_list: bool
    anchor: str | None
    key: str | None = None
    """The key whose value comes next."""
    dropped: bool = False
    """Whether that key is wrong, so that its value is dropped."""


class _Composer:
    """Builds nodes from YAML's events.

    PyYAML's own composer recurses (in C, without a limit), takes the last of two equal keys and expands aliases without
    a limit. This one keeps its own stack and counts.
    """

    def __init__(self) -> None:
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        """The node of each anchor; None for a list or mapping that has not ended."""
        self._read = 0

    def add_event(self, event: Any) -> None:
        """Add the next event of the parser. Raises _HopelessError."""
        match event:
            case yaml.ScalarEvent():
                node = self._scalar(event)
                if event.anchor is not None:
                    self._anchors[event.anchor] = node
                self._add(node, event)
            case yaml.AliasEvent():
                self._add(self._anchored(event), event)
            case yaml.MappingStartEvent():
                self._begin(event, is_list=False)
            case yaml.SequenceStartEvent():
                self._begin(event, is_list=True)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end(event)
            case yaml.DocumentStartEvent() if self.root is not None:
                raise _HopelessError(event.start_mark, "a second document begins here, expected one in a file")
            case _:
                pass

    def _begin(self, event: Any, is_list: bool) -> None:
        if len(self._stack) >= DEEPEST_NESTING:
            raise _HopelessError(event.start_mark, _TOO_DEEP)
        node = _node(event, None)
        self._check_tag(event, node, {"tag:yaml.org,2002:seq" if is_list else "tag:yaml.org,2002:map"})
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(node, is_list, event.anchor))

    def _end(self, event: Any) -> None:
        ended = self._stack.pop()
        node = ended.node
        if ended.is_list:
            node.value = [child.value for child in node.children.values()]
        else:
            node.value = {key: child.value for key, child in node.children.items()}
        if ended.anchor is not None:
            self._anchors[ended.anchor] = node
        self._add(node, event)

    def _scalar(self, event: Any) -> Node:
        text: str = event.value
        node = _node(event, text)
        node.text, node.style, node.length = text, event.style or "", len(text)
        self._check_tag(event, node, {"!", "tag:yaml.org,2002:str"})
        if _SURROGATE.search(text):
            self._fault(node, "half a character (a surrogate) is escaped here, expected whole ones")
            node.value = ""
        elif event.tag is None and not node.style:
            node.value = _plain(text)
        return node

    def _anchored(self, event: Any) -> Node:
        name = event.anchor
        if name not in self._anchors:
            node = _node(event, None)
            self._fault(
                node,
                f"alias {in_backticks('*' + name)} has no anchor, expected quotes around text that begins with `*`",
            )
            return node
        node = self._anchors[name]
        if node is None:
            raise _HopelessError(
                event.start_mark, f"alias {in_backticks('*' + name)} stands inside its own anchor, expected an end"
            )
        if len(self._stack) + node.height > DEEPEST_NESTING:
            raise _HopelessError(event.start_mark, _TOO_DEEP)
        return node

    def _add(self, node: Node, event: Any) -> None:
        """Put a complete value at the root, into the open list, or into the open mapping."""
        self._read += 1
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        into = parent.node
        if parent.is_list:
            into.children[len(into.children)] = node
        elif parent.key is None:
            parent.key, parent.dropped = self._key(into, node)
            into.length += node.length
            self._check_size(into, event)
            return
        else:
            if not parent.dropped:
                into.children[parent.key] = node
            parent.key = None
        into.size += node.size
        into.length += node.length
        into.height = max(into.height, node.height + 1)
        self._check_size(into, event)

    def _check_size(self, node: Node, event: Any) -> None:
        if max(node.size, self._read) > MOST_VALUES:
            most = f"{MOST_VALUES:,} values"
        elif node.length > LARGEST_FILE:
            # Only aliases can get here: one long snippet that would be parsed a thousand times.
            most = f"{LARGEST_FILE:,} characters"
        else:
            return
        message = f"the file holds too much with its aliases expanded, expected at most {most}"
        raise _HopelessError(event.start_mark, message)

    def _key(self, mapping: Node, node: Node) -> tuple[str, bool]:
        """A key's text as written, whatever YAML reads it as (`on`, `1`), and whether to drop it."""
        if isinstance(node.value, list | dict):
            self.faults.append(Fault(node.line, node.column, "this key is a list or a mapping, expected a name"))
            return "", True
        key = node.text
        if key in mapping.keys:
            first = mapping.keys[key][0]
            message = f"key {in_backticks(key)} is here a second time (the first is on line {first}), expected it once"
            self.faults.append(Fault(node.line, node.column, message))
            return key, True
        mapping.keys[key] = (node.line, node.column)
        return key, False

    def _fault(self, node: Node, message: str) -> None:
        node.faulty = True
        self.faults.append(Fault(node.line, node.column, message))

    def _check_tag(self, event: Any, node: Node, allowed: set[str]) -> None:
        if event.tag is not None and event.tag not in allowed:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._fault(node, f"tag {in_backticks(tag)} is not allowed, expected plain YAML without tags")


def _node(event: Any, value: Any) -> Node:
    return Node(event.start_mark.line + 1, event.start_mark.column + 1, value)


def _plain(text: str) -> Any:
    """The value of an unquoted word."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in "-+.0123456789" or len(text) > _MOST_DIGITS:
        return text
    if _INT.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _without_kinds(loc: Loc) -> Loc:
    """The path without a step's kind, which pydantic adds to paths that go through a step."""
    match loc:
        case ("steps", int(), str(kind), *_) if kind in _STEP_KINDS:
            return (*loc[:2], *loc[3:])
        case _:
            return loc


def _syntax_fault(error: yaml.YAMLError, lines: tuple[str, ...]) -> Fault:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Fault(1, 1, "this is not YAML, expected keys with values")
    reason = error.problem or error.context or "it cannot be read"
    mark = error.problem_mark or error.context_mark
    if "nesting depth" in reason:
        # libyaml's own limit, which it can reach while it looks ahead.
        message = _TOO_DEEP
    elif "unexpected end of stream" in reason and error.context_mark is not None:
        mark, message = error.context_mark, "this quote is never closed, expected another at the end of the text"
    elif (error.context or "").startswith("while parsing a flow"):
        message = "a list or mapping in brackets goes wrong here, expected a comma or the closing bracket"
        if mark is not None and mark.line >= len(lines) - 1 and error.context_mark is not None:
            mark, message = (
                error.context_mark,
                "this bracket is never closed, expected another at the end of its entries",
            )
    elif (error.context or "").startswith("while scanning a block scalar"):
        mark = error.context_mark
        message = (
            "text that begins with > or | goes on in the lines below, expected quotes around what is meant as it is"
        )
    elif "mapping values are not allowed" in reason:
        message = "this `:` begins a value where none can stand, expected quotes around text with a `: ` in it"
    elif "cannot start any token" in reason and mark is not None:
        character = lines[mark.line][mark.column : mark.column + 1] if mark.line < len(lines) else ""
        if character == "\t":
            message = "a tab cannot indent YAML, expected spaces"
        else:
            message = f"text cannot begin with {character}, expected quotes around it"
    elif "expected key" in reason or "<block end>" in reason or "'-' indicator" in reason:
        message = "this line does not fit in with those above it, expected a key or an entry at their indentation"
    else:
        message = f"this is not YAML ({reason}), expected keys with values"
    # libyaml puts the end of the text on an extra line.
    return Fault(min(mark.line + 1, len(lines)), mark.column + 1, message) if mark is not None else Fault(1, 1, message)
