"""runtime.py - proves include/contracts.h for the runtime's own code, over ranges so narrow that EVA loses nothing.

A range of floats is cut where the code changes its mind (the integer next to x log2 e, the exponent of x), then into
pieces. For each piece EVA must show that the function raises no alarm, and that all it may return is what the contract allows
for every number of the piece. Together the pieces hold every float of the contract's range."""
import math
import struct

FLT_MAX = struct.unpack("f", struct.pack("I", 0x7f7fffff))[0]
LOG2E = float.fromhex("0x1.715476p0")
TWO_OVER_PI = float.fromhex("0x1.45f306p-1")


def to_float(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def index_of(x):
    """The place of a float among all floats in their order; -0 and 0 are neighbours, -1 and 0."""
    bits = struct.unpack("i", struct.pack("f", x))[0]
    return bits if bits >= 0 else -(bits & 0x7fffffff) - 1


def float_at(index):
    bits = index if index >= 0 else 0x80000000 | (-index - 1)
    return struct.unpack("f", struct.pack("I", bits))[0]


def cut_where(low, high, kind):
    """Pieces of [low, high], as indices, in each of which `kind` is constant; it changes at most once."""
    if kind(float_at(low)) == kind(float_at(high)):
        return [(low, high)]
    first, last = low, high
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if kind(float_at(middle)) == kind(float_at(low)) else (first, middle)
    return [(low, first), (last, high)]


def pieces_between(marks, kind=lambda x: 0):
    """The floats from the first mark to the last, in pieces that end at the marks and where `kind` changes."""
    indices = sorted({index_of(to_float(mark)) for mark in marks})
    pieces = []
    for low, high in zip(indices, indices[1:]):
        start = low if not pieces else low + 1
        pieces += cut_where(start, high, kind)
    return [(float_at(low), float_at(high)) for low, high in pieces]


def steps(low, high, width):
    count = round((high - low) / width)
    return [low + (high - low) * i / count for i in range(count + 1)]


def mirrored(pieces):
    """And their negatives. Zero by itself: the sign is a bit of it that a range from 0 does not have."""
    least, high = float_at(1), pieces[0][1]
    pieces = [(0.0, 0.0), (least, high)] + pieces[1:]
    return [(-high, -low) for low, high in pieces] + pieces


def nearest(factor):
    """What nnc_roundf makes of factor x."""
    return lambda x: round(to_float(x * factor))


def binade(x):
    """The exponent that nnc_logf takes for a normal x > 0: from root 1/2 to root 2 it is the same."""
    return (index_of(x) + 0x3f800000 - 0x3f3504f3) >> 23


def exp_pieces():
    tail = [(-FLT_MAX, float_at(index_of(-104.0) - 1))]
    for low, high in tail + pieces_between(steps(-104, 88, 1 / 16), nearest(LOG2E)):
        if low < -87:
            yield low, high, 0.0, 2.0 ** -120
        else:
            yield low, high, 0.75 * math.exp(high), 1.25 * math.exp(low)


def expm1_pieces():
    """Below zero in sixteenths, and from -1/16 to -2^-11 in parts of a power of two: there it is told apart from 0."""
    tail = [(-FLT_MAX, float_at(index_of(-18.0) - 1))]
    near = [-2.0 ** -k * (1 - i / 16) for k in range(4, 11) for i in range(8)] + [-2.0 ** -11]
    for low, high in tail + pieces_between(steps(-18, 88, 1 / 16) + near, nearest(LOG2E)):
        if high <= -2.0 ** -11:
            yield low, high, -1.25, -2.0 ** -12
        elif math.copysign(1, high) < 0:
            yield low, high, -1.25, 0.25
        else:
            yield low, high, -0.25 * math.exp(low), 1.25 * math.exp(low)


def tanh_pieces():
    small = [2.0 ** -k for k in range(6, 149)]  # the series keeps the sign of x if a piece is not wide beside it
    near = pieces_between(small + steps(0, 9.25, 1 / 32), lambda x: round(to_float(2 * x * LOG2E)))
    for low, high in mirrored(near + [(near[-1][1], FLT_MAX)]):
        yield low, high, -1.25, 1.25


def erf_pieces():
    near = pieces_between(steps(0, 0.873046875, 1 / 64) + steps(0.873046875, 3.95, 1 / 64))
    for low, high in mirrored(near + [(near[-1][1], FLT_MAX)]):
        yield low, high, -1.25, 1.25


def cos_pieces():
    for low, high in mirrored(pieces_between(steps(0, 8, 1 / 64), nearest(TWO_OVER_PI))):
        near = max(abs(low), abs(high)) <= 1  # further out it crosses zero: ranges.c tries every float
        yield low, high, -1.25 if near else -math.inf, 1.25 if near else math.inf


def log_pieces():
    """From one power of two to the next in sixteen; towards 1, where the result goes to 0, in shares of the distance."""
    marks = [2.0 ** k * (1 + i / 16) for k in range(-126, 128) for i in range(16)]
    for k in range(1, 25):
        marks += [1 - 2.0 ** -k * (1 - i / 16) for i in range(8)] + [1 + 2.0 ** -k * (1 - i / 16) for i in range(8)]
    for low, high in pieces_between(marks + [1.0, float_at(index_of(1.0) - 1), float_at(index_of(1.0) + 1), FLT_MAX],
                                    binade):
        a, b = math.log(low), math.log(high)
        yield low, high, min(0.75 * b, 1.25 * b), max(0.75 * a, 1.25 * a)


def log1p_pieces():
    def kind(x):
        return binade(to_float(1 + x))

    for low, high in mirrored(pieces_between(steps(0, 2, 1 / 64), kind))[len(steps(0, 2, 1 / 64)) + 2:]:
        yield low, high, math.log1p(high) - 0.125, math.log1p(low) + 0.125


def fabs_pieces():
    for low, high in mirrored([(0.0, FLT_MAX)]):
        yield low, high, min(abs(low), abs(high)), max(abs(low), abs(high))


FUNCTIONS = {"expf": exp_pieces, "expm1f": expm1_pieces, "tanhf": tanh_pieces, "erff": erf_pieces, "cosf": cos_pieces,
             "logf": log_pieces, "log1pf": log1p_pieces, "fabsf": fabs_pieces}


def function_program(name):
    """One function over its pieces: the program, and how many there are."""
    pieces = list(FUNCTIONS[name]())

    def column(kind, title, values):
        words = ", ".join(value.hex() + ("f" if kind == "float" else "") for value in values)
        return f"static const {kind} {title}[] = {{{words}}};\n"

    low, high, least, most = zip(*pieces)
    claimed = [1.0 if math.isfinite(value) else 0.0 for value in most]
    least, most = ([value if math.isfinite(value) else 0.0 for value in values] for values in (least, most))
    table = column("float", "low", low) + column("float", "high", high) + column("double", "least", least)
    table += column("double", "most", most) + column("double", "claimed", claimed)
    return f"""#include <nnc/random.h>
#include <__fc_builtin.h>

{table}
int main(void)
{{
    for (int i = 0; i < {len(pieces)}; i++) {{
        double y = nnc_{name}(Frama_C_float_interval(low[i], high[i]));
        //@ assert claimed[i] == 0 || least[i] <= y <= most[i];
        (void)y;
    }}
    return 0;
}}
""", len(pieces)


# fma and sqrt of floats in integers, for all floats that are finite: bounds, shifts and overflow. Zeros, subnormal and
# normal numbers by themselves, for the code asks which one it has.
INTEGERS = """#include <nnc/random.h>
#include <__fc_builtin.h>

static const uint32_t first[] = {0, 1, 0x800000}, last[] = {0, 0x7fffff, 0x7f7fffff};

static float any_float(int kind, uint32_t sign)
{
    return nnc_from_bitsf(sign << 31 | Frama_C_unsigned_int_interval(first[kind], last[kind]));
}

int main(void)
{
    for (int i = 0; i < 216; i++) {
        const int a = i / 8 % 3, b = i / 24 % 3, c = i / 72;
        const uint32_t s = i & 1, t = i >> 1 & 1, u = i >> 2 & 1;
        float integer = nnc_fmaf_integer(any_float(a, s), any_float(b, t), any_float(c, u));
        float by_double = nnc_fmaf_double(any_float(a, s), any_float(b, t), any_float(c, u));
    }
    for (int i = 0; i < 3; i++) {
        float root = nnc_sqrtf_integer(any_float(i, 0));
    }
    return 0;
}
"""
