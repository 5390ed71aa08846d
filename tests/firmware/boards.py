"""boards.py - the emulated boards: how a program is built for each, run on it, and what it then told."""
import dataclasses
import pathlib
import re
import shutil
import subprocess

from toolbox import AARCH64, ROOT, RUNTIME, S390X, WEBASSEMBLY, Refused, processor_flags, run

KIT = ROOT / "tests" / "firmware" / "kit"
BARE = ["-std=c99", "-ffreestanding", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion",
        "-Wshadow", "-Werror"]
ARM_FLOAT = "-mfloat-abi=hard"
STACK_BYTES = 1024  # that must be left, at least


@dataclasses.dataclass(frozen=True)
class Board:
    """An emulated one. `target` is nnc's, and the processor's name."""
    target: str
    command: list  # the compiler and its flags for the processor
    machine: list  # the emulator and its words
    start: str     # file of the kit
    script: str    # of the linker, in the kit; None: the compiler's own
    flash: tuple   # origin and bytes
    ram: tuple
    more_ram: tuple = None  # a slower memory on the board, for what does not fit the first
    optimize: str = "-O2"

    def __str__(self):
        return self.target


def cortex_m(target, board, flags, flash=(0, 4 << 20), ram=(0x20000000, 4 << 20), more_ram=None):
    return Board(target, ["arm-none-eabi-gcc", f"-mcpu={target}", "-mthumb", *flags],
                 ["qemu-system-arm", "-M", board], "cortex_m.c", "cortex_m.ld", flash, ram, more_ram)


def riscv(target, abi):
    return Board(target, ["riscv64-unknown-elf-gcc", f"-march={target}", f"-mabi={abi}", "-mcmodel=medany"],
                 ["qemu-system-riscv32", "-M", "virt", "-bios", "none"], "riscv.c", "riscv.ld",
                 (0x80000000, 8 << 20), (0x80800000, 16 << 20))


BOARDS = {board.target: board for board in [
    cortex_m("cortex-m0", "microbit", [], flash=(0, 256 << 10), ram=(0x20000000, 16 << 10)),
    cortex_m("cortex-m3", "mps2-an385", [], more_ram=(0x21000000, 16 << 20)),
    cortex_m("cortex-m4", "mps2-an386", [ARM_FLOAT, "-mfpu=fpv4-sp-d16"], more_ram=(0x21000000, 16 << 20)),
    cortex_m("cortex-m7", "mps2-an500", [ARM_FLOAT, "-mfpu=fpv5-d16"], more_ram=(0x60000000, 16 << 20)),
    cortex_m("cortex-m33", "mps2-an505", [ARM_FLOAT, "-mfpu=fpv5-sp-d16"], flash=(0x10000000, 4 << 20),
             ram=(0x38000000, 4 << 20), more_ram=(0x80000000, 16 << 20)),
    cortex_m("cortex-m55", "mps3-an547", [ARM_FLOAT], flash=(0, 512 << 10), ram=(0x20000000, 512 << 10)),
    riscv("rv32imc", "ilp32"),
    riscv("rv32imafc", "ilp32f"),
    Board("avr", ["avr-gcc", "-mmcu=atmega328p"], ["simavr", "-m", "atmega328p", "-f", "16000000"], "avr.c", None,
          (0, 32 << 10), (0x800100, 2 << 10), optimize="-Os"),
]}
QUIET = ["-display", "none", "-monitor", "none", "-serial", "none", "-semihosting-config", "enable=on,target=native"]
COUNTING = ["-icount", "shift=0", "-d", "plugin"]


@dataclasses.dataclass
class Told:
    """What a run told; None where it tells nothing of that."""
    flash: int = None
    ram: int = None
    words: dict = dataclasses.field(default_factory=dict)      # title -> the rest of its line
    counts: list = dataclasses.field(default_factory=list)     # of each region: instructions, or an AVR's cycles
    functions: dict = dataclasses.field(default_factory=dict)  # name -> instructions within the regions

    def number(self, title):
        return int(self.words[title]) if title in self.words else None


def tools(board):
    """The programs that a board needs, and does not find."""
    return [tool for tool in (board.command[0], board.machine[0]) if not shutil.which(tool)]


def counter(folder):
    """The plugin that counts instructions, built once."""
    path = pathlib.Path(folder) / "count.so"
    if not path.exists():
        run(["cc", "-shared", "-fPIC", "-O2", "-o", path, KIT / "count.c"])
    return path


class TooLarge(Refused):
    """A program does not fit its board."""


def compile_one(board, command):
    try:
        run(command)
    except Refused as refused:
        # A compiler whose addresses have 16 bits refuses a large array.
        raise TooLarge(f"does not fit {board}: {refused}") if "is too large" in str(refused) else refused


def build(board, sources, folder, flags=(), main="run.c"):
    """The program for a board."""
    program = pathlib.Path(folder) / "program.elf"
    kit = [KIT / name for name in (main, "stack.c", board.start, *(("semihost.c", "memory.c") if board.script else ()))]
    common = [*board.command, board.optimize, *BARE, "-I", folder, *RUNTIME, *flags]
    objects = []
    for source in [*sources, *kit]:
        target = pathlib.Path(folder) / f"{source.stem}.o"
        # The kit speaks to its board in GNU C.
        dialect = ["-std=gnu99", "-Wno-pedantic"] if source in kit else []
        dialect += ["-fno-tree-loop-distribute-patterns"] if source.stem == "memory" else []
        compile_one(board, [*common, *dialect, "-c", source, "-o", target])
        objects.append(target)
    link(board, objects, program)
    return program


