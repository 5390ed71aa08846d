"""robust.py - what a gallery is for, and what must not harm it: files that are no photographs or no galleries, names,
folders that may not be written, disks that are full, and processes that are killed. Standard library only."""
import hashlib
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import program
from program import ACCEPTED, ERROR, REJECTED, USAGE


def listed(faces, gallery):
    """{name as shown: photographs}"""
    status, output, error = faces("list", gallery)
    if status:
        raise RuntimeError(error)
    return {line.split("\t")[1]: int(line.split("\t")[0]) for line in output.splitlines()}


def sound(gallery):
    """A problem, or None."""
    with sqlite3.connect(gallery) as database:
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
        lost = database.execute("SELECT count(*) FROM photograph WHERE person NOT IN (SELECT id FROM person)").fetchone()
        bare = database.execute("SELECT count(*) FROM person WHERE id NOT IN (SELECT person FROM photograph)").fetchone()
    return None if (answer, lost[0], bare[0]) == ("ok", 0, 0) else f"{answer}, {lost[0]}, {bare[0]}"


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest() if os.path.isfile(path) else None


def entries_of(path):
    """What stands beside a file."""
    folder = os.path.dirname(path)
    return sorted(os.listdir(folder)) if os.path.isdir(folder) and folder != "/dev" else []


def check_use(count, faces, folder):
    """Enrolled, verified, identified, removed."""
    photographs = list(program.album(folder / "use", 3, 4, noise=15))
    gallery = str(folder / "use.faces")
    status, output, error = faces("enroll", gallery, "Ada", *photographs[:3])
    count.check("enroll", None if (status, output) == (0, "enrolled Ada: 3 photographs, 3 in all\n") else output + error)
    status, output, error = faces("enroll", gallery, "Bob", photographs[4])
    count.check("enroll another", None if (status, output) == (0, "enrolled Bob: 1 photograph, 1 in all\n") else output)
    status, output, error = faces("verify", gallery, "Ada", photographs[3])
    count.check("without a threshold", None if status == ERROR and "has no threshold" in error else output + error)
    faces("calibrate", gallery, "--far", "0.03", str(folder / "use"))
    for name, photograph, wanted in (("Ada", photographs[3], ACCEPTED), ("Ada", photographs[8], REJECTED),
                                     ("Bob", photographs[5], ACCEPTED), ("Bob", photographs[3], REJECTED)):
        status, output, error = faces("verify", gallery, name, photograph)
        words = "accepted" if wanted == ACCEPTED else "rejected"
        good = status == wanted and output.rstrip().endswith(words) and "similarity" in output and "threshold" in output
        count.check(f"verify: {words}", None if good else f"{status}: {output}{error}")
    status, output, error = faces("verify", gallery, "Ada", photographs[8], "--threshold", "0.0001")
    count.check("verify --threshold", None if "threshold 0.0001 (as given)" in output else output + error)
    status, output, error = faces("identify", gallery, photographs[3], photographs[7])
    lines = [line.split("\t")[1] for line in output.splitlines()]
    count.check("identify", None if (status, lines) == (ACCEPTED, ["Ada", "Bob"]) else output + error)
    status, output, error = faces("identify", gallery, photographs[3], photographs[9])
    count.check("identify a stranger", None if status == REJECTED and output.count("rejected") == 1 else output + error)
    check_template(count, faces, photographs, gallery)
    status, output, error = faces("enroll", gallery, "Ada", photographs[3])
    count.check("enroll more of one", None if output == "enrolled Ada: 1 photograph, 4 in all\n" else output + error)
    status, output, error = faces("list", gallery)
    count.check("list", None if (status, output) == (0, "4\tAda\n1\tBob\n") else output + error)
    status, output, error = faces("remove", gallery, "Ada")
    count.check("remove", None if (status, output) == (0, "removed Ada: 4 photographs\n") else output + error)
    count.check("removed", None if listed(faces, gallery) == {"Bob": 1} else "not so")
    status, output, error = faces("remove", gallery, "Ada")
    count.check("remove one who is not there", None if status == ERROR and "nobody of the name Ada" in error else error)
    faces("remove", gallery, "Bob")
    status, output, error = faces("identify", gallery, photographs[0])
    count.check("identify where nobody is left", None if status == ERROR and "nobody is enrolled" in error else error)
    count.check("the gallery is sound", sound(gallery))


