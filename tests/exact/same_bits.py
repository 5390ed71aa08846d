"""same_bits.py - one parameter hash in fused and one in separate numerics, however a network is built.

Every network of tests/networks is trained for 200 steps with different compilers, optimization, lanes and targets; a
hash over losses, parameters, state and a prediction must be the same within one numerics and element type. With float64
and with the gradients consumed at once (train: {update: fused}) the same is asked. Everywhere a prediction of several
samples must have the bits of as many predictions of one."""
import functools
import itertools

from toolbox import (AARCH64, AARCH64_CLANG, DRIVER, NETWORKS, ROUNDS, RUNTIME, WEBASSEMBLY, WIDE, at_once, compilers, generate,
                     network_name, processor_flags, run)

STEPS = 200
SAMPLES = 7  # of the prediction of a batch, which the driver compares with as many of one
LANES = [1, 4, 8, 16]
# Lanes that the machine code does not have take a compiler up to a minute for a network of many functions.
SMALL = ("classifier", "margins", "questions", "autoencoder")
QUICK = ("activations", "classifier", "margins", "triplets")
LEVELS = [["-O0"], ["-O2"], ["-O3"], ["-O3", "-march=native"]]
# Target -> the flags that go with it, what the processor must have.
TARGETS = {"cortex-m4": ([], set()), "sse": (["-msse2"], set()), "avx2": (["-mavx2", "-mfma"], {"avx2", "fma"}),
           "avx512": (["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mfma"],
                      {"avx512f", "avx512vl", "avx512dq", "avx512bw", "fma"}),
           "native": (["-march=native"], set())}


class Build:
    """One way to build all networks, or the small ones."""

    def __init__(self, compiler, flags, lanes=None, target=None, small=False):
        self.compiler, self.flags, self.lanes, self.target, self.small = compiler, flags, lanes, target, small
        self.command, self.runner = [compiler], []

    def __str__(self):
        how = f"--lanes {self.lanes}" if self.lanes else f"--target {self.target}" if self.target else "--target c"
        return f"{how}, {self.compiler} {' '.join(self.flags)}"

    def fits(self, network):
        """Lanes that the flags do not give the compiler are for small networks."""
        if self.small and network not in SMALL:
            return False
        given = 16 if "-march=native" in self.flags or self.target else 2
        wanted = self.lanes or 1
        return wanted <= given or network in SMALL and (wanted <= 8 or network == "margins")

    def is_there(self, count):
        return self.compiler in compilers()

    def options(self):
        return (["--lanes", self.lanes] if self.lanes else []) + (["--target", self.target] if self.target else [])


class Elsewhere(Build):
    """All networks, or the small ones, for another processor."""

    def __init__(self, processor, flags, target, small=False):
        super().__init__(" ".join(processor.compiler).rpartition("/")[2], flags, target=target, small=small)
        self.processor, self.command, self.runner = processor, processor.compiler, processor.runner

    def is_there(self, count):
        return self.processor.is_there(count)


def quick_builds():
    """Every compiler, level and lane count once or so."""
    yield Build("gcc", ["-O0"])
    yield Build("clang", ["-O2", "-march=native"], lanes=8)
    yield Build("gcc", ["-O1"], lanes=4)
    yield Build("clang", ["-O1"], target="cortex-m4")
    yield Build("gcc", ["-O3", "-march=native"], lanes=16)


def quick_builds_elsewhere():
    yield Elsewhere(AARCH64, ["-O2"], "neon")
    yield Elsewhere(WEBASSEMBLY, ["-O2"], "wasm")


def full_builds_elsewhere():
    yield from quick_builds_elsewhere()
    yield Elsewhere(AARCH64_CLANG, ["-O1"], "neon")
    yield Elsewhere(AARCH64, ["-O0"], "c", small=True)
    yield Elsewhere(WEBASSEMBLY, ["-O0"], "c", small=True)


def full_builds():
    """The small networks in every combination, all networks for every target and in the quick builds."""
    yield from quick_builds()
    for compiler, flags, lanes in itertools.product(("gcc", "clang"), LEVELS, LANES):
        yield Build(compiler, flags, lanes=lanes, small=True)
    for compiler, (target, (flags, needed)) in itertools.product(("gcc", "clang"), TARGETS.items()):
        if needed <= processor_flags():
            yield Build(compiler, ["-O2" if compiler == "gcc" else "-O1", *flags], target=target)
    yield Build("gcc", ["-O2", "-DNNC_SOFT_FMA", "-DNNC_SOFT_SQRT"])
    yield Build("clang", ["-O2", "-std=c99", "-mfma"])


