"""safetensors.py - the bytes of a safetensors file, by hand. Standard library only."""
import json
import struct


def file_bytes(tensors, metadata=None):
    """Of {name: (dtype, shape, raw bytes)}, one behind the other in their order."""
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data
