"""machine.py - the machine and its programs: which core, which environment, which versions; processes on one core."""
import datetime
import json
import os
import platform
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
NNC = os.path.abspath(os.environ.get("NNC", os.path.join(ROOT, "build", "nnc")))


class Failed(Exception):
    """A program of the benchmark that did not do what it should."""


def core():
    """The core that everything runs on: $BENCH_CORE, or the last one of those that this process may use."""
    allowed = os.sched_getaffinity(0)
    wanted = os.environ.get("BENCH_CORE")
    if wanted is None:
        return max(allowed)
    if not wanted.isdigit() or int(wanted) not in allowed:
        raise Failed(f"BENCH_CORE={wanted}: the cores are {', '.join(map(str, sorted(allowed)))}")
    return int(wanted)


def stay_on_core():
    """This process, and with it all that it starts."""
    os.sched_setaffinity(0, {core()})


def run(words, environment=None, **options):
    """What a program prints; Failed if it fails."""
    full = dict(os.environ, OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1", **(environment or {}))
    done = subprocess.run(words, env=full, stdout=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode:
        raise Failed(f"{' '.join(words[:6])} ... ended with status {done.returncode}")
    return done.stdout


def processor_seconds(words):
    """What a program and its children take of the processor: the wall clock would count what others take, too."""
    child = os.posix_spawnp(words[0], words, os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise Failed(f"{' '.join(words[:6])} ... ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def run_json(words, environment=None, **options):
    return json.loads(run(words, environment, **options))


def cpu(key):
    with open("/proc/cpuinfo") as file:
        found = re.search(rf"^{key}\s*:\s*(.*)$", file.read(), re.M)
    return found.group(1) if found else ""


def tuned_environment():
    """Kernels for this core, which older libraries do not recognise, and an allocator that keeps its memory."""
    flags = cpu("flags").split()
    tuned = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "2000000000"}
    if "avx512f" in flags:
        tuned.update(OPENBLAS_CORETYPE="SKYLAKEX", ATEN_CPU_CAPABILITY="avx512")
    elif "avx2" in flags:
        tuned.update(OPENBLAS_CORETYPE="HASWELL", ATEN_CPU_CAPABILITY="avx2")
    return tuned


def first_line(words):
    try:
        return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "not there"


def compiler():
    return (os.environ.get("CC") or "cc").split()


def torch_version():
    """Version and the library that multiplies its matrices, or None without PyTorch."""
    code = ("import torch; print(torch.__version__); "
            "print('openblas' in ''.join(l for l in open('/proc/self/maps') if 'blas' in l))")
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=False)
    if done.returncode:
        return None
    version, openblas = done.stdout.split()
    blas = "OpenBLAS" if openblas == "True" else \
        "the reference BLAS, which is slow: install libopenblas0-pthread for a fair comparison"
    return f"{version}, {blas}"


def lines_of_peers(versions):
    """versions: of the peers that are needed; None if one is not there."""
    lines = []
    if versions["torch"]:
        tuned = " ".join(f"{key}={value}" for key, value in tuned_environment().items())
        lines.append(f"- PyTorch {versions['torch']}, one thread, with {tuned}")
    else:
        lines.append("- PyTorch is not there (Debian: python3-torch): its rows have no peer")
    if versions.get("ort"):
        lines.append(f"- ONNX Runtime {versions['ort']} through its C interface, all optimisations, one thread")
    elif "ort" in versions:
        lines.append("- ONNX Runtime is not there: its rows have no peer. npm, which has it, is missing or offline; or "
                     "PyTorch is missing, which writes the models")
    return lines


def circumstances(rounds, load, peak, versions):
    """The lines above the tables. load: of the machine, before and after."""
    plural = "" if rounds == 1 else "s"
    return [
        f"- {datetime.date.today()}, {cpu('model name')}, {os.cpu_count()} cores, core {core()} used; "
        f"FMA peak {peak:.0f} GFLOP/s",
        f"- {first_line([NNC, '--version'])}, target native, compiled with -O2; "
        f"{first_line([*compiler(), '--version'])}; Linux {platform.release()}",
        *lines_of_peers(versions),
        f"- {rounds} round{plural}; load of the machine {load[0]:.1f} before, {load[1]:.1f} after, 1 of it the "
        "benchmark's own",
    ]
