"""by_differences.py - part (b): `nnc check` compares every gradient with differences of the network's own loss.

Differences have limits of their own: a network of many kinks has few points that are smooth all around, one of steep
curvature none where a difference is exact. So data are drawn anew, three times. Where a kink then still stands in every
way, nothing is said of the gradient, and that is counted. A difference that is another number is a failure, unless
PyTorch has found the same gradients (see networks.py), and is counted in any case."""
import dataclasses
import os
import re
import subprocess

from toolbox import NNC, TEMPLATES
from verdict import EQUAL, FAILED, ILL, Verdict

SEEDS = (1, 2, 3)


def check_once(path, compiler, seed):
    done = subprocess.run([NNC, "check", path, "--seed", str(seed), "--target", "c", "--templates",
                           TEMPLATES[1]], capture_output=True, text=True,
                          env={**os.environ, "CC": compiler, "TMPDIR": str(path.parent)})
    lines = (done.stdout + done.stderr).splitlines()
    worst = re.search(r"worst relative error ([\d.e+-]+)", done.stdout)
    if done.returncode == 0:
        return Verdict(EQUAL, figures=(float(worst.group(1)),))
    wrong = [line for line in lines if "WRONG" in line or "gives two results" in line or "changes the parameters" in line]
    kinks = [line for line in lines if "because of kinks" in line or "KINKED" in line]
    words = (wrong or kinks or [line for line in lines if "error" in line or "bug" in line] or lines or ["no word"])[0]
    kind = "WRONG" if wrong and "WRONG" in wrong[0] else "kinks" if kinks else words[:40]
    return Verdict(FAILED, f"nnc check --seed {seed} ends with {done.returncode}: {' '.join(words.split())}", kind)


def by_differences(path, compiler):
    """The first of three seeds that agrees, or the first one's failure."""
    verdicts = []
    for seed in SEEDS:
        verdicts.append(check_once(path, compiler, seed))
        if verdicts[-1].state == EQUAL:
            words = "" if len(verdicts) == 1 else f"{verdicts[0].kind} with the first seed"
            return Verdict(EQUAL, words, figures=verdicts[-1].figures)
        if verdicts[-1].kind not in ("WRONG", "kinks"):
            break
    if all(verdict.kind == "kinks" for verdict in verdicts):
        return dataclasses.replace(verdicts[0], state=ILL)
    return next(verdict for verdict in verdicts if verdict.kind != "kinks")
