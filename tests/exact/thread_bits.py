"""thread_bits.py - the same bits with any number of threads.

Networks with a batch so large that their loops are shared, trained for a few steps: printed without --threads, printed
with it and compiled without -fopenmp, and with 1 to 4 threads, by gcc and clang, scalar and in lanes."""
import functools

from toolbox import CARRIED, DRIVER, NETWORKS, PACKED, RUNTIME, SPECS, at_once, compilers, generate, network_name, run

STEPS = 3
BATCH = 253  # of no tile's size
NUMBERS = [1, 2, 3, 4]
QUICK = ("graph", "maps")
LARGE = ("lenet5", "ds_cnn")  # of specs/
# Each way to share a loop, as it is printed.
FORMS = ["omp parallel for)", "omp parallel for collapse(", "omp parallel)", "schedule(static) nowait)"]
LANES = {1: ["-mavx2", "-mfma"], 4: ["-mavx2", "-mfma"], 16: ["-march=native"]}


def sources_of(specs, folder, *options):
    return [generate(spec, folder, "--describe", "--batch", BATCH, *options) for spec in specs]


def program_of(compiler, flags, specs, sources, program):
    networks = " ".join(f"X({network_name(spec)})" for spec in specs)
    run([compiler, "-O1", *flags, *RUNTIME, f"-DNETWORKS={networks}", DRIVER, *sources, "-o", program])
    return program


def trained(program, threads):
    """What the driver prints; threads that wait sleep, so that a busy machine does not take minutes."""
    return run(["env", f"OMP_NUM_THREADS={threads}", "OMP_WAIT_POLICY=passive", program, STEPS])


def outcomes_of(specs, folder, compiler, lanes, options):
    """How it ran -> what came out; and all the C."""
    sources = sources_of(specs, folder, "--threads", "--lanes", lanes, *options)
    flags = LANES[lanes]
    serial = program_of(compiler, flags, specs, sources, folder / "serial")
    threaded = program_of(compiler, ["-fopenmp", *flags], specs, sources, folder / "threaded")
    ran = {"no -fopenmp": trained(serial, 1)} | {f"{number} threads": trained(threaded, number) for number in NUMBERS}
    return ran, "".join(source.read_text() for source in sources)


def check(count, folder, full):
    specs = [CARRIED, PACKED] + [spec for spec in NETWORKS if full or spec.stem in QUICK]
    specs += [spec for spec in SPECS if full and spec.stem in LARGE]
    builds = [(compiler, lanes, []) for compiler in compilers() for lanes in LANES] if full else \
        [("gcc", 1, []), ("clang", 4, [])]
    if full:
        builds += [("gcc", 4, ["--dtype", "float64"]), ("gcc", 1, ["--numerics", "separate"])]
    references = {}
    for options in {tuple(options): None for _, _, options in builds}:
        place = folder / ("reference_" + "_".join(options))
        sources = sources_of(specs, place, *options)
        references[options] = trained(program_of("gcc", LANES[1], specs, sources, place / "program"), 1)
    printed = ""
    outcomes = at_once(functools.partial(outcomes_of, specs, folder / f"{number}", *build)
                       for number, build in enumerate(builds))
    for (compiler, lanes, options), outcome in zip(builds, outcomes):
        name = f"threads: {compiler}, {lanes} lanes {' '.join(options)}"
        got = count.attempt(name, outcome)
        if got is None:
            continue
        printed += got[1]
        for how, lines in got[0].items():
            count.check(f"{name}, {how}", None if lines == references[tuple(options)] else "other bits than without --threads")
    for form in FORMS:
        count.check(f"threads: {form}", None if form in printed else "no loop is shared like that")
    count.check("threads: packed weights", None if "_packed[" in printed else "no tile has a copy of its own")
    print(f"threads: {len(specs)} networks, {STEPS} steps, {len(builds)} builds, {printed.count('NNC_PRAGMA(omp')} directives",
          flush=True)
