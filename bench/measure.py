"""measure.py - rounds of separate processes. In each round every program of every workload runs once, those of one
workload one after the other, so that a machine that changes its speed changes it for all of them."""
import dataclasses
import os
import statistics
import sys

import builds
import onnx_models
from machine import HERE, run_json, tuned_environment
from workloads import NUMERICS

NNC_MS, ORT_MS, TORCH_MS = 300, 300, 500
CONVOLUTIONAL_MODES = ("eager", "jit", "channels_last")


@dataclasses.dataclass(frozen=True)
class Timing:
    """Over the rounds: the median of the medians, the least of the minima; in us."""
    median: float
    minimum: float


@dataclasses.dataclass
class Program:
    words: list
    environment: dict
    rounds: list = dataclasses.field(default_factory=list)

    def run(self):
        self.rounds.append(run_json(self.words, self.environment))

    def timing(self):
        return Timing(statistics.median(r["median_us"] for r in self.rounds), min(r["minimum_us"] for r in self.rounds))


@dataclasses.dataclass
class Job:
    """One workload with its programs: nnc's by the kind of numerics, the peers' by name."""
    workload: object
    update: str
    flops: float
    nnc: dict
    peers: dict


@dataclasses.dataclass
class Result:
    workload: object
    update: str
    flops: float
    nnc: dict  # numerics -> Timing
    peers: dict  # name -> Timing; empty if there is no peer


def torch_programs(workload):
    modes = CONVOLUTIONAL_MODES if workload.network not in ("tiny", "mlp") else CONVOLUTIONAL_MODES[:2]
    script, environment = os.path.join(HERE, "peer_torch.py"), tuned_environment()
    return {f"PyTorch {mode}": Program([sys.executable, script, workload.network, str(workload.batch),
                                        workload.optimizer, mode, str(TORCH_MS)], environment) for mode in modes}


def peer_programs(workload, has_torch, ort_driver):
    if workload.batch:
        return torch_programs(workload) if has_torch else {}
    if not ort_driver:
        return {}
    return {"ONNX Runtime": Program(onnx_models.command(ort_driver, workload.network, ORT_MS), {})}


def prepare(folder, workload, has_torch, ort_driver):
    update, fused = builds.faster_update(folder, workload)
    programs = {"fused": fused}
    for numerics in NUMERICS[1:]:
        programs[numerics] = builds.build(folder, workload, numerics, update)
    own = {name: Program(builds.command(program, workload, NNC_MS), {}) for name, program in programs.items()}
    return Job(workload, update, builds.flops_of(folder, workload), own,
               peer_programs(workload, has_torch, ort_driver))


def run_rounds(rounds, jobs, folder, report):
    """The peak of the machine's multiply-adds: the best of all rounds, as times are compared at their minimum."""
    peaks = []
    for count in range(rounds):
        peaks.append(builds.peak_gflops(folder))
        for job in jobs:
            for program in (*job.nnc.values(), *job.peers.values()):
                program.run()
        report(f"round {count + 1} of {rounds}")
    return max(peaks)


def result_of(job):
    timings = [{name: program.timing() for name, program in side.items()} for side in (job.nnc, job.peers)]
    return Result(job.workload, job.update, job.flops, *timings)
