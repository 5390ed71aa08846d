"""threefry.py - the random numbers of runtime/nnc/random.h, written again from the paper, for numpy.

Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw 2011), a key for each use (seed, step, stream), an index for
each number."""
import numpy as np

ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24]
PARITY = 0x1BD11BDA
MASK = np.uint64(0xFFFFFFFF)


def threefry(key, counter):
    """The two words for two words of key (int) and two of counter (uint64 arrays of 32-bit words)."""
    words = [np.uint64(key[0]), np.uint64(key[1]), np.uint64(PARITY ^ key[0] ^ key[1])]
    a, b = [(np.asarray(c, np.uint64) + w) & MASK for c, w in zip(counter, words)]
    for i in range(20):
        rotation = np.uint64(ROTATIONS[i % 8])
        a = (a + b) & MASK
        b = ((b << rotation) | (b >> (np.uint64(32) - rotation))) & MASK
        b = b ^ a
        if i % 4 == 3:
            group = i // 4 + 1
            a = (a + words[group % 3]) & MASK
            b = (b + words[(group + 1) % 3] + np.uint64(group)) & MASK
    return a, b


def random_key(seed, step, stream):
    return int(threefry((seed & 0xFFFFFFFF, seed >> 32), (step, stream))[0])


def uniform(key, count, real):
    """The first `count` uniform numbers of a key: 24 bits of the first word, or 53 of both."""
    first, second = threefry((key, 0), (np.arange(count, dtype=np.uint64), np.zeros(count, np.uint64)))
    if real == np.float32:
        return (first >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24)
    return first.astype(np.float64) * 2.0**-32 + (second >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(key, count):
    """The first `count` normal numbers of a key, in double: Box and Muller's radius and angle."""
    index = np.arange(count, dtype=np.uint64)
    high = threefry((key, 1), (index, np.zeros(count, np.uint64)))
    low = threefry((key, 1), (index, np.ones(count, np.uint64)))
    unit = [h.astype(np.float64) * 2.0**-32 + (l >> np.uint64(11)).astype(np.float64) * 2.0**-53
            for h, l in zip(high, low)]
    return np.sqrt(-2.0 * np.log(1.0 - unit[0])) * np.cos(2.0 * np.pi * unit[1])


def known_answers():
    """The vectors published with the paper's software (Random123, kat_vectors)."""
    ones = 0xFFFFFFFF
    table = [((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
             ((ones, ones), (ones, ones), (0x1CB996FC, 0xBB002BE7)),
             ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0))]
    return all(tuple(map(int, threefry(key, counter))) == answer for key, counter, answer in table)
