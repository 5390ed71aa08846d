/* random_body.h - Threefry-2x32-20, written once: nnc_word is a uint32_t or a vector of them.
 *
 * Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011). */

typedef struct nnc_vblock {
    nnc_word first, second;
} nnc_vblock;

/* One round: add, rotate, exclusive or. */
NNC_FN nnc_vblock nnc_vmix(nnc_vblock b, int rotation)
{
    b.first += b.second;
    b.second = (b.second << rotation) | (b.second >> (32 - rotation));
    b.second ^= b.first;
    return b;
}

/* Four rounds of the even kind, then two words of the key. */
NNC_FN nnc_vblock nnc_veven_rounds(nnc_vblock b, uint32_t key0, uint32_t key1)
{
    b = nnc_vmix(nnc_vmix(nnc_vmix(nnc_vmix(b, 13), 15), 26), 6);
    b.first += key0;
    b.second += key1;
    return b;
}

NNC_FN nnc_vblock nnc_vodd_rounds(nnc_vblock b, uint32_t key0, uint32_t key1)
{
    b = nnc_vmix(nnc_vmix(nnc_vmix(nnc_vmix(b, 17), 29), 16), 24);
    b.first += key0;
    b.second += key1;
    return b;
}

NNC_FN nnc_vblock nnc_vthreefry(uint32_t key0, uint32_t key1, nnc_vblock counter)
{
    const uint32_t key2 = UINT32_C(0x1bd11bda) ^ key0 ^ key1;
    counter.first += key0;
    counter.second += key1;
    counter = nnc_veven_rounds(counter, key1, key2 + 1);
    counter = nnc_vodd_rounds(counter, key2, key0 + 2);
    counter = nnc_veven_rounds(counter, key0, key1 + 3);
    counter = nnc_vodd_rounds(counter, key1, key2 + 4);
    return nnc_veven_rounds(counter, key2, key0 + 5);
}
