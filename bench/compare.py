#!/usr/bin/python3
"""compare.py - nnc beside PyTorch (training) and ONNX Runtime (prediction) on one core, nnc's own time, gcc's time.

compare.py [ROUNDS] [WORKLOAD...]   $NNC is the program, $BENCH_CORE the core. All workloads: the tables go to standard
                                    output and to this processor's section of RESULTS.md beside this file; named ones:
                                    to standard output alone
compare.py --list                   the names of the workloads
Ends with status 1 if a demand is missed or a peer is missing.
"""
import os
import shutil
import sys
import tempfile

import builds
import machine
import measure
import onnx_models
import tables
from workloads import HERE, SPECS, WORKLOADS, chosen

ROUNDS = 5
# What nnc itself may take, in ms: for a fully connected network of specs/, and for one with convolutions.
DENSE_LIMIT_MS, CONVOLUTIONS_LIMIT_MS = 20, 1000

SETTINGS = """\
Times are `median / minimum` in us: medians of the processor's time, so that what others take of the core does not
count, minima by the wall clock. They are the median over the rounds of each process's median, and the least of the
minima. The ratios are theirs, with nnc in fused numerics; that of the medians is judged. Training is with plain SGD or
Adam and no regularizer; prediction is of one sample, batch norm folded in ONNX Runtime's models. Of PyTorch the fastest
way counts. `nnc fast` is compiled with `-ffast-math`."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def limit_of(spec):
    return CONVOLUTIONS_LIMIT_MS if "conv" in builds.read(os.path.join(SPECS, spec)) else DENSE_LIMIT_MS


def prepare_peers(workloads):
    """The versions of the peers that are needed, None for what is missing; and the driver of ONNX Runtime, or None."""
    versions, driver = {"torch": machine.torch_version()}, None
    if any(not workload.batch for workload in workloads):
        driver = onnx_models.driver() if versions["torch"] and onnx_models.fetch() else None
        versions["ort"] = onnx_models.VERSION if driver else None
    return versions, driver


def prepare_jobs(folder, workloads, versions, driver):
    builder, jobs = builds.Builder(folder), []
    for workload in workloads:
        jobs.append(measure.prepare(builder, workload, versions["torch"] is not None, driver))
        say(f"built {workload.name}")
    return jobs


def step_sections(results, peak, judge):
    torch = tables.pytorch(results)
    return [*tables.comparison(results, judge), "", SETTINGS, "", "Numerics; `update` is the faster of the two where "
            "both were tried:", "", *tables.numerics(results, judge), "", "Share of the FMA peak, at the minimum:", "",
            *tables.shares(results, peak, judge), *(["", "PyTorch, each way:", "", *torch] if torch else [])]


def own_sections(folder, judge):
    printed = builds.all_printed(folder, say)
    say("the time of nnc on all of specs/")
    return ["", "What is printed for these networks as they are in specs/; times are the processor's:",
            "", *tables.printing(printed, judge), "", "All of specs/:", "",
            *tables.specs(builds.all_specs(folder), limit_of, judge)]


def run(rounds, names, folder):
    load, workloads, judge, own_judge = [os.getloadavg()[0]], chosen(names), tables.Judge(), tables.Judge()
    versions, driver = prepare_peers(workloads)
    own = [] if names else own_sections(folder, own_judge)
    jobs = prepare_jobs(folder, workloads, versions, driver)
    peak = measure.run_rounds(rounds, jobs, folder, say)
    results = [measure.result_of(job) for job in jobs]
    load.append(os.getloadavg()[0])
    sections = step_sections(results, peak, judge)
    lines = machine.circumstances(rounds, load, peak, versions) + ["", *sections, *own]
    missed = judge.missed + own_judge.missed
    lines += ["", *[f"- MISSED: {line}" for line in missed]] if missed else []
    return "\n".join(lines) + "\n", not missed and all(result.peers for result in results)


def arguments(words):
    if words and words[0].isdigit() and int(words[0]):
        return int(words[0]), words[1:]
    return ROUNDS, words


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(workload.name for workload in WORKLOADS))
        return 0
    rounds, names = arguments(sys.argv[1:])
    unknown = set(names) - {workload.name for workload in WORKLOADS}
    if unknown:
        say(f"no workload {', '.join(sorted(unknown))}; --list prints their names")
        return 2
    folder = tempfile.mkdtemp()
    try:
        machine.stay_on_core()
        text, good = run(rounds, names, folder)
    except machine.Failed as failure:
        say(f"the benchmark failed: {failure}")
        return 1
    finally:
        shutil.rmtree(folder)
    if not names:
        path = os.path.join(HERE, "RESULTS.md")
        builds.write(path, tables.with_section(builds.read(path), machine.cpu("model name"), text))
    print(text, end="")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
