"""refusals.py - what `nnc package` does with folders that are not its own, and with what it cannot do."""
import os
import pathlib
import re

from folders import HERE, status_of, tree
from toolbox import NNC

SMALL = (HERE / "small.yaml").read_text()


class Place:
    """A folder to work in, with a spec of its own."""

    def __init__(self, count, folder):
        self.count, self.folder = count, pathlib.Path(folder)
        self.spec = self.folder / "small.yaml"
        self.spec.write_text(SMALL)
        self.number = 0

    def package(self, *words, spec=None, kind="make", **options):
        return status_of([NNC, "package", spec or self.spec, *(["--for", kind] if kind else []), *words],
                         cwd=self.folder, **options)

    def fresh(self):
        self.number += 1
        return self.folder / f"folder{self.number}"

    def refused(self, name, status, says, *words, **options):
        """The exit status, a message with these words, and nothing changed below the folder."""
        before = tree(self.folder), sorted(self.folder.rglob("*"))
        done = self.package(*words, **options)
        problem = None
        if done.returncode != status:
            problem = f"ends with {done.returncode}, not {status}: {done.stderr}"
        elif not re.search(says, done.stderr) or done.stdout:
            problem = f"says {done.stderr!r} and {done.stdout!r}, not {says!r}"
        elif (tree(self.folder), sorted(self.folder.rglob("*"))) != before:
            problem = "changed something"
        self.count.check(name, problem)

    def wrote(self, name, *words, **options):
        done = self.package(*words, **options)
        self.count.check(name, done.stderr if done.returncode or done.stderr or done.stdout else None)


def usage(place):
    new = place.fresh()
    kinds = "arduino, cmake, cmsis-pack, esp-idf, make, meson, platformio or zephyr"
    place.refused("an unknown kind", 2, f"'arduno' is not a kind of package: {kinds}; did you mean 'arduino'", "-o", new,
                  kind="arduno")
    place.refused("a kind that is like none", 2, f"is not a kind of package: {kinds}\n", "-o", new, kind="qqqqqqq")
    place.refused("a kind that is a path", 2, "is not a kind", "-o", new, kind="make/src")
    place.refused("an empty kind", 2, "--for", "-o", new, kind="")
    place.refused("no kind", 2, f"needs --for KIND: {kinds}", "-o", new, kind=None)
    place.refused("no folder", 2, "-o DIR")
    place.refused("an empty folder", 2, "--output", "-o", "")
    place.refused("standard output", 2, "-o DIR", "-o", "-")
    place.refused("two specs", 2, "one word too many", "-o", new, place.spec)
    place.refused("a target that there is not", 2, "not a target", "-o", new, "--target", "z80")
    place.refused("an unknown option", 2, "--what", "-o", new, "--what")
    for release in ("1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-rc1", "v1.0.0", "", "1..0", "999999.0.0"):
        place.refused(f"release {release!r}", 2, "release", "-o", new, "--release", release)
    for author in ("", 'a "b"', "a\\b", "a\nb", " "):
        place.refused(f"author {author!r}", 2, "author", "-o", new, "--author", author)
    for url in ("", "example.com", "file:///etc", "https://a b", "https://a/<b>", 'https://a"', "https://a&b"):
        place.refused(f"url {url!r}", 2, "URL|url", "-o", new, "--url", url)
    for vendor in ("", "a b", "../a", "a.b", "a/b", "a_b", "-a", "a", "a" * 33):
        place.refused(f"vendor {vendor!r}", 2, "vendor", "-o", new, "--vendor", vendor)


def inputs(place):
    new = place.fresh()
    bad = place.folder / "bad.yaml"
    bad.write_text(SMALL.replace("units: 3", "unitz: 3"))
    place.refused("a network that does not compile", 1, r"bad.yaml:5:\d+: error: .*unitz", "-o", new, spec=bad)
    bad.write_text(SMALL + "memory: {ram: 16}\n")
    place.refused("a network that is too large", 1, "needs .* bytes of memory", "-o", new, spec=bad)
    for name in ("string", "Math", "arduino"):
        bad.write_text(SMALL.replace("network: small", f"network: {name}"))
        place.refused(f"a network that is called {name}", 1, "would hide", "-o", new, spec=bad)
    place.refused("a spec that is not there", 1, "No such file", "-o", new, spec="missing.yaml")
    place.refused("weights that are not there", 1, "missing", "-o", new, "--weights", "missing")
    place.refused("a schedule that is not there", 1, "missing", "-o", new, "--schedule", "missing")
    inside = place.fresh()
    inside.mkdir()
    spec = inside / "README.md"
    spec.write_text(SMALL)
    place.refused("a spec that would be overwritten", 1, "overwrite the input", "-o", inside, spec=spec)
    place.refused("a spec that would be overwritten by force", 1, "overwrite the input", "-o", inside, "--force", spec=spec)


