"""bench.py [--full] - the parts of the benchmark: every workload is a description that nnc takes, its programs compile
without a warning and answer, and what is missed is called so. With --full PyTorch's networks are proved to be nnc's.

Ends with `N passed, N failed`."""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

import builds
import machine
import measure
import onnx_models
import tables
import workloads
from toolbox import NNC, ROOT, RUNTIME, Count, Refused, run

count = Count()
PROVED = ("tiny", "mlp", "lenet5", "ds_cnn")  # the others take minutes


def equal(what, found, wanted):
    count.check(what, None if found == wanted else f"{found!r} instead of {wanted!r}")


def check_descriptions(folder):
    """Also with `update: fused`; with the batch and nothing of the recipe that was there."""
    for workload in workloads.WORKLOADS:
        for update in workload.updates:
            path = pathlib.Path(builds.write(os.path.join(folder, "net.yaml"), workload.spec(update)))
            text = path.read_text()
            equal(f"{workload.name}: one recipe", [text.count(f"\n{key}:") for key in
                                                   ("optimizer", "learning_rate", "train", "regularizer", "data")],
                  [1, 1, 1, 0, 0])
            count.attempt(f"{workload.name}, {update}: nnc takes it", lambda path=path: run([NNC, "report", path]))
    names = [workload.name for workload in workloads.WORKLOADS]
    equal("names are unique", len(set(names)), len(names))
    equal("workloads by name, in the order of the table",
          [workload.name for workload in workloads.chosen({"mlp_predict", "tiny_b10_sgd"})],
          ["tiny_b10_sgd", "mlp_predict"])


def check_texts():
    text = "a: 1\ntrain: {x: 1}\n# kept\ndata:\n  b: 2\n\n  c: 3\nlast: [1]\n"
    equal("keys are left out with what is below them", workloads.without(text, {"train", "data"}),
          "a: 1\n# kept\nlast: [1]\n")


def check_sections():
    one = tables.with_section("", "B", "first\n")
    two = tables.with_section(one, "A", "second\n")
    equal("a section for each processor", two, f"{tables.HEAD}\n## A\n\nsecond\n\n## B\n\nfirst\n")
    equal("a new one takes the place of the old", tables.with_section(two, "B", "third\n"),
          f"{tables.HEAD}\n## A\n\nsecond\n\n## B\n\nthird\n")


def check_programs(folder):
    """The drivers in C; and a network in each kind of numerics, trained and asked."""
    for name in ("step.c", "stopwatch.c", "peer_ort.c"):
        count.attempt(f"{name} compiles without a warning", lambda name=name: run(
            ["cc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", *RUNTIME,
             "-DNETWORK=any_network", "-c", ROOT / "bench" / name, "-o", os.path.join(folder, "unit.o")]))
    tiny, builder = workloads.WORKLOADS[0], builds.Builder(folder)
    for numerics in workloads.NUMERICS:
        def times(numerics=numerics):
            program = builder.program(tiny, numerics, "apart")
            for work in (tiny, workloads.Workload("tiny", 0, 1)):
                timing = machine.run_json(builds.command(program, work, 2))
                if not 0 < timing["minimum_us"] <= timing["median_us"]:
                    raise Refused(str(timing))
        count.attempt(f"{tiny.name}, {numerics}: a step and a prediction are timed", times)
    equal("one program for one description", builder.program(tiny, "fast", "apart"),
          builder.program(tiny, "fast", "apart"))
    equal("two for each multiply-add of a prediction", builds.flops_of(folder, workloads.Workload("tiny", 0, 1)),
          2 * (2 * 8 + 8 * 8 + 8))


def result(ratio, separate, share):
    """Of a workload that demands a ratio of 2, and half of the peak; nnc takes 10 us."""
    timing = measure.Timing
    own = {"fused": timing(10, 10), "separate": timing(10 * separate, 10 * separate), "fast": timing(9, 9)}
    peers = {"PyTorch eager": timing(10 * ratio, 1), "PyTorch jit": timing(99, 98)} if ratio else {}
    return measure.Result(workloads.Workload("tiny", 10, 2, share=0.5), "fused", 1e5 * share, own, peers)


