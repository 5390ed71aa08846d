"""builds.py - nnc's side: descriptions printed and compiled, and how long that takes."""
import dataclasses
import glob
import os
import re
import statistics

from machine import HERE, NNC, ROOT, compiler, processor_seconds, run, run_json
from workloads import NETWORKS, own_text, spec_text

COMPILE = [*compiler(), "-std=c11", "-O2", "-I", os.path.join(ROOT, "runtime")]


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


def read(path):
    with open(path) as file:
        return file.read()


def flags_of(source):
    """What the head of a printed file says to compile it with."""
    head = " ".join(read(source)[:1000].split("*/")[0].replace("\n *", " ").split())
    found = re.search(r"compile with ((?:-[\w=]+ ?)+)", head)
    return found.group(1).split() if found else []


def compile_unit(folder, source, extra=()):
    """The object file and the seconds that it takes."""
    unit = os.path.splitext(source)[0] + ".o"
    return unit, processor_seconds([*COMPILE, *flags_of(source), *extra, "-I", folder, "-c", source, "-o", unit])


def link_step(folder, network, unit):
    """The driver is compiled without the network's flags: -ffast-math is not for it."""
    program = os.path.join(folder, "step")
    own = [os.path.join(HERE, name) for name in ("step.c", "stopwatch.c")]
    run([*COMPILE, f"-DNETWORK={network}_network", *own, unit, "-o", program, "-lm"])
    return program


class Builder:
    """Programs in a folder; one for all workloads that have the same description."""

    def __init__(self, folder):
        self.folder, self.programs = folder, {}

    def program(self, workload, numerics, update):
        key = workload.spec(update), numerics
        if key not in self.programs:
            self.programs[key] = self.build(workload.network, *key)
        return self.programs[key]

    def build(self, network, text, numerics):
        folder = os.path.join(self.folder, f"step_{len(self.programs)}")
        os.mkdir(folder)
        spec, source = write(os.path.join(folder, "net.yaml"), text), os.path.join(folder, "net.c")
        run([NNC, spec, "--target", "native", "--numerics", numerics, "--describe", "-o", source])
        unit, _ = compile_unit(folder, source, ["-ffast-math"] if numerics == "fast" else [])
        return link_step(folder, network, unit)

    def faster_update(self, workload):
        """Which `update:` is the faster one, by a few short runs in turn."""
        if len(workload.updates) == 1:
            return workload.updates[0]
        medians = {update: [] for update in workload.updates}
        for _ in range(3):
            for update, found in medians.items():
                words = command(self.program(workload, "fused", update), workload, 60)
                found.append(run_json(words)["median_us"])
        return min(medians, key=lambda update: min(medians[update]))


def command(program, workload, milliseconds):
    return [program, "train" if workload.batch else "predict", str(milliseconds)]


# ---- nnc's own time, the C compiler's, and what is printed ----


def milliseconds_of(words, repetitions):
    """Median and minimum."""
    samples = [1e3 * processor_seconds(words) for _ in range(repetitions)]
    return statistics.median(samples), min(samples)


def print_times(folder, spec, repetitions):
    """Median and minimum in ms of printing one description, by target."""
    output = os.path.join(folder, "printed.c")
    times = {}
    for target in ("c", "native"):
        if os.path.exists(output):
            os.unlink(output)
        times[target] = milliseconds_of([NNC, spec, "--target", target, "-o", output], repetitions)
    return times


def all_specs(folder, repetitions=7):
    """The times of printing each of specs/, by its name."""
    specs = sorted(glob.glob(os.path.join(ROOT, "specs", "*.yaml")))
    return {os.path.basename(spec): print_times(folder, spec, repetitions) for spec in specs}


@dataclasses.dataclass
class Printed:
    """One network as it is described: nnc's time and the C compiler's, and bytes of C."""
    network: str
    times: dict  # target -> (median, minimum) in ms
    seconds: float  # of cc -O2, target native
    bytes: dict  # target -> bytes


def printed(folder, network, repetitions=7):
    spec = os.path.join(ROOT, "specs", network + ".yaml")
    if not os.path.exists(spec):
        spec = write(os.path.join(folder, network + ".yaml"), spec_text(network, "sgd", 32))
    sizes = {}
    for target in ("c", "native"):
        source = os.path.join(folder, f"{network}.{target}.c")
        run([NNC, spec, "--target", target, "-o", source])
        sizes[target] = os.path.getsize(source)
    _, seconds = compile_unit(folder, source)
    return Printed(network, print_times(folder, spec, repetitions), seconds, sizes)


def all_printed(folder, report):
    rows = []
    for network in NETWORKS:
        rows.append(printed(folder, network))
        report(f"printed and compiled {network}")
    return rows


# ---- figures of a network ----


def report_of(folder, workload):
    """`nnc report` of a workload: parameters, multiply-adds."""
    spec = write(os.path.join(folder, workload.name + ".yaml"), workload.spec("apart"))
    return run_json([NNC, "report", spec, "--json"])


def flops_of(folder, workload):
    """Two for each multiply-add of convolutions and dense layers, in one step or one prediction."""
    macs = report_of(folder, workload)["macs"]
    return 2 * macs["training" if workload.batch else "prediction"]


def peak_gflops(folder):
    """What the machine's multiply-adds reach just now."""
    spec = write(os.path.join(folder, "peak.yaml"), own_text("tiny"))
    return run_json([NNC, "bench", spec, "--json", "--totals", "--time", "20"])["peak_gflops"]
