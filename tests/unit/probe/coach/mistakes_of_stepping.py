"""Programs that step without gradients, with old ones, or with parameters that nothing trains."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import Mistake, program

STEPPING = {
    "no zero_grad": Mistake(
        "never-zeroed",
        "loss.backward()",
        "opt.zero_grad()\nloss.backward()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for step in range(5):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
        """),
        ("at step 2",),
    ),
    "no zeroing by hand": Mistake(
        "never-zeroed",
        "loss.backward()",
        "w.grad = b.grad = None\nloss.backward()",
        program("""
            w = torch.tensor(0.0, requires_grad=True)
            b = torch.tensor(0.0, requires_grad=True)
            for step in range(5):
                loss = ((w * x + b - y) ** 2).mean()
                loss.backward()
                with torch.no_grad():
                    w -= 0.01 * w.grad
                    b -= 0.01 * b.grad
        """),
    ),
    "no zeroing by hand, beside tensors of another loop": Mistake(
        "never-zeroed",
        "error.backward()",
        "v.grad = None\nerror.backward()",
        program("""
            b = torch.tensor(0.0, requires_grad=True)
            b.grad = torch.tensor(1.0)
            v = torch.tensor(0.0, requires_grad=True)
            for step in range(5):
                error = ((v * x - y) ** 2).mean()
                error.backward()
                with torch.no_grad():
                    v -= 0.01 * v.grad
        """),
    ),
    "no zeroing by hand, of tensors in a list": Mistake(
        "never-zeroed",
        "loss.backward()",
        "for parameter in parameters: parameter.grad = None\nloss.backward()",
        program("""
            parameters = [torch.zeros(1, requires_grad=True) for _ in range(2)]
            for step in range(5):
                loss = ((parameters[0] * x + parameters[1] - y) ** 2).mean()
                loss.backward()
                with torch.no_grad():
                    for p in parameters:
                        p -= 0.01 * p.grad
        """),
    ),
    "no zeroing, by way of .data": Mistake(
        "never-zeroed",
        "loss.backward()",
        "w.grad = None\nloss.backward()",
        program("""
            w = torch.zeros(1, requires_grad=True)
            for step in range(4):
                loss = ((w * x - y) ** 2).mean()
                loss.backward()
                w.data -= 0.01 * w.grad.data
        """),
    ),
    "no zero_grad, but clipped, in a function": Mistake(
        "never-zeroed",
        "loss.backward()",
        "optimizer.zero_grad()\nloss.backward()",
        program("""
            def train(model, optimizer, steps):
                for _ in range(steps):
                    loss = F.mse_loss(model(x), y)
                    loss.backward()
                    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
                    optimizer.step()

            model = nn.Linear(1, 1)
            train(model, torch.optim.Adam(model.parameters(), lr=0.01), 6)
        """),
    ),
    "zeroed once an epoch": Mistake(
        "never-zeroed",
        "loss.backward()",
        "opt.zero_grad()\nloss.backward()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for epoch in range(2):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                    loss = F.mse_loss(model(xb), yb)
                    loss.backward()
                    opt.step()
                opt.zero_grad()
        """),
    ),
    "two steps only": Mistake(
        "never-zeroed",
        "loss.backward()",
        "opt.zero_grad()\nloss.backward()",
        """\
w = torch.tensor(0.0, requires_grad=True)
opt = torch.optim.SGD([w], lr=0.1)
for step in range(2):
    loss = (w - 3) ** 2
    loss.backward()
    opt.step()
""",
        ("at step 2", "10.8", "4.8", "`w`"),
    ),
    "no zero_grad, of batches whose gradients add up": Mistake(
        "never-zeroed",
        "loss.backward()",
        "opt.step()\nopt.zero_grad()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for epoch in range(4):
                for number, (xb, yb) in enumerate(DataLoader(TensorDataset(x, y), batch_size=2)):
                    loss = F.mse_loss(model(xb), yb) / 2
                    loss.backward()
                    if number % 2 == 1:
                        opt.step()
        """),
    ),
    "no zero_grad of a discriminator": Mistake(
        "never-zeroed",
        "loss_d.backward()",
        "opt_d.zero_grad()\nloss_d.backward()",
        program("""
            G, D = nn.Linear(4, 2), nn.Linear(2, 1)
            opt_g = torch.optim.SGD(G.parameters(), lr=0.01)
            opt_d = torch.optim.SGD(D.parameters(), lr=0.01)
            for step in range(10):
                fake = G(torch.randn(8, 4))
                loss_d = F.softplus(-D(torch.randn(8, 2) + 1)).mean() + F.softplus(D(fake.detach())).mean()
                loss_d.backward()
                opt_d.step()
                opt_g.zero_grad()
                loss_g = F.softplus(-D(fake)).mean()
                loss_g.backward()
                opt_g.step()
        """),
        ("`D.",),
    ),
    "no zero_grad of a discriminator with two losses": Mistake(
        "never-zeroed",
        "real.backward()",
        "opt_d.zero_grad()\nreal.backward()",
        program("""
            G, D = nn.Linear(4, 2), nn.Linear(2, 1)
            opt_g = torch.optim.SGD(G.parameters(), lr=0.01)
            opt_d = torch.optim.SGD(D.parameters(), lr=0.01)
            for step in range(10):
                fake = G(torch.randn(8, 4))
                opt_g.zero_grad()
                loss_g = F.softplus(-D(fake)).mean()
                loss_g.backward()
                opt_g.step()
                real = F.softplus(-D(torch.randn(8, 2) + 1)).mean()
                real.backward()
                faked = F.softplus(D(fake.detach())).mean()
                faked.backward()
                opt_d.step()
        """),
    ),
    "backward() is forgotten": Mistake(
        "step-before-backward",
        "opt.step()",
        "loss.backward()\nopt.step()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(30):
                loss = F.mse_loss(model(x), y)
                opt.step()
                opt.zero_grad()
        """),
        ("2 parameters", "each of 30"),
    ),
    "step() stands before backward()": Mistake(
        "step-before-backward",
        "opt.step()",
        "loss.backward()\nopt.step()  # moved from line 9",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.Adam(model.parameters(), lr=0.05)
            for step in range(10):
                loss = F.mse_loss(model(x), y)
                opt.step()
                opt.zero_grad()
                loss.backward()
        """),
        ("10 steps",),
    ),
    "backward() is forgotten in a function": Mistake(
        "step-before-backward",
        "optimizer.step()",
        "error.backward()\noptimizer.step()",
        program("""
            def fit(model, optimizer, loss_fn):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                    optimizer.zero_grad()
                    error = loss_fn(model(xb), yb)
                    optimizer.step()

            model = nn.Linear(1, 1)
            fit(model, torch.optim.SGD(model.parameters(), lr=0.1), nn.MSELoss())
        """),
    ),
    "zeroed between backward() and step()": Mistake(
        "zeroed-before-step",
        "opt.step()",
        "opt.step()\nopt.zero_grad()  # moved from line 10",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.zero_grad()
                opt.step()
        """),
        ("20 steps",),
    ),
    "filled with zeros between backward() and step()": Mistake(
        "zeroed-before-step",
        "opt.step()",
        "opt.step()\nopt.zero_grad(set_to_none=False)  # moved from line 10",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.zero_grad(set_to_none=False)
                opt.step()
        """),
        ("those of its 2 parameters are 0",),
    ),
    "zeroed before step() on its line": Mistake(
        "zeroed-before-step",
        "opt.zero_grad(); opt.step()",
        "opt.step(); opt.zero_grad()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                F.mse_loss(model(x), y).backward()
                opt.zero_grad(); opt.step()
        """),
    ),
    "zeroed by the model before step()": Mistake(
        "zeroed-before-step",
        "opt.step()",
        "opt.step()\nmodel.zero_grad()  # moved from line 9",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            loss = F.mse_loss(model(x), y)
            loss.backward()
            model.zero_grad()
            opt.step()
        """),
    ),
    "never a step": Mistake(
        "never-stepped",
        "loss.backward()",
        "loss.backward()\nopt.step()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(40):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
        """),
        ("40 times",),
    ),
    "the optimizer of another layer": Mistake(
        "holds-none-of-it",
        "opt = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.05)",
        "opt = torch.optim.SGD(model.parameters(), lr=0.05)",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.05)
            for step in range(30):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
                model.zero_grad()
        """),
        ("2 parameters", "30 steps"),
    ),
    "a model that is newer than its optimizer": Mistake(
        "holds-none-of-it",
        "opt = torch.optim.Adam(model.parameters(), lr=0.05)",
        "model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))\n"
        "opt = torch.optim.Adam(model.parameters(), lr=0.05)  # moved from line 6",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.Adam(model.parameters(), lr=0.05)
            model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))
            for step in range(30):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
        """),
        ("line 7", "4 parameters"),
    ),
    "a model that is newer than its optimizer, in a class": Mistake(
        "holds-none-of-it",
        "self.opt = torch.optim.Adam(self.model.parameters(), lr=0.05)",
        "self.model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))\n"
        "self.opt = torch.optim.Adam(self.model.parameters(), lr=0.05)  # moved from line 8",
        program("""
            class Trainer:
                def __init__(self):
                    self.model = nn.Linear(1, 1)
                    self.opt = torch.optim.Adam(self.model.parameters(), lr=0.05)
                    self.model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))

                def fit(self):
                    for step in range(30):
                        self.opt.zero_grad()
                        loss = F.mse_loss(self.model(x), y)
                        loss.backward()
                        self.opt.step()

            Trainer().fit()
        """),
    ),
    "weights made anew": Mistake(
        "holds-none-of-it",
        "opt = torch.optim.SGD([w], lr=0.1)",
        "w = torch.ones(1, requires_grad=True)\nopt = torch.optim.SGD([w], lr=0.1)  # moved from line 6",
        program("""
            w = torch.zeros(1, requires_grad=True)
            opt = torch.optim.SGD([w], lr=0.1)
            w = torch.ones(1, requires_grad=True)
            for step in range(10):
                loss = ((w * x - y) ** 2).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
    "layers in a plain list": Mistake(
        "not-held",
        "self.layers = [nn.Linear(1, 4), nn.Linear(4, 1)]",
        "self.layers = nn.ModuleList([nn.Linear(1, 4), nn.Linear(4, 1)])",
        program("""
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layers = [nn.Linear(1, 4), nn.Linear(4, 1)]
                    self.scale = nn.Parameter(torch.ones(1))

                def forward(self, x):
                    for layer in self.layers:
                        x = layer(x)
                    return self.scale * x

            model = Net()
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for step in range(5):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
        """),
        ("4 parameters", "5 steps"),
    ),
    "one weight is forgotten": Mistake(
        "not-held",
        "opt = torch.optim.SGD([w], lr=0.1)",
        "opt = torch.optim.SGD([w, b], lr=0.1)",
        program("""
            w = torch.zeros(1, requires_grad=True)
            b = torch.zeros(1, requires_grad=True)
            opt = torch.optim.SGD([w], lr=0.1)
            for step in range(10):
                loss = ((w * x + b - y) ** 2).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("`b`",),
    ),
    "the encoder is forgotten": Mistake(
        "not-held",
        "opt = torch.optim.Adam(decoder.parameters(), lr=0.01)",
        "opt = torch.optim.Adam([*decoder.parameters(), *encoder.parameters()], lr=0.01)",
        program("""
            encoder, decoder = nn.Linear(1, 3), nn.Linear(3, 1)
            opt = torch.optim.Adam(decoder.parameters(), lr=0.01)
            for step in range(10):
                loss = F.mse_loss(decoder(encoder(x)), y)
                loss.backward()
                opt.step()
                encoder.zero_grad()
                decoder.zero_grad()
        """),
        ("`encoder.weight`",),
    ),
    "a head that is newer than the optimizer": Mistake(
        "not-held",
        "opt = torch.optim.SGD(model.parameters(), lr=0.1)",
        "model[2] = nn.Linear(4, 1)\nopt = torch.optim.SGD(model.parameters(), lr=0.1)  # moved from line 6",
        program("""
            model = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 2))
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            model[2] = nn.Linear(4, 1)
            for step in range(10):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
                model.zero_grad()
        """),
        ("Line 7 is newer than the optimizer",),
    ),
    "zeroed in a function before step()": Mistake(
        "zeroed-before-step",
        "opt.step()",
        "opt.step()\nopt.zero_grad()  # moved from line 8",
        program("""
            def train(model, opt):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                    F.mse_loss(model(xb), yb).backward()
                    opt.zero_grad()
                    opt.step()

            model = nn.Linear(1, 1)
            train(model, torch.optim.AdamW(model.parameters()))
        """),
        ("4 steps",),
    ),
    "never a step, accumulated": Mistake(
        "never-stepped",
        "loss.backward()",
        "loss.backward()\noptimizer.step()\noptimizer.zero_grad()",
        program("""
            model = nn.Linear(1, 1)
            optimizer = torch.optim.Adam(model.parameters())
            for epoch in range(10):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                    loss = F.mse_loss(model(xb), yb)
                    loss.backward()
        """),
    ),
    "never a step, the brackets forgotten": Mistake(
        "never-stepped",
        "opt.step",
        "opt.step()",
        program("""
            w = torch.zeros(1, requires_grad=True)
            opt = torch.optim.SGD([w], lr=0.1)
            for step in range(25):
                opt.zero_grad()
                loss = ((w * x - y) ** 2).mean()
                loss.backward()
                opt.step
        """),
        ("25 times",),
    ),
    "never zeroed, the brackets forgotten": Mistake(
        "never-zeroed",
        "opt.zero_grad",
        "opt.zero_grad()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for step in range(20):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
                opt.zero_grad
        """),
        ("names `opt.zero_grad` and does not call it.",),
    ),
    "the model never zeroed in a function, the brackets forgotten": Mistake(
        "never-zeroed",
        "net.zero_grad",
        "net.zero_grad()",
        program("""
            def train(net, opt):
                for step in range(20):
                    net.zero_grad
                    loss = F.mse_loss(net(x), y)
                    loss.backward()
                    opt.step()

            model = nn.Linear(1, 1)
            train(model, torch.optim.SGD(model.parameters(), lr=0.01))
        """),
        ("names `net.zero_grad` and does not call it.",),
    ),
    "never a backward, the brackets forgotten": Mistake(
        "step-before-backward",
        "loss.backward",
        "loss.backward()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                loss = F.mse_loss(model(x), y)
                loss.backward
                opt.step()
                opt.zero_grad()
        """),
        ("names `loss.backward` and does not call it.",),
    ),
}
