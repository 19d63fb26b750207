"""A warning that code gives in each step is shown once, whatever the coach reads meanwhile."""

from __future__ import annotations

import warnings

from tui_torch.probe.coach.fixes import inserted_before, statement_at
from tui_torch.probe.source.lines import Source


def test_reading_the_code_does_not_make_python_forget_which_warnings_it_has_shown() -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for _ in range(3):
            warnings.warn("a target of another size", stacklevel=1)
            source = Source("loss.backward()\n")
            statement = statement_at(source, 1, "backward")
            assert statement is not None
            assert inserted_before(source, statement, "opt.zero_grad()") is not None
    assert len(shown) == 1
