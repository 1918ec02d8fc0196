/* Optimizer steps on whole lists of parameters, all groups of them in one call. Each works on the
 * .grad of the parameters, outside any graph, skips those without one, and clears the autocast
 * cache. State tensors have the shape, dtype and device of their parameter. A parameter that is in
 * the list more than once moves in turn, as in as many calls. Nothing here waits for a device,
 * sct_grad_norm apart.
 *
 * `lr`, the learning rate, is a float32 or float64 tensor without dimensions; one with dimensions
 * is SCT_SHAPE, another dtype SCT_INVALID_ARGUMENT. It lies
 *  - on the CPU, wherever the parameters are: its value, which must be finite, is read once, during
 *    the call. A CUDA graph that captures the step repeats it with the value of then.
 *  - or on the device of all parameters, SCT_DEVICE otherwise: nothing reads it on the host, so it
 *    is not checked, and a captured step takes what it holds at each replay. Where it multiplies a
 *    parameter's update, it is rounded to the dtype of the parameter.
 *
 * SGD and LARS of float32 parameters on the CPU are kernels of their own, as long as parameter,
 * gradient and state lie in memory in the same order: one pass over memory for SGD, two for LARS,
 * the second of them mostly in the caches, and the same bits with any number of threads and any
 * division of the list into calls. Anything else goes through libtorch's operations on lists. */
#ifndef SCT_OPTIM_H
#define SCT_OPTIM_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Parameters that follow each other in a list and are treated alike. The groups of a list are in
 * its order, and their counts, of which any may be 0, add up to that of the list. */
typedef struct sct_optim_group {
  int64_t count;
  double weight_decay;
  /* LARS only: whether the trust ratio scales the learning rate. */
  bool adapt;
} sct_optim_group;

/* SGD as torch.optim.SGD with dampening 0:
 *   g <- g + weight_decay w;  b <- momentum b + g;  w <- w - lr (nesterov ? g + momentum b : b)
 * `momentum_buffers`, zero at first, may be NULL when momentum is 0. */
SCT_API sct_status sct_sgd_step(const sct_tensor *params, const sct_tensor *momentum_buffers,
                                int64_t count, const sct_optim_group *groups, int64_t group_count,
                                sct_tensor lr, double momentum, bool nesterov);

/* LARS as in the SimCLR reference (You et al. 2017, arXiv 1708.03888; classic momentum):
 *   g <- g + weight_decay w;  r <- eeta |w| / |g| if adapt, |w| > 0 and |g| > 0, else 1
 *   v <- momentum v + lr r g; w <- w - (nesterov ? momentum v + lr r g : v)
 * with L2 norms of whole tensors. `velocity` is zero at first. Excluded parameters (norm scale and
 * shift, biases) are in a group with adapt = false and weight_decay = 0. */
SCT_API sct_status sct_lars_step(const sct_tensor *params, const sct_tensor *velocity,
                                 int64_t count, const sct_optim_group *groups, int64_t group_count,
                                 sct_tensor lr, double momentum, double eeta, bool nesterov);

/* AdamW as torch.optim.AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101); `step` counts from 1:
 *   w <- w (1 - lr weight_decay);  m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2
 *   w <- w - lr/(1 - beta1^step) m / (sqrt(v / (1 - beta2^step)) + eps)
 * The moments are zero at first. `step` is a number of the host: a CUDA graph repeats the step that
 * it captured, with a new `lr` but the old corrections. */
SCT_API sct_status sct_adamw_step(const sct_tensor *params, const sct_tensor *first_moments,
                                  const sct_tensor *second_moments, int64_t count,
                                  const sct_optim_group *groups, int64_t group_count, int64_t step,
                                  sct_tensor lr, double beta1, double beta2, double eps);

/* Removes the gradients. */
SCT_API sct_status sct_zero_grad(const sct_tensor *params, int64_t count);

/* L2 norm over all gradients together; 0 without any. Waits for the device. */
SCT_API sct_status sct_grad_norm(const sct_tensor *params, int64_t count, double *ret_norm);

/* Moving averages: average <- decay average + (1 - decay) param. */
SCT_API sct_status sct_ema_update(const sct_tensor *averages, const sct_tensor *params,
                                  int64_t count, double decay);

#ifdef __cplusplus
}
#endif

#endif
