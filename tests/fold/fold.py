"""fold.py - with constant weights in `fast` numerics, layers that scale channels are folded into the layer before them:
the network predicts what it did but for rounding, in double to 1e-12; and only layers go that may."""
import array
import ctypes
import pathlib
import random
import re
import sys
import tempfile

from safetensors import file_bytes
from toolbox import RUNTIME, Count, Refused, at_once, generate, run

# A network's layers; those whose parameters are gone afterwards; those whose stay.
NETWORKS = {
    "convolutions": ("""input: [9, 7, 4]
layers:
  - conv2d: {filters: 5, kernel: 3, padding: same, bias: false}
  - batch_norm
  - relu
  - depthwise_conv2d: {kernel: 3, multiplier: 3, bias: false}
  - batch_norm: {epsilon: 0.01}
  - conv2d: {filters: 6, kernel: 1, groups: 3}
  - batch_norm
  - relu
  - conv2d_transpose: {filters: 4, kernel: 3, stride: 2, groups: 2, bias: false}
  - batch_norm
""", ["batch_norm_1", "batch_norm_2", "batch_norm_3", "batch_norm_4"], []),
    "rows": ("""input: [12, 3]
layers:
  - conv1d: {filters: 5, kernel: 3, groups: 1}
  - batch_norm
  - dense: {units: 7, bias: false}
  - batch_norm
  - flatten
  - dense: 4
  - batch_norm
""", ["batch_norm_1", "batch_norm_2", "batch_norm_3"], []),
    "chains": ("""input: 6
layers:
  - dense: {units: 5, bias: false}
  - batch_norm
  - rescale: -0.3
  - batch_norm
  - tanh
  - dense: 3
  - rescale: 2
""", ["batch_norm_1", "batch_norm_2"], []),
    "frozen": ("""input: [5, 5, 2]
layers:
  - conv2d: {filters: 3, kernel: 3}
  - batch_norm: {trainable: false}
""", ["batch_norm_1"], []),
    # Batch norm of an input, of a sum, of what is no longer linear, of pictures, and of values that another one reads.
    "others": ("""input: [8, 8, 3]
layers:
  - batch_norm
  - conv2d: {filters: 4, kernel: 3, padding: same, name: first}
  - relu
  - batch_norm
  - conv2d: {filters: 4, kernel: 3, padding: same, name: second}
  - add: {inputs: [second, batch_norm_2]}
  - batch_norm
  - max_pool2d: 2
  - batch_norm
  - conv2d: {filters: 4, kernel: 1, name: both}
  - batch_norm
  - add: {inputs: [both, batch_norm_5]}
""", [], ["batch_norm_1", "batch_norm_2", "batch_norm_3", "batch_norm_4", "batch_norm_5"]),
    "shared": ("""input: 6
layers:
  - dense: {units: 6, name: twice}
  - batch_norm: {name: normal}
  - relu
  - dense: {share: twice}
  - batch_norm
  - relu
  - dense: 6
  - batch_norm: {share: normal}
""", [], ["normal", "batch_norm_2"]),
    "lent": ("""input: 6
layers:
  - dense: 6
  - batch_norm: {name: normal}
  - relu
  - batch_norm: {share: normal}
""", [], ["normal"]),
    "repeated": ("""input: 3
layers:
  - dense: 4
  - repeated: 2
""", [], ["repeated_1"]),
    # The output is what goes.
    "output": ("""input: [4, 4, 2]
layers:
  - conv2d: {filters: 3, kernel: 2}
  - batch_norm: {name: logits}
  - relu
output: logits
""", ["logits"], []),
    # What --templates brings, by its functions alone: see TEMPLATES.
    "brought": ("""input: [6, 6]
layers:
  - other_linear: 6
  - other_scale
  - other_square
  - dense: 6
  - turned_scale
  - dense: 6
  - by_position
  - dense: 6
  - half_scale
  - twice_linear
  - batch_norm
  - turned_linear
  - batch_norm
  - running_linear
  - batch_norm
  - other_linear: 6
""", ["other_scale_1"], ["other_square_1", "turned_scale_1", "by_position_1", "half_scale_1", "batch_norm_1",
                         "batch_norm_2", "batch_norm_3"]),
}
HEAD = """/* Layer:   {name}
 * Summary: a template of a test
 * Any:     M
{tags} */
#include "../template.h"

"""
SCALE = HEAD + """void {name}_forward(int N, int M, int C, const float x[N][M][C], const float factor[{of}], float y[N][M][C])
{{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = {value};
}}
"""
LINEAR = HEAD + """void {name}_forward(int N, int M, int I, int O, const float x[N][M][I], const float a[I][O], const float d[O],
                    float y[N][M][O])
{{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {{
{outer}            for (int o = 0; o < O; o++) {{
{inner}                for (int i = 0; i < I; i++)
                    total += {value};
                y[n][m][o] = total + d[o];
            }}
        }}
}}
"""
REPEATED = HEAD.replace(" * Any:     M\n", "") + """void repeated_forward(int N, int R, int C, const float x[N][C], const float factor[C],
                      float y[N][R][C])
{{
    for (int n = 0; n < N; n++)
        for (int r = 0; r < R; r++)
            for (int c = 0; c < C; c++)
                y[n][r][c] = x[n][c] * factor[c];
}}
"""


