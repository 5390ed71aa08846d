"""flash.py - what a device keeps in flash outlives every loss of power: flash.py [--full]. Ends with the counts.

 * power.c cuts the power of device.c at every operation, for two networks and units of 1, 4, 8 and 32 bytes (--full: also
   256 and an odd one), and looks at flipped bits, foreign checkpoints, sequence numbers, slots that are too small,
   functions that fail. gcc and clang, without a warning, some of it under the sanitizers; every form of output.
 * What is in flash is what runtime/nnc/checkpoint.h says: read by this file, with another CRC-32.
 * Mutants of the code, the order of its writes among them, are caught.
 * --full: compiled for AVR and Cortex-M, as C99 and as C++, without a warning."""
import argparse
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import time
import zlib

from toolbox import NNC, ROOT, RUNTIME, Count, Processor, Refused, compilers, generate, run

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = ROOT / "examples" / "embed"
NETWORKS = [HERE / "adam.yaml", HERE / "fused.yaml"]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
UNITS, MORE_UNITS = [1, 4, 8, 32], [1, 3, 4, 8, 32, 256]


def learner(spec, folder, *options):
    """The network as learner.c and learner.h in a folder of its own."""
    source = generate(spec, folder, "--checkpoint", *options)
    for path in (source, source.with_suffix(".h")):
        path.rename(path.with_stem("learner"))
    text = (folder / "learner.c").read_text()
    (folder / "learner.c").write_text(text.replace(f'"{spec.stem}.h"', '"learner.h"'))
    return folder / "learner.c"


def supply(folder, compiler, flags):
    """part.c and power.c, which know no network, compiled once."""
    name = re.sub(r"\W+", "_", " ".join([compiler, *flags]))
    objects = [folder / f"{source}_{name}.o" for source in ("part", "power")]
    for compiled, source in zip(objects, ("part.c", "power.c")):
        if not compiled.exists():
            run([compiler, "-std=c99", *WARNINGS, *flags, *RUNTIME, "-c", HERE / source, "-o", compiled])
    return objects


def build(folder, compiler="gcc", flags=("-O2",), options=(), runtime=tuple(RUNTIME)):
    """The test program for the network of a folder; `options` are for network and device alone."""
    program = folder / "power"
    run([compiler, "-std=c99", *WARNINGS, *flags, *options, "-I", folder, *runtime, HERE / "device.c",
         folder / "learner.c", *supply(folder.parent, compiler, flags), "-o", program])
    return program


def count_lines(count, name, words):
    lines = [line for line in words.splitlines() if line.startswith("ok ")]
    for line in lines:
        count.check(f"{name}: {line}")
    count.check(name, None if lines else "no test ran")


def check_power(count, name, program, units, *options):
    for unit in units:
        try:
            count_lines(count, f"{name}, unit {unit}", run([program, unit, *options]))
        except Refused as refused:
            count.check(f"{name}, unit {unit}", str(refused))


def check_networks(count, folder, full):
    for number, spec in enumerate(NETWORKS):
        place = folder / spec.stem
        learner(spec, place)
        program = count.attempt(spec.stem, lambda: build(place))
        if program:
            check_power(count, spec.stem, program, MORE_UNITS if full else UNITS, *(["--full"] if full else []))
        for compiler in compilers() if full else compilers()[1 - number:2 - number]:
            name = f"{spec.stem}, {compiler} with sanitizers"
            program = count.attempt(name, lambda: build(place, compiler, ["-O1" if full else "-O0", *SANITIZERS]))
            if program:
                check_power(count, name, program, UNITS if full else [32], *([] if full else ["--quick"]))


# ---- forms of output ----

FORMS = [(["--standalone"], []), (["--dtype", "float64"], ["-DREAL=double"]), (["--numerics", "fast"], ["-ffast-math"]),
         (["--describe", "--predict-batch", "3"], []), (["--target", "sse"], [])]
CPLUSPLUS = (["g++", "-std=c++17", "-x", "c++"], ["clang++", "-std=c++17", "-x", "c++"])


