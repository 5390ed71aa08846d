#!/usr/bin/python3
"""A network of networks.py with random weights, for ONNX Runtime and, to compare the answers, for nnc.

export_onnx.py NETWORK FOLDER     writes model.onnx (batch norm folded, as PyTorch's exporter does in evaluation mode),
                                  input and output (floats, channels first), logits (the output before a softmax),
                                  input.csv (channels last, as nnc takes it) and model.safetensors (PyTorch's names and
                                  layouts)
Prints a JSON object: the trained parameters, and the modules that have parameters, in the order of their making.
"""
import json
import os
import struct
import sys
import warnings

import torch

import networks


def save_safetensors(state, path):
    """8 bytes with the length of a JSON header, the header, the numbers."""
    header, offset = {}, 0
    tensors = {name: tensor for name, tensor in state.items() if tensor.dtype == torch.float32}
    for name, tensor in tensors.items():
        end = offset + 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.detach().contiguous().numpy().tobytes())


def main():
    name, folder = sys.argv[1:]
    torch.set_num_threads(1)
    torch.manual_seed(1)
    warnings.simplefilter("ignore")
    model = networks.predictor(name)
    x = torch.randn(1, *networks.SHAPES[name])
    whole = torch.nn.Sequential(model, torch.nn.Softmax(1)).eval() if name in networks.PROBABILITIES else model
    with torch.no_grad():
        logits, y = model(x), whole(x)
        torch.onnx.export(whole, x, os.path.join(folder, "model.onnx"), opset_version=13, input_names=["x"],
                          output_names=["y"], do_constant_folding=True)
    x.numpy().tofile(os.path.join(folder, "input"))
    y.numpy().tofile(os.path.join(folder, "output"))
    logits.numpy().tofile(os.path.join(folder, "logits"))
    last = x[0].movedim(0, -1) if x.dim() == 4 else x[0]
    with open(os.path.join(folder, "input.csv"), "w") as file:
        file.write(",".join(f"{number:.9g}" for number in last.flatten().tolist()) + "\n")
    save_safetensors(model.state_dict(), os.path.join(folder, "model.safetensors"))
    print(json.dumps({"parameters": networks.parameter_count(model), "shape": list(networks.SHAPES[name]),
                      "modules": networks.modules_with_parameters(model)}))


if __name__ == "__main__":
    main()
