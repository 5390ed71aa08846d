"""template_bits.py - generated code in separate numerics against the templates themselves, compiled as the C they are.

A network of a dense layer, the layer in question and mse makes one step; the same step is made by calling the template
functions one after the other, compiled with -O2 -ffp-contract=off. Loss, gradients, parameters after the update and
prediction must agree bit for bit. Arrays go from function to function by their names in the templates, as the template
language has it: what _forward leaves is what _backward finds."""
import ctypes
import math
import random
import re

from descriptor import description_of
from toolbox import ROOT, RUNTIME, Refused, generate, run

FROZEN = "frozen"
BATCH, INPUT, POSITIONS = 5, 6, (7, 6)  # rows and columns of the map that layers over images see

# Layer -> (attributes in the spec, values of the template's knobs and sizes beside N, M and the channels).
POINTWISE = {
    "relu": ({}, {}), "leaky_relu": ({"slope": 0.1}, {"slope": 0.1}), "rescale": ({"factor": 0.3}, {"factor": 0.3}),
    "elu": ({"alpha": 0.7}, {"alpha": 0.7}),
    "selu": ({}, {}), "gelu": ({}, {}), "silu": ({}, {}), "sigmoid": ({}, {}), "tanh": ({}, {}), "softplus": ({}, {}),
    "softsign": ({}, {}), "hard_sigmoid": ({}, {}), "hard_swish": ({}, {}),
}
ROWS = {
    "softmax": ({}, {}), "log_softmax": ({}, {}), "layer_norm": ({}, {"epsilon": 1e-5}),
    "batch_norm": ({}, {"epsilon": 1e-5, "momentum": 0.1}),
}
# (layer, attributes, sizes), of a map of 7 x 6 positions with 4 channels, or of a row of 7; with the form that is taken.
WINDOW = dict(KH=3, KW=2, SH=2, SW=1, PT=1, PB=1, PL=0, PR=1, A=4, B=6)
WINDOW_SPEC = {"kernel": [3, 2], "stride": [2, 1], "padding": [1, 1, 0, 1]}
ROW_WINDOW, ROW_SPEC = dict(KW=3, SW=2, PL=1, PR=1, B=4), {"kernel": 3, "stride": 2, "padding": 1}
IMAGES = {
    "conv2d": ("conv2d", {"filters": 4, "kernel": [3, 2], "stride": [2, 1], "padding": 1, "groups": 2},
               dict(F=4, KH=3, KW=2, SH=2, SW=1, DH=1, DW=1, PT=1, PB=1, PL=1, PR=1, G=2, A=4, B=7)),
    "depthwise_conv2d": ("depthwise_conv2d", {"kernel": [2, 3], "multiplier": 2, "stride": [1, 2], "padding": [0, 3],
                                              "dilation": [3, 1]},
                         dict(F=8, Q=2, KH=2, KW=3, SH=1, SW=2, DH=3, DW=1, PT=0, PB=0, PL=3, PR=3, A=4, B=5)),
    "conv2d_transpose": ("conv2d_transpose", {"filters": 6, "kernel": [3, 2], "stride": [2, 1], "padding": [1, 0, 2, 0],
                                              "output_padding": [1, 0], "groups": 2},
                         dict(F=6, KH=3, KW=2, SH=2, SW=1, DH=1, DW=1, PT=1, PL=2, G=2, A=15, B=5)),
    "max_pool2d": ("max_pool2d", {"kernel": 3, "stride": 2, "padding": 1},
                   dict(KH=3, KW=3, SH=2, SW=2, PT=1, PB=1, PL=1, PR=1, A=4, B=3)),
    "avg_pool2d": ("avg_pool2d", {**WINDOW_SPEC, "count_include_pad": "false"}, WINDOW),
    "avg_pool2d_counted": ("avg_pool2d", WINDOW_SPEC, WINDOW, "_counted"),
    "conv1d": ("conv1d", {"filters": 6, **ROW_SPEC, "groups": 2}, dict(F=6, DW=1, G=2, **ROW_WINDOW)),
    "max_pool1d": ("max_pool1d", ROW_SPEC, ROW_WINDOW),
    "avg_pool1d": ("avg_pool1d", {**ROW_SPEC, "count_include_pad": "false"}, ROW_WINDOW),
    "avg_pool1d_counted": ("avg_pool1d", ROW_SPEC, ROW_WINDOW, "_counted"),
    "global_avg_pool": ("global_avg_pool", {}, dict(M=42)),
    "global_max_pool": ("global_max_pool", {}, dict(M=42)),
    "pad2d": ("pad2d", {"padding": [1, 0, 2, 3], "value": 0.3}, dict(PT=1, PL=2, A=8, B=11, value=0.3)),
    "crop2d": ("crop2d", {"crop": [1, 0, 2, 3]}, dict(CT=1, CL=2, A=6, B=1)),
    "upsample2d": ("upsample2d", {"scale_factor": [3, 2]}, dict(FH=3, FW=2, A=21, B=12)),
    "upsample2d_bilinear": ("upsample2d", {"scale_factor": [3, 2], "mode": "bilinear"}, dict(FH=3, FW=2, A=21, B=12),
                            "_bilinear"),
    "permute": ("permute", {"axes": [3, 1, 2]}, dict(I=7, J=6, K=4, A=4, B=7, C=6, axes=[3, 1, 2]), "_map"),
    "slice": ("slice", {"axis": 1, "start": 1, "step": 2}, dict(P=1, L=7, M=24, S=2, FROM=1, O=3)),
}
# The same for layers over the channels of a map, here 9. The form `frozen` is that of prediction.
MAP, EPSILON = dict(M=42), dict(M=42, epsilon=1e-5)
RESPONSE = dict(M=42, alpha=1e-4, beta=0.75, k=1.0)
MAPS = {
    "prelu": ("prelu", {}, MAP), "prelu_one": ("prelu", {"slopes": "one"}, MAP, "_one"),
    "batch_norm_map": ("batch_norm", {}, {**EPSILON, "momentum": 0.1}),
    "batch_norm_frozen": ("batch_norm", {"trainable": "false"}, EPSILON, FROZEN),
    "layer_norm_sample": ("layer_norm", {"over": "sample"}, EPSILON, "_sample"),
    "group_norm": ("group_norm", {"groups": 3}, {**EPSILON, "G": 3}),
    "instance_norm": ("instance_norm", {}, EPSILON),
    "instance_norm_affine": ("instance_norm", {"affine": "true"}, EPSILON, "_affine"),
    "local_response_norm": ("local_response_norm", {"size": 4, "alpha": 0.3}, {**RESPONSE, "R": 4, "alpha": 0.3}),
    "local_response_norm_wide": ("local_response_norm", {"size": 19, "beta": 0.5}, {**RESPONSE, "R": 19, "beta": 0.5}),
    "l2_normalize": ("l2_normalize", {}, dict(M=42, epsilon=1e-12)),
    "l2_normalize_short": ("l2_normalize", {"epsilon": 2.5}, dict(M=42, epsilon=2.5)),
    "spatial_dropout": ("spatial_dropout", {"rate": 0.4}, dict(M=42, rate=0.4)),
}
OPTIMIZERS = {"sgd": {}, "adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
              "adagrad": {"epsilon": 1e-10}, "rmsprop": {"rho": 0.99, "epsilon": 1e-8},
              "adadelta": {"rho": 0.9, "epsilon": 1e-6}, "lion": {"beta1": 0.9, "beta2": 0.99, "weight_decay": 0.0}}
