"""network.py - from specs to networks that run in this process.

A spec is a dict, written as JSON, which is YAML. build() lets nnc print all of them with --describe, compiles them as one
translation unit and one shared object, and gives a Network for each: the generated functions behind ctypes, and every
tensor of the training struct as a numpy array that shares its memory."""
import ctypes
import json
import os
import pathlib

import numpy as np

from descriptor import description_of
from functions import functions_in
from toolbox import RUNTIME, TEMPLATES, Refused, network_name, nnc, run

CC = os.environ.get("CC", "cc")
OPTIONS = ["--templates", TEMPLATES[1]]
CANARY = 0xA5
CANARY_BYTES = 64


def guarded(byte_count):
    """Zeroed memory, aligned as a uint64_t, with canaries behind it."""
    memory = np.zeros((byte_count + 7) // 8 * 8 + CANARY_BYTES, np.uint8)
    memory[byte_count:] = CANARY
    return memory


def pointers(arrays):
    return (ctypes.c_void_p * max(1, len(arrays)))(*[array.ctypes.data for array in arrays])


class Network:
    """One generated network with a training struct of its own."""

    def __init__(self, description, library):
        self.c = description
        self.library = library  # kept loaded
        self.real = {4: np.float32, 8: np.float64}[description.real_bytes]
        self.types = [self.real, np.int32, np.uint32, np.uint64]
        self.batch = description.batch
        self.input = [description.input[i] for i in range(description.inputs)]
        self.target = [description.target[i] for i in range(description.targets)]
        self.training = guarded(description.training_bytes)
        self.scratch = guarded(description.inference_bytes)
        table = [description.tensor[i] for i in range(description.tensors)]
        self.tensors = {t.name.decode(): self.view(t, t.offset) for t in table}
        self.parameters = {t.name.decode(): self.view(t, t.offset) for t in table if t.parameter}
        self.trained = [t.name.decode() for t in table if t.parameter and t.trained]
        self.gradients = {}
        if description.gradient:
            self.gradients = {t.name.decode(): self.view(t, description.parameters_bytes + t.offset)
                              for t in table if t.parameter and t.trained}

    def view(self, tensor, offset):
        kind = np.dtype(self.types[tensor.type])
        data = self.training[offset:offset + tensor.elements * kind.itemsize].view(kind)
        return data.reshape(tensor.shape[:tensor.rank])

    def address(self):
        return self.training.ctypes.data

    def initialize(self, seed):
        self.c.initialize(self.address(), seed)

    def train(self, inputs, targets):
        return self.c.train(self.address(), pointers(inputs), pointers(targets))

    def gradient(self, inputs, targets):
        return self.c.gradient(self.address(), pointers(inputs), pointers(targets))

    def update(self):
        self.c.update(self.address())

    def penalty(self):
        return self.c.penalty(self.address())

    def rate(self):
        return self.c.rate(self.address())

    def output_of(self, port, run):
        size = port.elements * self.real().itemsize
        memory = guarded(size)
        result = run(memory.ctypes.data)
        assert (memory[size:] == CANARY).all(), "an output was written past its end"
        return result, memory[:size].view(self.real).reshape(port.shape[:port.rank]).copy()

    def predict(self, inputs):
        """The output for one sample."""
        return self.output_of(self.c.output, lambda output: self.c.predict(
            self.address(), self.scratch.ctypes.data, pointers(inputs), output))[1]

    def evaluate(self, inputs, targets):
        """The loss of one sample, and what the first loss read."""
        return self.output_of(self.c.scored, lambda scored: self.c.evaluate(
            self.address(), self.scratch.ctypes.data, pointers(inputs), pointers(targets), scored))

    def check_canaries(self):
        assert (self.training[self.c.training_bytes:] == CANARY).all(), "written past the end of the training struct"
        assert (self.scratch[self.c.inference_bytes:] == CANARY).all(), "written past the end of the inference struct"


def write_spec(spec, folder):
    path = pathlib.Path(folder) / f"{spec['network']}.yaml"
    path.write_text(json.dumps(spec) + "\n")
    return path


def kernels_of(spec, folder):
    """The names of the template functions that the network is made of."""
    return functions_in(nnc(write_spec(spec, folder), "--dump", "derive", "-o", "-", *OPTIONS))


def print_networks(specs, folder, options):
    """Names of the networks that nnc prints; name -> Refused of the others."""
    names, refused = [], {}
    for spec in specs:
        name = spec["network"]
        try:
            nnc(write_spec(spec, folder), "-o", folder / f"{name}.c", "--describe", *OPTIONS, *options)
            names.append(name)
        except Refused as refusal:
            refused[name] = refusal
    return names, refused


def build_text(text, folder, options=()):
    """The Network of a description as it stands, compiled for speed."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "net.yaml"
    path.write_text(text)
    nnc(path, "-o", folder / "net.c", "--describe", "--target", "native", *OPTIONS, *options)
    run([CC, "-O1", "-march=native", "-shared", "-fPIC", *RUNTIME, "-o", folder / "net.so", folder / "net.c"])
    library = ctypes.CDLL(str(folder / "net.so"))
    return Network(description_of(library, network_name(path)), library)


def compile_unit(names, folder, flags):
    unit = folder / "all.c"
    unit.write_text("".join(f'#include "{name}.c"\n' for name in names))
    run([CC, *flags, *RUNTIME, unit])


def build(specs, folder, options=()):
    """Name -> Network of each spec, all in one shared object; or what nnc or the compiler has against it."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names, networks = print_networks(specs, folder, options)
    link = ["-O0", "-shared", "-fPIC", "-o", folder / "all.so"]
    try:
        compile_unit(names, folder, link)
    except Refused:
        for name in names:
            try:
                compile_unit([name], folder, ["-fsyntax-only"])
            except Refused as refusal:
                networks[name] = refusal
        names = [name for name in names if name not in networks]
        compile_unit(names, folder, link)
    library = ctypes.CDLL(str(folder / "all.so"))
    return {**networks, **{name: Network(description_of(library, name), library) for name in names}}
