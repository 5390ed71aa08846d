"""cover.py - what occurred in the networks that ran: templates, functions, classes of values, forms of writing, shapes of
graphs; and which of these never did."""
import collections

from declarations import LENGTHS
from functions import functions_in, functions_of
from spelled import form_of, mapping, pair_of, spelled_out
from toolbox import TEMPLATES, nnc

PRIMES = {2, 3, 5, 7, 11, 13}
FEATURES = ["a fork", "a join", "a skip", "a layer with a value twice", "several inputs", "an input without a name", "an input that nobody reads",
            "several losses", "a loss inside", "a frozen layer", "an activation as an attribute",
            "an initializer of a layer", "an output that is named", "an output with an activation", "update: fused",
            "batch 1", "one channel", "odd sizes", "prime sizes", "15 layers", "a layer without a name",
            "target class", "target vector", "target positions", "target input", "a target with a name"]
LATER = {"share": "a shared layer"}  # keys of layers that a language without them has not


def classes_of_value(attribute, value):
    """The classes of value, as Attribute.classes() names them, that this one is of."""
    if value is None:
        return ["default"]
    if attribute.type in ("word", "bool"):
        return [str(value).lower() if isinstance(value, bool) else value]
    if attribute.type == "padding":
        return [LENGTHS[len(value)] if isinstance(value, list) else value if isinstance(value, str) else
                "a number" if value else "0"]
    if attribute.type == "list":
        ends = ["lowest"] if attribute.low in value and not attribute.low_open else []
        return ["a list", *ends]
    found = ["a pair"] if isinstance(value, list) else []
    for number in value if isinstance(value, list) else [value]:
        lowest = number == attribute.low and not attribute.low_open
        highest = number == attribute.high and not attribute.high_open
        found.append("lowest" if lowest else "highest" if highest else "within")
    return found


def choices_of(spec, declarations):
    """Every place of a description where a template is chosen: category and what stands there."""
    for item in spec["layers"]:
        yield "layer", item
        kind, value = pair_of(item)
        if isinstance(value, dict):
            for key, category in (("activation", "layer"), ("initializer", "initializer")):
                if key in value:
                    yield category, value[key]
    for item in spec["loss"] if isinstance(spec["loss"], list) else [spec["loss"]]:
        yield "loss", item
    for key, category in (("optimizer", "optimizer"), ("initializer", "initializer"), ("clip", "clip"),
                          ("learning_rate", "schedule")):
        if isinstance(spec.get(key), (str, dict)):
            yield category, spec[key]
    for kind, value in spec.get("regularizer", {}).items():
        yield "regularizer", {kind: value}
    if isinstance(spec.get("output"), dict) and "activation" in spec["output"]:
        yield "layer", spec["output"]["activation"]


