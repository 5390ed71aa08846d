// run.mjs - runs a program that cc.sh made: node run.mjs PROGRAM.wasm [WORD]... Its status is the program's.
import { readFileSync } from "node:fs";

const [path, ...words] = process.argv.slice(2);

class Exit extends Error {
  constructor(status) {
    super(`exit ${status}`);
    this.status = status;
  }
}

const view = () => new DataView(instance.exports.memory.buffer);

function text(at) {
  const bytes = new Uint8Array(instance.exports.memory.buffer);
  return Buffer.from(bytes.subarray(at, bytes.indexOf(0, at))).toString();
}

// %.9g as C has it.
function general(value, digits) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  const plain = (number) => (number.includes(".") ? number.replace(/\.?0+$/, "") : number);
  if (exponent >= -4 && exponent < digits) return plain(value.toFixed(digits - 1 - exponent));
  return `${plain(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

// The arguments lie in memory one behind the other, each at a multiple of its size.
function format(pattern, at) {
  const next = (bytes, read) => {
    at = Math.ceil(at / bytes) * bytes;
    const value = view()[read](at, true);
    at += bytes;
    return value;
  };
  return pattern.replace(/%(0?)(\d*)(?:\.(\d+))?(ll|l|z)?([dusxgc%])/g, (_, zero, width, digits, size, kind) => {
    const wide = size === "ll" ? ["getBigInt64", "getBigUint64", 8] : ["getInt32", "getUint32", 4];
    const formats = {
      "%": () => "%",
      c: () => String.fromCharCode(next(4, "getInt32")),
      d: () => String(next(wide[2], wide[0])),
      u: () => String(next(wide[2], wide[1])),
      x: () => next(wide[2], wide[1]).toString(16),
      s: () => text(next(4, "getUint32")),
      g: () => general(next(8, "getFloat64"), Number(digits ?? 6)),
    };
    return formats[kind]().padStart(Number(width), zero || " ");
  });
}

const host = {
  print: (pattern, values) => {
    const printed = format(text(pattern), values);
    process.stdout.write(printed);
    return printed.length;
  },
  exit: (status) => {
    throw new Exit(status);
  },
};

function place(bytes) {
  const at = instance.exports.malloc(bytes.length);
  new Uint8Array(instance.exports.memory.buffer).set(bytes, at);
  return at;
}

const { instance } = await WebAssembly.instantiate(readFileSync(path), { host });
const arguments_ = [path, ...words].map((word) => place(Buffer.from(`${word}\0`)));
const list = place(Buffer.from(Uint32Array.from([...arguments_, 0]).buffer));
try {
  process.exitCode = instance.exports.program_main(arguments_.length, list);
} catch (error) {
  if (!(error instanceof Exit)) throw error;
  process.exitCode = error.status;
}
