"""Recommending by factorised matrices: Embedding, EmbeddingBag, BPR with sampled negatives, ranking metrics; indexing as such programs use it."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler, TensorDataset


class Recommender(nn.Module):
    def __init__(self, users, items, tags, dim=8):
        super().__init__()
        self.user = nn.Embedding(users, dim)
        self.item = nn.Embedding(items, dim)
        self.item_bias = nn.Embedding(items, 1)
        self.tags = nn.EmbeddingBag(tags, dim, mode="mean", include_last_offset=False)
        self.history = nn.EmbeddingBag.from_pretrained(torch.zeros(items, dim), freeze=False, mode="sum", padding_idx=0)
        self.mix = nn.Bilinear(dim, dim, 1)

    def items_of(self, index, tag_lists):
        chosen = [tag_lists[i] for i in index.flatten().tolist()]
        offsets = torch.tensor([0] + [len(c) for c in chosen[:-1]]).cumsum(0)
        described = self.tags(torch.cat(chosen), offsets)
        return self.item(index) + described.view(*index.shape, -1)

    def forward(self, users, items, tag_lists, seen):
        u = self.user(users) + self.history(seen, per_sample_weights=(seen != 0).float() / seen.size(1))
        v = self.items_of(items, tag_lists)
        dots = torch.einsum("bd,bkd->bk", u, v)
        mixed = self.mix(u.unsqueeze(1).expand_as(v).contiguous(), v).squeeze(-1)
        return dots + 0.5 * mixed + self.item_bias(items).squeeze(-1)


def main(rng):
    users, items, tags, count = 12, 18, 7, 96
    tag_lists = [torch.from_numpy(rng.choice(tags, rng.integers(1, 4), replace=False)) for _ in range(items)]
    taste = rng.standard_normal((users, 3)) @ rng.standard_normal((3, items))
    likes = torch.from_numpy(taste > 0.3)
    likes[:, 0] = False
    pairs = likes.nonzero()
    pairs = pairs[torch.from_numpy(rng.permutation(len(pairs)))][:count]
    seen = torch.zeros(users, 4, dtype=torch.long)
    for user in range(users):
        known = pairs[pairs[:, 0] == user, 1].unique()[:4]
        seen[user, : len(known)] = known

    model = Recommender(users, items, tags)
    for name, p in model.named_parameters():
        p.data.copy_(torch.from_numpy(0.3 * rng.standard_normal(tuple(p.shape))))
    sparse, dense = [], []
    for name, p in model.named_parameters():
        (dense if name.startswith("mix") else sparse).append(p)
    optimizers = [torch.optim.Adagrad(sparse, lr=0.1), torch.optim.Adam(dense, lr=1e-2, eps=1e-5)]

    dataset = TensorDataset(pairs[:, 0], pairs[:, 1])
    loader = DataLoader(dataset, sampler=BatchSampler(SequentialSampler(dataset), 16, drop_last=False), batch_size=None)
    losses = []
    for _ in range(3):
        for user, positive in loader:
            negatives = torch.from_numpy(rng.integers(1, items, (len(user), 3)))
            hit = likes[user.unsqueeze(1), negatives]
            candidates = torch.cat([positive.unsqueeze(1), negatives], dim=1)
            scores = model(user, candidates, tag_lists, seen[user])
            difference = (scores[:, :1] - scores[:, 1:]).masked_fill(hit, 20.0)
            loss = -F.logsigmoid(difference).mean()
            truth = likes[user].float().gather(1, candidates)
            loss = loss + 0.1 * F.binary_cross_entropy(scores.sigmoid(), 0.9 * truth + 0.05)
            loss = loss + 1e-3 * sum(p.pow(2).sum() for p in sparse)
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            losses.append(loss.item())

    model.eval()
    with torch.no_grad():
        everything = torch.arange(items).expand(users, items)
        scores = model(torch.arange(users), everything, tag_lists, seen)
        scores[:, 0] = -torch.inf
        scores.scatter_(1, seen, float("-inf"))
        best, ranked = scores.topk(5, dim=1)
        relevant = torch.gather(likes, 1, ranked).float()
        discount = 1 / torch.log2(torch.arange(2.0, 7.0))
        ideal = torch.sort(likes.float(), dim=1, descending=True)[0][:, :5]
        ndcg = (relevant * discount).sum(1) / (ideal * discount).sum(1).clamp_min(1e-9)
        shown = torch.zeros(items).scatter_add_(0, ranked.reshape(-1), torch.ones(ranked.numel()))
        popular = torch.bincount(pairs[:, 1], minlength=items)
        groups = torch.bucketize(popular, torch.tensor([2, 5]))
        coverage = torch.stack([shown[groups == g].sum() for g in range(3)])
    return {
        "losses": losses,
        "best": best.tolist(),
        "ranked": ranked.tolist(),
        "ndcg": ndcg.tolist(),
        "coverage": coverage.tolist(),
        "precision": relevant.mean(dim=0).tolist(),
        "norms": np.array([p.detach().norm().item() for p in model.parameters()]).tolist(),
        "padding": model.history.weight[0].norm().item(),
    }
