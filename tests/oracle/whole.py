"""whole.py - a whole network in float beside PyTorch in double, each step from equal state.

PyTorch in float is no measure of it: rounding moves some of its gradients by more than 1e-5 of their largest element, so
what nnc computes in float is compared with what PyTorch computes in double from the very same parameters, state and data.
Where PyTorch in float is itself further away than the limit, as behind a normalisation over a handful of elements, no
tensor of nnc's may be further away than PyTorch's worst one in that step; how many are beyond the limit, and how many of
all are at least as near as PyTorch's in float, is printed. A relu whose argument is within rounding of 0
has no derivative that float could know: data with one is drawn anew, which is counted, too."""
import numpy as np
import torch

from compare import SEED, TOLERANCE, Broken, Comparison
from model import Model

KINK, DRAWS = 1e-6, 200  # relative to the largest argument of the layer; kinks are sought so often


class WholeFloat(Comparison):
    def __init__(self, case, network):
        super().__init__(case, network)
        self.narrow = Model(case.spec, network, torch.float32)
        self.dtype, self.kind_of_state = torch.float64, np.float64
        self.model = Model(case.spec, network, self.dtype)
        self.given = self.model.trained
        self.redrawn = self.seen = self.excused = self.nearer = 0

    def on_a_kink(self, inputs, step):
        with torch.no_grad():
            values, _ = self.model.values(self.tensors(inputs), True, SEED, step)
        arguments = [values[node.inputs[0]].abs() for node in self.model.graph.nodes if node.kind == "relu"]
        return any((0 < x).logical_and(x < KINK * x.max()).any() for x in arguments)

    def step(self, step, batch, seen):
        self.take_state(step)
        for _ in range(DRAWS):
            if not self.on_a_kink(batch[0], step):
                break
            batch, self.redrawn = self.draw(), self.redrawn + 1
        else:
            raise Broken(f"no data without a kink in {DRAWS} draws")
        self.own_error = self.errors_of_float(batch, step)
        super().step(step, batch, seen)

    def errors_of_float(self, batch, step):
        """How far PyTorch's gradients in float are from those in double, by tensor; of a 0 beside the largest of all."""
        inputs, _, targets = batch
        with torch.no_grad():
            for name, parameter in self.narrow.parameters.items():
                parameter.copy_(torch.tensor(self.network.parameters[name]))
        self.narrow.state = {name: self.network.tensors[name].copy() for name in self.narrow.state}
        self.narrow.gradient(*[[x if x is None or x.dtype != torch.float64 else x.float() for x in self.tensors(arrays)]
                               for arrays in (inputs, targets)], SEED, step)
        self.model.gradient(self.tensors(inputs), self.tensors(targets), SEED, step)
        exact = {name: self.model.parameters[name].grad for name in self.model.trained}
        largest = max(gradient.abs().max() for gradient in exact.values())
        return {name: ((self.narrow.parameters[name].grad - gradient).abs().max()
                       / (largest if name in self.case.zero else gradient.abs().max())).item()
                for name, gradient in exact.items()}

    def see_gradients(self):
        limit = TOLERANCE[np.float32]
        excused = max(1.0, max(self.own_error.values()) / limit)
        for name in self.model.trained:
            if name in self.case.zero:
                continue
            exact = self.model.parameters[name].grad.numpy()
            self.seen += 1
            error = np.abs(self.network.gradients[name] - exact).max() / np.abs(exact).max()
            self.excused += error > limit
            self.nearer += error <= self.own_error[name]
            self.worst.see(f"gradient of {name}", self.network.gradients[name], exact, np.abs(exact).max() * excused)
        self.see_zeros(excused)
        self.give()

    def words(self):
        return (f"{self.redrawn} redrawn; of {self.seen} gradients {self.excused} beyond 1e-5, {self.nearer} as near to "
                "double as PyTorch's in float, or nearer")
