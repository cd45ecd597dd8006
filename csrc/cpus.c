/* cpus.c: how many CPUs this process may use: its affinity mask, cut down to the quota of its control group. */
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif
#include "minigrad.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int online(void) {
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 1 ? (int)n : 1;
}

#if defined(__linux__)
static int affinity(void) {
    for (int size = 1024; size <= 1 << 20; size *= 2) { /* EINVAL: the kernel's mask is longer than ours */
        cpu_set_t *set = CPU_ALLOC(size);
        if (!set) break;
        const bool ok = sched_getaffinity(0, CPU_ALLOC_SIZE(size), set) == 0;
        const int n = ok ? CPU_COUNT_S(CPU_ALLOC_SIZE(size), set) : 0;
        CPU_FREE(set);
        if (n > 0) return n;
        if (errno != EINVAL) break;
    }
    return online();
}

static bool read_line(const char *folder, const char *file, char *line, int size) {
    char path[4352];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = fopen(path, "re");
    const bool ok = f && fgets(line, size, f);
    if (f) fclose(f);
    return ok;
}

/* CPUs by the quota of one folder, rounded up; 0 if it sets none. */
static int folder_quota(const char *folder) {
    char line[128];
    long long quota = -1, period = 0;
    if (read_line(folder, "cpu.max", line, sizeof line)) { /* version 2: "max 100000" or "150000 100000" */
        if (sscanf(line, "%lld %lld", &quota, &period) != 2) return 0;
    } else if (read_line(folder, "cpu.cfs_quota_us", line, sizeof line)) { /* version 1: two files, -1 for none */
        quota = atoll(line);
        if (read_line(folder, "cpu.cfs_period_us", line, sizeof line)) period = atoll(line);
    }
    if (quota <= 0 || period <= 0) return 0;
    const long long cpus = (quota + period - 1) / period;
    return cpus < INT32_MAX ? (int)cpus : 0;
}

/* The least quota of the folders from `mount`/`path` up to `mount`. In a container `path` may be the host's and not exist under the mount:
 * folders without the file are passed over. */
static int least_quota(const char *mount, const char *path) {
    char folder[4096];
    const size_t root = strlen(mount);
    size_t length = root + strlen(path);
    if (length >= sizeof folder) return 0;
    memcpy(folder, mount, root);
    strcpy(folder + root, path);
    for (int least = 0;;) {
        const int n = folder_quota(folder);
        if (n && (!least || n < least)) least = n;
        if (length <= root) return least;
        while (length > root && folder[--length] != '/') {}
        folder[length] = 0;
    }
}

static bool has_cpu(const char *controllers) { /* as in "cpu,cpuacct" */
    for (const char *name = controllers; name; name = strchr(name, ','), name = name ? name + 1 : NULL)
        if (strncmp(name, "cpu", 3) == 0 && (name[3] == ',' || name[3] == 0)) return true;
    return false;
}

/* `table` is /proc/self/cgroup and `mount` /sys/fs/cgroup, except in tests. 0: no quota. */
int mg_cgroup_cpus(const char *table, const char *mount) {
    FILE *f = fopen(table, "re");
    if (!f) return 0;
    char line[4096], v1[512];
    snprintf(v1, sizeof v1, "%s/cpu", mount); /* a link where the controller is mounted together with others */
    int least = 0;
    while (fgets(line, sizeof line, f)) { /* "0::/path" (version 2) or "3:cpu,cpuacct:/path" (version 1) */
        line[strcspn(line, "\n")] = 0;
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path) continue;
        *path++ = 0;
        const bool v2 = !*++names;
        if (!v2 && !has_cpu(names)) continue;
        const int n = least_quota(v2 ? mount : v1, path);
        if (n && (!least || n < least)) least = n;
    }
    fclose(f);
    return least;
}

int mg_available_cpus(void) {
    const int cpus = affinity(), quota = mg_cgroup_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
    return quota && quota < cpus ? quota : cpus;
}
#else
int mg_cgroup_cpus(const char *table, const char *mount) { return (void)table, (void)mount, 0; }
int mg_available_cpus(void) { return online(); }
#endif
