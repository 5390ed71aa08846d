"""frozen.py - training of the last layers over frozen ones in flash (--const-frozen) is the training over frozen ones in RAM:
the same bits, with so much less RAM."""
import functools
import pathlib
import subprocess

import program
import weights
from boards import BOARDS, run_on
from toolbox import NNC, at_once

SPEC = pathlib.Path(__file__).parent / "networks" / "fine_tuned.yaml"
FROZEN_BYTES = 4 * (3 * 3 * 4 + 4 + 4 * 4)  # of the convolution, and of batch_norm with its statistics
STEPS = 5
TOLD = ("output", "loss", "trained output")


def trained(board, folder, options):
    folder.mkdir()
    options = ["--target", board, "--weights", weights.write(SPEC, folder), *options]
    return run_on(BOARDS[board], program.generate(SPEC, folder, STEPS, *options), folder)


def check_usage(count):
    for words, options in (("--const-frozen needs --weights", []),
                           ("--const-frozen is for training", ["--weights", "w.safetensors", "--inference"]),
                           ("does not go with --incbin", ["--weights", "w.safetensors", "--incbin"])):
        done = subprocess.run([NNC, str(SPEC), "-o", "-", "--const-frozen", *options], capture_output=True, text=True)
        good = done.returncode == 2 and words in done.stderr
        count.check(f"--const-frozen: {words}", None if good else f"status {done.returncode}: {done.stderr}")


def check(count, folder):
    check_usage(count)
    for board in ("cortex-m4", "rv32imc"):
        forms = (("ram", []), ("flash", ["--const-frozen"]))
        outcomes = at_once(functools.partial(trained, board, pathlib.Path(folder) / f"frozen_{board}_{name}", options)
                           for name, options in forms)
        told = [count.attempt(f"frozen layers in {name}, {board}", outcome)
                for (name, _), outcome in zip(forms, outcomes)]
        if None in told:
            continue
        in_ram, in_flash = ({title: t.words[title] for title in TOLD} for t in told)
        count.check(f"frozen layers in flash, {board}: the same bits",
                    None if in_ram == in_flash else f"{in_flash} instead of {in_ram}")
        saved = told[0].ram - told[1].ram
        print(f"frozen layers in flash, {board}: {saved} bytes of RAM less, {told[0].flash - told[1].flash} of flash")
        count.check(f"frozen layers in flash, {board}: RAM", None if saved == FROZEN_BYTES else f"{saved} bytes less")
