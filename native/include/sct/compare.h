/* Comparisons and logic: bool tensors, broadcast as in PyTorch. */
#ifndef SCT_COMPARE_H
#define SCT_COMPARE_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* self == other. */
SCT_API sct_status sct_eq(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* self == other. */
SCT_API sct_status sct_eq_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self != other. */
SCT_API sct_status sct_ne(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* self != other. */
SCT_API sct_status sct_ne_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self < other. */
SCT_API sct_status sct_lt(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* self < other. */
SCT_API sct_status sct_lt_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self <= other. */
SCT_API sct_status sct_le(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* self <= other. */
SCT_API sct_status sct_le_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self > other. */
SCT_API sct_status sct_gt(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* self > other. */
SCT_API sct_status sct_gt_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self >= other. */
SCT_API sct_status sct_ge(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* self >= other. */
SCT_API sct_status sct_ge_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* True where zero. */
SCT_API sct_status sct_logical_not(sct_tensor self, sct_tensor *ret_out);

/* True where both are not zero. */
SCT_API sct_status sct_logical_and(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* True where either is not zero. */
SCT_API sct_status sct_logical_or(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* True where neither infinite nor NaN. */
SCT_API sct_status sct_isfinite(sct_tensor self, sct_tensor *ret_out);

/* True where NaN. */
SCT_API sct_status sct_isnan(sct_tensor self, sct_tensor *ret_out);

/* Whether both have the same shape and elements; a NaN equals nothing. */
SCT_API sct_status sct_equal(sct_tensor self, sct_tensor other, bool *ret_equal);

/* Whether |self - other| <= atol + rtol x |other| everywhere. */
SCT_API sct_status sct_allclose(sct_tensor self, sct_tensor other, double rtol, double atol,
                                bool *ret_close);

#ifdef __cplusplus
}
#endif

#endif
