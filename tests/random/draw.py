"""draw.py - a random network from a seed.

The network grows layer by layer. What a layer gives, and whether it may stand where it was put, `nnc report` says: shape
rules are not written twice. What nnc refuses is drawn again, and counted by its reason. Each seed has one value of one
attribute of one template in its spotlight, so that as many seeds as there are such values meet them all."""
import collections
import json
import math
import random
import re
import subprocess

from declarations import LENGTHS
from spelled import form_of, pair_of
from toolbox import NNC, TEMPLATES

ELEMENTS_MAX, MACS_MAX, PARAMETERS_MAX = 700, 4000, 1500
SIZES = [1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 11, 13]
EDGES = [1, 2, 3, 4, 5, 5, 6, 7, 7, 8, 9]  # of images
CHANNELS = [1, 1, 2, 3, 3, 4, 5, 6, 7]
BATCHES = [1, 2, 2, 3, 3, 4, 5, 7]
# Category -> logarithmic range of numbers that have no default to stay near.
SCALES = {"schedule": (0.002, 0.02), "regularizer": (1e-4, 0.1), "clip": (0.01, 10)}


class Crash(Exception):
    """nnc ended in a way that no description may cause."""

    def __init__(self, spec, words):
        super().__init__(words)
        self.spec, self.words = spec, words


