/* scratch.c: work memory for kernels. A few blocks per thread that only ever grow, freed when the thread ends. */
#include "minigrad.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct {
    void *data;
    size_t nbytes;
} slot;

static _Thread_local slot *mine;
static pthread_key_t at_exit;

static void release(void *arg) {
    slot *slots = arg;
    for (int i = 0; i < MG_SCRATCH_SLOTS; i++) free(slots[i].data);
    free(slots);
    mine = NULL;
}
static void make_key(void) { pthread_key_create(&at_exit, release); }

static slot *make_slots(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_key);
    slot *slots = calloc(MG_SCRATCH_SLOTS, sizeof *slots);
    if (slots && pthread_setspecific(at_exit, slots) != 0) {
        free(slots);
        slots = NULL;
    }
    return mine = slots;
}

void *mg_scratch(int which, size_t nbytes) {
    if (!mine && !make_slots()) return NULL;
    slot *s = &mine[which];
    if (nbytes > s->nbytes || !s->data) {
        free(s->data);
        *s = (slot){0};
        if (nbytes <= PTRDIFF_MAX && posix_memalign(&s->data, 64, nbytes ? nbytes : 64) == 0)
            s->nbytes = nbytes;
        else
            s->data = NULL;
    }
    return s->data;
}
