#!/usr/bin/python3
"""nnc against PyTorch: the training step of three networks, in rounds of separate processes on one core.

compare.py ROUNDS     $NNC is the program. The table goes to standard output and to RESULTS.md beside this file.

PyTorch runs as it comes and tuned, each eager and traced; the fastest of the four is the peer. nnc runs with gradient
and update apart, its default, and with `update: fused`; what is demanded is demanded of the faster one. In every round
each program runs once, so that a machine that changes its speed changes it for all. Compared are the medians over the
rounds of the medians within a round; the minima are shown beside them, as the less disturbed measure.
"""
import datetime
import glob
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NNC = os.environ.get("NNC", os.path.join(HERE, "..", "build", "nnc"))
MILLISECONDS = "500"
TORCH_MILLISECONDS = "700"
# What nnc itself may take: for a fully connected network, and for one with convolutions.
COMPILE_LIMIT_MS, CONVOLUTIONS_LIMIT_MS = 20, 1000

MLP = """network: {name}
input: [784]
layers:
  - dense: {{units: 128, activation: relu}}
  - dense: {{units: 64, activation: relu}}
  - dense: 10
loss: softmax_cross_entropy
optimizer: {optimizer}
learning_rate: {rate}
train: {{batch: {batch}{update}}}
"""

TINY = """network: {name}
input: [2]
layers:
  - dense: {{units: 8, activation: tanh}}
  - dense: {{units: 8, activation: tanh}}
  - dense: 1
loss: mse
optimizer: {optimizer}
learning_rate: {rate}
train: {{batch: {batch}{update}}}
"""

# name: description, spec, batch, optimizer, demanded ratio (0: none)
WORKLOADS = {
    "mlp_b32_sgd": ("784-128-64-10, batch 32, SGD", MLP, 32, "sgd", 2.5),
    "mlp_b32_adam": ("784-128-64-10, batch 32, Adam", MLP, 32, "adam", 2.5),
    "mlp_b1_sgd": ("784-128-64-10, batch 1, SGD", MLP, 1, "sgd", 10),
    "mlp_b1_adam": ("784-128-64-10, batch 1, Adam", MLP, 1, "adam", 10),
    "tiny_b10_sgd": ("2-8-8-1 tanh, mse, batch 10, SGD", TINY, 10, "sgd", 100),
}


# ---- the two sides ----


def cpu_flags():
    with open("/proc/cpuinfo") as file:
        return set(re.search(r"^flags\s*:(.*)$", file.read(), re.M).group(1).split())


def tuned_environment():
    """Kernels for this core, which older libraries do not recognise, and an allocator that keeps its memory."""
    flags = cpu_flags()
    tuned = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "2000000000"}
    if "avx512f" in flags:
        tuned.update(OPENBLAS_CORETYPE="SKYLAKEX", ATEN_CPU_CAPABILITY="avx512")
    elif "avx2" in flags:
        tuned.update(OPENBLAS_CORETYPE="HASWELL", ATEN_CPU_CAPABILITY="avx2")
    return tuned


