"""onnx_models.py - ONNX Runtime and its models: fetched, compiled, exported, and proved to be nnc's networks.

All of it lies in build/peers and is made once. A model counts as ready when PyTorch's network has as many parameters as
nnc's, and nnc, with the weights that `nnc convert` takes from PyTorch, answers as PyTorch does; peer_ort compares
ONNX Runtime's answer with PyTorch's whenever it runs.
"""
import hashlib
import json
import os
import platform
import re
import shutil
import struct
import subprocess
import sys

from builds import read, write
from machine import HERE, NNC, ROOT, Failed, compiler, run, run_json
from workloads import LEAST, own_text, without

VERSION = "1.30.0"
FOLDER = os.path.join(ROOT, "build", "peers")
PLATFORM = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
PACKAGE = os.path.join(FOLDER, f"onnxruntime-node-{VERSION}")
LIBRARY = os.path.join(PACKAGE, "node_modules", "onnxruntime-node", "bin", "napi-v6", "linux", PLATFORM,
                       "libonnxruntime.so.1")
TOLERANCE = 1e-4  # of the largest number of the answer


def fetch():
    """npm's package, without the scripts that would fetch more. False if it is not to be had."""
    if os.path.exists(LIBRARY):
        return True
    if not shutil.which("npm"):
        return False
    print(f"fetching onnxruntime-node {VERSION} into build/peers", file=sys.stderr, flush=True)
    os.makedirs(PACKAGE, exist_ok=True)
    words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix", PACKAGE,
             f"onnxruntime-node@{VERSION}"]
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0 and os.path.exists(LIBRARY)


def driver():
    """peer_ort, compiled against the library."""
    program = os.path.join(FOLDER, "peer_ort")
    sources = [os.path.join(HERE, name) for name in ("peer_ort.c", "stopwatch.c")]
    run([*compiler(), "-std=c11", "-O2", *sources, LIBRARY, f"-Wl,-rpath,{os.path.dirname(LIBRARY)}", "-lm", "-o",
         program])
    version = run([program, "--version"]).strip()
    if version != VERSION:
        raise Failed(f"{LIBRARY} is ONNX Runtime {version} instead of {VERSION}")
    return program


def fingerprint(network):
    """Of all that a model and its proof are made from."""
    text = own_text(network) + read(os.path.join(HERE, "networks.py")) + read(os.path.join(HERE, "export_onnx.py"))
    return hashlib.sha256(text.encode()).hexdigest()


def layers_with_parameters(spec):
    """By the names that `nnc convert` knows, in order; from the table of tensors that nnc prints for trainers."""
    entry = r'\{"([\w.]+)\.\w+",\s+NNC_REAL,\s+\d+,\s+\{[\d,\s]+\},\s+\d+,\s+offsetof\(\w+,\s+parameters\.'
    return list(dict.fromkeys(re.findall(entry, run([NNC, spec, "--describe", "-o", "-"]))))


def pair_names(folder, spec, exported):
    """nnc's layers and PyTorch's modules that have parameters, one by one: a file for `nnc convert --names`."""
    trained = run_json([NNC, "report", spec, "--json"])["parameters"]["trained"]
    layers, modules = layers_with_parameters(spec), exported["modules"]
    if trained != exported["parameters"] or len(layers) != len(modules):
        raise Failed(f"{spec}: nnc has {trained} parameters in {len(layers)} layers, PyTorch "
                     f"{exported['parameters']} in {len(modules)}")
    lines = "".join(f"  {layer}: '{module}'\n" for layer, module in zip(layers, modules))
    return write(os.path.join(folder, "names.yaml"), f"names:\n{lines}flattened: channels_first\n")


def answers(path):
    with open(path, "rb") as file:
        content = file.read()
    return struct.unpack(f"<{len(content) // 4}f", content)


def prove(network, folder, exported):
    """nnc answers as PyTorch does, with PyTorch's weights; before the softmax, which could hide much."""
    spec = write(os.path.join(folder, "net.yaml"), without(own_text(network), {"data", "output"}))
    names, weights = pair_names(folder, spec, exported), os.path.join(folder, "nnc.safetensors")
    run([NNC, "convert", spec, os.path.join(folder, "model.safetensors"), "--from", "torch", "--names", names, "-o",
         weights])
    said = run([NNC, "predict", spec, "--target", "native", "--batch", str(LEAST.get(network, 1)), "--weights", weights,
                os.path.join(folder, "input.csv")])
    got = [float(word) for word in said.split()[0].split(",")]
    expected = answers(os.path.join(folder, "logits"))
    scale = max(map(abs, expected))
    error = max(abs(a - b) for a, b in zip(got, expected)) / scale
    if len(got) != len(expected) or not error < TOLERANCE:
        raise Failed(f"{network}: nnc's answer is {error:g} from PyTorch's")
    return error


def model(network):
    """The folder of a model that is ready, and the shape of its input."""
    folder = os.path.join(FOLDER, "models", network)
    stamp = os.path.join(folder, "ready.json")
    if os.path.exists(stamp):
        ready = json.loads(read(stamp))
        if ready["fingerprint"] == fingerprint(network):
            return folder, ready["shape"]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    exported = run_json([sys.executable, os.path.join(HERE, "export_onnx.py"), network, folder])
    error = prove(network, folder, exported)
    for name in ("model.safetensors", "nnc.safetensors"):
        os.unlink(os.path.join(folder, name))
    write(stamp, json.dumps({"fingerprint": fingerprint(network), "shape": exported["shape"], "error": error}))
    return folder, exported["shape"]


def command(program, network, milliseconds):
    folder, shape = model(network)
    files = [os.path.join(folder, name) for name in ("model.onnx", "input", "output")]
    return [program, *files, str(milliseconds), *map(str, shape)]
