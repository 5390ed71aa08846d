"""against_torch.py - part (a): losses, gradients, parameters and statistics equal PyTorch's, by tests/oracle.

Ten steps in float64, within 1e-10 of the largest element; float32 within 1e-5 in each step from equal state. A random
network may be ill-conditioned: the gradient of a bias before a normalisation is pure rounding, a value may stand on a
kink, ten steps of adam on such a gradient go anywhere. That is measured, not assumed: PyTorch runs the same steps
again, with every value that leaves a layer or that the backward pass reads moved by up to one unit in its last place,
and, where that is float32, once in double from the same state. A difference from PyTorch beyond the limit is excused
only if PyTorch differs from itself by at least a thirtieth of it, in that very tensor. Then a gradient that PyTorch
cannot tell from 0 either is noise, and is held to the limit of the step's largest gradient; anything else is
ill-conditioned. Both are counted and printed, and too many of them fail."""
import dataclasses
import functools

import numpy as np
import torch

import network
from cases import Case
from compare import TOLERANCE, Broken, Comparison, Worst
from layers import LAYERS, LOSSES
from model import COMMON, SCHEDULES, Graph, Model, Optimizer
from spelled import spelled_out
from toolbox import Refused
from verdict import ASIDE, EQUAL, FAILED, ILL, NOISE, Verdict

STEPS, RUNS, SHARE = 10, (6, 60), 30
REALS = {"float64": np.float64, "float32": np.float32}
FOLDERS = {"optimizer": "optimizers", "learning_rate": "schedules", "regularizer": "regularizers", "clip": "clips"}
HERE = {"regularizers": {"l1", "l2"}, "clips": {"norm", "value"}, "optimizers": set(Optimizer.MAKE),
        "schedules": set(SCHEDULES), "layers": set(LAYERS), "losses": set(LOSSES)}


class Diverged(Exception):
    """A number of PyTorch's is no longer finite. (Where ours alone is not, that is a difference.)"""


@dataclasses.dataclass
class Item:
    """One comparison."""
    place: str
    difference: float
    largest: float
    theirs: np.ndarray

    def relative(self):
        return self.difference / self.largest if self.largest > 0 else self.difference


class Record(Worst):
    """Every comparison, in order."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def see(self, place, ours, theirs, scale=None):
        ours, theirs = np.asarray(ours, np.float64), np.array(theirs, np.float64)  # a copy: the tensor changes later
        if not np.isfinite(theirs).all():
            raise Diverged(place)
        super().see(place, ours, theirs, scale)
        largest = np.abs(theirs).max() if scale is None else scale
        self.seen.append(Item(place, np.abs(ours - theirs).max(), largest, theirs))


class Moved(Model):
    """The network in PyTorch with each value that leaves a layer, or is kept for the backward pass, moved in its last
    place: 1 - y * y of a tanh near 1 is made of the rounding of y, not of that of x."""

    def __init__(self, run, *arguments):
        super().__init__(*arguments)
        self.generator = torch.Generator().manual_seed(run)

    def rounded(self, value):
        if not value.dtype.is_floating_point:
            return value
        unit = torch.finfo(value.dtype).eps
        return value * (1 + unit * torch.randint(-1, 2, value.shape, generator=self.generator).to(value.dtype))

    def kept(self, value):
        with torch.no_grad():
            return self.rounded(value)

    def gradient(self, *arguments):
        with torch.autograd.graph.saved_tensors_hooks(self.kept, lambda value: value):
            return super().gradient(*arguments)


class Wide(Model):
    """The network in PyTorch in double, whatever the state and the data that it is given."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.parameters = {name: p.detach().double().requires_grad_(p.requires_grad) for name, p in self.parameters.items()}
        self.optimizer = Optimizer(self.spec, self.parameters, self.trained)

    def rounded(self, value):
        return value.double()

    def context(self, *arguments):
        context = super().context(*arguments)
        context.state = {name: np.asarray(value, np.float64) for name, value in context.state.items()}
        return context

    def loss(self, inputs, targets, *arguments):
        wide = [t.double() if t is not None and t.dtype == torch.float32 else t for t in targets]
        return super().loss(inputs, wide, *arguments)


