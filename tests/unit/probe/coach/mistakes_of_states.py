"""Programs that keep a model's state without a copy, and load it when it is no longer what it was."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake
from tests.unit.probe.coach.mistakes_of_parameters import FOUR

NET = FOUR + dedent("""\
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    opt = torch.optim.Adam(model.parameters(), lr=0.01)

    def step():
        loss = F.mse_loss(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss.item()

    """)

STATES = {
    "the best state without a copy": Mistake(
        "state-not-copied",
        "best_state = model.state_dict()",
        "best_state = copy.deepcopy(model.state_dict())",
        NET
        + dedent("""\
            best, best_state = float("inf"), None
            for epoch in range(12):
                value = step() + 9 * (epoch > 5)
                if value < best:
                    best = value
                    best_state = model.state_dict()
            model.load_state_dict(best_state)
        """),
        ("the 6 steps since then", "`model.load_state_dict(best_state)`"),
    ),
    "a checkpoint in memory": Mistake(
        "state-not-copied",
        'checkpoint = {"model": model.state_dict(), "epoch": epoch}',
        'checkpoint = {"model": copy.deepcopy(model.state_dict()), "epoch": epoch}',
        NET
        + dedent("""\
            for epoch in range(10):
                step()
                if epoch == 3:
                    checkpoint = {"model": model.state_dict(), "epoch": epoch}
            print(checkpoint["epoch"])
            model.load_state_dict(checkpoint["model"])
        """),
    ),
    "first weights that each fold should begin with": Mistake(
        "state-not-copied",
        "first = model.state_dict()",
        "first = copy.deepcopy(model.state_dict())",
        NET
        + dedent("""\
            first = model.state_dict()
            for fold in range(3):
                model.load_state_dict(first)
                opt = torch.optim.Adam(model.parameters(), lr=0.01)
                for _ in range(5):
                    step()
        """),
        ("the 5 steps since then",),
    ),
    "a history of states": Mistake(
        "state-not-copied",
        "states.append({k: v for k, v in model.state_dict().items()})",
        "states.append({k: v for k, v in copy.deepcopy(model.state_dict()).items()})",
        NET
        + dedent("""\
            states = []
            for epoch in range(8):
                step()
                states.append({k: v for k, v in model.state_dict().items()})
            model.load_state_dict(states[2])
        """),
        ("the 5 steps since then",),
    ),
    "an early stop in a class": Mistake(
        "state-not-copied",
        "self.state = model.state_dict()",
        "self.state = copy.deepcopy(model.state_dict())",
        NET
        + dedent("""\
            class EarlyStop:
                def __init__(self):
                    self.best, self.state, self.waits = float("inf"), None, 0

                def seen(self, value, model):
                    if value < self.best:
                        self.best, self.waits = value, 0
                        self.state = model.state_dict()
                    else:
                        self.waits += 1
                    return self.waits > 3

                def restore(self, model):
                    model.load_state_dict(self.state)

            stop = EarlyStop()
            for epoch in range(20):
                if stop.seen(step() + 9 * (epoch > 4), model):
                    break
            stop.restore(model)
        """),
    ),
}
