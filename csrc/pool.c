/* pool.c: a small pool of threads that is worth having on a quiet machine and harmless on a busy one.
 *
 * One job runs at a time. Its pieces are counted down in `left`; whoever lowers the counter owns a piece, so the caller and the
 * workers share the work however fast each of them happens to be, and a worker that arrives late finds nothing and hurts nobody. Which
 * piece: the pieces are dealt out in as many runs as there are threads, and a thread takes the next of its own run, or of another's when
 * that is done. So it meets the same rows in one job after another, and finds them in its own cache. When no piece is left the caller
 * waits only for pieces that have been begun. A second caller meanwhile does its own work alone, and so does a call from inside a piece.
 *
 * Idle workers spin for a moment, because the next kernel of a network usually follows at once, and then sleep on a futex (a condition
 * variable where there is none). So does a caller that waits: its core is then free for the worker it waits for.
 *
 * Workers are started when first needed. A forked child has none, and starts its own. */
#include "minigrad.h"

#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define SPIN_NS 50000 /* two or three times what sleeping and waking cost; longer takes time from others */

/* The job in hand. The plain fields are written before `left` and read only by a thread that holds a piece. */
static struct {
    alignas(64) _Atomic int64_t left; /* pieces that nobody has begun */
    mg_task fn;
    void *ctx;
    int64_t n, grain;
    int runs;    /* of pieces, one a thread */
    fenv_t fenv; /* of the caller: pieces must not differ by the thread that runs them */
    alignas(64) _Atomic int64_t unfinished;
    _Atomic uint32_t caller_sleeps;
} job;

/* Pieces [end - left, end) of a run are to be done. */
static struct {
    alignas(64) _Atomic int64_t left;
    int64_t end;
} runs[MG_MAX_THREADS];

static alignas(64) _Atomic uint32_t bell; /* rung to wake workers */
static _Atomic int sleepers;
static _Atomic int limit;  /* workers of higher numbers must end */
static _Atomic int wanted; /* threads including the caller; 0: not decided */
static _Atomic bool busy;  /* held by the thread that runs a job or changes the set of workers */
static int started;        /* guarded by busy, like the next */
static pthread_t workers[MG_MAX_THREADS];
static _Thread_local bool inside; /* this thread is running a piece */
static _Thread_local int number;  /* of this thread: the caller's is 0, so is that of a thread that is not of the pool */

/* ---- sleeping: wait while *word == value; whoever changes the word wakes ---- */

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static void sleep_while(_Atomic uint32_t *word, uint32_t value) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0); }
static void wake(_Atomic uint32_t *word, int threads) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0); }
static void reset_sleep(void) {}
#else
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sleep_change = PTHREAD_COND_INITIALIZER;

static void sleep_while(_Atomic uint32_t *word, uint32_t value) {
    pthread_mutex_lock(&sleep_lock);
    while (atomic_load(word) == value) pthread_cond_wait(&sleep_change, &sleep_lock);
    pthread_mutex_unlock(&sleep_lock);
}
static void wake(_Atomic uint32_t *word, int threads) {
    (void)word, (void)threads;
    pthread_mutex_lock(&sleep_lock);
    pthread_cond_broadcast(&sleep_change);
    pthread_mutex_unlock(&sleep_lock);
}
static void reset_sleep(void) {
    sleep_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    sleep_change = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
}
#endif

static inline void pause_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Spin until `ready()` or SPIN_NS are over; the last answer. By the clock, as one pause takes 10 ns on one CPU and 70 on the next. */
static bool spin_until(bool (*ready)(void)) {
    const int64_t end = now_ns() + SPIN_NS;
    do {
        for (int i = 0; i < 32; i++) {
            if (ready()) return true;
            pause_cpu();
        }
    } while (now_ns() < end);
    return ready();
}

/* ---- running pieces ---- */

static bool work_waits(void) { return atomic_load(&job.left) > 0; }
static bool all_finished(void) { return atomic_load_explicit(&job.unfinished, memory_order_acquire) == 0; }

/* Lower a counter unless it is zero; what it was. */
static int64_t count_down(_Atomic int64_t *left) {
    int64_t before = atomic_load_explicit(left, memory_order_relaxed);
    while (before > 0 && !atomic_compare_exchange_weak(left, &before, before - 1)) continue;
    return before;
}

/* A piece for this thread, or -1. There are as many pieces in the runs as `left` has promised: the search ends. */
static int64_t take(void) {
    if (count_down(&job.left) <= 0) return -1;
    for (int r = number < job.runs ? number : 0;; r = r + 1 < job.runs ? r + 1 : 0) {
        const int64_t left = count_down(&runs[r].left);
        if (left > 0) return runs[r].end - left;
    }
}

static void run_piece(int64_t piece) {
    const int64_t begin = piece * job.grain, rest = job.n - begin;
    job.fn(job.ctx, begin, rest < job.grain ? job.n : begin + job.grain);
}

