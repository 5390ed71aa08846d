#!/usr/bin/python3
"""falling.py [NAME...] - the losses of networks that repeat or restore what they read fall as PyTorch's do, step by step.

Each network of specs/ named below trains twice from the same parameters on the same batches: printed by nnc and compiled
for this machine, and in PyTorch, each by itself. In double precision: in single precision an element of a relu that is
rounded to the other side of 0 soon leads elsewhere. $NNC is the program. The last line is
`N passed, N failed`. Needs python3-torch and python3-yaml."""
import ctypes
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "oracle"), str(ROOT / "tests" / "common")]

import numpy as np
import torch
import yaml

import network
from descriptor import description_of
from model import Model, rates
from toolbox import RUNTIME, Count, Refused, nnc, run

SEED, STEPS, BATCH = 7, 60, 16
APART, FALLEN = 1e-6, 0.6


def sounds(random):
    """Spectra that eight numbers say: what a machine sounds like."""
    patterns = np.random.default_rng(1).standard_normal((8, 640)) / 2
    frames = random.random((BATCH, 8)) @ patterns + 0.05 * random.standard_normal((BATCH, 640))
    return [frames], [None]


def pictures(random):
    """Soft ellipses, and the same with half of their pixels lost."""
    y, x = np.mgrid[0:28, 0:28]
    images = np.zeros((BATCH, 28, 28, 1))
    for image in images:
        for _ in range(3):
            cx, cy, a, b = random.uniform(6, 22), random.uniform(6, 22), random.uniform(2, 8), random.uniform(2, 8)
            image[:, :, 0] = np.maximum(image[:, :, 0], np.exp(-((x - cx) / a) ** 2 - ((y - cy) / b) ** 2))
    return [images * (random.random(images.shape) < 0.5)], [images]


NETWORKS = {"autoencoder_ad": sounds, "unet": pictures}


def build(spec, folder):
    """The network for this machine: -O2, with its fused multiply-add."""
    path = network.write_spec(spec, folder)
    nnc(path, "-o", folder / "net.c", "--describe", "--target", "native", "--dtype", "float64", *network.OPTIONS)
    run([network.CC, "-O2", "-march=native", "-shared", "-fPIC", *RUNTIME, "-o", folder / "net.so", folder / "net.c"])
    library = ctypes.CDLL(str(folder / "net.so"))
    return network.Network(description_of(library, spec["network"]), library)


def losses(spec, ours, draw):
    """Both curves."""
    ours.initialize(SEED)
    theirs, curve = Model(spec, ours, torch.float64), []
    random, rate = np.random.default_rng(SEED), rates(spec, STEPS)
    for step in range(STEPS):
        inputs, targets = draw(random)
        targets = [x if t is None else t for x, t in zip(inputs, targets)]
        mine = ours.train(inputs, targets)
        loss, state = theirs.gradient([torch.tensor(x) for x in inputs], [torch.tensor(t) for t in targets], SEED, step)
        theirs.optimizer.step(rate[step])
        theirs.state = state
        curve.append((mine, float(loss)))
    return np.array(curve).T


def problem_of(name, draw, folder):
    spec = yaml.safe_load((ROOT / "specs" / f"{name}.yaml").read_text())
    spec["train"] = {"batch": BATCH}
    spec.pop("data")
    ours, theirs = losses(spec, build(spec, folder), draw)
    apart = np.abs(ours / theirs - 1).max()
    print(f"{name:16} {STEPS} steps: loss {ours[0]:.4g} to {ours[-1]:.4g}, PyTorch's {theirs[0]:.4g} to "
          f"{theirs[-1]:.4g}, at most {apart:.1e} apart", flush=True)
    if not apart <= APART:
        return f"the losses are {apart:.1e} apart, more than {APART:g}"
    return None if ours[-1] < FALLEN * ours[0] else f"the loss fell by less than {1 - FALLEN:.0%}"


def main(names):
    torch.set_num_threads(1)
    count = Count()
    for name, draw in NETWORKS.items():
        if names and name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                count.check(name, problem_of(name, draw, pathlib.Path(folder)))
            except Refused as refused:
                count.check(name, str(refused))
    return count.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
