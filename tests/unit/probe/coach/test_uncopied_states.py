"""A state that is kept without a copy gets the import of `copy` too where the program has none."""

from __future__ import annotations

from typing import Any

from tests.unit.probe.coach.mistakes_of_states import STATES
from tests.unit.probe.coach.runs import notes_of
from tui_torch.probe.coach.fixes import applied

_OWN_IMPORTS = """\
from __future__ import annotations
import torch
import torch.nn.functional as F
from torch import nn
"""


def test_the_import_of_copy_is_suggested_where_there_is_none() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    code = _OWN_IMPORTS + STATES["the best state without a copy"].code
    [note] = notes_of(code, names)
    assert note.suggested_fix == "import copy\nbest_state = copy.deepcopy(model.state_dict())"
    before = [value.clone() for value in names["best_state"].values()]
    assert all(map(_equal, before, names["model"].state_dict().values()))
    mended = applied(code, note.edits)
    names = {"__name__": "__main__"}
    assert notes_of(mended.replace("model.load_state_dict(best_state)", "step()"), names) == []
    assert not any(map(_equal, names["best_state"].values(), names["model"].state_dict().values()))


def _equal(one: Any, other: Any) -> bool:
    return bool((one == other).all())
