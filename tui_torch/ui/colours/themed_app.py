"""An app whose colours are legible in each theme and in each terminal."""

from __future__ import annotations

from textual.app import App

from tui_torch.ui.colours.depth import Depth
from tui_torch.ui.colours.screen_colours import screen_colours


class ThemedApp(App[None]):
    """An app with the variables that the styles of the tutor's widgets are written with."""

    def get_css_variables(self) -> dict[str, str]:
        """Textual's variables of the theme, changed so that each text can be read, and further ones."""
        variables = super().get_css_variables()
        # The same mapping: what is styled by content looks a colour up in it.
        variables.update(screen_colours(variables, depth=Depth.of(self)))
        return variables
