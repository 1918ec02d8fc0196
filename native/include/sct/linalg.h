/* Products of matrices. */
#ifndef SCT_LINALG_H
#define SCT_LINALG_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Matrix product with broadcasting of leading dimensions, as torch.matmul. */
SCT_API sct_status sct_matmul(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* [n, m] x [m, p] -> [n, p]. */
SCT_API sct_status sct_mm(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* [b, n, m] x [b, m, p] -> [b, n, p]. */
SCT_API sct_status sct_bmm(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* [n, m] x [m] -> [n]. */
SCT_API sct_status sct_mv(sct_tensor self, sct_tensor vector, sct_tensor *ret_out);

/* [n] x [n] -> 0-dim. */
SCT_API sct_status sct_dot(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* beta self + alpha (mat1 x mat2), `self` broadcast to [n, p]. */
SCT_API sct_status sct_addmm(sct_tensor self, sct_tensor mat1, sct_tensor mat2, double beta,
                             double alpha, sct_tensor *ret_out);

#ifdef __cplusplus
}
#endif

#endif
