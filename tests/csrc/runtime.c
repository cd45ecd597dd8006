/* runtime.c: checks of the thread pool, scratch memory and storage, without Python, so that they run under any sanitizer.
 *
 *   cc -std=gnu11 -O1 -g -pthread -Icsrc tests/csrc/runtime.c csrc/{pool,scratch,cpus,storage}.c -lm [-fsanitize=thread|address]
 *   runtime [check...]      all checks, or those named; exit status 1 at the first failure
 *   runtime overrun, runtime use_after_free     what the address sanitizer must catch
 *   runtime bench           nanoseconds of the usual paths */
#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "minigrad.h"

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                        \
        }                                                                   \
    } while (0)

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static void pause_us(long us) { nanosleep(&(struct timespec){0, us * 1000}, NULL); }
static unsigned next(unsigned *seed) { return *seed = *seed * 1664525u + 1013904223u, *seed >> 8; }

/* ---- the pool ---- */

typedef struct {
    int64_t n, grain;
    int spin, depth;
    _Atomic unsigned char *seen;
} cover;

static void cover_piece(void *ctx, int64_t begin, int64_t end) {
    cover *c = ctx;
    CHECK(begin % c->grain == 0 && begin < end && end == (begin + c->grain < c->n ? begin + c->grain : c->n));
    for (int64_t i = begin; i < end; i++) c->seen[i]++;
    for (volatile int i = 0; i < c->spin; i++) {}
    if (c->depth) {
        cover inner = {9, 2, 0, c->depth - 1, (_Atomic unsigned char[9]){0}};
        mg_parallel(inner.n, inner.grain, cover_piece, &inner);
        for (int i = 0; i < 9; i++) CHECK(inner.seen[i] == 1);
    }
}
static void check_cover(int64_t n, int64_t grain, int spin, int depth) {
    cover c = {n, grain, spin, depth, calloc((size_t)n + 1, 1)};
    mg_parallel(n, grain, cover_piece, &c);
    for (int64_t i = 0; i < n; i++) CHECK(c.seen[i] == 1);
    free((void *)c.seen);
}

/* Every index is covered once, in pieces of the grain, with any number of threads, awake or asleep. */
static void coverage(void) {
    const int threads[] = {1, 2, 3, 7, 2, 1, 4};
    for (int t = 0; t < 7; t++) {
        mg_set_num_threads(threads[t]);
        CHECK(mg_num_threads() == threads[t]);
        for (int64_t n = 0; n < 40; n++)
            for (int64_t grain = 1; grain < 9; grain += 2) check_cover(n, grain, 0, 0);
        for (int i = 0; i < 30; i++) {
            check_cover(1000, 7, 300, 0);
            if (i % 3 == 0) pause_us(200); /* long enough for workers to sleep */
        }
    }
    check_cover(5, INT64_MAX, 0, 0);
}

static void nested(void) {
    mg_set_num_threads(3);
    for (int i = 0; i < 50; i++) check_cover(40, 3, 100, 2);
}

static void *call_often(void *arg) {
    unsigned seed = (unsigned)(uintptr_t)arg;
    for (int i = 0; i < 300; i++) {
        check_cover(next(&seed) % 200, 1 + next(&seed) % 9, (int)(next(&seed) % 400), next(&seed) % 8 == 0);
        if (next(&seed) % 32 == 0) mg_set_num_threads(1 + (int)(next(&seed) % 4));
        if (next(&seed) % 16 == 0) pause_us(80);
    }
    return NULL;
}
/* Several threads call at once and change the number of threads meanwhile. */
static void callers(void) {
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, call_often, (void *)(i + 1));
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}

static void change_threads(void *ctx, int64_t begin, int64_t end) {
    (void)ctx, (void)end;
    mg_set_num_threads(1 + (int)(begin % 4));
}
static void resize_inside(void) {
    for (int i = 0; i < 50; i++) mg_parallel(20, 1, change_threads, NULL);
    mg_set_num_threads(2);
    check_cover(100, 3, 0, 0);
}

