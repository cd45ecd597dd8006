/* table.c: the table of all kernels of one instruction set. */
#include "kernels.h"

#define MG_TABLE_(isa) mg_table_##isa
#define MG_TABLE(isa) MG_TABLE_(isa)

const mg_entry MG_TABLE(MG_ISA)[] = {
#define MG_ENTRY(name, dtype) {MG_ID_##name, MG_DTYPE_##dtype, MG_FN(name, dtype)},
#define MG_ROW(name, dtypes) MG_EACH_##dtypes(MG_ENTRY, name)
#include "kernels.def"
#undef MG_ROW
    {-1, -1, NULL},
};
