"""Loops that learn representations, or from other models, and with few labels."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, program

LOOPS = {
    "BYOL": program(
        """
        online = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 8))
        predictor = nn.Linear(8, 8)
        target = copy.deepcopy(online)
        for p in target.parameters():
            p.requires_grad_(False)
        opt = torch.optim.Adam([*online.parameters(), *predictor.parameters()], lr=1e-3)
        for step in range(20):
            one, two = x + 0.1 * torch.randn_like(x), x + 0.1 * torch.randn_like(x)
            loss = 0
            for a, b in ((one, two), (two, one)):
                with torch.no_grad():
                    wanted = target(b)
                loss = loss + 2 - 2 * F.cosine_similarity(predictor(online(a)), wanted, dim=1).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            with torch.no_grad():
                for slow, fast in zip(target.parameters(), online.parameters()):
                    slow.mul_(0.99).add_(fast, alpha=0.01)
        """,
        CLASSES,
    ),
    "SimSiam with a stopped gradient": program(
        """
        encoder, predictor = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8)), nn.Linear(8, 8)
        opt = torch.optim.SGD([*encoder.parameters(), *predictor.parameters()], lr=0.05, momentum=0.9)
        for step in range(20):
            z1, z2 = encoder(x + 0.1 * torch.randn_like(x)), encoder(x + 0.1 * torch.randn_like(x))
            p1, p2 = predictor(z1), predictor(z2)
            loss = -(F.cosine_similarity(p1, z2.detach()).mean() + F.cosine_similarity(p2, z1.detach()).mean()) / 2
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "contrastive pairs with a temperature": program(
        """
        encoder = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8))
        opt = torch.optim.Adam(encoder.parameters(), lr=1e-3)
        for step in range(20):
            views = torch.cat([x + 0.1 * torch.randn_like(x), x + 0.1 * torch.randn_like(x)])
            z = F.normalize(encoder(views), dim=1)
            similar = z @ z.T / 0.5
            similar = similar.masked_fill(torch.eye(24, dtype=torch.bool), float("-inf"))
            partner = (torch.arange(24) + 12) % 24
            loss = F.cross_entropy(similar, partner)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "images and texts, the temperature learned": program("""
        images, texts = torch.randn(16, 6), torch.randn(16, 5)
        image_net, text_net = nn.Linear(6, 8), nn.Linear(5, 8)
        scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        opt = torch.optim.AdamW([*image_net.parameters(), *text_net.parameters(), scale], lr=1e-3)
        for step in range(20):
            a, b = F.normalize(image_net(images), dim=-1), F.normalize(text_net(texts), dim=-1)
            scores = scale.exp() * a @ b.t()
            same = torch.arange(16)
            loss = (F.cross_entropy(scores, same) + F.cross_entropy(scores.t(), same)) / 2
            opt.zero_grad()
            loss.backward()
            opt.step()
            with torch.no_grad():
                scale.clamp_(0, math.log(100))
    """),
    "momentum contrast with a queue": program(
        """
        query, key = nn.Linear(4, 8), nn.Linear(4, 8)
        key.load_state_dict(query.state_dict())
        key.requires_grad_(False)
        queue = F.normalize(torch.randn(32, 8), dim=1)
        opt = torch.optim.SGD(query.parameters(), lr=0.03, momentum=0.9)
        for step in range(20):
            q = F.normalize(query(x + 0.1 * torch.randn_like(x)), dim=1)
            with torch.no_grad():
                for slow, fast in zip(key.parameters(), query.parameters()):
                    slow.data = slow.data * 0.99 + fast.data * 0.01
                k = F.normalize(key(x + 0.1 * torch.randn_like(x)), dim=1)
            scores = torch.cat([(q * k).sum(1, keepdim=True), q @ queue.T], dim=1) / 0.2
            loss = F.cross_entropy(scores, torch.zeros(12, dtype=torch.long))
            opt.zero_grad()
            loss.backward()
            opt.step()
            queue = torch.cat([k, queue])[:32]
        """,
        CLASSES,
    ),
    "triplets, of which some are satisfied": program(
        """
        net = nn.Linear(4, 8)
        opt = torch.optim.Adam(net.parameters(), lr=1e-2)
        triplet = nn.TripletMarginLoss(margin=0.5)
        for step in range(25):
            anchor = torch.randint(0, 12, (8,))
            loss = triplet(net(x[anchor]), net(x[(anchor + 3) % 12]), net(x[(anchor + 1) % 12]))
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "redundancy reduced between two views": program("""
        data = torch.randn(32, 4)
        net = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 6))
        opt = torch.optim.Adam(net.parameters(), lr=1e-3)
        for step in range(20):
            a, b = net(data + 0.1 * torch.randn_like(data)), net(data + 0.1 * torch.randn_like(data))
            a, b = (a - a.mean(0)) / (a.std(0) + 1e-4), (b - b.mean(0)) / (b.std(0) + 1e-4)
            c = a.T @ b / 32
            loss = (c.diagonal() - 1).pow(2).sum() + 0.005 * (c - torch.diag(c.diagonal())).pow(2).sum()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a masked autoencoder": program("""
        data = torch.randn(16, 8)
        encoder, decoder = nn.Linear(8, 8), nn.Linear(8, 8)
        blank = nn.Parameter(torch.zeros(8))
        opt = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters(), blank], lr=1e-2)
        for step in range(20):
            hidden = torch.rand(16, 8) < 0.5
            seen = torch.where(hidden, blank, data)
            again = decoder(F.gelu(encoder(seen)))
            loss = ((again - data) ** 2 * hidden).sum() / hidden.sum()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "distillation at a temperature": program(
        """
        teacher = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 3))
        teacher.eval()
        student = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        opt = torch.optim.Adam(student.parameters(), lr=1e-2)
        T = 4.0
        for step in range(20):
            student.train()
            with torch.no_grad():
                taught = teacher(x)
            scores = student(x)
            soft = F.kl_div(F.log_softmax(scores / T, dim=1), F.softmax(taught / T, dim=1), reduction="batchmean")
            loss = 0.7 * soft * T * T + 0.3 * F.cross_entropy(scores, labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "hidden states distilled through a regressor": program(
        """
        teacher, student, regressor = nn.Linear(4, 16).requires_grad_(False), nn.Linear(4, 8), nn.Linear(8, 16)
        opt = torch.optim.SGD([*student.parameters(), *regressor.parameters()], lr=0.1)
        for step in range(20):
            loss = F.mse_loss(regressor(torch.relu(student(x))), torch.relu(teacher(x)).detach())
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a mean teacher of unlabelled data": program(
        """
        student = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
        teacher = copy.deepcopy(student)
        for p in teacher.parameters():
            p.detach_()
        opt = torch.optim.Adam(student.parameters(), lr=1e-2)
        for step in range(20):
            scores = student(x)
            with torch.no_grad():
                wanted = teacher(x + 0.05 * torch.randn_like(x)).softmax(dim=1)
            consistency = F.mse_loss(scores.softmax(dim=1), wanted)
            loss = F.cross_entropy(scores[:6], labels[:6]) + min(1.0, step / 10) * consistency
            opt.zero_grad()
            loss.backward()
            opt.step()
            alpha = min(1 - 1 / (step + 1), 0.99)
            for t, s in zip(teacher.parameters(), student.parameters()):
                t.data.mul_(alpha).add_(s.data, alpha=1 - alpha)
        """,
        CLASSES,
    ),
    "labels that the model gives itself where it is certain": program(
        """
        model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(20):
            sharp = torch.softmax(model(x[6:]).detach(), dim=-1)
            certain, guessed = sharp.max(dim=-1)
            mask = (certain > 0.5).float()
            each = F.cross_entropy(model(x[6:] + 0.1 * torch.randn(6, 4)), guessed, reduction="none")
            loss = F.cross_entropy(model(x[:6]), labels[:6]) + (each * mask).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "prototypes of few examples": program(
        """
        net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8))
        opt = torch.optim.Adam(net.parameters(), lr=1e-2)
        for episode in range(20):
            z = net(x + 0.1 * torch.randn_like(x))
            prototypes = torch.stack([z[:6][labels[:6] == c].mean(0) for c in range(3)])
            loss = F.cross_entropy(-torch.cdist(z[6:], prototypes).pow(2), labels[6:])
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
}
