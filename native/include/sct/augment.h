/* Views of images: crop, resize and flip, then a list of operations, in one pass on the calling
 * thread. Nothing is drawn here; all parameters are given, so that every device is given the same.
 *
 * A view is square, has three channels (red, green, blue), and its values are in [0, 1] until it is
 * normalised. The functions are pure, allocate no tensor and call nothing of libtorch, so loader
 * threads may call them. The working memory of a thread is kept until the thread ends.
 */
#ifndef SCT_AUGMENT_H
#define SCT_AUGMENT_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the crop is resized. */
enum {
  /* Triangle filter, stretched when the image shrinks: PyTorch's interpolate(antialias=True). */
  SCT_RESIZE_BILINEAR = 0,
  /* Keys' cubic filter, a = -0.5, stretched likewise. Nothing clamps its overshoot. */
  SCT_RESIZE_BICUBIC = 1,
  /* TensorFlow's ResizeBicubic with half_pixel_centers: a = -0.5 from a table of 1024 steps, never
   * stretched. Nothing clamps its overshoot. */
  SCT_RESIZE_BICUBIC_TENSORFLOW = 2
};

/* What is done to a view; `value` and `integers` are those of sct_augment_op, gray is
 * 0.2989 r + 0.587 g + 0.114 b, clamped means to [0, 1]. */
enum {
  /* x value, clamped. */
  SCT_AUGMENT_BRIGHTNESS = 0,
  /* x value + m (1 - value), clamped; m is the mean gray of the view at that moment. */
  SCT_AUGMENT_CONTRAST = 1,
  /* x value + gray (1 - value), clamped. */
  SCT_AUGMENT_SATURATION = 2,
  /* The hue in HSV shifted by `value` turns, -0.5 to 0.5. The largest channel keeps its value up
   * to rounding, the others are clamped. */
  SCT_AUGMENT_HUE = 3,
  /* All channels become gray. */
  SCT_AUGMENT_GRAY = 4,
  /* Gaussian blur of standard deviation `value` pixels with 2 int((size // 10) / 2) + 1 taps, in
   * two passes, borders reflected without repeating the edge. Nothing where that is one tap. */
  SCT_AUGMENT_BLUR = 5,
  /* 1 - x where x >= value. */
  SCT_AUGMENT_SOLARIZE = 6,
  /* torchvision's equalize of floats: each channel, as bytes floor(255.999 x), is mapped through
   * its own cumulative histogram. */
  SCT_AUGMENT_EQUALIZE = 7,
  /* 0 in the box of integers = top, left, height, width, which lies within the view. */
  SCT_AUGMENT_CUTOUT = 8,
  /* Rotation by integers[0] quarter turns counterclockwise, 0 to 3. */
  SCT_AUGMENT_ROTATION = 9,
  /* Magnitude of the Sobel gradient of gray, sqrt(gx^2 + gy^2) / 4, clamped, in all channels;
   * borders replicated. gx is [1 2 1]^T [-1 0 1] correlated with gray, gy its transpose. */
  SCT_AUGMENT_SOBEL = 10,
  /* x + value n, clamped, with standard normal n. With the Philox4x32-10 words w0 to w3 of the key
   * integers[0], integers[1] and the counter (pixel in row-major order, 0, 0, 0),
   * u(w) = (w >> 8) 2^-24 and r(w) = sqrt(-2 ln(u(w) + 2^-24)):
   * red r(w0) cos(2 pi u(w1)), green r(w0) sin(2 pi u(w1)), blue r(w2) cos(2 pi u(w3)). */
  SCT_AUGMENT_NOISE = 11,
  /* x value + m (1 - value), clamped; m is the mean of the channel at that moment (TensorFlow). */
  SCT_AUGMENT_CONTRAST_CHANNELS = 12,
  /* The saturation in HSV times `value`, clamped (TensorFlow). */
  SCT_AUGMENT_SATURATION_HSV = 13,
  /* x, clamped. */
  SCT_AUGMENT_CLAMP = 14,
  /* As SCT_AUGMENT_BLUR, with zeros beyond the border (TensorFlow's SAME padding). */
  SCT_AUGMENT_BLUR_ZERO = 15,
  /* The box of integers = top, left, height, width, which lies within the view, resized to the size
   * of the view with the format's interpolation: row y, column x of a channel become the sum over
   * the box of r(y, i) c(x, j) x(top + i, left + j), with the weights r and c of a resize from
   * height and from width to size. No filter is stretched, since a box is never larger than the
   * view, and nothing clamps a cubic one's overshoot. */
  SCT_AUGMENT_CROP = 16
};

