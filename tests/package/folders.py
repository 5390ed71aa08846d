"""folders.py - the folder of each kind of package, built as its build system does.

A function for each kind gets a folder that `nnc package` has written, and a place to work in; it raises if something is
not as that build system wants it."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree
import zipfile

import yaml
from toolbox import Refused, run

HERE = pathlib.Path(__file__).resolve().parent
CC = os.environ.get("CC", "cc")
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
ARM = ["-mcpu=cortex-m4", "-mthumb", "-Os"]
AVR = ["-mmcu=atmega328p", "-Os"]
RELEASE = re.compile(r"\d+\.\d+\.\d+")


def demand(truth, words):
    if not truth:
        raise Refused(words)


def only(paths, what):
    paths = sorted(paths)
    demand(len(paths) == 1, f"{len(paths)} files {what}: {paths}")
    return paths[0]


def sources(package):
    """net.c and net.h."""
    return only(package.glob("src/*.c"), "src/*.c"), only([*package.glob("include/*.h"), *package.glob("src/*.h")], "*.h")


def compiled(compiler, package, work, *options):
    """net.c, as strictly as it gets; the object."""
    source, header = sources(package)
    output = work / f"{source.stem}.o"
    run([*compiler, "-c", source, "-I", header.parent, *options, "-o", output])
    return output


def readme_program(package, work):
    """The program that README.md shows, as a file."""
    text = (package / "README.md").read_text()
    program = work / "readme.c"
    program.write_text(re.search(r"```c\n(.*?)```", text, re.DOTALL)[1])
    return program


# ---- cmake ----

USER = """cmake_minimum_required(VERSION 3.20)
project(user C)
if(PACKAGE)
  add_subdirectory("${PACKAGE}" network)
else()
  find_package(small 1.0 REQUIRED)
