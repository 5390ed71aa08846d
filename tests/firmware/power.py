"""power.py - a device loses its power on an emulated Cortex-M4, at each operation on its flash (kit/power.c).

One run of the emulator cuts the power at many operations: the device, tests/flash/device.c, must go on from a whole
checkpoint each time, and end in the parameters of the run that was not disturbed, which are those of this computer, too.
--full: all of the first 1,000 operations, with units of 1 byte to 32; else every seventh, with units of 8. Mutants of the
checkpoints' code must be caught."""
import functools
import pathlib

import flash
from boards import BOARDS, KIT, build, emulate_fast, tell
from toolbox import ROOT, RUNTIME, Refused, at_once, run

DEVICE = ROOT / "tests" / "flash"
OPERATIONS = 1000
SAMPLE = 7  # every so many operations; no divisor of those of a checkpoint
MUTANTS = ("the commit record is written first", "the CRC is not checked")
MUTANTS_UNIT = 32  # that the first mutant is written for


def words(unit, first=0, stride=1):
    """What power.c is compiled with."""
    values = {"UNIT": unit, "FIRST": first, "STRIDE": stride, "OPERATIONS": OPERATIONS}
    return [f"-I{DEVICE}", *(f"-D{name}={value}" for name, value in values.items())]


def on_board(folder, flags):
    board = BOARDS["cortex-m4"]
    program = build(board, [folder / "learner.c", DEVICE / "device.c"], folder, flags, main="power.c")
    return tell(emulate_fast(board, program)).words


def undisturbed_here(folder, unit):
    """The hash of the same run as a process, where power cannot fail."""
    program = folder / "power"
    sources = [folder / "learner.c", DEVICE / "device.c", KIT / "power.c", KIT / "host.c"]
    never = words(unit, first=OPERATIONS)
    run(["gcc", "-std=c99", "-O2", *flash.WARNINGS, "-I", folder, *RUNTIME, *never, *sources, "-o", program])
    return tell(run([program]).splitlines()).words["hash"]


def cut(folder, unit, stride):
    """What the board tells, and the hash of this computer."""
    place = folder / f"power_{unit}"
    flash.learner(flash.NETWORKS[0], place, "--target", "cortex-m4")
    return on_board(place, words(unit, stride=stride)), undisturbed_here(place, unit)


def check_cuts(count, unit, stride, told, here):
    """After every loss of power the run goes on: from a checkpoint, or from the beginning where none had been kept."""
    cuts, lost, resumed, anew = (int(told[title]) for title in ("cuts", "lost", "resumed", "anew"))
    print(f"power: unit {unit}, {cuts} operations cut, {lost} losses of power, {resumed} resumed from a checkpoint, "
          f"{anew} before there was one, hash {told['hash']}", flush=True)
    wanted, name = len(range(0, OPERATIONS, stride)), f"power, unit {unit}"
    count.check(f"{name}: cuts", None if cuts == wanted else f"{cuts}, not {wanted}")
    count.check(f"{name}: twice", None if lost > cuts else f"{lost} losses")
    count.check(f"{name}: resumed", None if lost == resumed + anew and resumed > anew else f"{resumed} and {anew} of {lost}")
    count.check(f"{name}: the bits", None if told["hash"] == here else f"{told['hash']}, {here} on this computer")


def complaint(folder, name):
    """What a mutant's run ends with."""
    place = folder / f"power_mutant_{MUTANTS.index(name)}"
    flash.learner(flash.NETWORKS[0], place, "--target", "cortex-m4")
    flash.mutate(place, dict(flash.MUTANTS)[name])
    try:
        on_board(place, [*words(MUTANTS_UNIT), "-w"])
    except Refused as refused:
        return str(refused)
    return "is not caught"


def check(count, folder, full):
    folder = pathlib.Path(folder)
    units, stride = ((1, 8, 32), 1) if full else ((8,), SAMPLE)
    actions = [functools.partial(cut, folder, unit, stride) for unit in units]
    actions += [functools.partial(complaint, folder, name) for name in MUTANTS]
    outcomes = list(at_once(actions))
    for unit, outcome in zip(units, outcomes):
        both = count.attempt(f"power, unit {unit}", outcome)
        if both:
            check_cuts(count, unit, stride, *both)
    for name, outcome in zip(MUTANTS, outcomes[len(units):]):
        words_of_it = count.attempt(f"mutant: {name}", outcome) or ""
        print(f"power, mutant: {name}: {words_of_it}", flush=True)
        count.check(f"mutant: {name}", None if words_of_it.startswith("cortex-m4 ends with 1") else words_of_it or "no word")
