"""What users write, fully annotated: `mypy --strict` and pyright must take it as it is, and it must run.

`assert_type` says what checkers have to know at that place; an Any would fail it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_origin

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import Tensor, nn, optim
from minigrad.autograd import Function
from minigrad.autograd.function import Context
from minigrad.utils.data import DataLoader, Dataset

if TYPE_CHECKING:
    from typing_extensions import assert_type
else:

    def assert_type(value: Any, kind: Any) -> None:
        """What is declared is also so."""
        kind = get_origin(kind) or kind
        assert not isinstance(kind, type) or isinstance(value, kind), (value, kind)


class Rings(Dataset[tuple[Tensor, Tensor]]):
    """Points on two circles, and which."""

    def __init__(self, n: int) -> None:
        self.label = mg.arange(n).remainder(2)
        angle = mg.linspace(0.0, 20.0, n)
        self.points = mg.stack([angle.sin(), angle.cos()], dim=1) * (self.label[:, None] + 1)

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.points[index], self.label[index]


class Cube(Function):
    @staticmethod
    def forward(ctx: Context, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Context, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 3 * x**2 * g


class Net(nn.Module):
    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Dropout(0.1))
        self.head = nn.Linear(hidden, 2)

    def forward(self, x: Tensor) -> Tensor:
        h: Tensor = self.body(x)
        return self.head.forward(F.layer_norm(h, h.shape[-1:]))


def train(model: Net, loader: DataLoader[tuple[Tensor, Tensor]], epochs: int) -> list[float]:
    optimizer = optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.0)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    losses: list[float] = []
    for _ in range(epochs):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y, label_smoothing=0.05)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            total += float(loss)
        scheduler.step()
        losses.append(total)
    return losses


def ops(x: Tensor) -> None:
    assert_type(mg.relu(x), Tensor)
    assert_type(x.softmax(dim=-1).log(), Tensor)
    assert_type(2 * x + 1.0 - x @ x.T[:, :1], Tensor)
    assert_type(x.sum(), Tensor)
    assert_type(x.mean(dim=(0, 1), keepdim=True), Tensor)
    assert_type(mg.where(x > 0, x, 0.0), Tensor)
    assert_type(x.max(), Tensor)
    assert_type(x.max(dim=1).indices, Tensor)
    assert_type(mg.topk(x, 2).values, Tensor)
    assert_type(x.reshape(-1, 2).transpose(0, 1).unsqueeze(0), Tensor)
    assert_type(x.shape, tuple[int, ...])
    assert_type(x.size(0), int)
    assert_type(x.dtype, mg.dtype)
    assert_type(x.grad, "Tensor | None")
    assert_type(x[0, ..., None], Tensor)
    assert_type(x[x > 0], Tensor)
    assert_type(mg.split(x, 1), tuple[Tensor, ...])
    assert_type(mg.var_mean(x), tuple[Tensor, Tensor])
    assert_type(mg.allclose(x, x), bool)
    assert_type(mg.cat([x, x], dim=1).to(mg.float64), Tensor)
    assert_type(mg.einsum("ij,kj->ik", x, x), Tensor)
    assert_type(mg.fft.rfft(x).abs(), Tensor)
    assert_type(mg.special.expit(x), Tensor)
    a = x.T @ x + mg.eye(2)
    assert_type(mg.linalg.inv(a), Tensor)
    u, s, vh = mg.linalg.svd(a)
    assert_type(u * s @ vh, Tensor)
    assert_type(mg.linalg.qr(a).R, Tensor)
    image = mg.randn(1, 2, 5, 5)
    assert_type(F.conv2d(image, mg.ones(3, 2, 3, 3), padding="same"), Tensor)
    assert_type(F.max_pool2d(image, 2), Tensor)
    assert_type(F.max_pool2d(image, (2, 2), return_indices=True), tuple[Tensor, Tensor])
    with mg.no_grad():
        x.mul_(0.5).clamp_(min=-1.0)


def spellings(x: Tensor, image: Tensor) -> list[Tensor]:
    """Arguments in the forms that programs give them in: each is taken at run time, so no checker may object. x is (4, 2)."""
    index = mg.tensor([[0], [1], [1], [0]])
    return [
        *(x.sum(1), x.sum(dim=(0, 1)), x.sum(axis=1, keepdims=True), x.std(unbiased=False), x.var(dim=0, correction=0), x.norm(dim=1)),
        *(x.max(1)[0], x.max(axis=1).values, mg.max(x, x), x.argmax(1), x.all(), mg.any(x, dim=0), x.logsumexp(1), mg.quantile(x, 0.5)),
        *(x.view(-1), x.view(2, 4), x.view((2, 4)), x.reshape([8]), x.permute(1, 0), x.permute((1, 0)), x[None].expand(3, -1, -1)),
        *(x.repeat(2, 1), x.flatten(), x.squeeze(), x.squeeze(0), x.t(), x.roll(1, 0), x.flip(0), x.flip((0, 1)), x.tile((2, 1))),
        *(x.chunk(2, 1)[0], x.split([1, 1], dim=1)[0], *mg.meshgrid(x[0], x[1], indexing="ij"), mg.cat((x, x)), mg.stack([x, x])),
        *(x.clamp(0, 1), x.clamp(min=x), x.pow(2), x.add(1), x.masked_fill(x > 0, float("-inf")), mg.where(x > 0, 1.0, x)),
        *(mg.maximum(x, mg.tensor(0.0)), x.gather(1, index), x.scatter(1, index, 1.0), x.index_select(0, index[:, 0]), x.topk(1)[0]),
        *(x.float(), x.double(), x.to("cpu"), x.to(mg.float64), x.to(x), x.type(mg.float64), x.new_zeros(2, 3), x.new_full((2,), 1)),
        *(mg.zeros(2, 3), mg.zeros((2, 3)), mg.arange(0, 10, 2), mg.full((2,), 1.5, dtype=mg.float64), mg.randn(2, 3), mg.eye(2)),
        *(F.pad(image, (1, 1)), F.pad(image, [1, 1, 0, 0], mode="constant", value=1), F.interpolate(image, scale_factor=2.0)),
        *(F.conv2d(image, mg.ones(3, 2, 3, 3), None, (1, 2), 1), F.avg_pool2d(image, 2, stride=(1, 2)), F.adaptive_avg_pool2d(image, 1)),
        *(F.one_hot(index[:, 0], 3), F.embedding(index, x), F.gelu(x, approximate="tanh"), F.softmax(x, 1), F.normalize(x, dim=0)),
        *(F.batch_norm(x, mg.zeros(2), mg.ones(2)), F.mse_loss(x, x, reduction="sum"), F.dropout(x, 0.5, training=False)),
        *(F.nll_loss(x.log_softmax(1), index[:, 0], weight=mg.ones(2)), F.scaled_dot_product_attention(x, x, x, is_causal=True)),
        *(mg.linalg.norm(x, ord="fro"), mg.linalg.norm(x, 2, dim=1), mg.linalg.solve(x[:2], x[2:]), mg.linalg.matrix_norm(x)),
        *(1 - x, 2**x, x**2, x // 2, -x, x @ x.mT, x == 0, ~(x > 0), x[1:, 0], x[[0, 1]], x[index[:, 0]], x[..., -1]),
        *(mg.fft.fft2(x).real, mg.special.gammaln(x.abs()), mg.tensordot(x, x.T, dims=1), mg.bincount(index[:, 0], minlength=3)),
    ]


def main() -> list[float]:
    mg.manual_seed(0)
    data = Rings(32)
    loader = DataLoader(data, batch_size=8, shuffle=True)
    losses = train(Net(8), loader, 3)
    x = mg.randn(4, 2, requires_grad=True)
    y: Tensor = Cube.apply(x)
    y.sum().backward()
    (grad,) = mg.autograd.grad((x * x).sum(), [x])
    ops(mg.randn(4, 2))
    assert all(isinstance(y, Tensor) for y in spellings(mg.randn(4, 2), mg.randn(1, 2, 5, 5)))
    return losses


if __name__ == "__main__":
    print(main())
