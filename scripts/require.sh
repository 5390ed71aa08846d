#!/usr/bin/env bash
# require.sh SET... - sees to it that the Debian packages of the sets build, demo, plot, test, firmware, oracle, proof,
# bench, faces are installed.
# Installs what is missing where it may (as root, or with sudo that does not ask), else says what to install and ends
# with status 1. Asks nothing; touches no network when nothing is missing.
set -euo pipefail

packages() {
    case "$1" in
    build) echo gcc libc6-dev make libyaml-dev libjansson-dev zlib1g-dev libjpeg-dev libpng-dev ;;
    demo) echo dataset-fashion-mnist gnuplot-nox ;;
    plot) echo gnuplot-nox ;;
    test) echo g++ clang "libclang-rt-14-dev|libclang-rt-dev" "libomp-14-dev|libomp-dev" libcmocka-dev libstb-dev libsqlite3-dev python3 gnuplot-nox graphviz \
        mandoc shellcheck python3-jsonschema python3-yaml python3-kconfiglib cmake ninja-build meson "pkgconf|pkg-config" \
        gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user lld nodejs ;;
    firmware) echo gcc-arm-none-eabi qemu-system-arm gcc-riscv64-unknown-elf qemu-system-misc gcc-avr avr-libc simavr \
        gcc-s390x-linux-gnu libc6-dev-s390x-cross ;;
    oracle) echo python3-torch python3-numpy python3-sklearn libjpeg-dev ;;
    proof) echo frama-c-base python3 ;;
    faces) echo libsqlite3-dev libjpeg-dev libpng-dev zlib1g-dev ;;
    bench) echo python3-torch libopenblas0-pthread "npm|nodejs" ;;
    *)
        echo "require.sh: no set '$1'" >&2
        exit 2
        ;;
    esac
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c1-2)" = ii ]
}

# Of `a|b` the first that the package lists know.
choose() {
    local name
    for name in ${1//|/ }; do
        if apt-cache show "$name" >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    echo "${1%%|*}"
}

missing=()
for set in "$@"; do
    for entry in $(packages "$set"); do
        found=no
        for name in ${entry//|/ }; do
            if command -v dpkg-query >/dev/null && is_installed "$name"; then found=yes; fi
        done
        [ $found = yes ] || missing+=("$entry")
    done
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "This machine has no apt-get. nnc needs what these Debian packages hold: ${missing[*]}" >&2
    [ "${NNC_ANY_SYSTEM:-}" ] && exit 0
    echo "Set NNC_ANY_SYSTEM=1 if they are there under other names." >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
    if ! sudo -n true 2>/dev/null; then
        echo "Missing packages. Please run:" >&2
        echo "    sudo apt-get install --no-install-recommends ${missing[*]%%|*}" >&2
        exit 1
    fi
fi
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 --no-remove)
names=()
for entry in "${missing[@]}"; do names+=("$(choose "$entry")"); done
echo "installing: ${names[*]}" >&2
if ! "${install[@]}" install -y -q --no-install-recommends "${names[@]}" >/dev/null 2>&1; then
    "${install[@]}" update -q >/dev/null
    names=()
    for entry in "${missing[@]}"; do names+=("$(choose "$entry")"); done
    "${install[@]}" install -y -q --no-install-recommends "${names[@]}" >/dev/null
fi
