/* random_real_body.h - random reals of random words, written once: nnc_vec is a float, a double or a vector of either.
 *
 * A real in [0, 1) takes 24 bits of one word, or 53 of two: the double begins with the float's bits. */

NNC_FN nnc_vblock nnc_vrandom_block(uint32_t key, uint32_t use, nnc_index index, uint32_t number)
{
    nnc_vblock counter;
    counter.first = nnc_index_word(index);
    counter.second = (counter.first ^ counter.first) + number;
    return nnc_vthreefry(key, use, counter);
}

NNC_FN nnc_vec nnc_vunit(nnc_word first, nnc_word second)
{
#if NNC_BODY_BYTES == 4
    (void)second;
    return nnc_word_real(first >> 8) * 0x1p-24f;
#else
    return nnc_word_real(first) * 0x1p-32 + nnc_word_real(second >> 11) * 0x1p-53;
#endif
}

NNC_FN nnc_vec nnc_vrandom_uniform(uint32_t key, nnc_index index)
{
    const nnc_vblock block = nnc_vrandom_block(key, 0, index, 0);
    return nnc_vunit(block.first, block.second);
}

/* Box-Muller: a radius and an angle make one coordinate. */
NNC_FN nnc_vec nnc_vrandom_normal(uint32_t key, nnc_index index)
{
    const nnc_vblock leading = nnc_vrandom_block(key, 1, index, 0);
#if NNC_BODY_BYTES == 4
    const nnc_vblock trailing = leading;
#else
    const nnc_vblock trailing = nnc_vrandom_block(key, 1, index, 1);
#endif
    const nnc_vec u = NNC_C(1.0) - nnc_vunit(leading.first, trailing.first);
    const nnc_vec turn = nnc_vunit(leading.second, trailing.second);
    return nnc_vsqrt(nnc_vlog(u) * NNC_C(-2.0)) * nnc_vcos(turn * NNC_C(6.283185307179586));
}
