"""The rules by which errors are explained, each chosen by the error's class and the words of its message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tui_torch.probe.errors.case import ErrorCase, RuleResult

RuleFunction = Callable[[ErrorCase, re.Match[str]], RuleResult | None]
"""Explains an error whose message matched; returns None if the error is not the one it knows."""


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """One error that is explained."""

    errors: tuple[type[BaseException], ...]
    words: re.Pattern[str]
    """Found anywhere in the message."""
    explain: RuleFunction
    first: bool
    """Whether it is asked before all those that are not."""


RULES: list[ErrorRule] = []
"""Every rule, those that are to be `first` before the others, and else in the order of their imports."""


def rule(words: str, *errors: type[BaseException], first: bool = False) -> Callable[[RuleFunction], RuleFunction]:
    """Register the decorated function for errors whose message contains a match.

    Args:
        words: A regular expression, found anywhere in the message.
        errors: The classes of the error, subclasses included; any class if none is given.
        first: Ask this rule before all that were registered without it.
    """

    def register(explain: RuleFunction) -> RuleFunction:
        known = ErrorRule(errors or (Exception,), re.compile(words), explain, first)
        RULES.insert(sum(other.first for other in RULES) if first else len(RULES), known)
        return explain

    return register


def explain_by_rules(case: ErrorCase, message: str) -> RuleResult | None:
    """Return the result of the first rule that knows the error; None if none does."""
    cls = type(case.error)
    for known in RULES:
        if not issubclass(cls, known.errors):
            continue
        found = known.words.search(message)
        if found is not None and (result := known.explain(case, found)) is not None:
            return result
    return None
