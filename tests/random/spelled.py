"""spelled.py - a description spelled out: every kind with a mapping, every layer with its name and its inputs."""


def pair_of(item):
    """Kind and value of a bare word or a mapping with one key."""
    if isinstance(item, str):
        return item, {}
    ((kind, value),) = item.items()
    return kind, value


def form_of(item):
    """How a kind is written."""
    if isinstance(item, str):
        return "a bare word"
    return "a mapping" if isinstance(pair_of(item)[1], dict) else "a bare value"


def mapping(item, category, declarations):
    """Kind and attributes."""
    kind, value = pair_of(item)
    if not isinstance(value, dict):
        value = {} if value is None else {declarations.template[category][kind].main().name: value}
    return kind, dict(value)


def spelled_layers(spec, declarations):
    counts, layers, before = {}, [], next(iter(spec["input"]))
    for item in spec["layers"]:
        kind, keys = mapping(item, "layer", declarations)
        counts[kind] = counts.get(kind, 0) + 1
        name = keys.pop("name", f"{kind}_{counts[kind]}")
        inputs = keys.pop("inputs", [keys.pop("input")] if "input" in keys else [before])
        for key, category in (("activation", "layer"), ("initializer", "initializer")):
            if key in keys:
                keys[key] = dict([mapping(keys[key], category, declarations)])
        layers.append({kind: {"name": name, "inputs": list(inputs), **keys}})
        before = name
    return layers


def spelled_out(spec, declarations):
    """Another description of the same network."""
    if not isinstance(spec["input"], dict):
        spec = {**spec, "input": {"input": spec["input"]}}
    spec = {**spec, "layers": spelled_layers(spec, declarations)}
    last = next(iter(spec["layers"][-1].values()))["name"]
    losses = [mapping(item, "loss", declarations)
              for item in (spec["loss"] if isinstance(spec["loss"], list) else [spec["loss"]])]
    spec["loss"] = [{kind: {"input": last, **keys}} for kind, keys in losses]
    if isinstance(spec.get("output"), dict) and "activation" in spec["output"]:
        activation = dict([mapping(spec["output"]["activation"], "layer", declarations)])
        spec["output"] = {**spec["output"], "activation": activation}
    for key, category in (("optimizer", "optimizer"), ("initializer", "initializer"), ("clip", "clip"),
                          ("learning_rate", "schedule")):
        if isinstance(spec.get(key), (str, dict)):
            spec[key] = dict([mapping(spec[key], category, declarations)])
    if "regularizer" in spec:
        spec["regularizer"] = dict(mapping({kind: value}, "regularizer", declarations)
                                   for kind, value in spec["regularizer"].items())
    return spec
