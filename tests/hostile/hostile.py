"""hostile.py PROGRAM [--full] - what nobody would write, and what no disk should do: a clear message and status 1, or C
that compiles without a warning; never a crash, never half a file.

PROGRAM is nnc built under the address and undefined-behaviour sanitizers (which end it with another status).
"""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only".split()
COMPILERS = [["gcc", "-std=c99"], ["clang", "-std=c99"], ["gcc", "-std=gnu17"], ["g++", "-x", "c++", "-std=c++17"]]
SMALL = "network: t\ninput: [4]\nlayers:\n  - dense: {units: 3, activation: relu}\n  - dense: 2\nloss: mse\n"

NAMES = """net input output loss rate parameters arena step seed sum x y w b g i n o m p t z dx dy dw db key scratch target
scored places padding gradients none power total top row scale state training inference index count
uint8_t int32_t uint32_t int64_t uint64_t size_t ptrdiff_t intptr_t int_fast8_t wchar_t max_align_t my_t
float double int for static const inline restrict main errno NULL EOF INT32_MAX UINT32_MAX INT_LEAST8_MIN SIZE_MAX
SIZE_WIDTH UINT32_C RAND_MAX EXIT_SUCCESS BIG_ENDIAN WNOHANG true false bool _Bool memcpy memset abs exit random asm typeof
unix linux i386 __FILE__ N H M NNC_LANES nnc_fmaf nnc nnc_x t_train t_parameters t_dense_forward Tiny train update predict
gradient initialize penalty rate_1 relu_1 weights network describe version optimizer optimizer_m std and or not class new
this template virtual operator namespace char16_t nullptr constexpr export import module co_await requires concept _Atomic
_Generic INPUT BATCH whole best mass value loss_1 d_a d_d_a loss_value net_value net_value_value i_value a_relu row_1
target_1 input_1 __x _X __cplusplus __STDC__ assert offsetof INT_MAX optimizer_v a_weight a_bias weight bias vec ivec""".split()