def check_forms(count, folder, full):
    for number, (options, flags) in enumerate(FORMS):
        for spec in NETWORKS if full else [NETWORKS[number % 2]]:
            name = f"{spec.stem} {' '.join(options)}"
            place = folder / f"{spec.stem}_{number}"
            learner(spec, place, *options)
            compiler = compilers()[number % len(compilers())]
            program = count.attempt(name, lambda: build(place, compiler, ["-O1" if full else "-O0"], flags))
            if program:
                check_power(count, name, program, UNITS if full else [8], *([] if full else ["--quick"]))


def check_languages(count, folder):
    """Without the runtime's folder, if it is pasted in; two networks in one file; the runtime's headers alone; as C++."""
    alone, both = folder / "alone", folder / "both.c"
    learner(NETWORKS[0], alone, "--standalone")
    text = (alone / "learner.h").read_text()
    both.write_text("".join(text.replace("learner", name).replace("LEARNER", name.upper()) for name in ("first", "second")) +
                    "#include <nnc/flash.h>\n")
    for language in [["gcc", "-std=c99"], *CPLUSPLUS]:
        if not shutil.which(language[0]):
            continue
        command = [*language, *WARNINGS, "-c", "-o", folder / "alone.o"]
        count.attempt(f"{language[0]}: no other file", lambda: run([*command, alone / "learner.c"]))
        count.attempt(f"{language[0]}: two of them", lambda: run([*command, *RUNTIME, both]))
        for header in ("flash.h", "checkpoint.h"):
            flags = ["-Wno-unused-function"] if header == "checkpoint.h" else []
            (folder / "header.c").write_text(f"#include <nnc/{header}>\ntypedef nnc_flash not_empty;\n")
            count.attempt(f"{language[0]}: {header}", lambda: run([*command, *flags, *RUNTIME, folder / "header.c"]))


def check_example(count, folder):
    """The program of README, with a header that stands for the maker's."""
    generate(EXAMPLE / "net.yaml", folder / "example", "--checkpoint")
    (folder / "example" / "net.h").rename(folder / "example" / "circle.h")
    for compiler in compilers():
        command = [compiler, "-std=c99", *WARNINGS, "-I", HERE / "board", "-I", folder / "example", *RUNTIME]
        count.attempt(f"keep.c: {compiler}", lambda: run([*command, "-fsyntax-only", EXAMPLE / "keep.c"]))


# ---- the format, and another network ----