/* Most operations of a view. */
enum { SCT_AUGMENT_MAX_OPS = 16 };

typedef struct sct_augment_op {
  int32_t kind;
  float value;
  int32_t integers[4];
} sct_augment_op;

typedef struct sct_augment_view {
  /* uint8 [image_height, image_width, 3], row-major: host memory, or device memory for
   * sct_augment_cuda. */
  const uint8_t *image;
  int32_t image_height;
  int32_t image_width;
  /* The box that is cropped, within the image. */
  int32_t top;
  int32_t left;
  int32_t height;
  int32_t width;
  /* Size to which the box is resized, and the first row and column of the view in that; the view
   * lies within. size, size, 0, 0 for a random crop. */
  int64_t full_height;
  int64_t full_width;
  int64_t window_top;
  int64_t window_left;
  /* Where the view goes, as a row of the output. */
  int64_t row;
  /* 1 to exchange left and right after resizing, before the operations. */
  int32_t flip;
  int32_t op_count;
  sct_augment_op ops[SCT_AUGMENT_MAX_OPS];
} sct_augment_view;

/* Instruction sets of the CPU kernel. */
enum {
  /* The best one of this machine, or that which SIMCLR_ISA=scalar|avx2|avx512 names. */
  SCT_ISA_AUTO = 0,
  SCT_ISA_SCALAR = 1,
  SCT_ISA_AVX2 = 2,
  SCT_ISA_AVX512 = 3
};

/* What all views of a batch have in common. */
typedef struct sct_augment_format {
  /* Rows and columns, 1 to 4096. */
  int32_t size;
  /* SCT_FLOAT32 or SCT_BFLOAT16; rounded to nearest even. */
  int32_t dtype;
  /* 1: the channels of a pixel side by side (NHWC); 0: channel by channel (NCHW). */
  int32_t channels_last;
  /* SCT_RESIZE_... */
  int32_t interpolation;
  /* 1: the last operation is (x - mean) / std per channel. */
  int32_t normalize;
  float mean[3];
  float std[3];
  /* SCT_ISA_...; ignored by sct_augment_cuda. */
  int32_t isa;
} sct_augment_format;

/* Computes `count` views into `out`, which has room for `out_rows` views. Checks all views first
 * (SCT_INVALID_ARGUMENT names the view and the value) and writes nothing then. Bytes of `out` that
 * belong to other rows are not touched. SCT_UNSUPPORTED if the machine lacks the instruction set
 * that is asked for. */
SCT_API sct_status sct_augment(const sct_augment_format *format, const sct_augment_view *views,
                               int64_t count, void *out, int64_t out_rows);

/* The same on the GPU: images are device memory, `out` is a CUDA tensor of the format's dtype with
 * out_rows x 3 x size x size elements in the format's layout. Runs on the current stream of its
 * device; `views` may be reused when the call returns. */
SCT_API sct_status sct_augment_cuda(const sct_augment_format *format, const sct_augment_view *views,
                                    int64_t count, sct_tensor out);

/* The instruction set that SCT_ISA_AUTO stands for. An unknown SIMCLR_ISA, or one that the machine
 * lacks, is SCT_UNSUPPORTED and the text says so. */
SCT_API sct_status sct_augment_isa(int32_t *ret_isa);

#ifdef __cplusplus
}
#endif

#endif
