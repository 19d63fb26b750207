"""Programs whose loss is given something else than it wants, or is cut off from what it should train."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, Mistake, program

TARGETS = {
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
