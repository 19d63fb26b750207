"""What is being written at the cursor: a name, an attribute, an argument, an import, a key; and in which call."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field

_TEXT = re.compile(r"([rRbBuUfFtT]{0,2})(\"{3}|'{3}|\"|')")
_OTHER = re.compile(
    r"""
    (?P<comment>\#[^\n]*) | (?P<name>[^\W\d]\w*) | (?P<number>\d[\w.]*|\.\d\w*)
    | (?P<opens>[(\[{]) | (?P<closes>[)\]}]) | (?P<space>[ \t\f]+|\\\n) | (?P<end>\n) | (?P<other>\*\*|:=|[=!<>]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEGINS = re.compile(r"^(?=(?:def|class|async|import|from)\b|@)", re.MULTILINE)
"""Where a statement at the left edge certainly begins."""
_CERTAIN_WITHIN = 20_000
"""Characters before the cursor in which such a statement is looked for."""
_READ = 4_000
"""Characters before the cursor that are read where there is no better place to begin, at least."""
_AT_THE_LEFT = re.compile(r"^[^\W\d]", re.MULTILINE)
"""Where a statement at the left edge may begin."""
_NO_CALLERS = frozenset(keyword.kwlist) - {"None", "True", "False"}
_FROM = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+\(?[\w \t\n,]*?([^\W\d]\w*|)$")
_IMPORT = re.compile(r"^[ \t]*(?:from|import(?:[\w \t,.]*,)?)[ \t]+((?:[^\W\d]\w*\.)*)([^\W\d]\w*|)$")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of code."""

    kind: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class OpenCall:
    """The call that the cursor is in the brackets of."""

    function: str
    """Its expression."""
    begin: int
    """Index of the function's first character."""
    position: int
    """Number of arguments before the one at the cursor."""
    keyword: str = ""
    """The name of the argument at the cursor, where that is written."""
    given: tuple[str, ...] = ()
    """The names of the arguments before it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is being written where the cursor is."""

    prefix: str
    """What is written of the name."""
    of: str | None = None
    """The expression whose attribute it is."""
    module: str | None = None
    """The module from which it is imported."""
    package: str | None = None
    """The package of which it is a module, in an import; empty for a module in none."""
    keys_of: str | None = None
    """The expression whose key it is."""
    begins_argument: bool = False
    """Whether an argument of the call begins with it."""
    call: OpenCall | None = None
    is_completed: bool = True
    """Whether it is the name of something that there may be: not in a text, and not where a name is given."""

    @property
    def is_name(self) -> bool:
        """Whether it is a name of the code, or of an argument."""
        return self.of is None and self.module is None and self.package is None and self.keys_of is None


@dataclass(slots=True)
class _Bracket:
    """A bracket that is open."""

    at: int
    """Index of its token."""
    commas: list[int] = field(default_factory=list[int])
    """Indices of the tokens that are commas directly in it."""


def read_from(before: str) -> int:
    """From where on code is read that says what is being written at its end: 0 unless it is long.

    In long code that is the first line at the left edge, not far above. A bracket or a text that has been open since
    before that is not known of.
    """
    far = len(before) - _READ
    if far <= 0:
        return 0
    line = before.rfind("\n", 0, far) + 1
    found = _AT_THE_LEFT.search(before, line)
    return line if found is None else found.start()


def place_of(before: str) -> Place:
    """What is being written, given the code until the cursor."""
    begins = [found.start() for found in _BEGINS.finditer(before, max(0, len(before) - _CERTAIN_WITHIN))]
    shift = begins[-1] if begins else read_from(before)
    code = before[shift:]
    tokens: list[Token] = []
    open_text = _divided(code, tokens)
    ends_in_no_code = bool(tokens) and tokens[-1].kind in ("comment", "number") and tokens[-1].end == len(code)
    tokens = [token for token in tokens if token.kind not in ("space", "comment")]
    if open_text is not None:
        quoted, letters = open_text
        if "f" in letters.lower() and (field_begin := _open_field(quoted)) is not None:
            return place_of(quoted[field_begin:])
    line = code[code.rfind("\n") + 1 :]
    if open_text is None and not ends_in_no_code:
        if (found := _FROM.match(line)) is not None:
            return Place(found[2], module=found[1])
        if (found := _IMPORT.match(line)) is not None:
            return Place(found[2], package=found[1].rstrip("."))
    prefix = ""
    if open_text is None and tokens and tokens[-1].kind == "name" and tokens[-1].end == len(code):
        prefix = code[tokens.pop().begin :]
    parsed = _Parsed(code, tokens)
    call = parsed.call(shift)
    if open_text is not None:
        keys_of = parsed.before(len(tokens) - 1, "[")
        if keys_of is None or "\n" in open_text[0]:
            return Place("", call=call, is_completed=False)
        return Place(open_text[0], keys_of=keys_of, call=call)
    if ends_in_no_code:
        return Place("", call=call, is_completed=False)
    if parsed.text(-1) == ".":
        of = parsed.before(len(tokens) - 1, ".")
        return Place(prefix, of=of, call=call, is_completed=of is not None)
    if parsed.gives_a_name():
        return Place(prefix, call=call, is_completed=False)
    return Place(prefix, begins_argument=parsed.begins_argument(), call=call)


def expression_at(line: str, column: int) -> str:
    """The name under or directly before the cursor, with what it is an attribute of; empty if there is none."""
    end = column
    while end < len(line) and (line[end].isalnum() or line[end] == "_"):
        end += 1
    found = place_of(line[:end])
    if not found.prefix or not (found.is_name or found.of is not None):
        return ""
    return found.prefix if found.of is None else f"{found.of}.{found.prefix}"


def _divided(code: str, tokens: list[Token]) -> tuple[str, str] | None:
    """Divide code into tokens; return the text that is open at its end, if one is, and the letters before its quote."""
    at = 0
    while at < len(code):
        if (text := _TEXT.match(code, at)) is not None:
            end = _end_of_text(code, text.end(), text[2])
            if end is None:
                return code[text.end() :], text[1]
            tokens.append(Token("text", at, end))
            at = end
            continue
        found = _OTHER.match(code, at)
        assert found is not None
        tokens.append(Token(found.lastgroup or "", at, found.end()))
        at = found.end()
    return None


def _end_of_text(code: str, at: int, quote: str) -> int | None:
    """Where a text ends that was opened by `quote`; None if it is open at the end of the code."""
    while at < len(code):
        if code[at] == "\\":
            at += 2
        elif code.startswith(quote, at):
            return at + len(quote)
        elif code[at] == "\n" and len(quote) == 1:
            return at  # Python would complain; what follows is code again
        else:
            at += 1
    return None


def _open_field(quoted: str) -> int | None:
    """Where the code of a replacement field begins that an f-string ends in."""
    begin, depth, at = None, 0, 0
    while at < len(quoted):
        character = quoted[at]
        if depth == 0 and quoted.startswith(("{{", "}}"), at):
            at += 2
            continue
        if character == "{":
            depth += 1
            begin = at + 1 if depth == 1 else begin
        elif character == "}":
            depth -= 1
        elif character == ":" and depth == 1:
            begin = None  # a format, and no code
        at += 1
    return begin if depth > 0 else None


class _Parsed:
    """Tokens before the cursor, and which brackets belong together."""

    def __init__(self, code: str, tokens: list[Token]) -> None:
        self._code = code
        self._tokens = tokens
        self._pairs: dict[int, int] = {}
        """The token that opens what each closing one closes."""
        self._open: list[_Bracket] = []
        for number, token in enumerate(tokens):
            if token.kind == "opens":
                self._open.append(_Bracket(number))
            elif token.kind == "closes" and self._open:
                self._pairs[number] = self._open.pop().at
            elif self._open and self.text(number) == ",":
                self._open[-1].commas.append(number)

    def text(self, number: int) -> str:
        """A token as it is written; empty beyond the first one."""
        if number >= len(self._tokens) or number < -len(self._tokens):
            return ""
        token = self._tokens[number]
        return self._code[token.begin : token.end]

    def before(self, number: int, text: str) -> str | None:
        """The expression that ends before a token, if that is written so; None if none does."""
        begin = self._expression(number - 1) if number >= 0 and self.text(number) == text else None
        return None if begin is None else self._code[begin : self._tokens[number].begin]

    def gives_a_name(self) -> bool:
        """Whether the next name is given to something there: a function, a parameter, the target of a loop."""
        if self.text(-1) in ("def", "class", "for", "as", "lambda", "global", "nonlocal"):
            return True
        if not self._open or self.text(-1) not in ("(", ",", "*", "**"):
            return False
        bracket = self._open[-1].at
        return self.text(bracket) == "(" and self.text(bracket - 2) == "def" if bracket >= 2 else False

    def begins_argument(self) -> bool:
        """Whether what comes next begins an argument of the innermost call."""
        if not self._open or self.text(self._open[-1].at) != "(" or self._function(self._open[-1]) is None:
            return False
        return len(self._tokens) - 1 in (self._open[-1].at, *self._open[-1].commas)

    def call(self, shift: int) -> OpenCall | None:
        """The innermost call that is open; `shift`: characters before the first token's line of code."""
        for bracket in reversed(self._open):
            begin = self._function(bracket)
            if begin is None:
                continue  # it only groups
            names = [self._argument_name(number + 1) for number in (bracket.at, *bracket.commas)]
            given = tuple(name for name in names[:-1] if name)
            function = self._code[begin : self._tokens[bracket.at].begin]
            return OpenCall(function, shift + begin, len(bracket.commas), names[-1], given)
        return None

    def _function(self, bracket: _Bracket) -> int | None:
        """Where the expression begins that a bracket calls; None if it calls nothing."""
        if self.text(bracket.at) != "(":
            return None
        begin = self._expression(bracket.at - 1)
        number = next((number for number, token in enumerate(self._tokens) if token.begin == begin), 0)
        return None if number > 0 and self.text(number - 1) in ("def", "class") else begin

    def _argument_name(self, first: int) -> str:
        """The name of the argument that begins at a token; empty for one without a name."""
        is_named = first < len(self._tokens) and self._tokens[first].kind == "name" and self.text(first + 1) == "="
        return self.text(first) if is_named else ""

    def _expression(self, last: int) -> int | None:
        """Where the name, attribute, call or item begins that ends in a token; None if none does."""
        number = last
        while number >= 0:
            token = self._tokens[number]
            if token.kind == "closes":
                if number not in self._pairs:
                    return None
                number = self._pairs[number]
                if number > 0 and (self._tokens[number - 1].kind in ("closes", "text") or self._is_name(number - 1)):
                    number -= 1
                    continue
                return self._tokens[number].begin
            if token.kind != "text" and not self._is_name(number):
                return None
            if number < 2 or self.text(number - 1) != ".":
                return token.begin
            number -= 2
        return None

    def _is_name(self, number: int) -> bool:
        return self._tokens[number].kind == "name" and self.text(number) not in _NO_CALLERS
