"""tensors.py - safetensors files by hand: {name: array} to a file and back. Standard library and numpy."""
import json
import struct

import numpy

from safetensors import file_bytes

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1", "BF16": "<u2"}


def dtype_of(array):
    return next(name for name, code in DTYPES.items() if numpy.dtype(code) == array.dtype)


def write(path, tensors, metadata=None, dtypes=None):
    """dtypes: names of types for arrays that hold their bits (BF16)."""
    arrays = {name: numpy.asarray(array) for name, array in tensors.items()}
    with open(path, "wb") as file:
        file.write(file_bytes({name: ((dtypes or {}).get(name) or dtype_of(array), list(array.shape), array.tobytes())
                               for name, array in arrays.items()}, metadata))


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: numpy.frombuffer(data[slice(*entry["data_offsets"])], DTYPES[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items()}


def bfloat16_bits(array):
    """The nearest bfloat16 of each float32, ties to even, as 16 bits."""
    bits = numpy.asarray(array, "<f4").view("<u4").astype(numpy.uint64)
    return ((bits + 0x7fff + (bits >> 16 & 1)) >> 16).astype("<u2")
