"""Where functions have no derivative, and what backward gives there: docs/kinks.md shows it, test_kinks compares it with PyTorch."""

from __future__ import annotations

import numpy as np

import minigrad as mg

INF = float("inf")
NAN = float("nan")
# (expression of x, the points): `m` is the package, `F` its nn.functional, `linalg` its linalg.
POINTS: dict[str, list[tuple[str, list[float]]]] = {
    "Absolute values and steps": [
        ("m.abs(x)", [0.0]), ("m.sign(x)", [0.0]), ("m.floor(x)", [1.0]), ("m.ceil(x)", [1.0]), ("m.trunc(x)", [1.0]),
        ("m.round(x)", [0.5, 1.5]), ("m.frac(x)", [1.0]), ("m.copysign(x, m.ones_like(x))", [0.0]), ("m.nan_to_num(x)", [NAN, INF]),
    ],
    "Ends of a domain": [
        ("m.sqrt(x)", [0.0]), ("m.rsqrt(x)", [0.0]), ("m.log(x)", [0.0]), ("m.asin(x)", [-1.0, 1.0]), ("m.acos(x)", [-1.0, 1.0]),
        ("m.atanh(x)", [-1.0, 1.0]), ("m.acosh(x)", [1.0]), ("m.reciprocal(x)", [0.0]), ("m.pow(x, 0.5)", [0.0]), ("m.pow(x, 0)", [0.0]),
        ("m.pow(x, 1)", [0.0]), ("m.pow(x, 2)", [0.0]), ("m.pow(0.0, x)", [0.0, 1.0]), ("m.xlogy(x, 2 * m.ones_like(x))", [0.0]),
        ("m.xlogy(x, m.zeros_like(x))", [0.0]), ("m.erfinv(x)", [-1.0, 1.0]), ("m.logit(x)", [0.0, 1.0]),
        ("m.logit(x, eps=0.1)", [0.0, 0.1, 0.9]), ("m.atan2(x, m.zeros_like(x))", [0.0]), ("m.hypot(x, m.zeros_like(x))", [0.0]),
    ],
    "Activations": [
        ("F.relu(x)", [0.0]), ("F.relu6(x)", [0.0, 6.0]), ("F.leaky_relu(x)", [0.0]), ("F.elu(x)", [0.0]), ("F.elu(x, 2.0)", [0.0]),
        ("F.selu(x)", [0.0]), ("F.celu(x)", [0.0]), ("F.hardtanh(x)", [-1.0, 1.0]), ("F.hardsigmoid(x)", [-3.0, 3.0]),
        ("F.hardswish(x)", [-3.0, 3.0]), ("F.hardshrink(x)", [-0.5, 0.5]), ("F.softshrink(x)", [-0.5, 0.5]),
        ("F.threshold(x, 1.0, 3.0)", [1.0]), ("F.softplus(x, 1, 20)", [20.0]), ("F.softsign(x)", [0.0]),
        ("F.prelu(x, m.full((1,), 0.25, dtype=m.float64))", [0.0]),
    ],
    "Bounds": [
        ("m.clamp(x, -1, 1)", [-1.0, 1.0]), ("m.clamp(x, min=0)", [0.0]), ("m.clamp(x, max=0)", [0.0]),
        ("m.maximum(x, m.zeros_like(x))", [0.0]), ("m.minimum(x, m.zeros_like(x))", [0.0]), ("m.fmax(x, m.zeros_like(x))", [0.0]),
        ("m.fmin(x, m.zeros_like(x))", [0.0]), ("m.fmod(x, 1.0)", [1.0]), ("m.remainder(x, 1.0)", [1.0]),
    ],
    "Losses": [
        ("F.l1_loss(x, m.zeros_like(x))", [0.0]), ("F.smooth_l1_loss(x, m.zeros_like(x))", [-1.0, 0.0, 1.0]),
        ("F.huber_loss(x, m.zeros_like(x))", [-1.0, 1.0]), ("F.hinge_embedding_loss(x, -m.ones_like(x))", [1.0]),
        ("F.margin_ranking_loss(x, m.zeros_like(x), m.ones_like(x))", [0.0]),
        ("F.soft_margin_loss(x, m.ones_like(x))", [0.0]),
    ],
}  # fmt: skip
# (expression of x, x): several elements that are equal, or all zero.
TIES: dict[str, list[tuple[str, list]]] = {
    "Ties": [
        ("m.max(x)", [1.0, 2.0, 2.0]), ("m.min(x)", [1.0, 1.0, 2.0]), ("m.amax(x)", [1.0, 2.0, 2.0]), ("m.amin(x)", [1.0, 1.0, 2.0]),
        ("m.max(x, 0)[0]", [1.0, 2.0, 2.0]), ("m.min(x, 0)[0]", [1.0, 1.0, 2.0]), ("m.cummax(x, 0)[0].sum()", [1.0, 1.0, 0.0]),
        ("m.cummin(x, 0)[0].sum()", [1.0, 1.0, 2.0]), ("m.median(x)", [1.0, 1.0, 2.0]),
        ("F.max_pool1d(x.reshape(1, 1, -1), 3)", [2.0, 2.0, 1.0]), ("F.adaptive_max_pool1d(x.reshape(1, 1, -1), 1)", [2.0, 2.0, 1.0]),
        ("m.sort(x, stable=True)[0][0]", [1.0, 1.0, 2.0]),
    ],
    "Zeros": [
        ("m.prod(x)", [0.0, 2.0, 3.0]), ("m.prod(x)", [0.0, 0.0, 3.0]), ("m.cumprod(x, 0).sum()", [2.0, 0.0, 3.0]),
        ("m.norm(x)", [0.0, 0.0]), ("m.norm(x, 1)", [0.0, 1.0]), ("m.norm(x, 3)", [0.0, 0.0]), ("m.norm(x, float('inf'))", [1.0, -1.0, 0.5]),
        ("m.norm(x, float('inf'))", [0.0, 0.0]), ("m.std(x)", [1.0, 1.0]), ("m.var(x)", [1.0, 1.0]),
        ("m.cdist(x.reshape(1, 2), m.zeros(1, 2, dtype=m.float64))", [0.0, 0.0]), ("F.normalize(x, dim=0).sum()", [0.0, 0.0]),
        ("F.pairwise_distance(x, m.zeros_like(x))", [0.0, 0.0]), ("m.logsumexp(x, 0)", [-INF, -INF]), ("m.softmax(x, 0)[0]", [-INF, 0.0]),
        ("F.lp_pool1d(x.reshape(1, 1, -1), 2, 2)", [0.0, 0.0]),
    ],
}  # fmt: skip

