/* probe.c: what this machine can do with one thread, for the roofline. Compiled for it and run by roofline.py; knows nothing of minigrad.
 *
 *   probe flops          GFLOP/s of float32: independent chains of multiply-adds in registers, two operations for each
 *   probe bytes SIZE     GB/s of a copy whose source and target are SIZE bytes together, both counted once
 *
 * Each prints the best of many short runs: what the machine can do, not what it does while others work on it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef float vector __attribute__((vector_size(VECTOR_BYTES)));
enum { CHAINS = 12, LANES = VECTOR_BYTES / 4, RUNS = 60 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Named variables: an array of them might live in memory. The chains stay finite: x <- x * 0.5 + 1. */
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
static double flops(void) {
    const long rounds = 2000000;
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        vector half = {0}, one = {0};
        for (int i = 0; i < LANES; i++) half[i] = 0.5f, one[i] = 1.0f;
        __asm__ volatile("" : "+m"(half), "+m"(one)); /* not known to the compiler */
        const vector a = half, b = one;
#define START(i) vector x##i = a * (float)(i + 1);
        EACH(START)
        const double start = now();
        for (long r = 0; r < rounds / RUNS; r++) {
#define STEP(i) x##i = x##i * a + b;
            EACH(STEP)
            EACH(STEP)
            EACH(STEP)
            EACH(STEP)
        }
        const double seconds = now() - start;
#define ADD(i) sum += x##i;
        vector sum = {0};
        EACH(ADD)
        __asm__ volatile("" : : "m"(sum));
        const double rate = 2.0 * 4 * CHAINS * LANES * (double)(rounds / RUNS) / seconds;
        best = rate > best ? rate : best;
    }
    return best;
}

static double bytes(size_t size) {
    const size_t half = size / 2;
    char *from = aligned_alloc(64, (half + 63) / 64 * 64), *to = aligned_alloc(64, (half + 63) / 64 * 64);
    if (!from || !to) return 0;
    memset(from, 1, half), memset(to, 2, half);
    const long repeats = (long)(4e6 / (double)half) + 1;
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        const double start = now();
        for (long r = 0; r < repeats; r++) {
            memcpy(to, from, half);
            __asm__ volatile("" : : "r"(to) : "memory");
        }
        const double rate = 2.0 * (double)half * (double)repeats / (now() - start);
        best = rate > best ? rate : best;
    }
    free(from), free(to);
    return best;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "flops") == 0)
        printf("%.6g\n", flops() / 1e9);
    else if (argc == 3 && strcmp(argv[1], "bytes") == 0)
        printf("%.6g\n", bytes((size_t)atoll(argv[2])) / 1e9);
    else
        return fprintf(stderr, "usage: probe flops | probe bytes SIZE\n"), 2;
    return 0;
}
