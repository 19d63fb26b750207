"""Help of a widget that names keys: Textual's help panel shows it with the keys as they are bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tui_torch.ui.keys.bound import keys_of

if TYPE_CHECKING:
    from textual.widget import Widget as _MixedInto
else:
    _MixedInto = object


class HelpOfKeys(_MixedInto):
    """Mixed into a widget, in front of its other bases: its `HELP_OF_KEYS` has keys by their names, such as `{run}`."""

    HELP_OF_KEYS: ClassVar[str] = ""

    def _help_of_keys(self) -> str:
        return keys_of(self.app).spelled_out(self.HELP_OF_KEYS)

    # As Textual asks for it.
    HELP = property(_help_of_keys)  # pyright: ignore[reportAssignmentType]
