"""cases.py - the networks that are compared. A case is a spec with what the comparison must know beside it.

Every template, and every function of it, must occur in a case: see coverage in oracle.py."""
import dataclasses

import numpy as np


@dataclasses.dataclass
class Case:
    name: str
    spec: dict
    steps: int = 10
    data: str = "normal"  # of the inputs; "wide": far into saturation, "ties": small integers, and weights as initialized
    noise: tuple = ()  # parameters whose gradient is pure noise: they are compared with the largest of all gradients
    quick: bool = False
    watch: tuple = ()  # steps (counted from 1) that are compared; all if empty
    zero: tuple = ()  # parameters whose gradient is 0 in exact arithmetic: a normalisation undoes them
    whole: bool = False  # a network of practice: its weights stay as initialized, and it is compiled with optimization
    text: str = None  # the description as it stands; None: the spec, written as JSON
    dtypes: tuple = ("float64", "float32")


CASES = []


def case(name, layers, loss="mse", input=(6,), quick=False, steps=10, data="normal", noise=(), watch=(), batch=5,
         update=None, **keys):
    spec = {"network": name, "input": input if isinstance(input, dict) else list(input), "layers": layers, "loss": loss,
            "train": {"batch": batch, "seed": 7, **({"update": update} if update else {})}, **keys}
    CASES.append(Case(name, spec, steps, data, tuple(noise), quick, tuple(watch)))


def dense(units, **keys):
    return {"dense": {"units": units, **keys}}


# ---- layers ----

case("dense", [dense(7), dense(3)], quick=True)
case("dense_without_bias", [dense(7, bias=False), dense(1)])
case("dense_positions", [dense(7, activation="tanh"), dense(3)], input=(4, 6), quick=True)
case("dense_map", [dense(5, activation="sigmoid"), dense(2)], input=(3, 4, 6))
case("dense_single", [{"dense": 1}], input=(1,), batch=1)
case("dense_frozen", [dense(7, activation="tanh"), dense(6, trainable=False, activation="relu"), dense(3)],
     optimizer="adam", quick=True)
case("dense_frozen_first", [dense(7, trainable=False, activation="tanh"), dense(3)])

ACTIVATIONS = ["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh", "softplus", "softsign",
               "hard_sigmoid", "hard_swish", "softmax", "log_softmax"]
for kind in ACTIVATIONS:
    case(f"act_{kind}", [dense(9), kind, dense(3)], input=(4, 6) if "max" in kind else (6,), quick=True)
    if "max" not in kind:
        case(f"wide_{kind}", [dense(9), kind, dense(3)], data="wide", learning_rate=1e-4)
case("act_gelu_tanh", [dense(9), {"gelu": {"approximate": "tanh"}}, dense(3)], quick=True)
case("wide_gelu_tanh", [dense(9), {"gelu": {"approximate": "tanh"}}, dense(3)], data="wide",
     learning_rate=1e-4)
case("act_leaky_relu_half", [dense(9), {"leaky_relu": 0.5}, dense(3)])
case("act_rescale", [dense(9), {"rescale": -0.3}, dense(3)], quick=True)
case("act_elu_alpha", [dense(9), {"elu": 0.3}, dense(3)])
case("act_as_attribute", [dense(9, activation={"elu": {"alpha": 2.0}}), dense(5, activation={"gelu": {"approximate": "tanh"}}),
                          dense(3, activation="softsign")])

case("dropout", [dense(11, activation="relu"), {"dropout": 0.3}, dense(8), {"dropout": {}}, dense(3)], quick=True)
case("dropout_input", [{"dropout": 0.2}, dense(8, activation="tanh"), {"dropout": {"rate": 0.75}}, dense(3)],
     input=(3, 6), optimizer="adam")
case("flatten", [dense(4, activation="tanh"), "flatten", dense(3)], input=(2, 3, 5), quick=True)
case("flatten_input", ["flatten", dense(3)], input=(2, 3, 5))
case("reshape", [dense(6, activation="tanh"), {"reshape": [3, 8]}, dense(3)], input=(4, 5), quick=True)
case("reshape_twice", [{"reshape": {"shape": [5, 4]}}, dense(6), {"reshape": [30]}, dense(2)], input=(4, 5))

