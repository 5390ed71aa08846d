"""quick_compiler.py - a C compiler for many small networks: tcc if it is there, which compiles in a hundredth of the
time, with the processor's fma by a function of two lines that gcc compiled; gcc -O1 if not."""
import os
import shutil
import subprocess

from toolbox import ROOT, processor_flags

FMA = """double nnc_test_fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
float nnc_test_fmaf(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
"""
BEFORE = """#include <nnc/real.h>
double nnc_test_fma(double a, double b, double c);
float nnc_test_fmaf(float a, float b, float c);
#define nnc_fma nnc_test_fma
#define nnc_fmaf nnc_test_fmaf
"""


def try_it(folder, script):
    """Whether the script makes a shared object of a file that includes the runtime."""
    (folder / "try.c").write_text("#define NNC_REAL_BYTES 8\n#define NNC_LANES 1\n#include <nnc/lanes.h>\n"
                                  "double nnc_test_try(double x) { return nnc_fma(x, nnc_exp(x), nnc_sqrt(x)); }\n")
    return subprocess.run([script, "-shared", "-fPIC", "-I", ROOT / "runtime", folder / "try.c", "-o", folder / "try.so"],
                          capture_output=True).returncode == 0


def write_script(path, words):
    path.write_text(f'#!/bin/sh\nexec {words}\n')
    path.chmod(0o755)
    return str(path)


def quick_compiler(folder):
    """A path that takes a compiler's options, and its name."""
    if shutil.which("tcc") and "fma" in processor_flags():
        (folder / "fma.c").write_text(FMA)
        (folder / "before.h").write_text(BEFORE)
        made = subprocess.run(["gcc", "-O2", "-mfma", "-fPIC", "-c", folder / "fma.c", "-o", folder / "fma.o"])
        script = write_script(folder / "quick_cc", f'tcc -w -D__SIZEOF_DOUBLE__=8 "$@" -include {folder}/before.h '
                                                   f'{folder}/fma.o')
        if made.returncode == 0 and try_it(folder, script):
            return script, "tcc"
    compiler = os.environ.get("CC", "gcc")
    return write_script(folder / "quick_cc", f'{compiler} -w "$@" -O1 -march=native'), f"{compiler} -O1"