def check_verdicts():
    for ratio, separate, share, missed in [(2, 1.4, 0.5, 0), (1.99, 1, 1, 1), (3, 1.41, 1, 1), (3, 1, 0.49, 1),
                                           (1, 2, 0.1, 3)]:
        judge, one = tables.Judge(), [result(ratio, separate, share)]
        text = "\n".join([*tables.comparison(one, judge), *tables.numerics(one, judge), *tables.shares(one, 10, judge)])
        equal(f"{ratio}, {separate}, {share}: missed", (len(judge.missed), text.count("MISSED")), (missed, missed))
    judge = tables.Judge()
    row = tables.comparison([result(0, 1, 1)], judge)[-1]
    count.check("without a peer nothing is reached", None if "not measured" in row and not judge.missed else row)
    equal("PyTorch's ways", tables.pytorch([result(0, 1, 1)]), [])
    columns = {len(line) for line in tables.markdown([["a", "b"], ["ccc", "1"], ["d", "22222"]])}
    equal("the columns of a table are aligned", len(columns), 1)


def check_rounds():
    """Medians of medians, minima of minima; of each way of a program that has several."""
    other = {"median_us": 7, "minimum_us": 6}
    rounds = [[{"median_us": median, "minimum_us": median / 2}, other] for median in (8, 4, 2)]
    program = measure.Program(("a", "b"), [], {}, rounds)
    equal("timings over the rounds", program.timings(), {"a": measure.Timing(4, 1), "b": measure.Timing(7, 6)})


def check_peers():
    """What is missing is said, and only what is needed is missed."""
    for versions, said in [({"torch": "1"}, ["PyTorch 1"]), ({"torch": "1", "ort": "2"}, ["PyTorch 1", "Runtime 2"]),
                           ({"torch": None, "ort": None}, ["PyTorch is not there", "Runtime is not there"])]:
        lines = machine.lines_of_peers(versions)
        good = len(lines) == len(said) and all(words in line for words, line in zip(said, lines))
        count.check(f"peers {versions}", None if good else f"{lines}")


def check_words():
    environment = dict(os.environ, NNC=NNC)
    for words, status in [(["--list"], 0), (["3", "no_such_work"], 2)]:
        done = subprocess.run([sys.executable, ROOT / "bench" / "compare.py", *words], env=environment,
                              capture_output=True, text=True, check=False)
        equal(f"compare.py {' '.join(words)}", done.returncode, status)
    os.environ["BENCH_CORE"] = "4096"
    try:
        machine.core()
        count.check("a core that is not there is refused", "it is not")
    except machine.Failed:
        count.check("a core that is not there is refused")
    del os.environ["BENCH_CORE"]


def prove(folder, network):
    """What the benchmark does before it measures, without ONNX Runtime."""
    folder = os.path.join(folder, network)
    os.mkdir(folder)
    try:
        exported = machine.run_json([sys.executable, str(ROOT / "bench" / "export_onnx.py"), network, folder])
        onnx_models.prove(network, folder, exported)
    except machine.Failed as failure:
        raise Refused(str(failure)) from failure


def main():
    with tempfile.TemporaryDirectory(prefix="nnc-bench-") as folder:
        check_descriptions(folder)
        check_texts()
        check_sections()
        check_programs(folder)
        check_verdicts()
        check_rounds()
        check_peers()
        check_words()
        if "--full" in sys.argv[1:] and importlib.util.find_spec("torch"):
            for network in PROVED:
                count.attempt(f"{network} of PyTorch is nnc's", lambda network=network: prove(folder, network))
        elif "--full" in sys.argv[1:]:
            print("skipped: Python has no PyTorch here (Debian: apt-get install python3-torch)")
    return count.finish()


if __name__ == "__main__":
    sys.exit(main())
