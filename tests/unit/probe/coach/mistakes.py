"""Programs with a mistake in them: which rule must find it, at which line, and what it proposes to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True, slots=True)
class Mistake:
    rule: str
    line: str
    """The text of the line that the note is about."""
    suggested_fix: str | None
    code: str
    says: tuple[str, ...] = ()
    """What must stand in the note: numbers of this very run."""
    is_refused: bool = False
    """Whether older releases of PyTorch raise an error of it, so that there is nothing to coach."""


DATA = dedent("""\
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 8).unsqueeze(1)
    y = 2 * x + 1
    """)
CLASSES = dedent("""\
    torch.manual_seed(0)
    x = torch.randn(12, 4)
    labels = torch.arange(12) % 3
    """)


def program(code: str, before: str = DATA) -> str:
    return before + dedent(code)


MISTAKES = {
    # Nothing zeroes the gradients.
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
    # step() without a gradient.
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
    # Optimizers that hold something else.
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
    # A loss that is no number any more, or explodes.
    "a learning rate that is a thousand times too large": Mistake(
        "loss-not-finite",
        "opt = torch.optim.SGD(model.parameters(), lr=1e-2)",
        "opt = torch.optim.SGD(model.parameters(), lr=1e-5)",
        """\
x = torch.tensor([[99., 72., 52.], [104., 123., 63.], [61., 99., 45.], [101., 46., 40.]])
y = torch.tensor([[77., 70.], [110., 125.], [82., 100.], [62., 40.]])
model = nn.Linear(3, 2)
opt = torch.optim.SGD(model.parameters(), lr=1e-2)
for epoch in range(100):
    loss = F.mse_loss(model(x), y)
    loss.backward()
    opt.step()
    opt.zero_grad()
""",
        ("0.01", "at step 1 to"),
    ),
    "a learning rate that is too large, by hand": Mistake(
        "loss-not-finite",
        "lr = 5.0",
        "lr = 1.0",
        program("""
            lr = 5.0
            w = torch.zeros(1, requires_grad=True)
            for step in range(400):
                loss = ((w * x - y) ** 2).mean()
                loss.backward()
                with torch.no_grad():
                    w -= lr * w.grad
                w.grad = None
        """),
    ),
    "the logarithm of 0": Mistake(
        "loss-not-finite",
        "loss.backward()",
        None,
        program("""
            w = torch.tensor([1.0, 0.5], requires_grad=True)
            opt = torch.optim.SGD([w], lr=1e-3)
            for step in range(8):
                p = torch.relu(w - 0.1 * step)
                loss = -(p * torch.log(p)).sum()
                loss.backward()
                opt.step()
                opt.zero_grad()
        """),
        ("NaN at step", "`log`"),
    ),
    "NaN in the data": Mistake(
        "loss-not-finite",
        "loss.backward()",
        None,
        program("""
            x[3] = float("nan")
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(3):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
                opt.zero_grad()
        """),
        ("`x` holds 1 number that is NaN",),
    ),
    "each jump is longer": Mistake(
        "exploding",
        "lr = 1.1",
        "lr = 0.1",
        """\
lr = 1.1
w = torch.tensor(0.0, requires_grad=True)
opt = torch.optim.SGD([w], lr=lr)
for step in range(20):
    loss = (w - 3) ** 2
    loss.backward()
    opt.step()
    opt.zero_grad()
