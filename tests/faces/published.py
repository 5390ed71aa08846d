"""published.py - MobileFaceNet with the weights that its authors published, on faces of LFW and ORL: the figures that are
known, and the time of a photograph. The data are for research and no part of the project: $DATA/mobilefacenet, $DATA/lfw
and $DATA/orl."""
import csv
import os
import pathlib
import subprocess
import sys
import tarfile

import program
from figures import table
from toolbox import ROOT, Refused, nnc

COSINE, EMBEDDING = 2e-3, 1e-3  # limits of differences: absolute, and of vectors of length 1


def missing(data):
    for name in ("mobilefacenet/mobilefacenet.param", "mobilefacenet/ref-lfw-fold1-cosine.csv", "lfw/pairs.txt"):
        if not (data / name).exists():
            return f"there is no $DATA/{name}"
    try:
        import numpy  # pylint: disable=unused-import,import-outside-toplevel
    except ImportError:
        return "Python has no numpy here (Debian: apt-get install python3-numpy)"
    return None


def convert(data, work):
    """Weights of ncnn as nnc's, by the two commands of docs/faces.md."""
    folder = data / "mobilefacenet"
    done = subprocess.run([sys.executable, ROOT / "tests" / "weights" / "ncnn.py", folder / "mobilefacenet.param",
                           folder / "mobilefacenet.bin", work / "torch.safetensors"], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Refused(done.stderr)
    nnc("convert", ROOT / "specs" / "mobilefacenet.yaml", work / "torch.safetensors", "--from", "torch", "--names",
        ROOT / "examples" / "faces" / "mobilefacenet.names.yaml", "-o", work / "mobilefacenet.safetensors")
    return work / "mobilefacenet.safetensors"


def unpack(archive, folder):
    with tarfile.open(archive) as file:
        file.extractall(folder)
    return folder


def compare_embeddings(faces, data, images):
    rows = list(csv.reader(open(data / "mobilefacenet/ref-embeddings-16.csv", encoding="utf-8")))[1:]
    found = faces.embeddings([str(images / row[0]) for row in rows])
    worst = 0
    for vector, row in zip(found, rows):
        numbers = [float(number) for number in row[1:]]
        length = sum(number * number for number in numbers) ** 0.5
        worst = max(worst, *(abs(a - b / length) for a, b in zip(vector, numbers)))
    print(f"mobilefacenet: {len(rows)} embeddings of length 1, worst difference {worst:.1e}")
    if len(rows) != 16 or not worst < EMBEDDING:
        raise Refused(f"{len(rows)} embeddings, worst difference {worst:.1e}")


def compare_fold(faces, data, images, work):
    scores = work / "scores.csv"
    status, output, error = faces("evaluate", "--pairs", str(data / "lfw/pairs.txt"), str(images / "data"), "--scores",
                                  str(scores), "--times")
    print(output + error, end="")
    if status or "fold 1 of the 10" not in output:
        raise Refused(error or output)
    accuracy = table(output)["accuracy, threshold chosen on the same fold"][0]
    found = list(csv.reader(open(scores, encoding="utf-8")))[1:]
    wanted = list(csv.reader(open(data / "mobilefacenet/ref-lfw-fold1-cosine.csv", encoding="utf-8")))[1:]
    worst = max(abs(float(a[2]) - float(b[2])) for a, b in zip(found, wanted))
    same = [a[1] for a in found] == [b[1] for b in wanted]
    print(f"mobilefacenet: {len(found)} cosines, worst difference {worst:.1e}")
    if len(found) != 600 or not same or not worst < COSINE:
        raise Refused(f"{len(found)} pairs, worst difference {worst:.1e}")
    if accuracy != 99.17:
        raise Refused(f"accuracy {accuracy} %, not 99.17 %")


def compare_people(faces, images):
    """What a plain network trained on the other thirty people reaches in the mean of four folds, is the least: 94.1 and
    6.9, and for the pixels 86.3 and 12.8."""
    rank, error, pixels = [], [], []
    for first in (1, 11, 21, 31):
        names = ",".join(f"s{number}" for number in range(first, first + 10))
        status, output, words = faces("evaluate", str(images / "orl_faces"), "--people", names)
        if status or "100 photographs of 10 people: 450 pairs of one person, 4500 of two" not in output:
            raise Refused(words or output)
        rows = table(output)
        rank.append(rows["rank-1, one photograph enrolled"])
        error.append(rows["equal error rate"])
        pixels.append(rows["rank-1, one photograph enrolled"][1])
    means = [sum(column) / 4 for column in (*zip(*rank), *zip(*error))]
    print("orl: mean of four folds: rank-1 {:.2f} %, pixels {:.2f} %; equal error {:.2f} %, pixels {:.2f} %".format(*means))
    if not (means[0] >= 94.1 and means[2] <= 6.9 and abs(means[1] - 86.3) < 1 and abs(means[3] - 12.8) < 1):
        raise Refused(f"{means}")


def check(count, build, work):
    data = pathlib.Path(os.environ.get("DATA", "/nonexistent"))
    problem = missing(data)
    if problem:
        print(f"skipped: mobilefacenet: {problem}")
        return
    faces = count.attempt("mobilefacenet: converted and compiled", lambda: program.Faces(program.build(
        build / "published", convert(data, work))))
    if not faces:
        return
    images = unpack(next((data / "lfw").glob("*.tar.gz")), work / "lfw")
    count.attempt("mobilefacenet: 16 embeddings", lambda: compare_embeddings(faces, data, images))
    count.attempt("mobilefacenet: fold 1 of LFW", lambda: compare_fold(faces, data, images, work))
    if not (data / "orl/orl_faces.tar.gz").exists():
        print("skipped: orl: there is no $DATA/orl/orl_faces.tar.gz")
        return
    count.attempt("mobilefacenet: ORL", lambda: compare_people(faces, unpack(data / "orl/orl_faces.tar.gz", work / "orl")))