def scale(name, value, of="C"):
    return SCALE.format(name=name, value=value, of=of, tags=" * Param:   factor factor ones\n")


def linear(name, value, running=False):
    begin = "float total = 0.0f;\n"
    return LINEAR.format(name=name, value=value, outer=" " * 12 + begin if running else "",
                         inner="" if running else " " * 16 + begin, tags=""" * Attr:    units O >= 1 = 6
 * Param:   matrix a fan_in I, fan_out O
 * Param:   offset d zeros
""")


# Other names and another way to write it; what is no line, of another channel, of no channel, of some channels; sums of
# products of two weights, of another channel's weights, and one that goes on from channel to channel.
TEMPLATES = {
    "other_linear": linear("other_linear", "a[i][o] * x[n][m][i]"),
    "other_scale": scale("other_scale", "2.0f - (0.5f - x[n][m][c]) / factor[c]"),
    "other_square": scale("other_square", "x[n][m][c] * x[n][m][c] * factor[c]"),
    "turned_scale": scale("turned_scale", "x[n][m][C - 1 - c] * factor[c]"),
    "by_position": scale("by_position", "x[n][m][c] * factor[m]", "M"),
    "half_scale": scale("half_scale", "c < 3 ? x[n][m][c] * factor[c] : x[n][m][c]"),
    "twice_linear": linear("twice_linear", "a[i][o] * (x[n][m][i] * a[i][o])"),
    "turned_linear": linear("turned_linear", "a[i][O - 1 - o] * x[n][m][i]"),
    "repeated": REPEATED.format(name="repeated", tags=" * Attr:    times R >= 1 (main)\n"
                                " * Param:   factor factor ones\n"),
    "running_linear": linear("running_linear", "a[i][o] * x[n][m][i]", running=True),
}
PARAMETERS = ["weight", "bias", "gamma", "beta", "running_mean", "running_variance", "factor", "matrix", "offset"]


def members(header):
    """{tensor's name: shape} of the members of the parameters struct."""
    struct = re.search(r"typedef struct \w+_parameters {(.*?)} \w+_parameters;", header.read_text(), re.S)
    shapes = {}
    for name, dims in re.findall(r"^    (?:float|double) (\w+?)((?:\[\d+\])*);", struct[1], re.M):
        own = next(own for own in PARAMETERS if name.endswith(f"_{own}"))
        shapes[f"{name[:-len(own) - 1]}.{own}"] = [int(n) for n in re.findall(r"\d+", dims)]
    return shapes


def write_weights(path, shapes, dtype, change=None):
    """Random parameters, the same in both types; `change` alters {name: numbers}. Variances are positive."""
    draw = random.Random(3)
    numbers = {}
    for name, shape in shapes.items():
        count = 1
        for size in shape:
            count *= size
        values = array.array("f", [draw.gauss(0, 1) for _ in range(count)])
        numbers[name] = [abs(value) + 0.1 if "variance" in name else value for value in values]
    if change:
        change(numbers)
    code = {"F32": "f", "F64": "d"}[dtype]
    path.write_bytes(file_bytes({name: (dtype, shapes[name], array.array(code, values).tobytes())
                                 for name, values in numbers.items()}))
    return path


