/* walk.c: the loop around elementwise kernels. */
#include "kernels/elementwise.h"

mg_status mg_walk(const mg_array *a, int narrays, mg_chunk chunk, const mg_param *p, int cost) {
    (void)cost;
    const int32_t ndim = a->ndim;
    const int64_t one = 1;
    const int64_t *shape = ndim ? a->shape : &one;
    int64_t total = 1, inner = ndim ? shape[ndim - 1] : 1, index[MG_MAX_DIMS] = {0}, step[MG_MAX_ARGS];
    for (int d = 0; d < ndim; d++) total *= shape[d];
    if (total == 0) return MG_OK;
    char *data[MG_MAX_ARGS];
    for (int k = 0; k < narrays; k++) data[k] = a[k].data, step[k] = ndim ? a[k].strides[ndim - 1] : 1;
    for (int64_t done = 0; done < total; done += inner) {
        chunk(inner, (void *const *)data, step, p);
        for (int d = ndim - 2; d >= 0; d--) {
            int64_t back = ++index[d] == shape[d] ? index[d] - 1 : 0;
            for (int k = 0; k < narrays; k++)
                data[k] += (int64_t)mg_dtype_size(a[k].dtype) * a[k].strides[d] * (back ? -back : shape[d] == 1 ? 0 : 1);
            if (index[d] < shape[d]) break;
            index[d] = 0;
        }
    }
    return MG_OK;
}
