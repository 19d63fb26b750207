"""Loops that learn from rewards."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import program

WORLD = """\
torch.manual_seed(0)


def start():
    return torch.zeros(3)


def act(state, action):
    after = 0.9 * state + torch.tensor([0.1, -0.1, 0.2]) * (2 * action - 1)
    return after, float(after.sum() < 0.5), bool(after.abs().max() > 2)

"""

LOOPS = {
    "REINFORCE": program(
        """
        policy = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2))
        opt = torch.optim.Adam(policy.parameters(), lr=1e-2)
        for episode in range(8):
            state, log_probs, rewards = start(), [], []
            for t in range(10):
                choices = torch.distributions.Categorical(logits=policy(state))
                action = choices.sample()
                log_probs.append(choices.log_prob(action))
                state, reward, done = act(state, action.item())
                rewards.append(reward)
                if done:
                    break
            returns, total = [], 0.0
            for reward in reversed(rewards):
                total = reward + 0.99 * total
                returns.insert(0, total)
            returns = torch.tensor(returns)
            returns = (returns - returns.mean()) / (returns.std() + 1e-6)
            loss = -(torch.stack(log_probs) * returns).sum()
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        WORLD,
    ),
    "REINFORCE whose loss is a list": program(
        """
        class Policy(nn.Module):
            def __init__(self):
                super().__init__()
                self.affine1, self.affine2 = nn.Linear(3, 16), nn.Linear(16, 2)
                self.saved_log_probs, self.rewards = [], []

            def forward(self, state):
                return F.softmax(self.affine2(F.relu(self.affine1(state))), dim=1)

        policy = Policy()
        optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
        for episode in range(6):
            state = start()
            for t in range(8):
                m = torch.distributions.Categorical(policy(state.unsqueeze(0)))
                action = m.sample()
                policy.saved_log_probs.append(m.log_prob(action))
                state, reward, done = act(state, action.item())
                policy.rewards.append(reward + 0.1 * t)
            rewards = torch.tensor(policy.rewards)
            policy_loss = [-p * r for p, r in zip(policy.saved_log_probs, rewards - rewards.mean())]
            optimizer.zero_grad()
            policy_loss = torch.cat(policy_loss).sum()
            policy_loss.backward()
            optimizer.step()
            del policy.rewards[:]
            del policy.saved_log_probs[:]
        """,
        WORLD,
    ),
    "DQN with a replay memory and a target net": program(
        """
        import random
        from collections import deque

        net = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
        target = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
        target.load_state_dict(net.state_dict())
        opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
        memory, state = deque(maxlen=100), start()
        for step in range(60):
            with torch.no_grad():
                action = net(state).argmax().item() if random.random() > 0.3 else random.randrange(2)
            after, reward, done = act(state, action)
            memory.append((state, action, reward, after, float(done)))
            state = start() if done else after
            if len(memory) < 16:
                continue
            s, a, r, s2, d = zip(*random.sample(memory, 16))
            s, s2, a = torch.stack(s), torch.stack(s2), torch.tensor(a)
            r, d = torch.tensor(r), torch.tensor(d)
            q = net(s).gather(1, a[:, None]).squeeze(1)
            with torch.no_grad():
                wanted = r + 0.95 * (1 - d) * target(s2).max(dim=1).values
            loss = F.smooth_l1_loss(q, wanted)
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_value_(net.parameters(), 100)
            opt.step()
            for old, new in zip(target.parameters(), net.parameters()):
                old.data.mul_(0.99).add_(0.01 * new.data)
        """,
        WORLD,
    ),
    "advantage actor-critic with one loss": program(
        """
        class ActorCritic(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Linear(3, 16)
                self.actor, self.critic = nn.Linear(16, 2), nn.Linear(16, 1)

            def forward(self, state):
                hidden = torch.tanh(self.body(state))
                return self.actor(hidden), self.critic(hidden).squeeze(-1)

        model = ActorCritic()
        opt = torch.optim.RMSprop(model.parameters(), lr=1e-3)
        for update in range(15):
            states, actions, rewards, state = [], [], [], start()
            for t in range(5):
                with torch.no_grad():
                    scores, _ = model(state)
                action = torch.distributions.Categorical(logits=scores).sample()
                states.append(state)
                actions.append(action)
                state, reward, _ = act(state, action.item())
                rewards.append(reward)
            with torch.no_grad():
                total = model(state)[1]
            returns = []
            for reward in reversed(rewards):
                total = reward + 0.9 * total
                returns.insert(0, total)
            scores, values = model(torch.stack(states))
            advantage = torch.stack(returns) - values
            choices = torch.distributions.Categorical(logits=scores)
            actor_loss = -(choices.log_prob(torch.stack(actions)) * advantage.detach()).mean()
            loss = actor_loss + 0.5 * advantage.pow(2).mean() - 0.01 * choices.entropy().mean()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            opt.step()
        """,
        WORLD,
    ),
    "proximal policy optimization": program(
        """
        actor, critic = nn.Linear(3, 2), nn.Linear(3, 1)
        opt = torch.optim.Adam([{"params": actor.parameters(), "lr": 3e-3}, {"params": critic.parameters()}], lr=1e-3)
        for update in range(4):
            states = torch.randn(32, 3)
            with torch.no_grad():
                old = torch.distributions.Categorical(logits=actor(states))
                actions = old.sample()
                old_log = old.log_prob(actions)
                returns = (actions.float() - states[:, 0]).tanh()
                advantages = returns - critic(states).squeeze(1)
                advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
            for epoch in range(3):
                for rows in torch.randperm(32).split(8):
                    now = torch.distributions.Categorical(logits=actor(states[rows]))
                    ratio = (now.log_prob(actions[rows]) - old_log[rows]).exp()
                    clipped = ratio.clamp(0.8, 1.2) * advantages[rows]
                    policy_loss = -torch.min(ratio * advantages[rows], clipped).mean()
                    value_loss = F.mse_loss(critic(states[rows]).squeeze(1), returns[rows])
                    loss = policy_loss + 0.5 * value_loss - 0.01 * now.entropy().mean()
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
        """,
        WORLD,
    ),
    "deep deterministic policy gradient": program(
        """
        actor = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1), nn.Tanh())
        critic = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
        actor_target, critic_target = copy.deepcopy(actor), copy.deepcopy(critic)
        actor_opt = torch.optim.Adam(actor.parameters(), lr=1e-3)
        critic_opt = torch.optim.Adam(critic.parameters(), lr=1e-3)
        for step in range(20):
            state, action, after = torch.randn(16, 3), torch.rand(16, 1) * 2 - 1, torch.randn(16, 3)
            reward = -(action - state[:, :1]).pow(2)
            with torch.no_grad():
                future = critic_target(torch.cat([after, actor_target(after)], dim=1))
                wanted = reward + 0.9 * future
            critic_loss = F.mse_loss(critic(torch.cat([state, action], dim=1)), wanted)
            critic_opt.zero_grad()
            critic_loss.backward()
            critic_opt.step()
            actor_loss = -critic(torch.cat([state, actor(state)], dim=1)).mean()
            actor_opt.zero_grad()
            actor_loss.backward()
            actor_opt.step()
            with torch.no_grad():
                for net, slow in ((actor, actor_target), (critic, critic_target)):
                    for p, q in zip(net.parameters(), slow.parameters()):
                        q.lerp_(p, 0.01)
        """,
        WORLD,
    ),
    "soft actor-critic with a temperature of its own": program(
        """
        actor, q1, q2 = nn.Linear(3, 2), nn.Linear(4, 1), nn.Linear(4, 1)
        log_alpha = torch.zeros(1, requires_grad=True)
        opt_actor = torch.optim.Adam(actor.parameters(), lr=1e-3)
        opt_q = torch.optim.Adam([*q1.parameters(), *q2.parameters()], lr=1e-3)
        opt_alpha = torch.optim.Adam([log_alpha], lr=1e-3)

        def sample(state):
            mean, log_std = actor(state).chunk(2, dim=-1)
            normal = torch.distributions.Normal(mean, log_std.clamp(-5, 2).exp())
            raw = normal.rsample()
            action = torch.tanh(raw)
            return action, normal.log_prob(raw) - torch.log(1 - action.pow(2) + 1e-6)

        for step in range(15):
            state, after, taken = torch.randn(16, 3), torch.randn(16, 3), torch.rand(16, 1) * 2 - 1
            alpha = log_alpha.exp().detach()
            with torch.no_grad():
                action, log_prob = sample(after)
                both = torch.cat([after, action], dim=1)
                wanted = taken + 0.9 * (torch.min(q1(both), q2(both)) - alpha * log_prob)
            both = torch.cat([state, taken], dim=1)
            q_loss = F.mse_loss(q1(both), wanted) + F.mse_loss(q2(both), wanted)
            opt_q.zero_grad()
            q_loss.backward()
            opt_q.step()
            action, log_prob = sample(state)
            both = torch.cat([state, action], dim=1)
            actor_loss = (alpha * log_prob - torch.min(q1(both), q2(both))).mean()
            opt_actor.zero_grad()
            actor_loss.backward()
            opt_actor.step()
            alpha_loss = -(log_alpha * (log_prob.detach() - 1.0)).mean()
            opt_alpha.zero_grad()
            alpha_loss.backward()
            opt_alpha.step()
        """,
        WORLD,
    ),
    "imitation of an expert": program(
        """
        expert = nn.Linear(3, 2).requires_grad_(False)
        student = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
        opt = torch.optim.Adam(student.parameters(), lr=1e-2)
        for step in range(20):
            states = torch.randn(32, 3)
            wanted = expert(states).argmax(dim=1)
            loss = F.cross_entropy(student(states), wanted)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        WORLD,
    ),
}