class Folding:
    """One network: what it predicts in double, folded or not, and in float; and what is left of its parameters."""

    def __init__(self, name, folder, templates):
        self.name, self.folder, self.templates = name, folder, templates
        self.spec = folder / f"{name}.yaml"
        self.spec.write_text(f"network: {name}\n{NETWORKS[name][0]}")
        header = self.compile("plain", "--inference").with_suffix(".h")
        self.shapes = members(header)

    def compile(self, to, *options):
        folder = self.folder / f"{self.name}_{to}"
        folder.mkdir(exist_ok=True)
        return generate(self.spec, folder, "--templates", self.templates, *options)

    def with_weights(self, to, dtype, *options, change=None):
        weights = write_weights(self.folder / f"{self.name}_{to}.safetensors", self.shapes, dtype, change)
        float64 = ["--dtype", "float64"] if dtype == "F64" else []
        return self.compile(to, "--inference", "--weights", weights, *float64, *options)

    def predict(self, source, dtype):
        """The outputs for some inputs."""
        library = source.with_suffix(".so")
        run(["cc", "-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", *RUNTIME, source, "-o", library])
        loaded, header = ctypes.CDLL(str(library)), source.with_suffix(".h").read_text()
        real = {"F32": ctypes.c_float, "F64": ctypes.c_double}[dtype]
        inputs, outputs = [int(re.search(rf"#define \w+_{what} (\d+)", header)[1]) for what in ("INPUT", "OUTPUT")]
        draw, scratch, results = random.Random(5), ctypes.create_string_buffer(1 << 16), []
        for _ in range(4):
            x, y = (real * inputs)(*[draw.gauss(0, 1) for _ in range(inputs)]), (real * outputs)()
            weights = ctypes.c_char.in_dll(loaded, f"{self.name}_weights")
            getattr(loaded, f"{self.name}_predict")(ctypes.byref(weights), scratch, x, y)
            results += list(y)
        return results


def difference(left, right):
    """The largest, in units of the largest number."""
    return max(abs(a - b) for a, b in zip(left, right)) / max(map(abs, right))


def check_network(name, folder, templates):
    """What is wrong with one network, or None."""
    gone, stay = NETWORKS[name][1:]
    folding = Folding(name, folder, templates)
    exact = folding.predict(folding.with_weights("exact", "F64"), "F64")
    double = folding.with_weights("double", "F64", "--numerics", "fast")
    single = folding.with_weights("single", "F32", "--numerics", "fast")
    left = {member.split(".")[0] for member in members(single.with_suffix(".h"))}
    before = {member.split(".")[0] for member in folding.shapes}
    if before - left != set(gone) or not set(stay) <= left:
        return f"{sorted(before - left)} went, not {gone}; {sorted(left)} stayed"
    for source, dtype, limit in ((double, "F64", 1e-12), (single, "F32", 2e-5)):
        error = difference(folding.predict(source, dtype), exact)
        if not error <= limit:
            return f"{dtype} is off by {error:.3g}; at most {limit:g}"
    return None


# ---- where it must not happen, and what cannot be ----

def check_others(count, folder, templates):
    folding = Folding("convolutions", folder, templates)
    names = set(folding.shapes)
    for what, options in (("fused", []), ("separate", ["--numerics", "separate"]),
                          ("incbin", ["--numerics", "fast", "--incbin"])):
        source = folding.with_weights(what, "F32", *options)
        count.check(f"{what} keeps its parameters",
                    None if set(members(source.with_suffix(".h"))) == names else "some are gone")
    without = folding.compile("without", "--inference", "--numerics", "fast")
    count.check("nothing is folded into weights that are not known",
                None if set(members(without.with_suffix(".h"))) == names else "some are gone")
    half = folding.with_weights("half", "F32", "--numerics", "fast", "--weights-dtype", "float16")
    error = difference(folding.predict(half, "F32"), folding.predict(folding.with_weights("exact", "F64"), "F64"))
    count.check("float16 is rounded once, after the folding", None if error < 4e-3 else f"off by {error:.3g}")

    def refused(what, message, change):
        try:
            folding.with_weights("refused", "F32", "--numerics", "fast", change=change)
            count.check(what, "it was taken")
        except Refused as told:
            count.check(what, None if message in str(told) else str(told))

    refused("a scale that is missing", "there is no tensor 'batch_norm_2.gamma'",
            lambda numbers: numbers.pop("batch_norm_2.gamma"))
    refused("a scale that is no number", "element 1 of tensor 'conv2d_1.weight' is nan with what is folded into it",
            lambda numbers: numbers["batch_norm_1.running_variance"].__setitem__(1, -1.0))
    refused("a scale that is too large", "of tensor 'conv2d_1.weight' is",
            lambda numbers: numbers["batch_norm_1.gamma"].__setitem__(0, 3e38))


def main():
    count = Count()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        templates = folder / "templates"
        (templates / "layers").mkdir(parents=True)
        for template, text in TEMPLATES.items():
            (templates / "layers" / f"{template}.c").write_text(text)
        actions = [lambda name=name: check_network(name, folder, templates) for name in NETWORKS]
        for network, result in zip(NETWORKS, at_once(actions)):
            try:
                count.check(network, result())
            except Refused as refused:
                count.check(network, str(refused))
        check_others(count, folder, templates)
    return count.finish()


if __name__ == "__main__":
    sys.exit(main())
