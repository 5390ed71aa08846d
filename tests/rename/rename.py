"""rename.py PROGRAM - the compiler knows no template by name.

Every template is written into a folder of its own under another name: each letter moves by five places, so that all
lengths, and with them all line breaks, stay. A spec that uses the new names must then give the same C, names aside.
And no string in compiler/ is the name of a template, but for the defaults that the README documents.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["layers", "losses", "optimizers", "initializers", "schedules", "regularizers", "clips"]
NAMES = {folder: sorted(path.stem for path in (ROOT / "templates" / folder).glob("*.c")) for folder in FOLDERS}
ALL_NAMES = sorted({name for names in NAMES.values() for name in names}, key=lambda name: (-len(name), name))

# What a template takes that has attributes without a default.
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MOVED = str.maketrans(LETTERS, LETTERS[5:] + LETTERS[:5])
ATTRIBUTES_FILE = pathlib.Path(__file__).with_name("attributes.txt")
# The defaults of the language. `step` is the running number that every schedule is given.
DEFAULTS = {"sgd", "constant", "kaiming_uniform", "zeros", "warm_up"}
OTHER_MEANINGS = {"step"}


def attributes():
    """NAME VALUE, a line each."""
    pairs = (line.split(None, 1) for line in ATTRIBUTES_FILE.read_text().splitlines()
             if line.strip() and not line.startswith("#"))
    return {name: value.strip() for name, value in pairs}


def rotated(name):
    return name.translate(MOVED)


def rename_template(text, name):
    """The name in the doc comment's first line and in the functions, and the initializers of its parameters."""
    text = re.sub(rf"\A(/\* \w+: +){name}\b", lambda match: match[1] + rotated(name), text)
    text = re.sub(rf"\bvoid {name}(?=[_(])", f"void {rotated(name)}", text)
    initializer = rf"^( \* Param: +\w+ +\w+ +)({'|'.join(NAMES['initializers'])})\b"
    return re.sub(initializer, lambda match: match[1] + rotated(match[2]), text, flags=re.M)


def write_renamed(folder):
    (folder / "template.h").write_text((ROOT / "templates/template.h").read_text())
    for category, names in NAMES.items():
        (folder / category).mkdir()
        for name in names:
            text = (ROOT / "templates" / category / f"{name}.c").read_text()
            (folder / category / f"{rotated(name)}.c").write_text(rename_template(text, name))


def restored(text):
    """Every new name turned back; the longest first, for one may be a part of another. (A variable may be called like
    one, so this is done to both sides.)"""
    for name in ALL_NAMES:
        text = text.replace(rotated(name), name)
    return text


# ---- specs: <NAME> stands for a template ----

def network(layers, shape="[4]", rest=""):
    items = "".join(f"  - {layer}\n" for layer in layers)
    rate = "" if "learning_rate" in rest else "learning_rate: {<constant>: 0.1}\n"
    return f"network: t\ninput: {shape}\nlayers:\n{items}{rest}{rate}train: {{batch: 3}}\n"


def choice(name, values):
    return f"{{<{name}>: {values[name]}}}" if name in values else f"<{name}>"


def candidates(category, name, values):
    """Specs with this template in it; the first that nnc accepts is taken."""
    dense, loss = "<dense>: {units: 4, name: a}", "loss: <mse>\n"
    last = "<dense>: {units: 2, name: z}"
    if category == "layers":
        item = f"<{name}>: {values[name]}" if name in values else f"<{name}>"
        for shape in ("[4]", "[4, 4, 2]", "[4, 4]", "[8, 8, 2]", "[8, 2]"):
            yield network([dense, item, last], shape, loss)
        for inputs in ("[a, b]", "[a, b, a]"):
            yield network([dense, "<dense>: {units: 4, name: b, input: a}", f"<{name}>: {{inputs: {inputs}}}", last],
                          "[4]", loss)
    elif category == "losses":
        yield network([dense], "[4]", f"loss: {choice(name, values)}\n")
        yield network(["<dense>: 1"], "[4]", f"loss: {choice(name, values)}\n")
    elif category == "optimizers":
        yield network([dense, last], "[4]", f"{loss}optimizer: {choice(name, values)}\n")
    elif category == "initializers":
        yield network([dense, last], "[4]", f"{loss}initializer: {choice(name, values)}\n")
    elif category == "schedules":
        yield network([dense], "[4]", f"{loss}learning_rate: {choice(name, values)}\n")
        yield network([dense], "[4]", f"{loss}learning_rate: {{<constant>: {{start: 0.1, {name}: 3}}}}\n")
    elif category == "regularizers":
        yield network([dense, last], "[4]", f"{loss}regularizer: {{<{name}>: 0.1}}\n")
    elif category == "clips":
        yield network([dense, last], "[4]", f"{loss}clip: {{<{name}>: 1.0}}\n")


def activation_spec(name):
    return network([f"<dense>: {{units: 4, activation: <{name}>, name: a}}", "<dense>: 2"], "[4]", "loss: <mse>\n")


def run(program, folder, spec, options):
    (folder / "t.yaml").write_text(spec)
    done = subprocess.run([program, "t.yaml", "-o", "-", *options], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


class Suite:
    def __init__(self, program, folder):
        self.program, self.folder, self.passed, self.failed = program, folder, 0, 0

    def check(self, good, what):
        self.passed += good
        self.failed += not good
        if not good:
            print(f"FAILED {what}")

    def compare(self, spec, what):
        """False if the spec is refused even under its own names."""
        plain = re.sub(r"<(\w+)>", r"\1", spec)
        renamed = re.sub(r"<(\w+)>", lambda match: rotated(match[1]), spec)
        status, expected, _ = run(self.program, self.folder, plain, [])
        if status != 0:
            return False
        for options in ([], ["--target", "avx512"], ["--inference"]):
            status, expected, _ = run(self.program, self.folder, plain, options)
            got_status, got, said = run(self.program, self.folder, renamed, [*options, "--templates", "renamed"])
            self.check(status == 0 == got_status, f"{what}: {said.splitlines()[:3]}")
            self.check(restored(got) == restored(expected), f"{what} {' '.join(options)}: renamed, it gives other C")
        return True

    def templates(self):
        values = attributes()
        for category, names in NAMES.items():
            for name in names:
                specs = candidates(category, name, values)
                found = any(self.compare(spec, f"{category}/{name}") for spec in specs)
                self.check(found, f"{category}/{name}: no spec with it is accepted; attributes.txt needs a line")
        for name in NAMES["layers"]:
            self.compare(activation_spec(name), f"activation {name}")

    def strings(self):
        for path in sorted((ROOT / "compiler").glob("*.c")):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
            literals = set(re.findall(r'"((?:[^"\\\n]|\\.)*)"', text))
            named = sorted(literals & set(ALL_NAMES) - DEFAULTS - OTHER_MEANINGS)
            self.check(not named, f"compiler/{path.name} names the templates {named}")


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "renamed").mkdir()
        write_renamed(folder / "renamed")
        suite = Suite(program, folder)
        suite.templates()
        suite.strings()
    print(f"{sum(len(names) for names in NAMES.values())} templates renamed")
    print(f"{suite.passed} passed, {suite.failed} failed")
    return suite.failed != 0


if __name__ == "__main__":
    sys.exit(main())
