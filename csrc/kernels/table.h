/* table.h: ids and entries of the table of all kernels. Only table.c and dispatch.c include it, so that a new line in
 * kernels.def compiles those two anew, and not every kernel. */
#ifndef MG_TABLE_H
#define MG_TABLE_H

#include "kernels.h"

enum {
#define MG_ROW(name, dtypes) MG_ID_##name,
#include "kernels.def"
#undef MG_ROW
    MG_NUM_KERNELS
};

typedef struct {
    int id, dtype;
    mg_kernel fn;
} mg_entry; /* a table ends with id -1 */

#endif
