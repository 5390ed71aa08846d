"""norm_cases.py - networks of normalizations, prelu, spatial dropout and joins with broadcast over a grid of attributes,
frozen batch_norm, and the optimizers adadelta and lion; added to the cases by being imported."""
import norm_layers  # noqa: F401
from cases import FALLING, SMALL, case, dense

VECTOR, ROWS, MAP, CUBE = (6,), (4, 6), (3, 5, 6), (2, 3, 2, 6)
SHAPES = {"vector": VECTOR, "rows": ROWS, "map": MAP, "cube": CUBE}


def around(layer, channels, bias=True):
    """The layer between others, so that its input has a gradient and its output is no loss's input."""
    return [dense(channels, bias=bias), layer, "tanh", dense(3)]


# ---- prelu ----

for slopes in ("channels", "one"):
    for name, shape in SHAPES.items():
        case(f"prelu_{slopes}_{name}", around({"prelu": {"slopes": slopes}}, 7), input=shape, quick=name == "map")
    case(f"prelu_{slopes}_single", around({"prelu": {"slopes": slopes}}, 1), input=(5, 1), batch=1)
    case(f"prelu_{slopes}_input", [{"prelu": {"slopes": slopes}}, dense(3)], input=MAP, optimizer="adam")
case("prelu_activation", [dense(11, activation="prelu"), dense(5, activation={"prelu": {"slopes": "one"}}), dense(2)],
     regularizer={"l2": 0.1})
case("prelu_frozen", [dense(7), {"prelu": {"trainable": False}}, dense(3)])

# ---- group_norm: one channel a group, one group, odd and prime sizes ----

FIRST = ["dense_1.weight", "dense_1.bias"]  # where what follows undoes their scale and shift, their gradient is noise

for groups, channels in ((1, 7), (7, 7), (2, 6), (3, 15), (13, 39), (1, 1)):
    for name, shape in SHAPES.items():
        if name == "vector" and groups == channels:  # a group of one element has no variance
            continue
        case(f"group_norm_{groups}_of_{channels}_{name}", around({"group_norm": groups}, channels), input=shape,
             quick=(groups, name) == (3, "map"), batch=3,
             noise=[*FIRST, "group_norm_1.beta"] if groups == channels else [])
case("group_norm_epsilon", around({"group_norm": {"groups": 2, "epsilon": 0.1}}, 6), input=MAP, batch=1, optimizer="adam")
case("group_norm_input", [{"group_norm": {"groups": 3}}, dense(3)], input=(5, 7, 6))

# ---- instance_norm ----

for affine in (False, True):
    for name, shape in (("rows", ROWS), ("map", MAP), ("cube", CUBE), ("prime", (7, 11, 2)), ("single", (5, 1))):
        channels = 1 if name == "single" else 5
        case(f"instance_norm_{name}{'_affine' if affine else ''}",
             around({"instance_norm": {"affine": affine}}, channels, bias=False), input=shape, batch=3, quick=name == "map",
             noise=FIRST if name == "single" else [])
    case(f"instance_norm_epsilon{'_affine' if affine else ''}",
         around({"instance_norm": {"affine": affine, "epsilon": 0.05}}, 3, bias=False), input=MAP, batch=1)
case("instance_norm_after_bias", around("instance_norm", 4), input=MAP, noise=["dense_1.bias"])

# ---- layer_norm over a sample ----

for name, shape in SHAPES.items():
    case(f"layer_norm_sample_{name}", around({"layer_norm": {"over": "sample"}}, 7), input=shape, quick=name == "map")
    case(f"layer_norm_channels_{name}", around({"layer_norm": {"over": "channels"}}, 5), input=shape)
case("layer_norm_sample_epsilon", around({"layer_norm": {"over": "sample", "epsilon": 0.02}}, 1), input=(7, 3, 2), batch=1,
     noise=FIRST)
case("layer_norm_sample_input", [{"layer_norm": {"over": "sample"}}, dense(3)], input=MAP, optimizer="adam")

