"""The signs and names that characters and commands of LaTeX stand for."""

from __future__ import annotations

import unicodedata
from functools import cache

from pylatexenc.latex2text import get_default_latex_context_db

from tui_torch.formulas.tree import Atom, AtomKind

_SIGNS: dict[AtomKind, str] = {
    # Name, Unicode, ASCII.
    "ordinary": """
        alpha α alpha, beta β beta, gamma γ gamma, delta δ delta, epsilon ε epsilon, varepsilon ε epsilon, zeta ζ zeta,
        eta η eta, theta θ theta, vartheta ϑ theta, iota ι iota, kappa κ kappa, lambda λ lambda, mu μ mu, nu ν nu,
        xi ξ xi, pi π pi, rho ρ rho, varrho ϱ rho, sigma σ sigma, varsigma ς sigma, tau τ tau, upsilon υ upsilon,
        phi φ phi, varphi φ phi, chi χ chi, psi ψ psi, omega ω omega, Gamma Γ Gamma, Delta Δ Delta, Theta Θ Theta,
        Lambda Λ Lambda, Xi Ξ Xi, Pi Π Pi, Sigma Σ Sigma, Upsilon Υ Upsilon, Phi Φ Phi, Psi Ψ Psi, Omega Ω Omega,
        partial ∂ d, nabla ∇ grad, infty ∞ inf, ell ℓ l, hbar ℏ hbar, emptyset ∅ {}, varnothing ∅ {}, top ⊤ T,
        bot ⊥ bot, ldots … ..., dots … ..., cdots ⋯ ..., dotsc … ..., dotsb ⋯ ..., vdots ⋮ :, ddots ⋱ :, prime ′ ',
        degree ° deg, Re ℜ Re, Im ℑ Im, aleph ℵ aleph, forall ∀ forall, exists ∃ exists, neg ¬ not, lnot ¬ not,
        angle ∠ angle, triangle △ triangle, square □ square, checkmark ✓ v, dagger † +, S § S, imath ı i, jmath ȷ j""",
    "binary": """
        pm ± +-, mp ∓ -+, times × x, cdot · *, div ÷ /, ast ∗ *, star ⋆ *, circ ∘ o, bullet • *, odot ⊙ .*,
        otimes ⊗ (x), oplus ⊕ (+), ominus ⊖ (-), cup ∪ union, cap ∩ intersect, setminus ∖ -, wedge ∧ and, land ∧ and,
        vee ∨ or, lor ∨ or""",
    "relation": """
        le ≤ <=, leq ≤ <=, leqslant ≤ <=, ge ≥ >=, geq ≥ >=, geqslant ≥ >=, ne ≠ !=, neq ≠ !=, approx ≈ ~=, equiv ≡ ==,
        sim ∼ ~, simeq ≃ ~=, cong ≅ ~=, propto ∝ ~, ll ≪ <<, gg ≫ >>, lt < <, gt > >, in ∈ in, notin ∉ not_in,
        ni ∋ contains, subset ⊂ subset_of, subseteq ⊆ subset_of, supset ⊃ superset_of, supseteq ⊇ superset_of, to → ->,
        rightarrow → ->,
        leftarrow ← <-, gets ← <-, leftrightarrow ↔ <->, longrightarrow → ->, longleftarrow ← <-, mapsto ↦ |->,
        Rightarrow ⇒ =>, implies ⇒ =>, Leftarrow ⇐ <=, Leftrightarrow ⇔ <=>, iff ⇔ <=>, longmapsto ↦ |->, uparrow ↑ ^,
        downarrow ↓ v, mid | |, parallel ∥ ||, perp ⊥ perp, coloneqq ≔ :=, triangleq ≜ :=, doteq ≐ =, models ⊨ |=,
        vdash ⊢ |-, because ∵ because, therefore ∴ therefore, colon : :""",
    "operator": """
        sum ∑ sum, prod ∏ prod, coprod ∐ coprod, int ∫ int, iint ∬ int, oint ∮ int, bigcup ⋃ union, bigcap ⋂ intersect,
        bigoplus ⨁ (+), bigotimes ⨂ (x), bigodot ⨀ .*, bigvee ⋁ or, bigwedge ⋀ and""",
    "open": "lbrace { {, lbrack [ [, langle ⟨ <, lfloor ⌊ floor(, lceil ⌈ ceil(, lvert | |, lVert ‖ ||, lparen ( (",
    "close": "rbrace } }, rbrack ] ], rangle ⟩ >, rfloor ⌋ ), rceil ⌉ ), rvert | |, rVert ‖ ||, rparen ) )",
    "bar": "vert | |, Vert ‖ ||",
}
_FUNCTIONS = """log ln lg exp sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan dim ker deg hom arg"""
_WITH_LIMITS = """lim max min sup inf limsup liminf argmax argmin det gcd Pr"""
_BESIDE = {"int", "iint", "oint"}
"""Operators whose limits stand beside them."""

