#!/usr/bin/python3
"""The training step of a network in PyTorch: the peer of nnc's.

peer_torch.py NETWORK BATCH OPTIMIZER MILLISECONDS MODE...     MODE: eager, jit (torch.jit.trace) or channels_last
Prints a JSON array: for each mode the median and the minimum in us of one step, measured as nnc's is (stopwatch.h): 8
random batches in turn, after a warm-up, one thread. The garbage collector is off while it measures, which is to the
peer's advantage. All modes are in one process, as its start takes longer than they do.
"""
import gc
import json
import math
import sys
import time

import torch
from torch.nn import functional as F

import networks

BATCHES = 8
RATES = {"sgd": (torch.optim.SGD, 1e-4), "adam": (torch.optim.Adam, 1e-6)}  # foreach=True was tried: it is no faster


def draw_batch(name, batch):
    classes = networks.CLASSES[name]
    target = torch.randint(0, classes, (batch,)) if classes else torch.randn(batch, 1)
    return torch.randn(batch, *networks.SHAPES[name]), target


def step_of(name, batch, optimizer, mode):
    model = networks.network(name).train()
    data = [draw_batch(name, batch) for _ in range(BATCHES)]
    if mode == "channels_last":
        model = model.to(memory_format=torch.channels_last)
        data = [(x.contiguous(memory_format=torch.channels_last), t) for x, t in data]
    # A trace is checked by running it again: no dropout would give the same twice.
    run = torch.jit.trace(model, data[0][0], check_trace=False) if mode == "jit" else model
    loss = F.cross_entropy if networks.CLASSES[name] else F.mse_loss
    kind, rate = RATES[optimizer]
    update = kind(model.parameters(), lr=rate)
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
    clock = time.process_time  # as stopwatch.c: medians by the process's own clock, the minimum by the wall's
    start, warm = clock(), 0
    while warm < 3 or clock() - start < seconds / 4:
        step()
        warm += 1
    samples, least = [], math.inf
    start = clock()
    while clock() - start < seconds or len(samples) < 5:
        before, wall = clock(), time.perf_counter()
        step()
        least = min(least, time.perf_counter() - wall)
        samples.append(clock() - before)
    samples.sort()
    return {"median_us": samples[len(samples) // 2] * 1e6, "minimum_us": least * 1e6}


def main():
    name, batch, optimizer, milliseconds, *modes = sys.argv[1:]
    torch.set_num_threads(1)
    timings = []
    for mode in modes:
        torch.manual_seed(1)
        gc.collect()
        gc.disable()
        timings.append(measure(step_of(name, int(batch), optimizer, mode), float(milliseconds) / 1000))
    print(json.dumps(timings))


if __name__ == "__main__":
    main()
