#!/usr/bin/python3
"""The JSON Schema against the specs that nnc accepts and refuses: schema.py PROGRAM.

Every spec of specs/ must be valid; every bad one of errors/ must be invalid, but for those whose fault a schema cannot
see. Needs python3-yaml and python3-jsonschema.
"""
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

# Names, references and keys that depend on others; places in the text; what JSON has no difference for (3.0 and 3).
BEYOND_A_SCHEMA = re.compile(
    "yaml_.*|excerpt_.*|name_(keyword.*|nnc|begins_with_nnc)|layer_name_(is|twice).*|names_collide.*|reference_(unknown|later"
    "|itself|in_inputs|input_and).*|output_(layer_)?unknown|input_(sample_large|name_taken)|inputs_.*"
    "|layer_(activation_with_name|(activation|trainable)_without_parameters|initializer_without_weights)"
    "|loss_(input_unknown|target_is_(keyword|argument|an_input))|layers_twice"
    "|integer_is_round_real|integer_has_(exponent|leading_zero)|real_overflows"
    "|block_(default_.*|too_.*|unknown|use_.*|name.*|recursion.*|expression_.*|inputs_.*|sees_.*|shapes|fork_.*|layer_called_input"
    "|parameter_(unknown|not_declared|unused|of_every_use|later|as_key))"
    "|graph_.*|shape_.*|repeat_(name|shapes|of_several_inputs)|share_(?!is_list).*|memory_.*"
    "|data_(scale_(zero|divides_by_zero|fraction)|test_(and_split|neither)|validation_twice|inputs_empty"
    "|where_(and_(split|file)|without_index)|folds_column_without_index|ordinals_twice"
    "|images_(test_(both|neither)|split_(empty|two_ways)|by_class_twice)|augment_(empty|and_standardize))"
)


class Reader(yaml.SafeLoader):
    """YAML as nnc reads it: true and false are the only booleans, 1e-5 is a number."""


Reader.yaml_implicit_resolvers = {}
Reader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
Reader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])
Reader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789"))
Reader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
Reader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("^<<$"), ["<"])


def main(program):
    tests = pathlib.Path(__file__).resolve().parents[1]
    schema = json.loads(subprocess.run([program, "schema"], check=True, capture_output=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    passed = failed = 0
    good = sorted((tests.parent / "specs").glob("*.yaml"))
    bad = [path for path in sorted((tests / "golden" / "errors").glob("*.yaml")) if not BEYOND_A_SCHEMA.fullmatch(path.stem)]
    for path in good + bad:
        errors = list(validator.iter_errors(yaml.load(path.read_text(), Reader)))
        if bool(errors) == (path in bad):
            passed += 1
        else:
            failed += 1
            print("FAILED", path.name, errors[0].message[:300] if errors else "is valid")
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or not good or not bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
