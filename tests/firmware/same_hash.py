"""same_hash.py - a training run ends in the same parameters on every board and on every computer."""
import functools
import pathlib

import program
import weights
from boards import BOARDS, computers, run_here, run_on
from toolbox import at_once

NETWORKS = pathlib.Path(__file__).parent / "networks"
SMALL = {"avr": {"quadrants"}}  # what fits, where not everything does
TOLD = ("output", "loss", "parameters")


def on_board(board, spec, folder, steps, options):
    sources = program.generate(spec, folder, steps, "--target", board.target, *options)
    return run_on(board, sources, folder)


def on_computer(computer, spec, folder, steps, options):
    return run_here(computer, program.generate(spec, folder, steps, *computer.options, *options), folder)


QUICK = ("x86 gcc -O0", "s390x gcc")  # the other computers are those of tests/exact


def places(network, full):
    """(name, function) of all that runs a network."""
    for computer in (computer for computer in computers() if full or computer.name in QUICK):
        yield str(computer), functools.partial(on_computer, computer)
    for board in BOARDS.values():
        if network in SMALL.get(board.target, {network}):
            yield str(board), functools.partial(on_board, board)


def check(count, folder, network, numerics, steps, full):
    """A training run."""
    compare(count, folder, network, numerics, steps, full, [], "parameters")


def check_halves(count, folder, network, numerics, full):
    """A prediction by weights of 16 bits in flash."""
    place = pathlib.Path(folder) / "halves"
    place.mkdir(exist_ok=True)
    options = ["--inference", "--weights", weights.write(NETWORKS / f"{network}.yaml", place), "--weights-dtype", "float16"]
    compare(count, place, network, numerics, 0, full, options, "output")


def compare(count, folder, network, numerics, steps, full, options, telling):
    """All against the first; tells the hash and how many reach it."""
    spec, wanted, same = NETWORKS / f"{network}.yaml", None, 0
    names, actions = [], []
    for number, (name, action) in enumerate(places(network, full)):
        names.append(name)
        own = pathlib.Path(folder) / network / numerics / str(number)
        actions.append(functools.partial(action, spec, own, steps, ["--numerics", numerics, *options]))
    for name, outcome in zip(names, at_once(actions)):
        told = count.attempt(f"{network}, {numerics}, {name}", outcome)
        if told is None:
            continue
        got = {title: told.words.get(title) for title in TOLD}
        wanted = wanted or got
        count.check(f"{network}, {numerics}, {name}: the bits", None if got == wanted else f"{got} instead of {wanted}")
        same += got == wanted
    print(f"{network:12} {numerics:9} {steps} steps: {telling} {(wanted or {}).get(telling)} "
          f"on {same} of {len(names)}: {', '.join(names)}", flush=True)
