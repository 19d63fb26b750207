"""Programs in which backward() does not reach what an optimizer holds, or an update by hand is lost."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake
from tests.unit.probe.coach.mistakes_of_parameters import FOUR

UPDATES = {
    "a loss of a float": Mistake(
        "cut-off",
        "loss = torch.tensor(value, requires_grad=True)",
        "value = F.mse_loss(model(x), y)\nloss = value",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                opt.zero_grad()
                value = float(F.mse_loss(model(x), y))
                loss = torch.tensor(value, requires_grad=True)
                loss.backward()
                opt.step()
        """),
    ),
    "a mean of numbers": Mistake(
        "cut-off",
        "loss = torch.tensor(losses, requires_grad=True).mean()",
        "losses = [F.mse_loss(model(x[i:i + 8]), y[i:i + 8]) for i in range(0, 32, 8)]\n"
        "loss = torch.stack(losses).mean()",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                opt.zero_grad()
                losses = [F.mse_loss(model(x[i:i + 8]), y[i:i + 8]).item() for i in range(0, 32, 8)]
                loss = torch.tensor(losses, requires_grad=True).mean()
                loss.backward()
                opt.step()
        """),
    ),
    "predictions by way of a list": Mistake(
        "cut-off",
        "predicted = torch.tensor(model(x).tolist(), requires_grad=True)",
        "predicted = model(x)",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                opt.zero_grad()
                predicted = torch.tensor(model(x).tolist(), requires_grad=True)
                loss = F.mse_loss(predicted, y)
                loss.backward()
                opt.step()
        """),
    ),
    "classes instead of scores, with a gradient asked for": Mistake(
        "cut-off",
        "predicted = model(x).argmax(1).float()",
        None,
        FOUR
        + dedent("""\
            labels = (y > 0).long().squeeze(1)
            model = nn.Linear(4, 2)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            loss_fn = nn.MSELoss()
            for step in range(20):
                opt.zero_grad()
                predicted = model(x).argmax(1).float()
                predicted.requires_grad = True
                loss = loss_fn(predicted, labels.float())
                loss.backward()
                opt.step()
        """),
    ),
    "a loss that is made anew where it goes backward": Mistake(
        "cut-off",
        "torch.tensor(F.mse_loss(model(x), y).item(), requires_grad=True).backward()",
        "F.mse_loss(model(x), y).backward()",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                opt.zero_grad()
                torch.tensor(F.mse_loss(model(x), y).item(), requires_grad=True).backward()
                opt.step()
        """),
    ),
    "a total of numbers": Mistake(
        "cut-off",
        "loss = torch.tensor(total / len(x), requires_grad=True)",
        "total += (model(row) - target) ** 2\nloss = total / len(x)",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                opt.zero_grad()
                total = 0.0
                for row, target in zip(x, y):
                    total += ((model(row) - target) ** 2).item()
                loss = torch.tensor(total / len(x), requires_grad=True)
                loss.backward()
                opt.step()
        """),
    ),
    "predictions that are rounded by a comparison": Mistake(
        "cut-off",
        "predicted = (torch.sigmoid(model(x)) > 0.5).float().requires_grad_()",
        None,
        FOUR
        + dedent("""\
            labels = (y > 0).float()
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                opt.zero_grad()
                predicted = (torch.sigmoid(model(x)) > 0.5).float().requires_grad_()
                loss = F.binary_cross_entropy(predicted, labels)
                loss.backward()
                opt.step()
        """),
    ),
    "an accuracy as a loss": Mistake(
        "cut-off",
        "accuracy = (model(x).argmax(1) == labels).float().mean()",
        None,
        FOUR
        + dedent("""\
            labels = (y > 0).long().squeeze(1)
            model = nn.Linear(4, 2)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                opt.zero_grad()
                accuracy = (model(x).argmax(1) == labels).float().mean()
                loss = 1 - accuracy
                loss.requires_grad = True
                loss.backward()
                opt.step()
        """),
    ),
    "an update that binds the loop's name anew": Mistake(
        "update-lost",
        "p = p - 0.05 * p.grad",
        "p -= 0.05 * p.grad",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            for step in range(20):
                loss = F.mse_loss(model(x), y)
                model.zero_grad()
                loss.backward()
                with torch.no_grad():
                    for p in model.parameters():
                        p = p - 0.05 * p.grad
        """),
    ),
    "an update of named parameters, with gradients on": Mistake(
        "update-lost",
        "param = param - 0.05 * param.grad",
        "with torch.no_grad():\n    param -= 0.05 * param.grad",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            for step in range(20):
                model.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                for name, param in model.named_parameters():
                    param = param - 0.05 * param.grad
        """),
    ),
    "an update of a tuple of tensors": Mistake(
        "update-lost",
        "t = t - 0.05 * t.grad",
        "t -= 0.05 * t.grad",
        FOUR
        + dedent("""\
            w = torch.zeros(4, 1, requires_grad=True)
            b = torch.zeros(1, requires_grad=True)
            for step in range(20):
                loss = ((x @ w + b - y) ** 2).mean()
                loss.backward()
                with torch.no_grad():
                    for t in (w, b):
                        t = t - 0.05 * t.grad
                    w.grad.zero_()
                    b.grad.zero_()
        """),
    ),
    "sub instead of sub_": Mistake(
        "update-lost",
        "p.sub(0.05 * p.grad)",
        "p.sub_(0.05 * p.grad)",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            for step in range(20):
                model.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                with torch.no_grad():
                    for p in model.parameters():
                        p.sub(0.05 * p.grad)
        """),
    ),
    "a difference that nothing keeps": Mistake(
        "update-lost",
        "p.data - 0.05 * p.grad",
        "p.data -= 0.05 * p.grad",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            for step in range(20):
                model.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                for p in model.parameters():
                    p.data - 0.05 * p.grad
        """),
    ),
    "an update in a function of its own": Mistake(
        "update-lost",
        "param = param - lr * param.grad",
        "with torch.no_grad():\n    param -= lr * param.grad",
        FOUR
        + dedent("""\
            def sgd(params, lr):
                for param in params:
                    param = param - lr * param.grad
            w = torch.zeros(4, 1, requires_grad=True)
            b = torch.zeros(1, requires_grad=True)
            for step in range(20):
                loss = ((x @ w + b - y) ** 2).mean()
                loss.backward()
                with torch.no_grad():
                    sgd([w, b], 0.05)
                w.grad = b.grad = None
        """),
    ),
    "torch.sub in an update": Mistake(
        "update-lost",
        "p = torch.sub(p, p.grad, alpha=lr)",
        "p.sub_(p.grad, alpha=lr)",
        FOUR
        + dedent("""\
            model = nn.Linear(4, 1)
            lr = 0.05
            for step in range(20):
                model.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                with torch.no_grad():
                    for p in model.parameters():
                        p = torch.sub(p, p.grad, alpha=lr)
        """),
    ),
    "a generator that learns from what is detached": Mistake(
        "cut-off",
        "loss_g = bce(D(fake.detach()), torch.ones(64, 1))",
        "loss_g = bce(D(fake), torch.ones(64, 1))",
        dedent("""\
            torch.manual_seed(0)
            real = torch.randn(64, 1) * 0.5 + 2
            G = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
            D = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
            opt_g = torch.optim.Adam(G.parameters(), lr=1e-3)
            opt_d = torch.optim.Adam(D.parameters(), lr=1e-3)
            bce = nn.BCEWithLogitsLoss()
            for step in range(20):
                fake = G(torch.randn(64, 2))
                opt_d.zero_grad()
                loss_d = bce(D(real), torch.ones(64, 1)) + bce(D(fake.detach()), torch.zeros(64, 1))
                loss_d.backward()
                opt_d.step()
                opt_g.zero_grad()
                loss_g = bce(D(fake.detach()), torch.ones(64, 1))
                loss_g.backward()
                opt_g.step()
        """),
    ),
    "one detached fake for both sides": Mistake(
        "cut-off",
        "fake = G(torch.randn(64, 2)).detach()",
        "fake = G(torch.randn(64, 2))\n"
        "loss = bce(D(real), torch.ones(64, 1)) + bce(D(fake.detach()), torch.zeros(64, 1))",
        dedent("""\
            torch.manual_seed(0)
            real = torch.randn(64, 1) * 0.5 + 2
            G = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
            D = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
            opt_g = torch.optim.Adam(G.parameters(), lr=1e-3)
            opt_d = torch.optim.Adam(D.parameters(), lr=1e-3)
            bce = nn.BCEWithLogitsLoss()
            for step in range(20):
                fake = G(torch.randn(64, 2)).detach()
                loss = bce(D(real), torch.ones(64, 1)) + bce(D(fake), torch.zeros(64, 1))
                opt_d.zero_grad()
                loss.backward()
                opt_d.step()
                loss = bce(D(fake), torch.ones(64, 1))
                opt_g.zero_grad()
                loss.backward()
                opt_g.step()
        """),
    ),
    "an actor whose action is detached": Mistake(
        "cut-off",
        "actor_loss = -critic(torch.cat([obs, action.detach()], 1)).mean()",
        "actor_loss = -critic(torch.cat([obs, action], 1)).mean()",
        dedent("""\
            torch.manual_seed(0)
            actor = nn.Linear(3, 1)
            critic = nn.Linear(4, 1)
            actor_opt = torch.optim.Adam(actor.parameters(), lr=1e-3)
            critic_opt = torch.optim.Adam(critic.parameters(), lr=1e-3)
            obs = torch.randn(64, 3)
            for step in range(20):
                action = actor(obs)
                reward = -(action - 1) ** 2
                q = critic(torch.cat([obs, action.detach()], 1))
                critic_loss = F.mse_loss(q, reward.detach())
                critic_opt.zero_grad()
                critic_loss.backward()
                critic_opt.step()
                actor_loss = -critic(torch.cat([obs, action.detach()], 1)).mean()
                actor_opt.zero_grad()
                actor_loss.backward()
                actor_opt.step()
        """),
    ),
}
