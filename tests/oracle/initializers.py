"""initializers.py - the initial weights against torch.nn.init: bounds, moments, distribution, orthogonality.

Both draw a weight of one shape; the two samples are compared by mean, standard deviation, extremes and the largest
distance of their distribution functions (Kolmogorov and Smirnov). Limits are five standard errors or more: the draws are
fixed by their seeds, so the outcome is, too."""
import numpy as np
import torch
from torch.nn import init

import threefry

FAN_IN, FAN_OUT = 300, 200
CONVOLUTION = {"filters": 48, "kernel": [5, 3], "groups": 2, "bias": False}
CHANNELS = 16

# Initializer -> what PyTorch does to a weight [O][I] or [F][C][K][K].
DEFINITIONS = {
    "zeros": ({}, init.zeros_),
    "ones": ({}, init.ones_),
    "constant": ({"value": 0.375}, lambda w: init.constant_(w, 0.375)),
    "uniform": ({"low": -0.2, "high": 0.7}, lambda w: init.uniform_(w, -0.2, 0.7)),
    "normal": ({"std": 0.3, "mean": 0.1}, lambda w: init.normal_(w, 0.1, 0.3)),
    "truncated_normal": ({"std": 0.3, "mean": 0.1, "cut": 1.5}, lambda w: init.trunc_normal_(w, 0.1, 0.3, -0.35, 0.55)),
    "xavier_uniform": ({"gain": 1.5}, lambda w: init.xavier_uniform_(w, 1.5)),
    "xavier_normal": ({"gain": 1.5}, lambda w: init.xavier_normal_(w, 1.5)),
    "kaiming_uniform": ({"slope": 0.5}, lambda w: init.kaiming_uniform_(w, 0.5)),
    "kaiming_normal": ({"slope": 0.5}, lambda w: init.kaiming_normal_(w, 0.5)),
    "lecun_normal": ({}, lambda w: init.kaiming_normal_(w, nonlinearity="linear")),
    "lecun_uniform": ({}, lambda w: init.kaiming_uniform_(w, nonlinearity="linear")),
    "orthogonal": ({"gain": 1.5}, lambda w: init.orthogonal_(w, 1.5)),
}
VARIANTS = {
    "truncated_normal_default": ("truncated_normal", {}, lambda w: init.trunc_normal_(w, 0.0, 1.0, -3.0, 3.0)),
    "kaiming_uniform_default": ("kaiming_uniform", {}, init.kaiming_uniform_),
    "kaiming_uniform_fan_out": ("kaiming_uniform", {"mode": "fan_out"},
                                lambda w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu")),
    "kaiming_normal_fan_out": ("kaiming_normal", {"mode": "fan_out"},
                               lambda w: init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu")),
}


def definitions():
    yield from ((name, name, attributes, function) for name, (attributes, function) in DEFINITIONS.items())
    yield from ((name, *rest) for name, rest in VARIANTS.items())


def spec_of(name, kind, attributes):
    """Three weights: one by the network's initializer, one by the layer's own, one of a convolution."""
    choice = {kind: attributes}
    return {"network": f"init_{name}", "input": [2, 3, CHANNELS], "initializer": choice, "loss": "mse",
            "layers": [{"conv2d": {**CONVOLUTION, "padding": "same"}}, "flatten", {"dense": {"units": FAN_IN}},
                       {"dense": {"units": FAN_OUT}},
                       {"dense": {"units": 3, "initializer": "ones", "name": "own"}},
                       {"dense": {"units": FAN_OUT, "initializer": choice, "name": "other"}}]}


def distance(a, b):
    """Of two distribution functions, over the standard error of that distance."""
    a, b = np.sort(a), np.sort(b)
    everywhere = np.concatenate([a, b])
    gap = np.abs(np.searchsorted(a, everywhere, "right") / len(a) - np.searchsorted(b, everywhere, "right") / len(b))
    return gap.max() / np.sqrt(1 / len(a) + 1 / len(b))


def compare_samples(ours, theirs):
    """None, or what is wrong."""
    ours, theirs = ours.astype(np.float64).ravel(), theirs.astype(np.float64).ravel()
    spread = theirs.std()
    if spread == 0:
        return None if (ours == theirs).all() else "not constant"
    error = spread * np.sqrt(2 / len(ours))
    if abs(ours.mean() - theirs.mean()) > 5 * error:
        return f"mean {ours.mean():.5g} instead of {theirs.mean():.5g}"
    if abs(ours.std() / spread - 1) > 5 / np.sqrt(len(ours)):
        return f"standard deviation {ours.std():.5g} instead of {spread:.5g}"
    if distance(ours, theirs) > 2.5:
        return "another distribution"
    kurtosis = ((ours - ours.mean())**4).mean() / ours.var()**2
    if kurtosis < 2.9:  # bounded: the extremes of a sample lie close to the bounds, the more so the denser they are
        edge = (20 / len(ours) if kurtosis < 2.4 else 0.05) * (theirs.max() - theirs.min())
        if abs(ours.max() - theirs.max()) > edge or abs(ours.min() - theirs.min()) > edge:
            return f"from {ours.min():.5g} to {ours.max():.5g} instead of {theirs.min():.5g} to {theirs.max():.5g}"
    return None


def orthogonality(w, gain):
    """Largest deviation of the smaller Gram matrix from gain squared times the unit matrix."""
    w = w.reshape(-1, w.shape[-1]).astype(np.float64)
    gram = w.T @ w if w.shape[1] <= w.shape[0] else w @ w.T
    return np.abs(gram - gain**2 * np.eye(len(gram))).max()


def exact(name, attributes, network, seed):
    """Values that numpy makes of the documented key and index: None where this is not defined so simply."""
    key = threefry.random_key(seed, 0, list(network.parameters).index("dense_2.weight") + 1)
    if name == "uniform":
        low, high = attributes["low"], attributes["high"]
        return low + (high - low) * threefry.uniform(key, FAN_IN * FAN_OUT, np.float64)
    if name == "normal":
        return attributes["mean"] + attributes["std"] * threefry.normal(key, FAN_IN * FAN_OUT)
    return None


def problem_of(name, kind, attributes, function, network, seed=11):
    """None, or the first thing that is wrong with the initial weights."""
    network.initialize(seed)
    torch.manual_seed(seed)
    weights = {n: w for n, w in network.parameters.items() if n.endswith("weight")}
    if not (weights["own.weight"] == 1).all():
        return "a layer's own initializer is not obeyed"
    if any(w.any() for n, w in network.parameters.items() if n.endswith("bias")):
        return "a bias does not start at 0"
    for n in ("dense_2.weight", "conv2d_1.weight", "other.weight"):
        w = weights[n]
        theirs = function(torch.empty(*reversed(w.shape), dtype=torch.float64)).numpy()
        tolerance = 1e-12 if network.real == np.float64 else 1e-5
        if kind == "orthogonal" and orthogonality(w, attributes.get("gain", 1.0)) > tolerance:
            return f"{n} is off orthogonality by {orthogonality(w, attributes.get('gain', 1.0)):.2g}"
        found = compare_samples(w, theirs)
        if found:
            return f"{n}: {found}"
    expected = exact(name, attributes, network, seed)
    if expected is not None and network.real == np.float64:
        if np.abs(weights["dense_2.weight"].ravel() - expected).max() > 1e-14:
            return "not the numbers that key and index give"
    if weights["dense_2.weight"].std() > 0 and kind != "orthogonal":
        joint = np.corrcoef(weights["dense_2.weight"].ravel()[:len(weights["conv2d_1.weight"].ravel())],
                            weights["conv2d_1.weight"].ravel())[0, 1]
        if abs(joint) > 5 / np.sqrt(weights["conv2d_1.weight"].size):
            return "two weights are correlated"
    return None
