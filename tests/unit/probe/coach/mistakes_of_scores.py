"""Programs whose scores of classes are all alike."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake

PAIRS = dedent("""\
    torch.manual_seed(0)
    first = torch.randn(32, 8)
    second = first + 0.05 * torch.randn(32, 8)
    one, other = nn.Linear(8, 16), nn.Linear(8, 16)
    opt = torch.optim.Adam([*one.parameters(), *other.parameters()], lr=0.01)
    """)

SCORES = {
    "cosines times a temperature": Mistake(
        "flat-scores",
        "logits = a @ b.t() * temperature",
        "logits = a @ b.t() / temperature",
        PAIRS
        + dedent("""\
            def contrast(a, b, temperature=0.05):
                logits = a @ b.t() * temperature
                labels = torch.arange(len(a))
                return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2

            for step in range(40):
                loss = contrast(F.normalize(one(first), dim=1), F.normalize(other(second), dim=1))
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("cosines times 0.05", "log(32) = 3.47", "cannot fall below 3.37"),
    ),
    "cosines times a constant": Mistake(
        "flat-scores",
        "logits *= TAU",
        "logits /= TAU",
        PAIRS
        + dedent("""\
            TAU = 0.1
            for step in range(40):
                a, b = F.normalize(one(first), dim=-1), F.normalize(other(second), dim=-1)
                logits = a @ b.T
                logits *= TAU
                loss = F.cross_entropy(logits, torch.arange(32))
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
    "cosines with classes, times a number": Mistake(
        "flat-scores",
        "scores = 0.1 * F.linear(F.normalize(net(x)), F.normalize(centers))",
        "scores = F.linear(F.normalize(net(x)), F.normalize(centers)) / 0.1",
        dedent("""\
            torch.manual_seed(0)
            labels = torch.arange(40) % 10
            x = F.one_hot(labels, 10).float() + 0.05 * torch.randn(40, 10)
            net, centers = nn.Linear(10, 8), nn.Parameter(torch.randn(10, 8))
            opt = torch.optim.Adam([*net.parameters(), centers], lr=0.02)
            for step in range(60):
                scores = 0.1 * F.linear(F.normalize(net(x)), F.normalize(centers))
                loss = F.cross_entropy(scores, labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("log(10)",),
    ),
}
