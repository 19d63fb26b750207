"""The rules by which errors are explained: which error each is for, told by its class and its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tui_torch.probe.errors.case import Case, Told

Telling = Callable[[Case, re.Match[str]], Told | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One error that is explained."""

    errors: tuple[type[BaseException], ...]
    words: re.Pattern[str]
    tell: Telling


RULES: list[Rule] = []


def rule(words: str, *errors: type[BaseException]) -> Callable[[Telling], Telling]:
    """Explain the errors whose message matches `words` (a regular expression, found anywhere in it); of any class when
    none is given. The first rule that has something to say is the one that is heard."""

    def add(tell: Telling) -> Telling:
        RULES.append(Rule(errors or (Exception,), re.compile(words), tell))
        return tell

    return add


def tell(case: Case, message: str) -> Told | None:
    """What the first rule says that knows the error; None when none does."""
    cls = type(case.error)
    for known in RULES:
        if not issubclass(cls, known.errors):
            continue
        found = known.words.search(message)
        if found is not None and (told := known.tell(case, found)) is not None:
            return told
    return None
