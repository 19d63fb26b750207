"""Errors of names that older versions of Python and of packages beside PyTorch had, as older programs write them."""

from __future__ import annotations

import ast
import re
import sys

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.registry import rule

_TODAY = {
    "PIL.Image": {"ANTIALIAS": "LANCZOS", "LINEAR": "BILINEAR", "CUBIC": "BICUBIC"},
    "inspect": {"getargspec": "getfullargspec"},
    "time": {"clock": "perf_counter"},
}
"""The names by which modules have today what they had by others."""
_MOVED = {
    ("collections", name): f"collections.abc.{name}"
    for name in ("Callable", "Iterable", "Iterator", "Mapping", "MutableMapping", "Sequence", "Set")
} | {("fractions", "gcd"): "math.gcd"}
"""What another module has today."""


@rule(r"module '([\w.]+)' has no attribute '(\w+)'", AttributeError)
def older_name(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `Image.ANTIALIAS` and other names that are gone."""
    home, name = found.groups()
    moved = _MOVED.get((home, name))
    if moved is not None:
        return RuleResult(f"`{home}` has no `{name}` any more: it is `{moved}` today.")
    today = _TODAY.get(home, {}).get(name)
    if today is None or home not in sys.modules or today not in vars(sys.modules[home]):
        return None
    fix = None
    if isinstance(case.node, ast.Attribute) and case.node.attr == name:
        fix = SuggestedFix(f"{ast.unparse(case.node.value)}.{today}", None, case.node)
    return RuleResult(f"`{home}` has no `{name}` any more: its name is `{today}` today.", fix, parts=[])
