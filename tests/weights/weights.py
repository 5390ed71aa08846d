"""weights.py [--full] - weights between PyTorch and nnc: networks predict the same on both sides, every layer that has
parameters has PyTorch's layout, files come back bit for bit, and what does not fit is told.

--full adds MobileFaceNet with the weights of $DATA/mobilefacenet on the faces of $DATA/lfw (mobilefacenet.py)."""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy
import torch

import halves
import mobilefacenet
import tensors
from toolbox import NNC, ROOT, RUNTIME, Count, Refused, nnc, run

count = Count()
torch.set_num_threads(1)


def lines(*words):
    return "\n".join(words) + "\n"


class View(torch.nn.Module):
    """A vector as channels, height, width."""

    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(x.shape[0], *self.shape)


class Positions(torch.nn.Module):
    """A layer over the last dimension, applied with channels last."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x.movedim(1, -1)).movedim(-1, 1)


class Both(torch.nn.Module):
    """Two branches, flattened and put behind one another."""

    def __init__(self):
        super().__init__()
        self.left, self.right = torch.nn.Conv2d(2, 3, 3), torch.nn.Conv2d(2, 4, 2)
        self.out = torch.nn.Linear(3 * 9 + 4 * 16, 5)

    def forward(self, x):
        return self.out(torch.cat([self.left(x).flatten(1), self.right(x).flatten(1)], 1))


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in model.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            low, high = (0.5, 2) if name.endswith("running_var") else (-0.7, 0.7)
            tensor.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)
    return model.eval()


def state_of(model):
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def channels_last(x):
    return numpy.moveaxis(numpy.asarray(x), 1, -1) if x.ndim > 2 else numpy.asarray(x)


class Folder:
    kept = []  # removed at the end: paths outlive the objects

    def __init__(self):
        self.kept.append(tempfile.TemporaryDirectory(prefix="nnc-weights-"))
        self.path = pathlib.Path(self.kept[-1].name)

    def spec(self, text, name="net.yaml"):
        (self.path / name).write_text(text)
        return self.path / name

    def __truediv__(self, name):
        return self.path / name


def convert(folder, spec, state, *options, dtypes=None):
    """The file that nnc makes of PyTorch's tensors."""
    tensors.write(folder / "torch.safetensors", state, dtypes=dtypes)
    nnc("convert", spec, folder / "torch.safetensors", "--from", "torch", "-o", folder / "nnc.safetensors", *options)
    return folder / "nnc.safetensors"


def predicted(spec, weights, x):
    """What `nnc predict` answers for samples."""
    text = "\n".join(",".join(f"{value:.9g}" for value in sample) for sample in x.reshape(len(x), -1))
    done = subprocess.run([NNC, "predict", spec, "--weights", weights, "--numbers", "--target", "c"], input=text + "\n",
                          capture_output=True, text=True)
    if done.returncode:
        raise Refused(done.stderr.strip())
    return numpy.array([[float(value) for value in line.split(",")] for line in done.stdout.split()])


