"""package.py [--full] - what `nnc package` and `make install` promise.

 * The folder of every kind is complete, and is built by its build system, here and for other processors; where that
   system cannot be had, its metadata are read and its files are run by parsers and programs of the same kind.
 * So it is for networks that train, that only predict, with weights and without, with several inputs and targets.
 * Files of others are not overwritten; what is refused leaves everything as it was.
 * An installed nnc is found by CMake and by pkg-config, and prints a network when it is built, and no more often."""
import os
import pathlib
import shutil
import sys
import tempfile
import time

import folders
import install
import refusals
from toolbox import NETWORKS, ROOT, TEMPLATES, Count, Refused, nnc, run

HERE = pathlib.Path(__file__).resolve().parent
FULL = "--full" in sys.argv
TIMES = "--times" in sys.argv  # tells how long each takes
FIRMWARE = ["arm-none-eabi-gcc", "arm-none-eabi-g++", "avr-gcc", "avr-g++"]
ARM_FLAGS = "-O2 -mcpu=cortex-m4 -mthumb"

# The ways in which the package of `small` is built, for each kind.
WAYS = {
    "arduino": [folders.arduino],
    "cmake": [folders.cmake_subdirectory, folders.cmake_installed],
    "cmsis-pack": [folders.cmsis_pack],
    "esp-idf": [folders.esp_idf],
    "make": [folders.make, folders.make_cross("aarch64-linux-gnu-", "-O2")],
    "meson": [folders.meson],
    "platformio": [folders.platformio],
    "zephyr": [folders.zephyr],
}
FIRMWARE_WAYS = {
    "arduino": [folders.arduino_avr, folders.arduino_arm],
    "cmake": [lambda package, work: folders.cmake_subdirectory(package, work, toolchain="arm.cmake")],
    "make": [folders.make_cross("arm-none-eabi-", ARM_FLAGS)],
}
FULL_WAYS = {
    "cmake": [lambda package, work: folders.cmake_subdirectory(package, work, "Unix Makefiles"),
              lambda package, work: folders.cmake_installed(package, work, "Ninja"),
              lambda package, work: folders.cmake_subdirectory(package, work, toolchain="aarch64.cmake"),
              lambda package, work: folders.cmake_installed(package, work, "Ninja", "aarch64.cmake")],
    "meson": [folders.meson_cross, folders.meson_installed],
}


class Suite:
    def __init__(self, folder):
        self.count, self.folder, self.number = Count(), pathlib.Path(folder), 0

    def fresh(self):
        self.number += 1
        work = self.folder / f"work{self.number}"
        work.mkdir()
        return work

    def package(self, spec, kind, *options):
        folder = self.fresh() / "package"
        nnc("package", spec, "--for", kind, "-o", folder, *options)
        return folder

    def attempt(self, name, action, *arguments):
        started = time.monotonic()
        value = self.count.attempt(name, lambda: action(*arguments))
        if TIMES:
            print(f"{time.monotonic() - started:6.2f} s  {name}")
        return value


def kinds():
    """Those that there are, by the folder that they are made of."""
    return sorted(path.name for path in (ROOT / "packages").iterdir() if path.is_dir())


def firmware():
    """Whether the compilers for microcontrollers are there; with --full they must be."""
    missing = [tool for tool in FIRMWARE if not shutil.which(tool)]
    if missing:
        print(f"skipped: {', '.join(missing)} not found: `bash scripts/require.sh firmware` installs that", flush=True)
    return not missing


def check_builds(suite, weights):
    known = firmware()
    suite.count.check("compilers of firmware", "not there" if FULL and not known and not os.environ.get("NNC_ANY_SYSTEM")
                      else None)
    for kind in kinds():
        ways = WAYS[kind] + (FIRMWARE_WAYS.get(kind, []) if known else []) + (FULL_WAYS.get(kind, []) if FULL else [])
        for number, way in enumerate(ways):
            options = ["--weights", weights, "--inference"] if number % 2 else []
            folder = suite.package(HERE / "small.yaml", kind, *options)
            suite.attempt(f"{kind}, way {number}", way, folder, suite.fresh())