class Beside(Comparison):
    """As in tests/oracle, but a parameter is seen beside what it was before its step, if that was larger: what is left
    of a subtraction is as exact as its operands."""

    def step(self, step, batch, seen):
        self.before = {name: np.abs(array).max() for name, array in self.network.parameters.items()}
        super().step(step, batch, seen)

    def see_parameters(self):
        for name, parameter in self.model.parameters.items():
            theirs = parameter.detach().numpy()
            self.worst.see(name, self.network.parameters[name], theirs, max(self.before[name], np.abs(theirs).max()))
        for name, state in self.model.state.items():
            self.worst.see(name, self.network.tensors[name], state)


def record(case, built, other=None):
    """A run beside PyTorch, or beside another way to compute with it: a function that makes a model."""
    comparison = Beside(case, built)
    comparison.worst = Record()
    if other:
        comparison.model = other(case.spec, built, comparison.dtype)
    try:
        comparison.run()
    except Diverged as diverged:
        return comparison.worst, str(diverged)
    return comparison.worst, None


def own_spread(case, built, count, runs):
    """How far PyTorch differs from itself, in each of the first `count` comparisons: the largest of several runs."""
    others = [functools.partial(Moved, run) for run in range(runs)] + ([Wide] if built.real == np.float32 else [])
    seen = [record(case, built, other)[0].seen for other in others]
    spread = []
    for i in range(count):
        theirs = np.array([items[i].theirs for items in seen if len(items) > i])
        spread.append((theirs.max(0) - theirs.min(0)).max() if len(theirs) and np.isfinite(theirs).all() else np.inf)
    return spread


def pooled(seen, spread):
    """A kink or a pole is met in one step and missed in the next: for each tensor the largest of all its steps, relative
    to its largest element there, as a spread in each step."""
    share = {}
    for item, own in zip(seen, spread):
        relative = own / item.largest if item.largest > 0 else np.inf if own > 0 else 0.0
        share[item.place] = max(share.get(item.place, 0.0), relative)
    return [max(own, share[item.place] * item.largest) if item.largest > 0 else own for item, own in zip(seen, spread)]


def largest_gradients(seen):
    """For each comparison the largest gradient of its step: the gradients of a step follow each other."""
    largest, start = [0.0] * len(seen), 0
    while start < len(seen):
        end = start
        while end < len(seen) and seen[end].place.startswith("gradient of"):
            end += 1
        for i in range(start, end):
            largest[i] = max(item.largest for item in seen[start:end])
        start = max(end, start + 1)
    return largest


def sorted_out(seen, spread, limit):
    """Comparisons beyond the limit: those that nothing excuses, noise, and those of which rounding leaves nothing."""
    found = {FAILED: [], NOISE: [], ILL: []}
    for item, own, gradient in zip(seen, spread, largest_gradients(seen)):
        if item.relative() <= limit:
            continue
        is_noise = item.largest <= SHARE * own and item.difference <= limit * gradient
        found[FAILED if not item.difference <= SHARE * own else NOISE if is_noise else ILL].append((item, own))
    return found


def judge(case, built, dtype):
    """A kink or a pole may be met by few of PyTorch's runs: what a few of them do not excuse is asked of many."""
    limit = TOLERANCE[REALS[dtype]]
    worst, stopped = record(case, built)
    if worst.value <= limit:
        return Verdict(EQUAL, f"PyTorch is not finite after a while ({stopped})" if stopped else "", figures=(worst.value,),
                       compared=len(worst.seen))
    for runs in RUNS:
        found = sorted_out(worst.seen, pooled(worst.seen, own_spread(case, built, len(worst.seen), runs)), limit)
        if not found[FAILED]:
            break
    state = next(state for state in (FAILED, ILL, NOISE) if found[state])
    item, own = found[state][0]
    return Verdict(state, f"{dtype}: {len(found[state])} of {len(worst.seen)}, the first of {item.place}: "
                          f"{item.relative():.1e} of {item.largest:.1e}; PyTorch moves by {own:.1e}",
                   f"{dtype} {kind_of(item.place)}", compared=len(worst.seen), apart=len(found[NOISE]) + len(found[ILL]))


