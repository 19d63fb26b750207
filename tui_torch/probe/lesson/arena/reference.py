"""The names that checks find besides those of the answer: the solution's, and those of an exercise's `reference`."""

from __future__ import annotations

from typing import Any

from tui_torch.probe.lesson.arena.drawn_inputs import DeclarationError
from tui_torch.probe.lesson.namespace import seed
from tui_torch.probe.values.evaluate import error_line
from tui_torch.protocol.grading.asked import GradedBy


class Reference:
    """The names, which are there once one asks. They are never among those of the answer."""

    def __init__(self, by: GradedBy) -> None:
        self._by = by
        self._names: dict[str, Any] | None = None
        self._hidden: dict[str, Any] = {}

    @property
    def names(self) -> dict[str, Any]:
        """All of them. Raises DeclarationError if the solution or the `reference` raises."""
        if self._names is None:
            names: dict[str, Any] = {"__name__": "__reference__"}
            for code in self._by.standing:
                _run(code, "the solution", names)
            before = dict(names)
            _run(self._by.reference, "the `reference`", names)
            self._hidden = {
                name: value
                for name, value in names.items()
                if not name.startswith("__") and (name not in before or before[name] is not value)
            }
            _run(self._by.solution, "the solution", names)
            self._names = names
        return self._names

    @property
    def hidden(self) -> dict[str, Any]:
        """What the `reference` alone has made. Raises what `names` raises."""
        if not self._by.reference:
            return {}
        assert self.names
        return self._hidden


def _run(code: str, what: str, names: dict[str, Any]) -> None:
    try:
        seed(0)
        exec(compile(code, f"<{what}>", "exec", dont_inherit=True), names)
    except Exception as error:
        raise DeclarationError(f"{what} raised {error_line(error)}") from None
