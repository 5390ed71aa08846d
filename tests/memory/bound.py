"""bound.py - the least memory that a network can do with, reckoned from its layers alone.

It knows nothing of steps, nests or kernels: only what `nnc report --json` says of each layer (kind, inputs, shape), and
what each kind of layer needs by its mathematics. Sizes are in numbers (of four bytes each), not padded to anything.

A network becomes a list of operations, each with what it reads, what it makes, and which of what it reads it reads only
at the element that it makes (so that one may take the place of the other). A value lives from the operation that makes
it to the last that reads it; the bound is the most that lives at once. What is computed element for element from a sum
is computed while the sum is stored. Gradients of parameters come before that of the input, which they need."""
import math

POINTWISE = {"batch_norm", "relu", "add", "dropout"}
SUMS = {"conv2d", "depthwise_conv2d", "dense", "global_avg_pool"}
VIEWS = {"flatten", "reshape"}


class Operation:
    def __init__(self, reads, makes, pointwise=()):
        self.reads, self.makes, self.pointwise = set(reads), set(makes), set(pointwise)


class Network:
    """Layers as (name, kind, sources), views followed to what they show."""

    def __init__(self, report, batch, training):
        self.batch, self.training = batch, training
        self.size = {}
        self.inputs = set()
        for port in report["inputs"]:
            self.inputs.add(port["name"])
            self.size[port["name"]] = batch * math.prod(port["shape"])
        self.layers, self.readers, self.maker = [], {}, {}
        shown = {}
        for layer in report["layers"]:
            name, kind = layer["name"], layer["kind"]
            if kind not in POINTWISE | SUMS | VIEWS | {"softmax"}:
                raise ValueError(f"no rule for a layer of kind '{kind}'")
            if training and name.endswith("_output_softmax"):
                continue  # prediction alone has it
            sources = [shown.get(source, source) for source in layer["inputs"]]
            if kind in VIEWS or (kind == "dropout" and not training):
                shown[name] = sources[0]
                continue
            self.size[name] = batch * math.prod(layer["shape"])
            self.size[name + ".statistics"] = 2 * layer["shape"][-1]
            self.layers.append((name, kind, sources))
            self.maker[name] = (name, kind, sources)
            for source in sources:
                self.readers.setdefault(source, []).append(name)
        self.result = self.layers[-1][0]


def most_alive(operations, size, outside):
    """The most that lives at once, without what is `outside`: arguments, which the caller has."""
    first, last = {}, {}
    for at, operation in enumerate(operations):
        for value in operation.reads | operation.makes:
            first.setdefault(value, at)
            last[value] = at
    most = 0
    for at, operation in enumerate(operations):
        alive = [value for value in first if first[value] <= at <= last[value] and value not in outside]
        dying = sorted(size[value] for value in operation.pointwise if last[value] == at and value not in outside)
        born = [size[value] for value in operation.makes if first[value] == at and value not in outside]
        handed = 0
        for bytes_ in sorted(born):
            if bytes_ in dying:
                dying.remove(bytes_)
                handed += bytes_
        most = max(most, sum(size[value] for value in alive) - handed)
    return most


def inference(network):
    operations, done = [], set()
    for name, kind, sources in network.layers:
        if name in done:
            continue
        reads, pointwise = set(sources), set(sources) if kind not in SUMS else set()
        lines = {name + ".statistics"} if kind == "batch_norm" else set()  # the factor and shift of each channel
        while len(network.readers.get(name, [])) == 1:  # what follows element for element is done in the store
            follower = network.maker[network.readers[name][0]]
            others = [source for source in follower[2] if source != name]
            if follower[1] not in POINTWISE or any(source not in made_by(operations) for source in others):
                break
            reads |= set(others)
            pointwise |= set(others)
            name = follower[0]
            lines |= {name + ".statistics"} if follower[1] == "batch_norm" else set()
            done.add(name)
        operations.append(Operation(reads, {name}, pointwise - (set(sources) if kind in SUMS else set())))
        if lines:  # used in the store, or behind it where that takes less
            operations.append(Operation({name}, lines))
    return most_alive(operations, network.size, network.inputs | {network.result})


def made_by(operations):
    return set().union(*(operation.makes for operation in operations)) if operations else set()


class Backward:
    """The operations of the backward pass, last layer first. `storage` says where a value's gradient lies."""

    def __init__(self, network):
        self.network, self.operations, self.storage = network, [], {}

    def add(self, reads, makes, pointwise=()):
        self.operations.append(Operation(reads, makes, pointwise))

    def new_gradient(self, value):
        self.storage[value] = f"d {value}"
        self.network.size[f"d {value}"] = self.network.size[value]
        return self.storage[value]

    def pass_to(self, value, reads):
        """A sum over `reads` is the gradient of a value, or a part of it. Where the value is an activation that nobody
        else reads, the mask is put on in the store: the gradient is then that of what came before."""
        if value in self.network.inputs:
            return
        if value in self.storage:
            self.add(reads | {self.storage[value]}, {self.storage[value]}, {self.storage[value]})
            return
        pointwise = set()
        while len(self.network.readers[value]) == 1 and self.network.maker[value][1] in ("relu", "dropout"):
            _, kind, sources = self.network.maker[value]
            if sources[0] in self.network.inputs or len(self.network.readers[sources[0]]) != 1:
                break
            if kind == "relu":
                pointwise.add(value)
            value = sources[0]
        self.add(reads | pointwise, {self.new_gradient(value)}, pointwise)

    def layer(self, name, kind, sources):
        if name not in self.storage:
            return
        own = self.storage[name]
        if kind == "add":
            for source in sources:
                if source in self.storage:
                    self.add({own, self.storage[source]}, {self.storage[source]})
                else:
                    self.storage[source] = own  # the same numbers, and nobody needs them twice
        elif kind in SUMS:
            if kind != "global_avg_pool":
                self.add({own, sources[0]}, set())  # the gradients of the parameters
            self.pass_to(sources[0], {own})
        else:
            needed = {"batch_norm": {sources[0], name + ".statistics"}, "relu": {name}, "dropout": set()}[kind]
            if sources[0] in self.storage:
                self.add(needed | {own, self.storage[sources[0]]}, {self.storage[sources[0]]})
            else:
                reads = needed | {own}
                self.add(reads, {self.new_gradient(sources[0])}, reads)


def training(network):
    operations = []
    done = set()
    for name, kind, sources in network.layers:
        if name in done:
            continue
        statistics = {name + ".statistics"} if kind == "batch_norm" else set()
        reads, pointwise = set(sources), set(sources) if kind in POINTWISE else set()
        # A value whose mask or whose addition comes next, and that backward does not need, is never stored.
        while kind != "relu" and len(network.readers.get(name, [])) == 1:
            follower = network.maker[network.readers[name][0]]
            others = [source for source in follower[2] if source != name]
            if follower[1] not in ("relu", "add") or any(source not in made_by(operations) for source in others):
                break
            reads |= set(others)
            pointwise |= set(others)
            name, kind = follower[:2]
            done.add(name)
        operations.append(Operation(reads, {name} | statistics, pointwise))
    backward = Backward(network)
    backward.new_gradient(network.result)
    backward.add({network.result}, {backward.storage[network.result]}, {network.result})  # the loss
    for layer in reversed(network.layers):
        backward.layer(*layer)
    return most_alive(operations + backward.operations, network.size, network.inputs)
