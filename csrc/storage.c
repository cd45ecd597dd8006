/* storage.c: reference-counted, 64-byte aligned memory that comes back fast.
 *
 * A block is a header (mg_storage, 64 bytes with padding) and its data. Its size class says how much data fits: multiples of 64 bytes up
 * to 256, then four classes per power of two, so at most a fifth of a larger block is unused.
 * Every thread keeps lists of free blocks by class; nobody else touches them, so the usual new and free take no lock.
 *
 * Small blocks (data up to 1 KB, right behind the header) are cut from slabs that are never given back. A thread keeps at most two
 * magazines of them per class, a magazine being 8 KB of blocks; what is beyond goes, a magazine at a time, to the depot, where every thread
 * finds its next one. So a thread that only frees what another allocates does not hoard, and a thread that ends loses nothing.
 *
 * The data of large blocks come from malloc, or as whole pages from 1 MB on; the header is a small block of its own, so that a power of two
 * stays one. Fresh pages cost more than most kernels, which is why blocks are kept. A thread keeps so many that it holds no more than 5/4
 * of the most it ever needed at once, plus 32 MB. Beyond that, the classes go first that were not asked for since the last time this
 * happened. */
#include "minigrad.h"

#include <pthread.h>
#include <stdlib.h>

#if !defined(_WIN32)
#include <sys/mman.h>
#include <unistd.h>
#endif
#if defined(__has_feature) && !defined(__SANITIZE_ADDRESS__)
#if __has_feature(address_sanitizer) /* clang's spelling */
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else /* under the sanitizer, free blocks and the unused end of blocks are poisoned */
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif
/* The address of a thread-local variable is a function call in a shared library, unless a few bytes are reserved when it is loaded. */
#if defined(__GLIBC__)
#define FAST_TLS __attribute__((tls_model("initial-exec")))
#else
#define FAST_TLS
#endif

#define HEADER 64
#define SMALL_CLASSES 13                 /* 0, 64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024 bytes */
#define CLASSES (SMALL_CLASSES + 4 * 36) /* up to 2^46 bytes */
#define SLAB_BYTES ((size_t)256 << 10)
#define MAGAZINE_BYTES 8192
#define PAGES_FROM ((size_t)1 << 20) /* blocks from here on come from mmap */
#define HUGE_FROM ((size_t)4 << 20)  /* and from here on ask for huge pages */
#define KEEP_BYTES ((int64_t)32 << 20)
#define COUNT_BYTES ((int64_t)256 << 10) /* a thread reports its use to everybody in steps of this size */

_Static_assert(sizeof(mg_storage) <= HEADER, "the header is one cache line");

/* Free blocks are linked through `owner`. */
typedef struct {
    mg_storage *first;
    int64_t count;
} list;

typedef struct {
    list active, spare; /* large classes: only `active` */
    int64_t nbytes;     /* of a block's data */
    int64_t magazine;   /* blocks in a full one (small) */
    bool asked;         /* since the last eviction (large) */
} bin;

typedef struct {
    bin bins[CLASSES];
    int64_t use, high;        /* bytes in use since the last report, and the most of it */
    int64_t live, most, kept; /* large blocks: allocated less freed by this thread; the most of it; bytes in the lists */
} cache;

static FAST_TLS _Thread_local cache *mine;
static pthread_key_t at_exit;
static int64_t in_use, peak; /* atomic; what threads have reported */

static pthread_mutex_t depot_lock = PTHREAD_MUTEX_INITIALIZER;
static mg_storage *depot[SMALL_CLASSES]; /* magazines, linked through `data` of their first block, its `version` is the count */
static char *slab, *slab_end;

/* ---- size classes ---- */

static inline int class_of(size_t nbytes) {
    if (nbytes <= 256) return (int)((nbytes + 63) / 64);
    const int log2 = 63 - __builtin_clzll(nbytes - 1); /* 2^log2 < nbytes <= 2^(log2+1) */
    return 5 + 4 * (log2 - 8) + (int)((nbytes - 1) >> (log2 - 2) & 3);
}
static inline size_t class_bytes(int c) { return c < 5 ? (size_t)c * 64 : (size_t)((c - 5) % 4 + 5) << ((c - 5) / 4 + 6); }

/* ---- statistics ---- */

