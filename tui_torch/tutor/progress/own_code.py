"""The learner's own code of an exercise, as progress keeps it: what they typed last, and the last that passed."""

from __future__ import annotations

from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.work import Attempt

BEGIN = f"{'# ---- your code, from here on ':-<80}\n"
END = f"{'# ---- what has run before your code ':-<80}\n"
"""The lines that stand before and behind the learner's code."""


def right_code(progress: Progress, key: str, step_id: str) -> str | None:
    """The code that passed last; None where none did. What was typed since does not take its place."""
    passed = [attempt for attempt in progress.attempts(key, step_id) if attempt.outcome == "passed"]
    return _code_of(passed[-1]) if passed else None


def own_code(progress: Progress, key: str, step_id: str) -> str | None:
    """What the learner has in the app: the draft, or without one the code that passed last; None without either."""
    draft = progress.draft(key, step_id)
    return right_code(progress, key, step_id) if draft is None else draft


def last_try(progress: Progress, key: str, step_id: str, code: str) -> Attempt | None:
    """The last run of that very code; None where it has not been run."""
    found = (one for one in reversed(progress.attempts(key, step_id)) if one.outcome != "set aside")
    return next((one for one in found if is_same(_code_of(one), code)), None)


def typed_since(progress: Progress, key: str, step_id: str, original: str) -> str | None:
    """The code last set aside since some passed, or ever where none did; None where that is all that there is."""
    attempts = progress.attempts(key, step_id)
    passed = [at for at, attempt in enumerate(attempts) if attempt.outcome == "passed"]
    known = [original, *(_code_of(attempts[at]) for at in passed[-1:])]
    since = attempts[passed[-1] if passed else 0 :]
    aside = [one.code for one in since if one.outcome == "set aside" and not _is_one_of(one.code, known)]
    return aside[-1] if aside else None


def in_place_of(code: str, original: str, progress: Progress, key: str, step_id: str) -> str | None:
    """What a reset puts in place of code: the original, then what passed last, then what was typed since.

    None where there is nothing else.
    """
    right, since = right_code(progress, key, step_id), typed_since(progress, key, step_id, original)
    if code == original:
        return since if right is None or is_same(right, code) else right
    if right is not None and is_same(right, code) and since is not None:
        return since
    return original


def code_in(text: str) -> str:
    """The learner's code in the text of a file: what stands between both comments, where they still stand.

    A comment that code stands behind, or that was changed, counts as the learner's own.
    """
    _, begin, after = text.partition(BEGIN)
    code = after if begin else text
    before, end, behind = code.rpartition(END)
    if end and all(line.startswith("#") or not line.strip() for line in behind.splitlines()):
        code = before
    return code.strip("\n") + "\n"


def is_same(code: str, other: str) -> bool:
    """Whether two codes are one but for blank lines around them."""
    return code.strip() == other.strip()


def _is_one_of(code: str, others: list[str]) -> bool:
    return any(is_same(code, other) for other in others)


def _code_of(attempt: Attempt) -> str:
    """The learner's part of what ran, which of a file is all of it."""
    return code_in(attempt.code) if BEGIN in attempt.code else attempt.code