endif()
add_executable(user "${PROGRAM}")
target_link_libraries(user PRIVATE small::small)
"""


def cmake(source, build, generator, *options, toolchain=None):
    words = [f"-DCMAKE_TOOLCHAIN_FILE={HERE / 'toolchains' / toolchain}"] if toolchain else []
    run(["cmake", "-S", source, "-B", build, "-G", generator, "-Wno-dev", "--no-warn-unused-cli", *words, *options])
    run(["cmake", "--build", build])


def run_user(build, toolchain):
    if toolchain != "arm.cmake":
        run([*(["qemu-aarch64"] if toolchain else []), build / "user"])


def user_project(work):
    project = work / "project"
    project.mkdir(parents=True, exist_ok=True)
    (project / "CMakeLists.txt").write_text(USER)
    return project


def cmake_subdirectory(package, work, generator="Ninja", toolchain=None):
    build = work / "build"
    cmake(user_project(work), build, generator, f"-DPACKAGE={package}", f"-DPROGRAM={HERE / 'user.c'}", toolchain=toolchain)
    run_user(build, toolchain)


def cmake_installed(package, work, generator="Unix Makefiles", toolchain=None):
    """Built by itself, installed, moved elsewhere, found."""
    first, second, moved = work / "first", work / "second", work / "moved"
    cmake(package, first, generator, toolchain=toolchain)
    run(["cmake", "--install", first, "--prefix", work / "installed"])
    (work / "installed").rename(moved)
    found = only(moved.glob("**/smallConfig.cmake"), "smallConfig.cmake").parent
    cmake(user_project(work), second, generator, f"-Dsmall_DIR={found}", f"-DPROGRAM={HERE / 'user.c'}", toolchain=toolchain)
    run_user(second, toolchain)


# ---- meson ----

MESON_USER = """project('user', 'c')
small = dependency('small', fallback: ['small', 'small_dep'])
user = executable('user', 'user.c', dependencies: small)
test('it predicts', user)
"""


def meson(package, work, *options):
    project = work / "project"
    (project / "subprojects").mkdir(parents=True)
    shutil.copytree(package, project / "subprojects" / "small")
    shutil.copy(HERE / "user.c", project)
    (project / "meson.build").write_text(MESON_USER)
    run(["meson", "setup", *options, work / "build", project])
    run(["meson", "test", "-C", work / "build"])


def meson_cross(package, work):
    meson(package, work, "--cross-file", HERE / "toolchains" / "aarch64.ini")


def meson_installed(package, work):
    """By itself; pkg-config finds what is installed."""
    run(["meson", "setup", "--prefix", work / "installed", work / "build", package])
    run(["meson", "install", "-C", work / "build"])
    folder = only((work / "installed").glob("**/small.pc"), "small.pc").parent
    words = run(["env", f"PKG_CONFIG_PATH={folder}", "pkg-config", "--cflags", "--libs", "small"]).split()
    run([CC, HERE / "user.c", *words, "-o", work / "user"])
    run([work / "user"])


# ---- make ----

def make(package, work):
    copy = work / "copy"
    shutil.copytree(package, copy)
    run(["make", "-C", copy])
    told = run(["make", "-C", copy])
    demand(" -c " not in told, "make builds twice")
    run(["make", "-C", copy, "install", "PREFIX=/usr", f"DESTDIR={work / 'stage'}"])
    root = work / "stage" / "usr"
    run([CC, HERE / "user.c", "-I", root / "include", "-L", root / "lib", "-lsmall", "-o", work / "user"])
    run([work / "user"])
    run(["make", "-C", copy, "clean"])
    demand(not list((copy / "build").glob("*")), "make clean leaves something")


def make_cross(prefix, flags):
    def build(package, work):
        run(["make", "-C", package, f"B={work / 'objects'}", f"CC={prefix}gcc", f"AR={prefix}ar", f"CFLAGS={flags}"])
        archive = work / "objects" / "libsmall.a"
        told = run([f"{prefix}nm", archive])
        demand(" T small_predict" in told, "libsmall.a has no small_predict")
    return build


# ---- arduino ----

ARDUINO_FIELDS = ["name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"]
ARDUINO_CATEGORIES = {"Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing",
                      "Data Storage", "Data Processing", "Other"}


def arduino_properties(package):
    lines = (package / "library.properties").read_text().splitlines()
    fields = dict(line.split("=", 1) for line in lines)
    missing = [name for name in ARDUINO_FIELDS if not fields.get(name)]
    demand(not missing, f"library.properties lacks {missing}")
    demand(RELEASE.fullmatch(fields["version"]), f"version is {fields['version']}")
    demand(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _.\-]{0,62}", fields["name"]), f"name is {fields['name']}")
    demand(fields["category"] in ARDUINO_CATEGORIES, f"category is {fields['category']}")
    demand((package / "src" / fields["includes"]).is_file(), f"includes {fields['includes']}")
    example = package / "examples" / fields["name"] / f"{fields['name']}.ino"
    demand(example.is_file(), f"{example} is not there")
    for line in (package / "keywords.txt").read_text().splitlines():
        demand(re.fullmatch(r"\w+\t(KEYWORD[123]|LITERAL1)", line), f"keywords.txt: {line!r}")
    return example


def arduino_sketch(example, work):
    """What the Arduino builder makes of an .ino: C++ that begins with Arduino.h."""
    sketch = work / "sketch.cpp"
    sketch.write_text("#include <Arduino.h>\n" + example.read_text())
    return sketch


def arduino(package, work, compilers=(("g++",),)):
    example = arduino_properties(package)
    for number, compiler in enumerate(compilers):
        run([*compiler, "-c", "-Wall", "-Wextra", "-Werror", "-I", HERE / "fakes", "-I", package / "src",
             arduino_sketch(example, work), "-o", work / f"sketch{number}.o"])


def arduino_avr(package, work):
    compiled(["avr-gcc", *AVR, "-std=gnu11", "-ffunction-sections", "-fdata-sections", "-w"], package, work)
    arduino(package, work, [["avr-g++", *AVR, "-std=gnu++11", "-fpermissive", "-fno-exceptions"]])


def arduino_arm(package, work):
    compiled(["arm-none-eabi-gcc", *ARM, "-std=gnu11"], package, work)
    arduino(package, work, [["arm-none-eabi-g++", *ARM, "-std=gnu++17", "-fno-exceptions"]])


# ---- what only embedded folders have ----

def platformio(package, work):
    fields = json.loads((package / "library.json").read_text())
    missing = {"name", "version", "description", "keywords", "frameworks", "platforms", "headers"} - set(fields)
    demand(not missing, f"library.json lacks {missing}")
    demand(RELEASE.fullmatch(fields["version"]) and len(fields["version"]) <= 20, f"version is {fields['version']}")
    demand(len(fields["name"]) <= 50 and not re.search("[:;/,@<>]", fields["name"]), f"name is {fields['name']}")
    demand(len(fields["description"]) <= 255, "the description is too long")
    build = fields["build"]
    demand((package / build["includeDir"] / fields["headers"]).is_file(), f"{fields['headers']} is not there")
    demand(list((package / build["srcDir"]).glob("*.c")), "there is no source")
    compiled([CC, "-std=gnu99", "-O0", *STRICT], package, work)


def esp_idf(package, work):
    fields = yaml.safe_load((package / "idf_component.yml").read_text())
    demand(RELEASE.fullmatch(fields["version"]), f"version is {fields['version']}")
    demand(fields["description"], "there is no description")
    demand(set(fields) <= {"version", "description", "url", "maintainers", "dependencies"}, f"keys are {set(fields)}")
    demand((package / "LICENSE").is_file(), "the registry wants a licence")
    project = work / "project"
    project.mkdir()
    shutil.copy(HERE / "fakes" / "esp_idf.cmake", project / "CMakeLists.txt")
    cmake(project, work / "build", "Ninja", f"-DPACKAGE={package}", f"-DPROGRAM={readme_program(package, work)}")
    run([work / "build" / "app"])


KCONFIG = """import sys, kconfiglib
kconfig = kconfiglib.Kconfig(sys.argv[1])
kconfig.load_config(sys.argv[2])
option, = kconfig.unique_defined_syms
assert not kconfig.warnings and option.str_value == "y" and kconfiglib.TYPE_TO_STR[option.type] == "bool", kconfig.warnings
print(option.name)
"""


def zephyr_option(kconfig, configuration):
    """The name of the one option, which the configuration sets; read by Zephyr's own parser, which Debian has."""
    for python in ("python3", "/usr/bin/python3"):
        if not subprocess.run([python, "-c", "import kconfiglib"], capture_output=True).returncode:
            return run([python, "-c", KCONFIG, kconfig, configuration]).strip()
    demand(os.environ.get("NNC_ANY_SYSTEM"), "python3-kconfiglib is missing: `bash scripts/require.sh test` installs that")
    return re.match(r"config (\w+)\n", kconfig.read_text())[1]