SEED = 5
STARTS = {"running_variance": 1.0, "gamma": 1.0}


def elements_of(dimensions, values):
    """How many elements an array of those dimensions, `[N][2 * FH]`, has."""
    return math.prod(eval(expression.replace("/", "//"), {}, dict(values))
                     for expression in re.findall(r"\[([^]]*)\]", dimensions))


class Templates:
    """Template files as shared objects; call() runs one of their functions."""

    def __init__(self, folder):
        self.folder, self.libraries, self.sources = folder, {}, {}
        folder.mkdir(parents=True, exist_ok=True)

    def library(self, path):
        if path not in self.libraries:
            place = self.folder / f"{path.parent.name}_{path.stem}.so"
            run(["gcc", "-O2", "-std=c99", "-ffp-contract=off", "-shared", "-fPIC", *RUNTIME, path, "-o", place])
            self.libraries[path] = ctypes.CDLL(str(place))
            self.sources[path] = path.read_text()
        return self.libraries[path]

    def signature(self, path, function):
        """Pairs of type and name; an array's name is followed by its dimensions."""
        self.library(path)
        found = re.search(rf"^void {function}\(([^)]*)\)", self.sources[path], re.MULTILINE)
        if not found:
            raise Refused(f"{path.name} has no {function}")
        words = [" ".join(part.split()) for part in found.group(1).split(",")]
        return [re.fullmatch(r"(?:const )?(\w+) (\w+)((?:\[[^]]*\])*)", word).groups() for word in words]

    def key(self, stream):
        """Of a layer's random numbers in the first step: the runtime's own."""
        source, place = self.folder / "key.c", self.folder / "key.so"
        source.write_text('#include "nnc/random.h"\nuint32_t key(uint32_t stream);\n'
                          f"uint32_t key(uint32_t stream)\n{{\n    return nnc_random_key({SEED}, 1, stream);\n}}\n")
        run(["gcc", "-std=c99", "-shared", "-fPIC", *RUNTIME, source, "-o", place])
        function = ctypes.CDLL(str(place)).key
        function.restype = ctypes.c_uint32
        return function(stream)

    def call(self, folder, template, function, values):
        """Arrays that nobody has made yet are made, of the size that the signature says."""
        path = ROOT / "templates" / folder / f"{template}.c"
        arguments = []
        for kind, name, dimensions in self.signature(path, function):
            if dimensions:
                elements = elements_of(dimensions, values)
                of = ctypes.c_float if kind == "float" else ctypes.c_int32
                if name not in values:
                    values[name] = [STARTS.get(name, 0)] * elements
                if isinstance(values[name], list):
                    values[name] = (of * elements)(*values[name])
                arguments.append(values[name])
            elif kind == "float":
                arguments.append(ctypes.c_float(values[name]))
            elif kind == "uint32_t":
                arguments.append(ctypes.c_uint32(values[name]))
            else:
                arguments.append(ctypes.c_int(values[name]))
        getattr(self.library(path), function)(*arguments)