FORK = [dense(6, name="left", activation="tanh"), dense(6, name="right", input="input", activation="sigmoid")]
case("add", [*FORK, {"add": {"inputs": ["left", "right"]}}, dense(3)], quick=True)
case("add_three", [*FORK, {"add": {"inputs": ["left", "right", "input"]}}, dense(3)])
case("add_residual", [dense(6, name="a"), "relu", dense(6, name="b"), {"add": {"inputs": ["a", "b"]}}, "relu", dense(3)])
case("multiply", [*FORK, {"multiply": {"inputs": ["left", "right"]}}, dense(3)], quick=True)
case("multiply_square", [dense(6, name="a"), {"multiply": {"inputs": ["a", "a", "a"]}}, dense(3)],
     learning_rate=1e-4)
MAP_AND_VECTOR = dict(input={"map": [4, 6], "vector": [5]})
CHANNELS = [dense(7, name="m", input="map", activation="tanh"), dense(7, name="v", input="vector", activation="sigmoid")]
case("add_channels", [*CHANNELS, {"add": {"inputs": ["m", "v"]}}, dense(3)], quick=True, **MAP_AND_VECTOR)
case("multiply_channels", [*CHANNELS, {"multiply": {"inputs": ["m", "v"]}}, dense(3)], quick=True, **MAP_AND_VECTOR)
case("concat", [*FORK, dense(4, name="third", input="left"), {"concat": {"inputs": ["left", "right", "third"]}}, dense(3)],
     quick=True)
case("concat_positions", [dense(3, name="a"), dense(5, name="b", input="input", activation="tanh"),
                          {"concat": {"inputs": ["a", "input", "b"]}}, dense(3)], input=(4, 6))
case("concat_twice", [dense(3, name="a"), {"concat": {"inputs": ["a", "a"]}}, dense(3)])
case("forks", [dense(6, name="a", activation="tanh"), dense(6, name="b"), dense(6, name="c", input="a", activation="relu"),
               {"add": {"inputs": ["b", "c", "a"], "name": "d"}}, {"multiply": {"inputs": ["d", "b"]}},
               {"concat": {"inputs": ["a", "multiply_1", "c"]}}, dense(3)], optimizer="adam")

case("batch_norm", [dense(7, bias=False), "batch_norm", "relu", dense(3)], quick=True, batch=8)
case("batch_norm_positions", [dense(7, bias=False), {"batch_norm": {"momentum": 0.3, "epsilon": 1e-3}}, "tanh", dense(3)],
     input=(4, 6))
case("batch_norm_after_bias", [dense(7), "batch_norm", dense(3)], noise=["dense_1.bias"], batch=8)
case("batch_norm_input", ["batch_norm", dense(4), "relu", dense(2)], input=(2, 2, 6), batch=3)
case("batch_norm_frozen", [dense(7), {"batch_norm": {"trainable": False}}, dense(3)], noise=["dense_1.bias"], batch=8)
case("batch_norm_dropout", [dense(9, bias=False), "batch_norm", "gelu", {"dropout": 0.25}, dense(3)], batch=8)
case("layer_norm", [dense(7), "layer_norm", "relu", dense(3)], quick=True)
case("layer_norm_positions", [dense(7), {"layer_norm": {"epsilon": 1e-3}}, "silu", dense(3)], input=(4, 6))
case("layer_norm_input", ["layer_norm", dense(3)])

case("conv2d", [{"conv2d": {"filters": 4, "kernel": 3}}, "relu", "flatten", dense(3)], input=(6, 5, 2), quick=True, batch=3)
CONVOLUTIONS = {
    "stride": (dict(kernel=3, stride=2), (7, 8, 2)),
    "stride_pair": (dict(kernel=[3, 2], stride=[2, 3]), (8, 9, 2)),
    "same": (dict(kernel=3, padding="same"), (5, 6, 2)),
    "same_even": (dict(kernel=4, padding="same"), (5, 6, 2)),
    "same_stride": (dict(kernel=3, padding="same", stride=2), (6, 7, 2)),
    "padding": (dict(kernel=3, padding=2), (4, 5, 2)),
    "padding_pair": (dict(kernel=[3, 5], padding=[0, 2], stride=[1, 2]), (4, 6, 2)),
    "dilation": (dict(kernel=3, dilation=2, padding=1), (7, 6, 2)),
    "dilation_pair": (dict(kernel=[2, 3], dilation=[3, 1], padding="same", stride=2), (7, 6, 2)),
    "groups": (dict(kernel=3, groups=2, padding="same"), (4, 5, 6)),
    "depthwise": (dict(kernel=3, groups=4, bias=False, stride=2, padding=1), (5, 6, 4)),
    "one": (dict(kernel=1), (3, 4, 5)),
    "wide_stride": (dict(kernel=2, stride=3), (8, 7, 2)),
    "whole": (dict(kernel=[5, 6]), (5, 6, 2)),
}
for kind, (attributes, shape) in CONVOLUTIONS.items():
    case(f"conv2d_{kind}", [{"conv2d": {"filters": 8, "kernel": 3, "padding": 1, "name": "first"}}, "tanh",
                            {"conv2d": {"filters": 4, "name": "second", **attributes}},
                            "flatten", dense(3)], input=shape, batch=2, learning_rate=1e-3)
