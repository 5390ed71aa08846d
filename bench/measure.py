"""measure.py - rounds of separate processes. In each round every program of every workload runs once, those of one
workload one after the other, so that a machine that changes its speed changes it for all of them."""
import dataclasses
import os
import statistics
import sys

import builds
import onnx_models
from machine import HERE, run_json, tuned_environment
from workloads import DENSE, NUMERICS

NNC_MS, ORT_MS, TORCH_MS = 300, 300, 500
CONVOLUTIONAL_MODES = ("eager", "jit", "channels_last")


@dataclasses.dataclass(frozen=True)
class Timing:
    """Over the rounds: the median of the medians, the least of the minima; in us."""
    median: float
    minimum: float


@dataclasses.dataclass
class Program:
    """What it prints is the timing of one way to do the work, or a list of several."""
    ways: tuple
    words: list
    environment: dict
    rounds: list = dataclasses.field(default_factory=list)

    def run(self):
        found = run_json(self.words, self.environment)
        self.rounds.append(found if isinstance(found, list) else [found])

    def timings(self):
        """way -> Timing"""
        by_way = zip(self.ways, zip(*self.rounds))
        return {way: Timing(statistics.median(one["median_us"] for one in found),
                            min(one["minimum_us"] for one in found)) for way, found in by_way}


@dataclasses.dataclass
class Job:
    """One workload with its programs: nnc's by the kind of numerics, and the peer's."""
    workload: object
    update: str
    flops: float
    nnc: list
    peers: list


@dataclasses.dataclass
class Result:
    workload: object
    update: str
    flops: float
    nnc: dict  # numerics -> Timing
    peers: dict  # name -> Timing; empty if there is no peer


def torch_program(workload):
    modes = CONVOLUTIONAL_MODES if workload.network not in DENSE else CONVOLUTIONAL_MODES[:2]
    words = [sys.executable, os.path.join(HERE, "peer_torch.py"), workload.network, str(workload.batch),
             workload.optimizer, str(TORCH_MS), *modes]
    return Program(tuple(f"PyTorch {mode}" for mode in modes), words, tuned_environment())


def peers_of(workload, has_torch, ort_driver):
    if workload.batch:
        return [torch_program(workload)] if has_torch else []
    if not ort_driver:
        return []
    return [Program(("ONNX Runtime",), onnx_models.command(ort_driver, workload.network, ORT_MS), {})]


def prepare(builder, workload, has_torch, ort_driver):
    update = builder.faster_update(workload)
    own = [Program((numerics,), builds.command(builder.program(workload, numerics, update), workload, NNC_MS), {})
           for numerics in NUMERICS]
    return Job(workload, update, builds.flops_of(builder.folder, workload), own,
               peers_of(workload, has_torch, ort_driver))


def run_rounds(rounds, jobs, folder, report):
    """The peak of the machine's multiply-adds: the best of all rounds, as times are compared at their minimum."""
    peaks = []
    for count in range(rounds):
        peaks.append(builds.peak_gflops(folder))
        for job in jobs:
            for program in (*job.nnc, *job.peers):
                program.run()
        report(f"round {count + 1} of {rounds}")
    return max(peaks)


def result_of(job):
    own, peers = ({way: timing for program in side for way, timing in program.timings().items()}
                  for side in (job.nnc, job.peers))
    return Result(job.workload, job.update, job.flops, own, peers)
