"""mobilefacenet.py - the network of specs/mobilefacenet.yaml with weights that others trained: ncnn's files become
PyTorch's tensors (ncnn.py), nnc reads those, and what it prints gives the embeddings and the accuracy that are known.

The data are for research and not part of the project: $DATA/mobilefacenet, $DATA/lfw."""
import csv
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import time

import numpy

import ncnn
import tensors
from toolbox import ROOT, RUNTIME, Refused, nnc, run

HERE = pathlib.Path(__file__).parent
SPEC = ROOT / "specs" / "mobilefacenet.yaml"
EMBEDDING, COSINE, ACCURACY = 1e-3, 2e-3, 99.17  # limits: relative, absolute, percent


def missing():
    """What stands in the way of the test, or None."""
    folder = pathlib.Path(os.environ.get("DATA", "/nonexistent"))
    for name in ("mobilefacenet/mobilefacenet.param", "lfw/pairs.txt"):
        if not (folder / name).exists():
            return f"there is no $DATA/{name}"
    if not shutil.which("gcc") or not pathlib.Path("/usr/include/jpeglib.h").exists():
        return "gcc or libjpeg's header is missing (Debian: apt-get install libjpeg-dev)"
    return None


def first_fold(path):
    """(one, other, same) of the 600 pairs of the first fold, as files."""
    folds, pairs = path.read_text().splitlines(), []
    each = int(folds[0].split()[1])
    for line in folds[1:1 + 2 * each]:
        words = line.split()
        same = len(words) == 3
        one, other = (words[0], words[1]), (words[0], words[2]) if same else (words[2], words[3])
        pairs.append((*(f"data/{name}/{name}_{int(number):04d}.jpg" for name, number in (one, other)), same))
    return pairs


def module_name(name):
    """res_3_block0_conv_sep_conv2d.weight -> res_3_block0.conv_sep.conv2d.weight: modules within modules."""
    name = re.sub(r"_(conv2d|batchnorm|relu)\.", r".\1.", name)
    return re.sub(r"_(conv_(?:sep|dw|proj))\.", r".\1.", name)


class Network:
    """MobileFaceNet, converted, printed for this machine and compiled."""

    def __init__(self, data, work):
        self.work, self.faces = work, work / "lfw"
        found = ncnn.convert((data / "mobilefacenet/mobilefacenet.param").read_text(),
                             (data / "mobilefacenet/mobilefacenet.bin").read_bytes())
        tensors.write(work / "torch.safetensors", {module_name(name): array for name, array in found.items()})
        nnc("convert", SPEC, work / "torch.safetensors", "--from", "torch", "--names", HERE / "mobilefacenet.names.yaml",
            "-o", work / "w.safetensors")
        self.compile()
        with tarfile.open(next((data / "lfw").glob("*.tar.gz"))) as archive:
            archive.extractall(self.faces)
        run(["gcc", "-O1", HERE / "jpeg.c", "-o", work / "jpeg", "-ljpeg"])

    def compile(self):
        source = self.work / "net.c"
        start = time.monotonic()
        nnc(SPEC, "--inference", "--target", "native", "-o", source)
        printed = time.monotonic()
        opening = " ".join(source.read_text().split("*/")[0].replace("\n *", " ").split())
        flags = re.search(r"compile with ((?:-\S+ ?)+)", opening)
        flags = flags[1].rstrip(". ").split() if flags else []
        run(["gcc", "-O2", "-Wno-psabi", *flags, *RUNTIME, "-I", self.work, HERE / "embed.c", source, "-o", self.work / "embed"])
        print(f"mobilefacenet: {source.stat().st_size} bytes of C in {printed - start:.2f} s, "
              f"compiled in {time.monotonic() - printed:.1f} s")

    def embeddings(self, names):
        """{name: embedding}"""
        pixels = subprocess.run([self.work / "jpeg", "112", "112", *(self.faces / name for name in names)],
                                capture_output=True, check=True).stdout
        done = subprocess.run([self.work / "embed", self.work / "w.safetensors"], input=pixels, capture_output=True,
                              check=True)
        print(f"mobilefacenet: {done.stderr.decode().strip()}")
        return dict(zip(names, numpy.frombuffer(done.stdout, "<f4").reshape(len(names), -1).astype(float)))


