"""seeds.py FOLDER - small good files for the fuzzer of data files: the first byte says which reader."""
import base64
import gzip
import pathlib
import struct
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from safetensors import file_bytes  # noqa: E402

folder = pathlib.Path(sys.argv[1])


def idx(kind, sizes, values):
    return bytes([0, 0, kind, len(sizes)]) + b"".join(struct.pack(">I", size) for size in sizes) + values


def png(kind, depth, data, *more):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", 3, 2, depth, kind, 0, 0, 0)
    return b"".join([b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), *(chunk(*one) for one in more),
                     chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")])


def bmp(bits, row, palette=b""):
    start = 54 + len(palette)
    return b"BM" + struct.pack("<IIIIiiHHIIiiII", start + 2 * len(row), 0, start, 40, 3, 2, 1, bits, 0, 2 * len(row),
                               0, 0, len(palette) // 4, 0) + palette + 2 * row


def cache():
    """A cache of one picture of 2 x 2 grey pixels, with the hash of runtime/trainer/hash.c."""
    whole = struct.pack("=6Q", 0x31736369704E4E43, 2, 2, 1, 1, 2) + struct.pack("=6qQ", *range(6), 0) + b"a\0" + b"1234"
    hashed, mask = 0xCBF29CE484222325, (1 << 64) - 1
    for at in range(0, len(whole) // 8 * 8, 8):
        hashed = (hashed ^ struct.unpack_from("=Q", whole, at)[0]) * 0x100000001B3 & mask
        hashed ^= hashed >> 32
    for byte in whole[len(whole) // 8 * 8:]:
        hashed = (hashed ^ byte) * 0x100000001B3 & mask
    return whole + struct.pack("=Q", hashed)


# 8 x 8 grey pixels, by libjpeg.
BASELINE = """/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j
q62rZ4C8ybqmx5moq6T/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAf/EABcQAAMBAAAAAAAAAAAAAAAAAAADBWL/
2gAIAQEAAD8AFwsH/9k="""
PROGRESSIVE = """/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j
q62rZ4C8ybqmx5moq6T/wgALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAf/aAAgBAQAAAAE//8QAFhAAAwAAAAAAAAAA
AAAAAAAAAAED/9oACAEBAAEFAlA//8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQAGPwJ//8QAFRABAQAAAAAAAAAAAAAAAAAA
AGH/2gAIAQEAAT8hg//aAAgBAQAAABD/AP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAT8QP//Z"""

SEEDS = {
    "one.safetensors": b"\0" + file_bytes({"a.weight": ("F32", [2, 2], bytes(16))}, {"network": "t"}),
    "types.safetensors": b"\0" + file_bytes({"a": ("F64", [1], bytes(8)), "b": ("I32", [2], bytes(8)),
                                              "c": ("U8", [0], b""), "d": ("BF16", [], bytes(2))}),
    "bytes.idx": b"\1" + idx(8, [3, 2, 2], bytes(12)),
    "floats.idx": b"\1" + idx(13, [2], bytes(8)),
    "packed.idx": b"\1" + gzip.compress(idx(8, [4], bytes(4)), mtime=0),
    "packed.bin": b"\3" + gzip.compress(bytes([3]) + bytes(3072), mtime=0),
    "plain.csv": b"\2a,b,label\n1,2,x\n3,4,y\n",
    "quoted.csv": b'\2"a ""b""";c\n"1\n2";NA\n;3\n',
    "blanks.csv": b"\0021 2  3\r\n4 5 6\r\n",
    "baseline.jpg": b"\4" + base64.b64decode(BASELINE),
    "progressive.jpg": b"\4" + base64.b64decode(PROGRESSIVE),
    "rgb.png": b"\4" + png(2, 8, 2 * (b"\1" + bytes(range(9)))),
    "deep.png": b"\4" + png(4, 16, 2 * (b"\4" + bytes(range(12)))),
    "palette.png": b"\4" + png(3, 2, b"\0\x1b\0\xe4", (b"PLTE", bytes(range(12))), (b"tRNS", b"\0\x80")),
    "rgb.bmp": b"\4" + bmp(24, bytes(range(12))),
    "palette.bmp": b"\4" + bmp(8, b"\0\1\0\0", bytes(range(8))),
    "grey.pgm": b"\4P5\n# t\n3 2 9\n" + bytes(range(6)),
    "rgb.ppm": b"\4P6 1 2 255\n" + bytes(range(6)),
    "one.cache": b"\5" + cache(),
    "sklearn.csv": b"\0022,2,one,two\n1.5,2,0\n1e3,-2,1\n",
}
for name, content in SEEDS.items():
    (folder / name).write_bytes(content)
