#!/bin/sh
# The JSON Schema of descriptions against those that nnc takes, and those that it refuses. run.sh; $NNC is the program.
here=$(cd "$(dirname "$0")" && pwd)
for python in ${PYTHON:-python3 /usr/bin/python3}; do
    if "$python" -c 'import jsonschema, yaml' 2>/dev/null; then
        PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/schema.py" "${NNC:-$here/../../build/nnc}"
    fi
done
echo "Python has no jsonschema or no yaml here (Debian: apt-get install python3-jsonschema python3-yaml)"
echo "0 passed, 1 failed"
exit 1
