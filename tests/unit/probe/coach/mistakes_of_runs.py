"""Programs whose rate, data or first weights keep a whole run from learning."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, Mistake, program

RUNS = {
    "Adam with a rate of 5": Mistake(
        "rate-above-weights",
        "opt = torch.optim.Adam(model.parameters(), lr=5.0)",
        "opt = torch.optim.Adam(model.parameters(), lr=0.001)",
        program("""
            model = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
            opt = torch.optim.Adam(model.parameters(), lr=5.0)
            for step in range(40):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
        """),
        ("stays so", "With its own default, 0.001, the loss falls."),
    ),
    "AdamW with a rate of 10, named": Mistake(
        "rate-above-weights",
        "learning_rate = 10.0",
        "learning_rate = 0.001",
        program(
            """
            learning_rate = 10.0
            net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 3))
            optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate)
            for epoch in range(20):
                for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=12, shuffle=True):
                    optimizer.zero_grad()
                    F.cross_entropy(net(xb), yb).backward()
                    optimizer.step()
            """,
            CLASSES,
        ),
        ("`AdamW`",),
    ),
    "NAdam in a function": Mistake(
        "rate-above-weights",
        "def fit(model, lr=3.0):",
        None,  # what NAdam does is not tried
        program("""
            def fit(model, lr=3.0):
                opt = torch.optim.NAdam(model.parameters(), lr=lr)
                for step in range(30):
                    loss = (model(x) - y).pow(2).mean()
                    opt.zero_grad()
                    loss.backward()
                    opt.step()

            fit(nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)))
        """),
        ("3.0 is more than the weights were, 0.168 on average.",),
    ),
    "sorted by class": Mistake(
        "sorted-batches",
        "loader = DataLoader(TensorDataset(inputs, targets), batch_size=5)",
        "loader = DataLoader(TensorDataset(inputs, targets), batch_size=5, shuffle=True)",
        program("""
            inputs, targets = torch.randn(60, 4), torch.arange(60) // 20
            loader = DataLoader(TensorDataset(inputs, targets), batch_size=5)
            model = nn.Linear(4, 3)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for epoch in range(3):
                for xb, yb in loader:
                    opt.zero_grad()
                    F.cross_entropy(model(xb), yb).backward()
                    opt.step()
        """),
        ("first 12 batches", "60 targets come sorted", "first 5 times 0"),
    ),
    "sorted by class, not shuffled on purpose": Mistake(
        "sorted-batches",
        "train_loader = DataLoader(data, batch_size=8, shuffle=False)",
        "train_loader = DataLoader(data, batch_size=8, shuffle=True)",
        program("""
            data = TensorDataset(torch.randn(64, 4), torch.tensor([0] * 32 + [1] * 32))
            train_loader = DataLoader(data, batch_size=8, shuffle=False)
            net, criterion = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), nn.CrossEntropyLoss()
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            for epoch in range(2):
                for batch, (inputs, labels) in enumerate(train_loader):
                    loss = criterion(net(inputs), labels)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
        """),
    ),
    "sorted by yes and no": Mistake(
        "sorted-batches",
        "loader = DataLoader(TensorDataset(inputs, wanted), batch_size=6)",
        "loader = DataLoader(TensorDataset(inputs, wanted), batch_size=6, shuffle=True)",
        program("""
            inputs = torch.randn(48, 4)
            wanted = torch.cat([torch.ones(24), torch.zeros(24)])
            loader = DataLoader(TensorDataset(inputs, wanted), batch_size=6)

            def train(model, loader, opt):
                for xb, yb in loader:
                    loss = F.binary_cross_entropy_with_logits(model(xb).squeeze(1), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()

            model = nn.Linear(4, 1)
            train(model, loader, torch.optim.SGD(model.parameters(), lr=0.1))
        """),
    ),
    "all of one class": Mistake(
        "one-class-of-data",
        "loader = DataLoader(TensorDataset(inputs, targets), batch_size=4)",
        None,
        program("""
            inputs, targets = torch.randn(40, 4), torch.zeros(40, dtype=torch.long)
            targets[torch.arange(40) > 50] = 1
            loader = DataLoader(TensorDataset(inputs, targets), batch_size=4)
            model = nn.Linear(4, 2)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for xb, yb in loader:
                opt.zero_grad()
                F.cross_entropy(model(xb), yb).backward()
                opt.step()
        """),
        ("All 40 targets of `loader` are 0",),
    ),
    "all of the second class": Mistake(
        "one-class-of-data",
        "train = DataLoader(TensorDataset(inputs, labels), batch_size=8)",
        None,
        program("""
            inputs = torch.rand(64, 3)
            labels = (inputs.sum(1) > -1).long()
            train = DataLoader(TensorDataset(inputs, labels), batch_size=8)
            net, loss_fn = nn.Linear(3, 2), nn.CrossEntropyLoss()
            optimizer = torch.optim.Adam(net.parameters())
            for epoch in range(2):
                for features, wanted in train:
                    loss = loss_fn(net(features), wanted)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
        """),
        ("are 1",),
    ),
    "all of them yes": Mistake(
        "one-class-of-data",
        "loader = DataLoader(TensorDataset(inputs, wanted), batch_size=8)",
        None,
        program("""
            inputs, wanted = torch.randn(64, 3), torch.ones(64, 1)
            loader = DataLoader(TensorDataset(inputs, wanted), batch_size=8)
            model = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())
            bce = nn.BCELoss()
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for xb, yb in loader:
                opt.zero_grad()
                loss = bce(model(xb), yb)
                loss.backward()
                opt.step()
        """),
    ),
    "weights filled with zeros": Mistake(
        "equal-units",
        "nn.init.zeros_(layer.weight)",
        "# nn.init.zeros_(layer.weight)",
        program("""
            model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
            for layer in (model[0], model[2]):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(20):
                opt.zero_grad()
                F.mse_loss(model(x), y).backward()
                opt.step()
        """),
        ("The 8 units of `model[0]`", "all 0"),
    ),
    "weights filled with one number": Mistake(
        "equal-units",
        "torch.nn.init.constant_(m.weight, 0.1)",
        "# torch.nn.init.constant_(m.weight, 0.1)",
        program(
            """
            def same(m):
                if isinstance(m, nn.Linear):
                    torch.nn.init.constant_(m.weight, 0.1)
                    m.bias.data.fill_(0.01)

            net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
            net.apply(same)
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            for epoch in range(5):
                for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=4):
                    loss = F.cross_entropy(net(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
            """,
            CLASSES,
        ),
        ("The 16 units", "all 0.1"),
    ),
    "zeros by hand": Mistake(
        "equal-units",
        "w1 = torch.zeros(1, 6, requires_grad=True)",
        "w1 = torch.randn(1, 6, requires_grad=True)",
        program("""
            w1 = torch.zeros(1, 6, requires_grad=True)
            b1 = torch.zeros(6, requires_grad=True)
            w2 = torch.zeros(6, 1, requires_grad=True)
            b2 = torch.zeros(1, requires_grad=True)
            opt = torch.optim.SGD([w1, b1, w2, b2], lr=0.1)
            for step in range(20):
                predicted = torch.sigmoid(x @ w1 + b1) @ w2 + b2
                loss = F.mse_loss(predicted, y)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("The 6 units of `w1`",),
    ),
}
