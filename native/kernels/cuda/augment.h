// What the GPU is told about a batch of views, and the kernels that compute them.
//
// A view is a list of stages. Within a stage each pixel is computed on its own; between stages all
// pixels of the view have to be there. Small views are computed by one block of threads each, with
// all stages in one launch and the planes in shared memory; large ones by one launch per stage,
// with the planes in device memory.
//
// Included by nvcc and by host compilers, so it holds plain types only.
#pragma once

#include <stdint.h>

#include "host_device.h"
#include "sct/augment.h"

struct CUstream_st;

namespace sct::augment::cuda {

constexpr int32_t kLevels = 256;

// Parts into which the sum over a view is split, whatever the number of threads: so sums are the
// same in both ways of computing a view, and in each run.
constexpr int32_t kPartials = 256;

// Where a stage on pixels reads.
enum class Source : int32_t {
  // Resizes the crop.
  kImage,
  // The same pixel of a set of planes.
  kPlanes,
  // Neighbours in a set of planes, which therefore must not be the set that is written.
  kRotated,
  kCropped,
  kSobel,
  kBlurDown,
  kBlurAcross
};

enum class StageKind : int32_t {
  // Reads a pixel, applies operations to it, writes it.
  kPixels,
  // Means of the channels, or of gray: sums of parts, then the mean of all.
  kSums,
  kMeans,
  // Equalize: histograms of the channels, then the map of levels.
  kClearLevels,
  kCountLevels,
  kMapLevels
};

// Instead of a set of planes: the output.
constexpr int32_t kOutput = -1;

// Indices of operations are those in the view.
struct Stage {
  StageKind kind;
  // The operation that the stage is for; for stages on pixels that of the source, if it has one.
  int32_t op;
  // Stages on pixels alone.
  Source source;
  // Sets of planes that are read and written.
  int32_t from;
  int32_t to;
  // Operations that are applied to the pixel.
  int32_t first_op;
  int32_t end_op;
  // Of blurs: taps to each side, and where radius + 1 weights start in Batch::weights.
  int32_t radius;
  int64_t weights;
  // Of crops of the view: indices in Batch::tables.
  int32_t row_table;
  int32_t column_table;
};

// One direction of a resize. Output i is the sum of inputs start[i] to start[i] + count[i] - 1 of
// the box, with the weights i * stride onwards.
struct Table {
  // Index in Batch::bounds of start[0]; count[0] follows start[size - 1].
  int64_t bounds;
  // Index in Batch::weights of the first weight.
  int64_t weights;
  int64_t stride;
};

struct View {
  // First byte of the crop, and bytes from one row of the image to the next.
  const uint8_t* pixels;
  int64_t row_bytes;
  // Where it goes, counted in views.
  int64_t row;
  int32_t flip;
  // Indices in Batch::tables.
  int32_t row_table;
  int32_t column_table;
  // Index in Batch::ops.
  int32_t first_op;
  // In Batch::stages.
  int32_t first_stage;
  int32_t stage_count;
};

struct Batch {
  const View* views;
  const Stage* stages;
  const sct_augment_op* ops;
  const Table* tables;
  const int32_t* bounds;
  const float* weights;
  void* out;
  int32_t size;
  int32_t bfloat16;
  int32_t channels_last;
  // The output is (x - mean) * scale.
  float mean[3];
  float scale[3];
};

// What a view finds out about itself.
struct Statistics {
  double partial[3][kPartials];
  float mean[3];
  int32_t histogram[3][kLevels];
  float level[3][kLevels];
};

// Working memory of a view, which starts with its statistics.
struct Memory {
  Statistics* statistics;
  // Red, green and blue one after the other, size * size each; the second only if it is needed.
  float* planes[2];
};

// Bytes of working memory with that many sets of planes, rounded up so that the memory of the next
// view is aligned.
constexpr int64_t memory_bytes(int32_t size, int32_t sets) {
  constexpr int64_t kAlignment = 256;
  const int64_t bytes =
      static_cast<int64_t>(sizeof(Statistics)) +
      static_cast<int64_t>(sets) * 3 * size * size * static_cast<int64_t>(sizeof(float));
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// The working memory at an address.
SIMCLR_HOST_DEVICE inline Memory memory_at(char* address, int32_t size) {
  float* first = reinterpret_cast<float*>(address + sizeof(Statistics));
  return {reinterpret_cast<Statistics*>(address),
          {first, first + 3 * static_cast<int64_t>(size) * size}};
}

// The results of what follows are CUDA's error codes, 0 without error.

// How many bytes of shared memory a block of launch_in_shared_memory may have on a device, which is
// the current one. Asks the driver to allow it.
int allow_shared_memory(int device, int* ret_bytes);

// Most views of a launch.
constexpr int64_t kLargestLaunch = 65535;

// Computes views `first` to first + count - 1 of a batch on a stream of the current device.
// `memory` is the memory_bytes of a view, which allow_shared_memory allows.
int launch_in_shared_memory(const Batch& batch, int64_t first, int64_t count, int64_t memory,
                            CUstream_st* stream);

// The same for views of any size. `memory` has view_memory bytes for each of the views, which are
// their memory_bytes; `stages` is the number of stages of the view that has most.
int launch_in_device_memory(const Batch& batch, int64_t first, int64_t count, int32_t stages,
                            char* memory, int64_t view_memory, CUstream_st* stream);

}  // namespace sct::augment::cuda