def floats(values):
    return (ctypes.c_float * len(values))(*values)


def positions_of(label):
    """Rows and columns, or a row alone, or none."""
    if label not in IMAGES and label not in MAPS:
        return ()
    return POSITIONS[:1] if "1d" in label else POSITIONS


def functions(layer, form):
    """The forward and the backward function that a step of training runs."""
    if form == FROZEN:
        return f"{layer}_inference", f"{layer}_inference_backward"
    return f"{layer}{form}_forward", f"{layer}{form}_backward"


def spec_text(name, layer, attributes, channels, optimizer, positions):
    shape = [*positions, INPUT]
    body = ", ".join(f"{key}: {value}" for key, value in attributes.items())
    return (f"network: {name}\ninput: {shape}\nlayers:\n  - dense: {channels}\n  - {layer}: {{{body}}}\n"
            f"loss: mse\noptimizer: {optimizer}\nlearning_rate: 0.05\ntrain: {{batch: {BATCH}}}\n")


class Twin:
    """The generated network and its parameters, by name."""

    def __init__(self, spec, folder):
        source = generate(spec, folder, "--describe", "--numerics", "separate")
        run(["gcc", "-O1", "-shared", "-fPIC", *RUNTIME, source, "-o", folder / f"{spec.stem}.so"])
        self.library = ctypes.CDLL(str(folder / f"{spec.stem}.so"))
        self.c = description_of(self.library, spec.stem)
        self.training = (ctypes.c_uint64 * (self.c.training_bytes // 8 + 1))()
        self.tensors = {t.name.decode(): t for t in (self.c.tensor[i] for i in range(self.c.tensors))}
        self.c.initialize(ctypes.addressof(self.training), SEED)

    def array(self, name, gradient=False):
        tensor = self.tensors[name]
        offset = tensor.offset + (self.c.parameters_bytes if gradient else 0)
        return (ctypes.c_float * tensor.elements).from_buffer(self.training, offset)

    def step(self, x, t):
        one = ctypes.c_void_p * 1
        inputs, targets = one(ctypes.addressof(x)), one(ctypes.addressof(t))
        loss = self.c.gradient(ctypes.addressof(self.training), inputs, targets)
        gradients = {name: bytes(self.array(name, True)) for name, t in self.tensors.items() if t.parameter and t.trained}
        self.c.update(ctypes.addressof(self.training))
        return loss, gradients


def parameter_variables(layer, twin):
    """The layer's parameters: name in the network -> variable in the template."""
    source = (ROOT / "templates" / "layers" / f"{layer}.c").read_text()
    pairs = re.findall(r"^ \* Param: +(\w+) +(\w+)", source, re.MULTILINE)
    return {f"{layer}_1.{name}": variable for name, variable in pairs if f"{layer}_1.{name}" in twin.tensors}


def by_templates(templates, layer, form, sizes, channels, twin, x, t):
    """Loss and gradients (bytes, by the network's names) of one step, by calls of the template functions."""
    forward, backward = functions(layer, form)
    dense = dict(N=BATCH, M=len(x) // BATCH // INPUT, I=INPUT, O=channels, x=x, w=twin.array("dense_1.weight"),
                 b=twin.array("dense_1.bias"))
    templates.call("layers", "dense", "dense_forward", dense)
    own = dict(N=BATCH, x=dense["y"], key=templates.key(1), **sizes)
    own.update({variable: twin.array(name) for name, variable in parameter_variables(layer, twin).items()})
    templates.call("layers", layer, forward, own)
    measure = dict(N=BATCH, M=len(t) // BATCH, x=own["y"], t=t, scale=1.0)
    templates.call("losses", "mse", "mse_forward", measure)
    templates.call("losses", "mse", "mse_backward", measure)
    own["dy"] = measure["dx"]
    templates.call("layers", layer, backward, own)
    dense["dy"] = own["dx"]
    templates.call("layers", "dense", "dense_backward", dense)
    gradients = {"dense_1.weight": dense["dw"], "dense_1.bias": dense["db"]}
    gradients.update({name: own[f"d{variable}"] for name, variable in parameter_variables(layer, twin).items()
                      if twin.tensors[name].trained})
    return measure["loss"][0], gradients, own


def sizes_of(layer, knobs, channels, positions):
    if positions:
        return {**dict(H=positions[0], W=positions[-1], C=channels), **knobs}
    if layer in ROWS:
        return dict(M=1, C=channels, K=channels, **knobs)
    return dict(M=channels, **knobs)


def output_elements(templates, layer, form, sizes):
    """Of the batch, from the signature."""
    path = ROOT / "templates" / "layers" / f"{layer}.c"
    dimensions = {name: shape for _, name, shape in templates.signature(path, functions(layer, form)[0])}
    return elements_of(dimensions["y"], dict(N=BATCH, **sizes))


def compare_layer(count, templates, folder, label, entry, optimizer):
    """One step of one layer under one optimizer."""
    layer, attributes, knobs, form = (*entry, "")[:4]
    name = f"{label}_{optimizer}"
    channels, positions = 4 if label in IMAGES else 9, positions_of(label)
    sizes = sizes_of(layer, knobs, channels, positions)
    spec = folder / f"{name}.yaml"
    spec.write_text(spec_text(name, layer, attributes, channels, optimizer, positions))
    twin = Twin(spec, folder)
    source = random.Random(name)
    for tensor in [n for n, t in twin.tensors.items() if t.parameter and t.trained]:
        array = twin.array(tensor)
        array[:] = [source.gauss(0.3, 1) for _ in array]
    x = floats([source.gauss(0, 1) for _ in range(BATCH * math.prod(positions) * INPUT)])
    t = floats([source.gauss(0, 1) for _ in range(output_elements(templates, layer, form, sizes))])
    loss, gradients, own = by_templates(templates, layer, form, sizes, channels, twin, x, t)
    before = {tensor: floats(list(twin.array(tensor))) for tensor in gradients}
    got, got_gradients = twin.step(x, t)
    count.check(f"{name}: loss", None if got == loss else f"{got!r} instead of {loss!r}")
    for tensor, gradient in gradients.items():
        count.check(f"{name}: gradient of {tensor}", None if got_gradients[tensor] == bytes(gradient) else "other bits")
        values = dict(P=len(gradient), step=0, rate=0.05, g=gradient, w=before[tensor], **OPTIMIZERS[optimizer])
        if optimizer == "adam":
            templates.call("optimizers", optimizer, "adam_step", values)
        templates.call("optimizers", optimizer, f"{optimizer}_update", values)
        same = bytes(values["w"]) == bytes(twin.array(tensor))
        count.check(f"{name}: {tensor} after {optimizer}", None if same else "other bits")
    for state in ("running_mean", "running_variance"):
        if f"{layer}_1.{state}" in twin.tensors:
            same = bytes(own[state if form == FROZEN else f"{state}_next"]) == bytes(twin.array(f"{layer}_1.{state}"))
            count.check(f"{name}: {state}", None if same else "other bits")


def check(count, folder, full, names=()):
    """Some layers of the tables under one optimizer; with `full` all, under all; or those of the names."""
    templates = Templates(folder / "templates")
    layers = {layer: (layer, *entry) for layer, entry in {**POINTWISE, **ROWS}.items()} | IMAGES | MAPS
    if not full or names:
        few = ("gelu", "softmax", "batch_norm", "conv2d", "group_norm", "batch_norm_frozen", "spatial_dropout")
        layers = {layer: layers[layer] for layer in names or few}
    optimizers = list(OPTIMIZERS)
    for number, (label, entry) in enumerate(layers.items()):
        for optimizer in optimizers if full else [optimizers[number % len(optimizers)]]:
            try:
                compare_layer(count, templates, folder, label, entry, optimizer)
            except Refused as refused:
                count.check(f"{label}, {optimizer}", str(refused))
    print(f"templates as C: {len(layers)} layers, bit for bit in separate numerics", flush=True)
