/* The loss of SimCLR (Chen et al. 2020, arXiv 2002.05709, equation 1). */
#ifndef SCT_NT_XENT_H
#define SCT_NT_XENT_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* NT-Xent of `z`, [2N, D] with N >= 1, floating: rows 0 to N - 1 are view 1, rows N to 2N - 1 view
 * 2 of the same N images. With u = v / max(||v||, 1e-12) for each row v and s_ij = <u_i, u_j> /
 * temperature,
 *   loss = 1/(2N) sum_i ( log sum_{j != i} exp(s_ij) - s_i,pos(i) ).
 * Computed in float32 whatever the dtype of `z` and autocast say (in float64 for float64), norms in
 * float64. Records a graph for the loss; twice differentiable it is not. Rows shorter than 1e-12
 * have similarities near 0, and a gradient that is 1e12 times that of u. A number in `z` that is
 * not finite makes the loss NaN.
 *
 * Memory is O(N D): no matrix of similarities is ever held. Unless in float64, on the CPU by
 * kernels with the instruction set of sct_augment_isa, and on a GPU, where sct_cuda_is_loaded,
 *   - by kernels with tensor cores, from compute capability 8.0 on, for D of 64, 128 and 256, if
 *     TF32 is allowed (sct_set_allow_tf32) or `z` is bfloat16, whose products are exact and whose
 *     factors in the gradient have 16 bits;
 *   - else by products of cuBLAS and kernels for all else of a chunk of anchors;
 * otherwise by libtorch's own operations, a few anchors at a time, in an order that does not depend
 * on values. On the CPU the same bits on every run with the same number of threads. Nothing waits
 * for a GPU.
 *
 * `ret_loss`, 0-dim float32 (float64 for float64).
 * `ret_accuracy`, 0-dim, no graph: share of the N view-1 anchors whose positive is strictly more
 * similar than each of the other N - 1 rows of view 2.
 * `ret_entropy`, 0-dim, no graph: mean entropy, in nats, of the softmax of those N similarities
 * over `temperature`.
 *
 * SCT_SHAPE if `z` is not [2N, D]; SCT_INVALID_ARGUMENT unless temperature is finite and > 0. */
SCT_API sct_status sct_nt_xent(sct_tensor z, double temperature, sct_tensor *ret_loss,
                               sct_tensor *ret_accuracy, sct_tensor *ret_entropy);

/* The objective of the SimCLR reference (google-research/simclr, tf2/objective.py): the sum of the
 * means of both directions, which is twice sct_nt_xent, of rows that are normalised as by
 * tf.math.l2_normalize, v rsqrt(max(||v||^2, 1e-12)), so that u = v / max(||v||, 1e-6). Rows
 * shorter than that have a gradient that is 1e6 times that of u. All else as sct_nt_xent. */
SCT_API sct_status sct_nt_xent_sum(sct_tensor z, double temperature, sct_tensor *ret_loss,
                                   sct_tensor *ret_accuracy, sct_tensor *ret_entropy);

/* NT-Xent with further candidates for all anchors, the rows of `queue` [Q, D], of images that are
 * not in the batch (MoCo, He et al. 2020, arXiv 1911.05722, equation 1; the memory of SimCLRv2,
 * arXiv 2006.10029): with w = v / max(||v||, 1e-12) for each row v of `queue`,
 *   loss = 1/(2N) sum_i ( log( sum_{j != i} exp(s_ij) + sum_k exp(<u_i, w_k> / temperature) )
 *                         - s_i,pos(i) ).
 * No gradient flows into the queue, and accuracy and entropy are those of the batch without it.
 * Memory is O((N + Q) D). On a GPU with libtorch's own operations; all else as sct_nt_xent. Without
 * rows, Q = 0, it is that.
 *
 * SCT_SHAPE unless `queue` is [Q, D]; SCT_INVALID_ARGUMENT and SCT_DEVICE unless its dtype and
 * device are those of `z`. */
SCT_API sct_status sct_nt_xent_queue(sct_tensor z, sct_tensor queue, double temperature,
                                     sct_tensor *ret_loss, sct_tensor *ret_accuracy,
                                     sct_tensor *ret_entropy);

/* The decoupled contrastive loss (Yeh et al. 2022, arXiv 2110.06848, equation 6, with weights of
 * 1): NT-Xent without the positive in the sum, loss = 1/(2N) sum_i ( log sum_{j != i, pos(i)}
 * exp(s_ij) - s_i,pos(i) ), so that 2N - 2 negatives are left, and N must be at least 2. All else
 * as sct_nt_xent. */
SCT_API sct_status sct_dcl(sct_tensor z, double temperature, sct_tensor *ret_loss,
                           sct_tensor *ret_accuracy, sct_tensor *ret_entropy);

#ifdef __cplusplus
}
#endif

#endif
