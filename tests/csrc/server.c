/* server.c LIBRARY: call functions of a shared library for tests/remote.py, which speaks to it over stdin and stdout. Built for another
 * machine and run by an emulator, it lets the tests of the kernels run here against a library for there.
 *
 * A request is four int64 (function, blocks, pointers, arguments), then for each
 *   block     size, alignment (its address modulo 64, which stays what it was)
 *   pointer   block, offset: where it stands; block, offset: where it points to
 *   argument  block or -1, offset or value
 * and then the bytes of all blocks. The reply is what the function returned and the bytes of all blocks as they are now.
 * Function 0 looks up the name that block 0 holds. Numbers and pointers are of the sender's format: 64 bits, little-endian. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_ARGUMENTS 6

typedef struct {
    int64_t size, alignment;
} extent;
typedef struct {
    int64_t block, offset, to_block, to_offset;
} pointer;
typedef struct {
    int64_t block, value;
} argument;
typedef int64_t (*function)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t);

static void get(void *p, size_t size) {
    if (fread(p, 1, size, stdin) != size) exit(feof(stdin) ? 0 : 1);
}
static void *get_new(size_t size) {
    void *p = malloc(size + 1);
    if (!p) exit(2);
    get(p, size);
    return p;
}

int main(int argc, char **argv) {
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : NULL;
    if (!library) return fprintf(stderr, "server: %s\n", argc > 1 ? dlerror() : "which library?"), 2;
    for (;;) {
        int64_t head[4], arg[MAX_ARGUMENTS] = {0};
        get(head, sizeof head);
        const int64_t blocks = head[1], pointers = head[2], arguments = head[3];
        extent *e = get_new((size_t)blocks * sizeof *e);
        pointer *p = get_new((size_t)pointers * sizeof *p);
        argument *a = get_new((size_t)arguments * sizeof *a);
        char **memory = malloc((size_t)(blocks + 1) * sizeof *memory), **data = malloc((size_t)(blocks + 1) * sizeof *data);
        for (int64_t i = 0; i < blocks; i++) {
            memory[i] = malloc((size_t)e[i].size + 128);
            data[i] = memory[i] + (64 - ((uintptr_t)memory[i] & 63)) + e[i].alignment;
            get(data[i], (size_t)e[i].size);
        }
        for (int64_t i = 0; i < pointers; i++) *(char **)(data[p[i].block] + p[i].offset) = data[p[i].to_block] + p[i].to_offset;
        for (int64_t i = 0; i < arguments && i < MAX_ARGUMENTS; i++)
            arg[i] = a[i].block < 0 ? a[i].value : (int64_t)(intptr_t)(data[a[i].block] + a[i].value);
        const int64_t result = head[0] ? ((function)(intptr_t)head[0])(arg[0], arg[1], arg[2], arg[3], arg[4], arg[5])
                                       : (int64_t)(intptr_t)dlsym(library, data[0]);
        fwrite(&result, sizeof result, 1, stdout);
        for (int64_t i = 0; i < blocks; i++) {
            fwrite(data[i], 1, (size_t)e[i].size, stdout);
            free(memory[i]);
        }
        fflush(stdout);
        free(e), free(p), free(a), free(memory), free(data);
    }
}
