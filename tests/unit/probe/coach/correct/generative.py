"""Loops that learn how data is distributed, or to make some like it."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, program

LOOPS = {
    "a variational autoencoder": program(
        """
        class VAE(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = nn.Linear(4, 8)
                self.mean, self.log_variance = nn.Linear(8, 2), nn.Linear(8, 2)
                self.decoder = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4))

            def forward(self, x):
                hidden = torch.relu(self.encoder(x))
                mean, log_variance = self.mean(hidden), self.log_variance(hidden)
                code = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
                return self.decoder(code), mean, log_variance

        vae = VAE()
        opt = torch.optim.Adam(vae.parameters(), lr=1e-2)
        for step in range(30):
            again, mean, log_variance = vae(x)
            reconstruction = F.mse_loss(again, x, reduction="sum")
            divergence = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
            loss = (reconstruction + divergence) / len(x)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a VAE whose divergence counts more and more": program(
        """
        encoder, decoder = nn.Linear(4, 4), nn.Linear(2, 4)
        opt = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-2)
        for epoch in range(20):
            beta = min(1.0, epoch / 10)
            mean, spread = encoder(x).chunk(2, dim=1)
            posterior = torch.distributions.Normal(mean, F.softplus(spread) + 1e-4)
            prior = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
            code = posterior.rsample()
            loss = F.mse_loss(decoder(code), x)
            loss = loss + beta * torch.distributions.kl_divergence(posterior, prior).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a code book with a straight-through estimator": program(
        """
        encoder, decoder, book = nn.Linear(4, 3), nn.Linear(3, 4), nn.Embedding(8, 3)
        opt = torch.optim.Adam([*encoder.parameters(), *decoder.parameters(), *book.parameters()], lr=1e-2)
        for step in range(25):
            code = encoder(x)
            nearest = torch.cdist(code, book.weight).argmin(dim=1)
            chosen = book(nearest)
            commitment = F.mse_loss(code, chosen.detach()) * 0.25 + F.mse_loss(chosen, code.detach())
            straight = code + (chosen - code).detach()
            loss = F.mse_loss(decoder(straight), x) + commitment
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a diffusion model": program("""
        data = torch.randn(64, 2) * 0.3 + 1
        betas = torch.linspace(1e-3, 0.2, 20)
        kept = torch.cumprod(1 - betas, dim=0)
        net = nn.Sequential(nn.Linear(3, 32), nn.SiLU(), nn.Linear(32, 2))
        opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
        for step in range(40):
            t = torch.randint(0, 20, (64,))
            noise = torch.randn_like(data)
            noisy = kept[t].sqrt()[:, None] * data + (1 - kept[t]).sqrt()[:, None] * noise
            predicted = net(torch.cat([noisy, t[:, None] / 20], dim=1))
            loss = F.mse_loss(predicted, noise)
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
    """),
    "an energy-based model with Langevin samples": program("""
        data = torch.randn(32, 2) * 0.2 + 1
        energy = nn.Sequential(nn.Linear(2, 16), nn.SiLU(), nn.Linear(16, 1))
        opt = torch.optim.Adam(energy.parameters(), lr=1e-3)
        for step in range(15):
            for p in energy.parameters():
                p.requires_grad = False
            energy.eval()
            sample = torch.randn(32, 2)
            for _ in range(5):
                sample.requires_grad_(True)
                energy(sample).sum().backward()
                sample = (sample - 0.1 * sample.grad + 0.05 * torch.randn(32, 2)).detach()
            energy.train()
            for p in energy.parameters():
                p.requires_grad = True
            opt.zero_grad()
            low, high = energy(data), energy(sample)
            loss = low.mean() - high.mean() + 0.1 * (low**2 + high**2).mean()
            loss.backward()
            opt.step()
    """),
    "denoising score matching": program("""
        data = torch.randn(32, 2)
        score = nn.Sequential(nn.Linear(2, 16), nn.Softplus(), nn.Linear(16, 2))
        opt = torch.optim.Adam(score.parameters(), lr=1e-2)
        for step in range(25):
            noise = torch.randn_like(data)
            loss = 0.5 * (score(data + 0.5 * noise) + noise / 0.5).pow(2).sum(dim=1).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a normalizing flow": program("""
        data = torch.randn(64, 2) * torch.tensor([1.0, 0.3]) + 2

        class Coupling(nn.Module):
            def __init__(self, flip):
                super().__init__()
                self.flip = flip
                self.net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 2))

            def forward(self, x):
                a, b = x.chunk(2, dim=1)
                if self.flip:
                    a, b = b, a
                scale, shift = self.net(a).chunk(2, dim=1)
                b = b * scale.exp() + shift
                return torch.cat([b, a] if self.flip else [a, b], dim=1), scale.sum(dim=1)

        flow = nn.ModuleList([Coupling(False), Coupling(True)])
        base = torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
        opt = torch.optim.Adam(flow.parameters(), lr=1e-2)
        for step in range(25):
            z, log_det = data, 0.0
            for layer in flow:
                z, change = layer(z)
                log_det = log_det + change
            loss = -(base.log_prob(z) + log_det).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a recurrent language model with teacher forcing": program("""
        text = torch.randint(0, 10, (4, 13))

        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(10, 8)
                self.lstm = nn.LSTM(8, 16, batch_first=True)
                self.out = nn.Linear(16, 10)

            def forward(self, tokens):
                states, _ = self.lstm(self.embed(tokens))
                return self.out(states)

        model = Model()
        opt = torch.optim.Adam(model.parameters(), lr=1e-2)
        for step in range(15):
            scores = model(text[:, :-1])
            loss = F.cross_entropy(scores.reshape(-1, 10), text[:, 1:].reshape(-1))
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
    """),
    "a sequence to a sequence, now and then fed with what it predicts": program("""
        source, target = torch.randint(0, 8, (6, 5)), torch.randint(0, 8, (6, 5))
        embed, encoder, decoder = nn.Embedding(8, 8), nn.GRU(8, 12, batch_first=True), nn.GRUCell(8, 12)
        head = nn.Linear(12, 8)
        opt = torch.optim.Adam([p for m in (embed, encoder, decoder, head) for p in m.parameters()], lr=1e-2)
        for step in range(12):
            _, state = encoder(embed(source))
            state, token, loss = state.squeeze(0), torch.zeros(6, dtype=torch.long), 0
            for t in range(5):
                state = decoder(embed(token), state)
                scores = head(state)
                loss = loss + F.cross_entropy(scores, target[:, t])
                token = target[:, t] if torch.rand(1).item() < 0.5 else scores.argmax(dim=1)
            opt.zero_grad()
            (loss / 5).backward()
            opt.step()
    """),
    "a transformer with a causal mask and tied weights": program("""
        tokens = torch.randint(0, 12, (4, 9))

        class Small(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(12, 16)
                self.position = nn.Parameter(torch.zeros(8, 16))
                layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True, norm_first=True)
                self.body = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
                self.head = nn.Linear(16, 12, bias=False)
                self.head.weight = self.embed.weight

            def forward(self, tokens):
                mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
                return self.head(self.body(self.embed(tokens) + self.position, mask=mask))

        model = Small()
        opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.1)
        for step in range(10):
            model.train()
            loss = F.cross_entropy(model(tokens[:, :-1]).transpose(1, 2), tokens[:, 1:])
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
        model.eval()
        with torch.no_grad():
            print(model(tokens[:, :-1]).argmax(-1))
    """),
    "masked tokens, the others ignored": program("""
        tokens = torch.randint(1, 12, (8, 6))
        model = nn.Sequential(nn.Embedding(12, 16), nn.Linear(16, 16), nn.GELU(), nn.Linear(16, 12))
        opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for step in range(15):
            hidden = torch.rand(8, 6) < 0.3
            hidden[0, 0] = True
            inputs, wanted = tokens.masked_fill(hidden, 0), tokens.masked_fill(~hidden, -100)
            loss = F.cross_entropy(model(inputs).view(-1, 12), wanted.view(-1), ignore_index=-100)
            loss.backward()
            opt.step()
            opt.zero_grad()
    """),
}