# Attributes by the kernel's, and the shape of the input: borders that PyTorch's own tests rarely reach.
BORDERS = {
    "padding_over_kernel": (dict(kernel=2, padding=3), (3, 5, 2)),
    "one_padding": (dict(kernel=1, padding=2), (3, 2, 4)),
    "one_stride": (dict(kernel=1, stride=3), (7, 5, 3)),
    "one_padding_stride": (dict(kernel=1, stride=2, padding=[1, 0]), (5, 7, 3)),
    "prime": (dict(kernel=[5, 3], stride=[3, 2], padding=[2, 1]), (13, 11, 3)),
    "one_channel": (dict(kernel=3, stride=2, padding="same"), (7, 9, 1)),
}
for kind, (attributes, shape) in BORDERS.items():
    case(f"conv2d_{kind}", [dense(3, activation="tanh"), {"conv2d": {"filters": 5, **attributes}}, "flatten", dense(3)],
         input=shape, batch=1, learning_rate=1e-3)
DEPTHWISE = {name: value for name, value in {**CONVOLUTIONS, **BORDERS}.items() if "groups" not in value[0]}
for kind, (attributes, shape) in DEPTHWISE.items():
    for multiplier in (1, 3):
        case(f"depthwise_conv2d_{kind}_{multiplier}",
             [dense(shape[-1], activation="tanh", bias=False),
              {"depthwise_conv2d": {"multiplier": multiplier, **attributes}}, "flatten", dense(3)],
             input=shape, batch=multiplier, learning_rate=1e-3)
case("depthwise_conv2d", [dense(4), {"depthwise_conv2d": {"kernel": 3, "bias": False}}, "relu", "flatten", dense(3)],
     input=(6, 5, 2), quick=True, batch=3)

