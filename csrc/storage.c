/* storage.c: reference-counted, aligned memory. */
#include "minigrad.h"

#include <stdlib.h>

mg_storage *mg_storage_new(size_t nbytes) {
    size_t size = (nbytes + 127) & ~(size_t)63;
    mg_storage *s = malloc(sizeof *s);
    if (!s) return NULL;
    *s = (mg_storage){.data = aligned_alloc(64, size), .nbytes = size, .refcount = 1};
    if (!s->data) {
        free(s);
        return NULL;
    }
    return s;
}
mg_storage *mg_storage_wrap(void *data, size_t nbytes, void *owner, void (*release)(void *owner)) {
    mg_storage *s = malloc(sizeof *s);
    if (s) *s = (mg_storage){.data = data, .nbytes = nbytes, .refcount = 1, .owner = owner, .release = release};
    return s;
}
void mg_storage_free(mg_storage *s) {
    if (s->release)
        s->release(s->owner);
    else
        free(s->data);
    free(s);
}
size_t mg_memory_in_use(void) { return 0; }
size_t mg_memory_peak(void) { return 0; }
void mg_memory_reset_peak(void) {}
void mg_memory_trim(void) {}
