"""Correct loops beside the mistakes of `mistakes_of_sampling`."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes_of_parameters import FOUR
from tests.unit.probe.coach.mistakes_of_sampling import FITTING, IMAGES, UNEVEN

WITH_SAMPLING = {
    "the same seed before each of several trainings": FOUR
    + dedent("""\
        for lr in (0.01, 0.02, 0.05, 0.1, 0.2):
            torch.manual_seed(0)
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=lr)
            for step in range(5):
                loss = F.mse_loss(model(x + 0.1 * torch.randn_like(x)), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
    """),
    "the same seed before each of several trainings of one step": FOUR
    + dedent("""\
        def one_step(lr):
            torch.manual_seed(0)
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=lr)
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()

        for lr in (0.01, 0.02, 0.05, 0.1, 0.2):
            one_step(lr)
    """),
    "another seed at each epoch": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for epoch in range(8):
            torch.manual_seed(epoch)
            for rows in torch.randperm(32).split(16):
                loss = F.mse_loss(model(x[rows]), y[rows])
                opt.zero_grad()
                loss.backward()
                opt.step()
    """),
    "the same noise to look at, in a state that is put back": FOUR
    + dedent("""\
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(8):
            loss = F.mse_loss(model(x + 0.1 * torch.randn_like(x)), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            with torch.random.fork_rng(), torch.no_grad():
                torch.manual_seed(0)
                model(torch.randn(4, 4))
    """),
    "a seed that nothing is drawn after": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(8):
            torch.manual_seed(0)
            loss = F.mse_loss(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a generator with its own seed": FOUR
    + dedent("""\
        generator = torch.Generator().manual_seed(0)
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(8):
            rows = torch.randint(0, 32, (8,), generator=generator)
            loss = F.mse_loss(model(x[rows]), y[rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a weight for each sample": UNEVEN
    + dedent("""\
        from torch.utils.data import WeightedRandomSampler

        weights = (1.0 / torch.bincount(labels).float())[labels]
        sampler = WeightedRandomSampler(weights, num_samples=24)
        loader = DataLoader(TensorDataset(features, labels), batch_size=8, sampler=sampler)
    """)
    + FITTING,
    "the last batch dropped, which is one of several": UNEVEN
    + "loader = DataLoader(TensorDataset(features, labels), batch_size=20, shuffle=True, drop_last=True)\n"
    + FITTING,
    "a batch that is taken once, to learn it by heart": FOUR
    + dedent("""\
        xb, yb = next(iter(DataLoader(TensorDataset(x, y), batch_size=4)))
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(20):
            loss = F.mse_loss(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a batch of a loader that shuffles, at each step": FOUR
    + dedent("""\
        loader = DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True)
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(20):
            xb, yb = next(iter(loader))
            loss = F.mse_loss(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a pass that begins again where it ended": FOUR
    + dedent("""\
        loader = DataLoader(TensorDataset(x, y), batch_size=16)
        batches = iter(loader)
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(20):
            try:
                xb, yb = next(batches)
            except StopIteration:
                batches = iter(loader)
                xb, yb = next(batches)
            loss = F.mse_loss(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "bytes that are floats before anything is taken away": IMAGES
    + dedent("""\
        from torch.utils.data import Dataset

        class Tiles(Dataset):
            def __init__(self):
                self.images = images

            def __len__(self):
                return len(self.images)

            def __getitem__(self, i):
                return (self.images[i].float() - 128) / 64, labels[i] - 0

        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for xb, yb in DataLoader(Tiles(), batch_size=8):
            loss = F.cross_entropy(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "bytes of which so much can be taken": IMAGES
    + dedent("""\
        above = images - 80
        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(10):
            loss = F.cross_entropy(model(above / 255 - 1), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "the same noise to look at, now and then": FOUR
    + dedent("""\
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(30):
            loss = F.mse_loss(model(x + 0.1 * torch.randn_like(x)), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            if step % 5 == 4:
                torch.manual_seed(0)
                print(model(torch.randn(4, 4)).mean().item())
    """),
    "the first batch of other data, judged at each step": FOUR
    + dedent("""\
        train, other = TensorDataset(x[:24], y[:24]), TensorDataset(x[24:], y[24:])
        judge = DataLoader(other, batch_size=4)
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for xb, yb in DataLoader(train, batch_size=2, shuffle=True):
            loss = F.mse_loss(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            xv, yv = next(iter(judge))
            with torch.no_grad():
                print(F.mse_loss(model(xv), yv).item())
    """),
    "marks of bytes that are to be ignored": IMAGES
    + dedent("""\
        marks = (images > 128).to(torch.uint8).flatten(1)
        wanted = marks - 1
        model = nn.Linear(16, 32)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(10):
            scores = model(images.flatten(1).float() / 255).view(40, 2, 16)
            loss = F.cross_entropy(scores, wanted.long(), ignore_index=255)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a generator that is seeded where data is made, once for each": FOUR
    + dedent("""\
        def made(n, seed):
            g = torch.Generator().manual_seed(seed)
            return torch.randn(n, 4, generator=g)

        def fixed(n):
            g = torch.Generator().manual_seed(0)
            return torch.randn(n, 4, generator=g)

        judge = fixed(8)
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(8):
            given = made(8, step)
            loss = F.mse_loss(model(given), given.sum(1, keepdim=True))
            opt.zero_grad()
            loss.backward()
            opt.step()
            if step % 4 == 3:
                print(model(fixed(4)).mean().item())
    """),
    "bytes that a function makes floats of": IMAGES
    + dedent("""\
        def prepare(pictures):
            pictures = pictures.float()
            return (pictures - 128) / 64

        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(10):
            i = torch.randperm(40)[:8]
            loss = F.cross_entropy(model(prepare(images[i])), labels[i])
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "floats that a function is given": IMAGES
    + dedent("""\
        def scaled(pictures):
            return (pictures - 128) / 64

        def prepare(pictures):
            return scaled(pictures.float())

        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(10):
            i = torch.randperm(40)[:8]
            loss = F.cross_entropy(model(prepare(images[i])), labels[i])
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a function that asks what it is given": IMAGES
    + dedent("""\
        def prepare(pictures):
            if pictures.dtype == torch.uint8:
                pictures = pictures.float()
            return (pictures - 128) / 64

        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(10):
            i = torch.randperm(40)[:8]
            loss = F.cross_entropy(model(prepare(images[i])), labels[i])
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "bytes of a loader that become floats first": IMAGES
    + dedent("""\
        loader = DataLoader(TensorDataset(images, labels), batch_size=8, shuffle=True)
        model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for xb, yb in loader:
            xb = xb.float()
            xb = (xb - 128) / 64
            loss = F.cross_entropy(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
}
