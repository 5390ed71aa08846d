"""program.py - a network's C, and run.h, by which run.c knows it."""
import pathlib
import re

import toolbox
from toolbox import Refused, network_name

REALS = {"float32": ("float", "uint32_t"), "float64": ("double", "uint64_t")}


def prototype(header, name):
    """The types of a function's parameters."""
    found = re.search(rf"\b{name}\(([^;]*)\);", header)
    if not found:
        raise Refused(f"the header declares no {name}")
    return [re.sub(r"\w+$", "", word.strip()).strip() for word in " ".join(found.group(1).split()).split(",")]


def targets(header, name, real):
    """Type, numbers of a sample, and classes (0: no classes) of what a training step is told."""
    words = prototype(header, f"{name}_train")[1:]
    if len(words) > 2:
        raise Refused("the kit runs networks of one input and one target")
    outputs = int(re.search(r"_OUTPUT (\d+)", header).group(1))
    if len(words) == 1:
        return real, 0, 0
    return ("int32_t", 1, outputs) if "int32_t" in words[1] else (real, outputs, 0)


def write_glue(spec, folder, steps, dtype, weights):
    """run.h beside a network's header; 0 steps: it has no training. `weights`: there are constants to start from."""
    folder = pathlib.Path(folder)
    name, (real, bits) = network_name(spec), REALS[dtype]
    header = (folder / f"{spec.stem}.h").read_text()
    upper = name.upper()
    lines = [f'#include "{spec.stem}.h"', f"typedef {real} Real;", f"typedef {bits} Bits;",
             f"typedef {name}_parameters Parameters;", f"typedef {name}_inference Inference;",
             f"#define INPUTS {upper}_INPUT", f"#define OUTPUTS {upper}_OUTPUT", f"#define PREDICT {name}_predict",
             f"#define STEPS {steps}"]
    if steps:
        kind, numbers, classes = targets(header, name, real)
        call = f"{name}_train(net, input, target)" if numbers else f"{name}_train(net, input)"
        lines += [f"typedef {name}_training Training;", f"typedef {kind} Target;", f"#define SAMPLES {upper}_BATCH",
                  f"#define TARGETS {numbers}", f"#define CLASSES {classes}", f"#define INITIALIZE {name}_initialize",
                  f"#define TRAIN(net, input, target) {call}"]
    else:
        lines += ["#define SAMPLES 1"]
    if weights:
        lines += [f"#define WEIGHTS {name}_weights"]
    (folder / "run.h").write_text("\n".join(lines) + "\n")


def generate(spec, folder, steps, *options):
    """The network's C and its glue in a folder; the sources."""
    source = toolbox.generate(spec, folder, *options)
    write_glue(spec, folder, steps, "float64" if "float64" in options else "float32", "--weights" in options)
    return [source]