def run_json(words, core, environment=None):
    """One process on one core; what it prints, or None."""
    full = dict(os.environ, OMP_NUM_THREADS="1", **(environment or {}))
    done = subprocess.run(words, env=full, stdout=subprocess.PIPE, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    return json.loads(done.stdout) if done.returncode == 0 else None


def torch_configurations():
    if subprocess.run([sys.executable, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode:
        return {}
    tuned = tuned_environment()
    return {
        f"PyTorch {mode}, {name}": (mode, environment)
        for name, environment in (("as it comes", {}), ("tuned", tuned))
        for mode in ("eager", "jit")
    }


def write_specs(folder):
    """Each workload with update and gradient apart (the default), and with `update: fused`."""
    specs = {}
    for name, (_, text, batch, optimizer, _) in WORKLOADS.items():
        for side, update in (("nnc", ""), ("nnc, update: fused", ", update: fused")):
            path = os.path.join(folder, name + ("_fused" if update else "") + ".yaml")
            rate = "1.0e-4" if optimizer == "sgd" else "1.0e-6"
            with open(path, "w") as file:
                file.write(text.format(name=name, optimizer=optimizer, rate=rate, batch=batch, update=update))
            specs[side, name] = path
    return specs


def measure(rounds, core, specs, report):
    """times[side, workload] = [(median, minimum) of each round]"""
    times, peaks = {}, []
    configurations = torch_configurations()
    for number in range(rounds):
        for (side, name), path in specs.items():
            result = run_json([NNC, "bench", path, "--json", "--totals", "--time", MILLISECONDS], core)
            if result is None:
                sys.exit(f"nnc bench fails on {name}")
            step = result["training_step"]
            times.setdefault((side, name), []).append((step["median_us"], step["minimum_us"], step["gflops"]))
            peaks.append(result["peak_gflops"])
        for side, (mode, environment) in configurations.items():
            words = [sys.executable, os.path.join(HERE, "peer_torch.py"), mode, TORCH_MILLISECONDS, *WORKLOADS]
            result = run_json(words, core, environment)
            if result is None:
                sys.exit(f"{side} fails")
            for name, step in result.items():
                times.setdefault((side, name), []).append((step["median_us"], step["minimum_us"], 0))
        report(f"round {number + 1} of {rounds}")
    return times, max(peaks), list(configurations)


# ---- nnc's own time ----


def compile_times(folder, repetitions=15):
    """Wall time of the whole process, in ms: (spec, target) -> (median, minimum)."""
    times = {}
    specs = sorted(glob.glob(os.path.join(HERE, "..", "specs", "*.yaml")))
    for path in specs:
        for target in ("c", "native"):
            samples = []
            for _ in range(repetitions):
                output = os.path.join(folder, f"out_{len(times)}_{len(samples)}.c")
                words = [NNC, path, "-o", output, "--target", target]
                before = time.perf_counter()
                process = os.posix_spawn(NNC, words, os.environ)
                _, status = os.waitpid(process, 0)
                samples.append((time.perf_counter() - before) * 1e3)
                if status:
                    sys.exit(f"nnc fails on {os.path.basename(path)}")
            times[os.path.basename(path), target] = (statistics.median(samples), min(samples))
    return times


# ---- tables ----


def medians(samples):
    return statistics.median(s[0] for s in samples), min(s[1] for s in samples), max(s[2] for s in samples)


def verdict(reached, demanded):
    return "-" if not demanded else f"{demanded:g}, {'reached' if reached >= demanded else 'MISSED'}"


def table(rows):
    """Markdown, aligned; the first column to the left, the others to the right."""
    width = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [cell.ljust(width[c]) if c == 0 else cell.rjust(width[c]) for c, cell in enumerate(row)]
        lines.append("| " + " | ".join(cells) + " |")
        if number == 0:
            rule = ["-" * (w + 2) if c == 0 else "-" * (w + 1) + ":" for c, w in enumerate(width)]
            lines.append("|" + "|".join(rule) + "|")
    return lines


def step_tables(times, peak, sides):
    """The comparison of each workload, all sides, and what was missed."""
    lines, missed = [], []
    summary = [["training step", "nnc", "nnc, update: fused", "best PyTorch", "ratio", "ratio, fused", "demanded"]]
    details = [["program", *[name for name in WORKLOADS]]]
    for name, (title, _, _, _, demanded) in WORKLOADS.items():
        plain, fused = medians(times["nnc", name]), medians(times["nnc, update: fused", name])
        if not sides:
            summary.append([title, f"{plain[0]:.2f} us", f"{fused[0]:.2f} us", "-", "-", "-", "-"])
            continue
        best = min(sides, key=lambda side: medians(times[side, name])[0])
        peer = medians(times[best, name])
        ratios = [peer[0] / plain[0], peer[0] / fused[0]]
        summary.append([title, f"{plain[0]:.2f} us", f"{fused[0]:.2f} us", f"{peer[0]:.1f} us", f"{ratios[0]:.1f}",
                        f"{ratios[1]:.1f}", verdict(max(ratios), demanded)])
        if max(ratios) < demanded:
            missed.append(f"{title}: {max(ratios):.2f} times as fast instead of {demanded:g}")
    for side in ("nnc", "nnc, update: fused", *sides):
        cells = [medians(times[side, name]) for name in WORKLOADS]
        details.append([side, *[f"{cell[0]:.2f} / {cell[1]:.2f}" for cell in cells]])
        if side.startswith("nnc"):
            details.append(["  GFLOP/s, of peak", *[f"{c[2]:.1f}, {100 * c[2] / peak:.0f} %" for c in cells]])
    lines += table(summary)
    lines += ["", "Medians; demanded of the faster setting of nnc against the fastest of PyTorch.", ""]
    lines += ["Each program, median / minimum in us:", ""]
    lines += table(details)
    return lines, missed


def compile_limit(spec):
    with open(os.path.join(HERE, "..", "specs", spec)) as file:
        return CONVOLUTIONS_LIMIT_MS if "conv" in file.read() else COMPILE_LIMIT_MS


def compile_table(times):
    """Judged by the minimum: a process of some milliseconds is at the mercy of whatever else runs."""
    rows = [["nnc itself, median / minimum in ms", "target c", "target native", "demanded"]]
    missed = []
    for spec in sorted({spec for spec, _ in times}):
        both = [times[spec, target] for target in ("c", "native")]
        slowest = max(minimum for _, minimum in both)
        limit = compile_limit(spec)
        good = slowest < limit
        rows.append([spec, *[f"{t[0]:.1f} / {t[1]:.1f}" for t in both], f"< {limit}, {'reached' if good else 'MISSED'}"])
        if not good:
            missed.append(f"{spec}: nnc takes {slowest:.1f} ms instead of {limit}")
    return table(rows), missed


def blas_of_torch():
    """The library that multiplies matrices in PyTorch: OpenBLAS, with the core it takes itself for, or another."""
    code = "import torch; print(sorted({l.split()[-1] for l in open('/proc/self/maps') if 'blas' in l}))"
    found = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           env=dict(os.environ, OPENBLAS_VERBOSE="2"))
    core = re.search(r"Core: (\w+)", found.stderr)
    if "openblas" not in found.stdout:
        return "the reference BLAS, which is slow: install libopenblas0-pthread for a fair comparison"
    return f"OpenBLAS, which takes this core for a {core.group(1)} if not told" if core else "OpenBLAS"


def first_line(words):
    try:
        return subprocess.run(words, stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "not there"


def circumstances(rounds, load, peak, sides):
    with open("/proc/cpuinfo") as file:
        model = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.M).group(1)
    lines = [
        f"- {datetime.date.today()}, {model}, {os.cpu_count()} cores, one used; FMA peak {peak:.0f} GFLOP/s",
        f"- {first_line([NNC, '--version'])}, target native, fused numerics; "
        f"{first_line([os.environ.get('CC') or 'cc', '--version'])}; Linux {platform.release()}",
    ]
    if sides:
        code = "import torch; print(torch.__version__)"
        tuned = " ".join(f"{k}={v}" for k, v in tuned_environment().items())
        lines += [
            f"- PyTorch {first_line([sys.executable, '-c', code])}, one thread, {blas_of_torch()}",
            f"- tuned: {tuned}",
        ]
    lines.append(f"- {rounds} rounds; load of the machine {load[0]:.1f} before, {load[1]:.1f} after (the benchmark "
                 "itself is 1)")
    return lines


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    load = [os.getloadavg()[0]]
    core = max(os.sched_getaffinity(0))
    folder = tempfile.mkdtemp()
    try:
        own = compile_times(folder)
        times, peak, sides = measure(rounds, core, write_specs(folder), lambda text: print(text, file=sys.stderr))
    finally:
        shutil.rmtree(folder)
    load.append(os.getloadavg()[0])
    steps, missed = step_tables(times, peak, sides)
    compiles, slow = compile_table(own)
    lines = ["# Time of a training step, and of nnc", "", "Made by `make bench`.", ""]
    lines += circumstances(rounds, load, peak, sides) + ["", *steps, "", *compiles]
    lines += ["", *[f"MISSED: {line}" for line in missed + slow]] if missed or slow else []
    text = "\n".join(lines) + "\n"
    with open(os.path.join(HERE, "RESULTS.md"), "w") as file:
        file.write(text)
    print(text, end="")
    if not sides:
        print("PyTorch is not there: nothing to compare with")
    return 1 if missed or slow or not sides else 0


if __name__ == "__main__":
    sys.exit(main())
