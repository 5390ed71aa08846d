"""graph.py - what graphs, blocks and shared parameters promise.

 * The textbook's graph e = (a + b)(b + 1) has the gradients 2 and 5, exactly; 2^30 ways through 60 edges add up to 2^30;
   so do those of three layers that share a weight.
 * Each edge is visited once: no step has more than one backward step, in all networks of tests/ and specs/.
 * Frozen layers have no backward step beyond what others need, also where they share parameters.
 * A description with blocks is what it stands for, written by hand: the same steps on the same tensors.
 * Parameters that are shared are there once; consumed at once, their gradients give the same bits."""
import collections
import os
import pathlib
import re
import sys
import tempfile

from toolbox import NETWORKS, RUNTIME, SPECS, TEMPLATES, Count, Refused, nnc, run

HERE = pathlib.Path(__file__).resolve().parent
CC = os.environ.get("CC", "cc")
BACKWARD = re.compile(r"(\w+)_backward$")


def printed(program, specs, folder, *options):
    """What a program says that is built with the networks of these specs."""
    sources = []
    for spec in specs:
        sources.append(pathlib.Path(folder) / f"{spec.stem}.c")
        nnc(spec, "-o", sources[-1], *options)
    binary = pathlib.Path(folder) / "program"
    run([CC, "-O0", *RUNTIME, "-I", folder, HERE / program, *sources, "-o", binary])
    return run([binary]).strip()


def steps(spec):
    """Phase -> list of (title, function, tensor of each parameter) as derive makes them."""
    phases, current = collections.defaultdict(list), None
    for line in nnc(spec, "--dump", "derive", "--templates", TEMPLATES[1]).splitlines():
        found = re.match(r"  (\S+): (\w+)\((.*)\)$", line)
        if found:
            tensors = dict(part.split(" = ") for part in re.findall(r"\w+ = [^,()]+", found[3]))
            phases[current].append((found[1], found[2], tensors))
        elif re.match(r"\w+:$", line):
            current = line[:-1]
    return phases


def training(spec):
    phases = steps(spec)
    return phases["gradient"] or phases["train"]


def check_values(count):
    """Numbers that are known."""
    expected = {"textbook": "e = 6, de/da = 2, de/db = 5", "doubled": "loss = 1073741824, dloss/dw = 1073741824",
                "cubed": "loss = 8, dloss/dw = 12"}
    for name, words in expected.items():
        for numerics in ("fused", "separate", "fast"):
            with tempfile.TemporaryDirectory() as folder:
                told = count.attempt(f"{name}, {numerics}", lambda: printed(
                    f"{name}.c", [HERE / f"{name}.yaml"], folder, "--numerics", numerics))
                count.check(f"{name}, {numerics}", None if told == words else f"says: {told}")


def check_edges(count):
    """A backward step for each forward step at most, and one forward step for each input that a step reads."""
    seen = 0
    for spec in [*NETWORKS, *SPECS, *sorted(HERE.glob("*.yaml"))]:
        forward, backward = collections.Counter(), collections.Counter()
        for title, function, _ in training(spec):
            (backward if BACKWARD.match(function) else forward)[title] += 1
        twice = [title for title, times in backward.items() if times > forward[title]]
        count.check(f"{spec.name}: edges", f"visited more than once: {twice}" if twice else None)
        seen += sum(backward.values())
    count.check("edges", None if seen > 100 else f"only {seen} backward steps were seen")
    doubled = [function for _, function, _ in training(HERE / "doubled.yaml")]
    count.check("doubled: steps", None if doubled.count("add_backward") == 30 else f"{doubled.count('add_backward')} steps")


FROZEN = """network: frozen
input: [4]
layers:
  - dense: {units: 4, name: first, trainable: false}
  - dense: {units: 4, name: fork, trainable: false, input: input}
  - add: {inputs: [first, fork], name: joined}
  - dense: {units: 4, name: learns}
  - dense: {units: 4, name: held, trainable: false}
  - dense: {name: copy, share: held}
  - dense: {name: side, share: held, input: joined}
  - add: {inputs: [copy, side], name: end}
loss: mse
"""


def check_frozen(count, folder):
    spec = pathlib.Path(folder) / "frozen.yaml"
    spec.write_text(FROZEN)
    backward = {title: tensors for title, function, tensors in training(spec) if BACKWARD.match(function)}
    dead = {"first", "fork", "joined", "side"} & set(backward)
    count.check("frozen: dead steps", f"there is a backward step of {sorted(dead)}" if dead else None)
    alive = {"learns", "held", "copy", "end"} - set(backward)
    count.check("frozen: live steps", f"there is no backward step of {sorted(alive)}" if alive else None)
    for title, wanted in {"learns": {"dw", "db"}, "held": {"dx"}, "copy": {"dx"}}.items():
        made = {name for name in backward.get(title, {}) if name in ("dx", "dw", "db")}
        count.check(f"frozen: {title}", None if made == wanted else f"makes {sorted(made)}, not {sorted(wanted)}")


def check_blocks(count):
    for dump in ("derive", "plan"):
        left, right = (nnc(HERE / f"{name}.yaml", "--dump", dump).replace(".", "_") for name in ("unrolled", "by_hand"))
        count.check(f"blocks: {dump}", None if left == right else "is not what is written by hand")
    weights = re.findall(r"^ +(\S+) ", nnc(HERE / "unrolled.yaml", "--dump", "infer"), re.MULTILINE)
    count.check("blocks: names", None if "more_2.joined.fitted.weight" in weights else f"the weights are {weights}")


def check_sharing(count, folder):
    told = count.attempt("sharing: check", lambda: nnc("check", HERE.parent / "networks" / "blocks.yaml"))
    count.check("sharing: check", None if told and "PASS" in told else f"says: {told}")
    nnc(HERE / "unrolled.yaml", "-o", pathlib.Path(folder) / "unrolled.c")
    header = (pathlib.Path(folder) / "unrolled.h").read_text()
    members = re.findall(r"float (\w+)\[", header[:header.index("} unrolled_parameters;")])
    count.check("sharing: members", "pair_4 has parameters of its own" if any("pair_4" in m for m in members) else None)
    count.check("sharing: owner", None if members.count("pair_1_conv2d_1_weight") == 1 else f"members are {members}")
    networks = [HERE.parent / "networks" / name for name in ("blocks.yaml", "blocks_fused.yaml")]
    told = count.attempt("sharing: update", lambda: printed("update.c", networks, folder))
    count.check("sharing: update", None if told == "8 steps" else f"says: {told}")


def main():
    count = Count()
    check_values(count)
    check_edges(count)
    check_blocks(count)
    with tempfile.TemporaryDirectory() as folder:
        for check in (check_frozen, check_sharing):
            try:
                check(count, folder)
            except Refused as refused:
                count.check(check.__name__, str(refused))
    sys.exit(count.finish())


if __name__ == "__main__":
    main()