static void report(cache *t) {
    const int64_t top = __atomic_fetch_add(&in_use, t->use, __ATOMIC_RELAXED) + t->high;
    int64_t before = __atomic_load_n(&peak, __ATOMIC_RELAXED);
    while (top > before && !__atomic_compare_exchange_n(&peak, &before, top, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    t->use = t->high = 0;
}
static inline void count_new(cache *t, int64_t nbytes) {
    t->use += nbytes;
    if (t->use > t->high) {
        t->high = t->use;
        if (t->use > COUNT_BYTES) report(t);
    }
}
static inline void count_free(cache *t, int64_t nbytes) {
    t->use -= nbytes;
    if (t->use < -COUNT_BYTES) report(t);
}

/* ---- the system's memory ---- */

static size_t whole_pages(size_t nbytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (nbytes + page - 1) & ~(page - 1);
}

static void *system_alloc(size_t nbytes) {
    void *p = NULL;
    if (nbytes < PAGES_FROM) return posix_memalign(&p, 64, nbytes) == 0 ? p : NULL;
    p = mmap(NULL, whole_pages(nbytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (p == MAP_FAILED) return NULL;
#if defined(MADV_HUGEPAGE)
    if (nbytes >= HUGE_FROM) madvise(p, whole_pages(nbytes), MADV_HUGEPAGE);
#endif
    return p;
}
static void system_free(void *p, size_t nbytes) {
    ASAN_UNPOISON_MEMORY_REGION(p, nbytes);
    if (nbytes < PAGES_FROM)
        free(p);
    else
        munmap(p, whole_pages(nbytes));
}

/* ---- small blocks ---- */

static mg_storage *pop(list *l) {
    mg_storage *s = l->first;
    l->first = s->owner;
    l->count--;
    return s;
}
static void push(list *l, mg_storage *s) {
    s->owner = l->first;
    l->first = s;
    l->count++;
}

/* Hand a list over to the depot. The caller holds the lock. */
static void give(list *l, int c) {
    if (!l->first) return;
    l->first->data = depot[c];
    l->first->version = l->count;
    depot[c] = l->first;
    *l = (list){0};
}

/* Cut a magazine from the slab. The caller holds the lock. */
static void cut(bin *b) {
    const size_t nbytes = HEADER + (size_t)b->nbytes;
    for (int64_t n = b->magazine; n > 0; n--) {
        if ((size_t)(slab_end - slab) < nbytes) {
            void *p;
            if (posix_memalign(&p, 4096, SLAB_BYTES) != 0) return;
            slab = p;
            slab_end = slab + SLAB_BYTES;
        }
        mg_storage *s = (mg_storage *)slab;
        slab += nbytes;
        push(&b->active, s);
    }
}

static __attribute__((noinline)) bool refill(bin *b, int c) {
    b->active = b->spare;
    b->spare = (list){0};
    if (!b->active.first) {
        pthread_mutex_lock(&depot_lock);
        if (depot[c]) {
            b->active = (list){depot[c], depot[c]->version};
            depot[c] = depot[c]->data;
        } else
            cut(b);
        pthread_mutex_unlock(&depot_lock);
    }
    return b->active.first != NULL;
}
static __attribute__((noinline)) void set_aside(bin *b, int c) {
    pthread_mutex_lock(&depot_lock);
    give(&b->spare, c);
    pthread_mutex_unlock(&depot_lock);
    b->spare = b->active;
    b->active = (list){0};
}

static inline mg_storage *new_small(bin *b, int c) {
    if (!b->active.first && !refill(b, c)) return NULL;
    mg_storage *s = pop(&b->active);
    s->data = (char *)s + HEADER;
    return s;
}
static inline void free_small(bin *b, mg_storage *s, int c) {
    if (b->active.count >= b->magazine) set_aside(b, c);
    push(&b->active, s);
}

/* ---- large blocks ---- */

static void release_bin(cache *t, int c) {
    bin *b = &t->bins[c];
    t->kept -= b->nbytes * b->active.count;
    while (b->active.first) {
        mg_storage *s = pop(&b->active);
        system_free(s->data, (size_t)b->nbytes);
        free_small(&t->bins[0], s, 0);
    }
}
static void release_large(cache *t) {
    for (int c = SMALL_CLASSES; c < CLASSES; c++) release_bin(t, c);
}
static bool keeps_too_much(const cache *t, int64_t more) {
    return t->kept + more + (t->live > 0 ? t->live : 0) > t->most + t->most / 4 + KEEP_BYTES;
}

static __attribute__((noinline)) mg_storage *new_large(cache *t, int c) {
    bin *b = &t->bins[c];
    const int64_t nbytes = b->nbytes;
    b->asked = true;
    mg_storage *s;
    if (b->active.first) {
        s = pop(&b->active);
        t->kept -= nbytes;
    } else {
        s = new_small(&t->bins[0], 0);
        if (!s) return NULL;
        s->data = system_alloc((size_t)nbytes);
        if (!s->data) {
            release_large(t);
            s->data = system_alloc((size_t)nbytes);
        }
        if (!s->data) {
            free_small(&t->bins[0], s, 0);
            return NULL;
        }
    }
    t->live += nbytes;
    if (t->live > t->most) t->most = t->live;
    return s;
}
static __attribute__((noinline)) void free_large(cache *t, mg_storage *s, int c) {
    const int64_t nbytes = t->bins[c].nbytes;
    t->live -= nbytes;
    if (keeps_too_much(t, nbytes)) {
        for (int i = SMALL_CLASSES; i < CLASSES; i++) {
            if (!t->bins[i].asked) release_bin(t, i);
            t->bins[i].asked = false;
        }
        if (keeps_too_much(t, nbytes)) {
            system_free(s->data, (size_t)nbytes);
            free_small(&t->bins[0], s, 0);
            return;
        }
    }
    push(&t->bins[c].active, s);
    t->kept += nbytes;
}

/* ---- threads and forks ---- */

static void empty_cache(void *arg) {
    cache *t = arg;
    release_large(t);
    pthread_mutex_lock(&depot_lock);
    for (int c = 0; c < SMALL_CLASSES; c++) {
        give(&t->bins[c].active, c);
        give(&t->bins[c].spare, c);
    }
    pthread_mutex_unlock(&depot_lock);
    report(t);
    free(t);
    mine = NULL; /* a later destructor that allocates gets a new cache, and its thread runs us again */
}

static void lock_depot(void) { pthread_mutex_lock(&depot_lock); }
static void unlock_depot(void) { pthread_mutex_unlock(&depot_lock); }
static void set_up(void) {
    pthread_key_create(&at_exit, empty_cache);
    pthread_atfork(lock_depot, unlock_depot, unlock_depot);
}

static cache *make_cache(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_up);
    cache *t = calloc(1, sizeof *t);
    if (t && pthread_setspecific(at_exit, t) != 0) {
        free(t);
        t = NULL;
    }
    for (int c = 0; t && c < CLASSES; c++) {
        t->bins[c].nbytes = (int64_t)class_bytes(c);
        t->bins[c].magazine = MAGAZINE_BYTES / (HEADER + t->bins[c].nbytes);
    }
    return mine = t;
}

/* ---- the public side ---- */

mg_storage *mg_storage_new(size_t nbytes) {
    if (nbytes > (size_t)1 << 46) return NULL;
    cache *t = mine ? mine : make_cache();
    if (!t) return NULL;
    const int c = class_of(nbytes);
    bin *b = &t->bins[c];
    mg_storage *s = c < SMALL_CLASSES ? new_small(b, c) : new_large(t, c);
    if (!s) return NULL;
    count_new(t, b->nbytes);
    char *data = s->data;
    ASAN_UNPOISON_MEMORY_REGION(data, nbytes);
    ASAN_POISON_MEMORY_REGION(data + nbytes, (size_t)b->nbytes - nbytes);
    *s = (mg_storage){.data = data, .nbytes = nbytes, .refcount = 1, .block = (size_t)c};
    return s;
}

mg_storage *mg_storage_wrap(void *data, size_t nbytes, void *owner, void (*release)(void *owner)) {
    mg_storage *s = mg_storage_new(0);
    if (s) s->data = data, s->nbytes = nbytes, s->owner = owner, s->release = release;
    return s;
}

void mg_storage_free(mg_storage *s) {
    if (s->release) s->release(s->owner);
    const int c = (int)s->block;
    cache *t = mine ? mine : make_cache();
    if (!t) return; /* no memory for the lists themselves: the block is lost */
    bin *b = &t->bins[c];
    if (!s->release) ASAN_POISON_MEMORY_REGION(s->data, (size_t)b->nbytes);
    count_free(t, b->nbytes);
    c < SMALL_CLASSES ? free_small(b, s, c) : free_large(t, s, c);
}

size_t mg_memory_in_use(void) {
    if (mine) report(mine);
    const int64_t n = __atomic_load_n(&in_use, __ATOMIC_RELAXED);
    return n > 0 ? (size_t)n : 0; /* below 0: what one thread has freed and another not yet reported */
}
size_t mg_memory_peak(void) {
    if (mine) report(mine);
    return (size_t)__atomic_load_n(&peak, __ATOMIC_RELAXED);
}
void mg_memory_reset_peak(void) { __atomic_store_n(&peak, (int64_t)mg_memory_in_use(), __ATOMIC_RELAXED); }
void mg_memory_trim(void) {
    if (!mine) return;
    release_large(mine);
    mine->most = mine->live > 0 ? mine->live : 0;
}