# The other layers over rows and maps: NAME -> [attributes, shape of the input, batch].
WINDOWS = {
    "conv1d": [
        [dict(filters=4, kernel=3), (6, 2), 3], [dict(filters=4, kernel=3, stride=2, padding="same"), (7, 3), 2],
        [dict(filters=4, kernel=4, padding="same", bias=False), (6, 3), 1],
        [dict(filters=6, kernel=2, stride=3, padding=3), (5, 2), 2],
        [dict(filters=6, kernel=3, dilation=3, padding=[4, 1], groups=2), (7, 4), 2],
        [dict(filters=4, kernel=5, stride=3, dilation=2, padding="same", groups=4), (13, 4), 1],
        [dict(filters=5, kernel=1, stride=2), (7, 1), 1], [dict(filters=5, kernel=1, padding=2), (3, 1), 2],
        [dict(filters=3, kernel=7), (7, 3), 2],
    ],
    "conv2d_transpose": [
        [dict(filters=4, kernel=3), (4, 3, 2), 3], [dict(filters=4, kernel=4, stride=2, padding=1), (4, 3, 2), 2],
        [dict(filters=4, kernel=[2, 3], stride=[3, 2], padding=[0, 2], bias=False), (4, 5, 3), 2],
        [dict(filters=4, kernel=3, stride=2, padding=1, output_padding=1), (5, 3, 2), 1],
        [dict(filters=4, kernel=3, stride=[1, 3], dilation=[3, 2], output_padding=[2, 1]), (3, 5, 2), 2],
        [dict(filters=6, kernel=3, stride=2, groups=2, padding=1), (4, 3, 4), 2],
        [dict(filters=4, kernel=2, stride=2, groups=4, bias=False), (3, 3, 4), 2],
        [dict(filters=2, kernel=1, stride=3), (3, 5, 1), 1], [dict(filters=2, kernel=2, stride=3), (3, 5, 3), 1],
        [dict(filters=3, kernel=[5, 2], padding=[4, 1, 0, 2], stride=2), (5, 7, 2), 2],
        [dict(filters=5, kernel=[5, 3], stride=[2, 3], padding=[3, 2]), (5, 7, 3), 1],
    ],
    "max_pool1d": [
        [dict(kernel=2), (7, 3), 3], [dict(kernel=3, stride=2, padding=1), (7, 3), 2],
        [dict(kernel=2, stride=3, padding="same"), (8, 1), 2], [dict(kernel=5, stride=1, padding=[4, 0]), (7, 2), 1],
        [dict(kernel=1, stride=2), (5, 2), 2],
    ],
    "avg_pool1d": [
        [dict(kernel=2), (7, 3), 3], [dict(kernel=3, stride=2, padding=1), (7, 3), 2],
        [dict(kernel=3, stride=2, padding=1, count_include_pad=False), (7, 3), 2],
        [dict(kernel=2, stride=3, padding="same", count_include_pad=False), (8, 1), 2],
        [dict(kernel=2, stride=1, padding=3), (5, 2), 1],
        [dict(kernel=5, stride=1, padding=[4, 0], count_include_pad=False), (7, 2), 1], [dict(kernel=1, stride=2), (5, 2), 2],
    ],
    "avg_pool2d": [
        [dict(kernel=2), (7, 6, 3), 3], [dict(kernel=3, stride=2, padding=1), (7, 5, 3), 2],
        [dict(kernel=3, stride=2, padding=1, count_include_pad=False), (7, 5, 3), 2],
        [dict(kernel=[2, 3], stride=[2, 1], padding="same"), (5, 6, 2), 2],
        [dict(kernel=[2, 3], stride=[3, 1], padding="same", count_include_pad=False), (5, 6, 2), 1],
        [dict(kernel=2, stride=3, padding=3), (5, 3, 1), 2], [dict(kernel=1, stride=[2, 3]), (5, 7, 2), 2],
        [dict(kernel=[4, 3], stride=1, padding=[3, 0, 1, 2], count_include_pad=False), (5, 3, 2), 2],
        [dict(kernel=1, padding=1), (3, 2, 2), 1], [dict(kernel=[5, 3]), (5, 3, 4), 1],
    ],
    "max_pool2d": [
        [dict(kernel=1, stride=2), (5, 7, 2), 2], [dict(kernel=2, stride=[3, 4]), (7, 5, 1), 1],
        [dict(kernel=[3, 2], stride=2, padding=[2, 1, 0, 1]), (5, 3, 3), 2],
    ],
    "global_avg_pool": [[{}, (5,), 2], [{}, (7, 3), 2], [{}, (3, 5, 2), 3], [{}, (2, 3, 2, 1), 1]],
    "global_max_pool": [[{}, (5,), 2], [{}, (7, 3), 2], [{}, (3, 5, 2), 3], [{}, (2, 3, 2, 1), 1]],
    "pad2d": [
        [dict(padding=1), (3, 5, 2), 2], [dict(padding=[0, 2], value=0.75), (3, 2, 1), 1],
        [dict(padding=[3, 0, 1, 2], value=-1.5), (2, 3, 3), 2], [dict(padding=0), (2, 3, 3), 2],
    ],
    "crop2d": [
        [dict(crop=1), (5, 3, 2), 2], [dict(crop=[0, 2]), (3, 5, 1), 1], [dict(crop=[3, 0, 1, 2]), (7, 5, 3), 2],
        [dict(crop=0), (2, 3, 3), 2],
    ],
    "upsample2d": [
        [{}, (3, 2, 3), 2], [dict(scale_factor=[3, 1]), (2, 5, 1), 1],
        *[[dict(scale_factor=factor, mode="bilinear"), shape, 2]
          for factor, shape in [(2, (3, 5, 2)), (3, (2, 3, 1)), ([1, 4], (5, 3, 3)), (2, (1, 1, 2)), ([5, 2], (7, 1, 2))]],
    ],
    "permute": [
        [dict(axes=[2, 1]), (3, 5), 2], [dict(axes=[1, 2]), (3, 5), 2],
        *[[dict(axes=axes), (3, 5, 2), 2] for axes in ([3, 1, 2], [2, 3, 1], [1, 3, 2], [2, 1, 3], [3, 2, 1])],
        [dict(axes=[4, 2, 1, 3]), (2, 3, 1, 4), 1], [dict(axes=[2, 4, 3, 1]), (2, 3, 5, 4), 2],
    ],
    "slice": [
        [dict(stop=2), (3, 5), 2], [dict(start=1, step=2), (7,), 3], [dict(axis=1, start=-3), (5, 3, 2), 2],
        [dict(axis=2, start=1, stop=-1, step=3), (3, 7, 2), 1], [dict(axis=-2, start=2, stop=3), (2, 5, 4, 3), 2],
        [dict(axis=1, step=5), (3, 4), 2],
    ],
}
for kind, entries in WINDOWS.items():
    for number, (attributes, shape, batch) in enumerate(entries, 1):
        quick = number == 1 or kind == "permute" and number in (3, 8) or "mode" in attributes and number == 3 \
            or attributes.get("count_include_pad") is False and number == 3
        case(f"{kind}_{number}", [dense(shape[-1], activation="tanh", bias=False), {kind: attributes}, "flatten", dense(3)],
             input=(*shape[:-1], 3), batch=batch, learning_rate=1e-3, quick=quick)