def features_of(spec, declarations):
    plain = spelled_out(spec, declarations)
    layers = [next(iter(layer.values())) for layer in plain["layers"]]
    place = {name: i for i, name in enumerate([*plain["input"], *(layer["name"] for layer in layers)])}
    read = collections.Counter(name for layer in layers for name in set(layer["inputs"]))
    read.update({keys["input"] for loss in plain["loss"] for keys in loss.values()})
    sizes = {size for shape in plain["input"].values() for size in shape}
    targets = {keys.get("target", "none") for loss in plain["loss"] for keys in loss.values()}
    yield "a fork", max(read.values()) > 1
    yield "a join", any(len(layer["inputs"]) > 1 for layer in layers)
    yield "a skip", any(len(set(layer["inputs"])) > 1 and any(place[name] < place[layer["name"]] - 1
                                                              for name in layer["inputs"]) for layer in layers)
    yield "a layer with a value twice", any(len(set(layer["inputs"])) < len(layer["inputs"]) for layer in layers)
    yield "several inputs", len(plain["input"]) > 1
    yield "an input that nobody reads", any(not read[name] for name in plain["input"])
    yield "an input without a name", not isinstance(spec["input"], dict)
    yield "several losses", len(plain["loss"]) > 1
    yield "a loss inside", any(keys["input"] in {n for layer in layers for n in layer["inputs"]}
                               for loss in plain["loss"] for keys in loss.values())
    yield "a frozen layer", any(layer.get("trainable") is False for layer in layers)
    yield "a shared layer", any("share" in layer for layer in layers)
    yield "an activation as an attribute", any("activation" in layer for layer in layers)
    yield "an initializer of a layer", any("initializer" in layer for layer in layers)
    yield "an output that is named", isinstance(spec.get("output"), str)
    yield "an output with an activation", isinstance(spec.get("output"), dict)
    yield "update: fused", spec["train"].get("update") == "fused"
    yield "batch 1", spec["train"]["batch"] == 1
    yield "one channel", any(len(shape) > 1 and shape[-1] == 1 for shape in plain["input"].values())
    yield "odd sizes", any(size % 2 and size > 1 for size in sizes)
    yield "prime sizes", bool(sizes & PRIMES)
    yield "15 layers", len(layers) == 15
    yield "a layer without a name", any("name" not in (pair_of(item)[1] if isinstance(pair_of(item)[1], dict) else {})
                                        for item in spec["layers"])
    for kind in ("class", "vector", "positions", "input"):
        yield f"target {kind}", kind in targets
    yield "a target with a name", any(name.startswith("wanted_") for name in targets)


class Coverage:
    """Counts of what occurred, beside all that can."""

    def __init__(self, declarations):
        self.declarations = declarations
        self.templates, self.values, self.forms, self.features = [collections.Counter() for _ in range(4)]
        self.functions = collections.Counter()

    def see_choice(self, category, item):
        kind, attributes = mapping(item, category, self.declarations)
        template = self.declarations.template[category][kind]
        self.templates[template.key()] += 1
        self.forms[template.key(), form_of(item)] += 1
        for attribute in template.attributes:
            for found in classes_of_value(attribute, attributes.get(attribute.name)):
                self.values[template.key(), attribute.name, found] += 1

    def see(self, spec, path):
        for category, item in choices_of(spec, self.declarations):
            self.see_choice(category, item)
        if isinstance(spec.get("learning_rate"), dict) and "warm_up" in str(spec["learning_rate"]):
            self.templates["schedules/warm_up"] += 1
        for name, present in features_of(spec, self.declarations):
            self.features[name] += present
        dump = nnc(path, "--dump", "derive", "-o", "-", "--templates", TEMPLATES[1])
        for function in functions_in(dump):
            self.functions[function] += 1

    # ---- the table ----

    def row(self, template, file):
        """A line of the table, and what is missing in it."""
        cells, missing = [], []
        for attribute in template.attributes:
            counts = [(wanted, self.values[template.key(), attribute.name, wanted]) for wanted in attribute.classes()]
            cells.append(f"{attribute.name}: " + ", ".join(f"{wanted} {count}" for wanted, count in counts))
            missing += [f"{attribute.name}: {wanted}" for wanted, count in counts if not count]
        missing += [form for form in template.forms() if not self.forms[template.key(), form]]
        missing += [f"{function}()" for function in sorted(functions_of(file)) if not self.functions[function]]
        return "; ".join(cells), missing

    def wanted_features(self):
        return FEATURES + [name for key, name in LATER.items() if key in self.declarations.layer_keys]

    def print(self):
        """The table; all that never occurred."""
        never = []
        declared = {template.key(): template for template in self.declarations.all()}
        print(f"\n{'template':28} {'times':>6}  attributes, and how often each kind of value")
        for key, path in sorted(self.declarations.files.items()):
            cells, missing = self.row(declared[key], path.read_text()) if key in declared else ("", [])
            never += [f"{key}: {what}" for what in missing] if self.templates[key] else [key]
            print(f"{key:28} {self.templates[key]:6}  {cells}")
        print(f"\n{'networks with':28} {'times':>6}")
        for name in self.wanted_features():
            print(f"{name:28} {self.features[name]:6}")
            never += [] if self.features[name] else [f"networks with {name}"]
        return never