ESCAPED = frozenset("#$%&_{}")
"""Characters that stand for themselves after a backslash."""


def _table() -> dict[str, Atom]:
    table: dict[str, Atom] = {}
    for kind, lines in _SIGNS.items():
        for entry in lines.split(","):
            name, sign, spelled = entry.split()
            limits = kind == "operator" and name not in _BESIDE
            table[name] = Atom(sign, spelled.replace("_", " "), kind, limits)
    table |= {name: Atom(name, name, "function") for name in _FUNCTIONS.split()}
    table |= {name: Atom(name, name, "function", True) for name in _WITH_LIMITS.split()}
    table["|"] = Atom("‖", "||", "bar")
    table["bmod"] = table["mod"] = Atom("mod", "mod", "binary")
    return table


NAMED = _table()
"""Commands that stand for a sign or a name."""

_CHARACTERS = {
    "+": Atom("+", "+", "binary"), "-": Atom("−", "-", "binary"), "*": Atom("*", "*", "binary"),
    "=": Atom("=", "=", "relation"), "<": Atom("<", "<", "relation"), ">": Atom(">", ">", "relation"),
    "(": Atom("(", "(", "open"), ")": Atom(")", ")", "close"), "[": Atom("[", "[", "open"),
    "]": Atom("]", "]", "close"), "|": Atom("|", "|", "bar"), ",": Atom(",", ",", "comma"),
    ";": Atom(";", ";", "comma"), ":": Atom(":", ":", "comma"),
    "~": Atom(" ", " ", "space"), "−": Atom("−", "-", "binary"),
}  # fmt: skip
_BY_SIGN = {atom.unicode: atom for atom in NAMED.values() if not atom.unicode.isascii()}


def of_character(character: str) -> Atom:
    """What a character that stands in a formula as it is means there."""
    return _CHARACTERS.get(character) or _BY_SIGN.get(character) or Atom(character, character)


@cache
def of_command(name: str) -> Atom | None:
    """The sign that a command stands for; None if it is unknown or stands for none."""
    if name in NAMED:
        return NAMED[name]
    if name in ESCAPED:
        return Atom(name, name, {"{": "open", "}": "close"}.get(name, "ordinary"))  # type: ignore[arg-type]
    spec = get_default_latex_context_db().get_macro_spec(name)
    sign = spec.simplify_repl if spec is not None else None
    if not isinstance(sign, str) or len(sign) != 1 or sign.isspace() or "%" in sign:
        return None
    kind: AtomKind = "relation" if unicodedata.category(sign) == "Sm" else "ordinary"
    return Atom(sign, name, kind)


def in_alphabet(character: str, alphabet: str) -> str:
    """A letter or digit in another alphabet, such as ℝ; the character itself where there is none."""
    kind = "DIGIT" if character.isdigit() else "CAPITAL" if character.isupper() else "SMALL"
    name = unicodedata.name(character, "").rpartition(" ")[2]
    for start in ("", "MATHEMATICAL "):
        try:
            return unicodedata.lookup(f"{start}{alphabet} {kind} {name}")
        except KeyError:
            continue
    return character
