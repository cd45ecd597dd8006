"""Node classification on a random graph: a convolution by the normalised adjacency, attention over edges, edge dropout, readout per component."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn import Parameter


def scatter_softmax(scores, index, count):
    """Softmax over the entries that share an index."""
    expanded = index.unsqueeze(-1).expand_as(scores)
    largest = torch.full((count, scores.size(1)), float("-inf")).scatter_reduce(0, expanded, scores.detach(), reduce="amax")
    exponent = (scores - largest[index]).exp()
    total = torch.zeros(count, scores.size(1)).scatter_add(0, expanded, exponent)
    return exponent / (total[index] + 1e-16)


class GCNConv(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = Parameter(torch.empty(in_features, out_features))
        self.bias = Parameter(torch.empty(out_features))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.xavier_uniform_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x, adjacency):
        degree = adjacency.sum(dim=1).pow(-0.5)
        degree[degree.isinf()] = 0
        return torch.addmm(self.bias, degree[:, None] * adjacency * degree, x @ self.weight)


class GATConv(nn.Module):
    def __init__(self, in_channels, out_channels, heads):
        super().__init__()
        self.heads, self.out_channels = heads, out_channels
        self.lin = nn.Linear(in_channels, heads * out_channels, bias=False)
        self.att = nn.ParameterDict({"src": torch.empty(heads, out_channels), "dst": torch.empty(heads, out_channels)})
        for parameter in self.att.values():
            nn.init.ones_(parameter)

    def forward(self, x, edge_index):
        src, dst = edge_index
        h = self.lin(x).view(-1, self.heads, self.out_channels)
        alpha = (h * self.att["src"]).sum(-1)[src] + (h * self.att["dst"]).sum(-1)[dst]
        alpha = scatter_softmax(F.leaky_relu(alpha, 0.2), dst, x.size(0))
        out = torch.zeros_like(h).index_add(0, dst, h[src] * alpha[..., None])
        return out.flatten(1), alpha


class Net(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.conv = GCNConv(features, 12)
        self.gat = GATConv(12, 6, heads=2)
        self.norm = nn.InstanceNorm1d(12, affine=True)
        self.out = nn.Linear(12, classes)

    def forward(self, x, adjacency, edge_index):
        h = F.elu(self.conv(x, adjacency))
        update, alpha = self.gat(h, edge_index)
        h = self.norm((h + update).t().unsqueeze(0)).squeeze(0).t()
        return F.log_softmax(self.out(F.relu6(h)), dim=1), alpha


def main(rng):
    nodes, features, classes = 30, 5, 3
    labels = torch.from_numpy(rng.integers(0, classes, nodes))
    likely = torch.where(labels[:, None] == labels[None, :], 0.35, 0.05)
    adjacency = torch.triu(torch.from_numpy(rng.random((nodes, nodes))) < likely, diagonal=1)
    adjacency = (adjacency | adjacency.T).float() + torch.eye(nodes)
    edge_index = torch.stack(torch.nonzero(adjacency, as_tuple=True))
    x = F.one_hot(labels, features).float() + torch.from_numpy(rng.standard_normal((nodes, features))).float()
    train_mask = torch.zeros(nodes, dtype=torch.bool)
    train_mask[torch.from_numpy(rng.permutation(nodes)[:15])] = True

    model = Net(features, classes)
    for module in model.children():
        for name, p in module.named_parameters():
            if p.dim() == 2:
                nn.init.zeros_(p)
                with torch.no_grad():
                    p.add_(torch.from_numpy(rng.standard_normal(tuple(p.shape))).float(), alpha=0.5)
            elif name == "bias":
                p.detach().fill_(0.05)
    optimizer = torch.optim.Rprop(model.parameters(), lr=1e-2, etas=(0.5, 1.2))
    criterion = nn.NLLLoss()
    losses, entropies = [], []
    for _ in range(8):
        keep = torch.from_numpy(rng.random(edge_index.size(1)) > 0.1) | (edge_index[0] == edge_index[1])
        optimizer.zero_grad()
        output, alpha = model(x, adjacency, edge_index[:, keep])
        loss = criterion(output[train_mask], labels[train_mask])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        entropies.append(-torch.xlogy(alpha, alpha).sum(0).detach())

    model.eval()
    with torch.no_grad():
        output, alpha = model(x, adjacency, edge_index)
    predicted = output.argmax(dim=1)
    confusion = torch.zeros(classes, classes, dtype=torch.int64)
    confusion.index_put_((labels, predicted), torch.ones(nodes, dtype=torch.int64), accumulate=True)
    reached = torch.matrix_power(adjacency, 2).ne(0)
    pooled = torch.stack([output[labels == k].logsumexp(dim=0) for k in range(classes)])
    eigenvalues = torch.linalg.eigvalsh(torch.diag(adjacency.sum(1)) - adjacency)
    return {
        "losses": losses,
        "entropies": torch.stack(entropies).tolist(),
        "accuracy": [(predicted == labels)[mask].float().mean().item() for mask in (train_mask, ~train_mask)],
        "confusion": confusion.tolist(),
        "reached": reached.sum(dim=1).tolist(),
        "pooled": pooled.tolist(),
        "attention": torch.stack([alpha[edge_index[1] == node].amax(dim=0) for node in range(nodes)]).tolist(),
        "spectrum": eigenvalues[1:].tolist(),
    }
