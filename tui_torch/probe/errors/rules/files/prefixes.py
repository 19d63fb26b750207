"""Errors of saved states whose names have a prefix that the model's do not have, `module.`, or the other way round."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import LONGEST_FIX, ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.registry import rule

_WRAPPERS = {"module.": "`nn.DataParallel` or `DistributedDataParallel`", "_orig_mod.": "`torch.compile`"}
"""What puts a prefix before every name, by the prefix."""


@rule(r"Error\(s\) in loading state_dict for (\w+):", RuntimeError, first=True)
def prefixed_names(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a state that was saved from a wrapped model, or is loaded into one."""
    text = str(case.error)
    missing, unexpected = _keys(text, "Missing"), _keys(text, "Unexpected")
    call = case.call("load_state_dict")
    held = case.argument(call, 0, "state_dict")
    if (prefix := _prefix(unexpected, missing)) is not None:
        wrapper, path = _wrapper(prefix), _path(prefix)
        why = f"{wrapper} puts it before every name" if wrapper else "the model was a part of another, under that name"
        fix = None
        if call is not None and held is not None:
            anew = f"{{k.removeprefix({prefix!r}): v for k, v in ({ast.unparse(held)}).items()}}"
            fix = SuggestedFix(rewritten(call, {held: anew}), None, call)
        return RuleResult(
            f"The saved names begin with `{prefix}`, and this model's do not: {why}. Take it off, or save the state of "
            f"the model inside, `model{path}.state_dict()`.",
            fix if fix is not None and len(fix.text) <= LONGEST_FIX else None,
        )
    if (prefix := _prefix(missing, unexpected)) is not None:
        wrapper, path = _wrapper(prefix), _path(prefix)
        why = f"{wrapper} puts it before every name" if wrapper else "what was saved is a part of this model"
        fix = None
        if call is not None and isinstance(call.func, ast.Attribute):
            fix = SuggestedFix(rewritten(call, {call.func.value: f"{{}}{path}"}), None, call)
        return RuleResult(
            f"This model's names begin with `{prefix}`, and the saved ones do not: {why}. Load the state into the "
            f"model inside, `model{path}`.",
            fix if fix is not None and len(fix.text) <= LONGEST_FIX else None,
        )
    return None


def _keys(text: str, kind: str) -> set[str]:
    """Return the names that the message lists as missing or unexpected."""
    line = re.search(rf'{kind} key\(s\) in state_dict: ("[^\n]*")', text)
    names = set(re.findall(r'"([^"]+)"', line[1])) if line is not None else set()
    # PyTorch makes up this one where a state lacks it, and does not call it missing.
    return {name for name in names if name.rpartition(".")[2] != "num_batches_tracked"}


def _prefix(longer: set[str], shorter: set[str]) -> str | None:
    """Return what stands before each of some names in the others, `module.`; None if they are not that."""
    first = min(shorter, default="")
    for name in longer:
        prefix = name.removesuffix(first)
        if first and prefix != name and prefix.endswith(".") and longer == {prefix + one for one in shorter}:
            return prefix
    return None


def _wrapper(prefix: str) -> str | None:
    parts = [f"{part}." for part in prefix[:-1].split(".")]
    names = [_WRAPPERS[part] for part in parts if part in _WRAPPERS]
    return " around ".join(names) if len(names) == len(parts) else None


def _path(prefix: str) -> str:
    """Return how the part of a model is reached whose names begin with a prefix: `.net[0]`."""
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in prefix[:-1].split("."))