/* ---- workers ---- */

static void *worker(void *arg) {
    number = (int)(intptr_t)arg;
    inside = true;
    while (number <= atomic_load(&limit)) {
        int64_t piece, done = 0;
        while ((piece = take()) >= 0) {
            if (done++ == 0) fesetenv(&job.fenv);
            run_piece(piece);
        }
        if (done && atomic_fetch_sub(&job.unfinished, done) == done && atomic_exchange(&job.caller_sleeps, 0)) wake(&job.caller_sleeps, 1);
        if (spin_until(work_waits)) continue;
        /* Count ourselves first, look for work after: the caller offers work first and looks for sleepers after. One sees the other. */
        atomic_fetch_add(&sleepers, 1);
        const uint32_t rung = atomic_load(&bell);
        if (!work_waits() && number <= atomic_load(&limit)) sleep_while(&bell, rung);
        atomic_fetch_sub(&sleepers, 1);
    }
    return NULL;
}

static void ring(int threads) {
    if (atomic_load(&sleepers) == 0) return;
    atomic_fetch_add(&bell, 1);
    wake(&bell, threads);
}

static void forget_workers(void) { /* in a forked child, where no thread but this one exists */
    started = 0;
    atomic_store(&limit, 0);
    atomic_store(&sleepers, 0);
    atomic_store(&job.left, 0);
    atomic_store(&job.unfinished, 0);
    atomic_store(&busy, false);
    reset_sleep();
}
static void watch_forks(void) { pthread_atfork(NULL, NULL, forget_workers); }

/* Make the number of workers `count`, or as many as the system grants. The caller holds `busy`. */
static void set_workers(int count) {
    if (count == started) return;
    atomic_store(&limit, count);
    if (count < started) {
        ring(MG_MAX_THREADS);
        while (started > count) pthread_join(workers[--started], NULL);
        return;
    }
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    sigset_t all, before; /* signals are for the program's own threads */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started < count && pthread_create(&workers[started], NULL, worker, (void *)(intptr_t)(started + 1)) == 0) started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- the public side ---- */

int mg_num_threads(void) {
    int n = atomic_load_explicit(&wanted, memory_order_relaxed);
    if (n) return n;
    const char *text = getenv("MINIGRAD_NUM_THREADS");
    n = text ? atoi(text) : 0;
    mg_set_num_threads(n > 0 ? n : mg_available_cpus());
    return atomic_load(&wanted);
}

void mg_set_num_threads(int n) {
    n = n < 1 ? 1 : n > MG_MAX_THREADS ? MG_MAX_THREADS : n;
    atomic_store(&wanted, n);
    if (inside || atomic_exchange(&busy, true)) return; /* the next job sees to it */
    if (n - 1 < started) set_workers(n - 1);
    atomic_store(&busy, false);
}

static void run_shared(int64_t n, int64_t grain, mg_task fn, void *ctx) {
    const int64_t pieces = n / grain + (n % grain != 0);
    const int threads = started + 1;
    job.fn = fn, job.ctx = ctx, job.n = n, job.grain = grain, job.runs = threads;
    for (int r = 0; r < threads; r++) {
        runs[r].end = pieces / threads * (r + 1) + pieces % threads * (r + 1) / threads; /* (r + 1) pieces / threads, without overflow */
        atomic_store_explicit(&runs[r].left, runs[r].end - (r ? runs[r - 1].end : 0), memory_order_relaxed);
    }
    fegetenv(&job.fenv);
    atomic_store_explicit(&job.unfinished, pieces, memory_order_relaxed);
    atomic_store(&job.left, pieces);
    ring(pieces - 1 < started ? (int)(pieces - 1) : started);

    int64_t piece, done = 0;
    inside = true;
    for (; (piece = take()) >= 0; done++) run_piece(piece);
    inside = false;
    if (atomic_fetch_sub(&job.unfinished, done) == done || spin_until(all_finished)) return;
    for (;;) { /* as above: say that we sleep, then look again */
        atomic_store(&job.caller_sleeps, 1);
        if (atomic_load(&job.unfinished) == 0) break;
        sleep_while(&job.caller_sleeps, 1);
    }
    atomic_store(&job.caller_sleeps, 0);
}

int mg_thread(void) { return number; }

void mg_parallel(int64_t n, int64_t grain, mg_task fn, void *ctx) {
    if (n <= grain) {
        if (n > 0) fn(ctx, 0, n);
        return;
    }
    const int threads = inside ? 1 : mg_num_threads();
    if (threads > 1 && !atomic_exchange(&busy, true)) {
        set_workers(threads - 1);
        run_shared(n, grain, fn, ctx);
        atomic_store(&busy, false);
        return;
    }
    for (int64_t i = 0; i < n; i += grain) fn(ctx, i, n - i < grain ? n : i + grain);
}
