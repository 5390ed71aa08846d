"""layers.py - what each layer and each loss means, said with PyTorch's own functions.

A layer gets its inputs, a function that gives its parameters by their short names (in nnc's layout: gradients then have
it too), its attributes and a Context; it gives its output. A loss gets what it reads, its target, attributes and context,
which gives its parameters, too, and gives a scalar."""
import dataclasses
import re

import numpy as np
import torch
import torch.nn.functional as F

import threefry
from toolbox import TEMPLATES

# Its gelu backwards by oneDNN (PyTorch 1.13, float32) leaves memory unwritten now and then: MALLOC_PERTURB_ shows it.
torch.backends.mkldnn.set_flags(False)

LAYERS, LOSSES, MAIN = {}, {}, {}
FOLDS = {path.stem for root in TEMPLATES for path in (root / "layers").glob("*.c")
         if re.search(r"^ \* Inputs: +fold", path.read_text(), re.MULTILINE)}


@dataclasses.dataclass
class Context:
    """Where in a run a layer stands: what it needs beside its inputs."""
    training: bool
    seed: int
    step: int
    stream: int = 0
    state: dict = None  # statistics by short name; renewed ones are put back
    real: type = np.float64  # in which nnc draws random numbers; PyTorch may compute in a wider one
    p: object = None  # of a loss: its parameters by their short names


def layer(name, main=None):
    def register(function):
        LAYERS[name] = function
        MAIN["layers", name] = main
        return function
    return register


def loss(name, main=None):
    def register(function):
        LOSSES[name] = function
        MAIN["losses", name] = main
        return function
    return register


def pointwise(name, function, main=None):
    layer(name, main)(lambda x, p, a, c: function(x[0], **a))


# ---- layers with parameters ----

@layer("dense", "units")
def dense(x, p, a, c):
    return F.linear(x[0], p("weight").t(), p("bias") if a.get("bias", True) else None)


def pair(value):
    return tuple(value) if isinstance(value, list) else (value, value)


