"""toolbox.py - what the tests in Python share: where things are, how nnc and compilers are run, how results are counted.

Standard library only. $NNC is the program (build/nnc if unset)."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
NNC = os.environ.get("NNC", str(ROOT / "build" / "nnc"))
RUNTIME = ["-I", str(ROOT / "runtime")]
TEMPLATES = [ROOT / "templates", ROOT / "tests" / "templates"]
NETWORKS = sorted((ROOT / "tests" / "networks").glob("*.yaml"))
SPECS = sorted(path for path in (ROOT / "specs").glob("*.yaml") if "\nloss:" in path.read_text())  # those that train
CARRIED = ROOT / "tests" / "common" / "carried.yaml"  # every way to share a loop
PACKED = ROOT / "tests" / "common" / "packed.yaml"  # copies for each tile
ROUNDS = ROOT / "tests" / "common" / "rounds.yaml"  # blocks of samples through several steps
WIDE = ROOT / "tests" / "common" / "wide.yaml"  # none: what a tile reads lies in columns
os.environ.setdefault("CFLAGS", "-O1")  # what nnc compiles for a test runs for a moment
DRIVER = ROOT / "tests" / "common" / "run_network.c"


class Refused(Exception):
    """A program ended with a failure; its words."""


def run(command):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        telling = [line for line in words if "error" in line or "ERROR" in line or "warning" in line or "bug" in line]
        raise Refused(f"{pathlib.Path(str(command[0])).name} ends with {done.returncode}: "
                      f"{(telling or words or ['no word'])[0]}")
    return done.stdout


def nnc(*arguments):
    return run([NNC, *arguments])


def generate(spec, folder, *options):
    """net.c and net.h of a spec, in a folder; the path of net.c."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{spec.stem}.c"
    nnc(spec, "-o", path, "--templates", TEMPLATES[1], *options)
    return path


def network_name(spec):
    """The network's name in C, from its description."""
    for line in spec.read_text().splitlines():
        if line.startswith("network:"):
            return line.split()[1]
    raise Refused(f"{spec.name} names no network")


def compilers():
    return [compiler for compiler in ("gcc", "clang") if shutil.which(compiler)]


def processor_flags():
    try:
        return set(pathlib.Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return set()


class Processor:
    """One that is not this machine's: the compiler for it, and what runs its programs here."""

    def __init__(self, compiler, runner, tools):
        self.compiler, self.runner, self.tools = compiler, runner, tools

    def is_there(self, count):
        """Whether its tools are installed. scripts/require.sh installs them, so that their absence is a failure."""
        missing = [tool for tool in self.tools if not shutil.which(tool)]
        words = f"{', '.join(missing)} not found: `bash scripts/require.sh test` installs that"
        if missing and os.environ.get("NNC_ANY_SYSTEM"):
            print(f"skipped: {words}", flush=True)
        elif missing:
            count.check(self.compiler[0], words)
        return not missing


WASM = ROOT / "tests" / "common" / "wasm"
QEMU = ["qemu-aarch64"]  # programs for it are linked with -static: so it needs no folder of libraries
AARCH64 = Processor(["aarch64-linux-gnu-gcc", "-static"], QEMU, ["aarch64-linux-gnu-gcc", *QEMU])
AARCH64_CLANG = Processor(["clang", "--target=aarch64-linux-gnu", "-static"], QEMU, ["clang", "aarch64-linux-gnu-gcc", *QEMU])
# With -std=c99 this compiler computes floats as doubles; the order of bytes is the other one.
S390X = Processor(["s390x-linux-gnu-gcc", "-static"], ["qemu-s390x"], ["s390x-linux-gnu-gcc", "qemu-s390x"])
WEBASSEMBLY = Processor([str(WASM / "cc.sh"), "-msimd128"], ["node", str(WASM / "run.mjs")], ["clang", "wasm-ld", "node"])


def at_once(actions):
    """Runs actions on all processors; for each, in their order, a function that gives its value or raises."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for future in [pool.submit(action) for action in actions]:
            yield future.result


class Count:
    """Passed and failed checks; failures are told at once."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, problem=None):
        self.passed += not problem
        self.failed += bool(problem)
        if problem:
            print(f"FAILED {name}: {problem}", flush=True)

    def attempt(self, name, action):
        """The value of an action; a failure, and None, if it raises."""
        try:
            value = action()
        except Refused as refused:
            self.check(name, str(refused))
            return None
        self.check(name)
        return value

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
