"""blocks.py - a description with `blocks` as one without: each use is replaced by the layers of its block, under the names
that nnc gives their parameters. As much of the language as the descriptions that are compared use: bare parameters (`$filters`), no
expressions, no `repeat`."""
import functools

import yaml

from layers import MAIN
from toolbox import TEMPLATES

OF_USE = ("name", "input", "inputs", "share")


def parts(item):
    """Kind and keys of a bare word or a mapping with one key; what is no mapping stays as it is."""
    if isinstance(item, str):
        return item, {}
    (kind, value), = item.items()
    return kind, value


@functools.cache
def built_in():
    """Name -> block, of templates/blocks."""
    return {path.stem: yaml.safe_load(path.read_text()) for path in (TEMPLATES[0] / "blocks").glob("*.yaml")}


def filled(value, given):
    """A piece of a block with its parameters in place."""
    if isinstance(value, dict):
        return {key: filled(part, given) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, given) for part in value]
    if isinstance(value, str) and "$" in value:
        assert value[0] == "$" and value[1:] in given, f"'{value}' is more than the name of a parameter"
        return given[value[1:]]
    return value


def use_of(block, keys):
    """The block's layers with the parameters of a use, and the use's own keys."""
    first = next(iter(block["parameters"]), None)
    keys = keys if isinstance(keys, dict) else {first: keys}
    own = {key: value for key, value in keys.items() if key in OF_USE and key not in block["parameters"]}
    given = {**block["parameters"], **{key: value for key, value in keys.items() if key not in own}}
    assert set(given) == set(block["parameters"]), f"{set(given) - set(block['parameters'])}: not read here"
    return filled(block["layers"], given), own


class Unrolled:
    """The layers of a description, one after the other, in `layers`."""

    def __init__(self, spec):
        self.blocks, self.layers = {**built_in(), **spec.get("blocks", {})}, []
        first = next(iter(spec["input"])) if isinstance(spec["input"], dict) else "input"
        self.add_all(spec["layers"], "", {}, first, None)

    def add_all(self, layers, prefix, names, last, share):
        """Layers of one level; the name of the last one. names: what a name of this level is called outside. The first
        layer reads `last`; `share` is the use whose parameters these layers have."""
        names, counts = dict(names), {}
        for item in layers:
            kind, keys = parts(item)
            counts[kind] = counts.get(kind, 0) + 1
            local = keys.get("name") if isinstance(keys, dict) else None
            local = local or f"{kind}_{counts[kind]}"
            add = self.add_block if kind in self.blocks else self.add_layer
            last = add(kind, keys, prefix + local, names, last, share and f"{share}.{local}")
            names[local] = last
        return last

    def add_layer(self, kind, keys, name, names, last, share):
        keys = dict(keys) if isinstance(keys, dict) else {MAIN["layers", kind]: keys}
        share = names[keys["share"]] if "share" in keys else share
        keys.update(name=name, inputs=inputs_of(keys, names, last), **({"share": share} if share else {}))
        keys.pop("input", None)
        self.layers.append({kind: keys})
        return name

    def add_block(self, kind, keys, name, names, last, share):
        layers, own = use_of(self.blocks[kind], keys)
        inside = dict(zip(self.blocks[kind].get("inputs", ["input"]), inputs_of(own, names, last)))
        return self.add_all(layers, f"{name}.", inside, next(iter(inside.values())), own.get("share", share))


def inputs_of(keys, names, last):
    """What a layer, or the use of a block, reads, by the names that are known outside."""
    read = keys.get("inputs", [keys["input"]] if "input" in keys else [last])
    return [names.get(name, name) for name in read]
