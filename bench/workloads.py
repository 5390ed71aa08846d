"""workloads.py - what is measured: networks, rows of the table and what is demanded of each.

A row is one kind of work on one network. Training takes plain SGD (or Adam where it says so) without a regularizer, so
that both sides do the same; its rate is so small that the network stays where it began. Prediction is of one sample.
"""
import dataclasses
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
SPECS = os.path.join(HERE, "..", "specs")

# The networks that are in no file of specs/; the others are specs/NAME.yaml.
DENSE = {
    "tiny": """network: tiny
input: [2]
layers:
  - dense: {units: 8, activation: tanh}
  - dense: {units: 8, activation: tanh}
  - dense: 1
loss: mse
""",
    "mlp": """network: mlp
input: [784]
layers:
  - dense: {units: 128, activation: relu}
  - dense: {units: 64, activation: relu}
  - dense: 10
loss: softmax_cross_entropy
""",
}
TITLES = {"tiny": "2-8-8-1", "mlp": "784-128-64-10"}
NETWORKS = ("tiny", "mlp", "lenet5", "resnet8", "ds_cnn", "mobilenet_v1_025", "vgg16", "resnet50", "mobilefacenet")
TRAINED = {"lenet5", "resnet8", "ds_cnn", "mobilenet_v1_025"}  # at batch 32, which is in the table, too
LEAST = {"mobilefacenet": 2}  # it normalises numbers that are one a sample, which need two samples for a variance
RATES = {"sgd": "1.0e-4", "adam": "1.0e-6"}


@dataclasses.dataclass(frozen=True)
class Workload:
    network: str
    batch: int  # of a training step; 0: the prediction of one sample
    demanded: float  # the peer's time divided by nnc's
    optimizer: str = "sgd"
    share: float = 0  # demanded of the FMA peak; 0: nothing

    @property
    def name(self):
        return f"{self.network}_b{self.batch}_{self.optimizer}" if self.batch else f"{self.network}_predict"

    @property
    def title(self):
        network = TITLES.get(self.network, self.network)
        optimizer = {"sgd": "SGD", "adam": "Adam"}[self.optimizer]
        return f"train {network}, batch {self.batch}, {optimizer}" if self.batch else f"predict {network}"

    @property
    def updates(self):
        """`update:` of the description that are tried; the faster one counts. Only where the update weighs."""
        small = self.network in DENSE or self.batch == 1
        return ("apart", "fused") if self.batch and small else ("apart",)

    def spec(self, update):
        """The same for a prediction as for a training step, so that one program does both: predict is the same then."""
        batch = self.batch or (32 if self.network in TRAINED else LEAST.get(self.network, 1))
        return spec_text(self.network, self.optimizer, batch, update)


WORKLOADS = (
    Workload("tiny", 10, 200),
    Workload("mlp", 1, 20),
    Workload("mlp", 1, 14, "adam"),
    Workload("mlp", 32, 3),
    Workload("mlp", 32, 4.2, "adam"),
    Workload("mlp", 128, 1.7),
    Workload("mlp", 128, 2, "adam"),
    Workload("lenet5", 1, 6),
    Workload("lenet5", 32, 5.2, share=0.80),
    Workload("lenet5", 128, 5.1),
    Workload("resnet8", 1, 3.4),
    Workload("resnet8", 32, 1.45, share=0.76),
    Workload("ds_cnn", 32, 2),
    Workload("mobilenet_v1_025", 32, 2),
    Workload("tiny", 0, 60),
    Workload("mlp", 0, 2.5),
    Workload("lenet5", 0, 3.5),
    Workload("resnet8", 0, 1.15),
    Workload("ds_cnn", 0, 1.45),
    Workload("mobilenet_v1_025", 0, 1.3),
    Workload("vgg16", 0, 0.9),
    Workload("resnet50", 0, 0.9),
    Workload("mobilefacenet", 0, 0.83),
)

NUMERICS = ("fused", "separate", "fast")
SEPARATE_LIMIT = 1.4  # times the time of fused
NNC_LIMIT_MS, GCC_LIMIT_S, GROWTH_LIMIT = 50, 10, 3


def own_text(network):
    """The description as it is; one that only predicts is given a loss, for what is compiled trains, too."""
    if network in DENSE:
        return DENSE[network]
    with open(os.path.join(SPECS, network + ".yaml")) as file:
        text = file.read()
    return text if re.search("^loss:", text, re.MULTILINE) else text + "loss: mse\n"


def without(text, keys):
    """A description without some of its keys: a line that begins with one, and what is indented or empty below it."""
    kept, inside = [], False
    for line in text.splitlines():
        if line and not line[0].isspace():
            inside = re.match(r"(\w+):", line) is not None and line.split(":")[0] in keys
        if not inside:
            kept.append(line)
    return "\n".join(kept) + "\n"


def spec_text(network, optimizer, batch, update="apart"):
    text = without(own_text(network), {"optimizer", "regularizer", "learning_rate", "train", "data"})
    return (f"{text}optimizer: {optimizer}\nlearning_rate: {RATES[optimizer]}\n"
            f"train: {{batch: {batch}{', update: fused' if update == 'fused' else ''}}}\n")


def chosen(names):
    """The workloads of these names, all without a name, in the order of the table."""
    return tuple(workload for workload in WORKLOADS if not names or workload.name in names)
