"""program.py - faces, built for a network; and photographs of people who do not exist. Standard library only."""
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess

import safetensors
from toolbox import NNC, ROOT, run

HERE = pathlib.Path(__file__).parent
SIDE = 16  # pixels of a photograph
ACCEPTED, ERROR, USAGE, REJECTED = 0, 1, 2, 3  # exit statuses


def random_weights(path, seed):
    """For small.yaml."""
    draw = random.Random(seed)
    shapes = {"conv2d_1.weight": (3, 3, 1, 6), "conv2d_1.bias": (6,), "embedding.weight": (7 * 7 * 6, 24),
              "embedding.bias": (24,)}
    tensors = {}
    for name, shape in shapes.items():
        numbers = [0.0 if name.endswith("bias") else draw.gauss(0, 0.2) for _ in range(math.prod(shape))]
        tensors[name] = ("F32", list(shape), struct.pack(f"<{len(numbers)}f", *numbers))
    path.write_bytes(safetensors.file_bytes(tensors))
    return path


def build(folder, weights, *settings):
    """The path of the program."""
    run(["make", "-s", "-j2", "-C", ROOT / "examples" / "faces", f"NNC={NNC}", f"B={folder}", f"WEIGHTS={weights}",
         *settings])
    return folder / "faces"


class Faces:
    def __init__(self, path, before=()):
        """before: words before the command."""
        self.path, self.before = path, before

    def start(self, *words, **options):
        return subprocess.Popen([*self.before, self.path, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def __call__(self, *words, **options):
        """(status, output, error)"""
        done = subprocess.run([*self.before, self.path, *words], capture_output=True, timeout=300, check=False, **options)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def embeddings(self, paths):
        """Of 60 photographs at a time."""
        rows = []
        for at in range(0, len(paths), 60):
            status, output, error = self("embed", *paths[at:at + 60])
            if status:
                raise RuntimeError(error)
            rows += [[float(number) for number in line.split(",")] for line in output.splitlines()]
        return rows


def pixels(person, photograph, noise):
    draw, other = random.Random(person), random.Random(person * 1000 + photograph)
    face = [draw.uniform(60, 195) for _ in range(SIDE * SIDE)]
    return bytes(min(255, max(0, round(value + other.gauss(0, noise)))) for value in face)


def pgm(picture):
    return f"P5\n{SIDE} {SIDE}\n255\n".encode() + picture


def album(folder, people, photographs, noise=40):
    """DIR/p1/p1_0001.pgm and so on; {path: (person, pixels)}."""
    found = {}
    for person in range(1, people + 1):
        (folder / f"p{person}").mkdir(parents=True, exist_ok=True)
        for k in range(1, photographs + 1):
            path = folder / f"p{person}" / f"p{person}_{k:04d}.pgm"
            picture = pixels(person, k, noise)
            path.write_bytes(pgm(picture))
            found[str(path)] = (person, picture)
    return found


def without_privileges():
    """Words before a command, with which even root may do only what a file's mode allows; None if there are none."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if shutil.which("setpriv") else None
