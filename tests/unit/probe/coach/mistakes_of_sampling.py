"""Programs whose steps get the same data again, a small part of it, or numbers that wrapped around."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake
from tests.unit.probe.coach.mistakes_of_parameters import FOUR

IMAGES = dedent("""\
    torch.manual_seed(0)
    labels = torch.arange(40) % 2
    noise = 40 * torch.rand(40, 1, 4, 4)
    images = (90 + 60 * labels.view(-1, 1, 1, 1) + noise).round().to(torch.uint8)
    """)
UNEVEN = dedent("""\
    torch.manual_seed(0)
    labels = torch.cat([torch.zeros(36), torch.ones(9), torch.full((3,), 2)]).long()[torch.randperm(48)]
    features = torch.randn(48, 4) + labels.unsqueeze(1)
    """)
FITTING = dedent("""\
    model = nn.Linear(4, 3)
    opt = torch.optim.SGD(model.parameters(), lr=0.05)
    for epoch in range(3):
        for xb, yb in loader:
            opt.zero_grad()
            loss = F.cross_entropy(model(xb), yb)
            loss.backward()
            opt.step()
    """)

SAMPLING = {
    "a seed in the function that makes a batch": Mistake(
        "seeded-again",
        "torch.manual_seed(SEED)",
        "torch.manual_seed(SEED)\nfor step in range(12):\n# torch.manual_seed(SEED)",
        dedent("""\
            SEED = 7

            def batch(n):
                torch.manual_seed(SEED)
                x = torch.randn(n, 4)
                return x, x.sum(1, keepdim=True)

            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(12):
                x, y = batch(8)
                loss = F.mse_loss(model(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("`torch.manual_seed(7)`", "before each step"),
    ),
    "a seed in the loop, before noise": Mistake(
        "seeded-again",
        "torch.manual_seed(0)",
        "torch.manual_seed(0)  # moved from line 8\nfor step in range(10):",
        "\n"
        + dedent("""\
            x = torch.linspace(-1, 1, 32).reshape(8, 4)
            y = x.sum(1, keepdim=True)
            model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
            optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

            for step in range(10):
                torch.manual_seed(0)
                noisy = x + 0.1 * torch.randn_like(x)
                loss = F.mse_loss(model(noisy), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        """),
    ),
    "a seed of NumPy before each choice of a batch": Mistake(
        "seeded-again",
        "np.random.seed(1)",
        "np.random.seed(1)\nfor step in range(15):\n# np.random.seed(1)",
        FOUR
        + dedent("""\
            import numpy as np

            def pick(size):
                np.random.seed(1)
                return torch.from_numpy(np.random.choice(32, size))

            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(15):
                chosen = pick(8)
                loss = F.mse_loss(model(x[chosen]), y[chosen])
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("`np.random.seed(1)`",),
    ),
    "a seed at the beginning of each epoch": Mistake(
        "seeded-again",
        "torch.manual_seed(3)",
        "torch.manual_seed(3)  # moved from line 8\nfor epoch in range(6):",
        FOUR
        + dedent("""\
            model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.1), nn.Linear(8, 1))
            opt = torch.optim.SGD(model.parameters(), lr=0.02)
            loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
            for epoch in range(6):
                torch.manual_seed(3)
                for xb, yb in loader:
                    opt.zero_grad()
                    loss = F.mse_loss(model(xb), yb)
                    loss.backward()
                    opt.step()
        """),
        ("before every 4 steps",),
    ),
    "a generator that is seeded in the function that makes a batch": Mistake(
        "seeded-again",
        "g = torch.Generator().manual_seed(0)",
        None,
        dedent("""\
            def batch(n):
                g = torch.Generator().manual_seed(0)
                x = torch.randn(n, 4, generator=g)
                return x, x.sum(1, keepdim=True)

            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(12):
                x, y = batch(8)
                loss = F.mse_loss(model(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
    "weights of classes for a sampler": Mistake(
        "weights-for-classes",
        "sampler = WeightedRandomSampler(weights, num_samples=48)",
        "sampler = WeightedRandomSampler(weights[labels], num_samples=48)",
        UNEVEN
        + dedent("""\
            from torch.utils.data import WeightedRandomSampler

            weights = 1.0 / torch.bincount(labels).float()
            sampler = WeightedRandomSampler(weights, num_samples=48)
            loader = DataLoader(TensorDataset(features, labels), batch_size=8, sampler=sampler)
        """)
        + FITTING,
        ("3 weights for 48 samples",),
    ),
    "a list of weights of classes for a sampler": Mistake(
        "weights-for-classes",
        "sampler = torch.utils.data.WeightedRandomSampler(weights, len(data), replacement=True)",
        "sampler = torch.utils.data.WeightedRandomSampler(torch.tensor(weights)[labels], len(data), replacement=True)",
        UNEVEN
        + dedent("""\
            data = TensorDataset(features, labels)
            weights = [0.1, 0.4, 1.0]
            sampler = torch.utils.data.WeightedRandomSampler(weights, len(data), replacement=True)
            loader = DataLoader(data, batch_size=16, sampler=sampler)
        """)
        + FITTING,
    ),
    "weights of classes for a sampler of a dataset of one's own": Mistake(
        "weights-for-classes",
        "sampler = WeightedRandomSampler(weights=1 / counts, num_samples=96)",
        None,
        UNEVEN
        + dedent("""\
            from torch.utils.data import Dataset, WeightedRandomSampler

            class Rows(Dataset):
                def __len__(self):
                    return 48

                def __getitem__(self, i):
                    return features[i], labels[i]

            counts = torch.tensor([36.0, 9.0, 3.0])
            sampler = WeightedRandomSampler(weights=1 / counts, num_samples=96)
            loader = DataLoader(Rows(), batch_size=16, sampler=sampler)
        """)
        + FITTING,
    ),
    "the last batch dropped, which is the only one": Mistake(
        "no-batches",
        "loader = DataLoader(TensorDataset(features, labels), batch_size=64, shuffle=True, drop_last=True)",
        "loader = DataLoader(TensorDataset(features, labels), batch_size=64, shuffle=True, drop_last=False)",
        UNEVEN
        + "loader = DataLoader(TensorDataset(features, labels), batch_size=64, shuffle=True, drop_last=True)\n"
        + FITTING,
        ("48 samples", "64"),
    ),
    "the last batch of a subset dropped": Mistake(
        "no-batches",
        "loader = DataLoader(few, 32, drop_last=True)",
        "loader = DataLoader(few, 32, drop_last=False)",
        UNEVEN
        + dedent("""\
            few = Subset(TensorDataset(features, labels), range(20))
            loader = DataLoader(few, 32, drop_last=True)
        """)
        + FITTING,
        ("20 samples",),
    ),
    "the last batch dropped, in a function": Mistake(
        "no-batches",
        "rows = DataLoader(data, batch_size=100, drop_last=True)",
        "rows = DataLoader(data, batch_size=100, drop_last=False)",
        UNEVEN
        + dedent("""\
            def main():
                data = TensorDataset(features, labels)
                rows = DataLoader(data, batch_size=100, drop_last=True)
                model = nn.Linear(4, 3)
                opt = torch.optim.Adam(model.parameters())
                for epoch in range(4):
                    for xb, yb in rows:
                        opt.zero_grad()
                        F.cross_entropy(model(xb), yb).backward()
                        opt.step()

            main()
        """),
    ),
    "the first batch again and again": Mistake(
        "always-the-first-batch",
        "xb, yb = next(iter(loader))",
        "loader = DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True)",
        FOUR
        + dedent("""\
            loader = DataLoader(TensorDataset(x, y), batch_size=4)
            model = nn.Linear(4, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(20):
                xb, yb = next(iter(loader))
                loss = F.mse_loss(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("the same 4 samples, the first of 32",),
    ),
    "the first batch again and again, in a method": Mistake(
        "always-the-first-batch",
        "inputs, targets = next(iter(self.loader))",
        "self.loader = DataLoader(data, batch_size=8, shuffle=True)",
        FOUR
        + dedent("""\
            class Trainer:
                def __init__(self, data):
                    self.loader = DataLoader(data, batch_size=8, shuffle=False)
                    self.model = nn.Linear(4, 1)
                    self.opt = torch.optim.Adam(self.model.parameters(), lr=0.01)

                def step(self):
                    inputs, targets = next(iter(self.loader))
                    loss = F.mse_loss(self.model(inputs), targets)
                    self.opt.zero_grad()
                    loss.backward()
                    self.opt.step()

            trainer = Trainer(TensorDataset(x, y))
            for _ in range(8):
                trainer.step()
        """),
    ),
    "the first batch again and again, of a loader that is given": Mistake(
        "always-the-first-batch",
        "xb, yb = next(iter(batches))",
        None,
        FOUR
        + dedent("""\
            def train(batches, steps):
                model = nn.Linear(4, 1)
                opt = torch.optim.SGD(model.parameters(), lr=0.05)
                for _ in range(steps):
                    xb, yb = next(iter(batches))
                    loss = F.mse_loss(model(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()

            train(DataLoader(TensorDataset(x, y), batch_size=16), 10)
        """),
    ),
    "bytes that wrap around in a dataset": Mistake(
        "wraps-around",
        "return (self.images[i] - 128) / 64, self.labels[i]",
        "return (self.images[i].float() - 128) / 64, self.labels[i]",
        IMAGES
        + dedent("""\
            from torch.utils.data import Dataset

            class Tiles(Dataset):
                def __init__(self, images, labels):
                    self.images, self.labels = images, labels

                def __len__(self):
                    return len(self.labels)

                def __getitem__(self, i):
                    return (self.images[i] - 128) / 64, self.labels[i]

            model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for epoch in range(3):
                for xb, yb in DataLoader(Tiles(images, labels), batch_size=8):
                    loss = F.cross_entropy(model(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
        """),
        ("of 640 values",),
    ),
    "bytes that wrap around before a dataset": Mistake(
        "wraps-around",
        "inputs = (images - 127) / 127",
        "inputs = (images.float() - 127) / 127",
        IMAGES
        + dedent("""\
            inputs = (images - 127) / 127
            model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for step in range(10):
                loss = F.cross_entropy(model(inputs), labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
    "brighter bytes of an array that wrap around": Mistake(
        "wraps-around",
        "image = image + 100",
        "image = image.astype('float32') + 100",
        IMAGES
        + dedent("""\
            from torch.utils.data import Dataset

            class Brighter(Dataset):
                def __init__(self):
                    self.pixels = images.numpy()

                def __len__(self):
                    return len(self.pixels)

                def __getitem__(self, index):
                    image = self.pixels[index]
                    image = image + 100
                    return torch.from_numpy(image).float() / 255, labels[index]

            model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
            opt = torch.optim.Adam(model.parameters(), lr=0.01)
            for xb, yb in DataLoader(Brighter(), batch_size=4):
                loss = F.cross_entropy(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("`image + 100`",),
    ),
    "bytes that wrap around in a function that is given them": Mistake(
        "wraps-around",
        "return (pictures - 128).float() / 64",
        "return (pictures.float() - 128).float() / 64",
        IMAGES
        + dedent("""\
            def prepare(pictures):
                return (pictures - 128).float() / 64

            def halves():
                return images[:20], images[20:]

            inputs, held_back = halves()
            model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for epoch in range(3):
                for i in torch.randperm(20).split(5):
                    loss = F.cross_entropy(model(prepare(inputs[i])), labels[:20][i])
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
            print(model(prepare(held_back)).argmax(1))
        """),
        ("of 320 values",),
    ),
    "bytes of a loader that wrap around": Mistake(
        "wraps-around",
        "xb = (xb - 128) / 64",
        "xb = (xb.float() - 128) / 64",
        IMAGES
        + dedent("""\
            loader = DataLoader(TensorDataset(images, labels), batch_size=8, shuffle=True)
            model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for epoch in range(3):
                for xb, yb in loader:
                    xb = (xb - 128) / 64
                    loss = F.cross_entropy(model(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
        """),
    ),
    "bytes that wrap around two functions further in": Mistake(
        "wraps-around",
        "shifted = image + 100",
        "shifted = image.float() + 100",
        IMAGES
        + dedent("""\
            def brighter(image):
                shifted = image + 100
                return shifted

            def batch(pictures, i):
                return brighter(pictures[i]).float() / 255, labels[i]

            model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
            opt = torch.optim.Adam(model.parameters(), lr=0.01)
            for step in range(10):
                xb, yb = batch(images, torch.randperm(40)[:8])
                loss = F.cross_entropy(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("`image + 100`",),
    ),
}
