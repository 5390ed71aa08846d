"""memory.py - the memory plan of the networks of MLPerf Tiny: against a bound of its own reckoning (bound.py), against
the figures that are asked of it, and with values made again in the backward pass, which must not change a bit.

Ends with `N passed, N failed`."""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "common"))
import bound  # noqa: E402
import toolbox  # noqa: E402

SPECS = toolbox.ROOT / "specs"
# Published counts: trained parameters; multiply-adds of convolutions and dense layers. The bytes that a prediction may
# need at once with its input (the bound of MLPerf Tiny's networks in 32-bit floats). The batch of training: statistics
# of a single vector say nothing, so the autoencoder trains on two.
NETWORKS = {
    "ds_cnn": {"trained": 23756, "macs": 2656768, "inference": 64000, "batch": 1},
    "mobilenet_v1_025": {"trained": 216322, "macs": 7489664, "inference": 221184, "batch": 1},
    "resnet8": {"trained": 78186, "macs": 12501632, "inference": 196608, "batch": 1},
    "autoencoder_ad": {"trained": 267928, "macs": 264192, "inference": 3072, "batch": 2},
}
# What the activations take that are kept if batch normalisation is folded, with the two largest gradients. Values that
# are kept besides (what a normalisation reads) must be made again to get there.
FOLDED = {"ds_cnn": 284 * 1024 + 2 * 32000, "mobilenet_v1_025": 1015 * 1024 + 2 * 73728,
          "resnet8": 461 * 1024 + 2 * 65536}
CLOSE = 1.05

passed = failed = 0


def check(good, what):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f"FAILED {what}")


def report(spec, *options):
    """The report's JSON; the status is 1 where a budget does not suffice."""
    done = subprocess.run([toolbox.NNC, "report", spec, "--json", *map(str, options)], capture_output=True, text=True)
    if not done.stdout:
        raise toolbox.Refused(done.stderr.strip())
    return json.loads(done.stdout)


def check_counts(name, wanted):
    told = report(SPECS / f"{name}.yaml", "--batch", wanted["batch"])
    check(told["parameters"]["trained"] == wanted["trained"],
          f"{name}: {told['parameters']['trained']} trained parameters, {wanted['trained']} are published")
    check(told["macs"]["prediction"] == wanted["macs"],
          f"{name}: {told['macs']['prediction']} multiply-adds, {wanted['macs']} are published")
    check(told["memory"]["inference_with_input"] <= wanted["inference"],
          f"{name}: a prediction has {told['memory']['inference_with_input']} bytes alive, more than {wanted['inference']}")
    return told


def check_near(what, reached, least):
    print(f"  {what:<36}{reached:>12,} bytes, bound {least:>12,}  {100 * (reached / least - 1):+.2f} %")
    check(reached <= CLOSE * least, f"{what}: {reached} bytes, more than 5 % above {least}")
    check(reached >= least / CLOSE, f"{what}: {reached} bytes, below the bound of {least}: one of them is wrong")


def check_bounds(name, told, batch):
    least = 4 * bound.inference(bound.Network(told, 1, False))
    check_near(f"{name}, prediction", told["memory"]["inference"], least)
    least = 4 * bound.training(bound.Network(told, batch, True))
    check_near(f"{name}, training at batch {batch}", told["memory"]["arena"], least)
    check(told["memory"]["arena"] >= told["memory"]["arena_bound"], f"{name}: the arena is smaller than its own bound")


# ---- values made again ----

def with_budget(spec, arena, told, folder, update="separate"):
    """The spec with a budget that leaves this many bytes to the arena."""
    memory = told["memory"]
    ram = memory["training"] - memory["arena"] + arena
    text = spec.read_text().replace("train: {", f"train: {{recompute: auto, update: {update}, ", 1)
    path = pathlib.Path(folder) / f"{spec.stem}_{arena}_{update}.yaml"
    path.write_text(f"{text}\nmemory: {{ram: {ram}}}\n")
    return path