def same_padding(size, kernel, stride, dilation):
    total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return [total // 2, total - total // 2]


def padded(x, a, kernel, stride, dilation, value):
    """x, channels first, under the attribute `padding`; of one axis or two."""
    padding, axes = a.get("padding", "valid"), len(kernel)
    if padding == "valid":
        return x
    if padding == "same":
        sides = [same_padding(x.shape[2 + i], kernel[i], stride[i], dilation[i]) for i in range(axes)]
    elif isinstance(padding, list) and len(padding) == 2 * axes:
        sides = [padding[2 * i:2 * i + 2] for i in range(axes)]
    else:
        sides = [[p, p] for p in pair(padding)[:axes]]
    return F.pad(x, sum(reversed(sides), []), value=value)


@layer("conv2d", "filters")
def conv2d(x, p, a, c):
    kernel, stride, dilation = pair(a["kernel"]), pair(a.get("stride", 1)), pair(a.get("dilation", 1))
    image = padded(x[0].permute(0, 3, 1, 2), a, kernel, stride, dilation, 0.0)
    # Some of PyTorch's kernels refuse, in the backward pass, a weight whose dimensions are only permuted.
    y = F.conv2d(image, p("weight").permute(3, 2, 0, 1).contiguous(), p("bias") if a.get("bias", True) else None, stride, 0, dilation,
                 a.get("groups", 1))
    return y.permute(0, 2, 3, 1)


@layer("depthwise_conv2d", "kernel")
def depthwise_conv2d(x, p, a, c):
    kernel, stride, dilation = pair(a["kernel"]), pair(a.get("stride", 1)), pair(a.get("dilation", 1))
    image = padded(x[0].permute(0, 3, 1, 2), a, kernel, stride, dilation, 0.0)
    weight = p("weight").permute(2, 0, 1)[:, None]
    y = F.conv2d(image, weight, p("bias") if a.get("bias", True) else None, stride, 0, dilation, x[0].shape[-1])
    return y.permute(0, 2, 3, 1)


@layer("max_pool2d", "kernel")
def max_pool2d(x, p, a, c):
    kernel = pair(a["kernel"])
    stride = pair(a.get("stride", a["kernel"]))
    image = padded(x[0].permute(0, 3, 1, 2), a, kernel, stride, (1, 1), float("-inf"))
    return F.max_pool2d(image.contiguous(), kernel, stride).permute(0, 2, 3, 1)


@layer("conv1d", "filters")
def conv1d(x, p, a, c):
    kernel, stride, dilation = [a["kernel"]], [a.get("stride", 1)], [a.get("dilation", 1)]
    row = padded(x[0].permute(0, 2, 1), a, kernel, stride, dilation, 0.0)
    y = F.conv1d(row, p("weight").permute(2, 1, 0), p("bias") if a.get("bias", True) else None, stride, 0, dilation,
                 a.get("groups", 1))
    return y.permute(0, 2, 1)


@layer("conv2d_transpose", "filters")
def conv2d_transpose(x, p, a, c):
    # The border is cut off afterwards: PyTorch's padding has no sides. What output_padding adds is computed first.
    weight, groups, image = p("weight"), a.get("groups", 1), x[0].permute(0, 3, 1, 2)
    kernel, stride, dilation = pair(a["kernel"]), pair(a.get("stride", 1)), pair(a.get("dilation", 1))
    more, border = pair(a.get("output_padding", 0)), a.get("padding", 0)
    bias = p("bias") if a.get("bias", True) else None
    # [KH][KW][C / G][F] -> [C][F / G][KH][KW]: the filters of a group belong to its channels.
    parts = [part.permute(2, 3, 0, 1) for part in weight.chunk(groups, 3)]
    weight = torch.cat(parts, 0)
    if isinstance(border, list) and len(border) == 4:
        y = F.conv_transpose2d(image, weight, bias, stride, 0, more, groups, dilation)
        top, bottom, left, right = border
        y = y[:, :, top:y.shape[2] - bottom, left:y.shape[3] - right]
    else:
        y = F.conv_transpose2d(image, weight, bias, stride, pair(border), more, groups, dilation)
    return y.permute(0, 2, 3, 1)


@layer("max_pool1d", "kernel")
def max_pool1d(x, p, a, c):
    kernel, stride = [a["kernel"]], [a.get("stride", a["kernel"])]
    row = padded(x[0].permute(0, 2, 1), a, kernel, stride, [1], float("-inf"))
    return F.max_pool1d(row.contiguous(), kernel, stride).permute(0, 2, 1)


def mean_of_windows(x, a, pool, kernel, stride):
    """Padding that does not count is divided out: PyTorch's own is the same on all sides, and at most half a kernel."""
    ones = [1] * len(kernel)
    y = pool(padded(x, a, kernel, stride, ones, 0.0), kernel, stride)
    if a.get("count_include_pad", True):
        return y
    return y / pool(padded(torch.ones_like(x), a, kernel, stride, ones, 0.0), kernel, stride)


@layer("avg_pool1d", "kernel")
def avg_pool1d(x, p, a, c):
    kernel, stride = [a["kernel"]], [a.get("stride", a["kernel"])]
    return mean_of_windows(x[0].permute(0, 2, 1), a, F.avg_pool1d, kernel, stride).permute(0, 2, 1)


@layer("avg_pool2d", "kernel")
def avg_pool2d(x, p, a, c):
    kernel, stride = pair(a["kernel"]), pair(a.get("stride", a["kernel"]))
    image, padding = x[0].permute(0, 3, 1, 2), a.get("padding", 0)
    if padding not in ("valid", "same") and len(pair(padding)) == 2 and all(2 * q <= k for q, k in zip(pair(padding), kernel)):
        y = F.avg_pool2d(image, kernel, stride, pair(padding), count_include_pad=a.get("count_include_pad", True))
    else:
        y = mean_of_windows(image, a, F.avg_pool2d, kernel, stride)
    return y.permute(0, 2, 3, 1)


@layer("global_avg_pool")
def global_avg_pool(x, p, a, c):
    rows = x[0].reshape(len(x[0]), -1, x[0].shape[-1]).permute(0, 2, 1)
    return F.adaptive_avg_pool1d(rows, 1)[:, :, 0]


@layer("global_max_pool")
def global_max_pool(x, p, a, c):
    rows = x[0].reshape(len(x[0]), -1, x[0].shape[-1]).permute(0, 2, 1)
    return F.adaptive_max_pool1d(rows, 1)[:, :, 0]


def sides_of(value):
    """top, bottom, left, right"""
    return value if isinstance(value, list) and len(value) == 4 else [pair(value)[0]] * 2 + [pair(value)[1]] * 2


@layer("pad2d", "padding")
def pad2d(x, p, a, c):
    top, bottom, left, right = sides_of(a["padding"])
    return F.pad(x[0], [0, 0, left, right, top, bottom], value=a.get("value", 0.0))


@layer("crop2d", "crop")
def crop2d(x, p, a, c):
    top, bottom, left, right = sides_of(a["crop"])
    return F.pad(x[0], [0, 0, -left, -right, -top, -bottom])


@layer("upsample2d", "scale_factor")
def upsample2d(x, p, a, c):
    mode = a.get("mode", "nearest")
    factor = tuple(float(f) for f in pair(a.get("scale_factor", 2)))
    keys = {"align_corners": False} if mode == "bilinear" else {}
    return F.interpolate(x[0].permute(0, 3, 1, 2), scale_factor=factor, mode=mode, **keys).permute(0, 2, 3, 1)


@layer("permute", "axes")
def permute(x, p, a, c):
    return x[0].permute(0, *a["axes"])


@layer("slice")
def slice_of_axis(x, p, a, c):
    axis = a.get("axis", -1)
    places = list(range(x[0].shape[axis]))[a.get("start", 0):a.get("stop", None):a.get("step", 1)]
    return torch.index_select(x[0], axis, torch.tensor(places))


@layer("batch_norm")
def batch_norm(x, p, a, c):
    last = x[0].shape[-1]
    mean, variance = [torch.tensor(c.state[name]) for name in ("running_mean", "running_variance")]
    y = F.batch_norm(x[0].reshape(-1, last), mean, variance, p("gamma"), p("beta"), c.training, a.get("momentum", 0.1),
                     a.get("epsilon", 1e-5))
    c.state["running_mean"], c.state["running_variance"] = mean.numpy(), variance.numpy()
    return y.reshape(x[0].shape)


@layer("gru", "units")
def gru(x, p, a, c):
    start = torch.zeros(1, len(x[0]), a["units"], dtype=x[0].dtype)
    weights = [p("weight").t(), p("recurrent_weight").t(), p("bias"), p("recurrent_bias")]
    return torch._VF.gru(x[0], start, weights, True, 1, 0.0, c.training, False, True)[0]


# ---- layers without ----

def hardsigmoid(x):
    # PyTorch's own backward pass multiplies by a 1/6 that is rounded to float, in double too.
    exact = torch.clamp(x / 6 + 0.5, 0, 1)
    return exact + (F.hardsigmoid(x) - exact).detach()


pointwise("relu", F.relu)
pointwise("leaky_relu", lambda x, slope=0.01: F.leaky_relu(x, slope), "slope")
pointwise("rescale", lambda x, factor=1.0: factor * x, "factor")
pointwise("elu", lambda x, alpha=1.0: F.elu(x, alpha), "alpha")
pointwise("selu", F.selu)
pointwise("gelu", lambda x, approximate="none": F.gelu(x, approximate=approximate))
pointwise("silu", F.silu)
pointwise("sigmoid", torch.sigmoid)
pointwise("tanh", torch.tanh)
pointwise("softplus", lambda x: F.softplus(x, threshold=50))  # from there on PyTorch takes x, which is off by exp(-x)
pointwise("softsign", F.softsign)
pointwise("hard_sigmoid", hardsigmoid)
pointwise("hard_swish", F.hardswish)
pointwise("softmax", lambda x: F.softmax(x, -1))
pointwise("log_softmax", lambda x: F.log_softmax(x, -1))
pointwise("flatten", lambda x: torch.flatten(x, 1))
pointwise("reshape", lambda x, shape: x.reshape([len(x), *shape]), "shape")


def over_positions(x, like):
    """A value for each channel beside a map: the same at every position."""
    return x if x.dim() == like.dim() else x.reshape([len(x), *[1] * (like.dim() - 2), x.shape[-1]])


@layer("add")
def add(x, p, a, c):
    y = x[0]
    for other in x[1:]:
        y = torch.add(y, over_positions(other, y))
    return y


@layer("multiply")
def multiply(x, p, a, c):
    y = x[0]
    for other in x[1:]:
        y = torch.mul(y, over_positions(other, y))
    return y


@layer("concat")
def concat(x, p, a, c):
    return torch.cat(x, -1)


@layer("dropout", "rate")
def dropout(x, p, a, c):
    # The mask is made anew from seed, step and layer: PyTorch cannot draw it, but it can apply it.
    if not c.training:
        return x[0]
    rate = a.get("rate", 0.5)
    key = threefry.random_key(c.seed, c.step + 1, c.stream)
    kept = threefry.uniform(key, x[0].numel(), c.real) >= c.real(rate)
    return torch.mul(x[0], torch.tensor(kept, dtype=x[0].dtype).reshape(x[0].shape)) / (1 - rate)


# ---- losses ----

@loss("mse")
def mse(x, t, a, c):
    return F.mse_loss(x, t)


@loss("mae")
def mae(x, t, a, c):
    return F.l1_loss(x, t)


@loss("huber", "delta")
def huber(x, t, a, c):
    return F.huber_loss(x, t, delta=a.get("delta", 1.0))


@loss("softmax_cross_entropy")
def softmax_cross_entropy(x, t, a, c):
    classes = x.shape[-1]
    weights = a.get("class_weights")
    weights = None if weights is None else torch.tensor(weights, dtype=x.dtype)
    t = t.long().flatten() if t.dtype == torch.int32 else t.reshape(-1, classes)
    return F.cross_entropy(x.reshape(-1, classes), t, weights, label_smoothing=a.get("label_smoothing", 0.0))


@loss("binary_cross_entropy")
def binary_cross_entropy(x, t, a, c):
    return F.binary_cross_entropy_with_logits(x, t)


@loss("kl_divergence")
def kl_divergence(x, t, a, c):
    return F.kl_div(x, t, reduction="batchmean")


@loss("hinge")
def hinge(x, t, a, c):
    return F.relu(1 - t * x).mean()


@loss("functional")
def functional(x, t, a, c):
    key = threefry.random_key(c.seed, c.step + 1, c.stream)
    return (x.flatten() * torch.tensor(2 * threefry.uniform(key, x.numel(), c.real) - 1)).sum()


# Losses that keep a state, draw numbers or compare samples: no part of evaluation.
TRAINING_ONLY = ("center", "functional", "triplet", "contrastive")
WITHOUT_TARGET = ("functional",)


@loss("center", "classes")
def center(x, t, a, c):
    centers = torch.tensor(c.state["c"])
    t = t.long().flatten()
    if c.training:
        member = F.one_hot(t, len(centers)).to(x.dtype)
        count = member.sum(0)[:, None]
        away = count * centers - member.t() @ x.detach()
        c.state["c"] = (centers - a.get("alpha", 0.5) * away / (1 + count)).numpy()
    return 0.5 * (x - centers[t]).pow(2).sum(1).mean()


def cosines(x, c):
    return F.normalize(x, dim=1) @ F.normalize(c.p("weight"), dim=0)


@loss("arcface", "classes")
def arcface(x, t, a, c):
    """As InsightFace's code writes it out, with easy_margin off."""
    margin = torch.tensor(a.get("margin", 0.5), dtype=x.dtype)
    cosine, t = cosines(x, c), t.long().flatten()
    sine = (1 - cosine.pow(2)).clamp(min=1e-12).sqrt()
    turned = cosine * margin.cos() - sine * margin.sin()
    wide = torch.where(cosine > -margin.cos(), turned, cosine - margin * margin.sin())
    return F.cross_entropy(a.get("scale", 64) * torch.where(F.one_hot(t, cosine.shape[1]) == 1, wide, cosine), t)


@loss("cosface", "classes")
def cosface(x, t, a, c):
    cosine, t = cosines(x, c), t.long().flatten()
    own = F.one_hot(t, cosine.shape[1]).to(x.dtype)
    return F.cross_entropy(a.get("scale", 64) * (cosine - a.get("margin", 0.35) * own), t)


@loss("triplet", "classes")
def triplet(x, t, a, c):
    """Anchor by anchor, positive by positive, with the negative that FaceNet takes."""
    t, terms = t.flatten().tolist(), []
    for i in range(len(t)):
        others = [j for j in range(len(t)) if t[j] != t[i]]
        for p in (j for j in range(len(t)) if j != i and t[j] == t[i] and others):
            square = (x[i] - x).pow(2).sum(1)
            beyond = [j for j in others if square[j] > square[p]]
            n = min(beyond, key=lambda j: square[j].item()) if beyond else max(others, key=lambda j: square[j].item())
            terms.append(F.relu(a.get("margin", 0.2) + square[p] - square[n]))
    return torch.stack(terms).mean() if terms else 0.0 * x.sum()


@loss("contrastive", "classes")
def contrastive(x, t, a, c):
    i, j = torch.triu_indices(len(x), len(x), 1)
    distance, same = (x[i] - x[j]).norm(dim=1), t.flatten()[i] == t.flatten()[j]
    return torch.where(same, distance.pow(2), F.relu(a.get("margin", 1) - distance).pow(2)).mean() / 2


# What a trainer counts of a loss, where it is not what the loss reads.
SCORED = {"arcface": cosines, "cosface": cosines}
