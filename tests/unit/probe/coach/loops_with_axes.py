"""Correct loops beside the mistakes of `mistakes_of_axes`."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import program
from tests.unit.probe.coach.mistakes_of_axes import IMAGES, SCENES


def _trained(make: str) -> str:
    """A convolution of the images that some code makes: `images`, of shape [24, 3, 6, 8]."""
    return program(
        f"""
        {make}
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(96, 3))
        opt = torch.optim.Adam(net.parameters(), lr=0.001)
        for epoch in range(3):
            for xb, yb in DataLoader(TensorDataset(images, labels), batch_size=8, shuffle=True):
                opt.zero_grad()
                loss = F.cross_entropy(net(xb), yb)
                loss.backward()
                opt.step()
        """,
        IMAGES,
    )


WITH_AXES = {
    "images permuted": _trained("images = pictures.permute(0, 3, 1, 2)"),
    "images permuted, and viewed as what they are": _trained(
        "images = pictures.permute(0, 3, 1, 2).contiguous().view(-1, 3, 6, 8)"
    ),
    "images in the memory format of channels last": _trained(
        "images = torch.randn(24, 144).view(-1, 3, 6, 8).to(memory_format=torch.channels_last)"
    ),
    "flat images": _trained("flat = pictures.permute(0, 3, 1, 2).flatten(1); images = flat.reshape(24, 3, 6, 8)"),
    "flat images, drawn in another order": _trained(
        "flat = torch.rand(24, 144); images = flat.view(24, 3, 6, 8); drawn = flat.view(24, 6, 8, 3).clone()"
    ),
    "images drawn in another order by a function": _trained(
        "images = torch.rand(24, 144).view(-1, 3, 6, 8); drawn = (lambda x: x.reshape(24, 6, 8, 3))(images).numpy()"
    ),
    "images of one colour each": _trained(
        "pictures = torch.rand(24, 1, 1, 1).expand(24, 6, 8, 3).contiguous(); images = pictures.view(-1, 3, 6, 8)"
    ),
    "images whose sizes are all the same": program(
        """
        pictures = torch.rand(24, 3, 3, 3)
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 3))
        opt = torch.optim.SGD(net.parameters(), lr=0.01)
        for step in range(6):
            opt.zero_grad()
            loss = F.cross_entropy(net(pictures.view(-1, 3, 3, 3)), labels)
            loss.backward()
            opt.step()
        """,
        IMAGES,
    ),
    "grey images with a channel in front": program(
        """
        grey = torch.rand(24, 6, 8, 1)
        net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(96, 3))
        opt = torch.optim.SGD(net.parameters(), lr=0.01)
        for step in range(6):
            opt.zero_grad()
            loss = F.cross_entropy(net(grey.view(-1, 1, 6, 8)), labels)
            loss.backward()
            opt.step()
        """,
        IMAGES,
    ),
    "patches of images, and pixels shuffled": program("""
        images = torch.rand(8, 3, 8, 12)
        small = F.avg_pool2d(images, 2)
        tokens, up = nn.Linear(48, 8), nn.Conv2d(3, 12, 3, padding=1)
        opt = torch.optim.Adam([*tokens.parameters(), *up.parameters()], lr=0.01)
        for step in range(8):
            patches = images.reshape(8, 3, 2, 4, 3, 4).permute(0, 2, 4, 1, 3, 5).reshape(8, 6, 48)
            shuffled = up(small).view(8, 3, 2, 2, 4, 6).permute(0, 1, 4, 2, 5, 3).reshape(8, 3, 8, 12)
            loss = tokens(patches).pow(2).mean() + F.mse_loss(shuffled, images)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "scores of a segmentation whose classes are moved": SCENES
    + dedent("""\
        for step in range(4):
            scores = net(pictures)
            loss = F.cross_entropy(scores.permute(0, 2, 3, 1).reshape(-1, 3), mask.view(-1))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "scores of a segmentation as they are": SCENES
    + dedent("""\
        for step in range(4):
            loss = F.cross_entropy(net(pictures), mask)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "scores of a sequence whose classes are last": dedent("""\
        torch.manual_seed(0)
        tokens = torch.randint(0, 5, (6, 5, 8))[:, :, 0]
        model = nn.Sequential(nn.Embedding(5, 8), nn.Linear(8, 5))
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(4):
            scores = model(tokens)
            loss = F.cross_entropy(scores.view(-1, 5), tokens.view(-1))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "several heads of as many classes as there are positions": dedent("""\
        torch.manual_seed(0)
        x = torch.randn(6, 4, 7)
        labels = torch.randint(0, 4, (6, 4, 3))
        model = nn.Linear(7, 12)
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(4):
            scores = model(x)
            loss = F.cross_entropy(scores.reshape(-1, 4), labels.reshape(-1))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
}