def check_template(count, faces, photographs, gallery):
    """A person is the mean of the embeddings; what is removed is zeros in the file."""
    rows = faces.embeddings(photographs[:4])
    mean = [sum(column) for column in zip(*rows[:3])]
    wanted = sum(a * b for a, b in zip(mean, rows[3])) / sum(a * a for a in mean) ** 0.5
    output = faces("verify", gallery, "Ada", photographs[3])[1]
    found = float(output.split()[1].rstrip(","))
    count.check("similarity to the mean", None if abs(found - wanted) < 1e-4 else f"{found} instead of {wanted}")
    copy = gallery + ".copy"
    shutil.copy(gallery, copy)
    with sqlite3.connect(copy) as database:
        kept = database.execute("SELECT embedding FROM photograph ORDER BY id LIMIT 1").fetchone()[0]
    before = open(copy, "rb").read().count(kept)
    faces("remove", copy, "Ada")
    after = open(copy, "rb").read().count(kept)
    count.check("what is removed is overwritten", None if (before, after) == (1, 0) else f"{before}, {after}")


def unchanged(count, faces, name, words, gallery, *command, **options):
    """The command fails with these words, and the gallery is as before."""
    before, entries = digest(gallery), entries_of(gallery)
    status, output, error = faces(*command, **options)
    good = status == ERROR and words in error and not output and error.count("\n") <= 3
    count.check(name, None if good else f"status {status}: {output}{error}")
    same = digest(gallery) == before and entries_of(gallery) == entries
    count.check(f"{name}: nothing is changed", None if same else "the gallery or its folder has changed")


def bad_photographs(folder):
    """{path: words of the message}"""
    whole = program.pgm(program.pixels(1, 1, 10))
    files = {"empty.pgm": (b"", "it is empty"), "text.jpg": (b"This is no photograph.\n", ""), "cut.pgm": (whole[:-1], ""),
             "head.pgm": (whole[:9], ""), "huge.pgm": (b"P5 60000 60000 255\n", ""),
             "cut.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF", ""),
             "cut.png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ""), "zero.pgm": (b"P5 0 0 255\n", "")}
    found = {}
    for name, (content, words) in files.items():
        (folder / name).write_bytes(content)
        found[str(folder / name)] = words
    (folder / "folder.jpg").mkdir(exist_ok=True)
    return {**found, str(folder / "folder.jpg"): "", str(folder / "nowhere.jpg"): "cannot read it: No such file"}


def check_photographs(count, faces, folder):
    """One bad photograph among good ones: nobody is enrolled."""
    good = list(program.album(folder / "good", 2, 2))
    gallery = str(folder / "photographs.faces")
    for path, words in bad_photographs(folder).items():
        name = os.path.basename(path)
        unchanged(count, faces, f"{name}: no gallery is made", f"{path}: error: {words}", gallery, "enroll", gallery, "Ada",
                  good[0], path)
    faces("enroll", gallery, "Ada", good[0])
    for path, words in bad_photographs(folder).items():
        name = os.path.basename(path)
        unchanged(count, faces, f"{name} enrolled", f"{path}: error: {words}", gallery, "enroll", gallery, "Ada", good[0],
                  path, good[1])
        unchanged(count, faces, f"{name} identified", f"{path}: error: {words}", gallery, "identify", gallery, path,
                  "--threshold", "0.5")
    shutil.copy(folder / "cut.pgm", folder / "good" / "p1" / "cut.pgm")
    status, output, error = faces("evaluate", str(folder / "good"))
    count.check("evaluate with a bad photograph",
                None if status == ERROR and "cut.pgm: error" in error and not output else error)


