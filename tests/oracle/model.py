"""model.py - a spec read as a PyTorch model: the graph, the parameters, their optimizer and their learning rate."""

import numpy as np
import torch
from torch.optim import lr_scheduler

import norm_layers
from layers import FOLDS, LAYERS, LOSSES, MAIN, SCORED, TRAINING_ONLY, Context

COMMON = ("name", "input", "inputs", "activation", "trainable", "initializer", "weight", "target", "share")


def choice(item, category):
    """Kind, attributes of its own and common keys of a bare word or a mapping with one key."""
    if isinstance(item, str):
        return item, {}, {}
    (kind, value), = item.items()
    if not isinstance(value, dict):
        value = {MAIN[category, kind]: value}
    return (kind, {k: v for k, v in value.items() if k not in COMMON},
            {k: v for k, v in value.items() if k in COMMON})


class Node:
    """A layer, or the activation of one. The owner is the layer whose parameters it uses: itself, if it shares none."""

    def __init__(self, name, kind, attributes, inputs, stream, owner, frozen):
        self.name, self.kind, self.attributes, self.inputs, self.stream = name, kind, attributes, inputs, stream
        self.owner = owner
        self.frozen = frozen  # in PyTorch: eval(), and no parameter requires a gradient


class Graph:
    """The layers in order, the losses and the output, all by name."""

    def __init__(self, spec):
        self.inputs = list(spec["input"]) if isinstance(spec["input"], dict) else ["input"]
        self.nodes, self.meaning, self.steps = [], {name: name for name in self.inputs}, 0
        counts, last = {}, self.inputs[0]
        for item in spec["layers"]:
            kind, attributes, common = choice(item, "layers")
            counts[kind] = counts.get(kind, 0) + 1
            name = common.get("name", f"{kind}_{counts[kind]}")
            read = common.get("inputs", [common["input"]] if "input" in common else [last])
            self.add(name, kind, attributes, [self.meaning[i] for i in read], common.get("share"),
                     not common.get("trainable", True))
            self.meaning[name] = name
            if "activation" in common:
                function, options, _ = choice(common["activation"], "layers")
                self.add(f"{name}_{function}", function, options, [name])
                self.meaning[name] = f"{name}_{function}"
            last = name
        losses = spec["loss"] if isinstance(spec["loss"], list) else [spec["loss"]]
        self.losses = [choice(item, "losses") for item in losses]
        self.last = last
        output = spec.get("output", last)
        self.output_activation = output.get("activation") if isinstance(output, dict) else None
        self.output = self.meaning[output["layer"] if isinstance(output, dict) else output]

    def add(self, name, kind, attributes, inputs, share=None, frozen=False):
        """A layer that shares another's parameters has its attributes, too. Random numbers are numbered as nnc numbers
        its layers: a fold of n inputs is n - 1 of them."""
        owner = next((node for node in self.nodes if node.name == share), None)
        attributes = {**(owner.attributes if owner else {}), **attributes}
        self.steps += len(inputs) - 1 if kind in FOLDS else 1
        self.nodes.append(Node(name, kind, attributes, inputs, self.steps - 1, owner.owner if owner else name,
                               owner.frozen if owner else frozen))

    def loss_input(self, i):
        return self.meaning[self.losses[i][2].get("input", self.last)]

    def loss_stream(self, read):
        """Of a loss's random numbers: behind those of the layers; the activation of `output` is a layer, too."""
        layers = self.steps + (self.output_activation is not None)
        streams = {node.name: node.stream for node in self.nodes}
        return layers + (streams[read] if read in streams else layers + self.inputs.index(read))


