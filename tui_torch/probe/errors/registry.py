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


RULES: list[ErrorRule] = []
"""Every rule, in the order in which the modules of `rules` are imported: the first that returns a result counts."""


def rule(words: str, *errors: type[BaseException]) -> Callable[[RuleFunction], RuleFunction]:
    """Register the decorated function for errors whose message contains a match.

    Args:
        words: A regular expression, found anywhere in the message.
        errors: The classes of the error, subclasses included; any class if none is given.
    """

    def register(explain: RuleFunction) -> RuleFunction:
        RULES.append(ErrorRule(errors or (Exception,), re.compile(words), explain))
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
