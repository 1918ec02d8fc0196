// The parts of the CPU kernel of sct_augment, and what its instruction sets provide.
//
// Included by files compiled for an instruction set, so it holds plain types only.
#pragma once

#include <stdint.h>

#include "sct/augment.h"

namespace sct::augment {

// Floats that may be read or written past the end of a plane or row: kernels work on whole vectors
// and let the last one overhang.
constexpr int64_t kPad = 128;

// Rows and columns of the largest view, and the largest radius of its blur.
constexpr int32_t kLargestSize = 4096;
constexpr int32_t kLargestRadius = 204;

// Red, green and blue of a view, each size * size floats in row-major order and kPad more.
struct Planes {
  float* channel[3];
};

// Which input pixels make up each output pixel of one direction of a resize, and how much.
struct ResizeTable {
  int32_t outputs;
  // Most inputs of an output.
  int32_t taps;
  // First input of each output, counted from the start of the box, and their number.
  int32_t* start;
  int32_t* count;
  // [outputs, stride]: weights of output i at i * stride.
  int32_t stride;
  float* weights;
};

// The same for columns, as vectors want it: for blocks of outputs, tap by tap.
struct ColumnTable {
  int32_t taps;
  // Inputs used by any output: [first, end).
  int32_t first;
  int32_t end;
  int32_t blocks;
  // First input of each block, counted from `first`, and the number of inputs it spans.
  int32_t* base;
  int32_t* span;
  // [blocks, taps, width]: inputs relative to the block's base, and their weights; 0 where there is
  // none.
  int32_t* offset;
  float* weights;
};

// A crop of an image.
struct Box {
  // First byte of the box, and bytes from one row of the image to the next.
  const uint8_t* pixels;
  int64_t row_bytes;
  // The byte after the image's last one: nothing from here on is read.
  const uint8_t* end;
};

// An operation on single pixels, with everything known: `factor`, and for contrast `shift`, which
// is added to each channel.
struct PointOp {
  int32_t kind;
  float factor;
  float shift[3];
};

// Sums that the next operation wants of the result of a run.
enum class Sums { kNone, kGray, kChannels };

// Symmetric weights: weight[0] of the centre, weight[i] of both pixels at distance i.
struct BlurKernel {
  int32_t radius;
  const float* weight;
  bool zero_border;
  // Of a line in the buffer: floats before its first pixel, and to the next line; room for `radius`
  // pixels on both sides and for what overhangs. Both are whole vectors.
  int64_t margin;
  int64_t stride;
};

// Rows that are blurred together.
constexpr int32_t kBlurRows = 4;

// What an instruction set provides. Rows [from, to) of a view go to `out`, or are those of
// `planes`, whose first row is `from`.
struct Kernels {
  // Floats of a vector.
  int32_t width;
  // Resizes a box; `buffer` has room for 3 rows of the box's width and kPad each.
  void (*resample)(const Box& box, const ResizeTable& rows, const ColumnTable& columns,
                   int32_t from, int32_t to, float* buffer, const Planes& out);
  // Runs operations over `pixels` pixels, and adds up what `sums` says over all of them.
  void (*run)(const Planes& planes, int64_t pixels, const PointOp* ops, int32_t count, Sums sums,
              double* totals);
  // Blurs; `in` is all of a view, but of the rows that are farther from [from, to) than the radius
  // nothing is read. `buffer` is aligned to 64 bytes and has room for kBlurRows + 1 lines.
  void (*blur)(const Planes& in, int32_t size, const BlurKernel& kernel, int32_t from, int32_t to,
               float* buffer, const Planes& out);
  // Writes to where the rows belong in the view at `view`.
  void (*write)(const Planes& planes, int32_t from, int32_t to, const sct_augment_format& format,
                void* view);
};

const Kernels& scalar_kernels();
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();

}  // namespace sct::augment
