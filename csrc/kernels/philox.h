/* philox.h: Philox4x32-10, a function of a key and a counter that nobody can tell from chance (Salmon, Moraes, Dror, Shaw: "Parallel random
 * numbers: as easy as 1, 2, 3", 2011). */
#ifndef MG_PHILOX_H
#define MG_PHILOX_H

#include "vec.h"

/* Words 0..3 of the blocks whose numbers are in the lanes, each in the low half of its lane (the high half is junk). The counter has 128
 * bits: the block, and above it `high` and `top`, 0 in the common stream, each below 2^32. */
MG_INLINE void philox_of(vu64 block, uint64_t high, uint64_t top, uint64_t seed, vu64 word[4]) {
    vu64 c0 = block, c1 = block >> 32, c2 = (vu64){0} + high, c3 = (vu64){0} + top;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const vu64 p0 = vu64_mul_low32(c0, (vu64){0} + 0xD2511F53u), p1 = vu64_mul_low32(c2, (vu64){0} + 0xCD9E8D57u);
        c0 = (p1 >> 32) ^ c1 ^ (uint64_t)k0;
        c1 = p1;
        c2 = (p0 >> 32) ^ c3 ^ (uint64_t)k1;
        c3 = p0;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    word[0] = c0, word[1] = c1, word[2] = c2, word[3] = c3;
}
MG_INLINE void philox(vu64 block, uint64_t seed, vu64 word[4]) { philox_of(block, 0, 0, seed, word); }

MG_INLINE vu64 lane_numbers(void) {
    vu64 lanes;
    for (int l = 0; l < MG_F64_LANES; l++) lanes[l] = (uint64_t)l;
    return lanes;
}

#endif
