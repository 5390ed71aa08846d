"""weights.py - a network's initial parameters as a safetensors file: weights for predictions whose instructions are
counted. Standard library only."""
import ctypes
import pathlib

from descriptor import description_of
from safetensors import file_bytes
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
    path.write_bytes(file_bytes({
        tensor.name.decode(): ("F32", list(tensor.shape[:tensor.rank]),
                               ctypes.string_at(ctypes.addressof(memory) + tensor.offset, 4 * tensor.elements))
        for tensor in network.tensor[:network.tensors] if tensor.parameter}))
    return path
