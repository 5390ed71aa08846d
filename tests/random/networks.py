"""networks.py - random networks: each must agree with PyTorch, with differences, and with itself on other targets.

    networks.py [--full] [--seed FIRST] [--count N] [--parts abc] [--all-bits]

Network number n is made of the seed n alone, so `--seed n --count 1` makes it again. 50 networks from seed 0 if nothing
is said, 1,000 with --full. (a) the PyTorch oracle, where Python has PyTorch; (b) `nnc check`; (c) the bits of a random
target beside those of the scalar print: a few groups in everyday mode, every fourth group with --full, all of them with
--all-bits. A network that fails is shrunk and printed. Ends with the counts."""
import argparse
import collections
import json
import pathlib
import tempfile
import time

from by_differences import by_differences
from cover import Coverage
from declarations import Declarations
from draw import Crash, Refusals, draw_network
from quick_compiler import quick_compiler
from same_everywhere import same_everywhere
from shrink import shrink
from toolbox import Count, Refused
from verdict import ASIDE, EQUAL, FAILED, ILL, NOISE, STATES, Verdict

EVERYDAY, FULL, BATCH, GROUP = 50, 1000, 25, 5
SHRUNK = 5  # failures; more of them would seldom say more
MOST_ILL, MOST_ASIDE, MOST_APART, MOST_REFUSED = 0.25, 0.1, 0.1, 0.5  # shares of all; above them the generator is at fault
PARTS = {"a": "PyTorch", "b": "differences", "c": "other targets"}


def keeps_gradients(spec):
    """The network that nnc check can look at: with `update: fused` there are no gradients to see."""
    return {**spec, "train": {key: value for key, value in spec["train"].items() if key != "update"}}


