"""contract.py - what is promised of generated code: contract.py [--full]. Ends with the counts.

 * Without a warning as C99 and as C++17, by gcc and clang, for every target, element type, numerics and form of output.
 * The same by the compilers for aarch64 and WebAssembly, for these targets.
 * Nothing undefined but memcpy, memset and memmove.
 * Clean under the address, undefined-behaviour and memory sanitizers, from memory that nobody cleared.
 * With --threads clean with and without -fopenmp; nothing undefined but OpenMP's own; no race under the thread sanitizer.
 * Macros of the user's do not meet the names in it.
 * Two networks link into one program and train side by side as each does alone.
Without --full every network of tests/networks in one configuration; with it in a third of all, and specs/, too."""
import argparse
import itertools
import pathlib
import re
import tempfile
import time

from toolbox import (AARCH64, CARRIED, DRIVER, NETWORKS, PACKED, ROUNDS, RUNTIME, SPECS, TEMPLATES, WEBASSEMBLY, Count, Refused, compilers,
                     generate, network_name, nnc, run)

HERE = pathlib.Path(__file__).resolve().parent
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
LANGUAGES = {"gcc": [["gcc", "-std=c99"], ["g++", "-std=c++17", "-x", "c++"]],
             "clang": [["clang", "-std=c99"], ["clang++", "-std=c++17", "-x", "c++"]]}
