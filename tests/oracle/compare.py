"""compare.py - one network of nnc's beside the same network in PyTorch, step by step.

In double both run on their own for all steps; in float each step starts from nnc's parameters, state and moments. What is
compared: loss, gradients, parameters, statistics, learning rate, penalty, prediction and evaluation. A difference is
relative to the largest element of its tensor.

Two things have no answer that two programs could agree on. The bias before a normalisation has the gradient 0, of which
rounding leaves noise: it must be 0 on both sides, within the limit of the largest of all gradients. And adam divides an
element of a gradient by its own size: of an element near 0 that float rounds, the sign decides. So the optimizer of
PyTorch gets nnc's gradient, after it has been compared, for the first always, and in float for whole networks."""
import zlib

import numpy as np
import torch

from cases import inputs_of, target_of
from layers import WITHOUT_TARGET
from model import Model, rates

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}
SEED = 0x123456789ABCDEF


class Broken(Exception):
    """A promise that is not about numbers is not kept."""


class Worst:
    """The largest difference so far, and where it was."""

    def __init__(self):
        self.value, self.place = 0.0, "nowhere"

    def see(self, place, ours, theirs, scale=None):
        ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
        if ours.shape != theirs.shape:
            raise Broken(f"{place} has the shape {ours.shape}, in PyTorch {theirs.shape}")
        scale = np.abs(theirs).max() if scale is None else scale
        difference = np.abs(ours - theirs).max()
        relative = difference / scale if scale > 0 else difference
        if not relative <= self.value:  # a NaN too is the worst
            self.value, self.place = relative, place