def link(board, objects, program):
    """Into the board's first memory, or into its second one."""
    for ram in filter(None, (board.ram, board.more_ram)):
        command = [*board.command, *objects, "-Wl,--gc-sections", "-o", program, *linking(board, ram)]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode == 0:
            return
    words = [line for line in done.stderr.splitlines() if re.search("overflowed|too little RAM|not within region", line)]
    raise TooLarge(f"does not fit {board}: {words[0].split(': ', 1)[-1]}") if words else Refused(done.stderr)


def linking(board, ram):
    if not board.script:
        return ["-Wl,--defsym=board_stack_low=__heap_start"]
    places = {"FLASH_ORIGIN": board.flash[0], "FLASH_BYTES": board.flash[1], "RAM_ORIGIN": ram[0], "RAM_BYTES": ram[1],
              "STACK_BYTES": STACK_BYTES}
    return ["-nostdlib", "-nostartfiles", "-T", KIT / board.script, "-lgcc",
            *(f"-Wl,--defsym={name}={value:#x}" for name, value in places.items())]


def sizes(board, program):
    """Bytes of flash and of static RAM of a program, everything included."""
    size = board.command[0].replace("-gcc", "-size")
    text, data, bss = (int(word) for word in run([size, program]).splitlines()[1].split()[:3])
    return text + data, data + bss


def emulate(board, program, folder, seconds=600):
    """What the program prints, with counts."""
    if board.start == "avr.c":
        return listen(board, [*board.machine, program], seconds)
    return listen(board, [*board.machine, *QUIET, *COUNTING, "-plugin", counter(folder), "-kernel", program], seconds)


def emulate_fast(board, program, seconds=600):
    """What the program prints; nothing is counted."""
    return listen(board, [*board.machine, *QUIET, "-kernel", program], seconds)


def listen(board, command, seconds):
    """An emulator ends a program that fails, too, so the last word must be `done`."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=seconds,
                              errors="replace")
    except subprocess.TimeoutExpired:
        raise Refused(f"{board} does not end within {seconds} s") from None
    lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).splitlines()
    lines = [line.rstrip(".") for line in lines]
    if "done" not in lines:
        raise Refused(f"{board} ends with {done.returncode}: {(lines or ['no word'])[-1]}")
    return lines


def tell(lines):
    told = Told()
    for line in lines:
        title, _, rest = line.rpartition(" ")
        kind, *words = line.split()[:2] or [""]
        if kind == "region":
            told.counts.append(int(rest))
        elif kind == "function":
            told.functions[words[0]] = int(rest)
        elif title:
            told.words[title] = rest
    return told


def run_on(board, sources, folder, flags=(), seconds=600):
    """Builds and runs a network's program on a board."""
    program = build(board, sources, folder, flags)
    told = tell(emulate(board, program, folder, seconds))
    told.flash, told.ram = sizes(board, program)
    return told


@dataclasses.dataclass(frozen=True)
class Computer:
    """A process of this machine or an emulated one, for the bits alone."""
    name: str
    command: list  # the compiler and its flags
    runner: list = ()
    options: list = ()  # of nnc

    def __str__(self):
        return self.name


def computers(flags=processor_flags()):
    """Both compilers, all levels, lanes and targets that run here, another order of bytes, WebAssembly."""
    yield Computer("x86 gcc -O0", ["gcc", "-O0"])
    yield Computer("x86 clang -O3", ["clang", "-O3"])
    yield Computer("x86 gcc -O2, 2 lanes", ["gcc", "-O2"], options=["--lanes", "2"])
    yield Computer("x86 clang -O1, 4 lanes", ["clang", "-O1"], options=["--lanes", "4"])
    yield Computer("x86 gcc -O3, 8 lanes", ["gcc", "-O3", "-march=native"], options=["--lanes", "8"])
    yield Computer("x86 clang -O2, 16 lanes", ["clang", "-O2", "-march=native"], options=["--lanes", "16"])
    yield Computer("x86 gcc, sse", ["gcc", "-O2", "-msse2"], options=["--target", "sse"])
    if {"avx2", "fma"} <= flags:
        yield Computer("x86 clang, avx2", ["clang", "-O2", "-mavx2", "-mfma"], options=["--target", "avx2"])
    for name, processor, options in (("aarch64 gcc", AARCH64, ["--target", "neon"]), ("s390x gcc", S390X, []),
                                     ("WebAssembly", WEBASSEMBLY, ["--target", "wasm"])):
        yield Computer(name, [*processor.compiler, "-O2"], processor.runner, options)


def run_here(computer, sources, folder):
    """What a network's program tells as a process."""
    program = pathlib.Path(folder) / "program"
    run([*computer.command, "-I", folder, *RUNTIME, *sources, KIT / "run.c", KIT / "host.c", "-o", program])
    return tell(run([*computer.runner, program]).splitlines())