static void see_rounding(void *ctx, int64_t begin, int64_t end) {
    (void)end;
    ((int *)ctx)[begin] = fegetround();
    for (volatile int i = 0; i < 20000; i++) {}
}
/* Every piece runs under the caller's floating-point state. */
static void floating_point_state(void) {
    mg_set_num_threads(3);
    const int modes[] = {FE_UPWARD, FE_TONEAREST, FE_TOWARDZERO, FE_TONEAREST};
    for (int m = 0; m < 4; m++) {
        int seen[40];
        fesetround(modes[m]);
        mg_parallel(40, 1, see_rounding, seen);
        CHECK(fegetround() == modes[m]);
        for (int i = 0; i < 40; i++) CHECK(seen[i] == modes[m]);
    }
}

static void *call_until(void *stop) {
    while (!atomic_load((atomic_bool *)stop)) check_cover(300, 4, 100, 0);
    return NULL;
}
/* A child forked at any moment, by a thread that has used the pool or while another one does, starts afresh. */
static void forks(void) {
    mg_set_num_threads(3);
    check_cover(500, 4, 100, 0);
    for (int busy = 0; busy < 2; busy++) {
        atomic_bool stop = false;
        pthread_t other;
        if (busy) pthread_create(&other, NULL, call_until, &stop);
        for (int i = 0; i < 8; i++) {
            mg_storage *s = mg_storage_new(100);
            const pid_t child = fork();
            if (child == 0) {
                alarm(20);
                mg_storage_decref(s);
                for (int k = 0; k < 20; k++) check_cover(500, 4, 100, 0), mg_storage_decref(mg_storage_new((size_t)k * 1000));
                mg_set_num_threads(1);
                _exit(0);
            }
            mg_storage_decref(s);
            check_cover(500, 4, 100, 0);
            int status = -1;
            CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
        }
        atomic_store(&stop, true);
        if (busy) pthread_join(other, NULL);
    }
}

static void *use_scratch(void *arg) {
    unsigned seed = (unsigned)(uintptr_t)arg;
    for (int i = 0; i < 200; i++) {
        const size_t small = next(&seed) % 5000, large = next(&seed) % 100000;
        char *a = mg_scratch(2, small), *b = mg_scratch(3, large);
        CHECK(a && b && a != b && (uintptr_t)a % 64 == 0 && (uintptr_t)b % 64 == 0);
        memset(a, 1, small), memset(b, 2, large);
        CHECK(mg_scratch(2, small) == a && mg_scratch(3, large / 2) == b && (!small || a[small - 1] == 1));
    }
    return NULL;
}
static void scratch(void) {
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, use_scratch, (void *)(i + 1));
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    CHECK(mg_scratch(2, SIZE_MAX) == NULL && mg_scratch(2, SIZE_MAX / 2) == NULL && mg_scratch(2, 10) != NULL);
}

/* ---- storage ---- */

static void fill(mg_storage *s, int value) { memset(s->data, value, s->nbytes); }
static void verify(mg_storage *s, int value) {
    const unsigned char *p = s->data;
    for (size_t i = 0; i < s->nbytes; i += i + 97 < s->nbytes ? 97 : 1) CHECK(p[i] == (unsigned char)value);
}

static void sizes(void) {
    const size_t before = mg_memory_in_use();
    for (size_t base = 1; base <= (size_t)1 << 23; base += base < 1100 ? 1 : base / 9)
        for (int off = -1; off <= 1; off++) {
            const size_t n = base + (size_t)off;
            mg_storage *s = mg_storage_new(n), *other = mg_storage_new(n);
            CHECK(s && other && s->nbytes == n && s->refcount == 1 && s->version == 0 && (uintptr_t)s->data % 64 == 0);
            if (n < 4096 || base % 7 == 0) fill(s, 1), fill(other, 2), verify(s, 1), verify(other, 2);
            const size_t used = mg_memory_in_use() - before;
            CHECK(used >= 2 * n && used <= 2 * n + 128 + n / 2);
            mg_storage_decref(s);
            mg_storage_incref(other);
            mg_storage_decref(other);
            mg_storage_decref(other);
        }
    CHECK(mg_memory_in_use() == before);
    CHECK(!mg_storage_new(SIZE_MAX) && !mg_storage_new(SIZE_MAX / 2) && !mg_storage_new((size_t)1 << 62) &&
          !mg_storage_new((size_t)1 << 46));
    CHECK(mg_memory_in_use() == before);
}

