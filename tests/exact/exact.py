"""exact.py - generated code gives the same bits, however it is built: exact.py [--full]. Ends with the counts."""
import argparse
import pathlib
import tempfile
import time

import same_bits
import template_bits
from toolbox import Count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    full = parser.parse_args().full
    start, count = time.monotonic(), Count()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        template_bits.check(count, folder, full)
        same_bits.check(count, folder, full)
    print(f"{time.monotonic() - start:.0f} s")
    raise SystemExit(count.finish())


if __name__ == "__main__":
    main()
