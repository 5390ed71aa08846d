"""same_everywhere.py - part (c): the bits of a random target are those of the scalar print.

The networks of a group are trained for a few steps by tests/common/run_network.c, printed for --target c and for a
target, lanes, numerics and element type drawn from the group's number; the hashes over losses, parameters, state and a
prediction must be the same."""
import collections
import random
import re

from toolbox import DRIVER, RUNTIME, Refused, compilers, nnc, processor_flags, run, TEMPLATES
from verdict import ASIDE, EQUAL, FAILED, Verdict

STEPS = 4
# Options of nnc, flags of the compiler, what the processor must have.
WAYS = [(["--target", "sse"], ["-msse2"], set()),
        (["--target", "avx2"], ["-mavx2", "-mfma"], {"avx2", "fma"}),
        (["--target", "avx512"], ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mfma"],
         {"avx512f", "avx512vl", "avx512dq", "avx512bw", "fma"}),
        (["--lanes", "4"], ["-march=native"], set()),
        (["--lanes", "8"], ["-march=native"], set()),
        (["--lanes", "16"], ["-march=native"], {"avx512f"})]


def way_of(number):
    """How the group of this number is built: options of both prints, options of the lanes, compiler and flags."""
    source = random.Random(f"way {number}")
    options, flags, _ = source.choice([way for way in WAYS if way[2] <= processor_flags()])
    both = ["--numerics", source.choice(["fused", "fused", "separate"]),
            "--dtype", source.choice(["float32", "float32", "float32", "float64"])]
    return both, options, [source.choice(compilers()), source.choice(["-O0", "-O1", "-O1", "-O2"]), *flags]


def hashes(paths, folder, options, compiler):
    """Network -> what the driver prints of it."""
    folder.mkdir(parents=True, exist_ok=True)
    units = collections.defaultdict(list)  # networks of as many lanes are compiled together, which is faster
    for path in paths:
        source = folder / f"{path.stem}.c"
        nnc(path, "-o", source, "--describe", "--templates", TEMPLATES[1], *options)
        lanes = re.search(r"^#define NNC_LANES (.*)", source.read_text(), re.MULTILINE)
        units[folder / f"lanes_{lanes[1]}.c" if lanes else folder / "scalar.c"].append(source)
    for unit, sources in units.items():
        unit.write_text("".join(f'#include "{source.name}"\n' for source in sources))
    networks = " ".join(f"X({path.stem})" for path in paths)
    run([*compiler, "-w", *RUNTIME, f"-DNETWORKS={networks}", DRIVER, *units, "-o", folder / "program"])
    return dict(line.split(" ", 1) for line in run([folder / "program", STEPS]).splitlines())


def same_everywhere(number, paths, folder, compiler):
    """Name -> Verdict of the networks of a group."""
    both, options, built_by = way_of(number)
    how = " ".join([*options, *both, *built_by])
    try:
        scalar = hashes(paths, folder / f"{number}_scalar", both, [compiler])
        lanes = hashes(paths, folder / f"{number}_lanes", [*both, *options], built_by)
    except Refused as refused:
        if len(paths) > 1:  # one by one: whose fault is it?
            return {name: verdict for path in paths
                    for name, verdict in same_everywhere(number, [path], folder, compiler).items()}
        return {paths[0].stem: Verdict(FAILED, f"{how}: {refused}", f"{options} {str(refused)[:30]}")}
    verdicts = {}
    for name, line in scalar.items():
        if re.search(r"nan|inf", line):
            verdicts[name] = Verdict(ASIDE, "not finite")
        elif lanes.get(name) == line:
            verdicts[name] = Verdict(EQUAL, how)
        else:
            verdicts[name] = Verdict(FAILED, f"{how}: {lanes.get(name)} instead of {line}", f"bits {' '.join(options)}")
    return verdicts
