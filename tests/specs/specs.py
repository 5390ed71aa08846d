"""specs.py - the networks of specs/ against what is published of them, and nnc against their size: specs.py [--full].

 * Parameters and multiply-adds equal the published ones (published.txt).
 * The largest take nnc less than a second and 100 MB, and become less than 1.5 MB of C; with --full, which gcc and
   clang compile in less than a minute. clang is done with a network of all layers.
 * Time and output grow linearly with the layers, and not with the parameters."""
import argparse
import json
import math
import os
import pathlib
import subprocess
import tempfile

from toolbox import NNC, ROOT, RUNTIME, Count, nnc

HERE = pathlib.Path(__file__).parent
LARGE = ("resnet152", "inception_resnet_v1")
SECONDS, MEGABYTES, SOURCE_BYTES, COMPILE_SECONDS = 1.0, 100, 1_500_000, 60
TIME_GROWTH = 3.5  # of twice the layers: 2.6 to 2.8, up to 3.1 beside other work; what is quadratic would be 4


def published():
    for line in (HERE / "published.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, parameters, macs, source = line.split(None, 3)
            yield name, int(parameters), int(macs), source


def report(path, *words):
    return json.loads(nnc("report", "--json", path, *words))


def check_counts(count):
    for name, parameters, macs, source in published():
        told = report(ROOT / "specs" / f"{name}.yaml")
        got = told["parameters"]["trained"], told["macs"]["prediction"]
        count.check(name, None if got == (parameters, macs) else f"{got} instead of {(parameters, macs)} ({source})")


def check_embeddings(count, folder):
    """FaceNet's two sizes, without the classifier that training adds."""
    text = (ROOT / "specs" / "inception_resnet_v1.yaml").read_text()
    for units, wanted in ((512, 23_482_624), (128, 22_793_728)):
        spec = folder / f"embedding_{units}.yaml"
        spec.write_text(text.replace("units: 512", f"units: {units}"))
        told = report(spec)
        got = sum(layer["parameters"] for layer in told["layers"] if layer["predicted"]) - told["parameters"]["statistics"]
        count.check(f"embedding of {units}", None if got == wanted else f"{got} instead of {wanted}")


def measure(command):
    """Processor time in seconds and peak memory in bytes of a command that must succeed."""
    pid = os.posix_spawnp(command[0], [str(word) for word in command], os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{command[0]} ends with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def check_large(count, folder, full):
    for name in LARGE:
        source = folder / f"{name}.c"
        runs = [measure([NNC, ROOT / "specs" / f"{name}.yaml", "-o", source]) for _ in range(3)]
        seconds, peak = min(run[0] for run in runs), max(run[1] for run in runs)
        size = source.stat().st_size
        print(f"{name}: {seconds:.2f} s, {peak / 1e6:.0f} MB, {size / 1e6:.2f} MB of C", flush=True)
        count.check(f"{name}: time", None if seconds < SECONDS else f"{seconds:.2f} s")
        count.check(f"{name}: memory", None if peak < MEGABYTES * 1e6 else f"{peak / 1e6:.0f} MB")
        count.check(f"{name}: source", None if size < SOURCE_BYTES else f"{size} bytes")
        for compiler in ("gcc", "clang") if full else ():
            seconds, _ = measure([compiler, "-O2", *RUNTIME, "-c", source, "-o", folder / "net.o"])
            print(f"{name}: {compiler} -O2 {seconds:.0f} s", flush=True)
            count.check(f"{name}: {compiler}", None if seconds < COMPILE_SECONDS else f"{seconds:.0f} s")


def check_clang(count, folder):
    """Left to itself it makes one function of all that are called once, and takes more than ten minutes over this."""
    source = folder / "everything.c"
    nnc(ROOT / "tests" / "networks" / "everything.yaml", "--target", "sse", "--numerics", "separate", "-o", source)
    command = ["timeout", "60", "clang", "-O1", "-msse2", "-w", *RUNTIME, "-c", source, "-o", folder / "net.o"]
    status = subprocess.run(command, check=False).returncode
    count.check("every layer: clang", f"it ends with {status}" if status else None)


def tower(folder, blocks, filters):
    """Residual blocks on 16 x 16 positions, in stages that halve nothing: every stage of ten has sizes of its own."""
    spec = folder / f"tower_{blocks}_{filters}.yaml"
    lines = ["network: tower", "input: [16, 16, 4]", "blocks:", "  block:", "    parameters: {filters: 8}", "    layers:",
             "      - conv2d: {filters: $filters, kernel: 3, padding: same, bias: false}", "      - batch_norm", "      - relu",
             "      - conv2d: {filters: $filters, kernel: 1}", "      - batch_norm: {name: main}",
             "      - add: {inputs: [main, input]}", "layers:"]
    for stage in range(blocks // 10):
        width = filters * (stage + 1)
        lines += [f"  - conv2d: {{filters: {width}, kernel: 1}}", f"  - block: {{filters: {width}, repeat: 9}}"]
    spec.write_text("\n".join([*lines, "  - flatten", "  - dense: 10", "loss: softmax_cross_entropy", ""]))
    return spec


def check_growth(count, folder):
    """Doubling the layers doubles time (a square would make it fourfold) and output; wider layers cost neither."""
    towers, doubled = ((50, 8), (100, 8), (200, 8), (100, 64)), ((50, 100), (100, 200))
    seconds, sizes = dict.fromkeys(towers, math.inf), {}

    def growth(few, many):
        return seconds[many, 8] / seconds[few, 8]

    for turn in range(40):  # others' work only makes times longer: a failure asks for the least ones again
        if turn >= 7 and all(growth(few, many) < TIME_GROWTH for few, many in doubled):
            break
        for blocks, filters in towers:  # in turn, so that a machine that slows down does so for all
            spec, source = tower(folder, blocks, filters), folder / "tower.c"
            seconds[blocks, filters] = min(seconds[blocks, filters], measure([NNC, spec, "-o", source])[0])
            sizes[blocks, filters] = source.stat().st_size
    for blocks, filters in towers:
        print(f"{blocks} blocks of {filters} filters a stage: {seconds[blocks, filters] * 1e3:.0f} ms, "
              f"{sizes[blocks, filters] / 1e3:.0f} kB", flush=True)
    for few, many in doubled:
        ratio = growth(few, many)
        count.check(f"time of {many} blocks", None if ratio < TIME_GROWTH else f"{ratio:.2f} times that of {few}")
        ratio = sizes[many, 8] / sizes[few, 8]
        count.check(f"source of {many} blocks", None if ratio < 2.1 else f"{ratio:.2f} times that of {few}")
    ratio = sizes[100, 64] / sizes[100, 8]
    count.check("source of wider layers", None if ratio < 1.1 else f"{ratio:.2f} times that of the narrow")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    full = parser.parse_args().full
    count = Count()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        check_counts(count)
        check_embeddings(count, folder)
        check_large(count, folder, full)
        check_clang(count, folder)
        check_growth(count, folder)
    raise SystemExit(count.finish())


if __name__ == "__main__":
    main()
