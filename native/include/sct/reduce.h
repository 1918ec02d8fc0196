/* Reductions, scans, order. `dims` with `count` names the dimensions to reduce, NULL with 0 all of
 * them; with `keepdim` they stay, with size 1. Negative dimensions count from the end. */
#ifndef SCT_REDUCE_H
#define SCT_REDUCE_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sum; integers and bool give int64. */
SCT_API sct_status sct_sum(sct_tensor self, const int64_t *dims, int64_t count, bool keepdim,
                           sct_tensor *ret_out);

/* Mean; floating dtypes only. */
SCT_API sct_status sct_mean(sct_tensor self, const int64_t *dims, int64_t count, bool keepdim,
                            sct_tensor *ret_out);

/* Maximum. */
SCT_API sct_status sct_amax(sct_tensor self, const int64_t *dims, int64_t count, bool keepdim,
                            sct_tensor *ret_out);

/* Minimum. */
SCT_API sct_status sct_amin(sct_tensor self, const int64_t *dims, int64_t count, bool keepdim,
                            sct_tensor *ret_out);

/* Standard deviation with divisor n - correction. */
SCT_API sct_status sct_std(sct_tensor self, const int64_t *dims, int64_t count, double correction,
                           bool keepdim, sct_tensor *ret_out);

/* Variance with divisor n - correction. */
SCT_API sct_status sct_var(sct_tensor self, const int64_t *dims, int64_t count, double correction,
                           bool keepdim, sct_tensor *ret_out);

/* (sum |x|^p)^(1/p). */
SCT_API sct_status sct_norm(sct_tensor self, double p, const int64_t *dims, int64_t count,
                            bool keepdim, sct_tensor *ret_out);

/* log sum exp, without overflow. */
SCT_API sct_status sct_logsumexp(sct_tensor self, const int64_t *dims, int64_t count, bool keepdim,
                                 sct_tensor *ret_out);

/* bool: whether all elements are not zero. */
SCT_API sct_status sct_all(sct_tensor self, sct_tensor *ret_out);

/* bool: whether any element is not zero. */
SCT_API sct_status sct_any(sct_tensor self, sct_tensor *ret_out);

/* int64 positions of the maxima of `dim`. */
SCT_API sct_status sct_argmax(sct_tensor self, int64_t dim, bool keepdim, sct_tensor *ret_out);

/* int64 positions of the minima of `dim`. */
SCT_API sct_status sct_argmin(sct_tensor self, int64_t dim, bool keepdim, sct_tensor *ret_out);

/* Softmax over `dim`. */
SCT_API sct_status sct_softmax(sct_tensor self, int64_t dim, sct_tensor *ret_out);

/* Logarithm of the softmax over `dim`. */
SCT_API sct_status sct_log_softmax(sct_tensor self, int64_t dim, sct_tensor *ret_out);

/* Running sum along `dim`. */
SCT_API sct_status sct_cumsum(sct_tensor self, int64_t dim, sct_tensor *ret_out);

/* The k largest (or smallest) of `dim` and their int64 positions. */
SCT_API sct_status sct_topk(sct_tensor self, int64_t k, int64_t dim, bool largest, bool sorted,
                            sct_tensor *ret_values, sct_tensor *ret_indices);

/* `dim` in order, equal elements as they came, and the int64 positions they came from. */
SCT_API sct_status sct_sort(sct_tensor self, int64_t dim, bool descending, sct_tensor *ret_values,
                            sct_tensor *ret_indices);

#ifdef __cplusplus
}
#endif

#endif
