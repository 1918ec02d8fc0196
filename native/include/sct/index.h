/* Picking and adding by index. Index tensors are int64 unless said otherwise; an index out of range
 * is SCT_INVALID_ARGUMENT or SCT_INTERNAL on the CPU. */
#ifndef SCT_INDEX_H
#define SCT_INDEX_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Entries `index` [k] (int32 or int64) of `dim`. */
SCT_API sct_status sct_index_select(sct_tensor self, int64_t dim, sct_tensor index,
                                    sct_tensor *ret_out);

/* out[i][j] = self[i][index[i][j]] for dim 1, and so on; the shape is that of `index`. */
SCT_API sct_status sct_gather(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor *ret_out);

/* Writes src at `index` along `dim`, the reverse of sct_gather. */
SCT_API sct_status sct_scatter_(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor src);

/* Adds src at `index` along `dim`, the reverse of sct_gather; repeated indices add up. */
SCT_API sct_status sct_scatter_add_(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor src);

/* Adds alpha x entry i of src to entry index[i] of `self` along `dim`. */
SCT_API sct_status sct_index_add_(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor src,
                                  double alpha);

/* Writes entry i of src to entry index[i] of `self` along `dim`. */
SCT_API sct_status sct_index_copy_(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor src);

/* int64 [*, classes] with a one at each class of `self`. */
SCT_API sct_status sct_one_hot(sct_tensor self, int64_t classes, sct_tensor *ret_out);

/* Elements where the bool `mask` is true, 1-dim. */
SCT_API sct_status sct_masked_select(sct_tensor self, sct_tensor mask, sct_tensor *ret_out);

/* int64 [n, dim], the positions of the elements that are not zero. */
SCT_API sct_status sct_nonzero(sct_tensor self, sct_tensor *ret_out);

/* How often each of 0, 1, ... occurs in the non-negative integers `self` [n]; int64, at least
 * `minlength` long. */
SCT_API sct_status sct_bincount(sct_tensor self, int64_t minlength, sct_tensor *ret_out);

#ifdef __cplusplus
}
#endif

#endif
