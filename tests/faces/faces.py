"""faces.py BUILD SANITIZE [--full] - examples/faces, built for small.yaml with random weights: under the sanitizers, with
other weights, and as a user builds it. With --full and $DATA: with MobileFaceNet too."""
import pathlib
import shutil
import subprocess
import sys

import figures
import program
import published
import robust
from toolbox import NNC, ROOT, Count


class Strict(Count):
    """A problem without a word is one all the same."""

    def check(self, name, problem=None):
        super().check(name, problem if problem is None else problem or "it is not so")


def check_builds(count, folder, weights):
    """What make is given wrong: words say so, and no program is made."""
    spec, flat = program.HERE / "small.yaml", folder / "flat.yaml"
    flat.write_text("network: flat\ninput: [4]\nlayers: [{dense: 3}]\n")
    for name, settings, words in (
            ("without weights", [f"SPEC={spec}", "WEIGHTS="], "Which weights?"),
            ("a scale that is no number", [f"SPEC={spec}", f"WEIGHTS={weights}", "SCALE=twice"], "'twice' is no number"),
            ("a mirror", [f"SPEC={spec}", f"WEIGHTS={weights}", "MIRROR=maybe"], "MIRROR is yes or no"),
            ("a network of no picture", [f"SPEC={flat}", f"WEIGHTS={weights}"], "error: ")):
        done = subprocess.run(["make", "-s", "-C", ROOT / "examples" / "faces", f"NNC={NNC}", f"B={folder / 'refused'}",
                               *settings], capture_output=True, text=True, check=False)
        good = done.returncode and words in done.stderr and not (folder / "refused" / "faces").exists()
        count.check(f"make, {name}", None if good else f"status {done.returncode}: {done.stderr}")


def check_description(count, work, weights):
    """Scale and offset as a description may say them."""
    text = (program.HERE / "small.yaml").read_text().split("data:")[0]
    for number, (data, what) in enumerate((
            ("data: {format: idx, train: {inputs: a, targets: b}, scale: 1/255}  # scale: 7\n", "as pixel * 0.00392157 + 0"),
            ("data:\n  offset: -1.5e-1 # offset: 7\n  format: idx\n  train: {inputs: a, targets: b}\n",
             "as pixel * 1 + -0.15"),
            ("", "as pixel * 0.0078125 + -0.996094"))):
        spec = work / f"described{number}.yaml"
        spec.write_text(text + data)
        faces = program.Faces(program.build(work / "described", weights, f"SPEC={spec}"))
        output = faces("network")[1]
        count.check(f"make, {data[:40]!r}", None if what in output else output)


def check_settings(count, work, build, weights, plain):
    """Scale, offset and mirroring are part of what an embedding is."""
    spec = f"SPEC={program.HERE / 'small.yaml'}"
    photograph = list(program.album(work / "settings", 1, 1))[0]
    flipped = work / "settings" / "flipped.pgm"
    picture = program.pixels(1, 1, 40)
    flipped.write_bytes(program.pgm(b"".join(picture[at:at + 16][::-1] for at in range(0, 256, 16))))
    gallery = str(work / "settings" / "gallery.faces")
    plain("enroll", gallery, "Ada", photograph)
    for settings, what in ((["SCALE=1/255"], "as pixel * 0.00392157 + 0"), (["MIRROR=yes"], "and mirrored"),
                           (["OFFSET=-127.5/128", "SCALE=1/128"], "0.0078125 + -0.996094")):
        other = program.Faces(program.build(build / "settings", weights, spec, *settings))
        output = other("network")[1]
        count.check(f"make {' '.join(settings)}", None if what in output else output)
        status, output, error = other("list", gallery)
        words = "another network than this program's: how pixels are scaled, shifted or mirrored for it differs"
        count.check(f"a gallery without {' '.join(settings)}", None if status == 1 and words in error else output + error)
        one, turned = other.embeddings([photograph, str(flipped)])
        apart = max(abs(a - b) for a, b in zip(one, turned))
        as_wanted = apart < 1e-6 if settings == ["MIRROR=yes"] else apart > 1e-2
        count.check(f"make {' '.join(settings)}: a mirror image", None if as_wanted else f"{apart} apart")


def main(build, sanitize, *options):
    build, full = pathlib.Path(build), "--full" in options
    work = build / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    count = Strict()
    spec = f"SPEC={program.HERE / 'small.yaml'}"
    weights = program.random_weights(work / "w.safetensors", 1)
    others = program.random_weights(work / "others.safetensors", 2)
    strict = "WARNINGS=-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
    clean, other, plain = (program.Faces(path) for path in (
        count.attempt("make, under the sanitizers", lambda: program.build(
            build / "clean", weights, spec, strict, f"CFLAGS=-O1 {sanitize}")),
        count.attempt("make, with other weights", lambda: program.build(
            build / "other", others, spec, strict, "TARGET=c")),
        count.attempt("make", lambda: program.build(build / "plain", weights, spec, strict))))
    if count.failed:
        return count.finish()
    for check in (robust.check_use, robust.check_photographs, robust.check_names, robust.check_folder_modes,
                  robust.check_full_disk, robust.check_half_done, robust.check_readers, figures.check_folder,
                  figures.check_pairs, figures.check_threshold):
        folder = work / check.__name__
        folder.mkdir()
        check(count, clean, folder)
    (work / "galleries").mkdir()
    robust.check_galleries(count, clean, other, work / "galleries")
    robust.check_usage(count, clean)
    (work / "killed").mkdir()
    robust.check_killed(count, plain, work / "killed", 40 if full else 6)
    check_builds(count, work, weights)
    check_description(count, work, weights)
    check_settings(count, work, build, weights, plain)
    if full:
        published.check(count, build, work)
    return count.finish()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
