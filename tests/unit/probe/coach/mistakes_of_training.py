"""Programs whose loss or model does something else than is meant while they train."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, Mistake, program

TRAINING = {
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
}
