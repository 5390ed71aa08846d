#!/usr/bin/python3
"""The training step of a few networks in PyTorch: the peer of `nnc bench`.

peer_torch.py MODE MILLISECONDS WORKLOAD...     MODE: eager or jit (torch.jit.trace)
Prints a JSON object: per workload the median and the minimum in us of one step, as `nnc bench` measures it: 8 random
batches in turn, after a warm-up, one thread. The garbage collector is off, which is to the peer's advantage.
"""
import gc
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

BATCHES = 8


def mlp():
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def tiny():
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))


def workload(name):
    """mlp_b32_sgd: network, batch, optimizer."""
    network, batch, optimizer = name.split("_")
    batch = int(batch[1:])
    if network == "mlp":
        data = [(torch.randn(batch, 784), torch.randint(0, 10, (batch,))) for _ in range(BATCHES)]
        return mlp(), data, F.cross_entropy, optimizer
    data = [(torch.randn(batch, 2), torch.randn(batch, 1)) for _ in range(BATCHES)]
    return tiny(), data, F.mse_loss, optimizer


def step_of(name, mode):
    model, data, loss, optimizer = workload(name)
    run = torch.jit.trace(model, data[0][0]) if mode == "jit" else model
    # Small steps, so that the network stays where it began. foreach=True was tried: it is no faster.
    if optimizer == "sgd":
        update = torch.optim.SGD(model.parameters(), lr=1e-4)
    else:
        update = torch.optim.Adam(model.parameters(), lr=1e-6)
    turn = 0

    def step():
        nonlocal turn
        x, t = data[turn]
        turn = (turn + 1) % BATCHES
        update.zero_grad(set_to_none=True)
        loss(run(x), t).backward()
        update.step()

    return step


def measure(step, seconds):
    clock = time.perf_counter
    start = clock()
    while clock() - start < max(seconds / 4, 0.1):
        step()
    samples = []
    start = clock()
    while clock() - start < seconds or len(samples) < 5:
        before = clock()
        step()
        samples.append(clock() - before)
    samples.sort()
    return {"median_us": samples[len(samples) // 2] * 1e6, "minimum_us": samples[0] * 1e6}


def main():
    mode, seconds = sys.argv[1], float(sys.argv[2]) / 1000
    torch.set_num_threads(1)
    torch.manual_seed(1)
    gc.disable()
    print(json.dumps({name: measure(step_of(name, mode), seconds) for name in sys.argv[3:]}))


if __name__ == "__main__":
    main()
