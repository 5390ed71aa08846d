"""printed.py - a generated network, and the programs around it that EVA analyses."""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
from toolbox import Refused, generate, network_name  # noqa: E402

# Of every network whose description does not say otherwise. A schedule sees the step as an int.
RANGES = {"input": ("-1", "1"), "parameters": ("-1", "1"), "step": ("0", "0x7ffffffe")}
WORD = ("0", "0xffffffffu")


class Printed:
    """A generated network: its names, sizes, structs and ranges."""

    def __init__(self, spec, folder, *options):
        self.name = network_name(spec)
        self.path = generate(spec, folder, *options)
        self.code, header = self.path.read_text(), self.path.with_suffix(".h").read_text()
        self.header = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", header, flags=re.S))
        self.sizes = {name: int(size) for name, size in re.findall(rf"#define {self.name.upper()}_(\w+) (\d+)", header)}
        self.ranges = dict(RANGES)
        for place, low, high in re.findall(r"^# proof: (\w+) (\S+) (\S+)", spec.read_text(), re.M):
            self.ranges[place] = (low, high)

    def members(self, struct):
        """(type, name, elements) of each member of a generated struct."""
        body = re.search(rf"typedef struct {self.name}_{struct} {{(.*?)}} ", self.header).group(1)
        return [(kind, name, product(dims)) for kind, name, dims in re.findall(r"(\w+) (\w+)((?:\[\d+\])*);", body)]

    def arguments(self, function):
        """(type, name) of the arrays that the program gives to a function."""
        found = re.search(rf"{self.name}_{function}\((.*?)\);", self.header).group(1)
        return re.findall(r"const (float|int32_t) \*(\w+)", found)

    def range_of(self, place):
        if place not in self.ranges:
            raise Refused(f"the description states no range: # proof: {place} LOW HIGH")
        return self.ranges[place]

    def kernels(self):
        """(name, [(type, name, dimensions)]) of each static function."""
        for name, words in re.findall(r"^static void (\w+)\(([^)]*)\)\n{", self.code, re.M):
            yield name, [re.fullmatch(r"(?:const )?(\w+) (\w+)((?:\[\d+\])*)", " ".join(word.split())).groups()
                         for word in words.split(",")]

    def functions(self):
        """The names of all functions of the file."""
        return re.findall(rf"^(?:static )?\w+ ({self.name}_\w+)\([^;]*?\)\n{{", self.code, re.M)


def product(dims):
    size = 1
    for number in re.findall(r"\d+", dims):
        size *= int(number)
    return size


# ---- any value of a range ----

def any_value(kind, low, high):
    if kind == "float":
        return f"Frama_C_float_interval({low}, {high})"
    if kind == "int32_t" or kind == "int":
        return f"Frama_C_int_interval({low}, {high})"
    return f"Frama_C_unsigned_int_interval({low}, {high})"


def fill(kind, where, size, bounds):
    """Each element by itself."""
    return f"    for (int i = 0; i < {size}; i++)\n        {where}[i] = {any_value(kind, *bounds)};\n"


