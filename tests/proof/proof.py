"""proof.py - proves by Frama-C's EVA that generated C has no run-time errors; `make proof` runs it.

    proof.py [--keep DIR] [NETWORK]...     without a name: the runtime, every network of networks/, the mutants

What is proven of each network of networks/, in fused and in separate numerics: float32, target c, without FMA
hardware, with the sizes and the byte order of x86-64. For `initialize` with every seed; for `train` (gradient, then
update) and `penalty` from every training struct, and for `predict` from all parameters, within [-1, 1] for inputs and
parameters, steps below 2^31 - 1, every seed, and the ranges that the description states beside it:

    # proof: PLACE LOW HIGH

PLACE is target, a parameter, or a member of the training struct. Every number of a place is any of [LOW, HIGH],
independent of the others. The ranges hold before the one step that is analysed; nothing is said of a second step from
what the first one leaves. Then there is

    no access out of bounds, no division by zero, no read of what was not written, no signed overflow, no invalid
    shift, no conversion of a float to an integer that cannot hold it, no float that is infinite or NaN.

A struct is one object to C: a step past the end of one tensor of the arena is a step into the next. So each network is
analysed in three ways:

    whole     as printed
    apart     each tensor of the arena is an array of its own, without a value until a kernel writes it
    kernels   each kernel by itself, its arguments arrays of just the size that the signature says, holding floats of
              [-1, 1]: bounds, shifts and integers, since what a kernel may assume of its floats is its caller's

printed.py replaces three forms of expression by calls whose result EVA can bound (squares, and the rounding error of a
product); include/contracts.h says why they bound it. exp, tanh and their kin, sqrt and fma are contracts there, too.
runtime.py proves those of the functions for every float that their `requires` allows, but for cos beyond 1, for which
ranges.c tries every float. That fma and sqrt round once is taken for granted: tests/runtime tests it, ranges.c tries every
mantissa for sqrt, and proven here is that their integer routines have no run-time error. Intermediate floats of the
runtime's functions may be infinite or NaN by design, as what a selection does not take; their results may not. A
contract's `requires` must be shown at each call, or it counts as an alarm.

That the proof can fail is shown by mutants: generated C with one mistake must raise an alarm of the right kind.

The exit status is 1 if an alarm is left, a function of a network was not reached, a mutant raises none, or an analysis
ended early. The last line is `N passed, N failed`. This is no suite of `make test`: Frama-C takes 800 MB."""
import argparse
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "common"))
import eva  # noqa: E402
import printed  # noqa: E402
import runtime  # noqa: E402
from toolbox import ROOT, Count, Refused, run  # noqa: E402

NETWORKS = sorted((HERE / "networks").glob("*.yaml"))
MODES = {"fused": ("whole", "apart", "kernels"), "separate": ("whole",)}

# (network, mode, what is wrong, printed words, words instead, EVA's kind of alarm)
MUTANTS = [
    ("mlp", "kernels", "a loop is one too long", "for (int p = 0; p < 15; p++)", "for (int p = 0; p < 16; p++)",
     ("memory access", "index out of bounds")),
    ("mlp", "kernels", "a subscript is one too high", "w[2][o]", "w[2][o + 1]", ("memory access", "index out of bounds")),
    ("mlp", "kernels", "a class is one too high", "z[0][t[0]]", "z[0][t[0] + 1]",
     ("memory access", "index out of bounds")),
    ("convolution", "kernels", "a window is one too wide", "(3 < 7 - u ? 3 : 7 - u)", "(3 < 8 - u ? 3 : 8 - u)",
     ("memory access", "index out of bounds")),
    ("mlp", "apart", "an output is not written", "p[0][0] = nnc_expf(z[0][0] - top[0]);", ";", ("not initialized",)),
    ("regression", "apart", "a step leaves out a kernel", "    regression_huber_backward(",
     "    if (0) regression_huber_backward(", ("not initialized",)),
    ("mlp", "whole", "a divisor that may be 0", "mass += p[n][", "mass -= p[n][", ("infinite or NaN",)),
    ("mlp", "whole", "an exponential without its limit", "nnc_expf(z[0][0] - top[0])", "nnc_expf(100.0f * z[0][0])",
     ("preconditions not proven",)),
    ("normalized", "whole", "a variance without epsilon", " + 1e-05f)", ")", ("infinite or NaN", "division by zero")),
    ("convolution", "whole", "a root of Adam without epsilon", "root, 1e-08f)", "root, 0.0f)",
     ("infinite or NaN", "division by zero")),
    ("mlp", "whole", "a step without its limit", "(step < 1000 ? step : 1000)", "(step)", ("preconditions not proven",)),
]


def program(spec, folder, numerics, mode, change=lambda code: code):
    """The program of one network and one way to look at it; and the network."""
    folder = folder / f"{numerics}_{mode}"
    net = printed.Printed(spec, folder, "--numerics", numerics)
    code = printed.name_rounding_errors(printed.name_squares(change(net.code)))
    net.path.write_text(printed.taken_apart(code) if mode == "apart" else code)
    path = folder / f"{spec.stem}_{mode}.c"
    build = printed.kernels_program if mode == "kernels" else printed.whole_program
    path.write_text(build(net, net.path.name))
    return path, net


