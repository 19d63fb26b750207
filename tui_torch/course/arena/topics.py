"""What the problems of the arena are about, in a few words each: the rows of its grid."""

from __future__ import annotations

from collections.abc import Sequence

TOPICS: dict[str, frozenset[str]] = {
    "Puzzles": frozenset({"puzzle", "one-line"}),
    "Attention": frozenset({"attention", "positions"}),
    "Language models": frozenset({"llm", "text", "tokenizer", "transformers", "generation", "sampling"}),
    "Images": frozenset({"images", "detection", "convolution", "segmentation"}),
    "Generating": frozenset({"vae", "gan", "diffusion", "flows"}),
    "Acting": frozenset({"reinforcement", "policy", "games"}),
    "Sequences": frozenset({"sequences", "rnn", "speech", "audio", "time-series"}),
    "Data and graphs": frozenset({"data", "graphs", "clustering", "distances"}),
    "Losses": frozenset({"loss", "losses", "softmax", "classification", "metrics"}),
    "Training": frozenset({"training", "optimiser", "optimizer", "schedule"}),
    "Layers": frozenset({"normalisation", "dropout", "autograd", "modules", "gradients", "embeddings"}),
}
"""By topic, the tags of its problems. A problem is of the first topic that has one of its tags."""

OTHER = "Other"
"""The topic of a problem of whose tags no topic knows one."""


def topic_of(tags: Sequence[str]) -> str:
    """The topic of a problem with those tags."""
    return next((topic for topic, known in TOPICS.items() if not known.isdisjoint(tags)), OTHER)
