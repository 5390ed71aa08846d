"""report.py - the report's counts against formulas, its bytes against the generated header, and the bench's figures.

Ends with `N passed, N failed`."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

NNC = os.environ.get("NNC", str(pathlib.Path(__file__).parents[2] / "build" / "nnc"))

LENET = """network: lenet
input: [28, 28, 1]
layers:
  - conv2d: {filters: 6, kernel: 5, padding: same, activation: relu}
  - max_pool2d: 2
  - conv2d: {filters: 16, kernel: 5, activation: relu}
  - max_pool2d: 2
  - flatten
  - batch_norm
  - dense: {units: 120, activation: relu}
  - dropout: 0.5
  - dense: {units: 84, activation: tanh}
  - dense: {units: 10, name: logits}
loss: {softmax_cross_entropy: {class_weights: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}}
optimizer: OPTIMIZER
output: {layer: logits, activation: softmax}
train: {batch: 8UPDATE}
"""

# A transposed convolution in one dimension, as a gather: of a guard % S == 0 every S-th passage counts.
STRETCH = """/* Layer:   stretch
 * Summary: a transposed convolution of a row
 * Attr:    filters F >= 1 (main)
 * Attr:    kernel K >= 1
 * Attr:    stride S >= 1
 * Size:    B = (A - 1) * S + K
 * Param:   weight w  fan_in K * C, fan_out K * F
 *
 * Derivation.  None is needed for what this test asks.
 */
#include "../template.h"

void stretch_forward(int N, int A, int B, int C, int F, int K, int S, const float x[N][A][C], const float w[K][C][F],
                     float y[N][B][F])
{
    for (int n = 0; n < N; n++)
        for (int q = 0; q < B; q++)
            for (int f = 0; f < F; f++) {
                float sum = 0.0f;
                for (int k = 0; k < K; k++) {
                    int p = q - k;
                    if (p % S == 0 && 0 <= p && p < A * S)
                        for (int c = 0; c < C; c++)
                            sum += x[n][p / S][c] * w[k][c][f];
                }
                y[n][q][f] = sum;
            }
}
"""

# Sums over a triangle: the limit of the inner loop is the outer loop's variable.
TRIANGLE = """/* Layer:   triangle
 * Summary: y_i = sum_{j <= i} w_ij x_j
 * Param:   weight w  fan_in I, fan_out I
 *
 * Derivation.  None is needed for what this test asks.
 */
#include "../template.h"

void triangle_forward(int N, int I, const float x[N][I], const float w[I][I], float y[N][I])
{
    for (int n = 0; n < N; n++)
        for (int i = 0; i < I; i++) {
            float sum = 0.0f;
            for (int j = 0; j <= i; j++)
                sum += x[n][j] * w[i][j];
            y[n][i] = sum;
        }
}
"""

# Random numbers in prediction, too.
NOISE = """/* Layer:   noise
 * Summary: y = x + a random number
 * Any:     M
 *
 * Derivation.  None is needed for what this test asks.
 */
#include "../template.h"

void noise_forward(int N, int M, uint32_t key, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m] + random_uniform(key, n * M + m);
}
"""

passed = failed = 0


def expect(what, got, wanted):
    global passed, failed
    if got == wanted:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}: {got} instead of {wanted}")


def run(folder, text, *words):
    """nnc with these words, then the spec."""
    spec = folder / "spec.yaml"
    spec.write_text(text)
    done = subprocess.run([NNC, *words, str(spec)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def report(folder, text, *words):
    status, out, error = run(folder, text, "report", "--json", *words)
    if status not in (0, 1) or not out:
        sys.exit(f"nnc report: exit status {status}\n{error}")
    return status, json.loads(out)


def lenet(optimizer="sgd", update=""):
    return LENET.replace("OPTIMIZER", optimizer).replace("UPDATE", update)


def test_macs_are_those_of_the_formulas(folder):
    _, told = report(folder, lenet())
    macs = {layer["name"]: layer["macs"] for layer in told["layers"] if layer["macs"]}
    wanted = {"conv2d_1": 28 * 28 * 25 * 6, "conv2d_2": 10 * 10 * 25 * 6 * 16, "dense_1": 400 * 120,
              "dense_2": 120 * 84, "logits": 84 * 10}
    expect("macs of lenet", macs, wanted)
    expect("macs of a prediction", told["macs"]["prediction"], sum(wanted.values()))
    expect("macs of a step", told["macs"]["training"], 8 * (3 * sum(wanted.values()) - wanted["conv2d_1"]))
    spec = """network: convolution
