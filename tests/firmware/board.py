"""board.py - runs a network on an emulated board and tells what it takes.

    board.py BOARD SPEC [--inference] [--steps N] [--batch N] [--functions] [nnc's options...]

A training run starts from the initializer's weights and ends with the hash of its parameters, the same on every board;
`--inference` predicts, with weights in flash."""
import argparse
import pathlib
import sys
import tempfile

from boards import BOARDS, tools
from measure import numerics_of, prediction, training
from toolbox import Refused


def words():
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument("board", choices=sorted(BOARDS))
    parser.add_argument("spec", type=pathlib.Path)
    parser.add_argument("--inference", action="store_true")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--functions", action="store_true")
    return parser.parse_known_args()


def show(title, text):
    print(f"{title:14}{text}")


def tell(cost, given, board):
    unit = "cycles" if board.target == "avr" else "instructions"
    show("flash", f"{cost.flash:,} bytes, all of the program")
    show("RAM", f"{cost.ram:,} bytes, static")
    show("stack", f"{cost.stack:,} bytes")
    what = "a prediction" if given.inference else "a training step"
    show(unit, f"{cost.instructions:,} for {what}, {cost.instructions / cost.macs:.2f} a multiply-add")
    if cost.parameters:
        show("parameters", f"{cost.parameters} after {given.steps} steps")
    for name, count in list(cost.functions.items()) if given.functions else []:
        print(f"    {count:14,}  {name}")


def main():
    given, options = words()
    board = BOARDS[given.board]
    if tools(board):
        sys.exit(f"{', '.join(tools(board))} not found: `bash scripts/require.sh firmware` installs that")
    if "--numerics" not in options:
        options += ["--numerics", numerics_of(board)]
    with tempfile.TemporaryDirectory() as folder:
        try:
            cost = (prediction(board, given.spec, folder, options) if given.inference else
                    training(board, given.spec, folder, given.steps, given.batch, options))
        except Refused as refused:
            sys.exit(str(refused))
    show(given.board, f"{given.spec.stem}, {options[options.index('--numerics') + 1]} numerics")
    tell(cost, given, board)


if __name__ == "__main__":
    main()