# ---- local_response_norm: windows of any size, also wider than the channels ----

for size in (1, 2, 3, 4, 5, 8, 19):
    case(f"local_response_norm_{size}", around({"local_response_norm": {"size": size, "alpha": 0.7}}, 7), input=MAP, batch=2)
case("local_response_norm", around({"local_response_norm": 5}, 11), input=ROWS, quick=True)
case("local_response_norm_alexnet", around({"local_response_norm": {"size": 5, "alpha": 5e-4, "beta": 0.75, "k": 2}}, 13),
     input=MAP)
case("local_response_norm_beta", around({"local_response_norm": {"size": 3, "alpha": 2.0, "beta": 1.5, "k": 0.5}}, 7),
     input=VECTOR, quick=True)
case("local_response_norm_single", around({"local_response_norm": {"size": 3, "alpha": 1.0}}, 1), input=(5, 2), batch=1)
case("local_response_norm_wide", around({"local_response_norm": {"size": 4, "alpha": 0.3}}, 9), input=MAP, data="wide",
     learning_rate=1e-3)

# ---- l2_normalize: fewer than 16 channels, a multiple of 16, and others ----

for channels in (1, 7, 16, 17, 32, 35):
    case(f"l2_normalize_{channels}", [dense(channels), "l2_normalize", dense(3)], quick=channels == 35, batch=3,
         noise=FIRST if channels == 1 else [])
for name, shape in SHAPES.items():
    case(f"l2_normalize_{name}", around("l2_normalize", 5), input=shape, quick=name == "map")
case("l2_normalize_short", around({"l2_normalize": {"epsilon": 1.5}}, 2), input=MAP)  # some rows below it, some above
case("l2_normalize_tiny", around({"l2_normalize": {"epsilon": 30.0}}, 5), input=ROWS, batch=1)

# ---- spatial_dropout ----

for name, shape in SHAPES.items():
    case(f"spatial_dropout_{name}", around({"spatial_dropout": 0.3}, 7), input=shape, quick=name == "map")
case("spatial_dropout_default", [{"spatial_dropout": {}}, *around({"spatial_dropout": {"rate": 0.0}}, 4)], input=MAP, batch=1)
case("spatial_dropout_both", around({"spatial_dropout": 0.5}, 5)[:2] + [{"dropout": 0.25}, dense(2)], input=ROWS,
     optimizer="adam", update="fused")

# ---- batch_norm of any rank, and frozen ----

for name, shape in SHAPES.items():
    case(f"batch_norm_{name}", around("batch_norm", 7, bias=False), input=shape, batch=8, quick=name == "cube")
    case(f"batch_norm_frozen_{name}", around({"batch_norm": {"trainable": False}}, 7), input=shape, quick=name == "map")
for momentum in (0.0, 0.01, 0.9, 1.0):
    case(f"batch_norm_momentum_{momentum}".replace(".", "_"), around({"batch_norm": {"momentum": momentum}}, 3, bias=False),
         input=MAP, batch=2)
case("batch_norm_single", around({"batch_norm": {"epsilon": 0.01}}, 1, bias=False), input=(3, 5, 1), batch=1)
case("batch_norm_frozen_one", around({"batch_norm": {"trainable": False, "epsilon": 0.3}}, 5), input=VECTOR, batch=1,
     optimizer="adam")
case("batch_norm_frozen_first", [{"batch_norm": {"trainable": False}}, dense(3)], input=MAP)
case("batch_norm_frozen_behind", [dense(5, trainable=False), {"batch_norm": {"trainable": False}}, "relu", dense(3)],
     input=ROWS)
case("batch_norm_frozen_and_not", [dense(7, bias=False), "batch_norm", "relu", dense(6), {"batch_norm": {"trainable": False}},
                                   "relu", dense(5, bias=False), "batch_norm", dense(3)], input=ROWS, quick=True)
case("batch_norm_frozen_fork", [dense(6, name="a"), {"batch_norm": {"trainable": False, "name": "b"}},
                                {"batch_norm": {"trainable": False, "input": "a", "name": "c"}},
                                {"add": {"inputs": ["a", "b", "c"]}}, dense(3)], update="fused")

