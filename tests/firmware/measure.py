"""measure.py - what a network costs on a board: bytes and instructions, of a prediction and of a training step."""
import dataclasses
import json
import pathlib
import re

import program
import weights
from boards import run_on
from toolbox import nnc

HAVE_FMA = {"cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "rv32imafc"}


@dataclasses.dataclass
class Cost:
    flash: int         # of the whole program, weights included
    ram: int           # static: the structs, one batch of data
    stack: int         # deepest below the caller
    instructions: int  # an AVR: cycles
    macs: int          # multiply-adds, by nnc's own count
    parameters: str    # the hash; None after a prediction alone
    functions: dict


def numerics_of(board):
    """What suits the processor."""
    return "fused" if board.target in HAVE_FMA else "separate"


def macs(spec, batch):
    """Of a prediction and of a training step."""
    story = json.loads(nnc("report", spec, "--json", *(["--batch", batch] if batch else [])))
    return story["macs"]["prediction"], story["macs"]["training"]


def prediction(board, spec, folder, options=()):
    """Weights in flash."""
    options = ["--target", board.target, "--inference", "--weights", weights.write(spec, folder), *options]
    told = run_on(board, program.generate(spec, folder, 0, *options), folder)
    return Cost(told.flash, told.ram, told.number("predict stack"), told.counts[0], macs(spec, None)[0], None, told.functions)


def training(board, spec, folder, steps=1, batch=None, options=()):
    """Weights from their initializer; what is counted is the first step."""
    options = ["--target", board.target, *(["--batch", batch] if batch else []), *options]
    told = run_on(board, program.generate(spec, folder, steps, *options), folder)
    return Cost(told.flash, told.ram, told.number("train stack"), told.counts[1], macs(spec, batch)[1],
                told.words["parameters"], told.functions)


def fused_update(spec, folder):
    """The same network, its gradients consumed as soon as they are complete: the training that suits a device."""
    text = spec.read_text()
    if "update:" not in text:
        text = re.sub(r"^train: \{", "train: {update: fused, ", text, flags=re.MULTILINE)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(folder) / spec.name
    path.write_text(text)
    return path
