"""halves.py - --weights-dtype float16: a prediction has the bits of a float32 network whose weights were rounded before,
with every compiler and target; the constants are those that numpy rounds to; what does not fit is told."""
import ctypes
import functools
import itertools
import json
import pathlib
import re
import subprocess
import tempfile

import numpy

import tensors
from descriptor import description_of
from toolbox import (AARCH64, NNC, PACKED, RUNTIME, WEBASSEMBLY, Refused, at_once, compilers, generate, network_name,
                     nnc, processor_flags, run)

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
MACHINES = {"c": [], "sse": ["-msse2"], "avx2": ["-mavx2", "-mfma", "-mf16c"],
            "avx512": ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw", "-mfma", "-mf16c"]}
# Layers of every kind that has weights, sums whose lanes end in parts, and an odd number of halves.
LAYERS = """network: halves
input: [9, 7, 3]
layers:
  - conv2d: {filters: 5, kernel: 3, padding: same}
  - batch_norm
  - relu
  - depthwise_conv2d: {kernel: 3, multiplier: 3}
  - prelu
  - conv2d_transpose: {filters: 19, kernel: 2, stride: 2, bias: false}
  - group_norm: 1
  - conv2d: {filters: 16, kernel: 1, activation: hard_swish}
  - max_pool2d: 2
  - reshape: [35, 16]
  - conv1d: {filters: 13, kernel: 3, stride: 2, activation: tanh}
  - flatten
  - dense: {units: 33, activation: relu, name: twice}
  - dense: {units: 33, bias: false, name: again}
  - dense: {share: again}
  - layer_norm
  - dense: {units: 7, name: logits}
output: {layer: logits, activation: softmax}
"""
MAIN = """#include "NET.h"
#include <stdio.h>
static NET_inference scratch;
static NET_inference_batch scratches;
static unsigned long bits_of(float number)
{
    union {
        float number;
        uint32_t bits;
    } both = {number};
    return both.bits;
}
int main(void)
{
    static float x[3 * UPPER_INPUT], y[3 * UPPER_OUTPUT], z[3 * UPPER_OUTPUT];
    unsigned draw = 7;
    for (int i = 0; i < 3 * UPPER_INPUT; i++) {
        draw = draw * 1664525u + 1013904223u;
        x[i] = (float)((int)(draw >> 20) - 2048) / 1024;
    }
    NET_predict_batch(&NET_weights, &scratches, x, z);
    for (int i = 0; i < 3; i++)
        NET_predict(&NET_weights, &scratch, x + i * UPPER_INPUT, y + i * UPPER_OUTPUT);
    for (int i = 0; i < 3 * UPPER_OUTPUT; i++)
        printf("%08lx %08lx\\n", bits_of(y[i]), bits_of(z[i]));
    return 0;
}
"""


def random_weights(spec, folder):
    """{name: array} of all that a prediction reads: of all sizes, subnormal halves and ties among them."""
    source = generate(spec, folder, "--describe")
    library = folder / "network.so"
    run(["cc", "-O0", "-shared", "-fPIC", *RUNTIME, source, "-o", library])
    network = description_of(ctypes.CDLL(str(library)), network_name(spec))
    random, made = numpy.random.default_rng(1), {}
    for tensor in network.tensor[:network.tensors]:
        if not tensor.parameter:
            continue
        shape, name = list(tensor.shape[:tensor.rank]), tensor.name.decode()
        values = random.normal(size=shape) * 10.0 ** random.uniform(-8, -0.5, size=shape)
        made[name] = (abs(values) + 0.5 if "variance" in name else values).astype("<f4")
        flat = made[name].reshape(-1)
        flat[::7] = flat[::7].astype("<f2") + numpy.float32(2.0 ** -25)  # halfway between subnormal halves
    return made


def halves_of(header):
    """Names of the members that are halves."""
    return set(re.findall(r"^    uint16_t (\w+)\[", header, re.M))


def write_both(spec, folder, made):
    """The file, and one whose weights are rounded as the compiler is to round them."""
    tensors.write(folder / "full", made)
    header = (generate(spec, folder / "half", "--inference", "--weights", folder / "full", "--weights-dtype", "float16").with_suffix(".h"))
    halves = halves_of(header.read_text())
    rounded = {name: array.astype("<f2").astype("<f4") if name.replace(".", "_") in halves else array for name, array in made.items()}
    if not halves or all((rounded[name] == made[name]).all() for name in made):
        raise Refused("no weight is a half")
    tensors.write(folder / "rounded", rounded)


def predicted(spec, folder, weights, options, command, runner=()):
    """What a program with these weights says."""
    source = generate(spec, folder, "--inference", "--predict-batch", "3", "--weights", *weights, *options)
    name = network_name(spec)
    (folder / "main.c").write_text(MAIN.replace("NET.h", f"{spec.stem}.h").replace("UPPER", name.upper()).replace("NET", name))
    include = [] if "--standalone" in options else RUNTIME
    run([*command, *WARNINGS, *include, folder / "main.c", source, "-o", folder / "main"])
    return run([*runner, folder / "main"])


def packed_builds(count, full):
    """Those whose tiles read copies, which are floats."""
    for compiler in compilers():
        if "avx512f" in processor_flags() and (full or compiler == "gcc"):
            yield ["--target", "avx512"], [compiler, "-std=c99", "-O1", *MACHINES["avx512"]], []
    yield ["--target", "avx2"], ["gcc", "-std=c99", "-O1"], []


def builds(count, full):
    """Options of nnc, command, runner."""
    for number, (compiler, (target, flags)) in enumerate(itertools.product(compilers(), MACHINES.items())):
        if {flag[2:] for flag in flags} <= processor_flags() and (full or number in (0, 2, 5, 7)):
            yield ["--target", target], [compiler, "-std=c99", "-O1", *flags], []
            if full:
                yield ["--target", target, "--standalone"], [compiler, "-std=c99", "-O3", *flags], []
    yield ["--target", "cortex-m4", "--standalone"], ["gcc", "-std=c99", "-O2"], []
    yield ["--lanes", "16", "--standalone"], ["clang", "-std=c99", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"], []
    yield ["--target", "sse"], ["gcc", "-std=c99", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"], []
    for processor, target in ((AARCH64, "neon"), (WEBASSEMBLY, "wasm")):
        if processor.is_there(count):
            yield ["--target", target], [*processor.compiler, "-std=c99", "-O1"], processor.runner


def check_bits(count, spec, known):
    with tempfile.TemporaryDirectory() as place:
        folder, title = pathlib.Path(place), f"float16, {spec.stem}"
        if count.attempt(f"{title}: weights", lambda: write_both(spec, folder, random_weights(spec, folder)) or True) is None:
            return
        for numerics in ("fused",) if spec == PACKED else ("fused", "separate"):
            own = ["--numerics", numerics]
            wanted = count.attempt(f"{title}, {numerics}: rounded", lambda: predicted(
                spec, folder / f"rounded_{numerics}", [folder / "rounded"], own, ["gcc", "-std=c99", "-O1"]))
            if wanted is None:
                continue
            count.check(f"{title}, {numerics}: samples and batch agree", None if all(
                len(set(line.split())) == 1 for line in wanted.splitlines()) else "they differ")
            actions = [functools.partial(predicted, spec, folder / f"{numerics}_{number}",
                                         [folder / "full", "--weights-dtype", "float16"], [*own, *options], command, runner)
                       for number, (options, command, runner) in enumerate(known)]
            for (options, command, _), outcome in zip(known, at_once(actions)):
                name = f"{title}, {numerics}, {' '.join(options)}, {' '.join(command[:4])}"
                found = count.attempt(name, outcome)
                count.check(f"{name}: the bits", None if found in (None, wanted) else "they differ")


# What a user's headers may define: capitals, as macros are.
HOSTILE = [f"-D{name}=1" for name in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] + ["-DHALF=1", "-DHALVES=1", "-DF16=1"]


def compile_clean(folder, source, command, include):
    """Without a warning, and nothing undefined but memcpy and memset."""
    run([*command, *WARNINGS, *include, *HOSTILE, "-c", source, "-o", folder / "net.o"])
    missing = {line.split()[-1] for line in run(["nm", "-u", folder / "net.o"]).splitlines()} - {"memcpy", "memset"}
    if missing:
        raise Refused(f"needs {missing}")


def check_languages(count, spec):
    """C99 and C++17, included and pasted in; a program of C++ finds the weights of one of C."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        tensors.write(folder / "full", random_weights(spec, folder))
        for target, flags in MACHINES.items():
            for form in ([], ["--standalone"]):
                source = generate(spec, folder / "net", "--inference", "--predict-batch", "3", "--weights", folder / "full",
                                  "--weights-dtype", "float16", "--target", target, *form)
                said = "For its full speed compile with" in source.read_text() and "-mf16c" in source.read_text()[:600].replace("\n *", "")
                count.check(f"float16, {target}: F16C is named", None if said == ("-mf16c" in flags) else "or not")
                for language in (["gcc", "-std=c99"], ["g++", "-std=c++17", "-x", "c++"], ["clang", "-std=c99"],
                                 ["clang++", "-std=c++17", "-x", "c++"])[target == "avx2" or len(form)::2]:
                    count.attempt(f"float16, {target} {' '.join([*form, *language])}", functools.partial(
                        compile_clean, folder, source, [*language, "-O1", *flags], [] if form else RUNTIME))


def check_fast(count, spec):
    """Fast numerics: near, and nothing to complain of."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        write_both(spec, folder, random_weights(spec, folder))
        answers = []
        for number, (weights, options) in enumerate((([folder / "rounded"], []),
                                                     ([folder / "full", "--weights-dtype", "float16"], ["--numerics", "fast"]))):
            words = count.attempt("float16, fast numerics", functools.partial(
                predicted, spec, folder / str(number), weights, options, ["gcc", "-std=c99", "-O2", *(["-ffast-math"] if options else [])]))
            bits = [int(line.split()[0], 16) for line in (words or "0 0").splitlines()]
            answers.append(numpy.array(bits, "<u4").view("<f4"))
        near = numpy.allclose(answers[0], answers[1], rtol=1e-4, atol=1e-6)
        count.check("float16, fast numerics: near", None if near else f"{answers}")


SQUARE = "network: t\ninput: [256]\nlayers:\n  - dense: {units: 256, bias: false, name: d}\nloss: mse\n"


def constants(spec, folder, values, dtype):
    """The bits that are printed for a dense layer's weights."""
    tensors.write(folder / "w", {"d.weight": values.astype(dtype)})
    source = generate(spec, folder, "--inference", "--weights", folder / "w", "--weights-dtype", "float16")
    return numpy.array([int(word, 16) for word in re.findall(r"0x[0-9a-f]{4}\b", source.read_text())], "<u2").reshape(256, 256)


def check_rounding(count):
    """Every finite half, what is halfway between neighbours, and what is just beside that, from float and from double."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        spec = folder / "t.yaml"
        spec.write_text(SQUARE)
        bits = numpy.arange(65536, dtype="<u2")
        bits[(bits & 0x7c00) == 0x7c00] = 0
        exact = bits.view("<f2").astype("<f8")
        above = numpy.abs(numpy.where(bits & 0x7fff == 0x7bff, 0, (bits + 1).astype("<u2").view("<f2").astype("<f8") - exact))
        middle = exact + numpy.sign(exact) * above / 2
        for name, values in (("halves themselves", exact), ("ties", middle),
                             ("above ties", middle * (1 + 2.0 ** -20)), ("below ties", middle * (1 - 2.0 ** -20))):
            for dtype in ("<f4", "<f8"):
                found = count.attempt(f"float16: {name} of {dtype}", lambda: constants(spec, folder, values.reshape(256, 256), dtype))
                wanted = values.astype(dtype).astype("<f2").view("<u2").reshape(256, 256)
                count.check(f"float16: {name} of {dtype}: the bits",
                            None if found is None or (found == wanted).all() else f"{(found != wanted).sum()} differ")


def refused(count, what, arguments, status, words):
    done = subprocess.run([NNC, *map(str, arguments)], capture_output=True, text=True)
    output = pathlib.Path(str(arguments[arguments.index("-o") + 1])) if "-o" in arguments else None
    good = done.returncode == status and words in done.stderr and not (output and output.exists())
    count.check(f"float16: {what} is refused", None if good else f"status {done.returncode}: {done.stderr[:300]}")


def check_refusals(count):
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        spec, output = folder / "t.yaml", folder / "net.c"
        spec.write_text("network: t\ninput: [3]\nlayers:\n  - dense: {units: 2, name: a}\nloss: mse\n")
        good = {"a.weight": numpy.full((3, 2), 65519.0, "<f4"), "a.bias": numpy.full(2, 1e9, "<f4")}
        tensors.write(folder / "good", good)
        for name, value in (("large", 65520.0), ("negative", -1e6), ("nan", numpy.nan), ("infinite", numpy.inf)):
            bad = good["a.weight"].copy()
            bad[1][1] = value
            tensors.write(folder / name, {**good, "a.weight": bad})
        half = ["--weights-dtype", "float16"]
        all_of_it = [spec, "-o", output, "--inference", *half]
        where = "element 3 of tensor 'a.weight' is "
        for name, words in (("large", "65520: the largest float16 is 65504"), ("negative", "-1e+06: the largest float16 is 65504"),
                            ("nan", "nan"), ("infinite", "inf")):
            refused(count, name, [*all_of_it, "--weights", folder / name], 1, where + words)
        weights = ["--weights", folder / "good"]
        for command in ([spec, "-o", output], ["report", spec], ["package", spec, "--for", "cmake", "-o", folder / "package"]):
            what = command[0] if command[0] != spec else "compile"
            refused(count, f"{what} without weights", [*command, "--inference", *half], 2, "needs --weights W.safetensors")
            refused(count, f"{what} without --inference", [*command, *weights, *half], 2, "it needs --inference")
            refused(count, f"{what} in float64", [*command, *weights, *half, "--inference", "--dtype", "float64"], 2,
                    "does not go with --dtype float64")
            refused(count, f"{what} with another dtype", [*command, *weights, "--inference", "--weights-dtype", "bfloat16"], 2,
                    "'bfloat16' is not a dtype of weights: float32 or float16")
        refused(count, "--incbin", [*all_of_it, *weights, "--incbin"], 2, "does not go with --weights-dtype float16")
        count.attempt("float16: what rounds to 65504, and a large bias, are not", lambda: nnc(*all_of_it, *weights))
        plain = [spec, "-o", output, "--inference", *weights]
        nnc(*plain)
        before = output.read_bytes()
        nnc(*plain, "--weights-dtype", "float32")
        count.check("float16: float32 is what there is without it", None if output.read_bytes() == before else "it differs")


def check_flash(count):
    """Report and budget count what the header says."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        spec = folder / "halves.yaml"
        spec.write_text(LAYERS + "loss: mse\n")
        tensors.write(folder / "w", random_weights(spec, folder))
        options = ["--inference", "--weights", folder / "w", "--weights-dtype", "float16"]
        header = generate(spec, folder, *options).with_suffix(".h").read_text()
        found = int(re.search(r"HALVES_PARAMETERS_BYTES (\d+)", header).group(1))
        halves = sum(numpy.prod([int(size) for size in re.findall(r"\[(\d+)\]", line)])
                     for line in header.splitlines() if line.startswith("    uint16_t ") and "[" in line)
        floats = sum(numpy.prod([int(size) for size in re.findall(r"\[(\d+)\]", line)])
                     for line in header.splitlines() if re.match(r"    float \w+_\w+\[", line) and "arena" not in line)
        count.check("float16: bytes of the struct", None if found == 2 * (halves + halves % 2) + 4 * floats and halves % 2 and
                    "uint16_t padding;" in header else f"{found}: {halves} halves, {floats} floats")
        memory = json.loads(nnc("report", spec, "--json", *options))["memory"]
        count.check("float16: report", None if memory["constants"] == memory["parameters"] == found else f"{memory}")
        for flash, status in ((found, 0), (found - 1, 1)):
            spec.write_text(LAYERS + f"loss: mse\nmemory: {{flash: {flash}}}\n")
            done = subprocess.run([NNC, spec, *map(str, options), "-o", folder / "fits.c"], capture_output=True, text=True)
            good = done.returncode == status and (not status or f"take {found} bytes, 1 more" in done.stderr)
            count.check(f"float16: a budget of {flash}", None if good else done.stderr)


def check(count, full):
    with tempfile.TemporaryDirectory() as place:
        spec = pathlib.Path(place) / "halves.yaml"
        spec.write_text(LAYERS + "loss: mse\n")
        check_bits(count, spec, list(builds(count, full)))
        check_fast(count, spec)
        check_languages(count, spec)
    check_bits(count, PACKED, list(packed_builds(count, full)))
    check_rounding(count)
    check_refusals(count)
    check_flash(count)
