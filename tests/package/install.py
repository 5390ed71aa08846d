"""install.py - what `make install` brings to other projects: nnc.pc, find_package(nnc), nnc_add_network."""
import os
import pathlib
import shutil

from folders import HERE, cmake, demand, run_user
from toolbox import NNC, ROOT, run

PROJECT = """cmake_minimum_required(VERSION 3.20)
project(user C)
find_package(nnc 0.1 REQUIRED)
nnc_add_network(small small.yaml --weights small.safetensors --numerics separate)
nnc_add_network(tilted "a folder/net.yaml" --templates "a folder")
add_executable(user main.c)
target_link_libraries(user PRIVATE small tilted)
"""
MAIN = """#include "small.h"
#include "tilted.h"
static small_inference scratch;
static tilted_training net;
int main(void)
{
    static const float input[4] = {0};
    float output[4];
    small_predict(&small_weights, &scratch, input, output);
    tilted_initialize(&net, 1);
    return sizeof small_weights == SMALL_PARAMETERS_BYTES ? 0 : 1;
}
"""


def install(work):
    """An installed tree that has been moved away from where make put it."""
    stage, root = work / "stage", work / "moved" / "tree"
    build = pathlib.Path(NNC).resolve().parent
    words = [f"B={os.path.relpath(build, ROOT)}"] if build != ROOT / "build" else []
    run(["make", "-s", "-C", ROOT, "install", "PREFIX=/opt/nnc", f"DESTDIR={stage}", *words])
    root.parent.mkdir()
    (stage / "opt" / "nnc").rename(root)
    named = [path.name for path in root.rglob("*") if path.is_file() and path.suffix in (".cmake", ".pc") and
             ("/opt/nnc" in path.read_text() or str(work) in path.read_text() or "@" in path.read_text())]
    demand(not named, f"{named} name folders, or have blanks")
    return root


def pkg_config(root, work):
    def ask(*words):
        return run(["env", f"PKG_CONFIG_PATH={root / 'share' / 'pkgconfig'}", "pkg-config", *words, "nnc"]).strip()
    program = ask("--variable=nnc")
    demand(run([program, "--version"]).split() == ["nnc", ask("--modversion")], "pkg-config tells another version")
    run([program, HERE / "small.yaml", "-o", work / "small.c"])
    run([os.environ.get("CC", "cc"), "-O0", *ask("--cflags").split(), "-c", work / "small.c", "-o", work / "small.o"])


def user_project(work, weights):
    project = work / "project"
    (project / "a folder" / "layers").mkdir(parents=True)
    (project / "CMakeLists.txt").write_text(PROJECT)
    (project / "main.c").write_text(MAIN)
    shutil.copy(HERE / "small.yaml", project)
    shutil.copy(weights, project / "small.safetensors")
    shutil.copy(ROOT / "examples" / "layer" / "net.yaml", project / "a folder")
    shutil.copy(ROOT / "examples" / "layer" / "layers" / "prelu.c", project / "a folder" / "layers")
    return project


def built(build):
    """What a build of what is there already did: the networks that nnc printed, whether anything was done."""
    told = run(["cmake", "--build", build])
    networks = [name for name in ("small", "tilted") if f"nnc {name}\n" in told]
    return networks, "Building" in told or "Linking" in told


def add_network(root, work, weights, generator, toolchain=None):
    project, build = user_project(work, weights), work / "build"
    cmake(project, build, generator, f"-Dnnc_DIR={root / 'share' / 'cmake' / 'nnc'}", toolchain=toolchain)
    run_user(build, toolchain)
    return project, build


def rebuilds(root, work, weights, generator, all_files=True):
    """After a change of what the depfile names: of all kinds of files, or of a template and a comment."""
    project, build = add_network(root, work, weights, generator)
    demand(built(build) == ([], False), "it builds again though nothing changed")
    header = next(build.rglob("small.h"))
    before = header.read_text()

    def changed(path, old, new, networks):
        text = path.read_text()
        demand(old in text, f"{path.name} has no {old!r}")
        path.write_text(text.replace(old, new))
        demand(built(build)[0] == networks, f"after a change of {path.name} not just {networks} is printed")

    if all_files:
        changed(project / "small.yaml", "batch: 2", "batch: 3", ["small"])
        demand(header.read_text() != before, "the header did not change with the description")
        (project / "small.safetensors").touch()
        demand(built(build)[0] == ["small"], "other weights do not print the network anew")
    changed(project / "a folder" / "layers" / "prelu.c", "He et al. 2015", "He et al., 2015", ["tilted"])
    changed(project / "a folder" / "net.yaml", "# A layer", "# One layer", ["tilted"])  # gives the same C
    demand(built(build) == ([], False), "it builds again after a change that changes nothing")


MESON = """project('user', 'c')
net = custom_target('net', input: 'small.yaml', output: ['small.c', 'small.h'], depfile: 'small.d',
                    command: [find_program('nnc', native: true), '@INPUT@', '--standalone', '-o', '@OUTPUT0@', '-MF', '@DEPFILE@'])
executable('user', 'user.c', net)
"""


def meson(root, work):
    """As README says it."""
    text = " ".join((ROOT / "README.md").read_text().split())
    demand(" ".join(MESON.splitlines()[2].split()) in text, "README says it in another way")
    project, build = work / "project", work / "build"
    project.mkdir()
    for file in ("small.yaml", "user.c"):
        shutil.copy(HERE / file, project)
    (project / "meson.build").write_text(MESON)
    run(["env", f"PATH={root / 'bin'}:{os.environ['PATH']}", "meson", "setup", build, project])
    run(["ninja", "-C", build])
    run([build / "user"])
    demand("no work to do" in run(["ninja", "-C", build]), "it builds again though nothing changed")
    spec = project / "small.yaml"
    spec.write_text(spec.read_text().replace("units: 3", "units: 5"))
    run(["ninja", "-C", build])
    demand("float dense_1_weight[2][5];" in (build / "small.h").read_text(), "the header did not change")


def versions(root, work):
    """Which versions find_package takes."""
    project = work / "project"
    project.mkdir()
    lines = ["cmake_minimum_required(VERSION 3.20)", "project(user NONE)"]
    for version, fits in {"": 1, "0.1": 1, "0.1.0 EXACT": 1, "0.2": 0, "1.0": 0, "0.1.1": 0, "0.0.9": 0, "0.1...0.3": 1,
                          "0.0.1...<0.1.0": 0}.items():
        lines += ["unset(nnc_DIR CACHE)", f"find_package(nnc {version} QUIET HINTS \"${{ROOT}}\")",
                  f"if(NOT \"${{nnc_FOUND}}\" STREQUAL \"{fits}\" AND NOT (NOT nnc_FOUND AND {1 - fits}))",
                  f"message(FATAL_ERROR \"find_package(nnc {version}) says ${{nnc_FOUND}}\")", "endif()"]
    (project / "CMakeLists.txt").write_text("\n".join(lines) + "\n")
    run(["cmake", "-S", project, "-B", work / "build", "-G", "Ninja", f"-DROOT={root}"])