static void statistics(void) {
    mg_memory_reset_peak();
    const size_t before = mg_memory_in_use();
    CHECK(mg_memory_peak() == before);
    mg_storage *a = mg_storage_new(1024), *b = mg_storage_new(8 << 20);
    CHECK(mg_memory_in_use() == before + 1024 + (8 << 20));
    mg_storage_decref(b);
    mg_storage *c = mg_storage_new(1 << 20);
    CHECK(mg_memory_in_use() == before + 1024 + (1 << 20) && mg_memory_peak() == before + 1024 + (8 << 20));
    mg_storage_decref(a), mg_storage_decref(c);
    mg_memory_reset_peak();
    CHECK(mg_memory_peak() == before && mg_memory_in_use() == before);
    mg_storage *d = mg_storage_new(512);
    mg_storage_decref(d);
    CHECK(mg_memory_peak() == before + 512);
}

static int released;
static void release(void *owner) { released += *(int *)owner; }
static void foreign(void) {
    int one = 1;
    char data[10];
    mg_storage *s = mg_storage_wrap(data, sizeof data, &one, release);
    CHECK(s->data == data && s->nbytes == 10);
    mg_storage_incref(s), mg_storage_decref(s);
    CHECK(released == 0);
    mg_storage_decref(s);
    CHECK(released == 1);
}

/* Random lifetimes and sizes within a thread, and blocks that another thread frees. */
#define HANDS 64
static mg_storage *_Atomic hands[HANDS];
static void *juggle(void *arg) {
    unsigned seed = (unsigned)(uintptr_t)arg;
    mg_storage *own[50] = {0};
    for (int i = 0; i < 6000; i++) {
        const unsigned k = next(&seed) % 50, kind = next(&seed) % 64;
        const size_t n = kind == 0 ? next(&seed) % 3000000 : kind < 8 ? next(&seed) % 40000 : next(&seed) % 1200;
        if (own[k]) {
            verify(own[k], (int)own[k]->version);
            if (next(&seed) % 2) own[k] = atomic_exchange(&hands[next(&seed) % HANDS], own[k]);
            if (own[k]) verify(own[k], (int)own[k]->version), mg_storage_decref(own[k]);
        }
        own[k] = mg_storage_new(n);
        CHECK(own[k]);
        own[k]->version = (int)(next(&seed) % 200);
        fill(own[k], (int)own[k]->version);
    }
    for (int k = 0; k < 50; k++)
        if (own[k]) mg_storage_decref(own[k]);
    return NULL;
}
static void exchange(void) {
    const size_t before = mg_memory_in_use();
    for (int round = 0; round < 2; round++) {
        pthread_t threads[4];
        for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, juggle, (void *)(i + 5));
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < HANDS; i++)
        if (hands[i]) mg_storage_decref(hands[i]), hands[i] = NULL;
    CHECK(mg_memory_in_use() == before);
}

static long resident(void) { /* high-water mark, KB on Linux */
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}
static void *allocate_and_end(void *arg) {
    (void)arg;
    for (size_t n = 10; n < 4000000; n *= 3) {
        mg_storage *s = mg_storage_new(n);
        fill(s, 1);
        mg_storage_decref(s);
    }
    memset(mg_scratch(3, 100000), 1, 100000);
    return NULL;
}
static void *produce(void *arg) {
    for (int i = 0; i < 200; i++) {
        mg_storage *s = mg_storage_new(i % 8 ? 64 : 1000000);
        fill(s, 1);
        while (atomic_load(&hands[0])) sched_yield();
        atomic_store(&hands[0], s);
    }
    return arg;
}
/* Memory does not grow with the number of threads that ran, nor when one thread frees what another allocates. */
static void no_growth(void) {
    pthread_t thread;
    long before = 0;
    for (int i = 0; i < 300; i++) {
        pthread_create(&thread, NULL, allocate_and_end, NULL);
        pthread_join(thread, NULL);
        if (i == 20) before = resident();
    }
    CHECK(resident() < before + 30000);
    for (int round = 0; round < 3; round++) {
        pthread_create(&thread, NULL, produce, NULL);
        for (int i = 0; i < 200; i++) {
            mg_storage *s;
            while (!(s = atomic_exchange(&hands[0], NULL))) sched_yield();
            mg_storage_decref(s);
        }
        pthread_join(thread, NULL);
    }
    CHECK(resident() < before + 100000); /* 600 MB went by */
}