def hashes_of(build, specs, folder, options, steps=STEPS):
    """Network -> what the driver prints of it."""
    folder.mkdir(parents=True, exist_ok=True)
    specs = [spec for spec in specs if build.fits(spec.stem)]
    sources = [generate(spec, folder, "--describe", "--predict-batch", SAMPLES, *options, *build.options()) for spec in specs]
    networks = " ".join(f"X({network_name(spec)})" for spec in specs)
    program = folder / "program"
    run([*build.command, *build.flags, *RUNTIME, f"-DNETWORKS={networks}", DRIVER, *sources, "-o", program])
    return dict(line.split(" ", 1) for line in run([*build.runner, program, steps]).splitlines())


def compare(count, title, builds, specs, folder, options, steps=STEPS):
    """All builds against the first one."""
    first, reference = None, None
    outcomes = at_once(functools.partial(hashes_of, build, specs, folder / f"{number}", options, steps)
                       for number, build in enumerate(builds))
    for build, outcome in zip(builds, outcomes):
        name = f"{title}, {build}"
        got = count.attempt(name, outcome)
        if got is None:
            continue
        if first is None:
            first, reference = got, build
            print(f"{title}: {len(got)} networks, {steps} steps, first build {build}")
        for network, line in sorted(got.items()):
            same = line == first[network]
            count.check(f"{name}: {network}", None if same else f"{line} instead of {first[network]} of {reference}")
    if first is not None:
        print("    " + ", ".join(f"{network} {line.split()[0]}" for network, line in sorted(first.items())), flush=True)
    return first


def fused_update_changes_nothing(count, specs, folder):
    """A network whose gradients are consumed at once ends in the bits of its ordinary twin."""
    twins = []
    for kind, update in (("separate", "separate"), ("fused", "fused")):
        folder_of_kind = folder / kind
        folder_of_kind.mkdir(parents=True)
        for spec in specs:
            text = spec.read_text().replace(", update: fused", "").replace("train: {", f"train: {{update: {update}, ")
            (folder_of_kind / spec.name).write_text(text)
        paths = sorted(folder_of_kind.glob("*.yaml"))
        twins.append(count.attempt(f"update: {kind}", lambda: hashes_of(Build("gcc", ["-O1"]), paths,
                                                                       folder_of_kind, [])))
    if None not in twins:
        for network, line in sorted(twins[0].items()):
            count.check(f"update: fused: {network}", None if twins[1][network] == line else
                        f"{twins[1][network]} instead of {line}")


def can_fuse_update(spec):
    """A global norm needs all gradients before the first is consumed."""
    return "norm:" not in spec.read_text().replace("_norm:", "")


def check(count, folder, full):
    """All networks, builds and numerics; without `full` a few of each."""
    builds = [build for build in (full_builds() if full else quick_builds()) if build.is_there(count)]
    elsewhere = [build for build in (full_builds_elsewhere() if full else quick_builds_elsewhere())
                 if build.is_there(count)]
    specs = NETWORKS if full else [spec for spec in NETWORKS if spec.stem in QUICK]
    fused = compare(count, "fused", builds + elsewhere, specs, folder / "fused", ["--numerics", "fused"])
    separate = compare(count, "separate", builds + elsewhere if full else builds[1:3] + elsewhere[1:], specs,
                       folder / "separate", ["--numerics", "separate"])
    if fused and separate:
        distinct = [network for network in fused if fused[network] != separate.get(network)]
        count.check("fused and separate differ", None if distinct else "not in one network: is anything fused?")
    if full:
        for numerics in ("fused", "separate"):
            compare(count, f"{numerics} float64", builds[::5] + elsewhere[:2], specs, folder / f"{numerics}64",
                    ["--numerics", numerics, "--dtype", "float64"])
    else:  # what clang 14 loads too late in WebAssembly, where places are taken over within a kernel
        norms = [spec for spec in NETWORKS if spec.stem == "norms"]
        compare(count, "separate float64", [builds[0], elsewhere[-1]], norms, folder / "late",
                ["--numerics", "separate", "--dtype", "float64"])
    large = [builds[0], *(build for build in full_builds() if build.target in ("sse", "avx2"))]
    compare(count, "large weights", large, [WIDE], folder / "wide", ["--numerics", "fused"])
    compare(count, "large maps", large + elsewhere[:2], [ROUNDS], folder / "rounds", ["--numerics", "separate"],
            steps=4)
    fused_update_changes_nothing(count, [spec for spec in specs if can_fuse_update(spec)], folder / "update")
    print(f"{len(builds)} builds, and {len(elsewhere)} for other processors", flush=True)
