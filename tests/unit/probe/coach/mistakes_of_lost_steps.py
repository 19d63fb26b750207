"""Programs whose gradients or updates are lost on the way: zeroed, rounded away, never computed, or exactly 0."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake
from tests.unit.probe.coach.mistakes_of_parameters import FOUR

LOST_STEPS = {
    "gradients of four batches, zeroed before each": Mistake(
        "lost-accumulation",
        "opt.zero_grad()",
        "opt.step()\nopt.zero_grad()  # moved from line 8",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for epoch in range(5):
                for i in range(8):
                    opt.zero_grad()
                    loss = F.mse_loss(model(x[4 * i : 4 * i + 4]), y[4 * i : 4 * i + 4]) / 4
                    loss.backward()
                    if (i + 1) % 4 == 0:
                        opt.step()
        """),
        ("every 4 `backward()` calls", "the first 3 are lost", "4 gradients add up"),
    ),
    "gradients of two batches, zeroed after each, in a class": Mistake(
        "lost-accumulation",
        "self.model.zero_grad()",
        "self.optimizer.step()\nself.model.zero_grad()  # moved from line 15",
        FOUR
        + dedent("""\
            class Trainer:
                def __init__(self):
                    self.model = nn.Linear(4, 1)
                    self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)

                def epoch(self):
                    for i, (xb, yb) in enumerate(DataLoader(TensorDataset(x, y), batch_size=4)):
                        loss = F.mse_loss(self.model(xb), yb)
                        (loss / 2).backward()
                        if i % 2 == 1:
                            self.optimizer.step()
                        self.model.zero_grad()

            trainer = Trainer()
            for _ in range(3):
                trainer.epoch()
        """),
        ("every 2 `backward()` calls", "those of the first are lost"),
    ),
    "gradients of sixteen batches that are clipped, set to zeros": Mistake(
        "lost-accumulation",
        "optimizer.zero_grad(set_to_none=False)",
        "optimizer.step()\noptimizer.zero_grad(set_to_none=False)  # moved from line 9",
        FOUR
        + dedent("""\
            net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
            optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
            for epoch in range(4):
                for step in range(32):
                    batch = torch.randint(0, 32, (2,))
                    optimizer.zero_grad(set_to_none=False)
                    loss = F.mse_loss(net(x[batch]), y[batch])
                    loss = loss / 16
                    loss.backward()
                    if step % 16 == 15:
                        nn.utils.clip_grad_norm_(net.parameters(), 0.01)
                        optimizer.step()
        """),
        ("every 16",),
    ),
    "gradients of three batches, zeroed in the function that computes them": Mistake(
        "lost-accumulation",
        "opt.zero_grad()",
        None,
        FOUR
        + dedent("""\
            def micro(batch):
                opt.zero_grad()
                loss = F.mse_loss(model(x[batch]), y[batch]) / 3
                loss.backward()

            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(6):
                for part in range(3):
                    micro(torch.arange(8 * part, 8 * part + 8))
                opt.step()
        """),
        ("every 3 `backward()` calls",),
    ),
    "a closure that returns the loss of before": Mistake(
        "closure-computes-nothing",
        "opt.step(lambda: loss)",
        "def closure():\n    opt.zero_grad()\n    loss = F.mse_loss(model(x), y)\n    loss.backward()\n"
        "    return loss\nloss = opt.step(closure)",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
            for step in range(5):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step(lambda: loss)
                print(loss.item())
        """),
        ("`lambda: loss`", "in 5 steps"),
    ),
    "a closure of a name, in a function": Mistake(
        "closure-computes-nothing",
        "optimizer.step(closure)",
        "def closure():\n    optimizer.zero_grad()\n    pred = net(x)\n    loss = ((pred - y) ** 2).mean()\n"
        "    loss.backward()\n    return loss\nloss = optimizer.step(closure)",
        FOUR
        + dedent("""\
            def fit(net, rounds):
                optimizer = torch.optim.LBFGS(net.parameters(), lr=0.5, max_iter=5)
                for _ in range(rounds):
                    optimizer.zero_grad()
                    pred = net(x)
                    loss = ((pred - y) ** 2).mean()
                    loss.backward()
                    def closure():
                        return loss
                    optimizer.step(closure)

            fit(nn.Linear(4, 1), 6)
        """),
        ("those of before the step",),
    ),
    "a closure that does not go backward": Mistake(
        "closure-computes-nothing",
        "opt.step(closure)",
        "loss.backward()\nreturn loss",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.LBFGS(model.parameters(), max_iter=10)

            def closure():
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                return loss

            for step in range(4):
                opt.step(closure)
        """),
        ("nothing moves",),
    ),
    "a closure that goes backward from the loss of before": Mistake(
        "closure-computes-nothing",
        "opt.step(closure)",
        "loss = F.mse_loss(model(x), y)\nloss.backward(retain_graph=True)",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4)
            for step in range(4):
                loss = F.mse_loss(model(x), y)
                def closure():
                    opt.zero_grad()
                    loss.backward(retain_graph=True)
                    return loss
                opt.step(closure)
        """),
        ("on the same loss each time",),
    ),
    "weights in bfloat16 for autocast": Mistake(
        "updates-rounded-away",
        "net = net.to(torch.bfloat16)",
        "# net = net.to(torch.bfloat16)",
        FOUR
        + dedent("""\
            net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
            net = net.to(torch.bfloat16)
            opt = torch.optim.Adam(net.parameters(), lr=1e-4)
            for step in range(30):
                opt.zero_grad()
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    out = net(x)
                loss = F.mse_loss(out.float(), y)
                loss.backward()
                opt.step()
        """),
        ("of 97 weights with a gradient", "`torch.bfloat16`"),
    ),
    "a model that is made in bfloat16": Mistake(
        "updates-rounded-away",
        "model = nn.Linear(4, 1).bfloat16()",
        "model = nn.Linear(4, 1)",
        FOUR
        + dedent("""\
            def train(model, steps):
                opt = torch.optim.SGD(model.parameters(), lr=1e-4)
                for step in range(steps):
                    with torch.autocast("cpu", dtype=torch.bfloat16):
                        loss = F.mse_loss(model(x).float(), y)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()

            model = nn.Linear(4, 1).bfloat16()
            train(model, 25)
        """),
    ),
    "weights and inputs in float16": Mistake(
        "updates-rounded-away",
        "model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)).half()",
        None,
        FOUR
        + dedent("""\
            model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)).half()
            opt = torch.optim.SGD(model.parameters(), lr=1e-5)
            for step in range(30):
                loss = F.mse_loss(model(x.half()).float(), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("3 to 4 digits",),
    ),
    "two factors that are both 0": Mistake(
        "zero-gradients",
        "self.a = nn.Parameter(torch.zeros(2, base.in_features))",
        "self.a = nn.Parameter(0.1 * torch.randn(2, base.in_features))",
        FOUR
        + dedent("""\
            class Lora(nn.Module):
                def __init__(self, base):
                    super().__init__()
                    self.base = base.requires_grad_(False)
                    self.a = nn.Parameter(torch.zeros(2, base.in_features))
                    self.b = nn.Parameter(torch.zeros(base.out_features, 2))

                def forward(self, x):
                    return self.base(x) + x @ self.a.T @ self.b.T

            model = Lora(nn.Linear(4, 1))
            opt = torch.optim.Adam([model.a, model.b], lr=0.05)
            for step in range(20):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
        """),
        ("`model.a` and `model.b` are all 0",),
    ),
    "an adapter of two layers that are both 0, in front of a head that learns": Mistake(
        "equal-units",
        "nn.init.zeros_(self.down.weight)",
        "# nn.init.zeros_(self.down.weight)",
        FOUR
        + dedent("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.down = nn.Linear(4, 2, bias=False)
                    self.up = nn.Linear(2, 4, bias=False)
                    self.head = nn.Linear(4, 1)
                    nn.init.zeros_(self.down.weight)
                    nn.init.zeros_(self.up.weight)

                def forward(self, x):
                    return self.head(x + self.up(self.down(x)))

            net = Net()
            opt = torch.optim.SGD(net.parameters(), lr=0.05)
            for step in range(20):
                loss = F.mse_loss(net(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("2 units of `net.down`", "all 0"),
    ),
    "a rounded prediction": Mistake(
        "zero-gradients",
        "pred = torch.round(model(x))",
        "pred = model(x)",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.Adam(model.parameters(), lr=0.05)
            for step in range(20):
                pred = torch.round(model(x))
                loss = F.mse_loss(pred, y)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("`round` is on the way",),
    ),
    "a policy that is compared with itself": Mistake(
        "zero-gradients",
        "loss.backward()",
        None,
        FOUR
        + dedent("""\
            policy = nn.Linear(4, 3)
            old = policy
            opt = torch.optim.Adam(policy.parameters(), lr=0.05)
            actions, advantage = torch.randint(0, 3, (32, 1)), torch.randn(32, 1)
            for step in range(12):
                new_logp = policy(x).log_softmax(1).gather(1, actions)
                old_logp = old(x).log_softmax(1).gather(1, actions)
                ratio = (new_logp - old_logp).exp()
                loss = -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("the two gradients cancel", "12 steps"),
    ),
}
