"""Every colour of the screen, computed from a theme: legible, and told apart, in each theme and each terminal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from textual.color import BLACK, WHITE, Color

from tui_torch.drawing.code_colours import OF_TERMINAL, OF_THEME
from tui_torch.ui.colours.contrast import LINE, TEXT, contrast, difference, is_red, least_contrast, legible
from tui_torch.ui.colours.depth import Depth
from tui_torch.ui.colours.selection import selection_colours

MEANINGS = ("error", "warning", "success", "primary", "secondary", "accent")
"""Colours of a theme that say something. The first keep their hue where two are too much alike."""

APART = 20.0
"""How different the colours of two meanings look at least, if the theme's can be made so; 100 is black to white."""

_APART_OF = {"error": 28.0, "text": 12.0, "muted": 12.0, "accent": 9.0}
"""The same for an error and anything else, for text, and for the accent, which says nothing that no word says."""

_REDS = {Depth.ALL: 14, Depth.MANY: 25}
"""Up to which degree a hue is a red, where only an error is red. Of 256 colours, some are redder than asked."""

_TURNS = (0, 25, -25, 50, -50, 75, -75, 100, -100, 130, -130, 160, 180)
"""Degrees by which a hue is turned until it is apart from others, in the order in which they are tried."""

_SOFT = 0.3
"""The share of the text's colour in a word of code."""

_TINTS = {
    "cursor-ground": ("primary", 0.25),
    "lit-ground": ("primary", 0.22),
    "block-cursor-background": ("primary", 0.25),
    "flash-ground": ("warning", 0.35),
    "row-ground": ("foreground", 0.1),
    "block-cursor-blurred-background": ("foreground", 0.1),
    **{f"{name}-muted": (name, 0.3) for name in MEANINGS},
}
"""Grounds that text of every colour is on: whose colour they have, and the largest share of it."""

_SEEN, _FARTHEST = 1.2, 1.3
"""The contrast that such a ground has against the theme's, about, and what the theme's own panels have at most.

All texts are legible on these, so that farther ones would take the colour out of them.
"""
_OF_MANY = {True: (1.2, 1.5), False: (1.2, 1.4)}
"""The least and the largest of both among 256 colours, of which few are legible on light grounds (False)."""

_STEP = 0.02
"""By how much a share becomes smaller at a time."""

_RULE, _LINE, _DIM = 0.2, 0.6, 0.6
"""How much of its colour is in a line that only divides, in one that says something, and in a curve that is another's
companion."""


def screen_colours(variables: Mapping[str, str], *, depth: Depth) -> dict[str, str]:
    """Return the colours of the screen, by names of variables: Textual's own, changed, and further ones.

    Args:
        variables: Textual's, of the theme.
        depth: The number of colours that the terminal shows. Of 256 or 16, only those are chosen that it has, so that
            what is legible here is so there.
    """
    return dict(_computed(frozenset(variables.items()), depth))


@lru_cache(64)
def _computed(items: frozenset[tuple[str, str]], depth: Depth) -> Mapping[str, str]:
    variables = dict(items)
    if Color.parse(variables["background"]).ansi is not None:
        return _of_terminal(variables)
    return _Palette(variables, depth).colours()


def _of_terminal(variables: Mapping[str, str]) -> dict[str, str]:
    """The same for a theme of the terminal's own 16 colours, of which nobody knows what they look like."""
    text = "ansi_default"
    return {
        **{f"code-{kind}": f"ansi_{name}" if name else text for kind, name in OF_TERMINAL.items()},
        **dict.fromkeys(("line", "faint-line", "rule", "text-disabled", "foreground-disabled"), text),
        **dict.fromkeys(("accent", "text-accent", "footer-key-foreground"), "ansi_magenta"),
        # Among the bright ones, a warning is too much like an error.
        **dict.fromkeys(("warning", "text-warning"), "ansi_yellow"),
        "heading": variables["primary"],
        "code": variables["secondary"],
        "validation-line": variables["primary"],
        # Pixels lie on pixels, and on no ground of the terminal's; all terminals of 256 colours have these.
        "heat-below": "#5fafff",
        "heat-zero": "#303030",
        "heat-above": "#ffaf5f",
        **dict.fromkeys((name for name in _TINTS if not name.startswith("block-cursor")), text),
    }


