"""Programs in which a layer takes one axis of the data for another."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake, program

# Channel 0 lies around 0, channel 1 around 1, and so on.
IMAGES = """\
torch.manual_seed(0)
pictures = torch.rand(24, 6, 8, 3) * 0.4 + torch.arange(3)
labels = torch.arange(24) % 3
"""

SCENES = dedent("""\
    torch.manual_seed(0)
    mask = torch.randint(0, 3, (8, 6, 5))
    pictures = mask.unsqueeze(1).float() + 0.1 * torch.randn(8, 1, 6, 5)
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1))
    opt = torch.optim.Adam(net.parameters(), lr=0.05)
    """)

AXES = {
    "images viewed with their channels in front": Mistake(
        "viewed-axes",
        "images = pictures.view(-1, 3, 6, 8)",
        "images = pictures.permute(0, 3, 1, 2)",
        program(
            """
            images = pictures.view(-1, 3, 6, 8)
            net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(96, 3))
            opt = torch.optim.Adam(net.parameters(), lr=0.001)
            for epoch in range(3):
                for idx in torch.randperm(24).split(8):
                    opt.zero_grad()
                    loss = F.cross_entropy(net(images[idx]), labels[idx])
                    loss.backward()
                    opt.step()
            """,
            IMAGES,
        ),
        ("[6, 8, 3] become [3, 6, 8]", "first 48 of 144 numbers"),
    ),
    "a batch viewed in forward()": Mistake(
        "viewed-axes",
        "x = x.reshape(n, c, h, w)",
        "x = x.permute(0, 3, 1, 2).contiguous()",
        program(
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.conv, self.out = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(192, 3)

                def forward(self, x):
                    n, h, w, c = x.shape
                    x = x.reshape(n, c, h, w)
                    return self.out(torch.tanh(self.conv(x)).view(n, -1))

            net = Net()
            opt = torch.optim.SGD(net.parameters(), lr=0.01)
            for epoch in range(3):
                for xb, yb in DataLoader(TensorDataset(pictures, labels), batch_size=8, shuffle=True):
                    loss = F.cross_entropy(net(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
            """,
            IMAGES,
        ),
        ("`reshape` moves no axis",),
    ),
    "an array of bytes reshaped and scaled": Mistake(
        "viewed-axes",
        "return torch.tensor(self.raw[i].reshape(3, 6, 8) / 255, dtype=torch.float32) * 5, labels[i]",
        "return torch.tensor(self.raw[i].transpose(2, 0, 1).copy() / 255, dtype=torch.float32) * 5, labels[i]",
        program(
            """
            class Pictures(torch.utils.data.Dataset):
                def __init__(self):
                    self.raw = (pictures * 50).byte().numpy()

                def __len__(self):
                    return len(self.raw)

                def __getitem__(self, i):
                    return torch.tensor(self.raw[i].reshape(3, 6, 8) / 255, dtype=torch.float32) * 5, labels[i]

            def train(epochs):
                loader = DataLoader(Pictures(), batch_size=6, shuffle=True)
                net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(96, 3))
                opt = torch.optim.Adam(net.parameters(), lr=1e-3)
                for _ in range(epochs):
                    for image, label in loader:
                        opt.zero_grad()
                        F.cross_entropy(net(image), label).backward()
                        opt.step()

            train(3)
            """,
            IMAGES,
        ),
    ),
    "series viewed with their channels in front": Mistake(
        "viewed-axes",
        "series = series.view(len(series), CHANNELS, 20)",
        "series = series.permute(0, 2, 1)",
        program("""
            CHANNELS = 4
            torch.manual_seed(0)
            series, wanted = torch.rand(16, 20, CHANNELS) * 0.2 + torch.arange(CHANNELS), torch.randn(16, 1)
            series = series.view(len(series), CHANNELS, 20)
            model = nn.Sequential(nn.Conv1d(CHANNELS, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(72, 1))
            optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
            for step in range(6):
                optimizer.zero_grad()
                loss = F.mse_loss(model(series), wanted)
                loss.backward()
                optimizer.step()
        """),
        ("[20, 4] become [4, 20]",),
    ),
    "scores of a segmentation that are viewed": Mistake(
        "viewed-scores",
        "loss = F.cross_entropy(scores.view(-1, 3), mask.view(-1))",
        "loss = F.cross_entropy(scores.permute(0, 2, 3, 1).reshape(-1, 3), mask.view(-1))",
        SCENES
        + dedent("""\
            for step in range(80):
                scores = net(pictures)
                loss = F.cross_entropy(scores.view(-1, 3), mask.view(-1))
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("[8, 3, 6, 5]", "the 30 scores of one class"),
    ),
    "scores of a segmentation that are reshaped, in a function": Mistake(
        "viewed-scores",
        "flat = logits.reshape(-1, CLASSES)",
        "flat = logits.permute(0, 2, 3, 1).reshape(-1, CLASSES)",
        SCENES
        + dedent("""\
            CLASSES = 3

            def pixel_loss(logits, target):
                flat = logits.reshape(-1, CLASSES)
                return F.nll_loss(flat.log_softmax(1), target.reshape(-1))

            for step in range(80):
                opt.zero_grad()
                loss = pixel_loss(torch.tanh(net(pictures)), mask)
                loss.backward()
                opt.step()
        """),
    ),
    "scores along a sequence that are viewed": Mistake(
        "viewed-scores",
        "loss = criterion(out.contiguous().view(-1, out.size(1)), tags.view(-1))",
        "loss = criterion(out.contiguous().transpose(1, 2).reshape(-1, out.size(1)), tags.view(-1))",
        dedent("""\
            torch.manual_seed(0)
            tags = torch.randint(0, 4, (8, 10))
            signal = tags.unsqueeze(1).float() + 0.1 * torch.randn(8, 1, 10)
            tagger = nn.Sequential(nn.Conv1d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv1d(8, 4, 1))
            criterion = nn.CrossEntropyLoss()
            opt = torch.optim.Adam(tagger.parameters(), lr=0.05)
            for step in range(80):
                out = tagger(signal)
                loss = criterion(out.contiguous().view(-1, out.size(1)), tags.view(-1))
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("[8, 4, 10]",),
    ),
}
