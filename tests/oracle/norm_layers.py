"""norm_layers.py - what normalizations, prelu and spatial_dropout mean, said with PyTorch's own functions, and lion, which
PyTorch does not have. Registered in layers.py and model.py by being imported."""
import numpy as np
import torch
import torch.nn.functional as F

import threefry
from layers import layer


def over_channels(function, x, *parameters, **keys):
    """PyTorch's functions take the channels second; a vector of channels is a map of one position for them."""
    image = x.reshape(len(x), -1, x.shape[-1]).movedim(-1, 1)
    return function(image, *parameters, **keys).movedim(1, -1).reshape(x.shape)


@layer("prelu")
def prelu(x, p, a, c):
    return over_channels(F.prelu, x[0], p("slope"))


@layer("layer_norm")
def layer_norm(x, p, a, c):
    shape = x[0].shape[1:] if a.get("over") == "sample" else x[0].shape[-1:]
    return F.layer_norm(x[0], shape, p("gamma").reshape(shape), p("beta").reshape(shape), a.get("epsilon", 1e-5))


@layer("group_norm", "groups")
def group_norm(x, p, a, c):
    return over_channels(F.group_norm, x[0], a["groups"], p("gamma"), p("beta"), a.get("epsilon", 1e-5))


@layer("instance_norm")
def instance_norm(x, p, a, c):
    weight, bias = (p("gamma"), p("beta")) if a.get("affine", False) else (None, None)
    return over_channels(F.instance_norm, x[0], weight=weight, bias=bias, eps=a.get("epsilon", 1e-5))


@layer("local_response_norm", "size")
def local_response_norm(x, p, a, c):
    return over_channels(F.local_response_norm, x[0], a["size"], a.get("alpha", 1e-4), a.get("beta", 0.75), a.get("k", 1.0))


@layer("l2_normalize")
def l2_normalize(x, p, a, c):
    return F.normalize(x[0], dim=-1, eps=a.get("epsilon", 1e-12))


@layer("spatial_dropout", "rate")
def spatial_dropout(x, p, a, c):
    # As of dropout: PyTorch cannot draw the channels, but it can apply them.
    if not c.training:
        return x[0]
    rate, (samples, channels) = a.get("rate", 0.5), (len(x[0]), x[0].shape[-1])
    kept = threefry.uniform(threefry.random_key(c.seed, c.step + 1, c.stream), samples * channels, c.real) >= c.real(rate)
    mask = torch.tensor(kept, dtype=x[0].dtype).reshape(samples, *[1] * (x[0].dim() - 2), channels)
    return x[0] * mask / (1 - rate)


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of Chen et al. 2023, line by line."""

    def __init__(self, groups, rate, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(groups, dict(lr=rate, betas=betas, decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                c = beta1 * m + (1 - beta1) * p.grad
                p.sub_(group["lr"] * (torch.sign(c) + group["decay"] * p))
                self.state[p]["exp_avg"] = beta2 * m + (1 - beta2) * p.grad