case("conv2d_stack", [{"conv2d": {"filters": 4, "kernel": 3, "padding": "same", "bias": False}}, "batch_norm", "relu",
                      {"max_pool2d": 2}, {"conv2d": {"filters": 6, "kernel": 3, "activation": "relu"}}, "flatten", dense(3)],
     input=(8, 9, 2), batch=3)
case("max_pool2d", [dense(3), {"max_pool2d": 2}, "flatten", dense(3)], input=(6, 5, 2), quick=True, batch=3)
case("max_pool2d_overlap", [dense(3), {"max_pool2d": {"kernel": 3, "stride": 2, "padding": 1}}, "flatten", dense(3)],
     input=(6, 7, 2), batch=3)
case("max_pool2d_same", [dense(3), {"max_pool2d": {"kernel": [2, 3], "stride": [2, 1], "padding": "same"}}, "flatten",
                         dense(3)], input=(5, 6, 2), batch=3)
# Channels 0 + 2, 1 + 1 and 2 + 0 tie under weights of 1, but the weights' gradients tell which of them won.
case("max_pool2d_ties", [{"conv2d": {"filters": 3, "kernel": 1, "initializer": "ones"}}, {"max_pool2d": {"kernel": 3, "stride": 1}},
                         "flatten", dense(3)], input=(5, 6, 2), data="ties", batch=3, steps=1, quick=True)
case("gru", [{"gru": 4}, dense(2)], input=(5, 3), quick=True)
case("gru_flat", [{"gru": {"units": 5}}, {"gru": {"units": 3}}, "flatten", dense(2)], input=(4, 3), optimizer="adam")

# ---- losses ----

case("loss_mse", [dense(5, activation="tanh"), dense(3)], "mse", quick=True)
case("loss_mae", [dense(5, activation="tanh"), dense(3)], "mae", quick=True)
case("loss_huber", [dense(5, activation="tanh"), dense(3)], "huber", quick=True)
case("loss_huber_delta", [dense(5, activation="tanh"), dense(3)], {"huber": 0.3}, input=(2, 6))
case("loss_mse_positions", [dense(5, activation="tanh"), dense(3)], "mse", input=(2, 3, 6))
case("loss_bce", [dense(5, activation="tanh"), dense(3)], "binary_cross_entropy", quick=True)
case("loss_bce_wide", [dense(5), dense(3)], "binary_cross_entropy", data="wide")
case("loss_hinge", [dense(5, activation="tanh"), dense(3)], "hinge", quick=True)
case("loss_kl", [dense(5, activation="tanh"), dense(4), "log_softmax"], "kl_divergence", quick=True)
CLASSES = [dense(7, activation="tanh"), dense(4)]
WEIGHTS = [0.5, 2.0, 1.0, 0.25]
for name, attributes in {"plain": {}, "smooth": {"label_smoothing": 0.1}, "weights": {"class_weights": WEIGHTS},
                         "smooth_weights": {"label_smoothing": 0.2, "class_weights": WEIGHTS}}.items():
    case(f"loss_ce_{name}", CLASSES, {"softmax_cross_entropy": attributes}, quick=name != "smooth_weights")
    case(f"loss_ce_positions_{name}", CLASSES, {"softmax_cross_entropy": attributes}, input=(3, 6))
    case(f"loss_ce_vector_{name}", CLASSES, {"softmax_cross_entropy": {"target": "vector", **attributes}},
         quick=name == "plain")
    case(f"loss_ce_vector_positions_{name}", CLASSES, {"softmax_cross_entropy": {"target": "vector", **attributes}},
         input=(2, 2, 6))
