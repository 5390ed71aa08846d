"""exact.py - generated code gives the same bits, however it is built: exact.py [--full] [NAME...]. With names only those
layers are compared with their templates. Ends with the counts."""
import argparse
import pathlib
import tempfile
import time

import same_bits
import template_bits
import thread_bits
from toolbox import Count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    start, count = time.monotonic(), Count()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        template_bits.check(count, folder, arguments.full, arguments.names)
        if not arguments.names:
            same_bits.check(count, folder, arguments.full)
            thread_bits.check(count, folder / "threads", arguments.full)
    print(f"{time.monotonic() - start:.0f} s")
    raise SystemExit(count.finish())


if __name__ == "__main__":
    main()
