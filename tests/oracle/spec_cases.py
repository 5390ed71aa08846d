"""spec_cases.py - networks of practice: descriptions of specs/ as they are, but for the batch, and one with every layer."""
import yaml

from blocks import Unrolled
from cases import CASES, Case
from model import Graph
from toolbox import ROOT

UNDO_SHIFTS = ("batch_norm", "instance_norm")


def undone(spec):
    """The biases that are nothing but a shift of what a normalisation reads, and so have no gradient."""
    graph = Graph(spec)
    kinds = {node.name: node.kind for node in graph.nodes}
    seen_by_loss = {graph.loss_input(i) for i in range(len(graph.losses))}
    owners = {}
    for node in graph.nodes:
        readers = [other for other in graph.nodes if node.name in other.inputs]
        vanishes = readers and node.name not in seen_by_loss and all(
            reader.kind in UNDO_SHIFTS and not reader.frozen for reader in readers)
        biased = node.attributes.get("bias", True) and (kinds[node.name] == "dense" or "conv" in kinds[node.name])
        owners.setdefault(node.owner, []).append(biased and vanishes and not node.frozen)
    return tuple(f"{owner}.bias" for owner, uses in owners.items() if all(uses))


def whole(path, batch, quick=False, name=None, dtypes=("float64", "float32"), change=("", "")):
    text = path.read_text().replace(*change) if change[0] else path.read_text()
    spec = yaml.safe_load(text)
    spec["layers"] = Unrolled(spec).layers
    spec["train"]["batch"] = batch
    CASES.append(Case(f"whole_{name or path.stem}", spec, zero=undone(spec), quick=quick, whole=True, text=text, dtypes=dtypes))


SPECS, EVERYTHING = ROOT / "specs", ROOT / "tests" / "networks" / "everything.yaml"
whole(EVERYTHING, 3, quick=True)
whole(SPECS / "lenet5.yaml", 4)
whole(SPECS / "resnet8.yaml", 3)
whole(SPECS / "ds_cnn.yaml", 3)
# Among half a million arguments of relu some are within float's rounding of 0, whatever the data: with a smooth function
# in their place float has no such excuse. In double the network is compared as it is.
whole(SPECS / "mobilenet_v1_025.yaml", 2, dtypes=("float64",))
whole(SPECS / "mobilenet_v1_025.yaml", 8, name="mobilenet_v1_025_silu", dtypes=("float32",), change=("- relu\n", "- silu\n"))