def kind_of(place):
    """The place without the names of layers."""
    return place.split(" of ")[0] + " of " + place.split(".")[-1] if "." in place else place


def missing_in(spec):
    """What PyTorch's side, tests/oracle, does not have. The description is spelled out."""
    graph = Graph(spec)
    named = [("layers", node.kind) for node in graph.nodes] + [("losses", kind) for kind, _, _ in graph.losses]
    for key, folder in FOLDERS.items():
        if isinstance(spec.get(key), dict):
            named += [(folder, kind) for kind in spec[key]]
    return sorted({f"{folder}/{kind}" for folder, kind in named if kind not in HERE[folder]})


def unknown_keys(spec):
    """Keys of the language itself that tests/oracle cannot read yet."""
    keys = {key for layer in spec["layers"] for value in layer.values() for key in value}
    return sorted({"share"} & keys - set(COMMON))


def as_float32(attributes):
    """The optimizer that nnc has in float32: beta2 = 0.999f is 0.99900001, and 1 - beta2 another number than 0.001."""
    return {key: float(np.float32(value)) if isinstance(value, float) else value for key, value in attributes.items()}


def as_the_oracle_reads_it(spec, dtype):
    """Regularizers and clips there have a number each."""
    if dtype == "float32" and "optimizer" in spec:
        spec = {**spec, "optimizer": {kind: as_float32(value) for kind, value in spec["optimizer"].items()}}
    numbers = {key: {kind: next(iter(value.values())) for kind, value in spec[key].items()}
               for key in ("regularizer", "clip") if key in spec}
    return {**spec, **numbers}


def against_torch(specs, declarations, folder, compiler):
    """Name -> Verdict."""
    network.CC = compiler
    torch.set_num_threads(1)
    verdicts, rest = {}, []
    for spec in specs:
        plain = spelled_out(spec, declarations)
        missing = unknown_keys(plain) or missing_in(plain)
        if missing:
            verdicts[spec["network"]] = Verdict(ASIDE, f"tests/oracle has no {', '.join(missing)}")
        else:
            rest.append(spec)
    built = {dtype: network.build(rest, folder / dtype, ["--dtype", dtype]) for dtype in REALS} if rest else {}
    for spec in rest:
        verdicts[spec["network"]] = judge_both(spelled_out(spec, declarations), {dtype: built[dtype][spec["network"]] for dtype in REALS})
    return verdicts


def judge_both(spec, built):
    """Of float64 and float32 the worse verdict."""
    found = []
    for dtype in REALS:
        case = Case(spec["network"], as_the_oracle_reads_it(spec, dtype), STEPS)
        if isinstance(built[dtype], Refused):
            return Verdict(FAILED, f"{dtype}: {built[dtype]}", f"{dtype} {str(built[dtype])[:40]}")
        try:
            found.append(judge(case, built[dtype], dtype))
        except ValueError as refused:  # nesterov without momentum, for instance
            return Verdict(ASIDE, f"PyTorch refuses: {refused}")
        except (Broken, AssertionError, RuntimeError) as broken:
            found.append(Verdict(FAILED, f"{dtype}: {broken}", f"{dtype} {str(broken)[:25]}"))
    worst = next(v for state in (FAILED, ILL, NOISE, EQUAL) for v in found if v.state == state)
    return dataclasses.replace(worst, figures=tuple(f for v in found for f in v.figures),
                               compared=sum(v.compared for v in found), apart=sum(v.apart for v in found))
