/* dispatch.c: the kernel table in use, filled from the tables of the instruction sets that the CPU can run. */
#include <string.h>

#include "kernels/table.h"
#include "minigrad.h"

extern const mg_entry mg_table_base[];
#if defined(__x86_64__)
extern const mg_entry mg_table_avx2[], mg_table_avx512[];

static bool has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static bool has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#endif
static bool always(void) { return true; }

static const struct {
    const char *name;
    const mg_entry *table;
    bool (*supported)(void);
} isas[] = {
    {"base", mg_table_base, always},
#if defined(__x86_64__)
    {"avx2", mg_table_avx2, has_avx2},
    {"avx512", mg_table_avx512, has_avx512},
#endif
};

static const char *const names[] = {
#define MG_ROW(name, dtypes) #name,
#include "kernels/kernels.def"
#undef MG_ROW
};

static mg_kernel table[MG_NUM_KERNELS][MG_NUM_DTYPES];
static const char *in_use;

/* Each set includes the ones before it, so the supported ones are a prefix. */
int mg_num_isas(void) {
    int n = 0;
    while (n < (int)(sizeof isas / sizeof *isas) && isas[n].supported()) n++;
    return n;
}
const char *mg_isa_name(int index) { return isas[index].name; }
const char *mg_isa(void) { return in_use; }

const char *mg_init(const char *isa) {
    for (int i = mg_num_isas() - 1; i >= 0; i--) {
        if (isa && strcmp(isa, isas[i].name) != 0) continue;
        memset(table, 0, sizeof table);
        for (const mg_entry *e = isas[i].table; e->id >= 0; e++) table[e->id][e->dtype] = e->fn;
        return in_use = isas[i].name;
    }
    return NULL;
}

int mg_num_kernels(void) { return MG_NUM_KERNELS; }
const char *mg_kernel_name(int id) { return names[id]; }
const mg_kernel *mg_kernel_row(int id) { return table[id]; }
int mg_kernel_id(const char *name) {
    for (int id = 0; id < MG_NUM_KERNELS; id++)
        if (strcmp(name, names[id]) == 0) return id;
    return -1;
}

size_t mg_dtype_size(int dtype) {
    static const size_t sizes[MG_NUM_DTYPES] = {1, 1, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16};
    return sizes[dtype];
}