case("loss_ce_wide", CLASSES, "softmax_cross_entropy", data="wide")
case("loss_center", [dense(5, activation="tanh", name="embedding"), dense(4)],
     ["softmax_cross_entropy", {"center": {"input": "embedding", "classes": 4, "weight": 0.3}}], quick=True, batch=9)
# Without a bias: what compares samples with each other does not depend on it.
EMBEDDING = [dense(7, activation="tanh"), dense(3, name="embedding", bias=False)]
for kind, attributes in {"arcface": {"margin": 1.4, "scale": 4}, "cosface": {"margin": 0.1, "scale": 16},
                         "triplet": {"margin": 2.5}, "contrastive": {"margin": 3.0}}.items():
    case(f"loss_{kind}", EMBEDDING, {kind: 4}, quick=True, batch=9, learning_rate=1e-3)
    case(f"loss_{kind}_attributes", EMBEDDING, {kind: {"classes": 3, "weight": 0.7, **attributes}}, batch=9,
         optimizer="adam", regularizer={"l2": 0.05}, learning_rate=1e-3, quick=kind == "arcface")
    case(f"loss_{kind}_beside", [*EMBEDDING, dense(4)],
         ["softmax_cross_entropy", {kind: {"input": "embedding", "weight": 0.3}}], batch=9, learning_rate=1e-3)
case("loss_triplet_one_class", EMBEDDING, {"triplet": 1}, batch=4, learning_rate=1e-3)
case("loss_of_embeddings", [*EMBEDDING, "l2_normalize", dense(4)],
     [{"arcface": {"input": "embedding", "weight": 0.2}}, {"triplet": {"input": "l2_normalize_1"}},
      {"cosface": {"input": "embedding", "weight": 0.1, "initializer": {"normal": 0.5}}},
      {"contrastive": {"input": "l2_normalize_1", "weight": 0.3}}, {"center": {"input": "embedding", "weight": 0.4}},
      {"softmax_cross_entropy": {"weight": 0.7}}], batch=9, quick=True, learning_rate=1e-3)
case("loss_several", [dense(5, activation="tanh", name="a"), dense(4, name="b"), dense(3, name="c", input="a")],
     [{"softmax_cross_entropy": {"input": "b", "weight": 0.7}}, {"huber": {"input": "c", "target": "wanted", "weight": 2.5}},
      {"mse": {"input": "a", "target": "features", "weight": 0.1}}], quick=True, output="c")
case("loss_one_layer_twice", [dense(5, activation="tanh"), dense(3)], [{"mse": {"weight": 0.5}}, {"mae": {"weight": 0.25}}])
case("loss_autoencoder", [dense(3, activation="tanh"), dense(6)], {"mse": {"target": "input"}})
case("output_activation", CLASSES, "softmax_cross_entropy", output={"layer": "dense_2", "activation": "softmax"})
case("output_earlier", [dense(5, name="embedding", activation="tanh"), "batch_norm", dense(4)], "softmax_cross_entropy",
     output="embedding", batch=8)

case("loss_functional", [dense(5), "layer_norm"], "functional", quick=True, learning_rate=1e-3)

# ---- optimizers ----

SMALL = [dense(7, activation="tanh"), dense(3)]
OPTIMIZERS = {
    "sgd": "sgd",
    "momentum": {"sgd": {"momentum": 0.9}},
    "nesterov": {"sgd": {"momentum": 0.8, "nesterov": True}},
    "adam": "adam",
    "adam_betas": {"adam": {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}},
    "adamw": "adamw",
    "adamw_decay": {"adamw": {"weight_decay": 0.3, "beta2": 0.95}},
    "rmsprop": "rmsprop",
    "rmsprop_rho": {"rmsprop": {"rho": 0.7, "epsilon": 1e-4}},
    "rmsprop_momentum": {"rmsprop": {"momentum": 0.9}},
    "adagrad": "adagrad",
}
FALLING = {"step": {"start": 0.05, "every": 3, "factor": 0.5}}
for name, optimizer in OPTIMIZERS.items():
    plain = name in ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "rmsprop_momentum", "adagrad")
    case(f"opt_{name}", SMALL, optimizer=optimizer, quick=plain)
    case(f"opt_{name}_changed_rate", SMALL, optimizer=optimizer, learning_rate=FALLING)
    case(f"opt_{name}_all", SMALL, optimizer=optimizer, regularizer={"l2": 0.02, "l1": 0.003}, clip={"norm": 0.2})
    if plain:
        # One layer: a problem without valleys, in which rounding does not grow over a thousand steps.
        case(f"opt_{name}_thousand", [dense(3)], optimizer=optimizer, steps=1000, watch=(1, 2, 3, 30, 300, 1000),
             learning_rate={"exponential": {"start": 0.02, "factor": 0.5, "every": 100}}, quick=name == "adam")