static long faults(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_minflt;
}
/* A training step's worth of large blocks, again and again: no page is fetched twice. */
static void reuse(void) {
    mg_storage *s[24];
    long before = 0;
    for (int step = 0; step < 6; step++) {
        if (step == 2) before = faults();
        for (int i = 0; i < 24; i++) s[i] = mg_storage_new((size_t)(i + 1) * 300000), fill(s[i], i);
        for (int i = 0; i < 24; i++) mg_storage_decref(s[i]);
    }
    CHECK(faults() - before < 100);
    mg_memory_trim();
}

/* Deliberate faults, which the address sanitizer must see although the blocks are ours. */
static void overrun(void) {
    mg_storage *s = mg_storage_new(100);
    ((volatile char *)s->data)[100] = 1;
}
static void use_after_free(void) {
    mg_storage *s = mg_storage_new(5000);
    volatile char *data = s->data;
    mg_storage_decref(s);
    data[0] = 1;
}

static void tiny(void *ctx, int64_t begin, int64_t end) { (void)ctx, (void)begin, (void)end; }
static void bench(void) {
    const size_t sizes[] = {0, 4, 64, 1024, 4096, 1 << 16, 1 << 20, 1 << 24};
    for (int k = 0; k < 8; k++) {
        double best = 1;
        for (int round = 0; round < 15; round++) {
            const double start = seconds();
            for (int i = 0; i < 20000; i++) {
                mg_storage *s = mg_storage_new(sizes[k]);
                __asm__ volatile("" ::"r"(s) : "memory");
                mg_storage_decref(s);
            }
            const double t = (seconds() - start) / 20000;
            if (t < best) best = t;
        }
        printf("new+free %9zu bytes  %6.1f ns\n", sizes[k], best * 1e9);
    }
    static mg_storage *chain[1000000];
    for (int round = 0; round < 3; round++) {
        const double start = seconds();
        for (int i = 0; i < 1000000; i++) chain[i] = mg_storage_new(64);
        const double middle = seconds();
        for (int i = 0; i < 1000000; i++) mg_storage_decref(chain[i]);
        printf("a million blocks alive: new %.1f ns, free %.1f ns each\n", (middle - start) * 1e3, (seconds() - middle) * 1e3);
    }
    for (int threads = 1; threads <= 2; threads++) {
        mg_set_num_threads(threads);
        double best = 1;
        for (int round = 0; round < 300; round++) {
            const double start = seconds();
            for (int i = 0; i < 20; i++) mg_parallel(4, 1, tiny, NULL);
            const double t = (seconds() - start) / 20;
            if (t < best) best = t;
        }
        printf("mg_parallel of 4 empty pieces, %d threads: %.0f ns\n", threads, best * 1e9);
    }
}

#define NAMED(check) {#check, check}
static const struct {
    const char *name;
    void (*run)(void);
} checks[] = {
    NAMED(coverage), NAMED(nested),   NAMED(callers),   NAMED(resize_inside), NAMED(floating_point_state),
    NAMED(forks),    NAMED(scratch),  NAMED(sizes),     NAMED(reuse),         NAMED(statistics),
    NAMED(foreign),  NAMED(exchange), NAMED(no_growth),
};

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "bench") == 0) return bench(), 0;
    if (argc == 2 && strcmp(argv[1], "overrun") == 0) return overrun(), 0;
    if (argc == 2 && strcmp(argv[1], "use_after_free") == 0) return use_after_free(), 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        bool chosen = argc == 1;
        for (int k = 1; k < argc; k++) chosen |= strcmp(argv[k], checks[i].name) == 0;
        if (!chosen) continue;
        const double start = seconds();
        checks[i].run();
        printf("%-22s ok %6.2f s\n", checks[i].name, seconds() - start);
        fflush(stdout);
    }
    mg_set_num_threads(1); /* ends the workers */
    return 0;
}
