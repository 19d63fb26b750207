"""Programs whose gradients are exactly 0, and neighbours whose gradients are small, late or of one part alone."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, Mistake, program

MISTAKES = {
    "all units of a hidden ReLU are dead": Mistake(
        "dead-gradients",
        "model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))",
        "model = nn.Sequential(nn.Linear(1, 8), nn.LeakyReLU(), nn.Linear(8, 1))",
        program("""
            model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
            nn.init.constant_(model[0].bias, -3.0)
            opt = torch.optim.SGD(model.parameters(), lr=1e-4)
            for step in range(80):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
        """),
        ("exactly 0, from `model[0]` back", "8 × 8 values", "Only what comes behind it learns"),
    ),
    "a function's ReLU is dead, inputs below 0": Mistake(
        "dead-gradients",
        "return self.out(F.relu(self.hidden(x)))",
        "return self.out(F.leaky_relu(self.hidden(x)))",
        program("""
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.hidden, self.out = nn.Linear(1, 6), nn.Linear(6, 1)
                    nn.init.uniform_(self.hidden.weight, 0.5, 1.0)

                def forward(self, x):
                    return self.out(F.relu(self.hidden(x)))

            net = Net()
            opt = torch.optim.Adam(net.parameters(), lr=1e-3)
            for step in range(12):
                opt.zero_grad()
                loss = F.mse_loss(net(x - 100), y)
                loss.backward()
                opt.step()
        """),
        ("from `net.hidden` back",),
    ),
    "a ReLU at the end that gives 0 everywhere": Mistake(
        "dead-gradients",
        "model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1), nn.ReLU())",
        "model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))",
        program("""
            model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1), nn.ReLU())
            nn.init.constant_(model[2].bias, -3.0)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(60):
                opt.zero_grad()
                loss = F.mse_loss(model(x), (y - 5).abs())
                loss.backward()
                opt.step()
        """),
        ("from `model[2]` back", "at the end"),
    ),
    "a ReLU at the end that a leap has killed": Mistake(
        "dead-gradients",
        "model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1), nn.ReLU())",
        None,
        program("""
            model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1), nn.ReLU())
            nn.init.constant_(model[2].bias, 3.0)
            opt = torch.optim.SGD(model.parameters(), lr=50.0)
            for step in range(30):
                opt.zero_grad()
                loss = F.mse_loss(model(x), (y - 5).abs())
                loss.backward()
                opt.step()
        """),
        ("since step 2", "It had a slope before"),
    ),
    "a softmax over one column": Mistake(
        "dead-gradients",
        "loss = F.mse_loss(torch.softmax(model(x), dim=1), wanted)",
        "loss = F.mse_loss(torch.sigmoid(model(x)), wanted)",
        program(
            """
            wanted = (labels > 0).float().unsqueeze(1)
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.5)
            for step in range(60):
                opt.zero_grad()
                loss = F.mse_loss(torch.softmax(model(x), dim=1), wanted)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("one column of [12, 1]",),
    ),
    "a softmax layer over one column before BCELoss": Mistake(
        "dead-gradients",
        "model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1), nn.Softmax(dim=-1))",
        "model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())",
        program(
            """
            wanted = (labels > 0).float().unsqueeze(1)
            model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1), nn.Softmax(dim=-1))
            opt = torch.optim.Adam(model.parameters(), lr=0.05)
            for step in range(20):
                opt.zero_grad()
                loss = F.binary_cross_entropy(model(x), wanted)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("from `model[2]` back",),
    ),
    "sigmoids that are all saturated": Mistake(
        "dead-gradients",
        "hidden = torch.sigmoid(first(1e6 * (x + 2)))",
        None,
        program("""
            first, second = nn.Linear(1, 6), nn.Linear(6, 1)
            opt = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.01)
            for step in range(12):
                hidden = torch.sigmoid(first(1e6 * (x + 2)))
                loss = F.mse_loss(second(hidden), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("from `first` back", "exactly 0 or 1"),
    ),
}

CORRECT = {
    "a ReLU that is dead for one batch alone": program("""
        model = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1))
        nn.init.ones_(model[0].weight)
        nn.init.zeros_(model[0].bias)
        opt = torch.optim.SGD(model.parameters(), lr=0.01)
        for epoch in range(6):
            for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                opt.zero_grad()
                F.mse_loss(model(xb), yb).backward()
                opt.step()
    """),
    "a hinge that is satisfied, beside a loss that is not": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(20):
            opt.zero_grad()
            out = model(x)
            loss = F.mse_loss(out, y) + F.relu(out.abs() - 1e3).mean()
            loss.backward()
            opt.step()
    """),
    "attention to a single key": program("""
        q, k, v = nn.Linear(1, 4), nn.Linear(1, 4), nn.Linear(1, 1)
        opt = torch.optim.SGD([p for m in (q, k, v) for p in m.parameters()], lr=0.05)
        for step in range(20):
            share = torch.softmax(q(x).unsqueeze(1) @ k(x).unsqueeze(2), dim=-1)
            loss = F.mse_loss((share @ v(x).unsqueeze(1)).squeeze(1), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a last layer that begins with zeros": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
        nn.init.zeros_(model[2].weight)
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(20):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
    """),
}
