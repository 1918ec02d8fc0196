/* The supervised contrastive loss (Khosla et al. 2020, arXiv 2004.11362, equation 2). */
#ifndef SCT_SUP_CON_H
#define SCT_SUP_CON_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* L_out of `z`, [M, D] with M >= 2, floating, and `labels`, int64 [M] on the same device. Rows with
 * the same label are each other's positives: with images as labels, any number of views of each.
 * With u = v / max(||v||, 1e-12) for each row v, s_ij = <u_i, u_j> / temperature, P(i) the
 * positives of row i and A the rows that have any,
 *   loss = 1/|A| sum_{i in A} ( log sum_{j != i} exp(s_ij) - 1/|P(i)| sum_{p in P(i)} s_ip ).
 * Rows without a positive are no anchors, but candidates of the others. Without the factor
 * temperature / base temperature of the authors' code; two views of N images give sct_nt_xent. NaN
 * if there is no anchor. Precision, memory and gradients are those of sct_nt_xent.
 *
 * `ret_loss`, 0-dim float32 (float64 for float64).
 * `ret_skipped`, 0-dim int64: the rows that are no anchors.
 *
 * SCT_SHAPE if shapes differ from these; SCT_INVALID_ARGUMENT unless temperature is finite and > 0
 * and the dtypes are as above. */
SCT_API sct_status sct_sup_con(sct_tensor z, sct_tensor labels, double temperature,
                               sct_tensor *ret_loss, sct_tensor *ret_skipped);

/* The same of `z` [VN, D], whose rows are V = `views` >= 2 views of N images, those of view 1
 * first, with the measures of sct_nt_xent, of views 1 and 2, from the same pass: `ret_accuracy`,
 * 0-dim, no graph: share of the N view-1 rows whose other view is strictly more similar than each
 * of the other N - 1 rows of view 2, whatever the labels. `ret_entropy`, 0-dim, no graph: mean
 * entropy, in nats, of the softmax of those N similarities over `temperature`. SCT_SHAPE unless `z`
 * is [VN, D]; SCT_INVALID_ARGUMENT unless V >= 2. */
SCT_API sct_status sct_sup_con_views(sct_tensor z, sct_tensor labels, int64_t views,
                                     double temperature, sct_tensor *ret_loss,
                                     sct_tensor *ret_skipped, sct_tensor *ret_accuracy,
                                     sct_tensor *ret_entropy);

#ifdef __cplusplus
}
#endif

#endif
