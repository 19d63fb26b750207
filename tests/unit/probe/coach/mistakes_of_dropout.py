"""Programs whose dropout goes on where the model is judged in `eval()`."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import CLASSES, Mistake

NET = dedent("""\
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(4, 16), nn.Linear(16, 3)

        def forward(self, x):
            x = F.relu(self.first(x))
            x = DROPPED
            return self.last(x)

    """)
FITTING = dedent("""\
    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=0.01)
    for step in range(10):
        net.train()
        opt.zero_grad()
        loss = F.cross_entropy(net(x), labels)
        loss.backward()
        opt.step()
    """)
JUDGED = dedent("""\
    net.eval()
    with torch.no_grad():
        print((net(x).argmax(1) == labels).float().mean().item())
    """)


def with_dropout(dropped: str) -> str:
    return CLASSES + NET.replace("DROPPED", dropped)


DROPOUT = {
    "F.dropout without the mode": Mistake(
        "dropout-in-eval",
        "x = F.dropout(x, 0.5)",
        "x = F.dropout(x, 0.5, training=self.training)",
        with_dropout("F.dropout(x, 0.5)") + FITTING + JUDGED,
        ("`net` is judged in `eval()`",),
    ),
    "dropout by its full name, judged in a function": Mistake(
        "dropout-in-eval",
        "x = torch.nn.functional.dropout(x, p=0.3)",
        "x = torch.nn.functional.dropout(x, p=0.3, training=self.training)",
        with_dropout("torch.nn.functional.dropout(x, p=0.3)")
        + dedent("""\
            @torch.no_grad()
            def accuracy(model, x, labels):
                model.eval()
                return (model(x).argmax(1) == labels).float().mean().item()

        """)
        + FITTING
        + dedent("""\
            print(accuracy(net, x, labels))
        """),
    ),
    "two dropouts in a part of the model": Mistake(
        "dropout-in-eval",
        "x = F.dropout(self.one(x))",
        "x = F.dropout(self.one(x), training=self.training)\n"
        "return F.dropout(self.two(x), p=0.2, training=self.training)",
        CLASSES
        + dedent("""\
            class Block(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.one, self.two = nn.Linear(8, 8), nn.Linear(8, 8)

                def forward(self, x):
                    x = F.dropout(self.one(x))
                    return F.dropout(self.two(x), p=0.2)

            model = nn.Sequential(nn.Linear(4, 8), Block(), nn.Linear(8, 3))
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for epoch in range(6):
                model.train()
                loss = F.cross_entropy(model(x), labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
                model.eval()
                with torch.no_grad():
                    val_loss = F.cross_entropy(model(x), labels)
        """),
        ("nor does 1 other",),
    ),
}