def places(place):
    file = place.fresh()
    file.write_text("a file\n")
    place.refused("a folder that is a file", 1, "Not a directory", "-o", file)
    place.refused("a folder below a file", 1, "Not a directory", "-o", file / "below")
    folder = place.fresh()
    folder.mkdir()
    (folder / "src").write_text("a file\n")
    place.refused("a file where a folder must be", 1, "src'?: Not a directory", "-o", folder)
    folder = place.fresh()
    (folder / "Makefile").mkdir(parents=True)
    place.refused("a folder where a file must be", 1, "Makefile': Is a directory", "-o", folder)
    os.mkfifo(folder / "LICENSE")
    (folder / "Makefile").rmdir()
    place.refused("a pipe where a file must be", 1, "LICENSE'", "-o", folder, "--force", timeout=5)
    closed = pathlib.Path("/proc/nnc-package")
    if os.getuid() != 0:
        closed = place.fresh()
        closed.mkdir(0o500)
    place.refused("a folder that cannot be written", 1, "cannot make the folder|cannot write", "-o", closed / "below")
    deep = place.fresh() / "a" / "b"
    place.wrote("a folder with folders above it", "-o", f"{deep}/")
    place.count.check("a folder with folders above it", None if (deep / "src" / "small.c").is_file() else "is not there")


def others(place):
    """Files of others, and files that were changed."""
    folder = place.fresh()
    folder.mkdir()
    (folder / "notes.txt").write_text("mine\n")
    (folder / "README.md").write_text("mine\n")
    place.refused("a README.md of another", 1, "README.md' was not written by .*\nhint: .*--force", "-o", folder)
    (folder / "README.md").unlink()
    place.wrote("beside a file of another", "-o", folder)
    first = tree(folder)
    place.wrote("again", "-o", folder)
    place.count.check("again", None if tree(folder) == first else "some files were written again")
    place.refused("another kind in the same folder", 1, "holds another package: make of small", "-o", folder, kind="meson")
    other = place.folder / "other.yaml"
    other.write_text(SMALL.replace("network: small", "network: other"))
    place.refused("another network in the same folder", 1, "holds another package", "-o", folder, spec=other)
    place.spec.write_text(SMALL.replace("units: 3", "units: 4"))
    place.wrote("after a change of the network", "-o", folder)
    changed = {str(path) for path, what in tree(folder).items() if first.get(path) != what}
    wanted = {"README.md", "include/small.h", "src/small.c", ".nnc-package"}
    place.count.check("after a change of the network", None if changed == wanted else f"written anew: {changed}")
    with (folder / "Makefile").open("a") as file:
        file.write("# mine\n")
    place.wrote("a change by hand that does not matter", "-o", place.fresh())
    place.refused("a change by hand", 1, "Makefile' has been changed since", "-o", folder)
    (folder / "Makefile").unlink()
    place.wrote("a file that was removed", "-o", folder)
    (folder / "src" / "small.c").write_text("mine\n")
    place.wrote("by force", "-o", folder, "--force")
    fine = (folder / "src" / "small.c").read_text() != "mine\n" and (folder / "notes.txt").read_text() == "mine\n"
    place.count.check("by force", None if fine else "the wrong files were overwritten")
    (folder / ".nnc-package").write_text("something else\n")
    place.refused("a list of another", 1, "is not a list of 'nnc package'", "-o", folder)
    place.spec.write_text(SMALL)


def same_bytes(place):
    """The same bytes, wherever and in whatever folder it runs; a spec may come by a pipe."""
    for kind in ("cmsis-pack", "arduino"):
        one, two = place.fresh(), place.fresh()
        two.mkdir()
        place.wrote("from one place", "-o", one, kind=kind)
        done = status_of([NNC, "package", "../small.yaml", "--for", kind, "-o", "."], cwd=two)
        left, right = ({path: what[0] for path, what in tree(folder).items()} for folder in (one, two))
        place.count.check(f"{kind}: the same bytes", None if left == right and not done.returncode else "differ")
    piped = place.fresh()
    place.wrote("a spec by a pipe", "-o", piped, spec="-", input=SMALL)


def check(count, folder):
    place = Place(count, folder)
    for part in (usage, inputs, places, others, same_bytes):
        part(place)
    left = [path for path in pathlib.Path(folder).rglob("*.tmp")]
    count.check("temporary files", f"{left} are left" if left else None)
