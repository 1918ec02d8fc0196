/* Gradients. */
#ifndef SCT_AUTOGRAD_H
#define SCT_AUTOGRAD_H

#include "region.h"
#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a leaf of floating dtype collect gradients, or not. */
SCT_API sct_status sct_set_requires_grad(sct_tensor self, bool requires_grad);

/* Adds the gradients of `self` to the .grad of every leaf behind it. `gradient`, of the shape of
 * `self`, may be NULL for a tensor of one element. */
SCT_API sct_status sct_backward(sct_tensor self, sct_tensor gradient, bool retain_graph);

/* The collected gradient; NULL in `ret_out`, with SCT_OK, if there is none. */
SCT_API sct_status sct_grad(sct_tensor self, sct_tensor *ret_out);

/* Sets the gradient, which has the shape, dtype and device of `self`; NULL removes it. */
SCT_API sct_status sct_set_grad(sct_tensor self, sct_tensor grad);

/* Gradients of sum_i <grad_outputs[i], outputs[i]> with respect to `inputs`, without touching any
 * .grad. `grad_outputs` may be NULL, and any of its entries too (ones; scalar outputs only).
 * `ret_grads` has room for input_count handles; an input that the outputs do not depend on gives
 * NULL with `allow_unused`, else an error. */
SCT_API sct_status sct_autograd_grad(const sct_tensor *outputs, int64_t output_count,
                                     const sct_tensor *inputs, int64_t input_count,
                                     const sct_tensor *grad_outputs, bool retain_graph,
                                     bool create_graph, bool allow_unused, sct_tensor *ret_grads);

/* The same storage, outside the graph. */
SCT_API sct_status sct_detach(sct_tensor self, sct_tensor *ret_out);

/* Enters a region with gradient recording on or off. */
SCT_API sct_status sct_grad_mode_enter(bool enabled, sct_region *ret_region);

/* Enters inference mode: no recording and no version counters; tensors made inside cannot take
 * part in recording later. */
SCT_API sct_status sct_inference_mode_enter(sct_region *ret_region);

/* Whether operators of this thread record gradients now. */
SCT_API sct_status sct_grad_enabled(bool *ret_enabled);

#ifdef __cplusplus
}
#endif

#endif