def check_format(count, program, image, unit):
    """The slots after five checkpoints, as checkpoint.h describes them."""
    run([program, unit, "--image", image])
    data = image.read_bytes()
    slots = data[:len(data) // 2], data[len(data) // 2:]
    for number, slot in enumerate(slots):
        magic, version, real, order, zero, _, size, end, sequence, said = struct.unpack("<4s4BQ4I", slot[:32])
        commit, seal = struct.unpack("<2I", slot[end - 4:end + 4])
        step = struct.unpack_from("<I", slot, 32 + size - 12)[0]
        wrong = [name for name, good in (
            ("magic", magic == b"nncF"), ("version", (version, zero) == (1, 0)), ("numbers", (real, order) == (4, 1)),
            ("end", end % unit == 0 and end - unit < 32 + size + 4 <= end), ("unit", said == unit),
            ("sequence", sequence == (4 if number == 0 else 3)), ("step", step == 2 * (sequence + 1)),
            ("commit record", commit == zlib.crc32(slot[:end - 4])), ("seal", seal == commit ^ 0xffffffff),
            ("zeros", not any(slot[32 + size:end - 4]) and not any(slot[end + 4:])),
            ("length", len(slot) == end + (3 + unit) // unit * unit)) if not good]
        count.check(f"unit {unit}, slot {number}", f"wrong: {', '.join(wrong)}" if wrong else None)


def check_images(count, folder):
    programs = [folder / spec.stem / "power" for spec in NETWORKS]
    if not all(program.exists() for program in programs):
        count.check("two programs", "are not there")
        return
    for unit in MORE_UNITS:
        image = folder / f"image_{unit}"
        check_format(count, programs[0], image, unit)
        name = f"another network's checkpoint, unit {unit}"
        words = count.attempt(name, lambda: run([programs[1], unit, "--foreign", image]))
        count_lines(count, name, words or "")


# ---- what nnc refuses ----

def check_refusals(count, folder):
    untrained, output = folder / "untrained.yaml", folder / "refused.c"
    untrained.write_text("network: untrained\ninput: [2]\nlayers:\n  - dense: 1\n")
    large = folder / "large.yaml"
    large.write_text("network: large\ninput: [16384]\nlayers:\n  - dense: 16384\nloss: mse\n")
    for status, words, command in [
            (1, "--checkpoint is for at most 1073741824 bytes of state; this network has 1073807372", [large]),
            (2, "--checkpoint keeps what training owns: it does not go with --inference", [NETWORKS[0], "--inference"]),
            (1, "--checkpoint is for networks that train; this one has no loss", [untrained])]:
        done = subprocess.run([NNC, *command, "--checkpoint", "-o", output], capture_output=True, text=True)
        wrong = done.returncode != status or words not in done.stderr or output.exists()
        count.check(words, f"status {done.returncode}: {done.stderr.strip()}" if wrong else None)


# ---- mutants ----

LAST_FIRST = """static int nnc_mutant_write(const nnc_checkpoint_writer *to, uint32_t bytes)
{
    static uint64_t aligned[512];
    unsigned char *held = (unsigned char *)aligned;
    const nnc_flash *flash = to->flash;
    for (uint32_t i = 0; i < flash->unit_bytes; i++)
        held[to->offset + i] = to->unit.bytes[i];
    if (to->offset + flash->unit_bytes < bytes)
        return 0;
    while (bytes > 0) {
        bytes -= flash->unit_bytes;
        for (uint32_t i = 0; i < flash->unit_bytes; i++)
            ((unsigned char *)(uintptr_t)to->unit.bytes)[i] = held[bytes + i];
        if (flash->write(flash->context, to->slot, bytes, to->unit.bytes, flash->unit_bytes))
            return 1;
    }
    return 0;
}

/* Appends bytes; each unit"""
# What is changed, from what, to what. In checkpoint.h; the last ones in the network.
MUTANTS = [
    ("the commit record is written first",
     [("flash->write(flash->context, to->slot, to->offset, to->unit.bytes, flash->unit_bytes)",
       "nnc_mutant_write(to, 32u * ((328u + 36u + 31u) / 32u + 1u))"), ("/* Appends bytes; each unit", LAST_FIRST)]),
    ("the CRC is not checked", [("return *commit == ~crc ?", "return crc ?")]),
    ("the seal is not asked for", [("nnc_checkpoint_word(seal) == ~found.commit", "seal[0] + 1")]),
    ("the newer one is overwritten", [("slot = 1 - kept", "slot = kept")]),
    ("sequence numbers do not wrap",
     [("(uint32_t)(slots[0].sequence - slots[1].sequence - 1u) < UINT32_C(0x7fffffff)",
       "slots[0].sequence > slots[1].sequence")]),
    ("the sequence number stays", [("slots[kept].sequence + 1u", "slots[kept].sequence")]),
    ("of two without a seal the newer one is kept", [("== NNC_CHECKPOINT_WHOLE ? 1 - later : later", "== 9 ? 0 : later")]),
    ("another network is not refused", [("if (header[i] != own[i])", "if (header[i] != own[i] && i > 32)")]),
    ("what is loaded is not checked", [("return found->commit == ~crc ?", "return crc ?")]),
    ("what is written is not read back", [("return written.worth == NNC_CHECKPOINT_SEALED &&", "return 1 ||")]),
    ("the CRC begins with zeros",
     [("uint32_t crc = UINT32_C(0xffffffff), offset", "uint32_t crc = 0, offset")]),
    ("the CRC leaves out the header", [("flash, slot, 0, end - NNC", "flash, slot, 32, end - NNC"),
                                       ("if (nnc_checkpoint_put(to, header, NNC_CHECKPOINT_HEADER))",
                                        "const int bad = nnc_checkpoint_put(to, header, NNC_CHECKPOINT_HEADER);\n"
                                        "    to->crc = UINT32_C(0xffffffff);\n    if (bad)"),
                                       ("if (nnc_checkpoint_read_crc(flash, slot, 0, NNC_CHECKPOINT_HEADER, &crc))",
                                        "if (0)")]),
    ("a slot that cannot be read counts as empty",
     [("found.worth = NNC_CHECKPOINT_UNREADABLE;", "found.worth = NNC_CHECKPOINT_NOTHING;"),
      ("        return NNC_CHECKPOINT_UNREADABLE;", "        return NNC_CHECKPOINT_NOTHING;")]),
    ("nothing is erased", [("flash->erase(flash->context, slot) || ", "")]),
    ("the size is not checked", [("NNC_FLASH_BYTES(state->bytes, unit) > flash->slot_bytes", "unit > 0xfffff")]),
    ("the step is not kept", [("312, 3, learner_ranges", "300, 2, learner_ranges")]),
    ("a moment is not kept", [("optimizer_m), 184}", "optimizer_m), 180}"), ("312, 3", "308, 3")]),
]
EVERYDAY = 4  # these must be caught by losses of power alone


def mutate(folder, changes):
    """The runtime and the network with the changes; each must occur once."""
    shutil.copytree(ROOT / "runtime" / "nnc", folder / "nnc")
    files = {path: path.read_text() for path in (folder / "nnc" / "checkpoint.h", folder / "learner.c")}
    for old, new in changes:
        places = [path for path, text in files.items() if text.count(old) == 1]
        if len(places) != 1:
            raise Refused(f"'{old}' does not occur once")
        files[places[0]] = files[places[0]].replace(old, new)
    for path, text in files.items():
        path.write_text(text)


def check_mutants(count, folder, full):
    for number, (name, changes) in enumerate(MUTANTS if full else MUTANTS[:EVERYDAY]):
        place = folder / f"mutant_{number}"
        learner(NETWORKS[0], place)
        try:
            mutate(place, changes)
            program = build(place, options=["-O1", "-w"], runtime=["-I", place])
        except Refused as refused:
            count.check(f"mutant: {name}", str(refused))
            continue
        try:
            if number < EVERYDAY:
                run([program, 32, "--losses"])
            else:
                run([program, 32])
                run([program, 256, "--losses"])
            count.check(f"mutant: {name}", "is not caught")
        except Refused as refused:
            print(f"mutant: {name}: {str(refused).split(': ', 1)[1]}")
            count.check(f"mutant: {name}", None if "error: " in str(refused) else str(refused))


# ---- microcontrollers ----

AVR = Processor(["avr-gcc", "-mmcu=atmega2560"], [], ["avr-gcc", "avr-nm"])
CORTEX = Processor(["arm-none-eabi-gcc"], [], ["arm-none-eabi-gcc", "arm-none-eabi-nm"])
BOARDS = [(AVR, ["avr-gcc", "-std=c99", "-mmcu=atmega2560"], "avr-nm")] + [
    (CORTEX, [compiler, *language, "-mthumb", f"-mcpu={core}"], "arm-none-eabi-nm")
    for core in ("cortex-m0", "cortex-m4") for compiler, language in (
        ("arm-none-eabi-gcc", ["-std=c99"]), ("arm-none-eabi-g++", ["-std=c++17", "-x", "c++", "-fno-exceptions"]))]


def check_boards(count, folder):
    """Generated code and the part of the test that knows no machine, for machines that cannot run it here."""
    for number, (processor, command, nm) in enumerate(BOARDS):
        if not processor.is_there(count):
            continue
        for spec in NETWORKS:
            place = folder / f"{spec.stem}_{number}"
            learner(spec, place, *(["--standalone"] if number % 2 else []))
            for source in (place / "learner.c", HERE / "device.c"):
                compiled = place / f"{source.stem}.o"
                name = f"{spec.stem}: {' '.join(command)} {source.name}"
                count.attempt(name, lambda: run([*command, *WARNINGS, "-Os", "-I", place, *RUNTIME, "-c", source, "-o",
                                                 compiled]))
            missing = {line.split()[-1] for line in run([nm, "-u", place / "learner.o"]).splitlines()}
            foreign = {name for name in missing if not name.startswith("__") and name not in ("memcpy", "memset", "memmove")}
            count.check(f"{spec.stem}: {' '.join(command)}: undefined", ", ".join(sorted(foreign)) or None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    full = parser.parse_args().full
    start, count = time.monotonic(), Count()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        check_networks(count, folder, full)
        check_images(count, folder)
        check_forms(count, folder / "forms", full)
        check_languages(count, folder)
        check_example(count, folder)
        check_refusals(count, folder)
        check_mutants(count, folder, full)
        if full:
            check_boards(count, folder / "boards")
    print(f"{time.monotonic() - start:.0f} s")
    raise SystemExit(count.finish())


if __name__ == "__main__":
    main()