def analyse(path, mode):
    free = mode == "kernels"
    return eva.analyse(path, floats=not free, includes=[HERE / "include"], defines=["PROOF_ANY_FLOAT=1"] if free else [])


def problem_of(finding, wanted):
    """None, or what keeps it from being a proof."""
    missed = [name for name in wanted if finding.covered.get(name, (0, 1))[0] == 0]
    if finding.alarms:
        return finding.words() + "".join(f"\n    {place}" for place in finding.places)
    return f"never reached: {', '.join(missed)}" if missed else None


def try_ranges(folder, count):
    """ranges.c, which tries every float."""
    started = time.monotonic()

    def build_and_run():
        run(["cc", "-std=c11", "-O2", "-I", ROOT / "runtime", HERE / "ranges.c", "-o", folder / "ranges", "-lm"])
        run([folder / "ranges"])

    count.attempt("every float of nnc_cosf and nnc_sqrtf", build_and_run)
    print(f"{'cos and sqrt, every float':<34} {'-':>9} {'-':>8} {time.monotonic() - started:>8.1f}", flush=True)


ROW = "{:<14} {:<9} {:<8} {:>9} {:>11} {:>8}   {:>6} {:>8}"


def prove_network(spec, folder, count):
    for numerics, modes in MODES.items():
        for mode in modes:
            name = f"{spec.stem}, {numerics}, {mode}"
            try:
                path, net = program(spec, folder, numerics, mode)
                finding = analyse(path, mode)
            except Refused as refused:
                count.check(name, str(refused))
                continue
            wanted = [kernel for kernel, _ in net.kernels()] if mode == "kernels" else net.functions()
            reached = [finding.covered.get(function, (0, 0)) for function in wanted]
            seen, there = sum(row[0] for row in reached), sum(row[1] for row in reached)
            share = f"{100 * seen / there:.1f} %" if there else "-"
            print(ROW.format(spec.stem, numerics, mode, len(wanted), seen, share, finding.alarms,
                             f"{finding.seconds:.1f}"), flush=True)
            # A function of training that only a user calls (gradient, update) is reached through train.
            count.check(name, problem_of(finding, wanted))


def prove_runtime(folder, count):
    programs = [("fma and sqrt in integers", runtime.INTEGERS, 0)]
    programs += [(f"nnc_{name}", *runtime.function_program(name)) for name in runtime.FUNCTIONS]
    print(f"{'runtime':<34} {'ranges':>9} {'alarms':>8} {'seconds':>8}")
    for name, text, pieces in programs:
        path = folder / f"{name.replace(' ', '_')}.c"
        path.write_text(text)
        try:
            finding = eva.analyse(path, floats=False)
        except Refused as refused:
            count.check(name, str(refused))
            continue
        print(f"{name:<34} {pieces or '-':>9} {finding.alarms:>8} {finding.seconds:>8.1f}", flush=True)
        count.check(name, problem_of(finding, ["main"]))


def break_network(mutant, folder, count):
    name, mode, wrong, words, instead, kinds = mutant

    def change(code):
        if words not in code:
            raise Refused(f"'{words}' is not in the printed C: the mutant is to be written anew")
        return code.replace(words, instead, 1)

    label = f"mutant of {name}: {wrong}"
    try:
        path, _ = program(HERE / "networks" / f"{name}.yaml", folder, "fused", mode, change)
        finding = analyse(path, mode)
    except Refused as refused:
        count.check(label, str(refused))
        return
    print(f"{name:<12} {mode:<8} {wrong:<36} {finding.words()}", flush=True)
    count.check(label, None if any(kind in finding.kinds for kind in kinds) else f"no alarm of {' or '.join(kinds)}")


def prove(names, folder):
    count = Count()
    if not names:
        prove_runtime(folder, count)
        try_ranges(folder, count)
        print()
    print(ROW.format("network", "numerics", "mode", "functions", "statements", "reached", "alarms", "seconds"))
    for spec in NETWORKS:
        if not names or spec.stem in names:
            prove_network(spec, folder, count)
    print("\nmutants: one mistake in the printed C, and what EVA says")
    for number, mutant in enumerate(MUTANTS):
        if not names or mutant[0] in names:
            place = folder / f"mutant_{number}"
            place.mkdir()
            break_network(mutant, place, count)
    return count.finish()


def main():
    parser = argparse.ArgumentParser(description="Proves that generated C has no run-time errors, by Frama-C.")
    parser.add_argument("--keep", help="leave the programs and EVA's reports in this folder")
    parser.add_argument("network", nargs="*", choices=[spec.stem for spec in NETWORKS] + [[]])
    given = parser.parse_args()
    if given.keep:
        pathlib.Path(given.keep).mkdir(parents=True)
        return prove(given.network, pathlib.Path(given.keep))
    with tempfile.TemporaryDirectory() as folder:
        return prove(given.network, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