class _Palette:
    def __init__(self, variables: Mapping[str, str], depth: Depth) -> None:
        self._variables = variables
        self._depth = depth
        self._background = self._ground("background", ())
        # Of 256 colours, the row that is chosen on a surface would have the surface's own.
        surface = self._background if depth is Depth.MANY else self._ground("surface", (self._background,))
        panel = self._ground("panel", (self._background,))
        self._colours = {"background": self._background, "surface": surface, "panel": panel}
        self._grounds = tuple(dict.fromkeys((self._background, surface, panel, self._grey())))
        """What every text is legible on."""
        self._taken: dict[str, Color] = {}
        """Colours that say something, by what they say."""

    def _ground(self, name: str, others: tuple[Color, ...]) -> Color:
        background = Color.parse(self._variables["background"])
        colour = background + Color.parse(self._variables[name])
        match self._depth:
            case Depth.FEW:
                # No two of 16 colours are so near that the same texts are legible on both.
                return BLACK if background.brightness < 0.5 else WHITE
            case Depth.MANY if not others:
                return self._depth.nearest(colour) or colour
            case Depth.MANY:
                near = self._nearer(colour, others[0])
                return near if near == others[0] else self._depth.nearest(near, self._is_seen, others) or near
            case _:
                return self._nearer(colour, others[0]) if others else colour

    @staticmethod
    def _nearer(colour: Color, background: Color) -> Color:
        """The ground of a panel, brought nearer to that of the screen if it is too far away."""
        share = 1.0
        while contrast(shade := background.blend(colour, share), background) > _FARTHEST:
            share -= _STEP
        return shade

    def _is_seen(self, ground: Color) -> bool:
        least, largest = _OF_MANY[self._background.brightness < 0.5]
        # The colours of 256 that are as near as that to the ground are more colourful than any ground.
        return ground.r == ground.g == ground.b and least <= contrast(ground, self._background) < largest

    def _grey(self) -> Color:
        """The ground nearest to the theme's that can be told from it."""
        if self._depth in (Depth.FEW, Depth.NONE):
            return self._background
        text = self._background.get_contrast_text(1.0)
        shades = (self._background.blend(text, share / 100) for share in range(1, 100))
        shade = next(shade for shade in shades if contrast(shade, self._background) >= _SEEN)
        return self._depth.nearest(shade, self._is_seen) or shade

    def colours(self) -> dict[str, str]:
        """All of them."""
        found = self._colours
        strongest = WHITE if self._background == BLACK else BLACK
        foreground = strongest if self._depth is Depth.FEW else Color.parse(self._variables["foreground"])
        found["foreground"] = text = self._text(foreground, ())
        for name in ("muted", "disabled"):
            faint = self._text(self._background + self._faint(name), (text,))
            found[f"foreground-{name}"] = found[f"text-{name}"] = faint
        self._taken = {"text": text, "muted": found["text-muted"]}
        for name in MEANINGS:
            found[name] = found[f"text-{name}"] = self._taken[name] = self._apart(name)
        found["heading"], found["code"] = found["primary"], found["secondary"]
        found |= dict.fromkeys(("footer-foreground", "footer-description-foreground"), text)
        found |= {f"markdown-h{level}-color": found["heading"] for level in range(1, 7)}
        found["footer-key-foreground"] = found["accent"]
        self._add_code()
        self._add_grounds()
        self._add_lines()
        self._add_heat()
        if self._depth is not Depth.NONE:
            found["block-cursor-foreground"] = found["block-cursor-blurred-foreground"] = text
        written = {name: self._depth.written_as(colour).hex for name, colour in found.items()}
        if self._depth is Depth.FEW:
            written["block-cursor-text-style"] = "bold reverse"
        return written | selection_colours(dict(self._variables) | written, self._depth)

    def _faint(self, name: str) -> Color:
        """How the theme has faint text; both names of it say the same."""
        colour = Color.parse(self._variables[f"foreground-{name}"])
        return self._background.get_contrast_text(colour.a) if colour.auto else colour

    def _is_legible(self, colour: Color) -> bool:
        return least_contrast(colour, self._grounds) >= TEXT

    def _text(self, colour: Color, taken: tuple[Color, ...]) -> Color:
        """A colour of text, legible on each ground."""
        wanted = legible(colour, self._grounds, TEXT)
        return (
            self._depth.nearest(wanted, self._is_legible, taken)
            or self._depth.nearest(wanted, self._is_legible)
            or wanted
        )

    def _apart(self, name: str) -> Color:
        """A colour that says something, legible, and unlike those that say something else."""
        colour = Color.parse(self._variables[name])
        if self._depth is Depth.NONE:
            return legible(colour, self._grounds, TEXT)
        if self._depth is Depth.FEW:
            return Color.parse(_SIXTEEN[self._background == BLACK][name])
        asked = {says: _APART_OF.get(says, _APART_OF.get(name, APART)) for says in self._taken}

        def spare(one: Color, reds: float = _REDS[Depth.ALL]) -> float:
            """How much farther it is from the others than it has to be."""
            by = min(difference(one, other) - asked[says] for says, other in self._taken.items())
            return by if name == "error" or not is_red(one, reds) else min(by, 0) - APART

        turned: list[Color] = []
        for degrees in _TURNS:
            turned.append(legible(_turned(colour, degrees), self._grounds, TEXT))
            if spare(turned[-1]) >= 0:
                break
        else:
            turned.append(max(turned, key=spare))
        taken = tuple(self._taken.values())

        def fits(one: Color) -> bool:
            return self._is_legible(one) and spare(one, _REDS[Depth.MANY]) >= 0

        apart = self._depth.nearest(turned[-1], fits, taken)
        return apart or self._text(turned[-1], taken)

    def _add_code(self) -> None:
        """The colours of the words of code: softer ones of the theme's, which stay free for what they say."""
        error = self._taken["error"]

        def fits(one: Color) -> bool:
            return self._is_legible(one) and difference(one, error) >= APART and not is_red(one)

        # Of 16 colours there are too few for that.
        spoken = self._taken if self._depth is not Depth.FEW else ("error", "warning", "success")
        taken = tuple(self._taken[says] for says in spoken)
        for kind, name in OF_THEME.items():
            own = self._variables.get(f"code-{kind}")
            if kind == "class":
                word = self._colours["code-call"]
            elif name == "text-muted":
                word = self._text(Color.parse(own), ()) if own else self._colours[name]
            else:
                soft = Color.parse(own) if own else self._colours[name].blend(self._colours["foreground"], _SOFT)
                word = self._depth.nearest(soft, fits, taken) or self._text(soft, taken)
                taken = (*taken, word)
            self._colours[f"code-{kind}"] = word

    def _add_grounds(self) -> None:
        """Grounds with some colour: as much as leaves every text on them legible."""
        texts = [colour for colour in self._colours.values() if colour not in self._grounds]
        # The text that is the nearest to the ground: the others are legible where it is.
        nearest = min(texts, key=lambda text: contrast(text, self._background))
        for name, (of, share) in _TINTS.items():
            shade = self._background.blend(self._colours[of], share)
            if self._depth is not Depth.NONE:
                self._colours[name] = self._tint(self._colours[of], share, nearest)
            elif not name.startswith("block-cursor"):
                self._colours[name] = shade

    def _tint(self, colour: Color, share: float, text: Color) -> Color:
        def fits(ground: Color) -> bool:
            return contrast(text, ground) >= TEXT

        shade = self._background.blend(colour, share)
        match self._depth:
            case Depth.FEW:
                return self._background
            case Depth.MANY:
                return self._depth.nearest(shade, lambda one: self._is_seen(one) and fits(one)) or self._background
            case _:
                while share > _STEP and not fits(shade):
                    share -= _STEP
                    shade = self._background.blend(colour, share)
                return shade

    def _add_lines(self) -> None:
        text, background = self._colours["foreground"], self._background
        rule = background.blend(text, _RULE)
        self._colours |= {
            "line": self._line(background.blend(text, _LINE)),
            "faint-line": self._line(rule),
            "validation-line": self._line(background.blend(self._colours["primary"], _DIM)),
            "border": self._line(background + Color.parse(self._variables["border"])),
            "rule": self._depth.nearest(rule, lambda one: contrast(one, background) >= 1.1) or rule,
        }

    def _add_heat(self) -> None:
        below, above = (Color.parse(colour) for colour in _HEAT[self._background.brightness < 0.5])
        self._colours |= {
            "heat-below": self._line(below),
            "heat-zero": self._background,
            "heat-above": self._line(above),
        }

    def _line(self, colour: Color) -> Color:
        wanted = legible(colour, (self._background,), LINE)
        return self._depth.nearest(wanted, lambda one: contrast(one, self._background) >= LINE) or wanted


_HEAT = {True: ("#5cb0ff", "#ffa046"), False: ("#1854a8", "#b04600")}
"""Below 0 and above it on a dark ground (True) and a light one: blue and orange, which all tell apart."""


_SIXTEEN = {
    True: dict(zip(MEANINGS, ("#ff5555", "#ffff55", "#55ff55", "#ff55ff", "#55ffff", "#00aaaa"), strict=True)),
    False: dict(zip(MEANINGS, ("#aa0000", "#aa5500", "#0000aa", "#aa00aa", "#5555ff", "#555555"), strict=True)),
}
"""Of 16 colours, those that are legible on black (True) and on white, where no green is."""


def _turned(colour: Color, degrees: int) -> Color:
    """The colour with its hue turned by so many degrees."""
    if not degrees:
        return colour
    hue, saturation, lightness = colour.hsl
    return Color.from_hsl((hue + degrees / 360) % 1, saturation, lightness)
