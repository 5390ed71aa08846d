"""weights.py - a network's initial parameters as a safetensors file: weights for predictions whose instructions are
counted. Standard library only."""
import ctypes
import json
import pathlib
import struct

from descriptor import description_of
from toolbox import RUNTIME, generate, network_name, run

SEED = 1


def description(spec, folder):
    """The network, compiled for this machine."""
    source = generate(spec, folder, "--describe")
    library = pathlib.Path(folder) / "network.so"
    run(["cc", "-O1", "-shared", "-fPIC", *RUNTIME, source, "-o", library])
    return description_of(ctypes.CDLL(str(library)), network_name(spec))


def write(spec, folder):
    """The file in a folder, written once."""
    path = pathlib.Path(folder) / f"{spec.stem}.safetensors"
    if path.exists():
        return path
    network = description(spec, pathlib.Path(folder) / f"{spec.stem}.host")
    memory = (ctypes.c_uint64 * (network.training_bytes // 8 + 1))()
    network.initialize(ctypes.addressof(memory), SEED)
    header, end = {}, 0
    for tensor in network.tensor[:network.tensors]:
        if not tensor.parameter:
            continue
        header[tensor.name.decode()] = {"dtype": "F32", "shape": list(tensor.shape[:tensor.rank]),
                                        "data_offsets": [end, end + 4 * tensor.elements]}
        end += 4 * tensor.elements
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(memory)[:end])
    return path