OTHERWISE = {"m.logsumexp(x, 0)": "PyTorch: nan"}  # meant: what has no weight gets no gradient


def gradient(package, expression: str, x) -> np.ndarray:
    """Of the sum of the expression, in float64."""
    x = package.tensor(x, dtype=package.float64, requires_grad=True)
    y = eval(expression, {"m": package, "F": package.nn.functional, "x": x})
    y.sum().backward()
    return np.zeros(x.shape) if x.grad is None else np.asarray(x.grad.detach().numpy())


def rows() -> list[tuple[str, str, list]]:
    """(heading, expression, x)"""
    return [(heading, e, x) for table in (POINTS, TIES) for heading, entries in table.items() for e, x in entries if x]


def _text(numbers) -> str:
    return ", ".join(f"{float(v) + 0.0:.4g}" for v in numbers)


def page() -> str:
    lines: list[str] = []
    for heading in (*POINTS, *TIES):
        column = ["x", "gradient"] if heading in TIES else ["at", "gradient"]
        lines += [f"## {heading}", "", f"| function | {column[0]} | {column[1]} |", "| --- | --- | --- |"]
        for h, expression, x in rows():
            if h == heading:
                shown = expression.replace("m.", "").replace("|", "\\|")
                note = f" ({OTHERWISE[expression]})" if expression in OTHERWISE else ""
                lines.append(f"| `{shown}` | {_text(x)} | {_text(gradient(mg, expression, x))}{note} |")
        lines.append("")
    return "\n".join(lines)