class Suite:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.declarations, self.refusals, self.count = Declarations(), Refusals(), Count()
        self.coverage = Coverage(self.declarations)
        self.compiler, self.compiler_name = quick_compiler(folder)
        self.states = {part: collections.Counter() for part in PARTS}
        self.worst = {part: 0.0 for part in PARTS}
        self.compared = self.apart = 0
        self.notes, self.parts, self.objects = [], arguments.parts, 0
        try:
            from against_torch import against_torch
            self.against_torch = against_torch
        except ImportError:
            self.parts = self.parts.replace("a", "")
            print("skipped: part (a), since Python has no PyTorch here (Debian: apt-get install python3-torch)")

    # ---- one proof of some networks ----

    def write(self, spec, folder):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{spec['network']}.yaml"
        path.write_text(json.dumps(spec) + "\n")
        return path

    def prove(self, part, specs, number, folder):
        """Name -> Verdict."""
        if part == "a":
            self.objects += 1  # a shared object is loaded once for each path
            return self.against_torch(specs, self.declarations, folder / f"torch_{self.objects}", self.compiler)
        if part == "b":
            return {spec["network"]: by_differences(self.write(keeps_gradients(spec), folder / "check"), self.compiler)
                    for spec in specs}
        paths = [self.write(spec, folder) for spec in specs]
        return same_everywhere(number, paths, folder / "bits", self.compiler)

    # ---- failures ----

    def shrunk(self, part, spec, verdict, number):
        def fails(candidate):
            try:
                now = self.prove(part, [candidate], number, self.folder / "shrink")[candidate["network"]]
            except (Refused, Crash):
                return False
            return now.state == FAILED and now.kind == verdict.kind
        return shrink(spec, self.declarations, fails)

    def fail(self, part, spec, verdict, seed):
        self.count.check(f"{spec['network']}, {PARTS[part]}", verdict.words)
        print(f"    the network:  {json.dumps(spec)}")
        small, tried = self.shrunk(part, spec, verdict, seed // GROUP) if self.count.failed <= SHRUNK else (None, 0)
        if small:
            again = self.prove(part, [small], seed // GROUP, self.folder / "shrink")[small["network"]]
            print(f"    smaller ({tried} tried): {json.dumps(small)}\n    of which: {again.words}")
        print(f"    again:  bash tests/random/run.sh --seed {seed} --count 1 --parts {part}", flush=True)

    def note(self, part, spec, verdict, seed):
        self.states[part][verdict.state] += 1
        self.compared, self.apart = self.compared + verdict.compared, self.apart + verdict.apart
        self.worst[part] = max([self.worst[part], *(verdict.figures if verdict.state in (EQUAL, NOISE) else ())])
        if verdict.state == FAILED:
            self.fail(part, spec, verdict, seed)
            return
        self.count.check(spec["network"])
        if verdict.words and part != "c":
            self.notes.append(f"{spec['network']:12} {PARTS[part]:12} {verdict.state}: {verdict.words}")

    # ---- all of them ----

    def draw(self, seed):
        try:
            return draw_network(seed, self.declarations, self.folder, self.refusals)
        except Crash as crash:
            self.count.check(f"random_{seed}", f"{crash.words}\n    {json.dumps(crash.spec)}")
            return None

    def settle_differences(self, spec, verdict, torch):
        """Where the differences are in doubt, PyTorch's verdict on the same gradients counts."""
        agrees = torch and torch.state in (EQUAL, NOISE, ILL)
        if verdict.state == FAILED and verdict.kind == "WRONG" and agrees:
            return Verdict(ILL, f"{verdict.words}; PyTorch has the same gradients")
        return verdict

    def wants_bits(self, group):
        if "c" not in self.parts:
            return False
        return self.arguments.all_bits or group % 4 == 0 if self.arguments.full or self.arguments.all_bits else group < 2

    def run_batch(self, specs):
        """Specs by seed."""
        torch = self.prove("a", list(specs.values()), 0, self.folder) if "a" in self.parts else {}
        for seed, spec in specs.items():
            path = self.write(spec, self.folder)
            self.coverage.see(spec, path)
            if spec["network"] in torch:
                self.note("a", spec, torch[spec["network"]], seed)
            if "b" in self.parts:
                verdict = self.prove("b", [spec], 0, self.folder)[spec["network"]]
                self.note("b", spec, self.settle_differences(spec, verdict, torch.get(spec["network"])), seed)
        groups = collections.defaultdict(dict)
        for seed, spec in specs.items():
            groups[seed // GROUP][seed] = spec
        for number, group in groups.items():
            if self.wants_bits(number):
                verdicts = self.prove("c", list(group.values()), number, self.folder)
                for seed, spec in group.items():
                    self.note("c", spec, verdicts[spec["network"]], seed)

    def run(self):
        first, count = self.arguments.seed, self.arguments.count
        made = 0
        for start in range(first, first + count, BATCH):
            specs = {seed: self.draw(seed) for seed in range(start, min(start + BATCH, first + count))}
            for seed in [seed for seed, spec in specs.items() if not spec]:
                del specs[seed]
            made += len(specs)
            self.run_batch(specs)
        return made

    # ---- the end ----

    def check_shares(self, made):
        """Too many networks that are not compared, or not drawn, are a fault of this suite."""
        asked, refused = self.refusals.asked, sum(self.refusals.values())
        print(f"\nnnc was asked {asked} times, and refused, or was asked in vain, {refused} times:")
        for reason, times in self.refusals.most_common():
            print(f"{times:7}  {reason}")
        few = self.arguments.count < EVERYDAY
        self.count.check("refusals", f"{refused} of {asked}" if refused > MOST_REFUSED * asked and not few else None)
        self.count.check("networks drawn", f"{made} of {self.arguments.count}" if made < self.arguments.count else None)
        for part, states in self.states.items():
            total = sum(states.values())
            if not total:
                continue
            print(f"({part}) {PARTS[part]:14} " + ", ".join(f"{states[s]} {s}" for s in STATES)
                  + (f"; worst {self.worst[part]:.1e}" if self.worst[part] else ""))
            for state, most in ((ILL, MOST_ILL), (ASIDE, MOST_ASIDE)):
                share = states[state] / total
                self.count.check(f"({part}) {state}", f"{share:.0%}" if share > most and not few else None)

        if self.compared:
            share = self.apart / self.compared
            print(f"{self.compared} comparisons with PyTorch, in {self.apart} of them rounding leaves nothing to compare")
            self.count.check("comparisons", f"{share:.0%} of them" if share > MOST_APART and not few else None)

    def finish(self, made, seconds):
        never = self.coverage.print() if self.arguments.count >= EVERYDAY else []
        for line in self.notes:
            print(line)
        self.check_shares(made)
        if never and self.arguments.count >= EVERYDAY:
            print(f"{len(never)} never occurred: " + "; ".join(never))
        if self.arguments.full:
            self.count.check("coverage", f"{len(never)} never occurred" if never else None)
        print(f"{made} networks, quick compiler {self.compiler_name}, {seconds:.0f} s")
        return self.count.finish()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int)
    parser.add_argument("--parts", default="abc")
    parser.add_argument("--all-bits", action="store_true")
    arguments = parser.parse_args()
    arguments.count = arguments.count or (FULL if arguments.full else EVERYDAY)
    if arguments.count < GROUP:
        arguments.all_bits = True
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(arguments, pathlib.Path(folder))
        made = suite.run()
        return suite.finish(made, time.monotonic() - start)


if __name__ == "__main__":
    raise SystemExit(main())
