"""shrink.py - a smaller description that fails in the same way: layers go, inputs, losses, keys and attributes, sizes
halve, as long as the failure stays the same. Greedy, the largest cuts first, until nothing more can go."""
import copy
import time

from spelled import spelled_out

SECONDS = 120


def keys_of(layer):
    return next(iter(layer.values()))


def without_layer(spec, i):
    """The layer's readers read its first input."""
    spec = copy.deepcopy(spec)
    gone = keys_of(spec["layers"].pop(i))
    for layer in spec["layers"]:
        keys = keys_of(layer)
        keys["inputs"] = [gone["inputs"][0] if name == gone["name"] else name for name in keys["inputs"]]
        if keys.get("share") == gone["name"]:
            keys.pop("share")
            keys.update({k: v for k, v in gone.items() if k not in ("name", "inputs")})
    for loss in spec["loss"]:
        if keys_of(loss)["input"] == gone["name"]:
            keys_of(loss)["input"] = gone["inputs"][0]
    if gone["name"] in str(spec.get("output")):
        spec.pop("output")
    return spec if spec["layers"] else None


def changed(spec, path, value):
    """A copy with another value at a path of keys; None takes the key away."""
    spec = copy.deepcopy(spec)
    place = spec
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return spec


def smaller(value):
    """Smaller values to try in the place of one."""
    if isinstance(value, bool) or not isinstance(value, int):
        return []
    return [v for v in (1, 2, value // 2, value - 1) if 0 < v < value]


def numbers_in(node, path=()):
    """Paths of whole numbers in layers and inputs."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from [((*path, key), value)] if isinstance(value, int) and not isinstance(value, bool) else numbers_in(
            value, (*path, key))


def candidates(spec):
    """Smaller descriptions, the boldest cuts first."""
    for i in reversed(range(len(spec["layers"]))):
        yield without_layer(spec, i)
    for i in reversed(range(len(spec["loss"]) if len(spec["loss"]) > 1 else 0)):
        yield {**spec, "loss": spec["loss"][:i] + spec["loss"][i + 1:]}
    for key in ("output", "clip", "regularizer", "learning_rate", "initializer", "optimizer"):
        if key in spec:
            yield changed(spec, (key,), None)
    read = {name for layer in spec["layers"] for name in keys_of(layer)["inputs"]} | {
        keys_of(loss)["input"] for loss in spec["loss"]}
    for name in spec["input"] if len(spec["input"]) > 1 else ():
        if name not in read:
            yield changed(spec, ("input", name), None)
    for i, layer in enumerate(spec["layers"]):
        for kind, keys in layer.items():
            yield from (changed(spec, ("layers", i, kind, key), None) for key in keys if key not in ("name", "inputs"))
            if len(keys["inputs"]) > 2:
                yield changed(spec, ("layers", i, kind, "inputs"), keys["inputs"][:2])
    for i, loss in enumerate(spec["loss"]):
        for kind, keys in loss.items():
            yield from (changed(spec, ("loss", i, kind, key), None) for key in keys if key != "input")
    if "update" in spec["train"]:
        yield changed(spec, ("train", "update"), None)
    for name, shape in spec["input"].items():
        if len(shape) > 1:
            yield changed(spec, ("input", name), shape[1:])
    for key in ("train", "input", "layers"):
        for path, value in numbers_in(spec[key], (key,)):
            yield from (changed(spec, path, v) for v in smaller(value))


def shrink(spec, declarations, fails):
    """The smallest description found for which fails() holds, and how many were tried."""
    spec, tried, start = spelled_out(spec, declarations), 0, time.monotonic()
    if not fails(spec):
        return None, 1
    found = True
    while found and time.monotonic() - start < SECONDS:
        found = False
        for candidate in candidates(spec):
            if time.monotonic() - start > SECONDS:
                break
            tried += 1
            if candidate and fails(candidate):
                spec, found = candidate, True
                break
    return spec, tried