MACHINE = {"avx2": ["-mavx2", "-mfma"], "avx512": ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mfma"]}
FORMS = [[], ["--standalone"], ["--describe"], ["--inference"], ["--inference", "--standalone", "--predict-batch", "3"],
         ["--describe", "--standalone"], ["--describe", "--predict-batch", "16"], ["--checkpoint"],
         ["--checkpoint", "--standalone", "--describe"]]
TARGETS = ["c", "cortex-m4", "sse", "avx2", "avx512"]
NUMERICS = ["fused", "separate", "fast"]
DTYPES = ["float32", "float64"]
ALLOWED = {"memcpy", "memset", "memmove"}
# What a build system or a user's header may define; capitals, as macros are.
HOSTILE = [f"-D{name}=1" for name in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] + [
    f"-D{name}=1" for name in ("DEBUG NDEBUG BATCH INPUT OUTPUT LANES SIZE MIN MAX FLOAT VERSION TRUE FALSE REAL STEP PI "
                               "RANK TARGET WEIGHT BIAS PARAMETERS UNUSED INLINE VECTOR small near far").split()]

LARGE_BYTES = 100_000


def target_flags(target):
    return MACHINE.get(target, [])


def configurations(full):
    """Options of nnc and the flags that go with them. Without `full` a few that together hold every value."""
    if full:
        for target, dtype, numerics in itertools.product(TARGETS, DTYPES, NUMERICS):
            yield ["--target", target, "--dtype", dtype, "--numerics", numerics], target_flags(target)
        return
    for target, dtype, numerics in [("c", "float32", "fused"), ("avx2", "float64", "separate"), ("sse", "float32", "fast"),
                                    ("avx512", "float32", "fused"), ("cortex-m4", "float64", "fused")]:
        yield ["--target", target, "--dtype", dtype, "--numerics", numerics], target_flags(target)


def undefined(compiled, nm="nm"):
    names = {line.split()[-1] for line in run([nm, "-u", compiled]).splitlines()}
    return names - ALLOWED - {"_GLOBAL_OFFSET_TABLE_"}


def undefined_in_aarch64(compiled):
    return undefined(compiled, "aarch64-linux-gnu-nm")


def undefined_in_wasm(compiled):
    """Names that the linker misses."""
    allowed = compiled.with_suffix(".allowed")
    allowed.write_text("\n".join(ALLOWED))
    try:
        run(["wasm-ld", "--no-entry", "--export-all", f"--allow-undefined-file={allowed}", compiled,
             "-o", compiled.with_suffix(".wasm")])
    except Refused as refused:
        return {str(refused)}
    return set()


CLANG_ELSEWHERE = {"neon": ["--target=aarch64-linux-gnu"], "wasm": ["--target=wasm32", "-ffreestanding", "-msimd128"]}
# Target -> its processor, the compilers, what is undefined in their objects.
ELSEWHERE = {"neon": (AARCH64, [["aarch64-linux-gnu-gcc", "-std=c99"],
                                ["clang++", *CLANG_ELSEWHERE["neon"], "-std=c++17", "-x", "c++"],
                                ["clang", *CLANG_ELSEWHERE["neon"], "-std=c99"]], undefined_in_aarch64),
             "wasm": (WEBASSEMBLY, [["clang", *CLANG_ELSEWHERE["wasm"], "-std=c99"],
                                    ["clang++", *CLANG_ELSEWHERE["wasm"], "-std=c++17", "-x", "c++"]], undefined_in_wasm)}

# ---- warnings and undefined symbols ----

def compile_clean(count, name, source, command, optimize, undefined_in=undefined):
    """One file, one compiler: no warning, nothing undefined."""
    compiled = source.with_suffix(".o")
    title = f"{name}: {' '.join(command)} {' '.join(optimize)}"
    if count.attempt(title, lambda: run([*command, *WARNINGS, *optimize, *RUNTIME, "-c", source, "-o", compiled])) is None:
        return
    missing = undefined_in(compiled)
    count.check(f"{title}: undefined", f"needs {', '.join(sorted(missing))}" if missing else None)


def choices(number, full):
    """Pairs of a configuration and a form for the network of this number; of many configurations every third."""
    known = list(configurations(full))
    if not full:
        return [(known[number % len(known)], FORMS[number % len(FORMS)])]
    some = [(configuration, FORMS[0]) for configuration in known[number % 3::3]]
    return some + [(known[(5 * number + 7 * i) % len(known)], form) for i, form in enumerate(FORMS[1:])]


def languages_of(number, full):
    """C of one compiler and C++ of the other; without `full` one of the four."""
    known = [command for compiler in compilers() for command in LANGUAGES[compiler]]
    if not full:
        return [known[number % len(known)]]
    return known if len(known) < 4 else [known[2 * (number % 2)], known[3 - 2 * (number % 2)]]


def is_large(spec, folder):
    """Whose C a compiler chews on for half a minute: one configuration is enough."""
    return generate(spec, folder / "large").stat().st_size > LARGE_BYTES


def generate_form(spec, folder, *options):
    """Without a checkpoint where a network has more to keep than one is for."""
    try:
        return generate(spec, folder, *options)
    except Refused as refused:
        if "--checkpoint is for at most" not in str(refused):
            raise
        return generate(spec, folder, *(option for option in options if option != "--checkpoint"))


def check_warnings(count, specs, folder, full):
    for number, spec in enumerate(specs):
        for index, ((options, flags), form) in enumerate(choices(number, full and not is_large(spec, folder))):
            name = f"{spec.stem} {' '.join(options + form)}"
            source = count.attempt(name, lambda: generate_form(spec, folder / f"{spec.stem}_{index}", *options, *form))
            if source is None:
                continue
            optimized = (number + index) % 2 == 0 and (full or source.stat().st_size < LARGE_BYTES)
            level = "-O2" if optimized else "-O0"
            for language in languages_of(number + index, full):
                compile_clean(count, name, source, language, [level, *flags])


def check_warnings_elsewhere(count, specs, folder, full):
    """For aarch64 and WebAssembly: every small network for one of them, or with `full` all for both by all compilers."""
    known = [entry for entry in ELSEWHERE.items() if entry[1][0].is_there(count)]
    for number, spec in enumerate(specs):
        for target, (_, commands, undefined_in) in known if full else known[number % 2::2]:
            options = ["--target", target, "--dtype", DTYPES[number // 2 % 2], "--numerics", NUMERICS[number // 4 % 3],
                       *FORMS[number % len(FORMS)]]
            name = f"{spec.stem} {' '.join(options)}"
            source = count.attempt(name, lambda: generate(spec, folder / f"{spec.stem}_{target}", *options))
            large = source is not None and source.stat().st_size > LARGE_BYTES
            if source is None or large and not full:
                continue
            for command in commands if full else [commands[number // 2 % len(commands)]]:
                level = "-O0" if large else "-O1"
                compile_clean(count, name, source, command, [level], undefined_in)


# ---- sanitizers ----

def sanitizer_builds(full):
    """Compiler, sanitizers, options of nnc, flags."""
    gcc, clang, memory = ("gcc", "address,undefined"), ("clang", "address,undefined"), ("clang", "memory")
    avx2 = (["--target", "avx2"], MACHINE["avx2"])
    if not full:
        return [(*gcc, [], []), (*clang, *avx2), (*memory, [], [])]
    kinds = [([], []), avx2, (["--dtype", "float64"], []), (["--lanes", "2"], []), (["--numerics", "separate"], []),
             (["--numerics", "fast", *avx2[0]], avx2[1])]
    return [(*sanitizer, *kind) for sanitizer, kind in itertools.product((gcc, clang, memory), kinds)]


def check_sanitizers(count, specs, folder, full):
    for compiler, kind, options, flags in sanitizer_builds(full):
        if compiler not in compilers():
            continue
        name = f"-fsanitize={kind} {compiler} {' '.join(options)}"
        place = folder / re.sub(r"\W+", "_", name)
        try:
            sources = [generate(spec, place, "--describe", "--predict-batch", "5", *options) for spec in specs]
            networks = " ".join(f"X({network_name(spec)})" for spec in specs)
            level = "-O1" if full and compiler == "gcc" else "-O0"  # clang optimizes what it watches for minutes
            run([compiler, level, "-g0", f"-fsanitize={kind}", "-fno-sanitize-recover=all", *flags, *RUNTIME,
                 f"-DNETWORKS={networks}", DRIVER, *sources, "-o", place / "program"])
            lines = run([place / "program", 3]).splitlines()
            count.check(name, None if len(lines) == len(specs) else "not every network ran")
        except Refused as refused:
            count.check(name, str(refused))


# ---- threads ----

# What its directives call; and what clang's C++ needs to end a program that throws in a shared loop, which none does.
OPENMP = re.compile(r"(GOMP|omp|__kmpc)_\w+")
THROWS = {"__gxx_personality_v0", "__cxa_begin_catch", "_ZSt9terminatev"}
THREADED = ["--threads", "--describe", "--batch", "253"]  # so large that loops are shared


def check_threads(count, specs, folder):
    """With -fopenmp, and without it: then the directives are not there."""
    for number, spec in enumerate(specs):
        source = count.attempt(f"{spec.stem} --threads", lambda: generate(spec, folder, *THREADED))
        if source is None:
            continue
        count.check(f"{spec.stem} --threads: directives",
                    None if "NNC_PRAGMA(omp parallel" in source.read_text() else "no loop is shared")
        languages = [command for compiler in compilers() for command in LANGUAGES[compiler]]
        for command, openmp in itertools.product(languages, ([], ["-fopenmp"])):
            compile_clean_threads(count, f"{spec.stem} --threads", source, command, openmp)


def compile_clean_threads(count, name, source, command, openmp):
    compiled = source.with_suffix(".o")
    title = f"{name}: {' '.join([*command, *openmp])}"
    if count.attempt(title, lambda: run([*command, *WARNINGS, "-O0", *openmp, *RUNTIME, "-c", source, "-o",
                                         compiled])) is None:
        return
    missing = {name for name in undefined(compiled) if not OPENMP.fullmatch(name)}
    missing -= THROWS if openmp and "++" in command[0] else set()
    called = any(OPENMP.fullmatch(name) for name in undefined(compiled))
    count.check(f"{title}: undefined", f"needs {', '.join(sorted(missing))}" if missing else None)
    count.check(f"{title}: OpenMP", None if called == bool(openmp) else "is called" if called else "is not called")


def check_races(count, specs, folder):
    """clang's thread sanitizer sees no race. It knows what OpenMP's barriers mean by libomp's tool archer, and watches
    accesses of up to 16 bytes: 4 lanes."""
    if "clang" not in compilers():
        return
    archer = pathlib.Path(run(["clang", "-print-resource-dir"]).strip()).parents[1] / "libarcher.so"
    if not archer.exists():
        count.check("libarcher.so", "is not there: it comes with Debian's libomp-14-dev")
        return
    for lanes in (1, 4) if len(specs) > 1 else (4,):
        place = folder / f"lanes_{lanes}"
        name = f"-fsanitize=thread, {lanes} lanes"
        try:
            sources = [generate(spec, place, *THREADED, "--lanes", lanes) for spec in specs]
            networks = " ".join(f"X({network_name(spec)})" for spec in specs)
            run(["clang", "-O1", "-g0", "-fopenmp", "-fsanitize=thread", "-mavx2", "-mfma", *RUNTIME,
                 f"-DNETWORKS={networks}", DRIVER, *sources, "-o", place / "program"])
            run(["env", "OMP_NUM_THREADS=3", "OMP_WAIT_POLICY=passive", f"OMP_TOOL_LIBRARIES={archer}",
                 "TSAN_OPTIONS=ignore_noninstrumented_modules=1 exitcode=66", place / "program", 2])
            count.check(name)
        except Refused as refused:
            count.check(name, str(refused))


# ---- macros of the user's ----

def check_hostile_macros(count, specs, folder):
    for number, spec in enumerate(specs):
        source = count.attempt(f"{spec.stem} for macros", lambda: generate(spec, folder / "macros", "--describe", "--checkpoint"))
        compiler = compilers()[number % len(compilers())]
        if source is not None:
            count.attempt(f"{spec.stem}: macros of the user's, {compiler}",
                          lambda: run([compiler, "-std=c99", "-fsyntax-only", *WARNINGS, *HOSTILE, *RUNTIME, source]))


def file_scope_names(source, compiler):
    """Names that the file defines for the linker, and macros that its header defines."""
    compiled = source.with_suffix(".o")
    run([compiler, "-std=c99", *RUNTIME, "-c", source, "-o", compiled])
    symbols = {line.split()[-1] for line in run(["nm", "-g", "--defined-only", compiled]).splitlines()}
    macros = set(re.findall(r"^ *# *define (\w+)", source.with_suffix(".h").read_text(), re.MULTILINE))
    return symbols, macros


def check_names(count, specs, folder):
    """Every exported symbol and macro begins with the network's name."""
    for spec in specs:
        source = count.attempt(f"{spec.stem} for names", lambda: generate(spec, folder / "names", "--describe", "--checkpoint"))
        if source is None:
            continue
        name = network_name(spec)
        symbols, macros = file_scope_names(source, compilers()[0])
        foreign = sorted([s for s in symbols if not s.startswith(f"{name}_")] +
                         [m for m in macros if not m.startswith(f"{name.upper()}_")])
        count.check(f"{spec.stem}: names", f"also defines {', '.join(foreign)}" if foreign else None)


# ---- two networks in one program ----

def link_two(folder, command, options):
    """What two.c says of left and right, all compiled by one command."""
    objects = []
    for spec in (HERE / "left.yaml", HERE / "right.yaml"):
        source = generate(spec, folder, *options)
        objects.append(source.with_suffix(".o"))
        run([*command, *WARNINGS, "-O0", *RUNTIME, "-c", source, "-o", objects[-1]])
    main = folder / "two.o"
    run([*command, *WARNINGS, "-O0", *RUNTIME, "-I", folder, "-c", HERE / "two.c", "-o", main])
    run([command[0], main, *objects, "-o", folder / "two"])
    return run([folder / "two"]).strip()


def check_two_networks(count, folder, full):
    """two.c trains left and right in turn and each alone: the same."""
    commands = [command for compiler in compilers() for command in LANGUAGES[compiler]]
    options = [["--checkpoint"], ["--standalone", "--checkpoint"], ["--numerics", "separate"],
               ["--dtype", "float32", "--describe"]]
    pairs = list(itertools.product(commands, options)) if full else list(zip(commands, options))
    for command, option in pairs:
        name = f"two networks, {' '.join(command[:2])} {' '.join(option)}"
        words = count.attempt(name, lambda: link_two(folder, command, option))
        if words is not None:
            count.check(name, None if words == "same" else words)


# ---- every template is among the networks ----

def check_coverage(count):
    """tests/networks holds every template: what --dump derive shows is every function in the folders."""
    run_kernels, kinds = set(), set()
    for spec in NETWORKS:
        dump = nnc(spec, "--dump", "derive", "-o", "-", "--templates", TEMPLATES[1])
        run_kernels |= {line.split("(")[0].split(": ")[-1] for line in dump.splitlines() if "(" in line}
        kinds |= set(re.findall(r"[a-z_0-9]+", spec.read_text()))
    for path in sorted(path for root in TEMPLATES for path in root.glob("*/*.c")):
        functions = set(re.findall(r"^void (\w+)\(", path.read_text(), re.MULTILINE))
        present = path.stem in kinds if "View:" in path.read_text() else bool(functions & run_kernels)
        count.check(f"{path.parent.name}/{path.stem}", None if present else "occurs in no network of tests/networks")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    full = parser.parse_args().full
    start, count = time.monotonic(), Count()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        check_coverage(count)
        check_warnings(count, NETWORKS + (SPECS if full else []), folder / "warnings", full)
        check_warnings_elsewhere(count, NETWORKS, folder / "elsewhere", full)
        small = [spec for spec in [*NETWORKS, ROUNDS] if full or spec.stem in ("classifier", "images", "questions")]
        check_sanitizers(count, small, folder / "sanitizers", full)
        threaded = [spec for spec in NETWORKS if spec.stem in (("graph", "maps", "norms") if full else ())]
        threaded += [CARRIED, PACKED]
        check_threads(count, threaded, folder / "threads")
        check_races(count, threaded, folder / "races")
        check_hostile_macros(count, NETWORKS, folder)
        check_names(count, NETWORKS if full else NETWORKS[:3], folder)
        check_two_networks(count, folder / "two", full)
    print(f"{len(NETWORKS)} networks, {len(SPECS) if full else 0} specs, {time.monotonic() - start:.0f} s")
    raise SystemExit(count.finish())


if __name__ == "__main__":
    main()
