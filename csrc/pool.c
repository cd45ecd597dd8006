/* pool.c: threads and per-thread scratch memory. */
#include "minigrad.h"

#include <stdlib.h>

int mg_num_threads(void) { return 1; }
void mg_set_num_threads(int n) { (void)n; }
int mg_available_cpus(void) { return 1; }
void mg_parallel(int64_t n, int64_t grain, mg_task fn, void *ctx) {
    for (int64_t i = 0; i < n; i += grain) fn(ctx, i, i + grain < n ? i + grain : n);
}

static _Thread_local struct {
    void *data;
    size_t nbytes;
} scratch[MG_SCRATCH_SLOTS];

void *mg_scratch(int slot, size_t nbytes) {
    if (nbytes > scratch[slot].nbytes) {
        free(scratch[slot].data);
        scratch[slot].data = aligned_alloc(64, (nbytes + 63) & ~(size_t)63);
        scratch[slot].nbytes = scratch[slot].data ? nbytes : 0;
    }
    return scratch[slot].data;
}
