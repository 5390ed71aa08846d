"""declarations.py - what may be drawn: every template and every attribute, as the templates themselves declare them.

Kinds, attributes and their ranges come from the JSON Schema that nnc makes of the templates (`nnc schema`), defaults, the
number of inputs and the ranks that fit from the template files. Nothing here knows a template by name."""
import dataclasses
import json
import re

from toolbox import TEMPLATES, nnc

CATEGORIES = {"layer": "layers", "loss": "losses", "optimizer": "optimizers", "initializer": "initializers",
              "schedule": "schedules", "regularizer": "regularizers", "clip": "clips"}
LENGTHS = {2: "a pair", 4: "four"}
LARGE = 65536  # a bound at least as large says only that numbers end


@dataclasses.dataclass
class Attribute:
    name: str
    type: str  # int, real, word, bool, list, padding
    required: bool = False
    main: bool = False
    pair: bool = False
    whole: bool = True  # what a list consists of
    lengths: tuple = ()  # of the lists that a padding may be: [top and bottom, left and right], all four sides
    low: float = None
    high: float = None
    low_open: bool = False
    high_open: bool = False
    words: tuple = ()
    default: str = None
    leading: bool = False  # the tag says (main), whether or not a bare value can stand for it

    def classes(self):
        """The kinds of value that must occur."""
        found = [] if self.required else ["default"]
        if self.type in ("word", "bool"):
            return found + list(self.words)
        if self.type == "padding":
            return found + [*self.words, "0", "a number", *(LENGTHS[length] for length in self.lengths)]
        if self.type == "list":
            return found + ["a list"]
        if self.low is not None and not self.low_open:
            found.append("lowest")
        if self.high is not None and not self.high_open:
            found.append("highest")
        return found + ["within"] + (["a pair"] if self.pair else [])


@dataclasses.dataclass
class Template:
    category: str
    name: str
    attributes: list
    parameters: int = 0  # arrays that are trained
    weights: int = 0  # those of them that the network's initializer draws
    many: str = None  # each, fold: how any number of inputs is read
    arity: int = 1
    ranks: tuple = ()  # of its first input; empty: any from `least`
    least: int = 1
    view: bool = False
    keeps_shape: bool = True
    targets: tuple = ()  # of a loss: the kinds of target that one of its forms reads
    positive: bool = False  # its logarithm of a target is only defined for positive ones

    def key(self):
        return f"{CATEGORIES[self.category]}/{self.name}"

    def main(self):
        return next((attribute for attribute in self.attributes if attribute.main), None)

    def forms(self):
        """The short ways to write it."""
        needs = self.many or self.arity > 1 or any(attribute.required for attribute in self.attributes)
        word = not needs and self.category not in ("regularizer", "schedule", "clip")
        value = self.main() and self.main().type != "list" and not any(
            attribute.required for attribute in self.attributes if attribute is not self.main())
        return (["a bare word"] if word else []) + (["a bare value"] if value else [])

    def fits(self, shape):
        """Whether a value of this shape may be what it reads; its sizes may still not do."""
        return len(shape) in self.ranks if self.ranks else len(shape) >= self.least

    def normalises(self):
        """Parameters, but no weights: what it reads is mostly brought to mean 0 and variance 1 before."""
        return self.parameters > 0 and self.weights == 0

    def pointwise(self):
        """A layer that may stand behind any other: one input, no parameters, any rank, another value."""
        return self.keeps_shape and not (self.parameters or self.many or self.arity > 1 or self.ranks or self.view)


# ---- from the schema ----

def range_of(schema):
    low, high = schema.get("minimum"), schema.get("maximum")
    opened = {"low_open": "exclusiveMinimum" in schema, "high_open": "exclusiveMaximum" in schema}
    low, high = schema.get("exclusiveMinimum", low), schema.get("exclusiveMaximum", high)
    return {"low": low, "high": None if high is None or high >= LARGE else high, **opened}


def leaves(schema):
    """The choices of an attribute that are no choices themselves."""
    if "anyOf" not in schema:
        yield schema
    for choice in schema.get("anyOf", ()):
        yield from leaves(choice)


def attribute_of(name, schema, required, main):
    def make(type, **rest):
        return Attribute(name, type, required, main, **rest)

    if "anyOf" in schema:
        choices = list(leaves(schema))
        lengths = tuple(sorted({choice["minItems"] for choice in choices if choice.get("maxItems")}))
        words = tuple(word for choice in choices for word in choice.get("enum", ()))
        number = next(choice for choice in choices if choice.get("type") in ("integer", "number"))
        whole = number["type"] == "integer"
        if words or 4 in lengths:
            return make("padding", words=words, lengths=lengths)
        if not lengths:
            return make("list", whole=whole, **range_of(number))
        return make("int" if whole else "real", pair=True, **range_of(number))
    if "enum" in schema:
        return make("word", words=tuple(schema["enum"]))
    if schema["type"] == "boolean":
        return make("bool", words=("false", "true"))
    if schema["type"] == "array":
        return make("list", whole=schema["items"]["type"] == "integer", **range_of(schema["items"]))
    return make("int" if schema["type"] == "integer" else "real", **range_of(schema))