""",
        ("1.1", "from 9 at step 1"),
    ),
    "exploding, by hand": Mistake(
        "exploding",
        "w -= 4.0 * w.grad",
        "w -= 1.0 * w.grad",
        program("""
            w = torch.zeros(1, requires_grad=True)
            for step in range(15):
                loss = ((w * x - y) ** 2).mean()
                loss.backward()
                with torch.no_grad():
                    w -= 4.0 * w.grad
                    w.grad.zero_()
        """),
    ),
    "climbing instead of descending": Mistake(
        "exploding",
        "loss.backward()",
        None,
        program("""
            model = nn.Linear(1, 1)
            for step in range(60):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                with torch.no_grad():
                    for p in model.parameters():
                        p += 0.1 * p.grad
                model.zero_grad()
        """),
    ),
    "a learning rate that moves nothing": Mistake(
        "flat",
        "opt = torch.optim.SGD(model.parameters(), lr=1e-7)",
        "opt = torch.optim.SGD(model.parameters(), lr=0.01)",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=1e-7)
            for step in range(200):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
                opt.zero_grad()
        """),
        ("1e-7", "at step 200"),
    ),
    "a learning rate that moves nothing, named": Mistake(
        "flat",
        "lr = 1e-9",
        "lr = 0.01",
        program("""
            lr = 1e-9
            w = torch.zeros(1, requires_grad=True)
            opt = torch.optim.SGD([w], lr=lr)
            for step in range(80):
                opt.zero_grad()
                loss = ((w * x - y) ** 2).mean()
                loss.backward()
                opt.step()
        """),
    ),
    "a learning rate that moves nothing, in a function": Mistake(
        "flat",
        "def fit(model, lr=1e-8):",
        "def fit(model, lr=0.01):",
        program("""
            def fit(model, lr=1e-8):
                opt = torch.optim.SGD(model.parameters(), lr=lr)
                for step in range(100):
                    opt.zero_grad()
                    loss = F.mse_loss(model(x), y)
                    loss.backward()
                    opt.step()

            fit(nn.Linear(1, 1))
        """),
    ),
    # Shapes that broadcast inside a loss.
    "[8] against [8, 1] in mse_loss": Mistake(
        "broadcast-loss",
        "loss = F.mse_loss(model(x).squeeze(1), y)",
        "loss = F.mse_loss(model(x).squeeze(1), y.squeeze(1))",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(5):
                loss = F.mse_loss(model(x).squeeze(1), y)
                loss.backward()
                opt.step()
                opt.zero_grad()
        """),
        ("[8]", "[8, 1]", "[8, 8]"),
    ),
    "[8, 1] against [8] by hand": Mistake(
        "broadcast-loss",
        "loss = ((preds - targets) ** 2).mean()",
        "loss = ((preds - targets.unsqueeze(1)) ** 2).mean()",
        program("""
            targets = y.squeeze(1)
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(5):
                preds = model(x)
                loss = ((preds - targets) ** 2).mean()
                loss.backward()
                opt.step()
                opt.zero_grad()
        """),
        ("The prediction is [8, 1] and the target [8]",),
    ),
    "a loss object": Mistake(
        "broadcast-loss",
        "loss = criterion(model(x), y.flatten())",
        "loss = criterion(model(x), y.flatten().unsqueeze(1))",
        program("""
            criterion = nn.SmoothL1Loss()
            model = nn.Linear(1, 1)
            opt = torch.optim.Adam(model.parameters())
            for step in range(3):
                opt.zero_grad()
                loss = criterion(model(x), y.flatten())
                loss.backward()
                opt.step()
        """),
    ),
    "l1_loss": Mistake(
        "broadcast-loss",
        "loss = F.l1_loss(model(x), y.view(-1))",
        "loss = F.l1_loss(model(x), y.view(-1).unsqueeze(1))",
        program("""
            model = nn.Linear(1, 1)
            loss = F.l1_loss(model(x), y.view(-1))
            loss.backward()
        """),
    ),
    "a loss function of one's own, target first": Mistake(
        "broadcast-loss",
        "return (target - prediction).abs().mean()",
        "return (target.squeeze(1) - prediction).abs().mean()",
        program("""
            def distance(prediction, target):
                return (target - prediction).abs().mean()

            w = torch.zeros(1, requires_grad=True)
            b = torch.zeros(1, requires_grad=True)
            for step in range(3):
                loss = distance((x * w + b).flatten(), y)
                loss.backward()
                with torch.no_grad():
                    w -= 0.1 * w.grad
                    b -= 0.1 * b.grad
                w.grad, b.grad = None, None
        """),
    ),
    # The wrong mode.
    "training in eval()": Mistake(
        "trains-in-eval",
        "loss.backward()",
        "model.train()\nfor step in range(5):",
        program("""
            model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.5), nn.Linear(8, 1))
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            model.eval()
            for step in range(5):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
                opt.zero_grad()
        """),
        ("`Dropout(0.5)`", "Line 7"),
    ),
    "eval() after the first epoch": Mistake(
        "trains-in-eval",
        "loss.backward()",
        "net.train()\nopt.zero_grad()",
        program("""
            net = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
            opt = torch.optim.SGD(net.parameters(), lr=0.01)
            for epoch in range(3):
                opt.zero_grad()
                loss = F.mse_loss(net(x), y)
                loss.backward()
                opt.step()
                net.eval()
                with torch.no_grad():
                    val_loss = F.mse_loss(net(x), y)
        """),
        ("`BatchNorm1d`",),
    ),
    "eval() in each epoch of many batches, train() once": Mistake(
        "trains-in-eval",
        "loss.backward()",
        "model.train()\nfor xb, yb in loader:",
        program("""
            model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.5), nn.Linear(8, 1))
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            loader = DataLoader(TensorDataset(x.repeat(10, 1), y.repeat(10, 1)), batch_size=2)
            model.train()
            for epoch in range(3):
                for xb, yb in loader:
                    loss = F.mse_loss(model(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
                model.eval()
                with torch.no_grad():
                    val_loss = F.mse_loss(model(x), y)
        """),
        ("`Dropout(0.5)`", "Line 15"),
    ),
    "eval() in a function that validates, train() once": Mistake(
        "trains-in-eval",
        "loss.backward()",
        "net.train()\nfor xb, yb in loader:",
        program("""
            def validate(model):
                model.eval()
                torch.set_grad_enabled(False)
                error = F.mse_loss(model(x), y).item()
                torch.set_grad_enabled(True)
                return error

            def train_epoch(net, opt, loader):
                for xb, yb in loader:
                    opt.zero_grad()
                    loss = F.mse_loss(net(xb), yb)
                    loss.backward()
                    opt.step()

            net = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
            opt = torch.optim.Adam(net.parameters())
            loader = DataLoader(TensorDataset(x.repeat(10, 1), y.repeat(10, 1)), batch_size=4)
            for epoch in range(3):
                train_epoch(net, opt, loader)
                validate(net)
        """),
        ("`BatchNorm1d`",),
    ),
    "training in eval(), in a class": Mistake(
        "trains-in-eval",
        "loss.backward()",
        "self.model.train()\nfor _ in range(3):",
        program("""
            class Trainer:
                def __init__(self):
                    self.model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.1), nn.Linear(8, 1)).eval()
                    self.opt = torch.optim.Adam(self.model.parameters())

                def fit(self):
                    for _ in range(3):
                        self.opt.zero_grad()
                        loss = F.mse_loss(self.model(x), y)
                        loss.backward()
                        self.opt.step()

            Trainer().fit()
        """),
    ),
    "judged in train()": Mistake(
        "judged-in-train",
        "val_loss = F.mse_loss(model(x), y)",
        "model.eval()\nwith torch.no_grad():",
        program("""
            model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.5), nn.Linear(8, 1))
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for epoch in range(3):
                model.train()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
                opt.zero_grad()
                with torch.no_grad():
                    val_loss = F.mse_loss(model(x), y)
        """),
        ("`Dropout(0.5)`",),
    ),
    "judged in train() by a function": Mistake(
        "judged-in-train",
        "correct += (model(xb).argmax(1) == yb).sum().item()",
        "model.eval()\ncorrect = 0\nmodel.train()\nreturn correct / len(x)",
        program(
            """
            @torch.no_grad()
            def evaluate(model):
                correct = 0
                for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=4):
                    correct += (model(xb).argmax(1) == yb).sum().item()
                return correct / len(x)

            model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
            opt = torch.optim.Adam(model.parameters())
            for epoch in range(2):
                opt.zero_grad()
                F.cross_entropy(model(x), labels).backward()
                opt.step()
                evaluate(model)
            """,
            CLASSES,
        ),
    ),
    "judged in train() at the end": Mistake(
        "judged-in-train",
        "print(model(x[:2]))",
        "model.eval()\nwith torch.inference_mode():",
        program("""
            model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.5), nn.Linear(8, 1))
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for step in range(5):
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
                opt.zero_grad()
            with torch.inference_mode():
                print(model(x[:2]))
        """),
    ),
    # Graphs that grow.
    "total += loss": Mistake(
        "growing-graph",
        "total += loss",
        "total += loss.item()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            total = 0
            for step in range(10):
                loss = F.mse_loss(model(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
                total += loss
            print(float(total) / 10)
        """),
        ("10 so far",),
    ),
    "total = total + loss * len(xb), in a function": Mistake(
        "growing-graph",
        "total = total + loss * len(xb)",
        "total = total + loss.item() * len(xb)",
        program("""
            def fit(model, opt, loader):
                total = torch.tensor(0.0)
                for epoch in range(4):
                    for xb, yb in loader:
                        loss = F.mse_loss(model(xb), yb)
                        total = total + loss * len(xb)
                        opt.zero_grad()
                        loss.backward()
                        opt.step()
                return float(total)

            model = nn.Linear(1, 1)
            fit(model, torch.optim.SGD(model.parameters(), lr=0.01), DataLoader(TensorDataset(x, y), batch_size=2))
        """),
    ),
    "losses.append(loss)": Mistake(
        "growing-graph",
        "losses.append(loss)",
        "losses.append(loss.item())",
        program("""
            w = torch.zeros(1, requires_grad=True)
            losses = []
            for step in range(12):
                loss = ((w * x - y) ** 2).mean()
                losses.append(loss)
                loss.backward()
                with torch.no_grad():
                    w -= 0.1 * w.grad
                    w.grad.zero_()
            print(sum(losses) / len(losses))
        """),
    ),
    # Probabilities where scores are meant.
    "softmax before cross_entropy": Mistake(
        "softmax-before-cross-entropy",
        "loss = F.cross_entropy(F.softmax(model(x), dim=1), labels)",
        "loss = F.cross_entropy(model(x), labels)",
        program(
            """
            model = nn.Linear(4, 3)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(5):
                loss = F.cross_entropy(F.softmax(model(x), dim=1), labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("3 classes", "0.55"),
    ),
    "a softmax layer before CrossEntropyLoss": Mistake(
        "softmax-before-cross-entropy",
        "model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(dim=1))",
        "model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))",
        program(
            """
            model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(dim=1))
            loss_fn = nn.CrossEntropyLoss()
            opt = torch.optim.Adam(model.parameters(), lr=0.1)
            for step in range(5):
                opt.zero_grad()
                loss = loss_fn(model(x), labels)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
    ),
    "softmax in forward()": Mistake(
        "softmax-before-cross-entropy",
        "return self.out(x).softmax(dim=-1)",
        "return self.out(x)",
        program(
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.out = nn.Linear(4, 3)

                def forward(self, x):
                    return self.out(x).softmax(dim=-1)

            model = Net()
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            loss = nn.CrossEntropyLoss()(model(x), labels)
            loss.backward()
            opt.step()
            """,
            CLASSES,
        ),
    ),
    "log_softmax before cross_entropy": Mistake(
        "softmax-before-cross-entropy",
        "scores = torch.log_softmax(model(x), dim=1)",
        "scores = model(x)",
        program(
            """
            model = nn.Linear(4, 3)
            scores = torch.log_softmax(model(x), dim=1)
            loss = F.cross_entropy(scores, labels)
            loss.backward()
            """,
            CLASSES,
        ),
    ),
    "softmax before nll_loss": Mistake(
        "softmax-before-nll",
        "loss = F.nll_loss(F.softmax(model(x), dim=1), labels)",
        "loss = F.nll_loss(F.log_softmax(model(x), dim=1), labels)",
        program(
            """
            model = nn.Linear(4, 3)
            loss = F.nll_loss(F.softmax(model(x), dim=1), labels)
            loss.backward()
            """,
            CLASSES,
        ),
    ),
    "sigmoid before the loss with logits": Mistake(
        "sigmoid-before-logits",
        "p = torch.sigmoid(model(x))",
        "p = model(x)",
        program(
            """
            model = nn.Linear(4, 1)
            p = torch.sigmoid(model(x))
            loss = F.binary_cross_entropy_with_logits(p, (labels > 0).float().unsqueeze(1))
            loss.backward()
            """,
            CLASSES,
        ),
    ),
    # Targets of another kind.
    "integers to mse_loss": Mistake(
        "integer-targets",
        "loss = F.mse_loss(model(x).squeeze(1), labels)",
        "loss = F.mse_loss(model(x).squeeze(1), labels.float())",
        program(
            """
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for step in range(4):
                opt.zero_grad()
                loss = F.mse_loss(model(x).squeeze(1), labels)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("int64",),
        is_refused=True,
    ),
    "booleans to MSELoss": Mistake(
        "integer-targets",
        "loss = loss_fn(model(x), wanted)",
        "loss = loss_fn(model(x), wanted.float())",
        program(
            """
            loss_fn = nn.MSELoss()
            model = nn.Linear(4, 1)
            wanted = labels.unsqueeze(1) > 1
            loss = loss_fn(model(x), wanted)
            loss.backward()
            """,
            CLASSES,
        ),
        ("bool",),
        is_refused=True,
    ),
    "one class": Mistake(
        "one-class",
        "loss = F.cross_entropy(model(x), wanted)",
        "loss = F.binary_cross_entropy_with_logits(model(x), wanted)",
        program(
            """
            model = nn.Linear(4, 1)
            wanted = (labels > 0).float().unsqueeze(1)
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for step in range(60):
                opt.zero_grad()
                loss = F.cross_entropy(model(x), wanted)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("[12, 1]",),
    ),
    "class numbers as floats": Mistake(
        "float-targets",
        "loss = F.cross_entropy(model(x).squeeze(1), labels.float())",
        None,
        program(
            """
            model = nn.Linear(4, 1)
            loss = F.cross_entropy(model(x).squeeze(1), labels.float())
            loss.backward()
            """,
            CLASSES,
        ),
        ("12", "not 1"),
    ),
    "several classes at once": Mistake(
        "float-targets",
        "loss = loss_fn(model(x), wanted)",
        "loss = F.binary_cross_entropy_with_logits(model(x), wanted)",
        program(
            """
            loss_fn = nn.CrossEntropyLoss()
            model = nn.Linear(4, 3)
            wanted = torch.tensor([[1.0, 1.0, 0.0]] * 12)
            loss = loss_fn(model(x), wanted)
            loss.backward()
            """,
            CLASSES,
        ),
        ("adds up to 2",),
    ),
    # Cut off from the weights.
    "a loss that was made anew": Mistake(
        "cut-off",
        "loss = torch.tensor(F.mse_loss(model(x), y).item(), requires_grad=True)",
        "loss = F.mse_loss(model(x), y)",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(5):
                opt.zero_grad()
                loss = torch.tensor(F.mse_loss(model(x), y).item(), requires_grad=True)
                loss.backward()
                opt.step()
        """),
        ("2 parameters",),
    ),
    "a loss made anew under its own name": Mistake(
        "cut-off",
        "loss = torch.tensor(loss.item(), requires_grad=True)",
        "# loss = torch.tensor(loss.item(), requires_grad=True)",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(5):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss = torch.tensor(loss.item(), requires_grad=True)
                loss.backward()
                opt.step()
        """),
    ),
    "a loss that is detached and told to need gradients": Mistake(
        "cut-off",
        "loss = loss.detach()",
        "# loss = loss.detach()\n# loss.requires_grad = True",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(5):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss = loss.detach()
                loss.requires_grad = True
                loss.backward()
                opt.step()
        """),
    ),
    "a detached prediction": Mistake(
        "cut-off",
        "preds = model(x).detach()",
        "preds = model(x)",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(5):
                preds = model(x).detach()
                loss = F.mse_loss(preds, y).requires_grad_()
                loss.backward()
                opt.step()
                opt.zero_grad()
        """),
    ),
    "a weight's .data": Mistake(
        "cut-off",
        "loss = ((w.data * x + b - y) ** 2).mean()",
        "loss = ((w * x + b - y) ** 2).mean()",
        program("""
            w = torch.zeros(1, requires_grad=True)
            b = torch.zeros(1, requires_grad=True)
            opt = torch.optim.SGD([w, b], lr=0.1)
            for step in range(5):
                loss = ((w.data * x + b - y) ** 2).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("`w` never gets",),
    ),
    "detached in the middle of a model": Mistake(
        "cut-off",
        "hidden = self.first(x).detach()",
        "hidden = self.first(x)",
        program("""
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.first = nn.Linear(1, 4)
                    self.second = nn.Linear(4, 1)

                def forward(self, x):
                    hidden = self.first(x).detach()
                    return self.second(torch.relu(hidden))

            net = Net()
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            for step in range(6):
                opt.zero_grad()
                loss = F.mse_loss(net(x), y)
                loss.backward()
                opt.step()
        """),
        ("`net.first.weight`", "6 steps"),
    ),
    # A few more of the rarer ones.
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
    "integers to smooth_l1_loss": Mistake(
        "integer-targets",
        "loss = F.smooth_l1_loss(scores, counts)",
        "loss = F.smooth_l1_loss(scores, counts.float())",
        program(
            """
            counts = labels.view(-1, 1)
            scores = nn.Linear(4, 1)(x)
            loss = F.smooth_l1_loss(scores, counts)
            loss.backward()
            """,
            CLASSES,
        ),
    ),
    "one class, numbered": Mistake(
        "one-class",
        "loss = loss_fn(model(x), zeros)",
        "loss = F.binary_cross_entropy_with_logits(model(x), zeros.float().unsqueeze(1))",
        program(
            """
            loss_fn = nn.CrossEntropyLoss()
            model = nn.Linear(4, 1)
            zeros = torch.zeros(12, dtype=torch.long)
            loss = loss_fn(model(x), zeros)
            loss.backward()
            """,
            CLASSES,
        ),
    ),
    "one class, in a function": Mistake(
        "one-class",
        "loss = F.cross_entropy(scores, wanted)",
        "loss = F.binary_cross_entropy_with_logits(scores, wanted)",
        program(
            """
            def step(model, wanted):
                scores = model(x)
                loss = F.cross_entropy(scores, wanted)
                loss.backward()

            step(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1)), torch.ones(12, 1))
            """,
            CLASSES,
        ),
    ),
    "counts as targets of cross_entropy": Mistake(
        "float-targets",
        "loss = F.cross_entropy(model(x), counts)",
        None,
        program(
            """
            model = nn.Linear(4, 3)
            counts = torch.tensor([[5.0, 3.0, 1.0]] * 12)
            loss = F.cross_entropy(model(x), counts)
            loss.backward()
            """,
            CLASSES,
        ),
        ("adds up to 9",),
    ),
    "a softmax layer before NLLLoss": Mistake(
        "softmax-before-nll",
        "model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))",
        "model = nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1))",
        program(
            """
            model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
            loss = nn.NLLLoss()(model(x), labels)
            loss.backward()
            """,
            CLASSES,
        ),
    ),
    "softmax as a method before nll_loss": Mistake(
        "softmax-before-nll",
        "p = scores.softmax(1)",
        "p = scores.log_softmax(1)",
        program(
            """
            scores = nn.Linear(4, 3)(x)
            p = scores.softmax(1)
            loss = F.nll_loss(p, labels)
            loss.backward()
            """,
            CLASSES,
        ),
    ),
    "a sigmoid layer before BCEWithLogitsLoss": Mistake(
        "sigmoid-before-logits",
        "model = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())",
        "model = nn.Sequential(nn.Linear(4, 1))",
        program(
            """
            model = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())
            loss = nn.BCEWithLogitsLoss()(model(x), (labels > 0).float().unsqueeze(1))
            loss.backward()
            """,
            CLASSES,
        ),
    ),
    "sigmoid in forward() before the loss with logits": Mistake(
        "sigmoid-before-logits",
        "return torch.sigmoid(self.layer(x)).squeeze(1)",
        "return self.layer(x).squeeze(1)",
        program(
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layer = nn.Linear(4, 1)

                def forward(self, x):
                    return torch.sigmoid(self.layer(x)).squeeze(1)

            loss = F.binary_cross_entropy_with_logits(Net()(x), (labels > 0).float())
            loss.backward()
            """,
            CLASSES,
        ),
    ),
}