class Comparison:
    def __init__(self, case, network):
        self.case, self.network = case, network
        self.dtype = {np.float32: torch.float32, np.float64: torch.float64}[network.real]
        self.random = np.random.default_rng(zlib.crc32(case.name.encode()))
        self.worst, self.given = Worst(), case.zero
        network.initialize(SEED)
        for name in network.trained if case.data != "ties" else ():  # no bias at 0, no gamma at 1
            view = network.parameters[name]
            if case.whole and (view != view.flat[0]).any():
                continue
            view += (0.3 * self.random.standard_normal(view.shape)).astype(network.real)
        self.model = Model(case.spec, network, self.dtype)
        self.kind_of_state = network.real
        self.rates = rates(case.spec, case.steps)

    # ---- data ----

    def tensors(self, arrays, samples=None):
        kinds = {np.dtype(np.int32): torch.int32}
        return [None if array is None else torch.tensor(array[:samples], dtype=kinds.get(array.dtype, self.dtype))
                for array in arrays]

    def target_ports(self):
        """For each loss the place of its target among the arguments; None if it has none. A natural one is `target`."""
        places = []
        for kind, _, common in self.model.graph.losses:
            wanted = common.get("target", "vector")
            name = "target" if wanted in ("class", "vector", "positions") else wanted
            matches = [i for i, port in enumerate(self.network.target)
                       if (port.copies if wanted == "input" else not port.copies and port.name.decode() == name)]
            places.append(None if kind in WITHOUT_TARGET else matches[0])
        return places

    def draw(self):
        """A batch: inputs, arguments for the targets, the target of each loss."""
        network = self.network
        inputs = [inputs_of(self.case, self.random, port, network.real) for port in network.input]
        places, arguments = self.target_ports(), [None] * len(network.target)
        for (kind, _, _), place in zip(self.model.graph.losses, places):
            if place is not None and arguments[place] is None:
                port = network.target[place]
                arguments[place] = inputs[port.copies - 1] if port.copies else target_of(
                    kind, self.random, port, network.batch, network.real)
        return inputs, arguments, [None if place is None else arguments[place] for place in places]

    # ---- the promises that need no PyTorch ----

    def gradient_is_a_function(self, inputs, arguments):
        """Called twice, gradient gives the same; train is gradient, then update."""
        network = self.network
        before = network.training.copy()
        first = network.gradient(inputs, arguments)
        gradients = {name: g.copy() for name, g in network.gradients.items()}
        second = network.gradient(inputs, arguments)
        if first != second or any((gradients[n] != network.gradients[n]).any() for n in gradients):
            raise Broken("gradient called twice gives two results")
        network.update()
        apart = {name: t.copy() for name, t in network.tensors.items()}
        network.training[:] = before
        if network.train(inputs, arguments) != first:
            raise Broken("train and gradient return two losses")
        for name, tensor in network.tensors.items():
            if tensor.tobytes() != apart[name].tobytes():
                raise Broken(f"train and gradient, then update, differ in {name}")
        network.training[:] = before

    # ---- beside PyTorch ----

    def take_state(self, step):
        """PyTorch's side becomes nnc's."""
        with torch.no_grad():
            for name, parameter in self.model.parameters.items():
                parameter.copy_(torch.tensor(self.network.parameters[name]))
        for name in self.model.state:
            array = self.network.tensors[name]
            self.model.state[name] = array.astype(self.kind_of_state if array.dtype.kind == "f" else array.dtype)
        self.model.optimizer.take_state(self.network.tensors, step)

    def see_gradients(self):
        gradients = {name: self.model.parameters[name].grad.numpy() for name in self.model.trained}
        largest = max(np.abs(g).max() for g in gradients.values())
        for name, gradient in gradients.items():
            self.worst.see(f"gradient of {name}", self.network.gradients[name], gradient,
                           largest if name in (*self.case.noise, *self.case.zero) else None)
        self.see_zeros()
        self.give()

    def see_zeros(self, excused=1.0):
        gradients = {name: self.model.parameters[name].grad.numpy() for name in self.model.trained}
        largest = excused * max(np.abs(g).max() for g in gradients.values())
        for name in self.case.zero:
            for gradient in (self.network.gradients[name], gradients[name]):
                self.worst.see(f"gradient of {name}, which is 0", gradient, np.zeros_like(gradient), largest)

    def give(self):
        """From here on PyTorch has nnc's gradient of some parameters."""
        for name in self.given:
            self.model.parameters[name].grad.copy_(torch.tensor(self.network.gradients[name]))

    def see_parameters(self):
        for name, parameter in self.model.parameters.items():
            self.worst.see(name, self.network.parameters[name], parameter.detach().numpy())
        for name, state in self.model.state.items():
            self.worst.see(name, self.network.tensors[name], state)

    def see_prediction(self, inputs, targets, arguments):
        network, model = self.network, self.model
        expected = model.predict(self.tensors(inputs)).numpy()
        ours = np.stack([network.predict([x[n].copy() for x in inputs]) for n in range(network.batch)])
        self.worst.see("prediction", ours.reshape(expected.shape), expected)
        one = [x[:1].copy() for x in inputs]
        with torch.no_grad():
            values, _ = model.values(self.tensors(one), False)
            loss, _ = model.loss(self.tensors(one), self.tensors(targets, 1), False)
        got, scored = network.evaluate(one, [t[:1].copy() for t in arguments])
        expected = model.scored(values).detach().numpy()
        self.worst.see("loss of evaluation", got, float(loss))
        self.worst.see("what evaluation scores", scored.reshape(expected.shape), expected)

    def step(self, step, batch, seen):
        network, model, worst = self.network, self.model, self.worst
        inputs, arguments, targets = batch
        if network.real == np.float32:
            self.take_state(step)
        rate = network.rate()
        ours = network.gradient(inputs, arguments) if network.gradients else network.train(inputs, arguments)
        theirs, state = model.gradient(self.tensors(inputs), self.tensors(targets), SEED, step)
        if seen:
            worst.see("learning rate", rate, self.rates[step])
            worst.see("loss", ours, theirs)
        if network.gradients:
            if seen:
                self.see_gradients()
            network.update()
        model.optimizer.step(self.rates[step])
        model.state = state
        if seen:
            self.see_parameters()
            worst.see("penalty", network.penalty(), model.penalty())

    def run(self):
        """The worst relative difference, and its place."""
        batches = [self.draw() for _ in range(min(self.case.steps, 20))]
        if self.network.gradients:
            self.gradient_is_a_function(*batches[0][:2])
        for step in range(self.case.steps):
            batch = batches[step % len(batches)]
            seen = not self.case.watch or step + 1 in self.case.watch
            self.step(step, batch, seen)
        if self.network.real == np.float32:
            self.take_state(self.case.steps)
        self.see_prediction(batches[0][0], batches[0][2], batches[0][1])
        self.network.check_canaries()
        return self.worst
