"""ncnn.py NET.param NET.bin OUT.safetensors - a network of ncnn as data: its graph, a line for each layer, and its
numbers, one layer behind the other, become the tensors that a PyTorch model of the same layers would have.

What ncnn's format says, as far as it is needed here: the .param file begins with the magic number 7767517 and the
counts of layers and blobs; then `KIND NAME inputs outputs BLOB... KEY=VALUE...`. The .bin file holds, in that order:

    Convolution, ConvolutionDepthWise   0, weight [filters][channels / groups][height][width], then bias if 5=1
    InnerProduct                        0, weight [outputs][inputs], then bias if 1=1
    BatchNorm                           slope, mean, variance, bias
    PReLU                               slope

The 0 before a weight says that it is stored as 32-bit floats; another number would be another storage.
"""
import pathlib
import sys

import numpy

import tensors

MAGIC = "7767517"
EPSILON = 1e-3  # of the batch_norms that are to read it; ncnn (eps in 1=..., else 0) has it in the variance


class Damaged(Exception):
    """Neither file is believed before all of it fits."""


def read_graph(text):
    """(kind, name, {key: value}) for each layer."""
    lines = text.split("\n")
    if not lines or lines[0].strip() != MAGIC:
        raise Damaged(f"the graph does not begin with {MAGIC}")
    layers = []
    for line in lines[2:]:
        words = line.split()
        if not words:
            continue
        if len(words) < 4 or not (words[2].isdigit() and words[3].isdigit()):
            raise Damaged(f"not a layer: {line[:60]}")
        pairs = [word.split("=", 1) for word in words[4 + int(words[2]) + int(words[3]):]]
        layers.append((words[0], words[1], {int(key): value for key, value in pairs}))
    if lines[1].split()[:1] != [str(len(layers))]:
        raise Damaged(f"{len(layers)} layers, but the graph says {lines[1].split()[:1]}")
    return layers


class Numbers:
    def __init__(self, bytes_):
        if len(bytes_) % 4:
            raise Damaged(f"{len(bytes_)} bytes are no whole number of floats")
        self.all, self.at = numpy.frombuffer(bytes_, "<f4"), 0

    def take(self, *shape):
        count = int(numpy.prod(shape))
        if self.at + count > len(self.all):
            raise Damaged(f"the numbers end at {len(self.all)}; {self.at + count} are needed")
        self.at += count
        return self.all[self.at - count:self.at].reshape(shape)


def weight_of(numbers, *shape):
    storage = numbers.take(1).view("<u4")[0]
    if storage:
        raise Damaged(f"number {numbers.at - 1}: a weight in the storage 0x{storage:08x}; only 32-bit floats are read")
    return numbers.take(*shape)


def convolution(values, numbers):
    filters, width = int(values[0]), int(values[1])
    height = int(values.get(11, width))
    weight = weight_of(numbers, filters, int(values[6]) // (filters * height * width), height, width)
    return {"weight": weight, **({"bias": numbers.take(filters)} if int(values.get(5, 0)) else {})}


def inner_product(values, numbers):
    outputs = int(values[0])
    weight = weight_of(numbers, outputs, int(values[2]) // outputs)
    return {"weight": weight, **({"bias": numbers.take(outputs)} if int(values.get(1, 0)) else {})}


def batch_norm(values, numbers):
    slope, mean, variance, bias = (numbers.take(int(values[0])) for _ in range(4))
    variance = variance.astype("<f8") + float(values.get(1, 0)) - EPSILON
    if (variance < -1e-6).any():
        raise Damaged(f"a variance is below 0")
    return {"weight": slope, "bias": bias, "running_mean": mean, "running_var": variance.clip(0),
            "num_batches_tracked": numpy.zeros((), "<i8")}


def prelu(values, numbers):
    return {"weight": numbers.take(int(values[0]))}


READERS = {"Convolution": convolution, "ConvolutionDepthWise": convolution, "InnerProduct": inner_product,
           "BatchNorm": batch_norm, "PReLU": prelu}
PLAIN = {"Input", "Split", "BinaryOp", "Flatten", "ReLU", "Pooling", "Softmax", "Concat"}


def convert(graph, numbers):
    """{name: array} of the whole network."""
    found, numbers = {}, Numbers(numbers)
    for kind, name, values in read_graph(graph):
        if kind in READERS:
            for part, array in READERS[kind](values, numbers).items():
                found[f"{name}.{part}"] = array
        elif kind not in PLAIN:
            raise Damaged(f"'{kind}' is not known here")
    if numbers.at != len(numbers.all):
        raise Damaged(f"{len(numbers.all) - numbers.at} numbers are left over")
    return found


def main(param, numbers, out):
    try:
        found = convert(pathlib.Path(param).read_text(), pathlib.Path(numbers).read_bytes())
    except (Damaged, OSError, KeyError, ValueError) as problem:
        sys.exit(f"{param}: {problem}")
    tensors.write(out, found)


if __name__ == "__main__":
    main(*sys.argv[1:])