# 1 - beta2^t is lost in the rounding of beta2^t, unless that is kept, too. A float holds this beta2.
case("opt_adam_slow", [dense(3)], optimizer={"adam": {"beta2": 0.9998779296875}}, learning_rate=0.5, quick=True)
case("opt_adamw_slow", [dense(3)], optimizer={"adamw": {"beta2": 0.9998779296875}}, learning_rate=0.5)

# ---- schedules ----

SCHEDULES = {
    "constant": {"constant": {"start": 0.05}},
    "step": {"step": {"start": 0.05, "every": 4, "factor": 0.5}},
    "multi_step": {"multi_step": {"start": 0.05, "at": [3, 7, 8], "factor": 0.3}},
    "exponential": {"exponential": {"start": 0.05, "factor": 0.8}},
    "exponential_every": {"exponential": {"start": 0.05, "factor": 0.5, "every": 3}},
    "linear": {"linear": {"start": 0.05, "steps": 15}},
    "linear_end": {"linear": {"start": 0.05, "end": 0.01, "steps": 9}},
    "polynomial": {"polynomial": {"start": 0.05, "steps": 15, "power": 2.0}},
    "polynomial_end": {"polynomial": {"start": 0.05, "end": 0.01, "steps": 9, "power": 0.5}},
    "cosine": {"cosine": {"start": 0.05, "steps": 15}},
    "cosine_end": {"cosine": {"start": 0.05, "end": 0.01, "steps": 9}},
}
for name, schedule in SCHEDULES.items():
    (kind, attributes), = schedule.items()
    case(f"rate_{name}", SMALL, learning_rate=schedule, steps=20, quick=name == kind)
    case(f"rate_{name}_warm_up", SMALL, learning_rate={kind: {**attributes, "warm_up": 5}}, steps=20, quick=name == "cosine",
         optimizer={"sgd": {"momentum": 0.9}})
case("rate_warm_up_one", SMALL, learning_rate={"constant": {"start": 0.05, "warm_up": 1}})

# ---- regularizers and clips ----

case("reg_l1", SMALL, regularizer={"l1": 0.01}, quick=True)
case("reg_l2", SMALL, regularizer={"l2": 0.05}, quick=True)
case("reg_both", SMALL, regularizer={"l2": 0.05, "l1": 0.01}, optimizer="adam")
case("reg_both_adamw", SMALL, regularizer={"l2": 0.05, "l1": 0.01}, optimizer="adamw", quick=True)
case("reg_frozen", [dense(7, activation="tanh"), dense(5, trainable=False), dense(3)], regularizer={"l2": 0.05, "l1": 0.01})
case("reg_batch_norm", [dense(17, bias=False), "batch_norm", "relu", dense(3)], regularizer={"l2": 0.1, "l1": 0.02}, batch=8)
case("clip_value", SMALL, clip={"value": 0.05}, quick=True)
case("clip_norm", SMALL, clip={"norm": 0.1}, quick=True)
case("clip_norm_idle", SMALL, clip={"norm": 1000.0})
case("clip_norm_frozen", [dense(7, activation="tanh"), dense(5, trainable=False), dense(3)], clip={"norm": 0.1})
case("clip_value_regularizer", SMALL, clip={"value": 0.05}, regularizer={"l2": 0.5, "l1": 0.1}, optimizer="adam")
case("clip_norm_regularizer", SMALL, clip={"norm": 0.1}, regularizer={"l2": 0.5, "l1": 0.1},
     optimizer={"sgd": {"momentum": 0.9}})

# ---- gradients that are consumed at once ----

for name, keys in {"sgd": {}, "momentum": {"optimizer": {"sgd": {"momentum": 0.9}}}, "adam": {"optimizer": "adam"},
                   "regularizer": {"regularizer": {"l2": 0.05, "l1": 0.01}},
                   "clip": {"clip": {"value": 0.05}, "optimizer": "rmsprop"}}.items():
    case(f"fused_{name}", [dense(7, activation="tanh"), dense(5, activation="relu"), dense(3)], update="fused",
         quick=name == "adam", **keys)
case("fused_loss", EMBEDDING, {"arcface": {"classes": 4, "scale": 8}}, update="fused", optimizer={"sgd": {"momentum": 0.9}},
     regularizer={"l2": 0.05}, batch=9, quick=True)