def compare_network(name, spec_text, model, shape):
    """Predictions agree, and the tensors come back as they were."""
    folder = Folder()
    spec = folder.spec(spec_text)
    randomize(model, len(name))
    x = torch.rand((3, *shape), generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        wanted = channels_last(model(x)).reshape(3, -1)
    state = state_of(model)

    def same_predictions():
        found = predicted(spec, convert(folder, spec, state), channels_last(x))
        if found.shape != wanted.shape:
            raise Refused(f"{found.shape} outputs, not {wanted.shape}")
        worst = abs(found - wanted).max() / abs(wanted).max()
        if not worst < 2e-6:
            raise Refused(f"relative difference {worst:.1e}")

    def same_tensors():
        nnc("convert", spec, folder / "nnc.safetensors", "--to", "torch", "-o", folder / "back.safetensors")
        back = tensors.read(folder / "back.safetensors")
        missing = {key for key in state if not key.endswith("num_batches_tracked")} ^ set(back)
        if missing:
            raise Refused(f"names differ: {sorted(missing)}")
        for key, array in back.items():
            if array.shape != state[key].shape or array.tobytes() != state[key].tobytes():
                raise Refused(f"'{key}' does not come back")
        model.load_state_dict({key: torch.tensor(array) for key, array in back.items()}, strict=True)

    count.attempt(f"{name}: predictions", same_predictions)
    count.attempt(f"{name}: back again", same_tensors)


# ---- every layer with parameters ----

nn = torch.nn
HEAD = "network: t\ninput: {}\nlayers:\n  - {}\nweights: {{names: {{{}_1: layer}}}}\nloss: mse\n"

# Template: cases of (input shape here, layer here, module there).
CASES = {
    "dense": [("[5]", "dense: 7", nn.Linear(5, 7)), ("[5]", "dense: {units: 3, bias: false}", nn.Linear(5, 3, False)),
              ("[3, 4, 5]", "dense: 2", Positions(nn.Linear(5, 2)))],
    "conv1d": [("[9, 4]", "conv1d: {filters: 6, kernel: 3, groups: 2}", nn.Conv1d(4, 6, 3, groups=2))],
    "conv2d": [("[6, 5, 3]", "conv2d: {filters: 4, kernel: [3, 2]}", nn.Conv2d(3, 4, (3, 2))),
               ("[6, 6, 6]", "conv2d: {filters: 4, kernel: 3, groups: 2, padding: 1, stride: 2}",
                nn.Conv2d(6, 4, 3, 2, 1, groups=2)),
               ("[5, 5, 4]", "conv2d: {filters: 4, kernel: 3, groups: 4, bias: false}",
                nn.Conv2d(4, 4, 3, groups=4, bias=False))],
    "conv2d_transpose": [("[4, 3, 6]", "conv2d_transpose: {filters: 4, kernel: [3, 2], stride: 2}",
                          nn.ConvTranspose2d(6, 4, (3, 2), 2)),
                         ("[4, 4, 6]", "conv2d_transpose: {filters: 4, kernel: 3, groups: 2}",
                          nn.ConvTranspose2d(6, 4, 3, groups=2))],
    "depthwise_conv2d": [("[6, 5, 3]", "depthwise_conv2d: {kernel: [3, 2]}", nn.Conv2d(3, 3, (3, 2), groups=3)),
                         ("[6, 6, 3]", "depthwise_conv2d: {kernel: 3, multiplier: 2, stride: 2, padding: 1}",
                          nn.Conv2d(3, 6, 3, 2, 1, groups=3))],
    "batch_norm": [("[7]", "batch_norm", nn.BatchNorm1d(7)), ("[3, 2, 5]", "batch_norm", nn.BatchNorm2d(5))],
    "layer_norm": [("[7]", "layer_norm", nn.LayerNorm(7)),
                   ("[3, 2, 4]", "layer_norm: {over: sample}", nn.LayerNorm((4, 3, 2)))],
    "group_norm": [("[3, 4, 6]", "group_norm: 3", nn.GroupNorm(3, 6))],
    "instance_norm": [("[3, 4, 6]", "instance_norm: {affine: true}", nn.InstanceNorm2d(6, affine=True))],
    "prelu": [("[3, 4, 6]", "prelu", nn.PReLU(6)), ("[3, 4, 6]", "prelu: {slopes: one}", nn.PReLU())],
}


def check_layers():
    """Each template with parameters, by reading the folder."""
    found = 0
    for path in sorted((ROOT / "templates" / "layers").glob("*.c")):
        if not re.search(r"^ \* Param:", path.read_text(), re.M):
            continue
        found += 1
        if path.stem not in CASES:
            count.check(f"layer {path.stem}", "it has parameters, but no case here")
        for number, (shape, layer, module) in enumerate(CASES.get(path.stem, [])):
            dims = [int(size) for size in shape.strip("[]").split(",")]
            positions = isinstance(module, Positions)
            model = nn.Sequential()
            model.add_module("layer", module)
            text = HEAD.format(shape, layer, path.stem)
            compare_network(f"{path.stem} {number + 1}",
                            text.replace(": layer}", ": layer.layer}") if positions else text, model,
                            (dims[-1], *dims[:-1]))
    count.check("layers with parameters are found", None if found >= 4 else f"{found}")


# ---- networks ----

CLASSIC = lines(
    "network: classic", "input: [9, 8, 4]", "layers:",
    "  - conv2d: {filters: 6, kernel: 3, groups: 2, name: first}", "  - batch_norm", "  - relu",
    "  - depthwise_conv2d: {kernel: 3, padding: 1, multiplier: 2}", "  - relu", "  - max_pool2d: 2", "  - flatten",
    "  - batch_norm", "  - dropout: 0.2", "  - dense: {units: 10, activation: tanh}", "  - layer_norm",
    "  - dense: {units: 4, name: logits}", "loss: mse", "weights:",
    "  names: {first: features.0, batch_norm_1: features.1, depthwise_conv2d_1: features.3, batch_norm_2: features.7,",
    "          dense_1: features.9, layer_norm_1: features.11, logits: classifier.0}")


def classic():
    features = nn.Sequential(nn.Conv2d(4, 6, 3, groups=2), nn.BatchNorm2d(6), nn.ReLU(),
                             nn.Conv2d(6, 12, 3, padding=1, groups=6), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                             nn.BatchNorm1d(108), nn.Dropout(0.2), nn.Linear(108, 10), nn.Tanh(), nn.LayerNorm(10))
    model = nn.Sequential()
    model.add_module("features", features)
    model.add_module("classifier", nn.Sequential(nn.Linear(10, 4)))
    return model


# Flattened, and made an image again: the dense layer before the reshape has its outputs permuted, and its bias.
DECODER = lines(
    "network: decoder", "input: [4, 6, 3]", "layers:", "  - conv2d: {filters: 5, kernel: 3, name: enc}", "  - flatten",
    "  - dense: {units: 7, activation: relu, name: code}", "  - dense: {units: 30, activation: relu, name: grow}",
    "  - reshape: [3, 2, 5]", "  - conv2d: {filters: 2, kernel: 2, name: dec}", "loss: mse")


def decoder():
    model = nn.Sequential()
    for name, module in {"enc": nn.Conv2d(3, 5, 3), "flat": nn.Flatten(), "code": nn.Linear(40, 7), "r1": nn.ReLU(),
                         "grow": nn.Linear(7, 30), "r2": nn.ReLU(), "view": View(5, 3, 2),
                         "dec": nn.Conv2d(5, 2, 2)}.items():
        model.add_module(name, module)
    return model


JOINED = lines(
    "network: joined", "input: [5, 5, 2]", "layers:", "  - conv2d: {filters: 3, kernel: 3, name: left}",
    "  - flatten: {name: flat_left}", "  - conv2d: {filters: 4, kernel: 2, input: input, name: right}",
    "  - flatten: {name: flat_right}", "  - concat: {inputs: [flat_left, flat_right]}", "  - dense: {units: 5, name: out}",
    "loss: mse")


# One set of weights for two layers: PyTorch's model has it once, too.
SHARED = lines(
    "network: shared", "input: [2, 2, 3]", "layers:", "  - flatten", "  - dense: {units: 12, activation: tanh, name: twice}",
    "  - dense: {share: twice, activation: tanh, name: again}", "  - reshape: [2, 2, 3]", "  - conv2d: {filters: 2, kernel: 2, name: out}",
    "loss: mse")


class Shared(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.twice, self.out = torch.nn.Linear(12, 12), torch.nn.Conv2d(3, 2, 2)

    def forward(self, x):
        return self.out(self.twice(self.twice(x.flatten(1)).tanh()).tanh().reshape(-1, 3, 2, 2))


def check_flattens_as_nnc():
    """`flattened: channels_last`: a model of channels last on the other side."""
    folder = Folder()
    spec = folder.spec(lines("network: t", "input: [2, 3, 4]", "layers:", "  - flatten", "  - dense: {units: 5, name: d}",
                             "loss: mse", "weights: {flattened: channels_last}"))
    state = {"d.weight": numpy.arange(120, dtype="<f4").reshape(5, 24), "d.bias": numpy.zeros(5, "<f4")}
    found = tensors.read(convert(folder, spec, state))["d.weight"]
    count.check("flattened: channels_last", None if (found == state["d.weight"].T).all() else "it is permuted")


# ---- names, types ----

SMALL = lines("network: t", "input: [3]", "layers:", "  - dense: {units: 2, name: a}", "  - dense: {units: 2, name: b}",
              "loss: mse")


def small_state(prefix="", a="a", b="b"):
    random = numpy.random.default_rng(1)
    made = {f"{a}.weight": random.normal(size=(2, 3)), f"{a}.bias": random.normal(size=2),
            f"{b}.weight": random.normal(size=(2, 2)), f"{b}.bias": random.normal(size=2)}
    return {prefix + name: array.astype("<f4") for name, array in made.items()}


def check_names():
    for what, section, state in [
            ("no section", "", small_state()),
            ("a prefix", "weights: {prefix: module}\n", small_state("module.")),
            ("an empty name", "weights: {names: {a: \"\"}}\n",
             {name.replace("a.", "", 1) if name.startswith("a.") else name: array
              for name, array in small_state().items()}),
            ("one tensor", "weights: {names: {a.weight: kernel, b: net.1}}\n",
             {name.replace("a.weight", "kernel"): array for name, array in small_state(b="net.1").items()}),
            ("an ignored module", "weights: {ignore: aux}\n", {**small_state(), "aux.0.weight": numpy.zeros(3, "<f4")})]:
        folder = Folder()
        spec = folder.spec(SMALL + section)

        def same(folder=folder, spec=spec, state=state):
            found = tensors.read(convert(folder, spec, state))
            wanted = list(small_state().values())
            for array, name in zip(wanted, ["a.weight", "a.bias", "b.weight", "b.bias"]):
                if not (found[name] == array.T).all():
                    raise Refused(f"'{name}' is not what was written")

        count.attempt(f"names: {what}", same)
    folder = Folder()
    names = folder.spec("names: {a: x}\nprefix: net\n", "names.yaml")
    count.attempt("names: a file takes the place of the section", lambda: convert(
        folder, folder.spec(SMALL + "weights: {names: {a: y, b: y}}\n"), small_state("net.", a="x"), "--names", names))


def check_types():
    """Each type of real numbers, to the nearest float; all 65536 halves and bfloat16s."""
    folder = Folder()
    spec = folder.spec(lines("network: t", "input: [256]", "layers:", "  - dense: {units: 256, bias: false, name: d}",
                             "loss: mse"))
    bits = numpy.arange(65536, dtype="<u2").reshape(256, 256)
    halves = bits.view("<f2")
    brains = (bits.astype("<u4") << 16).view("<f4")
    doubles = numpy.random.default_rng(2).normal(size=(256, 256)) * 10.0 ** numpy.arange(-40, 216).reshape(1, 256).clip(-40, 37)
    for name, stored, wanted in [("F16", halves, halves.astype("<f4")), ("BF16", bits, brains), ("F64", doubles, doubles.astype("<f4")),
                                 ("F32", brains, brains)]:
        found = tensors.read(convert(folder, spec, {"d.weight": stored}, dtypes={"d.weight": name}))["d.weight"].T
        same = (numpy.ascontiguousarray(found).view("<u4") == wanted.view("<u4")) | (numpy.isnan(found) & numpy.isnan(wanted))
        count.check(f"{name} is read to the nearest float", None if same.all() else f"{(~same).sum()} numbers differ")
    wide = tensors.read(convert(folder, spec, {"d.weight": doubles}, "--dtype", "float64"))["d.weight"]
    count.check("F64 stays what it is in float64", None if (wide == doubles.T).all() else "it differs")


def check_learnt():
    """What nnc keeps about the data does not go to PyTorch."""
    folder = Folder()
    spec = folder.spec(SMALL)
    own = {name: numpy.ascontiguousarray(array.T) for name, array in small_state().items()}
    tensors.write(folder / "own", {**own, "standardize.inputs.mean": numpy.zeros(3), "fill.inputs": numpy.zeros(3)})
    nnc("convert", spec, folder / "own", "--to", "torch", "-o", folder / "back")
    found, wanted = tensors.read(folder / "back"), small_state()
    count.check("what was learnt about the data stays behind", None if found.keys() == wanted.keys() and all(
        (found[name] == wanted[name]).all() for name in wanted) else f"{list(found)}")


# ---- in the source, and out of the file ----

PREDICT = """#include "net.h"
#include <stdio.h>
int main(void)
{
    static t_inference scratch;
    float x[3] = {0.25f, -1, 3}, y[2];
    t_predict(&t_weights, &scratch, x, y);
    return printf("%a %a\\n", (double)y[0], (double)y[1]) < 0;
}
"""


def check_constants():
    """The same prediction from numbers in the source and from --incbin, with both compilers; what neither takes."""
    folder = Folder()
    spec = folder.spec(SMALL)
    convert(folder, spec, small_state())
    (folder / "main.c").write_text(PREDICT)
    answers = []
    for form, compiler in [([], "gcc"), (["--incbin"], "gcc"), (["--incbin"], "clang")]:
        def answer(form=form, compiler=compiler):
            nnc(spec, "--inference", "--weights", folder / "nnc.safetensors", *form, "-o", folder / "net.c")
            run([compiler, "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-Wa,-I{folder.path}", *RUNTIME,
                 folder / "main.c", folder / "net.c", "-o", folder / "main"])
            answers.append(run([folder / "main"]))
        if shutil.which(compiler):
            count.attempt(f"constants: {compiler} {' '.join(form)}", answer)
    count.check("constants: the same bits", None if len(set(answers)) == 1 else f"{answers}")
    bad = dict(tensors.read(folder / "nnc.safetensors"))
    bad["a.bias"] = numpy.array([1, numpy.nan], "<f4")
    tensors.write(folder / "nan", bad)
    tensors.write(folder / "turned", dict(reversed(list(tensors.read(folder / "nnc.safetensors").items()))))
    tensors.write(folder / "foreign", small_state(a="x"))
    (folder / "packed").write_bytes(gzip.compress((folder / "nnc.safetensors").read_bytes()))
    large = folder.spec("network: t\ninput: [2100]\nlayers:\n  - dense: 2100\nloss: mse\n", "large.yaml")
    for what, options, words in [
            ("no number", [spec, "--weights", folder / "nan"], "element 1 of tensor 'a.bias' is nan"),
            ("another order", [spec, "--weights", folder / "turned", "--incbin"], "in the order of the struct"),
            ("a compressed file", [spec, "--weights", folder / "packed", "--incbin"], "uncompressed"),
            ("PyTorch's own file", [spec, "--weights", folder / "foreign"], "`nnc convert` reads files of PyTorch"),
            ("75 MB of C", [large, "--weights", folder / "nan"], "4412100 parameters would be about 75 MB of C")]:
        done = subprocess.run([NNC, *options, "-o", folder / "refused.c"], capture_output=True, text=True)
        good = done.returncode == 1 and words in done.stderr and not (folder / "refused.c").exists()
        count.check(f"constants: {what} is refused", None if good else f"status {done.returncode}: {done.stderr[:300]}")


# ---- what does not fit ----

def refused(what, spec_text, state, *patterns, options=(), raw=None, status=1):
    """Status 1 (2: usage), the message, and no file."""
    folder = Folder()
    spec = folder.spec(spec_text)
    if raw is None:
        tensors.write(folder / "in.safetensors", state)
    else:
        (folder / "in.safetensors").write_bytes(raw)
    done = subprocess.run([NNC, "convert", spec, folder / "in.safetensors", *(options or ("--from", "torch")), "-o",
                           folder / "out.safetensors"], capture_output=True, text=True)
    words = done.stderr.replace(str(folder.path) + "/", "")
    problem = None
    if done.returncode != status or done.stdout or (folder / "out.safetensors").exists():
        problem = f"status {done.returncode}, {list(folder.path.iterdir())}: {words[:300]}"
    for pattern in patterns:
        if pattern not in words:
            problem = problem or f"no '{pattern}' in: {words[:900]}"
    count.check(f"refused: {what}", problem)


def check_refusals():
    state = small_state()
    other = {("c.weight" if name == "b.weight" else name): array for name, array in state.items()}
    refused("a missing tensor, with the only one that fits", SMALL, other,
            "net.yaml:5:29: error: in.safetensors has no tensor 'b.weight' [2, 2]", "only 'c.weight' has this shape",
            "nothing takes tensor 'c.weight', F32 [2, 2], of in.safetensors", "ignore: [c.weight]")
    refused("a misspelt name", SMALL, {name.replace("b.bias", "b.bais"): array for name, array in state.items()}
            | {"extra": state["b.bias"]}, "has no tensor 'b.bias' [2]", "did you mean 'b.bais'?")
    refused("another shape, with both", SMALL, {**state, "a.weight": numpy.zeros((2, 4), "<f4")},
            "tensor 'a.weight' is F32 [2, 4], but 'a.weight' needs [2, 3]", "note: 'a.weight' is [3, 2] here")
    refused("whole numbers", SMALL, {**state, "a.bias": numpy.zeros(2, "<i8")},
            "tensor 'a.bias' is I64 [2]; weights are F64, F32, F16 or BF16")
    refused("a name of no layer", SMALL + "weights: {names: {aa: x}}\n", state,
            "net.yaml:7:19: error: no layer with parameters, and no parameter, is called 'aa'", "did you mean 'a'?")
    refused("one name for two", SMALL + "weights: {names: {a: b}}\n", state, "'a.weight' and 'b.weight' are both called 'b.weight' there",
            "note: the other one is here")
    refused("nothing to ignore", SMALL + "weights: {ignore: [aux]}\n", state, "net.yaml:7:20: error: in.safetensors has nothing called 'aux'")
    refused("names that are no mapping", SMALL + "weights: {names: [a]}\n", state, "'names' is a mapping of layers to modules")
    refused("a key that is not known", SMALL + "weights: {name: {a: b}}\n", state, "has no key 'name'", "did you mean 'names'?")
    refused("another order of what is flattened", SMALL + "weights: {flattened: rows}\n", state, "channels_first")
    refused("neither from nor to", SMALL, state, "one of --from torch and --to torch", options=("--dtype", "float32"), status=2)
    refused("a tool that is not known", SMALL, state, "'keras' is not a layout that convert knows", options=("--from", "keras"), status=2)
    refused("weights of nnc's own, to torch, with a left-over", SMALL, small_state(), "'a.weight' is F32 [2, 3], but 'a.weight' needs [3, 2]",
            options=("--to", "torch"))
    refused("two orders of the same features", lines(
        "network: t", "input: [2, 2, 4]", "layers:", "  - flatten", "  - relu", "  - reshape: [4, 2, 2]",
        "  - conv2d: {filters: 2, kernel: 1, name: a}", "loss: mse"), {}, "in two different orders", "'flatten_1' is here",
        "flattened: channels_last")
    good = Folder() / "good"
    tensors.write(good, small_state())
    whole = good.read_bytes()
    for end in (0, 5, 8, 40, len(whole) - 1):
        refused(f"a file of {end} bytes", SMALL, None, "in.safetensors", "error", raw=whole[:end])
    refused("a file with a tail", SMALL, None, "goes on", raw=whole + b"x")
    refused("a header longer than the file", SMALL, None, "header", raw=b"\xff" * 6 + b"\0\0" + whole[8:])
    refused("a pickle", SMALL, None, "in.safetensors", "error", raw=b"\x80\x02}q\x00(X\x05\x00\x00\x00" + b"a" * 64)


def check_places():
    """A template whose tag gives two numbers one place."""
    folder = Folder()
    (folder / "layers").mkdir()
    text = (ROOT / "templates/layers/dense.c").read_text().replace("weight[o][i]", "weight[o][i / 2]")
    (folder / "layers/dense.c").write_text(text)
    refused("a tag that is not one to one", SMALL, small_state(), "layers/dense.c:", "each number of 'a.weight' one place",
            options=("--from", "torch", "--templates", folder.path))


def check_order_of_lost_features():
    """A layer that picks features by their number cannot be helped by permuting weights: said, not guessed."""
    refused("a slice of what was flattened", lines(
        "network: t", "input: [2, 2, 4]", "layers:", "  - flatten", "  - slice: {start: 3}",
        "  - dense: {units: 2, name: a}", "loss: mse"), {}, "reads features that stand in another order")


def main():
    full = "--full" in sys.argv[1:]
    check_layers()
    compare_network("classic", CLASSIC, classic(), (4, 9, 8))
    compare_network("decoder", DECODER, decoder(), (3, 4, 6))
    compare_network("joined", JOINED, Both(), (2, 5, 5))
    compare_network("shared", SHARED, Shared(), (3, 2, 2))
    check_flattens_as_nnc()
    check_names()
    check_types()
    check_learnt()
    check_constants()
    check_refusals()
    check_places()
    check_order_of_lost_features()
    halves.check(count, full)
    mobilefacenet.check(count, full)
    return count.finish()


if __name__ == "__main__":
    sys.exit(main())
