"""Programs that give a loss the wrong kind of numbers."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, Mistake, program

LOSSES = {
    "raw scores to nll_loss": Mistake(
        "scores-to-nll",
        "loss = F.nll_loss(model(x), labels)",
        "loss = F.cross_entropy(model(x), labels)",
        program(
            """
            model = nn.Linear(4, 3)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(10):
                opt.zero_grad()
                loss = F.nll_loss(model(x), labels)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("[12, 3]",),
    ),
    "raw scores to NLLLoss": Mistake(
        "scores-to-nll",
        "loss = criterion(net(xb), yb)",
        "criterion = nn.CrossEntropyLoss()",
        program(
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.hidden, self.out = nn.Linear(4, 16), nn.Linear(16, 3)

                def forward(self, x):
                    return self.out(torch.relu(self.hidden(x)))

            criterion = nn.NLLLoss()
            net = Net()
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            for epoch in range(4):
                for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=4):
                    opt.zero_grad()
                    loss = criterion(net(xb), yb)
                    loss.backward()
                    opt.step()
            """,
            CLASSES,
        ),
    ),
    "scores of pixels to nll_loss": Mistake(
        "scores-to-nll",
        "F.nll_loss(scores, masks).backward()",
        "F.cross_entropy(scores, masks).backward()",
        program("""
            images, masks = torch.randn(4, 1, 6, 6), torch.randint(0, 3, (4, 6, 6))
            net = nn.Conv2d(1, 3, 3, padding=1)
            opt = torch.optim.SGD(net.parameters(), lr=0.1)
            for step in range(8):
                scores = net(images)
                opt.zero_grad()
                F.nll_loss(scores, masks).backward()
                opt.step()
        """),
        ("[4, 3, 6, 6]",),
    ),
    "log_softmax over the examples": Mistake(
        "softmax-dimension",
        "log_p = F.log_softmax(model(x), dim=0)",
        "log_p = F.log_softmax(model(x), dim=1)",
        program(
            """
            model = nn.Linear(4, 3)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(10):
                log_p = F.log_softmax(model(x), dim=0)
                loss = F.nll_loss(log_p, labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("over dimension 0 of [12, 3]",),
    ),
    "a log-softmax layer over the examples": Mistake(
        "softmax-dimension",
        "model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), nn.LogSoftmax(0))",
        "model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), nn.LogSoftmax(1))",
        program(
            """
            model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), nn.LogSoftmax(0))
            loss_fn = nn.NLLLoss()
            opt = torch.optim.Adam(model.parameters(), lr=0.05)
            for step in range(10):
                opt.zero_grad()
                loss = loss_fn(model(x), labels)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
    ),
    "softmax over the examples before a squared error": Mistake(
        "softmax-dimension",
        "p = model(x).softmax(0)",
        "p = model(x).softmax(1)",
        program(
            """
            wanted = F.one_hot(labels, 3).float()
            model = nn.Linear(4, 3)
            opt = torch.optim.SGD(model.parameters(), lr=0.5)
            for step in range(10):
                opt.zero_grad()
                p = model(x).softmax(0)
                loss = F.mse_loss(p, wanted)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
    ),
    "softmax over the examples in a cross entropy by hand": Mistake(
        "softmax-dimension",
        "probs = torch.softmax(x @ w + b, dim=0)",
        "probs = torch.softmax(x @ w + b, dim=1)",
        program(
            """
            onehot = torch.eye(3)[labels]
            w, b = torch.zeros(4, 3, requires_grad=True), torch.zeros(3, requires_grad=True)
            opt = torch.optim.SGD([w, b], lr=0.5)
            for step in range(10):
                probs = torch.softmax(x @ w + b, dim=0)
                loss = -(onehot * torch.log(probs)).sum(1).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
    ),
    "probabilities to kl_div": Mistake(
        "kl-div-input",
        'loss = F.kl_div(F.softmax(student(x), dim=1), wanted, reduction="batchmean")',
        'loss = F.kl_div(F.log_softmax(student(x), dim=1), wanted, reduction="batchmean")',
        program(
            """
            teacher, student = nn.Linear(4, 3), nn.Linear(4, 3)
            wanted = F.softmax(teacher(x).detach() * 3, dim=1)
            opt = torch.optim.SGD(student.parameters(), lr=0.1)
            for step in range(10):
                loss = F.kl_div(F.softmax(student(x), dim=1), wanted, reduction="batchmean")
                opt.zero_grad()
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
    ),
    "raw scores to kl_div": Mistake(
        "kl-div-input",
        "loss = kl(student(x), wanted)",
        "loss = kl(F.log_softmax(student(x), dim=1), wanted)",
        program(
            """
            kl = nn.KLDivLoss(reduction="batchmean")
            student = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
            wanted = F.one_hot(labels, 3) * 0.8 + 0.2 / 3
            opt = torch.optim.Adam(student.parameters(), lr=0.01)
            for step in range(10):
                opt.zero_grad()
                loss = kl(student(x), wanted)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("raw scores, of shape [12, 3]",),
    ),
    "probabilities to kl_div, by a name": Mistake(
        "kl-div-input",
        'loss = torch.nn.functional.kl_div(q, p, reduction="sum")',
        "q = model(x).log_softmax(dim=-1)",
        program(
            """
            def step(model, opt, p):
                q = model(x).softmax(dim=-1)
                loss = torch.nn.functional.kl_div(q, p, reduction="sum")
                opt.zero_grad()
                loss.backward()
                opt.step()

            model = nn.Linear(4, 3)
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            p = torch.rand(12, 3)
            p = p / p.sum(1, keepdim=True)
            for _ in range(6):
                step(model, opt, p)
            """,
            CLASSES,
        ),
    ),
    "a sigmoid for targets beyond 1": Mistake(
        "unreachable-targets",
        "model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())",
        "model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))",
        program("""
            model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())
            opt = torch.optim.Adam(model.parameters(), lr=0.01)
            for step in range(20):
                opt.zero_grad()
                loss = F.mse_loss(model(x), 10 * y)
                loss.backward()
                opt.step()
        """),
        ("between 0 and 1", "8 targets", "from -10 to 30"),
    ),
    "a relu for targets below 0": Mistake(
        "unreachable-targets",
        "return torch.relu(self.out(hidden))",
        "return self.out(hidden)",
        program("""
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.first, self.out = nn.Linear(1, 16), nn.Linear(16, 1)

                def forward(self, x):
                    hidden = torch.tanh(self.first(x))
                    return torch.relu(self.out(hidden))

            net, criterion = Net(), nn.SmoothL1Loss()
            opt = torch.optim.SGD(net.parameters(), lr=0.01)
            for epoch in range(8):
                for xb, yb in DataLoader(TensorDataset(x, y - 1), batch_size=8):
                    opt.zero_grad()
                    loss = criterion(net(xb), yb)
                    loss.backward()
                    opt.step()
        """),
        ("above 0", "4 of 8 targets"),
    ),
    "a tanh by hand": Mistake(
        "unreachable-targets",
        "p = torch.tanh(w * x + b)",
        "p = w * x + b",
        program("""
            w, b = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
            opt = torch.optim.SGD([w, b], lr=0.1)
            for step in range(12):
                p = torch.tanh(w * x + b)
                loss = ((p - 5 * y) ** 2).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("between -1 and 1", "from -5 to 15"),
    ),
    "a sigmoid before cross_entropy": Mistake(
        "bounded-scores",
        "model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid())",
        "model = nn.Sequential(nn.Linear(4, 3))",
        program(
            """
            model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid())
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(10):
                opt.zero_grad()
                F.cross_entropy(model(x), labels).backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("cannot fall below 0.551",),
    ),
    "a tanh before cross_entropy": Mistake(
        "bounded-scores",
        "scores = torch.tanh(out(torch.relu(hidden(x))))",
        "scores = out(torch.relu(hidden(x)))",
        program(
            """
            hidden, out = nn.Linear(4, 8), nn.Linear(8, 3)
            opt = torch.optim.Adam([*hidden.parameters(), *out.parameters()], lr=0.01)
            loss_fn = nn.CrossEntropyLoss()
            for step in range(10):
                scores = torch.tanh(out(torch.relu(hidden(x))))
                loss = loss_fn(scores, labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("between -1 and 1", "0.24"),
    ),
    "a tanh before the loss with logits": Mistake(
        "bounded-scores",
        "return self.out(x).tanh().squeeze(1)",
        "return self.out(x).squeeze(1)",
        program(
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.out = nn.Linear(4, 1)

                def forward(self, x):
                    return self.out(x).tanh().squeeze(1)

            net = Net()
            opt = torch.optim.SGD(net.parameters(), lr=0.1)
            for step in range(10):
                loss = F.binary_cross_entropy_with_logits(net(x), (labels > 0).float())
                opt.zero_grad()
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("0.313",),
    ),
    "labels of -1 and 1 to the loss with logits": Mistake(
        "targets-outside",
        "loss = F.binary_cross_entropy_with_logits(model(x), signs)",
        "loss = F.binary_cross_entropy_with_logits(model(x), (signs + 1) / 2)",
        program(
            """
            signs = torch.where(x[:, :1] > 0, 1.0, -1.0)
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(10):
                loss = F.binary_cross_entropy_with_logits(model(x), signs)
                opt.zero_grad()
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("gets -1 to 1",),
    ),
    "labels of 1 and 2 to the loss with logits": Mistake(
        "targets-outside",
        "loss = bce(model(xb).squeeze(1), yb)",
        "loss = bce(model(xb).squeeze(1), yb - 1)",
        program(
            """
            bce = nn.BCEWithLogitsLoss()
            wanted = 1 + (x.sum(1) > 0).float()
            model = nn.Linear(4, 1)
            opt = torch.optim.Adam(model.parameters(), lr=0.01)
            for epoch in range(3):
                for xb, yb in DataLoader(TensorDataset(x, wanted), batch_size=6):
                    opt.zero_grad()
                    loss = bce(model(xb).squeeze(1), yb)
                    loss.backward()
                    opt.step()
            """,
            CLASSES,
        ),
        ("gets 1 to 2",),
    ),
    "masks of 0 and 255": Mistake(
        "targets-outside",
        "loss = F.binary_cross_entropy_with_logits(net(images), masks)",
        "loss = F.binary_cross_entropy_with_logits(net(images), masks / 255)",
        program("""
            images = torch.randn(4, 1, 6, 6)
            masks = 255.0 * (images > 0)
            net = nn.Conv2d(1, 1, 3, padding=1)
            opt = torch.optim.SGD(net.parameters(), lr=1e-5)
            for step in range(6):
                loss = F.binary_cross_entropy_with_logits(net(images), masks)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("gets 0 to 255",),
    ),
    "class numbers to mse_loss": Mistake(
        "classes-regressed",
        "loss = F.mse_loss(model(x), labels.unsqueeze(1).float())",
        "loss = F.cross_entropy(model(x), labels.unsqueeze(1).float().squeeze(1).long())",
        program(
            """
            model = nn.Linear(4, 3)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(10):
                opt.zero_grad()
                loss = F.mse_loss(model(x), labels.unsqueeze(1).float())
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("all 3 scores", "[12, 1]"),
    ),
    "class numbers to MSELoss": Mistake(
        "classes-regressed",
        "loss = loss_fn(net(xb), yb)",
        "loss = F.cross_entropy(net(xb), yb.squeeze(1).long())",
        program(
            """
            loss_fn = nn.MSELoss()
            net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            data = TensorDataset(x, labels.view(-1, 1).float())
            for epoch in range(4):
                for xb, yb in DataLoader(data, batch_size=6):
                    loss = loss_fn(net(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
            """,
            CLASSES,
        ),
    ),
    "class numbers to smooth_l1_loss": Mistake(
        "classes-regressed",
        "loss = F.smooth_l1_loss(model(x), y)",
        "loss = F.cross_entropy(model(x), y.squeeze(1).long())",
        program(
            """
            def fit(model, y):
                opt = torch.optim.SGD(model.parameters(), lr=0.1)
                for step in range(10):
                    opt.zero_grad()
                    loss = F.smooth_l1_loss(model(x), y)
                    loss.backward()
                    opt.step()

            fit(nn.Linear(4, 3), labels[:, None] * 1.0)
            """,
            CLASSES,
        ),
    ),
}
