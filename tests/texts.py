"""Texts for Hypothesis, of any characters."""

from __future__ import annotations

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=("Cs",))
"""Those that UTF-8 has, as `st.text()` takes them; to find them by the codec takes 1.2 s in each process."""
