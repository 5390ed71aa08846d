#!/usr/bin/python3
"""damage.py IMAGES DAMAGED [COUNT [CLEAN]] - an IDX file of bytes (plain or .gz) with every second pixel, by a hash of
its place, put to 0; of the first COUNT samples if that is given, which also go to CLEAN as they are."""
import gzip
import struct
import sys


def open_any(path, mode):
    return (gzip.open if path.endswith(".gz") else open)(path, mode)


def is_lost(place):
    """A bit of a multiplicative hash: half of all places, without a pattern that an eye would see."""
    mixed = (place ^ place >> 7) * 0x9E3779B1 & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 15) * 0x85EBCA77 & 0xFFFFFFFF
    return mixed >> 16 & 1


def main(images, damaged, count=None, clean=None):
    with open_any(images, "rb") as file:
        header, data = file.read(16), file.read()
    magic, samples, height, width = struct.unpack(">4I", header)
    assert magic == 0x803, f"{images} holds no images of bytes"
    samples = min(samples, int(count)) if count else samples
    data = data[:samples * height * width]
    header = struct.pack(">4I", magic, samples, height, width)
    period = 65536 * 7 + 1  # no multiple of an image
    mask = bytes(0 if is_lost(i) else 255 for i in range(period))
    mask = mask * (len(data) // period + 1)
    lost = int.from_bytes(data, "big") & int.from_bytes(mask[:len(data)], "big")
    with open_any(damaged, "wb") as file:
        file.write(header + lost.to_bytes(len(data), "big"))
    if clean:
        with open_any(clean, "wb") as file:
            file.write(header + data)


if __name__ == "__main__":
    main(*sys.argv[1:])
