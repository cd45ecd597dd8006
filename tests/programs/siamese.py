"""Metric learning: a shared encoder, TripletMarginLoss, cosine and contrastive losses; a custom Dataset, balanced batch sampler and collate_fn."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Sampler


class Vectors(Dataset):
    """Points round the centre of their class, each with a weight."""

    def __init__(self, rng, centres, label, count):
        points = centres[label] + 0.6 * rng.standard_normal((count, centres.shape[1]))
        self.points = torch.as_tensor(points, dtype=torch.float32)
        self.label = label

    def __len__(self):
        return self.points.shape[0]

    def __getitem__(self, index):
        return {"x": self.points[index], "label": self.label, "weight": 1.0 / (1 + index)}


class BalancedBatchSampler(Sampler):
    """Batches of `per_class` samples of every class."""

    def __init__(self, labels, per_class, rng):
        self.groups = [[i for i, label in enumerate(labels) if label == k] for k in sorted(set(labels))]
        self.per_class, self.rng = per_class, rng

    def __iter__(self):
        shuffled = [self.rng.permutation(group).tolist() for group in self.groups]
        for start in range(0, len(self) * self.per_class, self.per_class):
            yield [i for group in shuffled for i in group[start : start + self.per_class]]

    def __len__(self):
        return min(map(len, self.groups)) // self.per_class


def collate(batch):
    labels = torch.tensor([sample["label"] for sample in batch])
    return torch.stack([sample["x"] for sample in batch]), labels, torch.tensor([sample["weight"] for sample in batch])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 24), nn.PReLU(), nn.LayerNorm(24), nn.Linear(24, 4))

    def forward(self, x):
        return F.normalize(self.net(x), p=2, dim=-1)


def hardest_triplets(embeddings, labels):
    """For each anchor the farthest of its class and the nearest of the others."""
    distances = torch.cdist(embeddings, embeddings)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    positive = distances.masked_fill(~same, float("-inf")).argmax(dim=1)
    negative = distances.masked_fill(same, float("inf")).argmin(dim=1)
    return positive, negative


def main(rng):
    centres = rng.standard_normal((3, 6))
    dataset = ConcatDataset([Vectors(rng, centres, k, 8 + k) for k in range(3)])
    labels = [dataset[i]["label"] for i in range(len(dataset))]
    loader = DataLoader(dataset, batch_sampler=BalancedBatchSampler(labels, 4, rng), collate_fn=collate)

    model = Encoder()
    with torch.no_grad():
        for layer in model.net:
            if isinstance(layer, nn.Linear):
                layer.weight[:] = torch.tensor(rng.standard_normal(tuple(layer.weight.shape)) * 0.4)
                layer.bias.zero_()
    optimizer = optim.RAdam(model.parameters(), lr=1e-2, weight_decay=1e-4)
    triplet = nn.TripletMarginLoss(margin=0.5, p=2)
    cosine = nn.CosineEmbeddingLoss(margin=0.2)

    losses = []
    for _ in range(4):
        for x, y, weight in loader:
            embeddings = model(x)
            with torch.no_grad():
                positive, negative = hardest_triplets(embeddings, y)
            loss = triplet(embeddings, embeddings[positive], embeddings[negative])
            other = torch.roll(embeddings, 1, dims=0)
            sign = torch.where(y == y.roll(1), 1, -1)
            loss = loss + 0.1 * cosine(embeddings, other, sign)
            distance = F.pairwise_distance(embeddings, other)
            contrastive = torch.where(sign > 0, distance.square(), F.relu(0.8 - distance).pow(2))
            loss = loss + (contrastive * weight).sum() / weight.sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append([loss.item(), distance.mean().item()])

    model.eval()
    everything = collate([dataset[i] for i in range(len(dataset))])
    with torch.no_grad():
        embeddings = model(everything[0])
        similarity = F.cosine_similarity(embeddings[:, None], embeddings[None], dim=-1)
        similarity.fill_diagonal_(-1)
        nearest = similarity.argsort(dim=1, descending=True)[:, 0]
    prototypes = torch.zeros(3, 4).index_add_(0, everything[1], embeddings)
    return {
        "losses": losses,
        "accuracy": (everything[1][nearest] == everything[1]).float().mean().item(),
        "prototypes": prototypes.tolist(),
        "similar": torch.tril(similarity, diagonal=-1).topk(3, dim=1).values.sum(0).tolist(),
        "slope": model.net[1].weight.item(),
    }
