"""seeds.py FOLDER - small good files for the fuzzer of data files: the first byte says which reader."""
import gzip
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from safetensors import file_bytes  # noqa: E402

folder = pathlib.Path(sys.argv[1])


def idx(kind, sizes, values):
    return bytes([0, 0, kind, len(sizes)]) + b"".join(struct.pack(">I", size) for size in sizes) + values


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
    "sklearn.csv": b"\0022,2,one,two\n1.5,2,0\n1e3,-2,1\n",
}
for name, content in SEEDS.items():
    (folder / name).write_bytes(content)