def without_text(schema):
    return {key: value for key, value in schema.items() if key != "description"}


def attributes_of(schema, common):
    """The attributes of one kind; those beside them in `common` are not its own."""
    choices = schema.get("anyOf", [schema])
    mapping = next(choice for choice in choices if choice.get("type") == "object")
    scalars = [without_text(choice) for choice in choices if choice.get("type") not in ("object", "null")]
    # What must be given may be so only for a layer that shares nobody's parameters.
    required = {name for part in (mapping, *mapping.get("anyOf", ())) for name in part.get("required", ())} - common
    found, main = [], True
    for name, property in mapping["properties"].items():
        if name in common:
            continue
        here = main and without_text(property) in scalars
        main = main and not here
        found.append(attribute_of(name, property, name in required, here))
    return found


def kinds_of(definition):
    """Kind -> its schema."""
    return next(choice["properties"] for choice in definition["anyOf"] if "properties" in choice)


def shared_properties(kinds):
    """The attributes that every kind takes: `name`, `input`, ..."""
    sets = [set(next(c for c in kind.get("anyOf", [kind]) if c.get("type") == "object")["properties"])
            for kind in kinds.values()]
    return set.intersection(*sets)


# ---- from the files ----

def tags_of(text):
    """Tag and rest of each line of the doc comment's head."""
    head = text.split("\n *\n")[0].split("*/")[0]
    return re.findall(r"^(?:/\*| \*) (\w+): *(.*)$", head, re.MULTILINE)


def forward_functions(text, name):
    """Parameters of each form of the forward function."""
    return re.findall(rf"^void {name}\w*_forward\(([^)]*)\)", text, re.MULTILINE)


def read_shape_rule(template, text, tags):
    """Which ranks fit, by the dimensions of the first input, and how many inputs there are."""
    anything = [value.split()[0] for tag, value in tags if tag == "Any"]
    ranks, least = set(), 9
    for parameters in forward_functions(text, template.name):
        arrays = re.findall(r"const float (\w+)((?:\[[^]]*\])+)", parameters)
        dimensions = re.findall(r"\[([^]]*)\]", arrays[0][1])[1:]
        results = re.findall(r"float y((?:\[[^]]*\])+)", parameters)
        template.keeps_shape &= not results or re.findall(r"\[([^]]*)\]", results[-1])[1:] == dimensions
        template.arity = max(1, sum(re.fullmatch(r"x\d+", array) is not None for array, _ in arrays))
        if any(name in dimensions for name in anything):
            least = min(least, max(1, sum(name not in anything for name in dimensions)))
        else:
            ranks.add(len(dimensions))
    template.least = min(least, *ranks) if ranks else least
    template.ranks = () if least < 9 else tuple(sorted(ranks))


def read_targets(template, text):
    for parameters in forward_functions(text, template.name):
        found = re.search(r"const (int32_t|float) t\[", parameters)
        if found:
            template.targets += ("class", "positions") if found.group(1) == "int32_t" else ("vector", "input")
    template.positive = re.search(r"\b(log|log1p|sqrt|pow)f\(t\b", text) is not None


def read_file(template, text):
    tags = tags_of(text)
    for tag, value in tags:
        if tag == "Param":
            template.parameters += 1
            template.weights += "fan_in" in value
        elif tag == "Inputs":
            template.many = value.strip()
        elif tag == "View":
            template.view = True
        elif tag == "Attr":
            attribute = next((a for a in template.attributes if a.name == value.split()[0]), None)
            rest = value.split("--")[0]
            default = re.search(r"(?<![<>])= *([^ ]+)", rest)
            if attribute:
                attribute.default = default.group(1) if default else None
                attribute.leading = "(main)" in rest
    if template.category in ("layer", "loss"):
        read_shape_rule(template, text, tags)
    if template.category == "loss":
        read_targets(template, text)


class Declarations:
    """The templates by category and name, and the keys that all layers take."""

    def __init__(self):
        definitions = json.loads(nnc("schema", "--templates", TEMPLATES[1]))
        self.keys = set(definitions["properties"])
        definitions = definitions["definitions"]
        self.files = {f"{path.parent.name}/{path.stem}": path for root in TEMPLATES for path in root.glob("*/*.c")}
        self.template = {category: {} for category in CATEGORIES}
        for category in CATEGORIES:
            kinds = kinds_of(definitions[category])
            common = shared_properties(kinds) if category in ("layer", "loss") else set()
            if category == "layer":
                self.layer_keys = common
            for name, schema in sorted(kinds.items()):
                file = self.files.get(f"{CATEGORIES[category]}/{name}")
                if file:  # a block that is built in has none, and its parameters no types
                    template = Template(category, name, attributes_of(schema, common))
                    read_file(template, file.read_text())
                    self.template[category][name] = template

    def all(self):
        return [template for kinds in self.template.values() for template in kinds.values()]