class Model:
    """The network in PyTorch. Parameters and state are by nnc's names; parameters are leaves in nnc's layout."""

    def __init__(self, spec, network, dtype):
        self.graph, self.dtype, self.spec = Graph(spec), dtype, spec
        self.parameters, self.state = {}, {}
        self.trained, self.real = network.trained, network.real
        for name, array in network.parameters.items():
            if name.split(".")[-1].startswith("running_"):
                self.state[name] = array.copy()
            else:
                self.parameters[name] = torch.tensor(array, dtype=dtype, requires_grad=name in self.trained)
        for name, array in network.tensors.items():
            if f"next.{name}" in network.tensors and name not in network.parameters:
                self.state[name] = array.copy()
        self.optimizer = Optimizer(spec, self.parameters, self.trained)

    def context(self, owner, training, seed, step, stream=0, state=None):
        state = self.state if state is None else state
        own = {name.split(".")[-1]: value for name, value in state.items() if name.rpartition(".")[0] == owner}
        return Context(training, seed, step, stream, own, self.real)

    def parameters_of(self, owner):
        return lambda short: self.parameters[f"{owner}.{short}"]

    def scored(self, values):
        """What evaluation hands out of these values: what the first loss reads, or counts."""
        kind, value = self.graph.losses[0][0], values[self.graph.loss_input(0)]
        return SCORED[kind](value, Context(False, 0, 0, p=self.parameters_of(f"{kind}_1"))) if kind in SCORED else value

    def rounded(self, value):
        """An input, or what leaves a layer. Who asks how far rounding carries moves its last place here."""
        return value

    def values(self, inputs, training, seed=0, step=0):
        """The value of every layer, and the state as the pass leaves it."""
        values, state = dict(zip(self.graph.inputs, map(self.rounded, inputs))), dict(self.state)
        for node in self.graph.nodes:
            context = self.context(node.owner, training and not node.frozen, seed, step, node.stream, state)
            value = LAYERS[node.kind]([values[name] for name in node.inputs],
                                      self.parameters_of(node.owner), node.attributes, context)
            values[node.name] = self.rounded(value)
            state.update({f"{node.owner}.{short}": value for short, value in context.state.items()})
        return values, state

    def loss(self, inputs, targets, training, seed=0, step=0):
        """The weighted sum of the losses, and the state as the pass leaves it. Targets: one for each loss."""
        values, state = self.values(inputs, training, seed, step)
        total, counts = 0.0, {}
        for i, (kind, attributes, common) in enumerate(self.graph.losses):
            counts[kind] = counts.get(kind, 0) + 1
            if not training and kind in TRAINING_ONLY:
                continue
            name, read = f"{kind}_{counts[kind]}", self.graph.loss_input(i)
            context = self.context(name, training, seed, step, self.graph.loss_stream(read))
            context.p = self.parameters_of(name)
            value, target = values[read], targets[i]
            if target is not None and target.numel() == value.numel():  # that of a loss with another view of the value
                target = target.reshape(value.shape)
            total = total + common.get("weight", 1.0) * LOSSES[kind](value, target, attributes, context)
            state.update({f"{name}.{short}": value for short, value in context.state.items()})
        return total, state

    def gradient(self, inputs, targets, seed, step):
        """The loss; the gradients are left in the parameters. The second value is the state to commit."""
        for name in self.trained:
            self.parameters[name].grad = None
        total, state = self.loss(inputs, targets, True, seed, step)
        total.backward()
        return total.item(), state

    def penalty(self):
        regularizer = self.spec.get("regularizer", {})
        weights = [self.parameters[name] for name in self.trained if is_weight(name)]
        return sum(regularizer.get("l1", 0) * w.abs().sum().item() + regularizer.get("l2", 0) / 2 * w.pow(2).sum().item()
                   for w in weights)

    def predict(self, inputs):
        with torch.no_grad():
            value = self.values(inputs, False)[0][self.graph.output]
            if not self.graph.output_activation:
                return value
            kind, attributes, _ = choice(self.graph.output_activation, "layers")
            return LAYERS[kind]([value], None, attributes, Context(False, 0, 0))


def is_weight(name):
    return name.split(".")[-1] in ("weight", "recurrent_weight")


