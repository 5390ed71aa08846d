"""large.py - specs/inception_resnet_v1.yaml, 28 million parameters, in steps of eight photographs: large.py FOLDER.

Its gradients, with softmax and center loss, are those of central differences in float64, for one parameter of each of
some tensors, the one whose gradient is largest; and a step in float32 touches no more memory than `nnc report` says.
Ends with the counts."""
import ctypes
import json
import pathlib
import random
import resource
import subprocess
import sys

from descriptor import description_of
from toolbox import NNC, ROOT, RUNTIME, Count, Refused, run

SPEC = ROOT / "specs" / "inception_resnet_v1.yaml"
NAME = SPEC.stem
BATCH, CLASSES, PIXELS = 8, 8631, 160 * 160 * 3
TENSORS, TOLERANCE = 16, 1e-5
STEPS = (1e-6, 1e-7, 1e-8)  # the best of them counts: a long one crosses kinks, of a short one little is left
BESIDE = 24 << 20  # bytes: Python's own, the code, the stack


def library(folder, dtype):
    """The network's functions, and how many bytes report says that training takes."""
    options = ["--batch", str(BATCH), "--dtype", dtype, "--target", "native"]
    source, program = folder / f"{dtype}.c", folder / f"{dtype}.so"
    run([NNC, SPEC, "--describe", *options, "-o", source])
    run(["gcc", "-O2", "-march=native", "-shared", "-fPIC", *RUNTIME, source, "-o", program])
    story = json.loads(run([NNC, "report", SPEC, *options, "--json"]))
    return description_of(ctypes.CDLL(str(program)), NAME), story["memory"]["training"]


class Training:
    """A network with a batch of noise, all of it in memory of its own."""

    def __init__(self, network, bytes_told, real):
        if network.training_bytes != bytes_told:
            raise Refused(f"the struct has {network.training_bytes} bytes, report says {bytes_told}")
        self.network, self.real = network, real
        source = random.Random(5)
        self.pixels = (real * (BATCH * PIXELS))(*[source.gauss(0, 1) for _ in range(BATCH * PIXELS)])
        self.classes = (ctypes.c_int32 * BATCH)(*[source.randrange(CLASSES) for _ in range(BATCH)])
        one = ctypes.c_void_p * 1
        self.inputs, self.targets = one(ctypes.addressof(self.pixels)), one(ctypes.addressof(self.classes))
        self.memory = (ctypes.c_char * (bytes_told + 64))()
        self.address = -(-ctypes.addressof(self.memory) // 64) * 64
        network.initialize(self.address, 1)

    def gradient(self):
        return self.network.gradient(self.address, self.inputs, self.targets)

    def train(self):
        return self.network.train(self.address, self.inputs, self.targets)

    def numbers(self, tensor, gradients=False):
        offset = tensor.offset + (self.network.parameters_bytes if gradients else 0)
        return (self.real * tensor.elements).from_address(self.address + offset)


def tensors_of(network):
    """The first, the last, and others evenly between."""
    trained = [network.tensor[i] for i in range(network.tensors)]
    trained = [tensor for tensor in trained if tensor.parameter and tensor.trained]
    return [trained[round(i * (len(trained) - 1) / (TENSORS - 1))] for i in range(TENSORS)]


def slope(training, values, place, step):
    """The central difference."""
    before, losses = values[place], []
    for sign in (1, -1):
        values[place] = before + sign * step
        losses.append(training.gradient())
    values[place] = before
    return (losses[0] - losses[1]) / (2 * step)


def check_gradients(count, folder):
    training = Training(*library(folder, "float64"), ctypes.c_double)
    print(f"float64: a loss of {training.gradient():.6f}", flush=True)
    largest = []
    for tensor in tensors_of(training.network):
        gradients = list(training.numbers(tensor, gradients=True))
        place = max(range(len(gradients)), key=lambda i: abs(gradients[i]))
        largest.append((tensor, place, gradients[place]))
    for tensor, place, analytic in largest:
        name = tensor.name.decode()
        numerics = [slope(training, training.numbers(tensor), place, step) for step in STEPS]
        numeric = min(numerics, key=lambda number: abs(number - analytic))
        error = abs(numeric - analytic) / max(abs(numeric), abs(analytic))
        print(f"    {name}[{place}]: {analytic:.9e}, numeric {numeric:.9e}, off by {error:.1e}", flush=True)
        count.check(f"gradient of {name}", None if error < TOLERANCE else f"{analytic} instead of {numeric}")


def check_memory(count, folder):
    """In a process of its own, whose memory is asked for before and after."""
    words = [sys.executable, __file__, str(folder), "--step"]
    outcome = count.attempt("a step in float32", lambda: run(words))
    if outcome is None:
        return
    told, touched = map(int, outcome.split())
    print(f"float32: {told:,} bytes told, {touched:,} touched by a step")
    close = told * 0.9 < touched <= told + BESIDE
    count.check("memory of a step", None if close else f"{touched} instead of {told} bytes")


def most_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def take_step(folder):
    network, told = library(folder, "float32")
    before = most_bytes()
    Training(network, told, ctypes.c_float).train()
    print(told, most_bytes() - before)


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    if "--step" in sys.argv:
        take_step(folder)
        return 0
    count = Count()
    try:
        check_memory(count, folder)
        check_gradients(count, folder)
    except (Refused, subprocess.CalledProcessError) as problem:
        count.check("inception_resnet_v1", str(problem))
    return count.finish()


if __name__ == "__main__":
    raise SystemExit(main())
