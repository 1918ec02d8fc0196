/* Views and rearrangements. Unless said otherwise the result shares the storage of `self`. A
 * negative dimension counts from the end. */
#ifndef SCT_SHAPE_H
#define SCT_SHAPE_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Another shape on the same strides; one size may be -1. SCT_SHAPE where the strides forbid it. */
SCT_API sct_status sct_view(sct_tensor self, const int64_t *sizes, int64_t dim,
                            sct_tensor *ret_out);

/* Another shape, copied where a view is impossible; one size may be -1. */
SCT_API sct_status sct_reshape(sct_tensor self, const int64_t *sizes, int64_t dim,
                               sct_tensor *ret_out);

/* Dimensions in the order `dims`. */
SCT_API sct_status sct_permute(sct_tensor self, const int64_t *dims, int64_t count,
                               sct_tensor *ret_out);

/* Two dimensions swapped. */
SCT_API sct_status sct_transpose(sct_tensor self, int64_t dim0, int64_t dim1, sct_tensor *ret_out);

/* Matrix transposed; at most 2 dimensions. */
SCT_API sct_status sct_t(sct_tensor self, sct_tensor *ret_out);

/* Dimensions start to end, both included, as one; copied where a view is impossible. */
SCT_API sct_status sct_flatten(sct_tensor self, int64_t start_dim, int64_t end_dim,
                               sct_tensor *ret_out);

/* A dimension of size 1 put in before `dim`. */
SCT_API sct_status sct_unsqueeze(sct_tensor self, int64_t dim, sct_tensor *ret_out);

/* Dimensions `dims`, where of size 1, taken out; NULL with count 0 is all of them. */
SCT_API sct_status sct_squeeze(sct_tensor self, const int64_t *dims, int64_t count,
                               sct_tensor *ret_out);

/* Dimensions of size 1 repeated without a copy; -1 keeps a size. */
SCT_API sct_status sct_expand(sct_tensor self, const int64_t *sizes, int64_t dim,
                              sct_tensor *ret_out);

/* Copies of the whole tensor side by side, `repeats` along each dimension. */
SCT_API sct_status sct_repeat(sct_tensor self, const int64_t *repeats, int64_t count,
                              sct_tensor *ret_out);

/* Entries start to start + length - 1 of `dim`. */
SCT_API sct_status sct_narrow(sct_tensor self, int64_t dim, int64_t start, int64_t length,
                              sct_tensor *ret_out);

/* Entry `index` of `dim`, which disappears. */
SCT_API sct_status sct_select(sct_tensor self, int64_t dim, int64_t index, sct_tensor *ret_out);

/* Entries start, start + step, ... below `end` of `dim`, clamped as in Python; step > 0. */
SCT_API sct_status sct_slice(sct_tensor self, int64_t dim, int64_t start, int64_t end, int64_t step,
                             sct_tensor *ret_out);

/* Copy with `dims` reversed. */
SCT_API sct_status sct_flip(sct_tensor self, const int64_t *dims, int64_t count,
                            sct_tensor *ret_out);

/* Copy of `count` tensors joined along `dim`. */
SCT_API sct_status sct_cat(const sct_tensor *tensors, int64_t count, int64_t dim,
                           sct_tensor *ret_out);

/* Copy of `count` tensors of one shape joined along a new dimension `dim`. */
SCT_API sct_status sct_stack(const sct_tensor *tensors, int64_t count, int64_t dim,
                             sct_tensor *ret_out);

/* At most `chunks` parts of `dim`, equal but for the last; one of an empty dimension. `ret_out` has
 * room for `chunks` handles; `ret_count` is how many were written. */
SCT_API sct_status sct_chunk(sct_tensor self, int64_t chunks, int64_t dim, sct_tensor *ret_out,
                             int64_t *ret_count);

/* The diagonal of a matrix. */
SCT_API sct_status sct_diagonal(sct_tensor self, sct_tensor *ret_out);

#ifdef __cplusplus
}
#endif

#endif
