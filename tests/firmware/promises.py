"""promises.py - what a network may cost on a board, at most: instructions a multiply-add, and bytes."""
import dataclasses
import functools
import json
import pathlib

from boards import BOARDS
from measure import numerics_of, prediction, training
from toolbox import ROOT, at_once, nnc

SPECS = ROOT / "specs"
OWN = pathlib.Path(__file__).parent / "networks"


@dataclasses.dataclass(frozen=True)
class Speed:
    """Instructions a multiply-add."""
    network: str
    board: str
    numerics: str
    trains: bool
    most: float
    slow: bool = True  # measured with --full alone
    options: tuple = ()
    flash: int = 0  # bytes of the whole program at most; 0: whatever it takes

    def __str__(self):
        what = "training step" if self.trains else "prediction"
        return ", ".join([self.network, self.numerics, *self.options[1:], f"{what} on {self.board}"])


HALVES = ("--weights-dtype", "float16")


def speeds():
    for board in ("cortex-m4", "cortex-m7"):
        for network, fused, separate in (("resnet8", 2.1, 3.2), ("mobilenet_v1_025", 2.5, 3.6), ("autoencoder_ad", 2.4, 3.4)):
            quick = network == "autoencoder_ad"
            yield Speed(network, board, "fused", False, fused, not quick)
            yield Speed(network, board, "separate", False, separate, not quick)
        yield Speed("resnet8", board, "fused", False, 2.3, board != "cortex-m4", HALVES, 210_000)
        yield Speed("resnet8", board, "fused", True, 2.7)
        yield Speed("resnet8", board, "separate", True, 3.9)


def measured(speed, folder):
    own = pathlib.Path(folder) / f"{speed.network}_{speed.board}_{speed.numerics}_{speed.trains}_{len(speed.options)}"
    own.mkdir()
    spec, options = SPECS / f"{speed.network}.yaml", ["--numerics", speed.numerics, *speed.options]
    if speed.trains:
        return training(BOARDS[speed.board], spec, own, batch=1, options=options)
    return prediction(BOARDS[speed.board], spec, own, options=options)


def check_speeds(count, folder, full):
    chosen = [speed for speed in speeds() if full or not speed.slow]
    for speed, outcome in zip(chosen, at_once(functools.partial(measured, speed, folder) for speed in chosen)):
        name = str(speed)
        cost = count.attempt(name, outcome)
        if cost:
            found = cost.instructions / cost.macs
            print(f"{name}: {found:.2f} instructions a multiply-add ({speed.most} at most)")
            count.check(f"{name}: instructions", None if found <= speed.most else f"{found:.2f}, {speed.most} at most")
            if speed.flash:
                print(f"{name}: {cost.flash:,} bytes of flash ({speed.flash:,} at most)")
                count.check(f"{name}: flash", None if cost.flash <= speed.flash else f"{cost.flash} bytes")


AVR_CYCLES = 55000  # of a training step of quadrants.yaml


def check_avr(count, folder):
    own = pathlib.Path(folder) / "avr"
    own.mkdir()
    board = BOARDS["avr"]
    cost = training(board, OWN / "quadrants.yaml", own, options=["--numerics", numerics_of(board)])
    print(f"quadrants, a training step on an ATmega328P: {cost.instructions:,} cycles ({AVR_CYCLES:,} at most)")
    count.check("cycles of an AVR", None if cost.instructions <= AVR_CYCLES else f"{cost.instructions}")


# Training at batch 1: weights, what must be saved (MLPerf Tiny's activations) and the two largest gradients.
TRAINING_BYTES = {"ds_cnn": 454448, "resnet8": 917800, "mobilenet_v1_025": 2147720}
# Prediction, the input included: the largest sum of what is alive at once.
PREDICTION_BYTES = {"ds_cnn": 64000, "mobilenet_v1_025": 221184, "resnet8": 196608, "autoencoder_ad": 3072}


# sizeof of the training struct of two layers at batch 1: 3-3-2 with Adam, of which weights and moments are 240 bytes, and
# 784-32-10 with plain steps, of which the weights are 101,800.
MLP_BYTES = {"3-3-2": ([3, 3, 2], "adam", 284), "784-32-10": ([784, 32, 10], "sgd", 105500)}


def two_layers(name, folder):
    (inputs, hidden, outputs), optimizer, _ = MLP_BYTES[name]
    path = pathlib.Path(folder) / f"mlp_{inputs}.yaml"
    path.write_text(f"network: mlp\ninput: [{inputs}]\nlayers:\n  - dense: {{units: {hidden}, activation: relu}}\n"
                    f"  - dense: {{units: {outputs}}}\nloss: mse\noptimizer: {optimizer}\ntrain: {{batch: 1, update: fused}}\n")
    return path


def check_small_bytes(count, folder):
    for name, (_, _, most) in MLP_BYTES.items():
        found = json.loads(nnc("report", two_layers(name, folder), "--json"))["memory"]["training"]
        print(f"{name}: {found:,} bytes to train ({most:,} at most)")
        count.check(f"{name}: training", None if found <= most else f"{found} bytes")


def small_training(network, folder):
    """The network as a device would train it: batch 1, no region of gradients, values made again where that is needed."""
    lines = [line for line in (SPECS / f"{network}.yaml").read_text().splitlines()
             if not line.startswith(("optimizer:", "train:", "learning_rate:"))]
    lines += ["optimizer: sgd", "learning_rate: 0.01", "train: {batch: 1, update: fused, recompute: auto}",
              f"memory: {{ram: {TRAINING_BYTES[network]}}}"]
    path = pathlib.Path(folder) / f"{network}_small.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def check_bytes(count, folder):
    for network, most in TRAINING_BYTES.items():
        memory = json.loads(nnc("report", small_training(network, folder), "--json"))["memory"]
        print(f"{network}: {memory['training']:,} bytes to train ({most:,} at most)")
        count.check(f"{network}: training", None if memory["training"] <= most else f"{memory['training']} bytes")
    for network, most in PREDICTION_BYTES.items():
        memory = json.loads(nnc("report", SPECS / f"{network}.yaml", "--json"))["memory"]
        found = max(memory["inference"], memory["inference_with_input"])
        print(f"{network}: {found:,} bytes to predict ({most:,} at most)")
        count.check(f"{network}: prediction", None if found <= most else f"{found} bytes")


def check(count, folder, full):
    check_speeds(count, folder, full)
    check_avr(count, folder)
    check_bytes(count, folder)
    check_small_bytes(count, folder)
