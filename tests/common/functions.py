"""functions.py - the functions of templates: those that a file has, those that a network is made of."""
import re


def functions_of(text):
    """The functions of a template that a network has as steps: a view is the tensor itself, also in prediction only."""
    names = re.findall(r"^void (\w+)\(", text, re.MULTILINE)
    if re.search(r"^ \* View:", text, re.MULTILINE):
        return set()
    if re.search(r"^ \* Inference: +view", text, re.MULTILINE):
        return {name for name in names if not name.endswith("_inference")}
    return set(names)


def functions_in(dump):
    """The template functions that `--dump derive` names."""
    lines = [line.split("(")[0].split(": ") for line in dump.splitlines() if "(" in line]
    return {line[1] for line in lines if len(line) == 2}
