"""oracle.py - losses, gradients and parameters of nnc's networks equal PyTorch's.

    oracle.py [--full] [NAME...]

Without --full the cases marked quick, of which each template has one. A template that no case runs, and that is not in
NO_COUNTERPART, fails the test; so does a function of a template that no case runs. A name may be a pattern, as the
shell has them ('conv2d*'). Ends with the counts."""
import argparse
import fnmatch
import pathlib
import sys
import tempfile
import time

import numpy as np
import torch

import initializers
import network
import norm_cases  # noqa: F401
import spec_cases
import threefry
from cases import CASES
from compare import TOLERANCE, Broken, Comparison
from functions import functions_of
from model import Graph, choice
from toolbox import TEMPLATES, Count, Refused
from whole import WholeFloat

REALS = {"float64": np.float64, "float32": np.float32}

# Templates without a function of PyTorch to compare with, and what stands in for it.
NO_COUNTERPART = {
    "losses/hinge": "PyTorch has no hinge loss for targets -1 and +1: max(0, 1 - t x) under autograd",
    "losses/center": "PyTorch has no loss that keeps centers: the formula of Wen et al. under autograd",
    "losses/arcface": "PyTorch has no margin losses: InsightFace's formula under autograd",
    "losses/cosface": "PyTorch has no margin losses: the formula of Wang et al. under autograd",
    "losses/triplet": "PyTorch's triplet loss does not look for triplets: FaceNet's rule in loops, under autograd",
    "losses/contrastive": "PyTorch's CosineEmbeddingLoss is another: the formula of Hadsell et al. under autograd",
    "optimizers/lion": "PyTorch has none: the algorithm of Chen et al. as an optimizer of PyTorch's",
    "losses/functional": "a random linear functional, for tests of layers: its formula under autograd",
}


def templates():
    """Template -> its functions, read from the folders."""
    return {f"{path.parent.name}/{path.stem}": functions_of(path.read_text())
            for root in TEMPLATES for path in sorted(root.glob("*/*.c"))}


def kinds_of(spec):
    """The templates that a spec names."""
    graph = Graph(spec)
    yield from (f"layers/{node.kind}" for node in graph.nodes)
    yield from (f"losses/{kind}" for kind, _, _ in graph.losses)
    for key, folder in [("optimizer", "optimizers"), ("initializer", "initializers"), ("learning_rate", "schedules")]:
        if isinstance(spec.get(key), (str, dict)):
            yield f"{folder}/{choice(spec[key], folder)[0]}"
    yield from (f"regularizers/{kind}" for kind in spec.get("regularizer", {}))
    yield from (f"clips/{kind}" for kind in spec.get("clip", {}))
    if "warm_up" in str(spec.get("learning_rate")):
        yield "schedules/warm_up"


class Table(Count):
    def __init__(self):
        super().__init__()
        print(f"{'case':32} {'steps':>5}  {'float64':>8}  {'float32':>8}  verdict")

    def row(self, name, steps, figures, problem):
        self.passed, self.failed = self.passed + (not problem), self.failed + bool(problem)
        cells = "  ".join(f"{figure:8.1e}" if figure is not None else f"{'':8}" for figure in figures)
        print(f"{name:32} {steps:>5}  {cells}  {'FAILED: ' + problem if problem else 'equal'}", flush=True)


def run_case(case, networks):
    """Worst differences by dtype, and what is wrong."""
    figures, problems = [], []
    for dtype, real in REALS.items():
        if dtype not in case.dtypes:
            figures.append(None)
            continue
        built = networks[dtype][case.name]
        try:
            if isinstance(built, Refused):
                raise built
            comparison = WholeFloat(case, built) if case.whole and dtype == "float32" else Comparison(case, built)
            worst = comparison.run()
            figures.append(worst.value)
            if case.whole and dtype == "float32":
                print(f"{case.name}: {len(case.zero)} biases without effect; {comparison.words()}")
            if not worst.value <= TOLERANCE[real]:
                problems.append(f"{dtype}: {worst.place} {worst.value:.1e}")
        except (Broken, AssertionError, Refused) as broken:
            figures.append(None)
            problems.append(f"{dtype}: {broken}")
    return figures, "; ".join(problems)


def run_initializers(table, networks, chosen):
    for name, kind, attributes, function in chosen:
        problems = [initializers.problem_of(name, kind, attributes, function, networks[dtype][f"init_{name}"])
                    for dtype in REALS]
        table.row(f"init_{name}", "", (None, None), "; ".join(filter(None, problems)))


def check_coverage(table, specs, folder):
    """Every template is named by a spec that was compared, or listed; every function of a template has been run."""
    kinds = {kind for spec in specs for kind in kinds_of(spec)}
    run = set().union(*[network.kernels_of(spec, folder) for spec in specs])
    found = templates()
    for template, names in sorted(found.items()):
        if template not in kinds and template not in NO_COUNTERPART:
            table.check(template, "is neither compared nor listed as without counterpart")
        else:
            missing = sorted(names - run) if template in kinds else []
            table.check(template, f"no case runs {', '.join(missing)}" if missing else None)
    for template, stand_in in NO_COUNTERPART.items():
        if template not in found:
            table.check(template, "is listed as without counterpart, but there is no such template")
        else:
            print(f"{template:32} {stand_in}")


def build_all(specs, folder):
    return {dtype: network.build(specs, pathlib.Path(folder) / dtype, ["--dtype", dtype]) for dtype in REALS}


def check_everything(table):
    """The network that is said to have every layer has every layer of templates/layers."""
    graph = Graph(next(case.spec for case in CASES if case.name == f"whole_{spec_cases.EVERYTHING.stem}"))
    missing = {path.stem for path in (TEMPLATES[0] / "layers").glob("*.c")} - {node.kind for node in graph.nodes}
    table.check(spec_cases.EVERYTHING.name, f"has no {', '.join(sorted(missing))}" if missing else None)


def build_whole(case, folder):
    """As build_all: by dtype, then by name."""
    batch = case.spec["train"]["batch"]
    networks = {}
    for dtype in case.dtypes:
        try:
            built = network.build_text(case.text, pathlib.Path(folder) / f"{case.name}_{dtype}",
                                       ["--dtype", dtype, "--batch", batch])
        except Refused as refused:
            built = refused
        networks[dtype] = {case.name: built}
    return networks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("names", nargs="*", help="cases, or with * at the end all that begin so")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    start = time.monotonic()
    chosen = [case for case in CASES
              if (any(fnmatch.fnmatch(case.name, name) for name in arguments.names) if arguments.names
                  else arguments.full or case.quick)]
    first = [] if arguments.names else list(initializers.definitions())
    specs = [case.spec for case in chosen if not case.whole] + [initializers.spec_of(*entry[:3]) for entry in first]
    table = Table()
    table.check("threefry.py", None if threefry.known_answers() else "does not give the published numbers")
    with tempfile.TemporaryDirectory() as folder:
        networks = build_all(specs, folder)
        for case in chosen:
            built = build_whole(case, folder) if case.whole else networks
            table.row(case.name, case.steps, *run_case(case, built))
        run_initializers(table, networks, first)
        if not arguments.names:
            check_coverage(table, specs, folder)
            check_everything(table)
    print(f"{len(chosen)} networks, {len(first)} initializers, PyTorch {torch.__version__}, "
          f"{time.monotonic() - start:.0f} s")
    sys.exit(table.finish())


if __name__ == "__main__":
    main()
