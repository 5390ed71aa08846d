"""tune.py [--full] - schedule files and `nnc tune`.

 * Every tile that a schedule can ask for: the C compiles without a warning, and trains to the same bits as without it.
   (Without --full a few rounds of some networks; tests/unit/test_tiles.c computes them all in an interpreter.)
 * `nnc tune` writes a file that is read, for every kind of arithmetic; the same file gives the same C; the bits stay.
 * What does not fit is refused with status 1, and nothing is written.
Ends with `N passed, N failed`."""
import functools
import os
import pathlib
import subprocess
import sys
import tempfile

from toolbox import (DRIVER, NETWORKS, NNC, RUNTIME, TEMPLATES, Count, Refused, at_once, generate, network_name,
                     processor_flags, run)

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
FLAGS = {"sse": ["-msse2"], "avx2": ["-mavx2", "-mfma"],
         "avx512": ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mfma"]}
NEEDED = {"sse": set(), "avx2": {"avx2", "fma"}, "avx512": {"avx512f", "avx512dq", "avx512vl", "avx512bw"}}
STEPS = 20
QUICK = {"margins": ["avx512"], "norms": ["avx2"], "sequence": ["avx512"], "autoencoder": ["sse"]}
QUICK_ROUNDS, FULL_ROUNDS = 2, 3

NET = """network: net
input: [9, 7, 3]
layers:
  - conv2d: {filters: 20, kernel: 3, padding: 1, activation: relu}
  - dense: 5
loss: mse
optimizer: adam
train: {batch: 5}
"""

# Little to compile.
SMALL = """network: net
input: [30]
layers:
  - dense: {units: 20, activation: relu}
  - dense: 5
loss: mse
"""

count = Count()
LEVEL = "-O1" if "--full" in sys.argv[1:] else "-O0"


# ---- every tile ----

def bits(spec, folder, target, *options):
    """What the driver prints of a network that is trained for some steps."""
    source = generate(spec, folder, "--describe", "--target", target, *options)
    program = folder / "program"
    run(["gcc", "-std=c99", LEVEL, *FLAGS[target], *WARNINGS, *RUNTIME, "-c", source, "-o", folder / "net.o"])
    run(["gcc", "-std=gnu11", "-O0", *RUNTIME, f"-DNETWORKS=X({network_name(spec)})", DRIVER, folder / "net.o", "-o", program])
    return run([program, STEPS])


def check_rounds(folder, spec, target, most):
    """The bits with each schedule against those without."""
    folder = folder / f"{spec.stem}_{target}"
    folder.mkdir()
    rounds, tiles = map(int, run([os.environ["ROUNDS"], spec, target, TEMPLATES[1], most, folder]).split())
    wanted = bits(spec, folder / "none", target)
    outcomes = at_once(functools.partial(bits, spec, folder / f"of_{number}", target, "--schedule", folder / f"{number}.yaml")
                       for number in range(rounds))
    for number, outcome in enumerate(outcomes):
        name = f"{spec.stem}, {target}, round {number}"
        got = count.attempt(name, outcome)
        if got is not None:
            count.check(f"{name}: bits", None if got == wanted else f"{got.strip()} instead of {wanted.strip()}")
    return tiles


def check_tiles(folder, full):
    tiles = 0
    for spec in NETWORKS:
        for target in FLAGS if full else QUICK.get(spec.stem, []):
            if NEEDED[target] <= processor_flags():
                tiles += check_rounds(folder, spec, target, FULL_ROUNDS if full else QUICK_ROUNDS)
    print(f"{tiles} tiles in {'' if full else 'some '}networks")
    count.check("there are tiles", None if tiles > 50 else f"{tiles}")


# ---- nnc tune ----

def tune(spec, output, *options):
    """At its shortest: what is found is not asked here."""
    os.environ["CFLAGS"] = "-O0"
    return run([NNC, "tune", spec, "-o", output, "--time", "1", "--candidates", "2", *options])


def read(path):
    return path.read_text()


def check_tune(folder, spec):
    for number, options in enumerate([[], ["--dtype", "float64", "--numerics", "separate"],
                                      ["--predict-batch", "3", "--numerics", "fast", "--batch", "4"]]):
        title, schedule = f"tune {' '.join(options)}", folder / f"tuned_{number}.yaml"
        told = count.attempt(title, lambda options=options, schedule=schedule: tune(spec, schedule, *options))
        if told is None:
            continue
        count.check(f"{title}: a table", None if "tile by estimate" in told else told)
        text = read(schedule)
        head = dict(line.split(": ", 1) for line in text.splitlines() if line[0] not in " k")
        count.check(f"{title}: the head", None if head["schedule"] == "net" and "native" not in text else text)
        count.attempt(f"{title}: is read", lambda: run(
            [NNC, spec, "--target", head["target"], *options, "--schedule", schedule, "-o", folder / "net.c"]))
    printed = count.attempt("tune -o -", lambda: tune(spec, "-"))
    count.check("tune -o - prints the schedule alone", None if printed and printed.startswith("schedule: net\n") else printed)
    count.check("tune leaves nothing else", None if not list(folder.glob("*.tmp")) else "a temporary file")


def check_without_lanes(folder, spec):
    told = count.attempt("tune --target c", lambda: tune(spec, folder / "c.yaml", "--target", "c"))
    count.check("nothing to choose without lanes", None if told and "no nest" in told else told)
    text = read(folder / "c.yaml")
    count.check("an empty schedule", None if text.endswith("kernels: {}  # no other tile is faster\n") else text)
    count.attempt("an empty schedule is read",
                  lambda: run([NNC, spec, "--schedule", folder / "c.yaml", "-o", folder / "c.c"]))


# ---- schedules in use ----

TILES = """schedule: net
target: avx2
dtype: float32
numerics: fused
lanes: 8
registers: 16
batch: 5
kernels:
  conv2d_forward_relu:
    - {nest: 1, lanes: f, columns: 1, rows: {u: 3}}
  conv2d_backward:
    - {nest: 1, lanes: f, rows: {c: 3}}
"""


def check_use(folder, spec):
    """The same C from the same file, another than without it, and what depends on it is told."""
    schedule = folder / "good.yaml"
    schedule.write_text(TILES)
    texts = []
    for name, options in [("a", ["--schedule", schedule]), ("b", ["--schedule", schedule]), ("none", [])]:
        out = folder / name
        out.mkdir()
        run([NNC, spec, "--target", "avx2", *options, "-o", out / "net.c", "-MF", out / "net.d"])
        texts.append((read(out / "net.c"), read(out / "net.h"), read(out / "net.d")))
    count.check("the same C from the same file", None if texts[0][:2] == texts[1][:2] else "it differs")
    count.check("another C than without it", None if texts[0][0] != texts[2][0] else "it is the same")
    count.check("the tile is told", None if "8 lanes over f, tiles of 1 x 3 u" in texts[0][0] else "it is not")
    count.check("-MF names the schedule", None if f" {schedule}" in texts[0][2] and f" {schedule}" not in texts[2][2]
                else texts[0][2])
    count.attempt("with --inference what training alone has is passed over", lambda: run(
        [NNC, spec, "--target", "avx2", "--inference", "--schedule", schedule, "-o", folder / "inference.c"]))
    count.attempt("report takes it", lambda: run([NNC, "report", spec, "--target", "avx2", "--schedule", schedule]))
    if NEEDED["avx2"] <= processor_flags():
        count.attempt("bench takes it", lambda: run(
            [NNC, "bench", spec, "--target", "avx2", "--schedule", schedule, "--time", "1"]))
        wanted, got = (bits(spec, folder / name, "avx2", *options)
                       for name, options in [("w", []), ("g", ["--schedule", schedule])])
        count.check("the bits stay", None if wanted == got else f"{got} instead of {wanted}")


def refused(name, words, wanted, folder, status=1):
    """Ends with the status and says so; no file has come into being."""
    before = sorted(folder.iterdir())
    done = subprocess.run([NNC, *map(str, words)], capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    problem = None
    if done.returncode != status or done.stdout:
        problem = f"status {done.returncode}, {done.stdout!r}"
    elif wanted not in done.stderr:
        problem = done.stderr
    elif sorted(folder.iterdir()) != before:
        problem = "a file was written"
    count.check(name, problem)


def check_refused(folder, spec):
    good, out = folder / "good.yaml", folder / "not_there.c"
    good.write_text(TILES)
    other = folder / "other.yaml"
    other.write_text(NET.replace("network: net", "network: other"))
    compiled = [spec, "--target", "avx2", "-o", out, "--schedule"]
    refused("another network", [other, *compiled[1:], good], "is for the network 'net', and not for 'other'", folder)
    refused("another target", [spec, "--target", "avx512", "-o", out, "--schedule", good], "is for target 'avx2'", folder)
    refused("another batch", [*compiled, good, "--batch", 6], "good.yaml:7:8: error: this schedule is for batch", folder)
    refused("a folder", [*compiled, folder], "cannot be read: Is a directory", folder)
    refused("no such file", [*compiled, folder / "none.yaml"], "No such file", folder)
    refused("the output is the schedule", [spec, "--target", "avx2", "-o", good, "--schedule", good],
            "would overwrite the input", folder)
    count.check("it is still there", None if read(good) == TILES else read(good))
    large = folder / "large.yaml"
    large.write_text(TILES + "#" * (17 << 20))
    refused("17 MiB", [*compiled, large], "larger than 16 MiB", folder)
    large.write_text(TILES + "    - {nest: 1, lanes: f}\n" * 5000)
    refused("5000 tiles of one kernel", [*compiled, large], "not one of 5001", folder)
    large.write_text(TILES + "".join(f"  k{i}: [{{nest: 1, lanes: f}}]\n" for i in range(900)))
    refused("900 kernels that are not there", [*compiled, large], "only the first 20 are shown", folder)
    large.unlink()
    text = TILES[:TILES.index("}}")]
    for length in range(0, len(text), 7):
        (folder / "cut.yaml").write_text(text[:length])
        refused(f"{length} bytes of a schedule", [*compiled, folder / "cut.yaml"], "error:", folder)
    refused("tune without an output", ["tune", spec], "no output is given", folder, 2)
    refused("tune over the description", ["tune", spec, "-o", spec], "would overwrite the input", folder)
    refused("tune into no folder", ["tune", spec, "-o", folder / "none" / "s.yaml"], "cannot write", folder)
    refused("tune over a folder", ["tune", spec, "-o", folder], "cannot write", folder)
    refused("one candidate", ["tune", spec, "-o", out, "--candidates", 1], "2 to 64", folder, 2)
    refused("tune from a schedule", ["tune", spec, "-o", out, "--schedule", good], "leave out --schedule", folder, 2)
    refused("tune for another machine", ["tune", spec, "-o", out, "--target", "wasm"], "other machines", folder, 2)


def main():
    full = "--full" in sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="nnc-tune-") as name:
        folder = pathlib.Path(name)
        for part, text in ((check_use, NET), (check_refused, NET), (check_tune, SMALL), (check_without_lanes, SMALL)):
            own = folder / part.__name__
            own.mkdir()
            spec = folder / "net.yaml"
            spec.write_text(text)
            try:
                part(own, spec)
            except Refused as refusal:
                count.check(part.__name__, str(refusal))
        check_tiles(folder, full)
    return count.finish()


if __name__ == "__main__":
    sys.exit(main())