class Suite:
    def __init__(self, program, folder, full):
        self.program, self.folder, self.full = program, folder, full
        self.passed = self.failed = 0

    def check(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f"FAILED {what}")

    def run(self, *arguments, seconds=60, **more):
        environment = dict(os.environ, NO_COLOR="1", ASAN_OPTIONS="detect_leaks=0:exitcode=99", UBSAN_OPTIONS="exitcode=98")
        try:
            return subprocess.run([self.program, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                                  timeout=seconds, env=environment, errors="replace", **more)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(arguments, -1, "", f"not done after {seconds} s")

    def spec(self, text, name="t.yaml"):
        (self.folder / name).write_text(text)
        return name

    def remains(self):
        return sorted(path.name for path in self.folder.iterdir() if not path.name.endswith(".yaml"))

    def clean(self):
        for path in self.folder.iterdir():
            if path.is_file():
                path.unlink()

    def refused(self, what, *arguments, says="", status=1, **more):
        """Nothing is written, and the message says so."""
        before = self.remains()
        done = self.run(*arguments, **more)
        good = done.returncode == status and done.stdout == "" and says in done.stderr and self.remains() == before
        self.check(good, f"{what}: status {done.returncode}, says {done.stderr[:300]!r}, files {self.remains()}")

    def compiles(self, what, source, flags=()):
        for compiler in COMPILERS:
            done = subprocess.run([*compiler, *WARNINGS, *flags, f"-I{ROOT}/runtime", source], cwd=self.folder,
                                  capture_output=True, text=True)
            self.check(done.returncode == 0, f"{what}, {' '.join(compiler)}: {done.stderr[:600]}")

    def answers(self, what, text, *options, compiled=True, seconds=60):
        """A message and status 1, or C without a warning."""
        self.clean()
        done = self.run(self.spec(text), "-o", "t.c", *options, seconds=seconds)
        if done.returncode == 1:
            self.check("error:" in done.stderr and not self.remains(), f"{what}: {done.stderr[:300]}")
        else:
            self.check(done.returncode == 0, f"{what}: status {done.returncode}, {done.stderr[:2000]}")
            if done.returncode == 0 and compiled:
                self.compiles(what, "t.c")
        return done


# ---- sizes ----

def network(layers, shape="[4]", batch=2, rest="loss: mse\n"):
    items = "".join(f"  - {layer}\n" for layer in layers)
    return f"network: t\ninput: {shape}\nlayers:\n{items}{rest}train: {{batch: {batch}}}\n"


def sizes(suite):
    huge = {
        "a billion units": (["dense: 1000000000"], "[4]", 2),
        "more units than an int has": (["dense: 99999999999999999999999"], "[4]", 2),
        "a square of 2^24": (["dense: 16777216"], "[16777216]", 1),
        "2^31 weights": (["dense: {units: 128, bias: false}"], "[16777216]", 1),
        "two layers of a billion weights": (["dense: 200", "dense: 10000000"], "[10000000]", 1),
        "a batch of 2^16 large samples": (["relu"], "[16777216]", 65536),
        "a billion in a batch": (["dense: 4"], "[4]", 1000000000),
        "a thousand million filters": (["conv2d: {filters: 1000000, kernel: 3}"], "[4096, 4096, 1]", 1),
        "a concat beyond int": (["concat: {inputs: [" + ", ".join(["input"] * 300) + "]}"], "[16777216]", 1),
        "nothing": (["dense: 0"], "[4]", 1),
        "less than nothing": (["dense: -4"], "[4]", 1),
        "an input of nothing": (["dense: 1"], "[0]", 1),
        "a batch of nothing": (["dense: 1"], "[1]", 0),
        "a kernel larger than the world": (["conv2d: {filters: 2, kernel: 16777216, padding: 16777216}"], "[3, 3, 1]", 1),
        "a stride larger than the image": (["conv2d: {filters: 2, kernel: 2, stride: 16777216, padding: same}"], "[5, 5, 1]", 1),
        "a padding larger than the image": (["conv2d: {filters: 2, kernel: 3, padding: 20}"], "[8, 8, 1]", 1),
        "a window in the padding": (["max_pool2d: {kernel: 2, stride: 1, padding: 20}"], "[8, 8, 1]", 1),
        "a statistic of 2^24": (["layer_norm", "batch_norm", "softmax"], "[16777216]", 64),
        "seven dimensions": (["relu", "dense: 3", "softmax"], "[2, 2, 2, 2, 2, 2, 2]", 2),
        "eight dimensions": (["relu", "dense: 3", "softmax"], "[2, 2, 2, 2, 2, 2, 2, 2]", 2),
        "a class for each of 2^24": (["dense: 1"], "[16777216]", 1),
        "a normalisation that reads the input": (["layer_norm", "batch_norm", "softmax"], "[8]", 4),
        "five times the same input": (["dense: {units: 4, name: a}", "add: {inputs: [a, a, a, a, a]}"], "[4]", 2),
        "random numbers of random numbers": (["dense: 4", "dropout: 0.5", "dropout: 0.5", "dropout: 0.5"], "[4]", 2),
        "no parameters": (["relu", "tanh"], "[4]", 2),
    }
    for what, (layers, shape, batch) in huge.items():
        for rest in ("loss: mse\noptimizer: adam\n", "loss: mse\noptimizer: adam\nclip: {norm: 1.0}\n"):
            suite.answers(what, network(layers, shape, batch, rest), compiled=rest.count("\n") == 2)
    deep = 1500 if suite.full else 300
    chain = network(["dense: {units: 4, activation: relu}"] * deep)
    suite.answers(f"{deep} layers", chain, compiled=False, seconds=600)
    suite.answers("100,000 layers", network(["relu"] * 100000), compiled=False)
    suite.answers("1,000 inputs of one layer", network(["add: {inputs: [" + ", ".join(["input"] * 1000) + "]}", "dense: 2"]),
                  compiled=False, seconds=600)
    for what, text in {"brackets": "[" * 20000, "braces": "{a: " * 20000, "dashes": "- " * 20000,
                       "aliases": "a: &a [x, x, x, x, x, x, x, x, x]\n" +
                                  "".join(f"{chr(98 + k)}: &{chr(98 + k)} [{', '.join(['*' + chr(97 + k)] * 9)}]\n"
                                          for k in range(9)),
                       "no end": SMALL + "x: 'never closed", "bytes": "\ufffe\x07", "spaces": " " * 100000,
                       "one line": "network: " + "a" * 500000, "tabs": "network:\tt\n\tinput: 4\n"}.items():
        suite.answers(what, text, compiled=False)
    for ending in range(0, len(SMALL), 7):
        suite.answers(f"a spec that ends after {ending} bytes", SMALL[:ending], compiled=False)


# ---- names ----

def kinds_of_names():
    return {
        "layer": (200, lambda names: network(
            [f"dense: {{units: 3, activation: relu, name: {name}}}" for name in names] + ["dense: 2"], "[4]", 2,
            "loss: softmax_cross_entropy\noptimizer: adam\nclip: {norm: 1.0}\n")),
        "elementwise layer": (200, lambda names: network(
            ["dense: 3"] + [f"softmax: {{name: {name}}}" for name in names] + ["batch_norm", "dense: 2"], "[4]", 3,
            "loss: mse\n").replace("{batch: 3}", "{batch: 3, update: fused}")),
        "input": (200, lambda names: "network: t\ninput: {" + ", ".join(f"{name}: [3]" for name in names) +
                 ", other: [3]}\nlayers:\n  - add: {inputs: [" + ", ".join(names) +
                 ", other]}\n  - dense: 3\n  - batch_norm\nloss: mse\ntrain: {batch: 2, update: fused}\n"),
        "target": (60, lambda names: "network: t\ninput: [3]\nlayers:\n  - dense: {units: 2, name: out}\nloss:\n" +
                  "".join(f"  - mse: {{input: out, target: {name}}}\n" for name in names) +
                  "  - softmax_cross_entropy: {input: out}\ntrain: {batch: 2}\n"),
    }


def accepted_names(suite, spec_of, left):
    """All names but those that a message is about, asked again and again until nothing is refused."""
    done = None
    for _ in range(len(NAMES)):
        suite.clean()
        done = suite.run(suite.spec(spec_of(left)), "-o", "t.c", "--describe")
        if done.returncode != 1:
            break
        suite.check(not suite.remains(), "a refused spec leaves nothing")
        messages = "".join(line for line in done.stderr.splitlines() if "error:" in line)
        bad = [name for name in left if f"'{name}'" in messages or f"'{name}." in messages or f" {name} " in messages]
        if not bad:
            break
        left = [name for name in left if name not in bad]
    return left, done


def names(suite):
    different = list({name.upper(): name for name in NAMES}.values())
    for kind, (most, spec_of) in kinds_of_names().items():
        accepted = 0
        words = [name for name in different if kind != "target" or name not in ("class", "input")]
        for start in range(0, len(words), most):
            left, done = accepted_names(suite, spec_of, words[start:start + most])
            accepted += len(left)
            suite.check(done.returncode == 0, f"{kind} names at once: {done.stderr[:500]}")
            if done.returncode == 0:
                suite.compiles(f"{len(left)} {kind} names", "t.c")
        suite.check(accepted > len(NAMES) // 4, f"only {accepted} {kind} names are accepted")
        for name in NAMES if suite.full else ():
            suite.answers(f"{kind} '{name}'", spec_of([name]), compiled=False)
    for name in ("main", "std", "x", "int32", "size", "exp", "add", "unix_", "T"):
        suite.answers(f"network '{name}'", SMALL.replace("network: t", f"network: {name}"))
    for comment in ("/* a */ b", "*/ int x; /*", "/* ??/ */* \\", "\u202e trick \u202c", "caf\u00e9 // \\", "%s %d %n"):
        suite.answers(f"the comment {comment!r}", SMALL.replace("  - dense: 2", f"  - dense: 2 # {comment}"))


# ---- files ----

def outputs(suite):
    suite.clean()
    spec = suite.spec(SMALL)
    (suite.folder / "folder").mkdir()
    (suite.folder / "folder.h").mkdir()
    suite.refused("a folder that is not there", spec, "-o", "missing/t.c", says="No such file")
    suite.refused("a full disk", spec, "-o", "/dev/full", says="No space")
    suite.refused("a full disk for the dependencies", spec, "-o", "t.c", "-MF", "/dev/full", says="No space")
    suite.refused("a folder as output", spec, "-o", "folder", says="directory")
    suite.refused("a folder as header", spec, "-o", "folder.c", says="directory")
    suite.refused("a folder as spec", "folder", "-o", "t.c", says="directory")
    suite.refused("no spec", "missing.yaml", "-o", "t.c", says="No such file")
    suite.refused("a spec that would be overwritten", spec, "-o", spec, says="overwrite")
    suite.refused("weights that are not there", spec, "-o", "t.c", "--weights", "missing", says="missing")
    suite.refused("weights that are a spec", spec, "-o", "t.c", "--weights", spec, says="error:")
    suite.refused("templates that are not there", spec, "-o", "t.c", "--templates", "missing", says="missing")
    suite.refused("a description of what does not train", spec, "-o", "t.c", "--inference", "--describe", says="inference")
    bare = suite.spec(network(["relu"], rest=""), "bare.yaml")
    suite.refused("a description without a loss", bare, "-o", "t.c", "--describe", says="no loss")
    suite.refused("a quote in the name", spec, "-o", 'a"b.c', says="#include")
    for arguments in ([spec], [spec, "-o"], [spec, "-o", "a.c", "-o", "b.c"], [spec, spec, "-o", "a.c"],
                      [spec, "-o", "-", "-MF", "d"], [spec, "-o", "a.c", "--target", "z80"], [spec, "-o", "a.c", "--what"],
                      [spec, "-o", "a.c", "--lanes", "3"], [spec, "--dump", "all"], ["-o", "a.c"], [],
                      *([spec, "-o", "a.c", "--predict-batch", samples] for samples in ("0", "-1", "65537", "8x", ""))):
        done = suite.run(*arguments)
        suite.check(done.returncode == 2 and not done.stdout and done.stderr, f"{arguments}: status {done.returncode}")
    if os.getuid() != 0:
        (suite.folder / "folder").chmod(0o500)
        suite.refused("a folder that is read-only", spec, "-o", "folder/t.c", says="Permission denied")
    done = suite.run(spec, "-o", "/dev/null")
    suite.check(done.returncode == 0 and not pathlib.Path("/dev/null.h").exists(), "a device has no header beside it")
    with open("/dev/full", "w") as full:
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        status = subprocess.run([suite.program, spec, "-o", "-"], cwd=suite.folder, stdout=full, stderr=subprocess.DEVNULL,
                                env=environment).returncode
    suite.check(status == 1, "standard output is full")
    (suite.folder / "folder").rmdir()
    (suite.folder / "folder.h").rmdir()


def standard_input(suite):
    suite.clean()
    expected = suite.run(suite.spec(SMALL), "-o", "-")
    piped = suite.run("-", "-o", "-", input=SMALL)
    same = expected.stdout.replace("t.yaml", "<stdin>").split() == piped.stdout.split()
    suite.check(piped.returncode == 0 and same, "a spec on standard input gives the same C")
    suite.refused("a bad spec on standard input", "-", "-o", "t.c", input="network: 3", says="<stdin>:1:10: error")
    done = suite.run("-", "-o", "t.c", "-MF", "t.d", input=SMALL)
    text = (suite.folder / "t.d").read_text()
    suite.check(done.returncode == 0 and text == "t.c t.h:\n", f"standard input is no dependency: {text!r}")


def dependencies(suite):
    suite.clean()
    suite.run(suite.spec(SMALL, "my net#1.yaml"), "-o", "t.c", "-MF", "t.d")
    text = (suite.folder / "t.d").read_text()
    suite.check(text == "t.c t.h: my\\ net\\#1.yaml\n", f"a dependency file escapes what make reads: {text!r}")
    done = subprocess.run(["make", "-s", "-f", "-", "t.c"], cwd=suite.folder, capture_output=True, text=True,
                          input="include t.d\nt.c:\n\t@echo made\n")
    suite.check(done.returncode == 0 and "made" not in done.stdout, f"make takes the dependency file: {done.stderr}")


def untouched(suite):
    suite.clean()
    spec = suite.spec(SMALL)
    suite.run(spec, "-o", "t.c", "-MF", "t.d")
    old = 1_000_000_000
    for name in ("t.c", "t.h", "t.d"):
        os.utime(suite.folder / name, (old, old))
    suite.run(spec, "-o", "t.c", "-MF", "t.d")
    kept = all((suite.folder / name).stat().st_mtime == old for name in ("t.c", "t.h", "t.d"))
    suite.check(kept, "what would not change is left untouched")
    (suite.folder / "t.c").write_text("old")
    suite.refused("a bad spec over an old output", suite.spec("network: 3\n", "bad.yaml"), "-o", "t.c")
    suite.check((suite.folder / "t.c").read_text() == "old", "an old output survives a bad spec")


def same_bytes(suite):
    """The same bytes twice, from another folder, with another locale and environment."""
    for options in ([], ["--target", "avx512", "--describe"], ["--standalone", "--dtype", "float64"]):
        suite.clean()
        spec = suite.folder / suite.spec(SMALL + "optimizer: adam\n")
        first = suite.run("t.yaml", "-o", "-", *options).stdout
        again = suite.run("t.yaml", "-o", "-", *options).stdout
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", LC_ALL="tr_TR.UTF-8", TZ="Asia/Tokyo", HOME="/")
        elsewhere = subprocess.run([suite.program, spec, "-o", "-", *options], cwd="/", capture_output=True, text=True,
                                   env=environment).stdout
        suite.check(first and first == again, f"{options}: the same bytes twice")
        suite.check(first == elsewhere, f"{options}: the same bytes from another folder")
        suite.check(str(suite.folder) not in elsewhere, f"{options}: no path of the machine")


def killed(suite):
    """Whenever it is killed, the output is the old one or the new one."""
    suite.clean()
    spec = suite.spec(network(["dense: {units: 4, activation: relu}"] * 60))
    suite.run(spec, "-o", "t.c")
    whole = (suite.folder / "t.c").read_bytes()
    other = suite.spec(network(["dense: {units: 5, activation: relu}"] * 60), "other.yaml")
    suite.run(other, "-o", "u.c")
    changed = (suite.folder / "u.c").read_bytes().replace(b'"u.h"', b'"t.h"')
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
    start = time.monotonic()
    subprocess.run([suite.program, spec, "-o", "v.c"], cwd=suite.folder, env=environment)
    duration = time.monotonic() - start
    draw = random.Random(1)
    for trial in range(100 if suite.full else 20):
        process = subprocess.Popen([suite.program, (spec, other)[trial % 2], "-o", "t.c"], cwd=suite.folder, env=environment)
        time.sleep(duration * (0.6 + 0.5 * draw.random()))
        process.send_signal(signal.SIGKILL)
        process.wait()
        suite.check((suite.folder / "t.c").read_bytes() in (whole, changed), f"killed, trial {trial}: half a file")
    several = [subprocess.Popen([suite.program, spec, "-o", "t.c"], cwd=suite.folder, env=environment) for _ in range(4)]
    statuses = [process.wait() for process in several]
    suite.check(statuses == [0] * 4 and (suite.folder / "t.c").read_bytes() == whole, "four at once on one output")


def main():
    full = "--full" in sys.argv
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(program, pathlib.Path(folder), full)
        for part in (sizes, names, outputs, standard_input, dependencies, untouched, same_bytes, killed):
            started = time.monotonic()
            part(suite)
            print(f"{part.__name__}: {time.monotonic() - started:.1f} s")
    print(f"{suite.passed} passed, {suite.failed} failed")
    return suite.failed != 0


if __name__ == "__main__":
    sys.exit(main())