def hash_of(spec, folder, batch, *options):
    """What three steps of training leave behind."""
    folder = pathlib.Path(folder) / spec.stem
    source = toolbox.generate(spec, folder, "--describe", "--batch", batch, "--numerics", "separate", *options)
    program = folder / "program"
    toolbox.run(["cc", "-std=c11", "-O0", "-ffp-contract=off", *toolbox.RUNTIME,
                 f"-DNETWORKS=X({toolbox.network_name(spec)})", toolbox.DRIVER, source, "-o", program])
    return toolbox.run([program, 3])


def check_recomputed(name, arena, folder):
    spec = SPECS / f"{name}.yaml"
    batch = NETWORKS[name]["batch"]
    told = report(spec, "--batch", batch)
    budget = with_budget(spec, arena, told, folder)
    again = report(budget, "--batch", batch)
    print(f"  {name}: {told['memory']['arena']:,} bytes of arena, {again['memory']['arena']:,} with "
          f"{again['memory']['repeated_steps']} steps repeated; {arena:,} were allowed")
    check(again["memory"]["arena"] <= arena, f"{name}: {again['memory']['arena']} bytes of arena, {arena} allowed")
    check(again["memory"]["repeated_steps"] > 0, f"{name}: nothing is repeated")
    check(hash_of(budget, folder, batch) == hash_of(spec, folder, batch), f"{name}: repeating steps changes the bits")


def check_recomputed_fused(name, folder):
    """With each gradient consumed at once, what is made again must use parameters that have not changed yet."""
    spec = SPECS / f"{name}.yaml"
    kept = pathlib.Path(folder) / f"{name}_kept.yaml"
    kept.write_text(spec.read_text().replace("train: {", "train: {update: fused, ", 1))
    told = report(kept, "--batch", 1)
    budget = with_budget(spec, told["memory"]["arena"] * 2 // 3, told, folder, "fused")
    again = report(budget, "--batch", 1)
    check(again["memory"]["gradients"] == 0 and again["memory"]["repeated_steps"] > 0, f"{name}: fused, nothing repeated")
    check(hash_of(budget, folder, 1) == hash_of(kept, folder, 1), f"{name}: fused, repeating steps changes the bits")


def check_least(name, folder):
    """A budget that nothing can meet: the least is told, and it is met if it is given."""
    spec = SPECS / f"{name}.yaml"
    batch = NETWORKS[name]["batch"]
    told = report(spec, "--batch", batch)
    budget = with_budget(spec, 0, told, folder)
    done = subprocess.run([toolbox.NNC, "report", budget, "--batch", str(batch)], capture_output=True, text=True)
    words = [line for line in done.stderr.splitlines() if "are the least" in line]
    check(done.returncode == 1 and len(words) == 1, f"{name}: the least is not told: {done.stderr}")
    if not words:
        return
    least = int(words[0].split()[1])
    given = pathlib.Path(folder) / f"{name}_least.yaml"
    given.write_text(budget.read_text().rsplit("memory:", 1)[0] + f"memory: {{ram: {least}}}\n")
    again = report(given, "--batch", batch)
    print(f"  {name}: {again['memory']['arena']:,} bytes of arena are the least")
    check(again["budgets"]["ram"]["ok"], f"{name}: {least} bytes were told to be enough")


def main():
    print("against a bound of its own:")
    for name, wanted in NETWORKS.items():
        told = check_counts(name, wanted)
        check_bounds(name, told, wanted["batch"])
    print("values made again:")
    with tempfile.TemporaryDirectory() as folder:
        check_recomputed("resnet8", 290 * 1024, folder)
        half = report(SPECS / "mobilenet_v1_025.yaml", "--batch", 1)["memory"]["arena"] // 2
        check_recomputed("mobilenet_v1_025", half, folder)
        for name, bytes_ in FOLDED.items():
            check_recomputed(name, bytes_, folder)
        check_recomputed_fused("resnet8", folder)
        for name in NETWORKS:
            check_least(name, folder)
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or not passed


if __name__ == "__main__":
    sys.exit(main())
