/* Layers and losses. Images are [N, C, H, W], in contiguous or channels-last memory. */
#ifndef SCT_NN_H
#define SCT_NN_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a loss of N samples becomes one number. */
enum { SCT_REDUCTION_NONE = 0, SCT_REDUCTION_MEAN = 1, SCT_REDUCTION_SUM = 2 };

/* How sct_interpolate weighs. */
enum { SCT_INTERPOLATE_NEAREST = 0, SCT_INTERPOLATE_BILINEAR = 1, SCT_INTERPOLATE_BICUBIC = 2 };

/* input [*, in] x weight [out, in]^T + bias [out] (or NULL) -> [*, out]. */
SCT_API sct_status sct_linear(sct_tensor input, sct_tensor weight, sct_tensor bias,
                              sct_tensor *ret_out);

/* Cross-correlation of input [N, C, H, W] with weight [O, C / groups, KH, KW] and bias [O] or NULL.
 * `stride`, `padding` and `dilation` hold two numbers, height first.
 *
 * On the CPU, a 3 x 3 weight with padding and dilation 1, one group and no bias, and float32 or
 * bfloat16 inputs in channels-last memory go through kernels of their own where these win. Channels
 * are multiples of 16:
 *   - with AVX-512, an output width that is a multiple of 8, and stride 1 with 16 or 32 channels on
 *     both sides or stride 2 with 16 to 64: forward and for the gradient of the input;
 *   - with AVX-512's BF16, bfloat16, stride 1 or 2, 16 to 64 input and 16 to 128 output channels
 * and an even output width of 4 or more: for the gradient of the weight. They give the same bits
 * with any number of threads. Under autocast to bfloat16 that gradient, of a float32 weight, is not
 * rounded to bfloat16. The padding is multiplied too: infinite weights give NaN at the border.
 * SIMCLR_ISA below avx512 and SIMCLR_LAYERS=libtorch switch them off. Anything else is libtorch's,
 * of which NNPACK is switched off. */
SCT_API sct_status sct_conv2d(sct_tensor input, sct_tensor weight, sct_tensor bias,
                              const int64_t *stride, const int64_t *padding,
                              const int64_t *dilation, int64_t groups, sct_tensor *ret_out);

/* Layer normalisation over the last `dim` dimensions, of sizes `normalized_shape`; weight and bias
 * of that shape may be NULL. */
SCT_API sct_status sct_layer_norm(sct_tensor input, const int64_t *normalized_shape, int64_t dim,
                                  sct_tensor weight, sct_tensor bias, double eps,
                                  sct_tensor *ret_out);

/* Maximum pooling; each array holds two numbers, height first. */
SCT_API sct_status sct_max_pool2d(sct_tensor input, const int64_t *kernel, const int64_t *stride,
                                  const int64_t *padding, const int64_t *dilation, bool ceil_mode,
                                  sct_tensor *ret_out);

/* Average pooling; each array holds two numbers, height first. */
SCT_API sct_status sct_avg_pool2d(sct_tensor input, const int64_t *kernel, const int64_t *stride,
                                  const int64_t *padding, bool ceil_mode, bool count_include_pad,
                                  sct_tensor *ret_out);

/* Average pooling to [N, C, height, width]. */
SCT_API sct_status sct_adaptive_avg_pool2d(sct_tensor input, int64_t height, int64_t width,
                                           sct_tensor *ret_out);

/* Softmax cross-entropy of logits [N, C] with targets: int64 classes [N], or probabilities
 * [N, C]. `weight` [C] may be NULL. `label_smoothing` is in [0, 1]. Targets equal to
 * `ignore_index` (-100 by custom) do not count. A class outside [0, C) is
 * SCT_INVALID_ARGUMENT or SCT_INTERNAL on the CPU. */
SCT_API sct_status sct_cross_entropy(sct_tensor logits, sct_tensor target, sct_tensor weight,
                                     int32_t reduction, int64_t ignore_index,
                                     double label_smoothing, sct_tensor *ret_out);

/* Negative log-likelihood of log-probabilities [N, C] at int64 classes [N]. */
SCT_API sct_status sct_nll_loss(sct_tensor log_probs, sct_tensor target, sct_tensor weight,
                                int32_t reduction, int64_t ignore_index, sct_tensor *ret_out);

/* Mean, sum or elements of (self - target)^2. */
SCT_API sct_status sct_mse_loss(sct_tensor self, sct_tensor target, int32_t reduction,
                                sct_tensor *ret_out);

/* self / max(||self||_p over `dim`, eps). */
SCT_API sct_status sct_normalize(sct_tensor self, double p, int64_t dim, double eps,
                                 sct_tensor *ret_out);

/* Resizes [N, C, H, W] to [N, C, height, width] with half-pixel centres. `antialias` widens the
 * filter when shrinking, as Pillow does; it has no meaning for SCT_INTERPOLATE_NEAREST and is
 * refused there. */
SCT_API sct_status sct_interpolate(sct_tensor input, int64_t height, int64_t width, int32_t mode,
                                   bool antialias, sct_tensor *ret_out);

/* Pads with `value`; `padding` holds `count` numbers, two a dimension, last dimension first. */
SCT_API sct_status sct_pad(sct_tensor self, const int64_t *padding, int64_t count, double value,
                           sct_tensor *ret_out);

#ifdef __cplusplus
}
#endif

#endif