class Optimizer:
    """Clipping, regularizers and step, in nnc's order, by PyTorch's optimizers."""

    MAKE = {
        "sgd": lambda groups, rate, momentum=0.0, nesterov=False: torch.optim.SGD(
            groups, rate, momentum=momentum, nesterov=nesterov),
        "adam": lambda groups, rate, beta1=0.9, beta2=0.999, epsilon=1e-8: torch.optim.Adam(
            groups, rate, (beta1, beta2), epsilon),
        "adamw": lambda groups, rate, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01: torch.optim.AdamW(
            groups, rate, (beta1, beta2), epsilon, weight_decay),
        "rmsprop": lambda groups, rate, rho=0.99, epsilon=1e-8, momentum=0.0: torch.optim.RMSprop(
            groups, rate, rho, epsilon, momentum=momentum),
        "adagrad": lambda groups, rate, epsilon=1e-10: torch.optim.Adagrad(groups, rate, eps=epsilon),
        "adadelta": lambda groups, rate, rho=0.9, epsilon=1e-6: torch.optim.Adadelta(groups, rate, rho, epsilon),
        "lion": lambda groups, rate, beta1=0.9, beta2=0.99, weight_decay=0.0: norm_layers.Lion(
            groups, rate, (beta1, beta2), weight_decay),
    }
    STATES = {"sgd": {"v": "momentum_buffer"}, "adam": {"m": "exp_avg", "v": "exp_avg_sq"},
              "adamw": {"m": "exp_avg", "v": "exp_avg_sq"}, "rmsprop": {"s": "square_avg", "v": "momentum_buffer"},
              "adagrad": {"s": "sum"}, "adadelta": {"s": "square_avg", "u": "acc_delta"}, "lion": {"m": "exp_avg"}}

    def __init__(self, spec, parameters, trained):
        self.kind, self.attributes, _ = choice(spec.get("optimizer", "sgd"), "optimizers")
        self.clip, self.regularizer = spec.get("clip", {}), spec.get("regularizer", {})
        self.all = [parameters[name] for name in trained]
        self.weights = [parameters[name] for name in trained if is_weight(name)]
        others = [parameters[name] for name in trained if not is_weight(name)]
        weights = {"params": self.weights}
        # PyTorch's weight_decay is l2 everywhere but in AdamW, and in Lion, where it is no part of the gradient.
        self.by_hand = self.kind in ("adamw", "lion")
        if not self.by_hand:
            weights["weight_decay"] = self.regularizer.get("l2", 0.0)
        self.torch = self.MAKE[self.kind]([group for group in (weights, {"params": others}) if group["params"]], 1.0,
                                          **self.attributes)

    def step(self, rate):
        if "value" in self.clip:
            torch.nn.utils.clip_grad_value_(self.all, self.clip["value"])
        if "norm" in self.clip:
            torch.nn.utils.clip_grad_norm_(self.all, self.clip["norm"])
        for w in self.weights:
            w.grad += self.regularizer.get("l1", 0.0) * torch.sign(w.detach())
            if self.by_hand:
                w.grad += self.regularizer.get("l2", 0.0) * w.detach()
        for group in self.torch.param_groups:
            group["lr"] = rate
        self.torch.step()

    def take_state(self, tensors, step):
        """Moments and step count from nnc's training struct: a flat array each, over all trained parameters."""
        if step == 0:
            return
        start = 0
        for p in self.all:
            state = self.torch.state[p]
            for short, name in self.STATES[self.kind].items():
                if f"optimizer.{short}" in tensors:
                    flat = tensors[f"optimizer.{short}"][start:start + p.numel()]
                    state[name] = torch.tensor(flat, dtype=p.dtype).reshape(p.shape)
            if self.kind not in ("sgd", "lion"):
                state["step"] = torch.tensor(float(step)) if self.kind != "rmsprop" else step
            start += p.numel()


# ---- learning rates ----

def scheduled(make, start, steps):
    """What a scheduler of PyTorch does with the rate `start`."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], start)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


SCHEDULES = {
    "constant": lambda a: lambda o: lr_scheduler.ConstantLR(o, 1.0),
    "step": lambda a: lambda o: lr_scheduler.StepLR(o, a["every"], a.get("factor", 0.1)),
    "multi_step": lambda a: lambda o: lr_scheduler.MultiStepLR(o, a["at"], a.get("factor", 0.1)),
    "exponential": lambda a: lambda o: lr_scheduler.ExponentialLR(o, a["factor"] ** (1 / a.get("every", 1))),
    "linear": lambda a: lambda o: lr_scheduler.LinearLR(o, 1.0, a.get("end", 0.0) / a["start"], a["steps"]),
    # PyTorch's end is 0: what lies above `end` falls, and `end` is added.
    "polynomial": lambda a: lambda o: lr_scheduler.PolynomialLR(o, a["steps"], a.get("power", 1.0)),
    "one_cycle": lambda a: lambda o: lr_scheduler.OneCycleLR(
        o, a["start"], a["steps"], pct_start=a.get("pct_start", 0.3), cycle_momentum=False,
        div_factor=a.get("div_factor", 25.0), final_div_factor=a.get("final_div_factor", 1e4)),
    "cosine": lambda a: lambda o: lr_scheduler.CosineAnnealingLR(o, a["steps"], a.get("end", 0.0)),
}


def rates(spec, steps):
    """The learning rate of each step, by PyTorch's schedulers."""
    rate = spec.get("learning_rate", 0.01)
    if not isinstance(rate, dict):
        return np.full(steps, rate)
    (kind, a), = rate.items()
    a = a if isinstance(a, dict) else {"start": a}
    start, end = a["start"], a.get("end", 0.0)
    if kind == "polynomial":
        falls = 1 if start >= end else -1
        result = end + falls * scheduled(SCHEDULES[kind](a), falls * (start - end), steps)
    elif kind == "one_cycle":  # PyTorch's ends
        result = scheduled(SCHEDULES[kind](a), start, min(steps, a["steps"]))
        result = np.append(result, [result[-1]] * (steps - len(result)))
    else:
        result = scheduled(SCHEDULES[kind](a), start, steps)
    if kind == "cosine":  # PyTorch's rises again
        result[a["steps"]:] = end
    if a.get("warm_up", 0) > 1:
        warm = a["warm_up"]
        result *= scheduled(lambda o: lr_scheduler.LinearLR(o, 1 / warm, 1.0, warm - 1), 1.0, steps)
    return result
