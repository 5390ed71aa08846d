"""firmware.py - generated code on emulated microcontrollers: firmware.py [--full]. Ends with the counts.

 * A training run ends in the same parameters everywhere, in fused and in separate numerics (same_hash.py).
 * So does a prediction by weights of 16 bits (--weights-dtype float16).
 * A prediction and a training step take no more instructions a multiply-add than is promised.
 * Frozen layers may lie in flash (frozen.py).
 * Training and prediction need no more memory than is promised.
 * A device goes on to the same parameters wherever it loses its power (power.py).

All is compiled with strict warnings as errors and linked without a C library."""
import pathlib
import sys
import tempfile

import frozen
import power
import promises
import same_hash
from boards import BOARDS, tools
from toolbox import Count


def main(full):
    count = Count()
    for board in BOARDS.values():
        for tool in tools(board):
            count.check(str(board), f"{tool} not found: `bash scripts/require.sh firmware` installs that")
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for network in ("quadrants", "digits_mlp", "small_conv") if full else ("quadrants", "small_conv"):
            for numerics in ("fused", "separate"):
                same_hash.check(count, folder, network, numerics, 100 if full else 2, full)
            same_hash.check_halves(count, folder, network, "fused" if network == "quadrants" else "separate", full)
        frozen.check(count, folder)
        promises.check(count, folder, full)
        power.check(count, folder, full)
    raise SystemExit(count.finish())


if __name__ == "__main__":
    main("--full" in sys.argv[1:])