def any_parameters(net, where):
    """All of them, then those for which there is a range of their own (variances are not negative)."""
    text = fill("float", f"((float *)&{where})", net.sizes["PARAMETERS_BYTES"] // 4, net.range_of("parameters"))
    for _, name, size in net.members("parameters"):
        if name in net.ranges:
            text += fill("float", f"((float *){where}.{name})", size, net.ranges[name])
    return text


def any_training(net):
    """What a training struct holds between two steps. Arena and gradients are left without values."""
    text = f"    {net.name}_training training;\n" + any_parameters(net, "training.parameters")
    for kind, name, size in net.members("training"):
        if name.startswith("optimizer_"):
            whole = [net.ranges.get(f"{name}_{i}") for i in range(size)] if size < 3 else [None]
            if all(whole):
                text += "".join(f"    training.{name}[{i}] = {any_value(kind, *whole[i])};\n" for i in range(size))
            else:
                text += fill(kind, f"training.{name}", size, net.range_of(name))
    text += f"    training.step = {any_value('uint32_t', *net.range_of('step'))};\n"
    return text + "".join(f"    training.seed[{i}] = {any_value('uint32_t', *WORD)};\n" for i in range(2))


def any_arguments(net, function, samples):
    """The declarations of a function's arrays, and the words of the call."""
    text, words = "", ""
    for kind, name in net.arguments(function):
        each = net.sizes["INPUT"] if name == "input" else net.sizes["OUTPUT"] if kind == "float" else 1
        text += f"    {kind} {name}[{each * samples}];\n" + fill(kind, name, each * samples, net.range_of(name))
        words += f", {name}"
    return text, words


# ---- the programs ----

RUNS = """
static void run_initialize(void)
{{
    {name}_training training;
    {name}_initialize(&training, Frama_C_unsigned_long_interval(0, 0xffffffffffffffffUL));
    for (size_t i = 0; i < sizeof training.parameters / sizeof(float); i++)
        use(((const float *)&training.parameters)[i]);
}}

static void run_train(void)
{{
{inputs}{training}    use({name}_train(&training{words}));
    for (size_t i = 0; i < sizeof training.parameters / sizeof(float); i++)
        use(((const float *)&training.parameters)[i]);
    use({name}_penalty(&training.parameters));
}}

static void run_predict(void)
{{
{sample}    {name}_parameters parameters;
{parameters}    {name}_inference scratch;
    float output[{output}];
    {name}_predict(&parameters, &scratch{word}, output);
    for (int i = 0; i < {output}; i++)
        use(output[i]);
}}

int main(void)
{{
    run_initialize();
    run_train();
    run_predict();
    return 0;
}}
"""

# A read: an alarm if the float has no value.
HEAD = """#include "{file}"
#include <__fc_builtin.h>

static void use(float x)
{{
    float used = x + 0.0f;
    (void)used;
}}
"""


def whole_program(net, code_file):
    """initialize, train, penalty and predict, each from everything that the ranges allow."""
    inputs, words = any_arguments(net, "train", net.sizes["BATCH"])
    sample, word = any_arguments(net, "predict", 1)
    return HEAD.format(file=code_file) + RUNS.format(
        name=net.name, inputs=inputs, words=words, sample=sample, word=word, training=any_training(net),
        parameters=any_parameters(net, "parameters"), output=net.sizes["OUTPUT"])


def taken_apart(code):
    """Each tensor of the arena becomes an array of its own, on the stack of the function: without a value at first."""
    place = re.compile(r"^( +)(float|int32_t) \*const (\w+) = (?:net|scratch)->(?:arena|places) \+ \d+; "
                       r"/\* ((?:\[\d+\])+) \*/$", re.M)
    apart = place.sub(lambda m: f"{m[1]}{m[2]} {m[3]}[{product(m[4])}];", code)
    if re.search(r"->(arena|places)", apart):
        raise Refused("a place of the arena has a form that this test does not know")
    return apart


def kernels_program(net, code_file):
    """Each kernel by itself, with arguments of just the size that its signature says."""
    text = HEAD.format(file=code_file)
    calls = ""
    for name, arguments in net.kernels():
        text += f"\nstatic void run_{name}(void)\n{{\n"
        words = []
        for kind, argument, dims in arguments:
            bounds = net.ranges.get("target", ("0", "0")) if kind == "int32_t" else \
                {"float": ("-1", "1"), "uint32_t": WORD}.get(kind, ("0", "0x7ffffffe"))
            if dims:
                size = product(dims)
                text += f"    {kind} {argument}{dims};\n"
                text += fill(kind, f"(({kind} *){argument})", size, bounds)
            else:
                text += f"    {kind} {argument} = {any_value(kind, *bounds)};\n"
            words.append(f"(const {kind} (*){dims[dims.index(']') + 1:]}){argument}" if dims.count("[") > 1 else argument)
        text += f"    {name}({', '.join(words)});\n}}\n"
        calls += f"    run_{name}();\n"
    return text + f"\nint main(void)\n{{\n{calls}    return 0;\n}}\n"


# ---- squares ----

def closing(code, start):
    """The index of the parenthesis that closes the one at start."""
    depth = 0
    for i in range(start, len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return i
    raise Refused("a parenthesis is not closed")


def arguments_of(text):
    """The words between commas that stand in no parentheses."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [" ".join(part.split()) for part in parts]


def name_squares(code):
    """EVA does not see that (x - m) * (x - m) is no negative number: it sees two numbers. Where both factors are the same
    words, which have no side effect, they become one argument. Nothing else of the code changes."""
    for found in reversed(list(re.finditer(r"nnc_fmaf\(", code))):
        end = closing(code, found.end() - 1)
        words = arguments_of(code[found.end():end])
        if words[0] == words[1]:
            code = f"{code[:found.start()]}proof_fma_square({words[0]}, {words[2]}{code[end:]}"
    for found in reversed(list(re.finditer(r"(?<=[=(,+] )\(", code))):
        end = closing(code, found.start())
        factor = code[found.start():end + 1]
        if code.startswith(f" * {factor}", end + 1):
            code = f"{code[:found.start()]}proof_square{factor}{code[end + 1 + 3 + len(factor):]}"
    code = re.sub(r"(?<=\+= )([\w\[\] +]+) \* \1(?=;)", r"proof_square(\1)", code)
    return re.sub(r"(\([\w. -]+\)) \* ([\w\[\]]+) \* \2(?=[,;)])", r"proof_scaled_square(\1, \2)", code)


def name_rounding_errors(code):
    """What rounding took from a product, fma(a, b, -(a * b)): EVA sees the difference of two numbers as large as it."""
    for name, left, right in re.findall(r"float (\w+) = ([\w\[\]]+) \* ([\w.]+);", code):
        error = f"proof_product_error({left}, {right})"
        code = code.replace(f"nnc_fmaf({left}, {right}, -{name})", error)
        code = code.replace(f"({left} * {right} - {name})", "0.0f")
    return code
