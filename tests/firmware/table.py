"""table.py - the table of `make firmware-table`: networks x boards x (prediction, training step).

    table.py [NETWORK...]      with names RESULTS.md, where the table goes otherwise, stays as it is

A training step is of batch 1 (2 where a layer's statistics need more than one number) with the gradients consumed at once.
Boards with a floating-point unit run fused numerics, the others separate ones."""
import dataclasses
import functools
import pathlib
import sys
import tempfile

from boards import BOARDS, TooLarge
from measure import fused_update, numerics_of, prediction, training
from toolbox import ROOT, at_once, run

OWN = pathlib.Path(__file__).parent / "networks"
RESULTS = pathlib.Path(__file__).parent / "RESULTS.md"


@dataclasses.dataclass(frozen=True)
class Network:
    spec: pathlib.Path
    batch: int = 1


NETWORKS = [Network(OWN / "quadrants.yaml"), Network(OWN / "digits_mlp.yaml"), Network(ROOT / "specs" / "lenet5.yaml"),
            Network(ROOT / "specs" / "ds_cnn.yaml"), Network(ROOT / "specs" / "resnet8.yaml"),
            Network(ROOT / "specs" / "mobilenet_v1_025.yaml"), Network(ROOT / "specs" / "autoencoder_ad.yaml", batch=2)]
COLUMNS = ("network", "board", "numerics", "run", "flash", "RAM", "stack", "instructions", "a MAC")


def measured(network, board, folder, trains):
    """A row of the table."""
    options = ["--numerics", numerics_of(board)]
    spec = fused_update(network.spec, folder)
    title = [network.spec.stem, board.target, options[1], "training step" if trains else "prediction"]
    try:
        cost = (training(board, spec, folder, batch=network.batch, options=options) if trains else
                prediction(board, spec, folder, options=options))
    except TooLarge:
        return [*title, "does not fit", *["-"] * 4]
    unit = " cycles" if board.target == "avr" else ""
    return [*title, f"{cost.flash:,}", f"{cost.ram:,}", f"{cost.stack:,}", f"{cost.instructions:,}{unit}",
            f"{cost.instructions / cost.macs:.2f}"]


def rows(networks, folder):
    actions = []
    for network in networks:
        for board in (board for board in BOARDS.values() if board.target != "cortex-m55"):
            for trains in (False, True):
                own = pathlib.Path(folder) / network.spec.stem / board.target / str(trains)
                actions.append(functools.partial(measured, network, board, own, trains))
    for outcome in at_once(actions):
        yield outcome()


HEAD = """# What networks take on emulated microcontrollers

By `make firmware-table`, with {tools}. Bytes are those of whole programs, start-up code included: flash with the weights
of a prediction, static RAM with the structs and one batch of data; the stack is the deepest below the caller.
Instructions are counted by the emulator (cycles on the AVR), to the same number in every run, and divided by the
multiply-adds of convolutions and dense layers. Training is at batch 1 (autoencoder_ad: 2), with each network's own
optimizer, its gradients consumed at once. AVR: an ATmega328P; Cortex-M0: 256 KB and 16 KB.

"""


def tool_versions():
    first = [run([command, "--version"]).splitlines()[0] for command in
             ("arm-none-eabi-gcc", "riscv64-unknown-elf-gcc", "avr-gcc", "qemu-system-arm")]
    return ", ".join(first)


def line(cells):
    return "| " + " | ".join(cells) + " |\n"


def main(names):
    networks = [network for network in NETWORKS if not names or network.spec.stem in names]
    table = line(COLUMNS) + "|---" * len(COLUMNS) + "|\n"
    print(table, end="")
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(networks, folder):
            table += line(row)
            print(line(row), end="", flush=True)
    if not names:
        RESULTS.write_text(HEAD.format(tools=tool_versions()) + table)


if __name__ == "__main__":
    main(sys.argv[1:])
