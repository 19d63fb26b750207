"""Names described at every line without any haste, for tests: a summary of each that has changed is made at once.

All of what is in a value is compared by checksums at each position. The quick way of the product is held against this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import FrameType

from tui_torch.probe.inspector.namespace_diff import VARIABLES
from tui_torch.probe.replay.full_comparison import fingerprint_and_summary
from tui_torch.probe.source.frame_locals import has_own_names, local_names
from tui_torch.probe.values.fingerprint import (
    Fingerprint,
    change_between,
)
from tui_torch.probe.values.learner_names import learner_variables
from tui_torch.probe.values.summary import without_elements
from tui_torch.protocol.events import Change, Summary


def visible_names(namespace: Mapping[str, object], frame: FrameType | None) -> tuple[dict[str, object], int]:
    """Return the names that code in a frame sees, with their values, and the number of names left out.

    The function's own names take the place of the module's; without a frame, they are the module's. Of the module and
    of the function, the first VARIABLES each are returned. Names that no inspection shows do not count.
    """
    own = local_names(frame, is_traced=True) if frame is not None and has_own_names(frame) else {}
    outer = _shown({name: value for name, value in tuple(namespace.items()) if name not in own})
    inner = _shown(own)
    names = (*islice(outer.items(), VARIABLES), *islice(inner.items(), VARIABLES))
    return dict(names), len(outer) + len(inner) - len(names)


def _shown(names: Mapping[str, object]) -> dict[str, object]:
    return dict(learner_variables(names))


@dataclass(frozen=True, slots=True)
class _NameState:
    """What is remembered of a name from one position to the next."""

    fingerprint: Fingerprint
    gone: Summary
    """What is shown once the name is gone."""


class VisibleNames:
    """The names that could be seen at one position, as fingerprints; no value is kept alive."""

    def __init__(self, known: dict[str, _NameState] | None = None) -> None:
        self._known = known

    def look(self, seen: Mapping[str, object]) -> tuple[tuple[Summary, ...], VisibleNames]:
        """Return summaries of the names that have changed since this position, and what to compare with next time.

        Names that are gone come last. At the first look, all names are summarized, with the change "same".
        """
        before, first = self._known or {}, self._known is None
        known: dict[str, _NameState] = {}
        summaries: list[Summary] = []
        for name, value in seen.items():
            past = before.get(name)
            fingerprint, summary = fingerprint_and_summary(name, value, None if past is None else past.fingerprint)
            if summary is None:
                if past is not None:
                    known[name] = past
                continue
            change: Change = "same" if first else _change_of(past, fingerprint)
            summaries.append(replace(summary, change=change))
            known[name] = _NameState(fingerprint, without_elements(summary))
        summaries.extend(past.gone for name, past in before.items() if name not in known)
        return tuple(summaries), VisibleNames(known)


def _change_of(past: _NameState | None, now: Fingerprint) -> Change:
    if past is None:
        return "new"
    change = change_between(past.fingerprint, now, True)
    # Something else that a summary shows has changed: a gradient was cleared, requires_grad set, a parameter added.
    return "changed in place" if change == "same" else change