case("fused_norm", [dense(7, bias=False), "batch_norm", "relu", {"dropout": 0.2}, dense(5), "layer_norm", dense(3)],
     update="fused", batch=8)
case("fused_forks", [dense(6, name="a", activation="tanh"), dense(6, name="b"), dense(6, name="c", input="a"),
                     {"add": {"inputs": ["b", "c", "a"]}}, dense(5, trainable=False), dense(3)], update="fused",
     optimizer="adam")
case("fused_conv2d", [{"conv2d": {"filters": 4, "kernel": 3}}, "tanh", {"conv2d": {"filters": 3, "kernel": 2}}, "flatten",
                      dense(3)], input=(6, 5, 2), batch=3, update="fused")

# ---- shared parameters ----

TWINS = [dense(5, input="left", name="a", activation="tanh"), {"dense": {"share": "a", "input": "right", "name": "b",
                                                                         "activation": "sigmoid"}}]
LEFT_AND_RIGHT = dict(input={"left": [2, 6], "right": [2, 6]})
case("share", [*TWINS, {"multiply": {"inputs": ["a", "b"]}}, dense(3)], quick=True, **LEFT_AND_RIGHT)
case("share_chain", [dense(6, name="w", activation="tanh"), {"dense": {"share": "w", "activation": "tanh"}},
                     {"dense": {"share": "dense_2"}}, {"add": {"inputs": ["w", "dense_3"]}}, dense(3)],
     optimizer="adam", regularizer={"l2": 0.05, "l1": 0.01}, clip={"norm": 0.3})
case("share_statistics", [dense(7, input="left", name="a", bias=False), {"batch_norm": {"name": "n", "momentum": 0.2}},
                          {"relu": {"name": "x"}}, {"dense": {"share": "a", "input": "right"}}, {"batch_norm": {"share": "n"}},
                          {"tanh": {"name": "y"}}, {"dense": {"share": "a", "input": "left"}}, {"batch_norm": {"share": "n"}},
                          {"add": {"inputs": ["x", "y", "batch_norm_3"]}}, dense(3)], batch=8, quick=True, **LEFT_AND_RIGHT)
case("share_conv2d", [{"conv2d": {"filters": 2, "kernel": 3, "padding": "same", "name": "c"}}, "tanh",
                      {"conv2d": {"share": "c"}}, "tanh", {"conv2d": {"share": "c", "bias": True}}, "flatten", dense(3)],
     input=(6, 5, 2), batch=3)
case("share_frozen", [dense(6, name="w", activation="tanh", trainable=False), dense(6), {"dense": {"share": "w"}}, dense(3)])
case("share_fused", [*TWINS, {"concat": {"inputs": ["a", "b"]}}, dense(10, name="c"), {"dense": {"share": "c"}}, dense(3)],
     update="fused", optimizer="adam", regularizer={"l2": 0.05}, quick=True, **LEFT_AND_RIGHT)
case("share_two_losses", [dense(6, name="w", activation="tanh"), {"dense": {"share": "w", "name": "again"}}, dense(3)],
     [{"mse": {"weight": 0.5}}, {"mae": {"input": "w", "target": "first"}}, {"huber": {"input": "again", "target": "second"}}])

# ---- several inputs ----

case("inputs_two", [dense(5, input="left", name="a", activation="tanh"), dense(5, input="right", name="b"),
                    {"concat": {"inputs": ["a", "b"]}}, dense(3)], input={"left": [2, 3], "right": [2, 4]})


# ---- data ----

def inputs_of(case, random, port, real):
    shape = (case.spec["train"]["batch"], *port.shape[:port.rank])
    if case.data == "ties":
        return random.integers(0, 3, shape).astype(real)
    return ((8.0 if case.data == "wide" else 1.0) * random.standard_normal(shape)).astype(real)


def target_of(kind, random, port, batch, real):
    """A batch of targets that the loss `kind` may read."""
    shape = (batch, *port.shape[:port.rank])
    if port.classes:
        return random.integers(0, port.classes, shape).astype(np.int32)
    if kind == "hinge":
        return random.choice([-1.0, 1.0], shape).astype(real)
    if kind == "binary_cross_entropy":
        return random.random(shape).astype(real)
    values = random.standard_normal(shape)
    if kind in ("softmax_cross_entropy", "kl_divergence"):
        values = np.exp(values) / np.exp(values).sum(-1, keepdims=True)
    return values.astype(real)