input: [17, 19, 6]
layers:
  - conv2d: {filters: 8, kernel: [3, 5], stride: [2, 3], dilation: [2, 1], groups: 2, padding: 2}
"""
    _, told = report(folder, spec)
    rows, columns, filters = told["layers"][0]["shape"]
    expect("macs of a grouped convolution", told["macs"]["prediction"], rows * columns * filters * 3 * 5 * 3)


def test_macs_follow_guards_and_limits(folder):
    layers = folder / "layers"
    layers.mkdir()
    (layers / "stretch.c").write_text(STRETCH)
    (layers / "triangle.c").write_text(TRIANGLE)
    spec = "network: own\ninput: [9, 4]\nlayers:\n  - stretch: {filters: 5, kernel: 6, stride: 3}\n"
    _, told = report(folder, spec, "--templates", str(folder))
    expect("macs of a stride in a guard", told["macs"]["prediction"], 30 * 5 * 6 * 4 // 3)
    spec = "network: own\ninput: [9]\nlayers:\n  - triangle\n"
    _, told = report(folder, spec, "--templates", str(folder))
    expect("macs of a triangle", told["macs"]["prediction"], 9 * 10 // 2)


def test_what_is_not_trained_costs_no_gradients(folder):
    spec = lenet()
    for size in ("{units: 120, ", "{filters: 6, ", "{filters: 16, "):
        spec = spec.replace(size, size + "trainable: false, ")
    _, told = report(folder, spec)
    macs = {layer["name"]: layer["macs"] for layer in told["layers"]}
    # batch_norm has parameters before dense_1, so dense_1 still hands its gradient on.
    wanted = 8 * (macs["conv2d_1"] + macs["conv2d_2"] + 2 * macs["dense_1"] + 3 * (macs["dense_2"] + macs["logits"]))
    expect("macs of a step with frozen layers", told["macs"]["training"], wanted)
    expect("frozen parameters", told["parameters"]["frozen"], 156 + 2416 + 48120)


def test_bytes_are_those_of_the_header(folder):
    for optimizer in ("sgd", "adam"):
        for update in ("", ", update: fused"):
            for words in ([], ["--dtype", "float64"], ["--target", "avx512"], ["--inference"],
                          ["--predict-batch", "5"], ["--inference", "--predict-batch", "2", "--dtype", "float64"]):
                text = lenet(optimizer, update)
                _, told = report(folder, text, *words)
                status, _, error = run(folder, text, "-o", str(folder / "net.c"), *words)
                expect("nnc's exit status", (status, error), (0, ""))
                header = dict(re.findall(r"#define LENET_(\w+) (\d+)", (folder / "net.h").read_text()))
                memory = told["memory"]
                names = {"PARAMETERS_BYTES": "parameters", "INFERENCE_BYTES": "inference"}
                if "--predict-batch" in words:
                    names["INFERENCE_BATCH_BYTES"] = "inference_batch"
                    expect("more than for one", memory["inference_batch"] > memory["inference"], True)
                if "--inference" not in words:
                    names.update(STATE_BYTES="state", ARENA_BYTES="arena", TRAINING_BYTES="training")
                    parts = ("parameters", "gradients", "state", "arena", "counters")
                    expect("the parts together", sum(memory[part] for part in parts), memory["training"])
                    expect("constants", memory["constants"], 80 if "float64" in words else 40)
                label = f"bytes of {optimizer}{update} {' '.join(words)}"
                expect(label, {n: memory[k] for n, k in names.items()}, {n: int(header[n]) for n in names})


def test_budgets_decide_at_the_last_byte(folder):
    needed = report(folder, lenet())[1]["memory"]["training"]
    for bytes_there, status in ((needed, 0), (needed - 1, 1)):
        text = lenet() + f"memory: {{ram: {bytes_there}, flash: 40}}\n"
        got, told = report(folder, text)
        expect("exit status of report", got, status)
        expect("verdict", told["budgets"]["ram"], {"bytes": bytes_there, "needed": needed, "ok": status == 0})
        output = folder / f"budget_{status}.c"
        expect("exit status of nnc", run(folder, text, "-o", str(output))[0], status)
        expect("a file is written", output.exists(), status == 0)


def test_table_has_a_line_for_each_layer(folder):
    status, out, _ = run(folder, lenet(), "report")
    expect("exit status", status, 0)
    for word in ("conv2d_1_relu", "max_pool2d", "[14, 14, 6]", "240,000", "sizeof(lenet_training)"):
        expect(f"'{word}' in the table", word in out, True)
    expect("no line ends in a blank", re.findall(r".* $", out, re.M), [])


FORK = """network: graph
input: {image: [8, 8, 3], edge: [4]}
layers:
  - conv2d: {filters: 4, kernel: 3, padding: same, input: image, trainable: false}
  - reshape: {shape: [64, 4], name: node}
  - add: {inputs: [node, edge]}
  - dense: {units: 5, initializer: zeros}
