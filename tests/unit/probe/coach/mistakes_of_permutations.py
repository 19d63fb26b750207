"""Programs that shuffle inputs and targets apart."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import Mistake, program

LINE = """\
torch.manual_seed(0)
x = torch.linspace(-2, 2, 48).unsqueeze(1)
y = 2 * x
"""

PERMUTATIONS = {
    "inputs and targets shuffled apart in each epoch": Mistake(
        "two-permutations",
        "for_y = torch.randperm(len(y))",
        "for_y = for_x",
        program(
            """
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for epoch in range(6):
                for_x = torch.randperm(len(x))
                for_y = torch.randperm(len(y))
                x = x[for_x]
                y = y[for_y]
                for start in range(0, 48, 12):
                    xb, yb = x[start : start + 12], y[start : start + 12]
                    opt.zero_grad()
                    loss = F.mse_loss(model(xb), yb)
                    loss.backward()
                    opt.step()
            """,
            LINE,
        ),
        ("of 48 places `for_x` and `for_y` differ",),
    ),
    "batches by two permutations": Mistake(
        "two-permutations",
        "q = torch.randperm(48)",
        "q = p",
        program(
            """
            def train(net, data, wanted, epochs):
                opt = torch.optim.Adam(net.parameters(), lr=0.1)
                criterion = nn.MSELoss()
                for epoch in range(epochs):
                    p = torch.randperm(48)
                    q = torch.randperm(48)
                    for i in range(0, 48, 16):
                        out = net(data[p[i : i + 16]])
                        loss = criterion(out, wanted[q[i : i + 16]])
                        opt.zero_grad()
                        loss.backward()
                        opt.step()

            train(nn.Linear(1, 1), x, y, 8)
            """,
            LINE,
        ),
    ),
    "shuffled apart once, the targets first": Mistake(
        "two-permutations",
        "order = torch.randperm(x.shape[0])",
        "order = shuffle",
        program(
            """
            shuffle = torch.randperm(y.shape[0])
            targets = y[shuffle]
            order = torch.randperm(x.shape[0])
            inputs = x[order]
            net = nn.Linear(1, 1)
            opt = torch.optim.SGD(net.parameters(), lr=0.1)
            for step in range(12):
                predicted = net(inputs)
                loss = F.l1_loss(predicted, targets)
                loss.backward()
                opt.step()
                opt.zero_grad()
            """,
            LINE,
        ),
    ),
    "two permutations that have no name": Mistake(
        "two-permutations",
        "y = y[torch.randperm(len(y))]",
        "order = torch.randperm(len(x))\nx = x[torch.randperm(len(x))]\nx = x[order]\ny = y[order]",
        program(
            """
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for epoch in range(6):
                x = x[torch.randperm(len(x))]
                y = y[torch.randperm(len(y))]
                for start in range(0, 48, 12):
                    opt.zero_grad()
                    loss = F.mse_loss(model(x[start : start + 12]), y[start : start + 12])
                    loss.backward()
                    opt.step()
            """,
            LINE,
        ),
        ("`x` and `y` are shuffled apart",),
    ),
    "arrays that are shuffled one after the other": Mistake(
        "two-permutations",
        "np.random.shuffle(targets)",
        "order = np.random.permutation(len(inputs))\nnp.random.shuffle(inputs)\n"
        "inputs[:] = inputs[order]\ntargets[:] = targets[order]",
        program(
            """
            import numpy as np

            np.random.seed(0)
            inputs, targets = x.numpy(), y.numpy()
            np.random.shuffle(inputs)
            np.random.shuffle(targets)
            data = TensorDataset(torch.from_numpy(inputs), torch.from_numpy(targets))
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for epoch in range(6):
                for xb, yb in DataLoader(data, batch_size=12):
                    opt.zero_grad()
                    loss = F.mse_loss(model(xb), yb)
                    loss.backward()
                    opt.step()
            """,
            LINE,
        ),
    ),
    "two permutations in a function that returns both": Mistake(
        "two-permutations",
        "return a[torch.randperm(48)], b[torch.randperm(48)]",
        None,
        program(
            """
            def mixed(a, b):
                return a[torch.randperm(48)], b[torch.randperm(48)]

            model = nn.Linear(1, 1)
            opt = torch.optim.Adam(model.parameters(), lr=0.1)
            for epoch in range(12):
                a, b = mixed(x, y)
                loss = F.mse_loss(model(a), b)
                opt.zero_grad()
                loss.backward()
                opt.step()
            """,
            LINE,
        ),
    ),
}