def zephyr(package, work):
    module = yaml.safe_load((package / "zephyr" / "module.yml").read_text())
    sample = package / "samples" / module["name"]
    option = zephyr_option(package / module["build"]["kconfig"], sample / "prj.conf")
    demand((package / module["build"]["cmake"] / "CMakeLists.txt").is_file(), "the module has no CMakeLists.txt")
    project = work / "project"
    project.mkdir()
    shutil.copy(HERE / "fakes" / "zephyr.cmake", project / "CMakeLists.txt")
    common = [f"-DPACKAGE={package}", f"-DMODULE_FOLDER={module['build']['cmake']}", f"-DNETWORK={module['name']}"]
    cmake(project, work / "build", "Ninja", *common)
    demand(not (work / "build" / "app").exists(), "it is built without its option")
    cmake(project, work / "build", "Ninja", *common, f"-DCONFIG_{option}=y")
    run([work / "build" / "app"])


def cmsis_pack(package, work):
    pack = only(package.glob("*.pack"), "*.pack")
    with zipfile.ZipFile(pack) as archive:
        bad = archive.testzip()
        demand(not bad, f"{bad} is damaged")
        archive.extractall(work / "pack")
        for entry in archive.infolist():
            demand(entry.date_time == (1980, 1, 1, 0, 0, 0), f"{entry.filename} has a date")
            demand((package / entry.filename).read_bytes() == archive.read(entry), f"{entry.filename} is another one")
    if shutil.which("unzip"):
        run(["unzip", "-tqq", pack])
    description = only((work / "pack").glob("*.pdsc"), "*.pdsc")
    root = xml.etree.ElementTree.parse(description).getroot()
    demand(root.tag == "package" and root.get("schemaVersion"), "it is no package")
    for name in ("vendor", "name", "description", "url", "license", "releases", "components"):
        demand(root.find(name) is not None, f"there is no {name}")
    vendor, name = root.findtext("vendor"), root.findtext("name")
    release = root.find("releases/release")
    demand(RELEASE.fullmatch(release.get("version")) and release.text.strip(), "the release says nothing")
    demand(pack.name == f"{vendor}.{name}.{release.get('version')}.pack", f"the pack is called {pack.name}")
    demand(description.name == f"{vendor}.{name}.pdsc", f"the description is called {description.name}")
    component = root.find("components/component")
    for attribute in ("Cclass", "Cgroup", "Csub"):
        demand(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_ ]{0,31}", component.get(attribute, "")), f"{attribute} is another word")
    demand(component.get("Cversion") == release.get("version"), "the component has another version")
    demand(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{1,31}", vendor), f"the vendor is {vendor}")
    demand(component.findtext("description"), "the component has no description")
    files = [root.findtext("license"), *(file.get("name") for file in component.findall("files/file"))]
    missing = [file for file in files if not (work / "pack" / file).is_file()]
    demand(not missing, f"the pack lacks {missing}")
    compiled([CC, "-std=c99", "-O0", *STRICT], work / "pack", work)


# ---- what all of them have in common ----

def common(package, work):
    """A licence, a README whose program builds and whose sizes are those of the header; no blank left, no path."""
    demand("without any condition" in " ".join((package / "LICENSE").read_text().split()), "LICENSE is another one")
    source, header = sources(package)
    for path in package.rglob("*"):
        text = path.read_bytes().decode("latin-1") if path.is_file() else ""
        left = re.search(r"@[?!]?[A-Za-z_]+@", text)
        demand(not left, f"{path.name} still has {left and left[0]}")
        demand(str(package.parent) not in text and str(HERE) not in text, f"{path.name} names a folder of this machine")
        demand(path.suffix == ".pack" or "\r" not in text and (not text or text.endswith("\n")), f"{path.name}: ends of lines")
    demand("nnc/lanes.h" not in source.read_text(), "the runtime is not pasted in")
    table = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", (package / "README.md").read_text(), re.MULTILINE))
    demand(len(table) >= 2, "README.md has no table of memory")
    program = readme_program(package, work)
    checks = "".join(f"typedef char is_{name}[sizeof({name}) == {size} ? 1 : -1];\n" for name, size in table.items())
    program.write_text(program.read_text() + checks)
    run([CC, "-std=c99", "-O0", *STRICT, "-Wno-unused-variable", "-Wno-unused-local-typedefs", "-I", header.parent, program,
         source, "-o", work / "program"])
    run([work / "program"])


def tree(folder):
    """Path -> bytes and time of change, of all files."""
    return {path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(folder.rglob("*")) if path.is_file()}


def status_of(command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