loss: {mse: {weight: 0.5}}
"""


def test_graph_has_a_node_for_each_layer_and_a_shape_on_each_edge(folder):
    """Names that are words of Graphviz's language included."""
    status, out, error = run(folder, FORK, "graph")
    expect("exit status", (status, error), (0, ""))
    edges = set(re.findall(r'"([^"]+)" -> "([^"]+)" \[label=" ([^"]+)"\]', out))
    expect("edges", edges, {("image", "conv2d_1", "8 × 8 × 3"), ("conv2d_1", "node", "8 × 8 × 4"),
                            ("node", "add_1", "64 × 4"), ("edge", "add_1", "4"), ("add_1", "dense_1", "64 × 4"),
                            ("dense_1", "loss mse_1", "64 × 5")})
    for words in ("conv2d: filters 4, kernel 3, padding same", "112 parameters, frozen", "25 parameters", "weight 0.5"):
        expect(f"'{words}' in the graph", words in out, True)
    expect("the same again", run(folder, FORK, "graph", "-o", "-")[1], out)


def test_graph_is_drawn(folder):
    svg = folder / "net.svg"
    status, out, error = run(folder, FORK, "graph", "-o", str(svg))
    expect("exit status", (status, out, error), (0, "", ""))
    drawn = xml.etree.ElementTree.parse(svg)
    texts = {text.text.strip() for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    expect("texts of the drawing", {"conv2d_1", "node", "edge", "8 × 8 × 3", "target"} <= texts, True)
    run(folder, FORK, "graph", "-o", str(folder / "net.png"))
    expect("a PNG file", (folder / "net.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")


def test_graph_says_what_is_missing(folder):
    path = os.environ["PATH"]
    os.environ["PATH"] = str(folder)
    try:
        status, _, error = run(folder, FORK, "graph", "-o", str(folder / "none.svg"))
    finally:
        os.environ["PATH"] = path
    expect("exit status without dot", status, 1)
    expect("the package is named", "apt-get install graphviz" in error, True)
    expect("nothing is written", (folder / "none.svg").exists(), False)
    expect("wrong ending", run(folder, FORK, "graph", "-o", "net.jpeg")[0], 2)
    expect("a folder that is not there", run(folder, FORK, "graph", "-o", str(folder / "no" / "net.dot"))[0], 1)


# A call graph by hand, and what the deepest stack of each function is: bytes, the chain, and what keeps it from being exact.
GRAPH = r"""graph: { title: "net.c"
node: { title: "lenet_train" label: "lenet_train\nnet.c:9:7\n100 bytes (static)" }
node: { title: "lenet_gradient" label: "lenet_gradient\nnet.c:8:7\n20 bytes (static)" }
edge: { sourcename: "lenet_train" targetname: "lenet_gradient" label: "net.c:10:3" }
edge: { sourcename: "lenet_train" targetname: "net.c:wide" label: "net.c:11:3" }
node: { title: "net.c:wide" label: "wide\nnet.c:1:13\n150 bytes (dynamic,bounded)" }
node: { title: "net.c:deep" label: "deep\nnet.c:2:13\n131 bytes (static)" }
edge: { sourcename: "lenet_gradient" targetname: "net.c:deep" label: "net.c:12:3" }
node: { title: "lenet_update" label: "lenet_update\nnet.c:7:6\n8 bytes (static)" }
edge: { sourcename: "lenet_update" targetname: "memcpy" }
node: { title: "memcpy" label: "__builtin_memcpy\n<built-in>" shape : ellipse }
node: { title: "net.c:again" label: "again\nnet.c:3:13\n16 bytes (static)" }
edge: { sourcename: "net.c:again" targetname: "net.c:again" }
edge: { sourcename: "lenet_penalty" targetname: "net.c:again" }
node: { title: "lenet_penalty" label: "lenet_penalty\nnet.c:6:7\n4 bytes (static)" }
node: { title: "lenet_predict" label: "lenet_predict\nnet.c:5:6\n64 bytes (dynamic)" }
node: { title: "lenet_initialize" label: "lenet_initialize\nnet.c:4:6\n0 bytes (static)" }
node: { title: "__indirect_call" label: "Indirect Call Placeholder" shape : ellipse }
edge: { sourcename: "lenet_initialize" targetname: "__indirect_call" label: "net.c:4:9" }
}
"""
DEPTHS = {
    "lenet_train": (251, ["lenet_train", "lenet_gradient", "deep"], [], [], []),
    "lenet_gradient": (151, ["lenet_gradient", "deep"], [], [], []),
    "lenet_update": (8, ["lenet_update"], ["memcpy"], [], []),
    "lenet_penalty": (20, ["lenet_penalty", "again"], [], ["again"], []),
    "lenet_predict": (64, ["lenet_predict"], [], [], ["lenet_predict"]),
    "lenet_initialize": (0, ["lenet_initialize"], ["a call through a pointer"], [], []),
}


def compiler_that(folder, words):
    """A program for $CC: a script that finds the folder of net.c in $folder."""
    script = folder / "cc.sh"
    script.write_text(f'#!/bin/sh\nfor word; do last=$word; done\nfolder=$(dirname "$last")\n{words}\n')
    script.chmod(0o755)
    return str(script)


def with_compiler(compiler, folder, text, *words, flags=None):
    """nnc report --cc with this $CC, and $CFLAGS."""
    before = {name: os.environ.get(name) for name in ("CC", "CFLAGS")}
    for name, value in (("CC", compiler), ("CFLAGS", flags)):
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    try:
        return run(folder, text, "report", "--cc", *words)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def test_depth_of_a_graph_by_hand(folder):
    graph = folder / "graph.ci"
    graph.write_text(GRAPH)
    compiler = compiler_that(folder, f'cp {graph} "$folder/net.ci"; echo "int f(void) {{ return 1; }}" | '
                                     'gcc -x c -c - -o "$folder/net.o"')
    status, out, error = with_compiler(compiler, folder, lenet(), "--json")
    expect("exit status", (status, error), (0, ""))
    stack = json.loads(out)["compiled"]["stack"]
    kinds = ("bytes", "chain", "unknown", "recursive", "dynamic")
    expect("depths", {name: tuple(depth[kind] for kind in kinds) for name, depth in stack.items()}, DEPTHS)
    expect("which are exact", [name for name, depth in stack.items() if depth["exact"]], ["lenet_train", "lenet_gradient"])
    status, out, _ = with_compiler(compiler, folder, lenet())
    for line in (r"lenet_train +251  lenet_train > lenet_gradient > deep", r"lenet_update +at least 8  lenet_update",
                 r"    of unknown size: memcpy", r"    recursive: again", r"    with a frame that grows: lenet_predict"):
        expect(f"a line '{line}'", re.search(f"^{line}$", out, re.M) is not None, True)
    stranger = compiler_that(folder, f'cp {graph} "$folder/net.ci"; echo "int g(void); int f(void) {{ return g() + 1; }}" | '
                                     'gcc -x c -c - -o "$folder/net.o"')
    stack = json.loads(with_compiler(stranger, folder, lenet(), "--json")[1])["compiled"]["stack"]
    expect("a symbol that no edge calls", {"g" in depth["unknown"] for depth in stack.values()}, {True})


def sizes_of(path):
    """Section by section, by binutils."""
    out = subprocess.run(["size", "-A", str(path)], capture_output=True, text=True, check=True).stdout
    return {name: int(size) for name, size in re.findall(r"^(\.\S+) +(\d+) ", out, re.M)}


def test_sections_are_those_of_size(folder):
    """For 64 and 32 bits, and at two levels of optimization."""
    for machine, flags in ((["gcc"], "-O2"), (["gcc", "-m32", "-msse2", "-mfpmath=sse", "-fno-pie", "-DNNC_SOFT_SQRT"], "-Os")):
        status, out, error = with_compiler(" ".join(machine), folder, lenet(), "--json", flags=flags)
        expect("exit status", (status, error), (0, ""))
        told = json.loads(out)["compiled"]
        run(folder, lenet(), "-o", str(folder / "net.c"))
        include = str(pathlib.Path(__file__).resolve().parents[2] / "runtime")
        subprocess.run([*machine, "-std=c11", "-ffreestanding", flags, "-I", include, "-c", "-o", str(folder / "net.o"),
                        str(folder / "net.c")], check=True)
        there = sizes_of(folder / "net.o")
        expect("sections", told["sections"], {name: there.get(name) for name in told["sections"]})
        left = {name for name, size in there.items() if size and name not in told["sections"]}
        expect("what is not loaded", {name for name in left if name not in (".comment", ".note.GNU-stack")}, set())
        expect("the kinds together", sum(told[kind] for kind in ("code", "constants", "data", "zeros")),
               sum(told["sections"].values()))
        expect("neither data nor zeros", (told["data"], told["zeros"]), (0, 0))
        expect("functions", set(told["stack"]), set(DEPTHS))
        expect("train holds gradient", told["stack"]["lenet_train"]["bytes"] >= told["stack"]["lenet_gradient"]["bytes"] > 0, True)
        expect("the red zone", told["red_zone"], 128 if len(machine) == 1 else 0)


def test_other_machines_are_measured(folder):
    status, out, error = with_compiler("aarch64-linux-gnu-gcc", folder, lenet(), "--json", "--inference")
    expect("exit status", (status, error), (0, ""))
    told = json.loads(out)["compiled"]
    expect("prediction alone", list(told["stack"]), ["lenet_predict"])
    expect("no red zone", (told["red_zone"], told["code"] > 1000), (0, True))
    status, out, _ = with_compiler("aarch64-linux-gnu-gcc -mbig-endian", folder, lenet(), "--json", "--inference")
    expect("the other order of bytes", status, 0)
    expect("nearly as much code", abs(json.loads(out)["compiled"]["code"] / told["code"] - 1) < 0.2, True)


def test_flash_holds_code_and_constants(folder):
    told = json.loads(with_compiler("gcc", folder, lenet(), "--json")[1])["compiled"]
    needed = told["code"] + told["constants"]
    for there, wanted in ((needed, 0), (needed - 1, 1)):
        text = lenet() + f"memory: {{flash: {there}}}\n"
        status, out, error = with_compiler("gcc", folder, text, "--json")
        expect("verdict on the code", (status, json.loads(out)["budgets"]["flash"]),
               (wanted, {"bytes": there, "needed": needed, "ok": wanted == 0}))
        words = f"code and constants of 'lenet' take {needed} bytes, 1 more than the {there} that there are"
        expect("the place is told", words in error, wanted == 1)
        expect("code does not count without --cc", run(folder, text, "report")[0], 0)


def test_what_cannot_be_measured_is_told(folder):
    """And nothing else is printed."""
    no_graph = 'gcc -x c -c /dev/null -o "$folder/net.o"'
    cases = [("no compiler", str(folder / "nowhere"), "cannot run"), ("one that fails", "false", "-fcallgraph-info"),
             ("clang", "clang", "-fcallgraph-info"), ("no graph", compiler_that(folder, no_graph), "wrote no call graph")]
    graph = folder / "graph.ci"
    graph.write_text(GRAPH)
    for name, compiler, words in cases:
        status, out, error = with_compiler(compiler, folder, lenet())
        expect(f"{name}: exit status and output", (status, out), (1, ""))
        expect(f"{name}: the message", words in error, True)
    scripts = [("no ELF object", f'cp {graph} "$folder/net.ci"; echo "not ELF" > "$folder/net.o"', "no ELF object"),
               ("half an object", f'cp {graph} "$folder/net.ci"; head -c 40 "$(command -v gcc)" > "$folder/net.o"', "no ELF object"),
               ("an empty graph", f': > "$folder/net.ci"; {no_graph}', "names no function"),
               ("another graph", f'sed s/lenet/other/g {graph} > "$folder/net.ci"; {no_graph}', "no function of 'lenet'")]
    for name, script, words in scripts:
        status, out, error = with_compiler(compiler_that(folder, script), folder, lenet(), "--json")
        expect(f"{name}: exit status and output", (status, out), (1, ""))
        expect(f"{name}: the message", words in error, True)


def test_bench_gives_times(folder):
    status, out, error = run(folder, lenet(), "bench", "--json", "--time", "20")
    expect("exit status", (status, error), (0, ""))
    told = json.loads(out)
    for part in ("training_step", "prediction"):
        expect(f"{part} takes time", 0 < told[part]["minimum_us"] <= told[part]["median_us"], True)
        expect(f"{part} is below the peak", 0 < told[part]["of_peak"] < 1.1, True)
    rows = told["steps"]
    trained = {(row["layer"], row["function"]) for row in rows if row["phase"] == "training"}
    expect("forward and backward have rows", {("conv2d_1", "conv2d_forward_relu"), ("conv2d_1", "conv2d_backward")} <= trained,
           True)
    expect("the update has rows", any(row["phase"] == "update" for row in rows), True)
    expect("rows take time", all(0 <= row["minimum_us"] <= row["median_us"] for row in rows), True)
    macs = sum(row["multiply_adds"] for row in rows if row["phase"] == "training")
    step = told["training_step"]
    expect("the rows' multiply-adds are the step's", abs(2e-3 * macs / step["minimum_us"] / step["gflops"] - 1) < 1e-6, True)
    expect("one thread", told["threads"], 1)
    status, out, _ = run(folder, lenet(), "bench", "--json", "--time", "20", "--totals")
    expect("totals have no rows", (status, "steps" in json.loads(out)), (0, False))


def test_threads_are_told(folder):
    wide = ("--threads", "--batch", "256")
    status, out, error = run(folder, lenet(), "report", *wide)
    expect("exit status of report", (status, error), (0, ""))
    expect("shared loops are told", re.search(r"loops that are shared +[1-9][0-9]*  by threads, which need no memory", out)
           is not None, True)
    shared, alone = (json.loads(run(folder, lenet(), "report", "--json", *options)[1]) for options in (wide, wide[1:]))
    expect("shared loops in JSON", (shared["shared_loops"] > 0, "shared_loops" in alone), (True, False))
    expect("threads need no memory", shared["memory"], alone["memory"])
    os.environ.update(OMP_NUM_THREADS="2", OMP_WAIT_POLICY="passive")
    status, out, error = run(folder, lenet(), "bench", "--json", "--time", "20", "--totals", *wide)
    del os.environ["OMP_NUM_THREADS"], os.environ["OMP_WAIT_POLICY"]
    expect("exit status of bench", (status, error), (0, ""))
    expect("two threads", json.loads(out)["threads"], 2)


def test_bench_gives_the_time_of_a_batch(folder):
    status, out, error = run(folder, lenet(), "bench", "--json", "--time", "20", "--predict-batch", "12")
    expect("exit status", (status, error), (0, ""))
    told = json.loads(out)
    batch = told["prediction_batch"]
    expect("samples", batch["samples"], 12)
    expect("twelve take longer than one", batch["minimum_us"] > told["prediction"]["minimum_us"], True)
    macs = sum(row["multiply_adds"] for row in told["steps"] if row["phase"] == "batch")
    expect("the rows' multiply-adds are the batch's", abs(2e-3 * macs / batch["minimum_us"] / batch["gflops"] - 1) < 1e-6, True)
    for command in ("bench", "report"):
        for samples in ("0", "65537", "many"):
            status, out, _ = run(folder, lenet(), command, "--predict-batch", samples)
            expect(f"{command} of {samples} samples", (status, out), (2, ""))


def test_batch_counts_in_the_budget_of_prediction(folder):
    words = ("--inference", "--predict-batch", "6")
    memory = report(folder, lenet(), *words)[1]["memory"]
    needed = memory["parameters"] + memory["inference_batch"]
    for bytes_there, wanted in ((needed, 0), (needed - 1, 1)):
        text = lenet() + f"memory: {{ram: {bytes_there}}}\n"
        status, told = report(folder, text, *words)
        expect("verdict on a batch", (status, told["budgets"]["ram"]["needed"]), (wanted, needed))
        expect("exit status of nnc", run(folder, text, "-o", str(folder / "net.c"), *words)[0], wanted)


def test_random_numbers_are_no_matter_for_a_batch(folder):
    layers = folder / "own" / "layers"
    layers.mkdir(parents=True)
    (layers / "noise.c").write_text(NOISE)
    text = "network: t\ninput: [3]\nlayers:\n  - noise\n"
    words = ("--templates", str(folder / "own"), "-o", str(folder / "noise.c"))
    expect("one sample", run(folder, text, *words)[0], 0)
    status, _, error = run(folder, text, *words, "--predict-batch", "2")
    expect("exit status", status, 1)
    expect("the line is told", ":4:5: error: 'noise_1' draws random numbers" in error, True)


def main():
    with tempfile.TemporaryDirectory() as name:
        for test in [value for key, value in sorted(globals().items()) if key.startswith("test_")]:
            test(pathlib.Path(name))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