def check_galleries(count, faces, other, folder):
    """What is no gallery, or another network's."""
    photograph = list(program.album(folder / "one", 1, 1))[0]
    whole = str(folder / "whole.faces")
    faces("enroll", whole, "Ada", photograph)
    text, foreign, blank, cut, wild = (str(folder / name) for name in ("text", "foreign", "blank", "cut", "wild"))
    open(text, "w").write("This is no gallery, but a text that is longer than the head of an SQLite file. " * 20)
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE person (id INTEGER)")
    open(blank, "w").close()
    content = open(whole, "rb").read()
    open(cut, "wb").write(content[:len(content) // 2])
    open(wild, "wb").write(content[:120] + bytes(len(content) - 120))
    kinds = [(text, "this is no gallery"), (foreign, "another program's SQLite file"), (cut, "damaged"), (wild, ""),
             (str(folder / "nothing"), "there is no such gallery"), (str(folder), "a gallery is a regular file"),
             ("/dev/null", "a gallery is a regular file"), (str(folder / "no" / "folder"), "no such gallery")]
    for path, words in kinds + [(blank, "nobody is enrolled")]:
        for command in (("list", path), ("verify", path, "Ada", photograph, "--threshold", "0.5"), ("remove", path, "Ada"),
                        ("identify", path, photograph, "--threshold", "0.5")):
            unchanged(count, faces, f"{command[0]} {os.path.basename(path)}", f"{path}: error: ", path, *command)
            count.check(f"{command[0]} {os.path.basename(path)}: the words",
                        None if words in faces(*command)[2] else faces(*command)[2])
    for path, words in kinds[:4] + kinds[5:7]:
        unchanged(count, faces, f"enroll in {os.path.basename(path)}", words, path, "enroll", path, "Bob", photograph)
    status, output, error = faces("enroll", blank, "Bob", photograph)
    count.check("an empty file becomes a gallery", None if status == 0 and listed(faces, blank) == {"Bob": 1} else error)
    os.mkfifo(folder / "pipe")
    unchanged(count, faces, "a pipe", "a gallery is a regular file", str(folder / "pipe"), "list", str(folder / "pipe"))
    for command in (("list", whole), ("enroll", whole, "Bob", photograph), ("remove", whole, "Ada"),
                    ("verify", whole, "Ada", photograph, "--threshold", "0.5")):
        unchanged(count, other, f"{command[0]} with another network's program", "of another network than this program's: "
                  "its weights differs", whole, *command)
    in_named(count, faces, folder, photograph)


def in_named(count, faces, folder, photograph):
    """Names of files that SQLite would take for something else."""
    for name in (":memory:", "file:x?mode=memory", "-dash", "a'b\"c;--"):
        status, _, error = faces("enroll", "--", name, "Ada", photograph, cwd=folder)
        there = (folder / name).is_file() and listed(faces, str(folder / name)) == {"Ada": 1}
        count.check(f"a gallery in the file {name}", None if status == 0 and there else error)


def check_names(count, faces, folder):
    photograph = list(program.album(folder / "named", 1, 1))[0]
    gallery = str(folder / "names.faces")
    names = {"O'Hara": "O'Hara", '"quoted"': '"quoted"', "two\nlines": "two\\x0alines", "tab\there": "tab\\x09here",
             "'); DROP TABLE person; --": "'); DROP TABLE person; --", "\u674e\u5c0f\u9f99": "\u674e\u5c0f\u9f99",
             "Zo\u00eb": "Zo\u00eb", "\U0001f600": "\U0001f600", "%s%n": "%s%n", "back\\slash": "back\\\\slash",
             "\u202eright": "\\u202eright", " ": " ", "../../etc": "../../etc", "x" * 1000: "x" * 1000,
             "-dash": "-dash", "--help": "--help", "\x1b[2J": "\\x1b[2J"}
    for name in names:
        status, _, error = faces("enroll", "--", gallery, name, photograph)
        count.check(f"the name {name[:30]!r}", None if status == 0 else error)
    found = {shown: 1 for shown in names.values()}
    count.check("all names are listed", None if listed(faces, gallery) == found else f"{listed(faces, gallery)}")
    for name, shown in names.items():
        status, output, error = faces("verify", "--threshold", "0.5", "--", gallery, name, photograph)
        count.check(f"verify {name[:30]!r}", None if status == ACCEPTED else output + error)
        status, output, error = faces("remove", "--", gallery, name)
        count.check(f"remove {name[:30]!r}", None if output == f"removed {shown}: 1 photograph\n" else output + error)
    for name, words in ((b"", "a name is empty"), (b"ab\xff", "is no UTF-8: byte 3"), (b"x" * 1001, "1001 bytes")):
        unchanged(count, faces, f"the name {name[:10]!r}", words, gallery, "enroll", gallery, name, photograph)
    unchanged(count, faces, "a name that is not there", "nobody of the name no\\x0aone is enrolled", gallery, "verify",
              gallery, "no\none", photograph, "--threshold", "0.5")


def check_usage(count, faces):
    for words, telling in (((), "usage"), (("fly",), "no command"), (("enroll", "db", "Ada"), "other words"),
                           (("list",), "other words"), (("list", "a", "b"), "other words"), (("network", "x"), "no words"),
                           (("list", "--fly"), "unknown option"), (("calibrate", "db", "dir", "--far", "2"), "--far"),
                           (("verify", "db", "Ada", "x", "--threshold", "x"), "--threshold")):
        status, output, error = faces(*words)
        count.check(f"usage: {' '.join(words)}", None if status == USAGE and telling in error and not output else error)
    status, output, error = faces("--help")
    count.check("--help", None if status == 0 and "enroll" in output and "Exit status" in output else error)
    status, output, error = faces("verify", "--help")
    count.check("verify --help", None if status == 0 and "--threshold" in output else error)
    status, output, error = faces("network")
    told = "network      small" in output and "16 x 16 pixels, grey, as pixel * 0.0078125 + -1" in output
    count.check("network", None if status == 0 and told else output + error)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([faces.path, "network"], stdout=full, stderr=subprocess.PIPE, check=False)
    count.check("an answer that cannot be printed", None if done.returncode == ERROR else f"status {done.returncode}")


def check_folder_modes(count, faces, folder):
    """A folder that may not be written: galleries are read, and not changed."""
    words = program.without_privileges()
    if words is None:
        print("skipped: a folder that may not be written, for want of setpriv")
        return
    photograph = list(program.album(folder / "modes", 1, 1))[0]
    closed = folder / "closed"
    closed.mkdir()
    gallery = str(closed / "kept.faces")
    faces("enroll", gallery, "Ada", photograph)
    restricted = program.Faces(faces.path, words)
    closed.chmod(0o555)
    try:
        telling = "it, or its folder, may not be written"
        for mode in (0o644, 0o444):
            os.chmod(gallery, mode)
            status, output, error = restricted("list", gallery)
            count.check(f"list in a closed folder, mode {mode:o}", None if (status, output) == (0, "1\tAda\n") else error)
            unchanged(count, restricted, f"enroll in a closed folder, mode {mode:o}", telling, gallery, "enroll", gallery,
                      "Bob", photograph)
            unchanged(count, restricted, f"remove in a closed folder, mode {mode:o}", telling, gallery, "remove", gallery,
                      "Ada")
        unchanged(count, restricted, "a new gallery in a closed folder", "error: ", gallery, "enroll",
                  str(closed / "new.faces"), "Bob", photograph)
        os.chmod(gallery, 0)
        status, output, error = restricted("list", gallery)
        count.check("a gallery that may not be read", None if status == ERROR and gallery in error else output + error)
    finally:
        closed.chmod(0o755)
        os.chmod(gallery, 0o644)


def check_full_disk(count, faces, folder):
    """Files may grow to so many bytes and no more, as on a disk that is full."""
    photographs = list(program.album(folder / "disk", 1, 60))
    gallery = str(folder / "disk.faces")
    faces("enroll", gallery, "Ada", photographs[0])
    size = os.path.getsize(gallery)

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    full = 0
    for _ in range(20):
        status, _, error = faces("enroll", gallery, "Bob", *photographs[:60], preexec_fn=limited)
        full += status == ERROR and gallery in error
    found = listed(faces, gallery)
    good = full > 0 and found.get("Bob", 0) == 60 * (20 - full) and found["Ada"] == 1 and not sound(gallery)
    count.check("a full disk", None if good else f"{full} of 20 failed, {found}, {sound(gallery)}")


def check_half_done(count, faces, folder):
    """A gallery as a process leaves it that dies in the midst of writing: pages of it changed, and a journal beside it.
    Whoever comes next, also to read, undoes that."""
    photographs = list(program.album(folder / "half", 1, 30))
    gallery = str(folder / "half.faces")
    faces("enroll", gallery, "Ada", *photographs)
    with sqlite3.connect(gallery, isolation_level=None) as database:
        database.execute("PRAGMA cache_size = 1")
        database.execute("BEGIN IMMEDIATE")
        for _ in range(40):
            database.execute("INSERT INTO photograph (person, embedding) "
                             "SELECT person, embedding FROM photograph LIMIT 30")
        for name in ("list", "enroll", "remove"):
            for end in ("", "-journal"):
                shutil.copy(gallery + end, f"{folder / name}{end}")
        database.execute("ROLLBACK")
    before = digest(gallery)
    for name, words, left in (("list", ("list",), {"Ada": 30}), ("enroll", ("enroll", "Bob"), {"Ada": 30, "Bob": 30}),
                              ("remove", ("remove", "Ada"), {})):
        copy = str(folder / name)
        half = digest(copy) != before and os.path.getsize(copy + "-journal") > 512
        status, _, error = faces(words[0], copy, *words[1:], *(photographs if name == "enroll" else ()))
        good = half and status == 0 and listed(faces, copy) == left and not sound(copy)
        count.check(f"{name} after a process that died in the midst", None if good else f"{half}, {status}: {error}")


# ---- many at once ----

class Enrolling(threading.Thread):
    """One process, which is killed after so many seconds, or not (None)."""

    def __init__(self, faces, command, kill_after):
        super().__init__()
        self.process, self.kill_after = faces.start(*command), kill_after
        self.output = self.error = b""

    def run(self):
        if self.kill_after is not None:
            time.sleep(self.kill_after)
            self.process.send_signal(signal.SIGKILL)
        self.output, self.error = self.process.communicate()

    @property
    def reported(self):
        return self.output.startswith(b"enrolled ")


def kill_round(faces, gallery, photographs, number, draw, longest):
    """Ten processes, five of them killed at random moments. (problem or None, what came to pass)"""
    doomed = set(draw.sample(range(10), 5))
    names = [f"round {number} person {i}" for i in range(10)]
    before = listed(faces, gallery) if os.path.exists(gallery) and os.path.getsize(gallery) else {}
    threads = [Enrolling(faces, ("enroll", gallery, names[i], *photographs),
                         draw.uniform(0, longest) if i in doomed else None) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [thread.error.decode() for i, thread in enumerate(threads) if i not in doomed and not thread.reported]
    if failed:
        return f"a process that was not killed failed: {failed[0]}", (0, 0)
    after = listed(faces, gallery)
    reported = {name: len(photographs) for name, thread in zip(names, threads) if thread.reported}
    expected = {**before, **reported}
    # Who is killed between the commit and its report, a few instructions, is enrolled, and has not said so.
    silent = {name: many for name, many in after.items() if name not in expected}
    problem = sound(gallery)
    if {name: many for name, many in after.items() if name in expected} != expected:
        problem = f"what was reported is not there: {set(expected) - set(after)}"
    if any(names.index(name) not in doomed or many != len(photographs) for name, many in silent.items()):
        problem = f"half of an enrolment is there: {silent}"
    return problem, (len(reported) - 5, len(silent))


def check_killed(count, faces, folder, rounds):
    photographs = list(program.album(folder / "crowd", 1, 20))
    draw, gallery = random.Random(20), str(folder / "crowd.faces")
    start = time.monotonic()
    for process in [faces.start("enroll", str(folder / "first.faces"), f"person {i}", *photographs) for i in range(10)]:
        process.communicate()
    longest = (time.monotonic() - start) / 2
    survived = silent = 0
    for number in range(rounds):
        problem, (late, unsaid) = kill_round(faces, gallery, photographs, number, draw, longest)
        survived, silent = survived + late, silent + unsaid
        count.check(f"ten at once, five of them killed, round {number}", problem)
    killed = 5 * rounds - survived
    print(f"killed: {killed} of {10 * rounds} processes before they had reported, {silent} of them after the commit")
    count.check("some were killed in the midst",
                None if killed >= rounds // 2 and survived + silent >= 1 else f"{killed}, {survived}")
    count.check("few between commit and report", None if silent <= 2 + killed // 4 else f"{silent} of {killed}")


def check_readers(count, faces, folder):
    """Who reads while others write sees whole enrolments, and is never turned away."""
    photographs = list(program.album(folder / "readers", 1, 12))
    gallery = str(folder / "readers.faces")
    faces("enroll", gallery, "first", *photographs)
    writers = [faces.start("enroll", gallery, f"person {i}", *photographs) for i in range(12)]
    problem = None
    while any(writer.poll() is None for writer in writers):
        status, output, error = faces("list", gallery)
        if status or any(not line.startswith("12\t") for line in output.splitlines()):
            problem = output + error
    for writer in writers:
        error = writer.communicate()[1]
        problem = problem or (error.decode() if writer.returncode else None)
    count.check("readers while others write", problem or (None if len(listed(faces, gallery)) == 13 else "one is lost"))
