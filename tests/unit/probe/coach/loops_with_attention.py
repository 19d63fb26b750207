"""Correct loops beside the mistakes of `mistakes_of_attention`."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes_of_attention import FITTING, WORDS

WITH_ATTENTION = {
    "attention over the keys": WORDS
    + dedent("""\
        def attend(x):
            scores = q(x) @ k(x).transpose(-2, -1) / math.sqrt(8)
            return scores.softmax(dim=-1) @ v(x)
    """)
    + FITTING,
    "scores of keys and queries that are turned round": WORDS
    + dedent("""\
        def attend(x):
            scores = k(x) @ q(x).transpose(-2, -1) / math.sqrt(8)
            return scores.softmax(dim=-2).transpose(-2, -1) @ v(x)
    """)
    + FITTING,
    "values in front of the weights": WORDS
    + dedent("""\
        def attend(x):
            scores = k(x) @ q(x).transpose(-2, -1) / math.sqrt(8)
            return (v(x).transpose(-2, -1) @ scores.softmax(dim=-2)).transpose(-2, -1)
    """)
    + FITTING,
    "slots that compete for what they see": WORDS
    + dedent("""\
        def attend(x):
            scores = q(x[:, :2]) @ k(x).transpose(-2, -1) / math.sqrt(8)
            weights = scores.softmax(dim=-2) + 1e-8
            weights = weights / weights.sum(-1, keepdim=True)
            return weights @ v(x)
    """)
    + FITTING,
    "linear attention": WORDS
    + dedent("""\
        def attend(x):
            context = k(x).softmax(dim=-2).transpose(-2, -1) @ v(x)
            return q(x).softmax(dim=-1) @ context
    """)
    + FITTING,
    "pooling by weights over the words": WORDS
    + dedent("""\
        def attend(x):
            weights = q(x).softmax(dim=-2)
            return weights.transpose(-2, -1) @ v(x)
    """)
    + FITTING,
    "experts that choose tokens": WORDS
    + dedent("""\
        def attend(x):
            scores = q(x) @ head.weight.t()
            dispatch = scores.softmax(dim=-2)
            return scores.softmax(dim=-1) @ (dispatch.transpose(-2, -1) @ v(x))
    """)
    + FITTING,
    "attention both ways": WORDS
    + dedent("""\
        def attend(x):
            scores = q(x) @ k(x).transpose(-2, -1) / math.sqrt(8)
            back = scores.softmax(dim=-2).transpose(-2, -1) @ x
            return scores.softmax(dim=-1) @ (v(x) + back)
    """)
    + FITTING,
    "matching by a softmax each way": WORDS
    + dedent("""\
        def attend(x):
            scores = q(x) @ k(x).transpose(-2, -1)
            return (scores.softmax(dim=-1) * scores.softmax(dim=-2)) @ v(x)
    """)
    + FITTING,
}
