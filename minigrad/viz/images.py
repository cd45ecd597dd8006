"""Images in rows, and what can be shown as images: filters, feature maps, heat over a picture, regions, a map of decoded codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

import minigrad as mg
from minigrad import Tensor, nn
from minigrad.viz.style import (
    COLORS,
    INK,
    SIGNED,
    SMALL,
    array,
    axes_of,
    bare,
    color,
    dress,
    figure_of,
    inches,
    listed,
    names_of,
    near_square,
    panels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TILE = 1.15  # inches
LARGEST = 14.0  # inches of a figure
LINE = 0.15  # inches of a line of caption
GAP = 1  # pixels between the tiles of a montage


def images(
    pictures: Any,
    titles: Sequence[Any] | None = None,
    *,
    columns: int | None = None,
    limits: str | tuple[float, float] | None = None,
    cmap: str = "gray",
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Pictures in rows, each with its caption.

    Args: pictures: (N, H, W), (N, C, H, W) or (N, H, W, C) with 1, 3 or 4 channels, or a sequence of such pictures of any sizes; bytes,
          floats or truth values. titles: a caption each, as long as they last. columns: None: about a square, up to six in one row.
          limits: values of black and white: (low, high), "each": every picture its own, "signed": every picture its own, zero in the
          middle, in blue and red; None: 0 to 255 of bytes, 0 to 1 of floats within, else the lowest and highest value of all.
    >>> figure = mg.viz.images(mg.rand(12, 1, 8, 8), range(12))
    >>> len(figure.axes[0].images), [text.get_text() for text in figure.axes[0].texts][:3]
    (12, ['0', '1', '2'])
    """
    shown = [picture(p) for p in (array(pictures) if isinstance(pictures, Tensor | np.ndarray) else pictures)]
    if not shown:
        raise ValueError("images: no pictures")
    common = common_limits(shown) if limits is None else limits
    height, width = max(p.shape[0] for p in shown), max(p.shape[1] for p in shown)
    across = min(columns or near_square(len(shown), height / width), len(shown))
    down = -(-len(shown) // across)
    captions = listed(titles if titles is not None else [])[: len(shown)]
    lines = max((text.count("\n") + 1 for text in captions), default=0)

    gap = 0.06 * width
    if ax is None:
        tile = min(TILE * max(1.0, width / height), LARGEST / across)
        size = across * tile, down * (tile * height / width + lines * LINE + 0.05 * tile) + 0.25 * bool(title)
        shrink = min(1.0, LARGEST / size[1])
        room = size[0] * shrink, size[1] * shrink
        ax = axes_of(None, (max(room[0], 2.0) + 0.16, room[1] + 0.16))
    else:
        room = inches(ax)
    # Captions are as high as their letters: in pixels of the pictures, of which so many will lie on an inch.
    per_inch = max(across * (width + gap) / room[0], down * height / room[1])
    above = lines * LINE * per_inch + gap * 0.7
    for i, p in enumerate(shown):
        left, top = i % across * (width + gap), i // across * (height + above)
        x, y = left + (width - p.shape[1]) / 2, top + (height - p.shape[0]) / 2
        pixels, low, high = scaled(p, (0.0, 255.0) if limits is None and p.dtype == np.uint8 else common)
        place = (x, x + p.shape[1], y + p.shape[0], y)
        ax.imshow(pixels, cmap=SIGNED if limits == "signed" else cmap, vmin=low, vmax=high, extent=place, interpolation="nearest")
        if i < len(captions):
            ax.text(left + width / 2, top - gap * 0.25, captions[i], ha="center", va="bottom", fontsize=SMALL, color=INK)
    ax.set_xlim(0, across * (width + gap) - gap)
    ax.set_ylim(down * (height + above) - above, -above)
    ax.set_aspect("equal")
    bare(ax, title)
    return figure_of(ax)


def picture(a: Any) -> np.ndarray:
    """One picture as (H, W) or (H, W, 3 or 4)."""
    a = array(a)
    if a.ndim == 3 and (a.shape[0] in (1, 3) or (a.shape[0] == 4 and a.shape[2] not in (1, 3, 4))):
        a = np.moveaxis(a, 0, 2)
    if a.ndim == 3 and a.shape[2] == 1:
        a = a[:, :, 0]
    if not a.size or not (a.ndim == 2 or (a.ndim == 3 and a.shape[2] in (3, 4))):
        raise ValueError(f"images: a picture of shape {a.shape}, expected (H, W), or 1, 3 or 4 channels before or after that")
    return a


def common_limits(shown: list[np.ndarray]) -> tuple[float, float]:
    """Of all pictures that are not bytes."""
    others = [p for p in shown if p.dtype != np.uint8]
    low = min((float(np.nanmin(p)) for p in others), default=0.0)
    high = max((float(np.nanmax(p)) for p in others), default=1.0)
    return (0.0, 1.0) if 0 <= low and high <= 1 else (low, high)


def scaled(p: np.ndarray, limits: Any) -> tuple[np.ndarray, float, float]:
    """The picture as it is drawn, and the values of its darkest and lightest grey."""
    p = p.astype(np.float32)
    if limits == "signed":
        high = max(float(np.nanmax(np.abs(p))), 1e-12)
        return p, -high, high
    low, high = (float(np.nanmin(p)), float(np.nanmax(p))) if limits == "each" else limits
    if high <= low:
        high = low + 1.0
    if p.ndim == 3:  # no scale of matplotlib's for colours
        p = np.clip((p - low) / (high - low), 0, 1)
    return p, low, high


def montage(tiles: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Tiles (count, height, width[, channels]) in one picture, row by row, a pixel of NaN between them."""
    count, height, width = tiles.shape[:3]
    columns = columns or int(np.ceil(np.sqrt(count)))
    lines = -(-count // columns)
    sheet = np.full((lines * (height + GAP) - GAP, columns * (width + GAP) - GAP, *tiles.shape[3:]), np.nan)
    for i, tile in enumerate(tiles):
        y, x = i // columns * (height + GAP), i % columns * (width + GAP)
        sheet[y : y + height, x : x + width] = tile
    return sheet


def draw_signed(ax: Axes, tiles: np.ndarray, columns: int | None = None) -> None:
    """A montage with blue below zero, red above. Each tile has its own scale, for the weak ones to be seen; single pixels share one."""
    largest = np.abs(tiles).max((1, 2) if tiles[0].size > 1 else None, keepdims=True)
    ax.imshow(montage(tiles / np.maximum(largest, 1e-12), columns), cmap=SIGNED, vmin=-1, vmax=1, interpolation="nearest")


def filters(
    weight: Any, *, size: tuple[int, int] | None = None, most: int = 64, title: str | None = None, ax: Axes | None = None
) -> Figure:
    """The filters of a layer as images.

    Of one channel: blue below zero, red above. Of three, a first layer's of colour images: in colour, grey being zero. Of more: a row for
    each filter, a column for each channel it reads.
    Args: weight: (K, C, h, w), a layer with such a weight, or of a dense layer (K, h * w) with size=(h, w). most: filters, channels shown.
    >>> mg.viz.filters(mg.nn.Conv2d(1, 8, 5)).axes[0].get_title()
    '8 filters of 5x5'
    """
    w = array(weight.weight if isinstance(weight, nn.Module) else weight).astype(np.float32)
    if w.ndim == 2:
        if size is None or size[0] * size[1] != w.shape[1]:
            raise ValueError(f"filters: weight of shape {w.shape}, expected size=(h, w) with h * w = {w.shape[1]}")
        w = w.reshape(len(w), 1, *size)
    elif w.ndim == 3:  # of signals: lines
        w = w[:, :, None]
    if w.ndim != 4:
        raise ValueError(f"filters: weight of shape {w.shape}, expected (K, C, h, w)")
    count, channels, height, width = w.shape
    w = w[:most]
    rows, columns = min(len(w), 32), min(channels, most, 32)
    ax = axes_of(ax, (4.6, 4.9) if channels in (1, 3) else (max(0.25 * columns, 2.4) + 0.6, max(0.25 * rows * height / width, 1.2) + 0.8))
    text = f"{count} filters of {height}x{width}" + (f", the first {most}" if count > most else "")
    if channels == 1:
        draw_signed(ax, w[:, 0])
        bare(ax, title or text)
    elif channels == 3:
        tiles = np.moveaxis(w, 1, 3)
        largest = np.abs(tiles).max((1, 2, 3), keepdims=True)
        sheet = montage(0.5 + 0.5 * tiles / np.maximum(largest, 1e-12))
        ax.imshow(np.nan_to_num(sheet, nan=1.0), interpolation="nearest")
        bare(ax, title or text)
    else:
        shown = w[:rows, :columns]
        largest = np.abs(shown).max((1, 2, 3), keepdims=True)  # of a filter: its channels are compared with each other
        tiles = (shown / np.maximum(largest, 1e-12)).reshape(-1, height, width)
        ax.imshow(montage(tiles, shown.shape[1]), cmap=SIGNED, vmin=-1, vmax=1, interpolation="nearest")
        kept = "" if shown.shape[:2] == (count, channels) else f": {len(shown)} filters, {shown.shape[1]} channels shown"
        dress(ax, title or f"{count}x{channels} filters of {height}x{width}{kept}", "channel read", "filter", grid=False)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
    return figure_of(ax)


def feature_maps(maps: Any, *, most: int = 64, title: str | None = None, ax: Axes | None = None) -> Figure:
    """What layers give for one input: a tile for each channel, blue below zero, red above, each with its own scale; units as single pixels.

    Args: maps: (C, H, W) or (1, C, H, W), units (K,) or (1, K); or several by name, as `explain.activations` finds them, a panel each.
    >>> model = mg.nn.Sequential(mg.nn.Conv2d(1, 8, 5), mg.nn.ReLU(), mg.nn.Flatten(), mg.nn.Linear(128, 10))
    >>> figure = mg.viz.feature_maps(mg.explain.activations(model, mg.rand(1, 1, 8, 8)))
    >>> [ax.get_title() for ax in figure.axes]
    ['0: 8 maps of 4x4', '3: 10 units']
    """
    named = dict(maps) if isinstance(maps, Mapping) else {"": maps}
    across = min(len(named), 4)
    down = -(-len(named) // across)
    places = panels(ax, down, across, (3.4 * across, 3.7 * down))
    for (name, values), place in zip(named.items(), places):
        a = array(values).astype(np.float32)
        a = a[0] if a.ndim in (2, 4) and len(a) == 1 else a
        if a.ndim not in (1, 3) or not a.size:
            raise ValueError(f"feature_maps: {name or 'maps'} of shape {array(values).shape}, expected (C, H, W) or (K,), of one input")
        tiles = a.reshape(len(a), *(a.shape[1:] or (1, 1)))[: most if a.ndim == 3 else None]
        draw_signed(place, tiles)
        text = f"{len(a)} maps of {a.shape[1]}x{a.shape[2]}" if a.ndim == 3 else f"{len(a)} units"
        bare(place, (title if not name else None) or (f"{name}: {text}" if name else text))
    for place in places[len(named) :]:
        place.set_axis_off()
    if title and "" not in named:
        places[0].figure.suptitle(title, fontsize=13, color=INK)
    return figure_of(places[0])


def grey(p: np.ndarray) -> np.ndarray:
    """A picture as grey levels from 0 to 1."""
    p = picture(p).astype(np.float32)
    p = p[:, :, :3] @ np.array([0.299, 0.587, 0.114], np.float32) if p.ndim == 3 else p
    low, high = float(p.min()), float(p.max())
    return (p - low) / (high - low) if high > low else np.zeros_like(p)


def overlay(pictures: Any, heat: Any, titles: Sequence[Any] | None = None, **options: Any) -> Figure:
    """Where in a picture something is: heat over the picture in grey, red where it is large and, if it is signed, blue where negative.

    Args: pictures: as for `images`; heat: (N, H, W) or (N, C, H, W), of which channels are added: a Grad-CAM, an occlusion, gradients. Each
          has its own scale, from the 99th percentile of its magnitude. options: those of `images`.
    >>> len(mg.viz.overlay(mg.rand(3, 1, 8, 8), mg.rand(3, 8, 8)).axes[0].images)
    3
    """
    shown = []
    red, blue = np.array([0.75, 0.0, 0.05], np.float32), np.array([0.0, 0.25, 0.8], np.float32)
    for p, h in zip(array(pictures), array(heat), strict=True):
        h = h.astype(np.float32)
        h = h.sum(0) if h.ndim == 3 else h
        base = 0.15 + 0.85 * grey(p)[:, :, None].repeat(3, 2)
        if h.shape != base.shape[:2]:
            raise ValueError(f"overlay: heat of shape {h.shape} over a picture of {base.shape[:2]}")
        strength = np.clip(np.abs(h) / max(float(np.percentile(np.abs(h), 99)), 1e-12), 0, 1)[:, :, None] * 0.85
        shown.append(base * (1 - strength) + np.where(h[:, :, None] < 0, blue, red) * strength)
    return images(np.stack(shown), titles, limits=(0.0, 1.0), **options)


def segmentation(
    pictures: Any,
    target: Any,
    preds: Any = None,
    *,
    labels: Sequence[Any] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Regions in pictures: a row each, with the picture, the true regions over it, and those predicted.

    Args: pictures (N, C, H, W) or (N, H, W); target, preds: classes (N, H, W), 0 being background; labels: names, of class 0 too.
          Of two classes the prediction shows what is right, missed and too much; of more, it shows the classes.
    >>> mask = mg.zeros(2, 8, 8).bool(); mask[:, 2:5, 2:5] = True
    >>> len(mg.viz.segmentation(mg.rand(2, 1, 8, 8), mask, mask).axes[0].images)
    6
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    t = array(target).astype(int)
    p = None if preds is None else array(preds).astype(int)
    shown = [picture(a) for a in array(pictures)]
    if t.ndim != 3 or (p is not None and p.shape != t.shape) or len(shown) != len(t) or any(a.shape[:2] != t.shape[1:] for a in shown):
        raise ValueError(
            f"segmentation: {len(shown)} pictures, target of shape {t.shape}, preds of {None if p is None else p.shape}; expected (N, H, W)"
        )
    classes = int(max(t.max(), 1 if p is None else p.max(), 1)) + 1
    names = (
        names_of(labels, classes) if labels is not None else ["background", *(["region"] if classes == 2 else map(str, range(1, classes)))]
    )
    right, missed, extra = COLORS[9], COLORS[1], COLORS[2]
    tiles: list[np.ndarray] = []
    for i, a in enumerate(shown):
        base = 0.1 + 0.9 * grey(a)[:, :, None].repeat(3, 2)
        rows = [base, tint(base, {k: to_rgb(color(k - 1)) for k in range(1, classes)}, t[i])]
        if p is not None and classes == 2:
            verdict = np.select([t[i] * p[i] > 0, t[i] > p[i], t[i] < p[i]], [1, 2, 3], 0)
            rows.append(tint(base, {1: to_rgb(right), 2: to_rgb(missed), 3: to_rgb(extra)}, verdict))
        elif p is not None:
            rows.append(tint(base, {k: to_rgb(color(k - 1)) for k in range(1, classes)}, p[i]))
        tiles += rows
    across = len(tiles) // len(shown)
    height, width = t.shape[1:]
    tile = 2.0
    size = (across * tile, len(shown) * tile * height / width + 0.8)
    if size[1] > LARGEST:
        size = size[0] * LARGEST / size[1], LARGEST
    ax = axes_of(ax, size)
    images(tiles, ["image", "truth", "prediction"][:across], columns=across, limits=(0.0, 1.0), title=title, ax=ax)
    entries = [Patch(color=color(k - 1), label=names[k]) for k in range(1, classes)]
    if p is not None and classes == 2:
        entries += [Patch(color=c, label=text) for c, text in ((right, "found"), (missed, "missed"), (extra, "too much"))]
    ax.legend(handles=entries, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=min(len(entries), 4), fontsize=SMALL, frameon=False)
    return figure_of(ax)


def tint(base: np.ndarray, colors: Mapping[int, tuple[float, float, float]], classes: np.ndarray) -> np.ndarray:
    """The picture with its classes in colour: the border of each region full, the inside through which the picture is seen."""
    inside = np.zeros(classes.shape, bool)
    inside[1:-1, 1:-1] = (
        (classes[1:-1, 1:-1] == classes[:-2, 1:-1])
        & (classes[1:-1, 1:-1] == classes[2:, 1:-1])
        & (classes[1:-1, 1:-1] == classes[1:-1, :-2])
        & (classes[1:-1, 1:-1] == classes[1:-1, 2:])
    )
    out = base.copy()
    for k, rgb in colors.items():
        where = classes == k
        strength = np.where(inside[where], 0.45, 0.9)[:, None]
        out[where] = out[where] * (1 - strength) + np.array(rgb) * strength
    return out


def latent_map(
    decode: Callable[[Tensor], Tensor], *, size: int = 15, reach: float = 0.95, title: str | None = None, ax: Axes | None = None
) -> Figure:
    """What a decoder makes of each place of a plane of codes, as one picture.

    Places are quantiles of a standard normal distribution, from which the codes of a variational autoencoder come: as many images stand for
    each part of its probability, the middle `reach` of it along each axis.
    Args: decode: codes (N, 2) -> images (N, H, W) or (N, C, H, W).
    >>> mg.viz.latent_map(lambda z: z[:, :, None].expand(-1, 2, 2), size=4).axes[0].get_xlabel()
    'first code'
    """
    edge = 0.5 - reach / 2
    z = np.array([NormalDist().inv_cdf(q) for q in np.linspace(edge, 1 - edge, size)], np.float32)
    codes = np.stack([np.tile(z, size), np.repeat(z[::-1], size)], 1)  # the second axis goes up
    with mg.no_grad():
        tiles = np.stack([picture(p) for p in array(decode(mg.tensor(codes)))]).astype(np.float32)
    height, width = tiles.shape[1:3]
    sheet = np.concatenate([np.concatenate(list(row), 1) for row in tiles.reshape(size, size, *tiles.shape[1:])], 0)
    pixels, low, high = scaled(sheet, common_limits([sheet]))
    ax = axes_of(ax, (6.2, 6.2))
    ax.imshow(pixels, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    dress(ax, title, "first code", "second code", grid=False)
    ticks = np.linspace(0, size - 1, min(size, 5)).round().astype(int)
    ax.set_xticks((ticks + 0.5) * width - 0.5, [f"{v:.1f}" for v in z[ticks]])
    ax.set_yticks((ticks + 0.5) * height - 0.5, [f"{v:.1f}" for v in z[::-1][ticks]])
    ax.spines[:].set_visible(False)
    return figure_of(ax)
