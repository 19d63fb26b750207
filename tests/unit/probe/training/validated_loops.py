"""Programs that train and compute losses without gradients. Each keeps in `seen` what should be drawn: its own numbers.

`seen` has them by the name of the curve; a program without any has nothing that may be drawn.
"""

from __future__ import annotations

from textwrap import dedent

DATA = """\
torch.manual_seed(0)
X = torch.randn(120, 4)
y = X @ torch.randn(4, 1) + 0.1 * torch.randn(120, 1)
Xv, yv = X[80:], y[80:]
train_set, val_set = TensorDataset(X[:80], y[:80]), TensorDataset(Xv, yv)
train_loader, val_loader = DataLoader(train_set, 16, shuffle=True), DataLoader(val_set, 16)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
opt = torch.optim.Adam(model.parameters(), 1e-2)
loss_fn = nn.MSELoss()
"""


def _program(code: str) -> str:
    return DATA + dedent(code)


DRAWN = {
    "a function that also returns what was predicted, when it is asked": _program("""
        def compute_loss(xb, yb, return_outputs=False):
            outputs = model(xb)
            loss = loss_fn(outputs, yb) * 0.5
            return (loss, outputs) if return_outputs else loss

        for epoch in range(4):
            for xb, yb in train_loader:
                loss = compute_loss(xb, yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
            total = 0
            with torch.no_grad():
                for xb, yb in val_loader:
                    val_loss, predicted = compute_loss(xb, yb, return_outputs=True)
                    total += val_loss.item()
            seen["val_loss"].append(total / len(val_loader))
    """),
    "a module, over a loader": _program("""
        for epoch in range(4):
            model.train()
            for xb, yb in train_loader:
                loss = loss_fn(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
            model.eval()
            total = 0
            with torch.no_grad():
                for xb, yb in val_loader:
                    val_loss = loss_fn(model(xb), yb)
                    total += val_loss.item()
            seen["val_loss"].append(total / len(val_loader))
    """),
    "a decorated function, whose result is named, and the training data too": _program("""
        @torch.no_grad()
        def evaluate(loader):
            total = 0.0
            for xb, yb in loader:
                total += F.mse_loss(model(xb), yb).item()
            return total / len(loader)

        before = evaluate(val_loader)
        for epoch in range(4):
            for xb, yb in train_loader:
                loss = F.mse_loss(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
            val_loss = evaluate(val_loader)
            train_loss = evaluate(train_loader)
            seen["val_loss"].append(val_loss)
    """),
    "all data in every step": _program("""
        for epoch in range(8):
            loss = F.mse_loss(model(X[:80]), y[:80])
            opt.zero_grad()
            loss.backward()
            opt.step()
            with torch.inference_mode():
                v = F.mse_loss(model(Xv), yv)
                t = F.mse_loss(model(X[:80]), y[:80])
            seen["v"].append(v.item())
    """),
    "a function of one's own": _program("""
        w = torch.zeros(4, 1, requires_grad=True)

        def mse(prediction, target):
            return ((prediction - target) ** 2).mean()

        for epoch in range(8):
            at = torch.randperm(80)[:40]
            loss = mse(X[at] @ w, y[at])
            loss.backward()
            with torch.no_grad():
                w -= 0.05 * w.grad
                w.grad.zero_()
                val = mse(Xv @ w, yv).item()
            seen["val"].append(val)
    """),
    "a history that is added to": _program("""
        history = {"val": []}
        for epoch in range(4):
            for xb, yb in train_loader:
                loss = loss_fn(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
            with torch.no_grad():
                history["val"].append(loss_fn(model(Xv), yv).item())
            seen["history['val']"].append(history["val"][-1])
    """),
    "a module of one's own": _program("""
        class Huber(nn.Module):
            def forward(self, prediction, target):
                away = (prediction - target).abs()
                return torch.where(away < 1, 0.5 * away * away, away - 0.5).mean()

        criterion = Huber()
        for epoch in range(4):
            for xb, yb in train_loader:
                loss = criterion(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
            with torch.no_grad():
                val_loss = criterion(model(Xv), yv)
            seen["val_loss"].append(val_loss.item())
    """),
    "a model that returns its loss, on two splits": _program("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.Linear(4, 1)

            def forward(self, x, targets=None):
                out = self.inner(x)
                return out, F.mse_loss(out, targets)

        net = Net()
        opt = torch.optim.AdamW(net.parameters(), 1e-2)

        def get_batch(split):
            at = torch.randint(80, (8,)) + (0 if split == "train" else 40)
            return X[at], y[at]

        @torch.no_grad()
        def estimate_loss():
            means = {}
            for split in ["train", "val"]:
                values = torch.zeros(5)
                for k in range(5):
                    _, loss = net(*get_batch(split))
                    values[k] = loss.item()
                means[split] = values.mean().item()
            return means

        for it in range(30):
            if it % 10 == 0:
                losses = estimate_loss()
                if it:
                    seen["losses (train)"].append(losses["train"])
                    seen["losses (val)"].append(losses["val"])
            _, loss = net(*get_batch("train"))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a model whose outputs hold its loss": _program("""
        class Outputs:
            def __init__(self, loss, logits):
                self.loss, self.logits = loss, logits

        class Regressor(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = model

            def compute_loss(self, predicted, target):
                return F.mse_loss(predicted, target)

            def forward(self, x, target):
                predicted = self.layers(x)
                return Outputs(self.compute_loss(predicted, target), predicted)

        regressor = Regressor()
        for epoch in range(4):
            for xb, yb in train_loader:
                output = regressor(xb, yb)
                loss = output.loss
                loss.backward()
                opt.step()
                opt.zero_grad()
            losses = []
            for xb, yb in val_loader:
                with torch.no_grad():
                    outputs = regressor(xb, yb)
                losses.append(outputs.loss.item())
            seen["validation loss"].append(sum(losses) / len(losses))
    """),
    "phases, at one line with the training": _program("""
        loaders = {"train": train_loader, "val": val_loader}
        for epoch in range(4):
            for phase in ["train", "val"]:
                running = 0.0
                for xb, yb in loaders[phase]:
                    opt.zero_grad()
                    with torch.set_grad_enabled(phase == "train"):
                        loss = loss_fn(model(xb), yb)
                        if phase == "train":
                            loss.backward()
                            opt.step()
                    running += loss.item()
                if phase == "val":
                    seen["loss (val)"].append(running / len(val_loader))
    """),
    "a sum that each loss is added to at once": _program("""
        for epoch in range(4):
            for xb, yb in train_loader:
                opt.zero_grad()
                F.mse_loss(model(xb), yb).backward()
                opt.step()
            tot = 0.0
            with torch.no_grad():
                for xb, yb in val_loader:
                    tot += F.mse_loss(model(xb), yb).item()
            seen["mean of F.mse_loss"].append(tot / len(val_loader))
    """),
    "a running loss that is no mean yet, written out": _program("""
        @torch.no_grad()
        def evaluate():
            running_loss = 0.0
            for xb, yb in val_loader:
                running_loss = running_loss + loss_fn(model(xb), yb).item()
            seen["mean of loss_fn"].append(running_loss / len(val_loader))

        for epoch in range(4):
            for xb, yb in train_loader:
                opt.zero_grad()
                loss_fn(model(xb), yb).backward()
                opt.step()
            evaluate()
    """),
    "a model and its average, one after the other": _program("""
        ema = copy.deepcopy(model)

        def evaluate(net):
            with torch.no_grad():
                return sum(loss_fn(net(xb), yb).item() for xb, yb in val_loader) / len(val_loader)

        for epoch in range(4):
            for xb, yb in train_loader:
                loss = loss_fn(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
                with torch.no_grad():
                    for mine, its in zip(ema.parameters(), model.parameters()):
                        mine.lerp_(its, 0.1)
            for net in (model, ema):
                now = evaluate(net)
                seen["now" if net is model else "now 2"].append(now)
    """),
    "a penalty in the training alone": _program("""
        for epoch in range(4):
            for xb, yb in train_loader:
                loss = loss_fn(model(xb), yb) + 1e-3 * sum(p.abs().sum() for p in model.parameters())
                opt.zero_grad()
                loss.backward()
                opt.step()
            with torch.no_grad():
                held_out = [loss_fn(model(xb), yb).item() for xb, yb in val_loader]
            seen["held_out"].append(sum(held_out) / len(held_out))
    """),
    "gradients that are accumulated": _program("""
        for epoch in range(4):
            for number, (xb, yb) in enumerate(train_loader, 1):
                loss = loss_fn(model(xb), yb) / 2
                loss.backward()
                if number % 2 == 0:
                    opt.step()
                    opt.zero_grad()
            with torch.no_grad():
                val = 0.0
                for xb, yb in val_loader:
                    val += loss_fn(model(xb), yb).item()
            seen["val"].append(val / len(val_loader))
    """),
    "two losses that are added up": _program("""
        head, criterion = nn.Linear(4, 3), nn.CrossEntropyLoss()
        labels = torch.randint(0, 3, (120,))
        opt = torch.optim.SGD([*model.parameters(), *head.parameters()], 0.05)
        for step in range(12):
            at = torch.randperm(80)[:20]
            loss = loss_fn(model(X[at]), y[at]) + 0.5 * criterion(head(X[at]), labels[at])
            opt.zero_grad()
            loss.backward()
            opt.step()
            if step % 4 == 3:
                with torch.no_grad():
                    v1 = loss_fn(model(Xv), yv)
                    v2 = criterion(head(Xv), labels[80:])
                seen["v1"].append(v1.item())
                seen["v2"].append(v2.item())
    """),
    "the sum over a batch, of which the training takes the mean": _program("""
        labels = torch.randint(0, 3, (120,))
        net = nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(1))
        opt = torch.optim.Adadelta(net.parameters(), 1.0)

        def train():
            for at in torch.randperm(80).split(10):
                loss = F.nll_loss(net(X[at]), labels[at])
                opt.zero_grad()
                loss.backward()
                opt.step()

        def test():
            test_loss = 0
            with torch.no_grad():
                for at in torch.arange(80, 120).split(15):
                    test_loss += F.nll_loss(net(X[at]), labels[at], reduction="sum").item()
            seen["test_loss"].append(test_loss / 40)

        for epoch in range(4):
            train()
            test()
    """),
    "results in a dict": _program("""
        def forward(batch):
            out = model(batch["x"])
            return {"loss": F.mse_loss(out, batch["y"]), "out": out}

        batches = [{"x": X[at], "y": y[at]} for at in torch.arange(120).split(20)]
        for epoch in range(4):
            for batch in batches[:4]:
                result = forward(batch)
                opt.zero_grad()
                result["loss"].backward()
                opt.step()
            with torch.no_grad():
                v = sum(forward(batch)["loss"].item() for batch in batches[4:]) / 2
            seen["v"].append(v)
    """),
    "a method, with LBFGS": _program("""
        class Trainer:
            def __init__(self):
                self.net = nn.Linear(4, 1)
                self.opt = torch.optim.LBFGS(self.net.parameters(), max_iter=3)

            def compute_loss(self, batch):
                x, target = batch
                return loss_fn(self.net(x), target) + 1e-3 * self.net.weight.square().sum()

            def fit(self):
                def closure():
                    self.opt.zero_grad()
                    loss = self.compute_loss((X[:80], y[:80]))
                    loss.backward()
                    return loss

                for epoch in range(4):
                    self.opt.step(closure)
                    with torch.no_grad():
                        validation = self.compute_loss((Xv, yv))
                    seen["validation"].append(validation.item())

        Trainer().fit()
    """),
    "compiled": _program("""
        net = torch.compile(model, backend="eager")
        for epoch in range(3):
            for xb, yb in train_loader:
                loss = loss_fn(net(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
            with torch.no_grad():
                val = 0.0
                for xb, yb in val_loader:
                    val += loss_fn(net(xb), yb).item()
            seen["val"].append(val / len(val_loader))
    """),
    "within an epoch, before a step": _program("""
        step = 0
        for epoch in range(4):
            for xb, yb in train_loader:
                if step % 5 == 0:
                    with torch.no_grad():
                        val = loss_fn(model(Xv), yv)
                    if step:
                        seen["val"].append(val.item())
                loss = loss_fn(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
                step += 1
    """),
}

NOT_DRAWN = {
    "a teacher of the same batch": _program("""
        teacher = copy.deepcopy(model)
        for epoch in range(3):
            for xb, yb in train_loader:
                with torch.no_grad():
                    its = loss_fn(teacher(xb), yb)
                loss = loss_fn(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
    """),
    "a teacher of the same batch, afterwards": _program("""
        teacher = copy.deepcopy(model)
        for epoch in range(3):
            for xb, yb in train_loader:
                loss = loss_fn(model(xb), yb)
                with torch.no_grad():
                    its = loss_fn(teacher(xb), yb)
                opt.zero_grad()
                (loss * (1 + its)).backward()
                opt.step()
    """),
    "metrics": _program("""
        for epoch in range(4):
            for xb, yb in train_loader:
                loss = loss_fn(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
            with torch.no_grad():
                mae = F.l1_loss(model(Xv), yv)
                close = ((model(Xv) - yv).abs() < 0.5).float().mean()
                norm = sum(p.norm() for p in model.parameters())
    """),
    "the target of a network that lags behind": _program("""
        net = nn.Linear(4, 2)
        target = copy.deepcopy(net)
        opt = torch.optim.Adam(net.parameters(), 1e-3)
        for step in range(20):
            state, action, reward = torch.randn(16, 4), torch.randint(0, 2, (16, 1)), torch.randn(16)
            with torch.no_grad():
                wanted = reward + 0.9 * target(torch.randn(16, 4)).max(1).values
            loss = F.smooth_l1_loss(net(state).gather(1, action).squeeze(1), wanted)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "the loss of each sample, to choose some": _program("""
        for epoch in range(3):
            for xb, yb in train_loader:
                with torch.no_grad():
                    each = F.mse_loss(model(xb), yb, reduction="none").squeeze(1)
                kept = each < each.median()
                loss = F.mse_loss(model(xb[kept]), yb[kept])
                opt.zero_grad()
                loss.backward()
                opt.step()
    """),
    "a view of another network with the same target": _program("""
        other = nn.Linear(4, 4)
        net = copy.deepcopy(other)
        opt = torch.optim.SGD(net.parameters(), 0.1)

        def apart(a, b):
            return 2 - 2 * F.cosine_similarity(a, b).mean()

        for step in range(10):
            a, b = torch.randn(8, 4), torch.randn(8, 4)
            with torch.no_grad():
                z = other(b)
                before = apart(net(a), z)
            loss = apart(net(a), z)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a function of parameters alone, looked at again": _program("""
        def bowl(at):
            return (at - 3).square().sum()

        at = torch.zeros(2, requires_grad=True)
        for step in range(10):
            loss = bowl(at)
            loss.backward()
            with torch.no_grad():
                at -= 0.1 * at.grad
                at.grad = None
                now = bowl(at)
    """),
    "a pass before the training": _program("""
        with torch.no_grad():
            before = loss_fn(model(Xv), yv)
        for epoch in range(3):
            for xb, yb in train_loader:
                loss = loss_fn(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
    """),
    "a GAN that shows what it makes": _program("""
        made, judge = nn.Linear(2, 2), nn.Linear(2, 1)
        bce = nn.BCEWithLogitsLoss()
        opts = [torch.optim.Adam(net.parameters()) for net in (made, judge)]
        for step in range(10):
            real, noise = torch.randn(8, 2), torch.randn(8, 2)
            loss_d = bce(judge(real), torch.ones(8, 1)) + bce(judge(made(noise).detach()), torch.zeros(8, 1))
            opts[1].zero_grad()
            loss_d.backward()
            opts[1].step()
            loss_g = bce(judge(made(noise)), torch.ones(8, 1))
            opts[0].zero_grad()
            loss_g.backward()
            opts[0].step()
            with torch.no_grad():
                shown = judge(made(torch.randn(4, 2))).mean()
    """),
    "a step, and then what is handed on": _program("""
        def hand_on(value):
            return value * 1.0

        xb, yb = next(iter(train_loader))
        loss = hand_on(loss_fn(model(xb), yb))
        loss.backward()
        opt.step()
        with torch.no_grad():
            for xb, yb in val_loader:
                hand_on(model(xb).mean())
    """),
}