def check_common(suite, weights):
    small, pair = HERE / "small.yaml", HERE / "pair.yaml"
    cases = [(small, []), (pair, ["--dtype", "float64"]), (small, ["--inference", "--predict-batch", "3"]),
             (small, ["--weights", weights, "--numerics", "separate"])]
    if FULL:
        cases += [(spec, ["--templates", TEMPLATES[1]]) for spec in NETWORKS]
    for number, kind in enumerate(kinds()):
        for spec, options in cases if FULL else [cases[number % 4], cases[(number + number // 4 + 1) % 4]]:
            words = ["--author", "Jane D. <jane@example.com>", "--url", "https://example.com/a?b=c"] if number % 2 else []
            name = f"{kind} of {spec.stem} {' '.join(str(option) for option in options[:1])}"
            folder = suite.count.attempt(name, lambda: suite.package(spec, kind, *options, *words))
            if folder:
                suite.attempt(name, folders.common, folder, suite.fresh())


def check_flags(suite):
    """What the target wants stands in the files of those systems that decide flags."""
    for kind, file in (("cmake", "CMakeLists.txt"), ("meson", "meson.build"), ("make", "Makefile")):
        text = (suite.package(HERE / "small.yaml", kind, "--target", "avx2") / file).read_text()
        suite.count.check(f"{kind}: flags", None if "-mavx2 -mfma" in text else "are not there")
    folder = suite.package(HERE / "small.yaml", "make", "--target", "avx2")
    suite.attempt("make: flags", run, ["make", "-C", folder, "CFLAGS=-O0"])


def check_imprint(suite):
    words = ["--release", "2.10.3", "--author", "Ana Müller <ana@example.com>", "--url", "https://example.com/x",
             "--vendor", "Some-One"]
    wanted = {"arduino": ("library.properties", ["version=2.10.3", "author=Ana Müller <ana@example.com>",
                                                 "url=https://example.com/x"]),
              "platformio": ("library.json", ['"2.10.3"', "Ana Müller <ana@example.com>", "https://example.com/x"]),
              "esp-idf": ("idf_component.yml", ['version: "2.10.3"', "Ana Müller", 'url: "https://example.com/x"']),
              "cmake": ("CMakeLists.txt", ["VERSION 2.10.3"]), "meson": ("meson.build", ["version: '2.10.3'"]),
              "cmsis-pack": ("Some-One.small.pdsc", ["<vendor>Some-One</vendor>", 'version="2.10.3"'])}
    for kind, (file, texts) in wanted.items():
        folder = suite.package(HERE / "small.yaml", kind, *words)
        text = (folder / file).read_text()
        missing = [word for word in texts if word not in text]
        suite.count.check(f"{kind}: imprint", f"{file} lacks {missing}" if missing else None)
        if FULL or kind in ("platformio", "cmsis-pack"):
            suite.attempt(f"{kind}: imprint", WAYS[kind][0], folder, suite.fresh())


def check_reserved(suite):
    """Names that build systems keep for themselves are good names of networks."""
    text = (HERE / "small.yaml").read_text()
    for name in ("test", "all", "install") if FULL else ("test",):
        spec = suite.fresh() / "reserved.yaml"
        spec.write_text(text.replace("network: small", f"network: {name}"))
        suite.attempt(f"cmake: {name}", lambda: folders.cmake(suite.package(spec, "cmake"), suite.fresh(), "Ninja"))
        if FULL:
            suite.attempt(f"meson: {name}", lambda: run(["meson", "setup", suite.fresh(), suite.package(spec, "meson")]))
        suite.attempt(f"make: {name}", lambda: run(["make", "-C", suite.package(spec, "make")]))


def check_long_name(suite):
    """The longest name that a network may have."""
    spec = suite.fresh() / "long.yaml"
    spec.write_text((HERE / "small.yaml").read_text().replace("network: small", "network: a" + 46 * "_" + "b"))
    for kind in ("arduino", "cmsis-pack", "platformio"):
        suite.attempt(f"{kind}: a long name", lambda: WAYS[kind][0](suite.package(spec, kind), suite.fresh()))


def check_install(suite, weights):
    root = suite.attempt("install", install.install, suite.fresh())
    if not root:
        return
    suite.attempt("pkg-config", install.pkg_config, root, suite.fresh())
    suite.attempt("find_package: versions", install.versions, root, suite.fresh())
    for generator in ("Ninja", "Unix Makefiles"):
        suite.attempt(f"nnc_add_network, {generator}", install.rebuilds, root, suite.fresh(), weights, generator,
                      FULL or generator == "Ninja")
    toolchains = [("arm.cmake", "Ninja")] if shutil.which("arm-none-eabi-gcc") else []
    if FULL:
        suite.attempt("meson", install.meson, root, suite.fresh())
        toolchains += [("aarch64.cmake", "Ninja"), ("aarch64.cmake", "Unix Makefiles")]
    for toolchain, generator in toolchains:
        suite.attempt(f"nnc_add_network, {toolchain}", install.add_network, root, suite.fresh(), weights, generator, toolchain)


def main():
    with tempfile.TemporaryDirectory(prefix="nnc-package-") as folder:
        suite = Suite(folder)
        weights = suite.folder / "small.safetensors"
        suite.attempt("train", nnc, "train", HERE / "small.yaml", "--epochs", "1", "-q", "-o", weights)
        suite.count.check("kinds", None if kinds() == sorted(WAYS) else f"kinds {kinds()} are not all tested")
        for check in (check_builds, check_common):
            check(suite, weights)
        for check in (check_flags, check_imprint, check_reserved, check_long_name):
            try:
                check(suite)
            except Refused as refused:
                suite.count.check(check.__name__, str(refused))
        check_install(suite, weights)
        refusals.check(suite.count, suite.fresh())
        sys.exit(suite.count.finish())


if __name__ == "__main__":
    main()
