"""table.py - the table of `make firmware-table`: networks x boards x (prediction, training step).

    table.py [NETWORK...]

A training step is of batch 1 (2 where a layer's statistics need more than one number) with the gradients consumed at once.
Boards with a floating-point unit run fused numerics, the others separate ones."""
import dataclasses
import functools
import pathlib
import sys
import tempfile

from boards import BOARDS, TooLarge
from measure import fused_update, numerics_of, prediction, training
from toolbox import ROOT, at_once

OWN = pathlib.Path(__file__).parent / "networks"


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


def main(names):
    networks = [network for network in NETWORKS if not names or network.spec.stem in names]
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(networks, folder):
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