def compare_embeddings(network, path):
    with open(path) as file:
        rows = list(csv.reader(file))[1:]
    found = network.embeddings([row[0] for row in rows])
    worst = 0
    for name, *numbers in rows:
        wanted = numpy.array([float(number) for number in numbers])
        worst = max(worst, abs(found[name] - wanted).max() / abs(wanted).max())
    print(f"mobilefacenet: {len(rows)} embeddings, worst relative difference {worst:.1e}")
    if len(rows) != 16 or not worst < EMBEDDING:
        raise Refused(f"{len(rows)} embeddings, worst relative difference {worst:.1e}")


def cosine(one, other):
    return float(one @ other / numpy.sqrt((one @ one) * (other @ other)))


def best_accuracy(cosines, same):
    """Percent, with the threshold that is best for these pairs."""
    return 100 * max(numpy.mean((cosines > threshold) == same) for threshold in numpy.concatenate([cosines - 1e-9, [1]]))


def compare_pairs(network, data):
    pairs = first_fold(data / "lfw/pairs.txt")
    found = network.embeddings(sorted({name for pair in pairs for name in pair[:2]}))
    cosines = numpy.array([cosine(found[one], found[other]) for one, other, _ in pairs])
    with open(data / "mobilefacenet/ref-lfw-fold1-cosine.csv") as file:
        rows = list(csv.reader(file))[1:]
    worst = max(abs(value - float(row[2])) for value, row in zip(cosines, rows))
    same = numpy.array([pair[2] for pair in pairs])
    accuracy = best_accuracy(cosines, same)
    print(f"mobilefacenet: {len(rows)} cosines, worst difference {worst:.1e}; accuracy on fold 1 {accuracy:.2f} %")
    if len(pairs) != len(rows) or [int(row[1]) for row in rows] != list(same) or not worst < COSINE:
        raise Refused(f"{len(pairs)} pairs, {len(rows)} cosines, worst difference {worst:.1e}")
    if round(accuracy, 2) != ACCURACY:
        raise Refused(f"accuracy {accuracy:.2f} %, not {ACCURACY} %")


def check_graph(count):
    """The converter refuses what is no network of ncnn's."""
    graph = "7767517\n2 2\nInput data 0 1 data\nInnerProduct fc 1 1 data fc 0=2 1=1 2=6\n"
    numbers = numpy.concatenate([[0], numpy.arange(8)]).astype("<f4").tobytes()
    found = ncnn.convert(graph, numbers)
    good = found["fc.weight"].tolist() == [[0, 1, 2], [3, 4, 5]] and found["fc.bias"].tolist() == [6, 7]
    count.check("ncnn: a graph and its numbers", None if good else f"{found}")
    for what, text, bytes_ in [("no graph", "network: t\n", numbers), ("too few numbers", graph, numbers[:-4]),
                               ("too many numbers", graph, numbers + b"\0\0\0\0"), ("half a number", graph, numbers[:-1]),
                               ("another storage", graph, b"\x47\x6b\x30\x01" + numbers[4:]),
                               ("a layer that is not known", graph.replace("InnerProduct", "LSTM"), numbers),
                               ("another count of layers", graph.replace("2 2", "3 2"), numbers)]:
        try:
            ncnn.convert(text, bytes_)
            count.check(f"ncnn: {what}", "it is taken")
        except ncnn.Damaged:
            count.check(f"ncnn: {what}")


def check(count, full):
    check_graph(count)
    if not full:
        return
    problem = missing()
    if problem:
        print(f"skipped: mobilefacenet: {problem}")
        return
    data = pathlib.Path(os.environ["DATA"])
    with tempfile.TemporaryDirectory(prefix="nnc-mobilefacenet-") as folder:
        network = count.attempt("mobilefacenet: converted and compiled", lambda: Network(data, pathlib.Path(folder)))
        if not network:
            return
        count.attempt("mobilefacenet: 16 embeddings", lambda: compare_embeddings(
            network, data / "mobilefacenet/ref-embeddings-16.csv"))
        count.attempt("mobilefacenet: 600 pairs of LFW", lambda: compare_pairs(network, data))
