/* Relatives of NT-Xent (nt_xent.h), with operations of libtorch over a few anchors at a time.
 *
 * Throughout, `z` is [2N, D] with N >= 2 if nothing else is said, floating: rows 0 to N - 1 are
 * view 1, rows N to 2N - 1 view 2 of the same N images. With u = v / max(||v||, 1e-12) for each row
 * v, s_ij = <u_i, u_j> / temperature, and pos(i) the other view of the image of row i. Any device;
 * computed in float32 whatever the dtype of `z` and autocast say, in float64 for float64, norms in
 * float64. Losses are 0-dim, of that type, means over all 2N anchors, and can be differentiated
 * once; the gradient is computed together with the loss. `ret_accuracy` and `ret_entropy` are those
 * of sct_nt_xent, from the similarities of the loss. Memory is O(N D) and a fixed number of
 * similarities. A number in `z` that is not finite makes the loss NaN.
 *
 * SCT_SHAPE if `z` is not [2N, D]; SCT_INVALID_ARGUMENT unless temperature is finite and > 0 and
 * other numbers are as said. */
#ifndef SCT_CONTRASTIVE_H
#define SCT_CONTRASTIVE_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The decoupled contrastive loss with weights (DCLW; Yeh et al. 2022, arXiv 2110.06848, equations 6
 * and 7):
 *   1/(2N) sum_i ( log sum_{j != i, pos(i)} exp(s_ij) - w_i s_i,pos(i) ),
 *   w_i = 2 - N exp(<u_i, u_pos(i)> / sigma) / sum_k exp(<u_k, u_pos(k)> / sigma),
 * k over the N images. No gradient flows through w. `sigma` is finite and > 0. */
SCT_API sct_status sct_dclw(sct_tensor z, double temperature, double sigma, sct_tensor *ret_loss,
                            sct_tensor *ret_accuracy, sct_tensor *ret_entropy);

/* The decoupled hyperspherical energy loss (DHEL; Koromilas et al. 2024, arXiv 2405.18045), whose
 * negatives are of the anchor's own view:
 *   1/(2N) sum_i ( log sum_{j != i, j of the view of i} exp(s_ij) - s_i,pos(i) ).
 * The authors' code computes the anchors of one view, or twice this with half the weight of
 * s_i,pos(i). */
SCT_API sct_status sct_dhel(sct_tensor z, double temperature, sct_tensor *ret_loss);

/* Contrastive learning with hard negatives (HCL; Robinson et al. 2021, arXiv 2010.04592, equations
 * 3 and 4 and their algorithm). With K = 2N - 2 negatives n of anchor i,
 *   1/(2N) sum_i -log( exp(s_i,pos(i)) / (exp(s_i,pos(i)) + G_i) ),
 *   G_i = max( (R_i - tau_plus K exp(s_i,pos(i))) / (1 - tau_plus), K exp(-1/temperature) ),
 *   R_i = K sum_n exp((1 + beta) s_in) / sum_n exp(beta s_in).
 * beta >= 0 is how much similar negatives count, tau_plus, in [0, 1), the share of them that are
 * of the anchor's class. beta = 0 is the debiased loss (Chuang et al. 2020, arXiv 2007.00224), and
 * tau_plus = 0 besides, NT-Xent. */
SCT_API sct_status sct_hcl(sct_tensor z, double temperature, double tau_plus, double beta,
                           sct_tensor *ret_loss, sct_tensor *ret_accuracy, sct_tensor *ret_entropy);

/* NT-Xent of anchors among any candidates; see sct_nt_xent_queue for those of a queue. With
 * `anchors` [A, D] and `candidates` [C, D] of one type, A and C >= 1, s_ij = <u_i, w_j> /
 * temperature for rows u of anchors and w of candidates, both brought to length 1, `positives` [A]
 * and `excluded` [A], int64 and on the device of both, 1/A sum_i ( log sum_{j != excluded(i)}
 * exp(s_ij) - s_i,positives(i) ). positives(i) is the candidate that is the anchor's positive;
 * excluded(i) is the one that is the anchor itself, or -1. Gradients flow to anchors and
 * candidates. Indices are checked, for which the host waits for a GPU: SCT_INVALID_ARGUMENT unless
 * they exist and differ. */
SCT_API sct_status sct_nt_xent_candidates(sct_tensor anchors, sct_tensor candidates,
                                          sct_tensor positives, sct_tensor excluded,
                                          double temperature, sct_tensor *ret_loss);

/* NT-Xent without its L2 norm (Chen et al. 2020, arXiv 2002.05709, table 5): the loss and the two
 * measures of sct_nt_xent with s_ij = <v_i, v_j> / temperature for the rows v of `z` as they are,
 * N >= 1.
 */
SCT_API sct_status sct_nt_xent_no_l2_norm(sct_tensor z, double temperature, sct_tensor *ret_loss,
                                          sct_tensor *ret_accuracy, sct_tensor *ret_entropy);

/* What sct_nt_xent measures beside its loss, without it and without a graph; N >= 1.
 *
 * `ret_accuracy`: share of the N view-1 anchors whose positive is strictly more similar than each
 * of the other N - 1 rows of view 2.
 * `ret_entropy`: mean entropy, in nats, of the softmax of those N similarities over
 * `temperature`. */
SCT_API sct_status sct_contrastive_measures(sct_tensor z, double temperature,
                                            sct_tensor *ret_accuracy, sct_tensor *ret_entropy);

#ifdef __cplusplus
}
#endif

#endif
