"""Programs whose weights of attention add up to 1 over the queries."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake

WORDS = dedent("""\
    torch.manual_seed(0)
    words = torch.randn(16, 5, 8)
    labels = torch.arange(16) % 3
    q, k, v, head = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 3)
    opt = torch.optim.Adam([p for m in (q, k, v, head) for p in m.parameters()], lr=0.01)

    """)
FITTING = dedent("""\

    for step in range(10):
        loss = F.cross_entropy(head(attend(words).mean(1)), labels)
        opt.zero_grad()
        loss.backward()
        opt.step()
    """)

ATTENTION = {
    "a softmax over the queries": Mistake(
        "softmax-over-queries",
        "weights = scores.softmax(dim=-2)",
        "weights = scores.softmax(dim=-1)",
        WORDS
        + dedent("""\
            def attend(x):
                scores = q(x) @ k(x).transpose(-2, -1) / math.sqrt(8)
                weights = scores.softmax(dim=-2)
                return weights @ v(x)
        """)
        + FITTING,
        ("add up to 1 over the queries",),
    ),
    "a softmax over the queries of several heads": Mistake(
        "softmax-over-queries",
        "weights = F.softmax(scores.masked_fill(mask, -1e9), 2)",
        "weights = F.softmax(scores.masked_fill(mask, -1e9), -1)",
        WORDS
        + dedent("""\
            def heads(x):
                return x.view(16, 5, 2, 4).transpose(1, 2)

            def attend(x):
                mask = torch.ones(5, 5, dtype=torch.bool).triu(1)
                scores = heads(q(x)) @ heads(k(x)).transpose(2, 3) * 0.5
                weights = F.softmax(scores.masked_fill(mask, -1e9), 2)
                return (weights @ heads(v(x))).transpose(1, 2).reshape(16, 5, 8)
        """)
        + FITTING,
    ),
    "torch.bmm with a softmax over the queries": Mistake(
        "softmax-over-queries",
        "return torch.bmm(torch.softmax(scores, dim=1), v(x))",
        "return torch.bmm(torch.softmax(scores, dim=-1), v(x))",
        WORDS
        + dedent("""\
            def attend(x):
                scores = torch.bmm(q(x[:, :2]), k(x).transpose(1, 2))
                return torch.bmm(torch.softmax(scores, dim=1), v(x))
        """)
        + FITTING,
    ),
}