# ---- joins of a map with a vector, and with a map of one position ----

for join in ("add", "multiply"):
    for name, vector in (("vector", [5]), ("pooled", [1, 1, 5])):
        for side, batch, channels in (((3, 4), 5, 7), ((1, 2), 1, 1), ((5, 1), 3, 2)):
            size = "x".join(str(s) for s in side)
            case(f"{join}_{name}_{size}", [dense(channels, name="m", input="map", activation="tanh"),
                                           dense(channels, name="v", input="vector", activation="sigmoid"),
                                           {join: {"inputs": ["m", "v"]}}, dense(3)],
                 input={"map": [*side, 6], "vector": vector}, batch=batch, quick=(name, batch) == ("pooled", 5))
    case(f"{join}_map_vector_vector", [dense(7, name="m", input="map"), dense(7, name="v", input="vector"),
                                       dense(7, name="u", input="vector", activation="tanh"),
                                       {join: {"inputs": ["m", "v", "u"]}}, dense(3)],
         input={"map": [3, 4, 6], "vector": [5]})
case("squeeze_and_excite", [dense(6, name="m", activation="relu"), "flatten", dense(2, activation="relu"),
                            dense(6, name="gate", activation="sigmoid"), {"multiply": {"inputs": ["m", "gate"]}}, dense(3)],
     input=MAP, quick=True)
case("squeeze_and_excite_residual", [dense(6, name="m"), "flatten", dense(2, activation="relu"), dense(6, activation="sigmoid"),
                                     {"reshape": {"shape": [1, 1, 6], "name": "gate"}},
                                     {"multiply": {"inputs": ["m", "gate"], "name": "excited"}},
                                     {"add": {"inputs": ["m", "excited"]}}, "relu", dense(3)], input=MAP, optimizer="adam")

# ---- optimizers ----

OPTIMIZERS = {
    "adadelta": "adadelta",
    "adadelta_rho": {"adadelta": {"rho": 0.6, "epsilon": 1e-4}},
    "lion": "lion",
    "lion_betas": {"lion": {"beta1": 0.5, "beta2": 0.7}},
    "lion_decay": {"lion": {"weight_decay": 0.3}},
}
for name, optimizer in OPTIMIZERS.items():
    rate = 1.0 if "adadelta" in name else 0.01
    case(f"opt_{name}", SMALL, optimizer=optimizer, learning_rate=rate, quick=True)
    case(f"opt_{name}_changed_rate", SMALL, optimizer=optimizer, learning_rate=FALLING)
    case(f"opt_{name}_all", SMALL, optimizer=optimizer, regularizer={"l2": 0.02, "l1": 0.003}, clip={"norm": 0.2})
    case(f"opt_{name}_fused", SMALL, optimizer=optimizer, learning_rate=rate, update="fused")
    case(f"opt_{name}_thousand", [dense(3)], optimizer=optimizer, steps=1000, watch=(1, 2, 3, 30, 300, 1000),
         learning_rate={"exponential": {"start": rate, "factor": 0.5, "every": 100}})

# ---- one_cycle ----

ONE_CYCLE = {
    "": {"steps": 20},
    "_behind": {"steps": 9},
    "_late": {"steps": 15, "pct_start": 0.8},
    "_short": {"steps": 2},
    "_at_once": {"steps": 10, "pct_start": 0.0},
    "_factors": {"steps": 13, "div_factor": 4.0, "final_div_factor": 50.0},
}
for name, attributes in ONE_CYCLE.items():
    case(f"rate_one_cycle{name}", SMALL, learning_rate={"one_cycle": {"start": 0.05, **attributes}}, steps=20, quick=not name)
case("rate_one_cycle_warm_up", SMALL, learning_rate={"one_cycle": {"start": 0.05, "steps": 20, "warm_up": 5}}, steps=20,
     optimizer={"sgd": {"momentum": 0.9}})
