/* table.c: the table of all kernels of one instruction set. */
#include "table.h"

#define MG_DECLARE(name, dtype) mg_status MG_FN(name, dtype)(const mg_array *a, const mg_param *p);
#define MG_ROW(name, dtypes) MG_EACH_##dtypes(MG_DECLARE, name)
#include "kernels.def"
#undef MG_ROW

#define MG_TABLE_(isa) mg_table_##isa
#define MG_TABLE(isa) MG_TABLE_(isa)

const mg_entry MG_TABLE(MG_ISA)[] = {
#define MG_ENTRY(name, dtype) {MG_ID_##name, MG_DTYPE_##dtype, MG_FN(name, dtype)},
#define MG_ROW(name, dtypes) MG_EACH_##dtypes(MG_ENTRY, name)
#include "kernels.def"
#undef MG_ROW
    {-1, -1, NULL},
};
