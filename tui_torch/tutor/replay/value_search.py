"""Searching a recorded run for a value: `loss < 0.1`, `w is nan`, `model.weight.grad > 2`, `name == 'Ada'`."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from tui_torch.protocol.events import Element, Summary

_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_CONDITION = re.compile(r"(?P<name>.+?)\s*(?P<sign><=|>=|==|!=|<|>|=|\bis\b)\s*(?P<wanted>.+)")
_SIGN = re.compile(r"<=|>=|==|!=|<|>|=|is\b")
_BARE = re.compile(rf"(?P<sign>{_SIGN.pattern})?\s*(?P<wanted>.+)")
_GRADIENT = ".grad"


class UnreadableConditionError(Exception):
    """The condition cannot be read; the message says what is wrong and what can be written, in a sentence."""


@dataclass(frozen=True, slots=True)
class ValueCondition:
    """What a search looks for."""

    name: str
    """A name or a pinned expression; with `.grad`, the gradient of one."""
    sign: str
    """One of `<`, `<=`, `>`, `>=`, `==`, `!=`."""
    wanted: float | str
    """A number, which may be NaN or infinite; or the text of a value that is none, as the row shows it."""

    def __str__(self) -> str:
        wanted = f"{self.wanted:g}" if isinstance(self.wanted, float) else self.wanted
        return f"{self.name} {self.sign} {wanted}"

    def holds(self, summary: Summary) -> bool:
        """Whether any element of a value fulfils the condition, as far as its summary tells.

        Of a tensor of more than 64 elements, minimum, maximum and the counts of zeros and NaN are known.
        """
        if isinstance(self.wanted, str):
            is_equal = summary.kind == "value" and summary.text.strip("'\"") == self.wanted.strip("'\"")
            return is_equal == (self.sign == "==")
        if summary.kind == "value":
            number = _number(summary.text)
            return number is not None and self._compares(number)
        if summary.values is not None:
            return any(self._compares(number) for number in map(_number, summary.values) if number is not None)
        return self._may_hold(summary)

    def _compares(self, number: float) -> bool:
        assert isinstance(self.wanted, float)
        if math.isnan(self.wanted):
            return math.isnan(number) == (self.sign == "==")
        return _COMPARED[self.sign](number, self.wanted)

    def _may_hold(self, summary: Summary) -> bool:
        """Whether some element of a larger tensor holds, by its statistics."""
        found, wanted = summary.statistics, self.wanted
        if found is None or not isinstance(wanted, float):
            return False
        if math.isnan(wanted):
            return found.nan > 0 if self.sign == "==" else found.nan < found.seen
        if found.minimum is None or found.maximum is None:
            return False
        match self.sign:
            case "<" | "<=":
                return self._compares(found.minimum)
            case ">" | ">=":
                return self._compares(found.maximum)
            case "==":
                ends = wanted in (found.minimum, found.maximum)
                return ends or (wanted == 0.0 and found.zeros > 0) or (math.isinf(wanted) and found.inf > 0)
            case _:
                return not (found.minimum == found.maximum == wanted)


def condition_of(text: str, chosen: str | None = None) -> ValueCondition:
    """Read what a learner typed.

    Args:
        text: `loss < 0.1`, `w == 3`, `loss is nan`; without a name (`< 0.1`, `nan`, `3`), of the chosen name.
        chosen: The name that the learner chose among the tensors.

    Raises:
        UnreadableConditionError: The text is no condition, or has no name and none is chosen.
    """
    text = text.strip()
    found = _CONDITION.fullmatch(text)
    if found is None or _SIGN.match(text):
        bare = _BARE.fullmatch(text)
        if bare is None:
            raise UnreadableConditionError("Nothing to search for: write a condition, such as loss < 0.1.")
        name, sign, wanted = chosen, bare["sign"] or "==", bare["wanted"]
    else:
        name, sign, wanted = found["name"], found["sign"], found["wanted"]
    sign = "==" if sign in ("=", "is") else sign
    if name is None:
        raise UnreadableConditionError(f"Of which name? Write for example loss {sign} {wanted}, or choose a row first.")
    number = _number(wanted)
    if number is None and sign not in ("==", "!="):
        raise UnreadableConditionError(f"{wanted} is not a number: write for example {name} {sign} 0.1.")
    return ValueCondition(name, sign, wanted if number is None else number)


def value_named(condition: ValueCondition, summary: Summary) -> Summary | None:
    """The part of a summary that a condition is about: itself, or its gradient; None if it is about another name."""
    if summary.name == condition.name:
        return summary
    if condition.name.endswith(_GRADIENT) and summary.name == condition.name.removesuffix(_GRADIENT):
        return summary.gradient
    return None


def _number(text: Element) -> float | None:
    """A number as a float: `0.1`, `1e-3`, `nan`, `-inf`, `True`; None for everything else."""
    if isinstance(text, str):
        text = {"True": "1", "False": "0"}.get(text, text)
    try:
        return float(text)
    except (ValueError, OverflowError):
        return None