class Refusals(collections.Counter):
    """What nnc refused, by its reason; `asked` counts all that it was asked."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def note(self, message):
        self[re.sub(r"\d+", "N", re.sub(r"'[^']*'", "'...'", message))] += 1


class Nnc:
    """Asks nnc for what a description means."""

    def __init__(self, folder, refusals):
        self.path, self.refusals = folder / "drawn.yaml", refusals

    def report(self, spec):
        """The report as a dict, or None where nnc refuses the description."""
        self.path.write_text(json.dumps(spec) + "\n")
        done = subprocess.run([NNC, "report", str(self.path), "--json", "--templates", str(TEMPLATES[1])],
                              capture_output=True, text=True)
        self.refusals.asked += 1
        if done.returncode == 0:
            return json.loads(done.stdout)
        if done.returncode != 1 or "error: " not in done.stderr:
            raise Crash(spec, f"nnc report ends with {done.returncode}: {done.stderr.strip()[:300]}")
        self.refusals.note(done.stderr.split("error: ", 1)[1].splitlines()[0])
        return None


# ---- values of attributes ----

def rounded(value):
    return float(f"{value:.3g}")


def near(source, attribute, category):
    """A number inside the range of a real attribute: near its default, if it has one that is a number."""
    low, high = attribute.low, attribute.high
    default = float(attribute.default) if re.fullmatch(r"[-+.\de]+", attribute.default or "") else None
    if default:
        value = default * 10 ** source.uniform(-0.5, 0.5)
    elif category in SCALES and (default == 0 or attribute.leading or category != "schedule"):
        value = 10 ** source.uniform(*map(math.log10, SCALES[category]))
    else:
        value = source.uniform(0.05, 1.2) if low is not None else source.uniform(-1, 1)
    if low is not None and high is not None and not low < value < high:
        value = low + (high - low) * source.uniform(0.05, 0.95)
    elif low is not None and value <= low:
        value = low + source.uniform(0.05, 1)
    return rounded(value)


def whole_near(source, attribute, sizes):
    """A whole number inside the range: small, or one that a tensor nearby has, or a divisor of one."""
    low = attribute.low
    if low is None or low < 0:  # counted from either end
        return source.choice([value for value in (-3, -2, -1, 0, 0, 1, 2, 3) if low is None or value > low])
    choices = [low + 1, low + 1, low + 2, low + 3]
    for size in sizes:
        choices += [size, size] + [d for d in range(2, size) if size % d == 0]
    choices = [c for c in choices if c > low and (attribute.high is None or c < attribute.high)]
    return source.choice(choices or [low])


def factors(source, product):
    """One to three sizes with a product."""
    sizes = []
    for _ in range(source.randrange(3)):
        divisor = source.choice([d for d in range(1, product + 1) if product % d == 0])
        sizes.append(divisor)
        product //= divisor
    return sizes + [product]


def list_of(source, attribute, category, shape, wanted):
    if category == "schedule":
        steps = sorted(source.sample(range(1, 12), source.randrange(1, 4)))
        return [0, *steps] if wanted == "lowest" else steps
    if attribute.whole:  # a shape of as many elements, or the axes in another order
        axes = source.sample(range(1, len(shape) + 1), len(shape))
        return source.choice([axes, factors(source, math.prod(shape))])
    length = shape[-1] if source.random() < 0.9 else source.randrange(1, 5)
    values = [near(source, attribute, category) for _ in range(length)]
    if wanted == "lowest":
        values[source.randrange(length)] = attribute.low
    return values


def padding_of(source, wanted):
    if wanted in LENGTHS.values():
        length = next(length for length, name in LENGTHS.items() if name == wanted)
        return [source.randrange(3) for _ in range(length)]
    return {"0": 0, "a number": source.randrange(1, 3)}.get(wanted, wanted)


def value_of(source, attribute, category, shape, sizes, wanted):
    """A value of a class. What counts as lowest and highest is the end of the declared range."""
    def number(wanted):
        if wanted in ("lowest", "highest"):
            return attribute.low if wanted == "lowest" else attribute.high
        return whole_near(source, attribute, sizes) if attribute.type == "int" else near(source, attribute, category)

    if attribute.type == "bool":
        return wanted == "true"
    if attribute.type == "padding":
        return padding_of(source, wanted)
    if attribute.type == "list":
        return list_of(source, attribute, category, shape, wanted)
    if wanted == "a pair":
        return [number(source.choice(["lowest", "within", "within"])) for _ in range(2)]
    return wanted if attribute.type == "word" else number(wanted)


def class_of_choice(source, attribute):
    classes = attribute.classes()
    if classes[0] == "default" and source.random() < 0.4:
        return "default"
    return source.choice(classes)


def written(source, template, values):
    """A kind with attributes as a user may write it: a bare word, a bare value, a mapping."""
    main = template.main()
    if not values and source.random() < 0.8:
        return template.name
    if main and list(values) == [main.name] and not isinstance(values[main.name], list) and source.random() < 0.6:
        return {template.name: values[main.name]}
    return {template.name: values}


# ---- a network ----

class Drawing:
    """One description under way. `values` are the tensors by name, in the order of their making."""

    def __init__(self, seed, declarations, nnc):
        self.source, self.declarations, self.nnc = random.Random(f"network {seed}"), declarations, nnc
        items = [(template, attribute, wanted) for template in declarations.all()
                 for attribute, wanted in [(None, form) for form in [None, *template.forms()]]
                 + [(a, w) for a in template.attributes for w in a.classes()]]
        order = random.Random("spotlight").sample(range(len(items)), len(items))
        self.spotlight = items[order[seed % len(items)]]
        self.met = False
        self.spec = {"network": f"random_{seed}", "input": {}, "layers": []}
        self.values, self.unread = {}, []
        self.learned = set()  # values that depend on trained parameters
        self.any_activation = next(t.name for t in declarations.template["layer"].values() if t.pointwise())
        self.normal = set()  # values of mean 0 and variance 1: normalised again, all gradients of the first are rounding

    def attributes(self, template, shape=(1,)):
        lit, attribute_lit, class_lit = self.spotlight
        sizes = [shape[-1]]
        if self.values and self.source.random() < 0.5:
            sizes.append(self.source.choice(list(self.values.values()))[-1])
        drawn = {}
        for attribute in template.attributes:
            wanted = class_of_choice(self.source, attribute)
            if template is lit and attribute is attribute_lit:
                wanted = class_lit
            if template is lit and attribute_lit is None and class_lit:  # nothing but what is mandatory, or the main one
                wanted = "within" if attribute.required or attribute.main and class_lit == "a bare value" else "default"
                wanted = wanted if wanted in ("default", *attribute.classes()) else attribute.classes()[-1]
            if wanted != "default":
                drawn[attribute.name] = value_of(self.source, attribute, template.category, shape, sizes, wanted)
        return drawn

    def choose(self, category):
        """A kind of a category with attributes: the one in the spotlight, if it is of it."""
        lit = self.spotlight[0]
        template = lit if lit.category == category else self.source.choice(
            list(self.declarations.template[category].values()))
        return written(self.source, template, self.attributes(template))

    # ---- inputs ----

    def draw_shape(self, rank):
        if rank == 3:
            return [self.source.choice(EDGES), self.source.choice(EDGES), self.source.choice(CHANNELS)]
        shape = [self.source.choice(SIZES if rank < 4 else SIZES[:4]) for _ in range(rank)]
        while math.prod(shape) > 200:
            shape = [self.source.choice(EDGES[:6]) for _ in range(rank)]
        return shape

    def rank_for_spotlight(self, rank):
        """What is in the spotlight may need a rank; the end of the range of an axis needs as many dimensions."""
        lit, attribute, wanted = self.spotlight
        if lit.category == "layer" and lit.ranks:
            return self.source.choice(lit.ranks)
        if attribute and wanted in ("lowest", "highest") and lit.category == "layer":
            end = abs(attribute.low if wanted == "lowest" else attribute.high)
            return end if rank < end <= 7 and attribute.high is not None else rank
        return rank

    def draw_inputs(self):
        for i in range(self.source.choice([1, 1, 1, 1, 2, 2, 3])):
            rank = self.source.choice([1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 4])
            if i == 0:
                rank = self.rank_for_spotlight(rank)
            self.spec["input"][f"in_{i + 1}"] = self.draw_shape(rank)
        if i > 0 and self.source.random() < 0.6:  # two of one shape can be joined; so can a map and a value a channel
            shape = self.spec["input"]["in_1"]
            self.spec["input"]["in_2"] = list(shape) if self.source.random() < 0.5 else shape[-1:]
        self.values = {name: tuple(shape) for name, shape in self.spec["input"].items()}
        self.unread = list(self.values)

    # ---- layers ----

    def template_for_layer(self):
        kinds = list(self.declarations.template["layer"].values())
        groups = [([t for t in kinds if t.parameters], 8), ([t for t in kinds if t.many or t.arity > 1], 5),
                  ([t for t in kinds if t.ranks and not t.parameters], 4), ([t for t in kinds if t.view], 1),
                  ([t for t in kinds if t.pointwise()], 5)]
        groups = [(group, weight) for group, weight in groups if group]
        return self.source.choice(self.source.choices([g for g, _ in groups], [w for _, w in groups])[0])

    def companions(self, template, first):
        """Values that may stand beside a first one: of its shape; for `each` of another last size; a value a channel."""
        shape = self.values[first]
        for name, other in self.values.items():
            if other == shape or template.many == "each" and other[:-1] == shape[:-1] or (
                    template.many == "fold" and other == shape[-1:]) or not template.many:
                yield name

    def read_by(self, template):
        """Names of the values that a new layer reads, or None if there are none for it."""
        fitting = [name for name, shape in self.values.items() if template.fits(shape)]
        if template.normalises() and self.source.random() < 0.95:
            fitting = [name for name in fitting if self.values[name][-1] > 2 and name not in self.normal]
        fresh = [name for name in self.unread if name in fitting]
        if not fitting:
            return None
        if template is self.spotlight[0] and self.source.random() < 0.6:  # with something to train before it, its backward pass runs, too
            fitting = [name for name in fitting if name in self.learned] or fitting
            fresh = [name for name in fresh if name in fitting]
        first = self.source.choice(fresh[-2:]) if fresh and self.source.random() < 0.75 else self.source.choice(fitting)
        if not template.many and template.arity == 1:
            return [first]
        others = list(self.companions(template, first))
        better = [name for name in others if name != first] or (others if self.source.random() < 0.2 else [])
        count = template.arity - 1 if not template.many else self.source.choice([1, 1, 2])
        return [first, *(self.source.choice(better) for _ in range(count))] if better else None

    def activation(self):
        kinds = self.declarations.template["layer"].values()
        activation = self.source.choice([template for template in kinds if template.pointwise()])
        return written(self.source, activation, self.attributes(activation))

    def common_keys(self, template, drawn):
        keys, chance = {}, self.source.random
        if template is self.spotlight[0] and not self.spotlight[1] and self.spotlight[2]:
            return keys
        if template.parameters and chance() < 0.3:
            keys["activation"] = self.activation()
        if template.parameters and chance() < 0.12:
            keys["trainable"] = False
        if template.weights and chance() < 0.15:
            keys["initializer"] = self.choose("initializer")
        twins = [layer for layer in self.spec["layers"] if template.name in layer and "share" not in layer[template.name]]
        if "share" in self.declarations.layer_keys and template.parameters and twins and chance() < 0.4:
            twin = self.source.choice(twins)[template.name]
            names = [attribute.name for attribute in template.attributes]
            drawn.clear()
            if chance() < 0.3:  # the other's attributes are its own, too, whether or not it says so
                drawn.update({name: twin[name] for name in names if name in twin})
            keys = {"share": twin["name"]}
        return keys

    def try_layer(self, template):
        """True if a layer of this kind was added."""
        read = self.read_by(template)
        if not read:
            return False
        drawn = self.attributes(template, self.values[read[0]])
        keys = self.common_keys(template, drawn)
        name = f"v{len(self.values) + 1}"
        layer = {template.name: {"name": name, "inputs": read, **drawn, **keys}}
        # With an activation behind it, a view of an input may be what prediction returns.
        output = {"layer": name, "activation": self.any_activation}
        report = self.nnc.report({**self.spec, "layers": [*self.spec["layers"], layer], "output": output})
        if not report:
            return False
        shape = tuple(report["layers"][-1]["shape"])
        if math.prod(shape) > ELEMENTS_MAX or report["macs"]["prediction"] > MACS_MAX or \
                sum(report["parameters"].values()) > PARAMETERS_MAX:
            self.nnc.refusals.note("(too large for a quick test)")
            return False
        self.spec["layers"].append(layer)
        self.values[name] = shape
        if template.parameters and keys.get("trainable", True) or self.learned & set(read):
            self.learned.add(name)
        if template.normalises() or template.view and read[0] in self.normal:
            self.normal.add(name)
        self.unread = [value for value in self.unread if value not in read] + [name]
        return True

    def draw_layers(self):
        lit = self.spotlight[0]
        wanted = min(self.source.randrange(2, 16), self.source.randrange(2, 20))
        position = self.source.randrange(1, 4) if wanted > 3 else 1
        for _ in range(6 * wanted):
            if len(self.spec["layers"]) >= wanted:
                break
            if lit.category == "layer" and not self.met and len(self.spec["layers"]) >= position:
                self.met = self.try_layer(lit)
            else:
                self.try_layer(self.template_for_layer())

    # ---- losses ----

    def needed(self, names):
        """The values that these depend on."""
        need = set(names)
        for layer in reversed(self.spec["layers"]):
            (keys,) = layer.values()
            if keys["name"] in need:
                need.update(keys["inputs"])
        return need

    def keep_only(self, need):
        """Layers that no loss depends on go, but for a few that are frozen; so do most inputs that nobody reads."""
        kept = []
        for layer in reversed(self.spec["layers"]):
            ((kind, keys),) = layer.items()
            if keys["name"] not in need:
                shared = keys["name"] in [next(iter(k.values())).get("share") for k in self.spec["layers"]]
                if self.source.random() < 0.8 and not shared:
                    continue
                need = need | set(keys["inputs"])
                if self.declarations.template["layer"][kind].parameters and "share" not in keys:
                    keys["trainable"] = False
            kept.append(layer)
        self.spec["layers"] = kept[::-1]
        names = list(self.spec["input"])
        kept = [name for name in names if name in need or self.source.random() < 0.2] or names[:1]
        self.spec["input"] = {name: self.spec["input"][name] for name in kept}

    def draw_loss(self, template, read, number):
        drawn = self.attributes(template, self.values[read])
        keys = {"input": read}
        if template is self.spotlight[0] and not self.spotlight[1] and self.spotlight[2]:
            return {template.name: {**keys, **drawn}}
        if self.source.random() < 0.4:
            keys["weight"] = rounded(10 ** self.source.uniform(-1, 0.5))
        target = self.target_of(template, read, number)
        if target:
            keys["target"] = target
        return {template.name: {**keys, **drawn}}

    def target_of(self, template, read, number):
        """What the loss says of its target; None to say nothing. Two losses seldom have a target of one shape."""
        kinds = [kind for kind in template.targets if kind != "input" or not template.positive and
                 math.prod(self.values[read]) == math.prod(next(iter(self.spec["input"].values())))]
        if not kinds or self.source.random() < (0.1 if number else 0.6):
            return None
        return f"wanted_{read}" if number or self.source.random() < 0.2 else self.source.choice(kinds)

    def draw_losses(self):
        """False if nothing that was tried is a network that can be trained."""
        layers = [next(iter(layer.values()))["name"] for layer in self.spec["layers"]]
        ends = [name for name in self.unread if name in layers][-3:]
        if self.source.random() < 0.2:
            ends.append(self.source.choice(layers))
        self.keep_only(self.needed(ends))
        losses = []
        for number, read in enumerate(ends):
            for attempt in range(12):
                lit = self.spotlight[0]
                forced = lit.category == "loss" and number == 0 and attempt < 9
                kinds = [t for t in self.declarations.template["loss"].values() if t.fits(self.values[read])]
                loss = self.draw_loss(lit if forced else self.source.choice(kinds), read, number)
                if self.nnc.report(self.with_loss(losses + [loss], ends[number + 1:])):
                    losses.append(loss)
                    break
            else:
                return False
        self.spec["loss"] = losses if len(losses) > 1 or self.source.random() < 0.3 else losses[0]
        return True

    def with_loss(self, losses, open_ends):
        """A description to ask nnc about: the ends that have no loss yet get one that reads anything."""
        stand_in = next(name for name, template in self.declarations.template["loss"].items() if not template.targets)
        rest = [{stand_in: {"input": name}} for name in open_ends]
        return {**self.spec, "loss": losses + rest}

    # ---- all the rest ----

    def draw_rest(self):
        lit, chance = self.spotlight[0].category, self.source.random
        batch = self.source.choice(BATCHES)
        self.spec["train"] = {"batch": batch, "seed": self.source.randrange(1000)}
        if lit == "optimizer" or chance() < 0.7:
            self.spec["optimizer"] = self.choose("optimizer")
        if lit == "schedule" or chance() < 0.35:
            self.spec["learning_rate"] = self.choose("schedule")
        elif chance() < 0.8:
            self.spec["learning_rate"] = rounded(10 ** self.source.uniform(-3, -1.7))
        if lit == "initializer" or chance() < 0.5:
            self.spec["initializer"] = self.choose("initializer")
        if lit == "clip" or chance() < 0.25:
            self.spec["clip"] = self.choose("clip")
        if lit == "regularizer" or chance() < 0.25:
            self.spec["regularizer"] = self.choose("regularizer")
            if chance() < 0.4:
                other = self.source.choice(list(self.declarations.template["regularizer"].values()))
                if other.name not in self.spec["regularizer"]:
                    self.spec["regularizer"].update({other.name: self.attributes(other)})
        if chance() < 0.2:
            self.spec["train"]["update"] = "fused"
        if chance() < 0.4:
            self.draw_output()

    def draw_output(self):
        name = self.source.choice([next(iter(layer.values()))["name"] for layer in self.spec["layers"]])
        self.spec["output"] = name
        if self.source.random() < 0.4:
            self.spec["output"] = {"layer": name, "activation": self.activation()}

    def settle(self):
        """True when nnc takes the whole; what may be at fault is left out again."""
        for key in (None, "update", "output", "clip", "regularizer", "learning_rate", "optimizer", "initializer"):
            if key == "update":
                self.spec["train"].pop(key, None)
            elif key:
                self.spec.pop(key, None)
            report = self.nnc.report(self.spec)
            if report:
                return report["parameters"]["trained"] > 0
        return False

    def draw(self):
        """The description, or None where it came to nothing."""
        self.draw_inputs()
        self.draw_layers()
        if not self.spec["layers"] or not self.draw_losses():
            return None
        self.draw_rest()
        template, attribute, form = self.spotlight
        always = template.name if form and not attribute else None
        return simplified(self.source, self.spec, self.declarations, always) if self.settle() else None


def said_less(chance, kind, keys, main):
    """A kind with its keys in a shorter form, where there is one."""
    if not keys and chance() < 0.8:
        return kind
    if main and list(keys) == [main] and chance() < 0.7:
        return {kind: keys[main]}
    return {kind: keys}


def implied_inputs(chances, layers, first):
    """An input that is the layer before is mostly not said; one that is said has no list."""
    before = first
    for layer in layers:
        ((kind, keys),) = layer.items()
        if len(keys["inputs"]) == 1 and chances(kind)() < 0.9:
            (read,) = keys.pop("inputs")
            if read != before or chances(kind)() > 0.8:
                keys["input"] = read
        before = keys["name"]


def simplified(source, spec, declarations, always):
    """The same network with less said: no name that nobody uses, no input that is the layer before, a bare word. By
    chance; a layer or a loss of the kind `always` is said as shortly as it can be."""
    def chances(kind):
        return (lambda: 0.0) if kind == always else source.random

    spec = json.loads(json.dumps(spec))
    several = isinstance(spec["loss"], list)
    losses = spec["loss"] if several else [spec["loss"]]
    layers = spec["layers"]
    implied_inputs(chances, layers, next(iter(spec["input"])) if len(spec["input"]) == 1 else None)
    for loss in losses:
        ((kind, keys),) = loss.items()
        if keys["input"] == next(iter(layers[-1].values()))["name"] and chances(kind)() < 0.6:
            del keys["input"]
    text = json.dumps([layers, losses, spec.get("output")])
    for category, items in (("layer", layers), ("loss", losses)):
        for i, item in enumerate(items):
            ((kind, keys),) = item.items()
            if "name" in keys and text.count(f'"{keys["name"]}"') == 1 and chances(kind)() < 0.7:
                del keys["name"]
            main = declarations.template[category][kind].main()
            items[i] = said_less(chances(kind), kind, keys, main and main.name)
    spec["loss"] = losses if several else losses[0]
    if len(spec["input"]) == 1 and source.random() < 0.5:
        spec = json.loads(json.dumps(spec).replace(f'"{next(iter(spec["input"]))}"', '"input"'))
        spec["input"] = spec["input"]["input"]
    return spec


TRIES = 12


def shows(spotlight, spec):
    """Whether what is in the spotlight is said in the short form that is wanted, if one is."""
    template, attribute, wanted = spotlight
    if attribute or not wanted or template.category != "layer":
        return True
    return any(pair_of(item)[0] == template.name and form_of(item) == wanted for item in spec["layers"])


def draw_network(seed, declarations, folder, refusals):
    """The description of a seed. Some seeds need several attempts, each with another stream of random numbers."""
    nnc, last = Nnc(folder, refusals), None
    for attempt in range(TRIES):
        drawing = Drawing(seed, declarations, nnc)
        drawing.source = random.Random(f"network {seed}, attempt {attempt}")
        spec = drawing.draw()
        if spec and shows(drawing.spotlight, spec):
            return spec
        last = spec or last
        refusals["(not in the short form that is wanted, drawn again)" if spec else "(came to nothing, drawn again)"] += 1
    return last
