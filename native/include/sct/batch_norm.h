/* Batch normalisation over all dimensions but 1 (Ioffe and Szegedy 2015, arXiv 1502.03167):
 *   batch_norm(x) = (x - mean) / sqrt(var + eps) weight + bias
 * with mean and biased variance of each channel.
 *
 * weight and bias [C] may be NULL. With `training`, the statistics of the batch normalise, and
 * running_mean and running_var [C], where given, move: running <- (1 - momentum) running + momentum
 * batch (unbiased variance); without, they are required and normalise. With `training` a channel
 * must have more than one value, as in PyTorch: SCT_SHAPE.
 *
 * With an input that is [N, C] or channels-last [N, C, H, W], of float32 or bfloat16 on the CPU and
 * of float32, bfloat16 or float16 on a GPU where sct_cuda_is_loaded, and everything else in
 * float32, passes are in float32 and what they come to is added in double precision, the result is
 * rounded once, and the whole is a few kernels of our own, differentiable once. On the CPU with the
 * instruction set that sct_augment_isa tells, and the same bits with any number of threads; on a
 * GPU the same bits on every run, and nothing waits for it. Evaluation that needs gradients, and
 * other inputs, go through libtorch's operations, and with SIMCLR_LAYERS=libtorch everything. */
#ifndef SCT_BATCH_NORM_H
#define SCT_BATCH_NORM_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* batch_norm(input), like `input`. */
SCT_API sct_status sct_batch_norm(sct_tensor input, sct_tensor weight, sct_tensor bias,
                                  sct_tensor running_mean, sct_tensor running_var, bool training,
                                  double momentum, double eps, sct_tensor *ret_out);

/* max(0, batch_norm(input) + shortcut), like `input`. `shortcut`, of the same shape, may be NULL
 * for none; SCT_SHAPE for another one. */
SCT_API sct_status sct_batch_norm_relu(sct_tensor input, sct_tensor shortcut, sct_tensor weight,
                                       sct_tensor bias, sct_tensor running_mean,
                                       sct_tensor running_var, bool training, double momentum,
                                       double eps, sct_tensor *ret_out);

#ifdef __cplusplus
}
#endif

#endif
