#include "cpu/augment_resize.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace sct::augment {
namespace {

constexpr int kTableSteps = 1024;

// Keys, "Cubic convolution interpolation for digital image processing" (1981), equation 15.
float cubic(float x) {
  constexpr float a = -0.5F;
  if (x < 1) {
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  }
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

// TensorFlow's ResizeBicubic takes its weights from a table: entry i is of distance i / 1024, up to
// distance 2.
const std::array<float, 2 * kTableSteps + 1>& cubic_table() {
  static const auto kTable = [] {
    std::array<float, 2 * kTableSteps + 1> table;
    for (int i = 0; i <= 2 * kTableSteps; i++) {
      table[i] = cubic(static_cast<float>(i) / kTableSteps);
    }
    return table;
  }();
  return kTable;
}

// Takes weights of 0 off both ends, which bilinear weights often have.
void trim(ResizeTable& table, int32_t i) {
  float* weights = table.weights + static_cast<int64_t>(i) * table.stride;
  while (table.count[i] > 1 && weights[table.count[i] - 1] == 0) {
    table.count[i]--;
  }
  int32_t zeros = 0;
  while (zeros < table.count[i] - 1 && weights[zeros] == 0) {
    zeros++;
  }
  if (zeros > 0) {
    table.start[i] += zeros;
    table.count[i] -= zeros;
    std::copy(weights + zeros, weights + zeros + table.count[i], weights);
  }
}

void normalise(float* weights, int32_t count, float total) {
  for (int32_t j = 0; j < count; j++) {
    weights[j] /= total;
  }
}

// The weights of PyTorch's interpolate(antialias=True) on float32 (ATen's UpSampleKernel.cpp), with
// its mixture of float and double: at a few hundred pixels another rounding of the centre moves a
// weight by 1e-5.
void antialiased(int32_t interpolation, int32_t in, float scale, float support, int64_t output,
                 ResizeTable& table, int32_t i) {
  const float inverse = scale >= 1 ? static_cast<float>(1.0 / scale) : 1;
  const float centre = static_cast<float>(scale * (static_cast<double>(output) + 0.5));
  const int32_t from = std::max(static_cast<int32_t>(centre - support + 0.5), 0);
  int32_t to = std::min(static_cast<int32_t>(centre + support + 0.5), in);
  to = std::min(to, from + table.stride);
  float* weights = table.weights + static_cast<int64_t>(i) * table.stride;
  float total = 0;
  for (int32_t j = from; j < to; j++) {
    const float x = std::fabs(static_cast<float>((j - centre + 0.5) * inverse));
    const float weight = interpolation == SCT_RESIZE_BILINEAR ? (x < 1 ? 1 - x : 0) : cubic(x);
    weights[j - from] = weight;
    total += weight;
  }
  table.start[i] = from;
  table.count[i] = to - from;
  normalise(weights, to - from, total);
}

// The weights of TensorFlow's ResizeBicubic with half_pixel_centers (resize_bicubic_op.cc): a
// rounded distance, four taps, and those outside the box left out.
void tensorflow_bicubic(int32_t in, float scale, int64_t output, ResizeTable& table, int32_t i) {
  const float place = (static_cast<float>(output) + 0.5F) * scale - 0.5F;
  const float whole = std::floor(place);
  const long step = std::lrintf((place - whole) * kTableSteps);
  const std::array<float, 2 * kTableSteps + 1>& cubics = cubic_table();
  const float taps[4] = {cubics[kTableSteps + step], cubics[step], cubics[kTableSteps - step],
                         cubics[2 * kTableSteps - step]};
  const int32_t centre = static_cast<int32_t>(whole);
  const int32_t from = std::max(centre - 1, 0);
  const int32_t to = std::min(centre + 3, in);
  float* weights = table.weights + static_cast<int64_t>(i) * table.stride;
  float total = 0;
  for (int32_t j = from; j < to; j++) {
    weights[j - from] = taps[j - (centre - 1)];
    total += weights[j - from];
  }
  table.start[i] = from;
  table.count[i] = to - from;
  normalise(weights, to - from, total);
}

}  // namespace

ResizeTable resize_table(const TableKey& key, Direction direction, Workspace& workspace) {
  KeptTable& kept = workspace.tables[static_cast<int>(direction)][key.in % kKeptTables];
  if (kept.key == key) {
    return kept.table;
  }
  kept.key = {};  // in case that memory runs out
  const float scale = static_cast<float>(key.in) / static_cast<float>(key.out);
  const float radius = key.interpolation == SCT_RESIZE_BILINEAR ? 1 : 2;
  const float support = scale >= 1 && key.interpolation != SCT_RESIZE_BICUBIC_TENSORFLOW
                            ? static_cast<float>(static_cast<double>(radius) * scale)
                            : radius;
  ResizeTable& table = kept.table;
  table.outputs = key.outputs;
  table.stride = static_cast<int32_t>(std::ceil(support)) * 2 + 1;
  table.start = kept.bounds.need(2L * key.outputs);
  table.count = table.start + key.outputs;
  table.weights = kept.weights.need(static_cast<int64_t>(key.outputs) * table.stride);
  table.taps = 0;
  for (int32_t i = 0; i < key.outputs; i++) {
    if (key.interpolation == SCT_RESIZE_BICUBIC_TENSORFLOW) {
      tensorflow_bicubic(key.in, scale, key.first + i, table, i);
    } else {
      antialiased(key.interpolation, key.in, scale, support, key.first + i, table, i);
    }
    trim(table, i);
    table.taps = std::max(table.taps, table.count[i]);
  }
  kept.key = key;
  return table;
}

ColumnTable column_table(const ResizeTable& table, int32_t width, bool flip, Workspace& workspace) {
  const int32_t outputs = table.outputs;
  const int32_t blocks = (outputs + width - 1) / width;
  ColumnTable columns;
  columns.taps = table.taps;
  columns.blocks = blocks;
  columns.first = *std::min_element(table.start, table.start + outputs);
  columns.end = 0;
  for (int32_t i = 0; i < outputs; i++) {
    columns.end = std::max(columns.end, table.start[i] + table.count[i]);
  }
  columns.base = workspace.column_blocks.need(2L * blocks);
  columns.span = columns.base + blocks;
  const int64_t entries = static_cast<int64_t>(columns.taps) * blocks * width;
  columns.offset = workspace.column_offsets.need(entries);
  columns.weights = workspace.column_weights.need(entries);
  for (int32_t block = 0; block < blocks; block++) {
    const int32_t from = block * width;
    const int32_t to = std::min(from + width, outputs);
    int32_t base = columns.end;
    int32_t end = 0;
    for (int32_t x = from; x < to; x++) {
      const int32_t i = flip ? outputs - 1 - x : x;
      base = std::min(base, table.start[i]);
      end = std::max(end, table.start[i] + table.count[i]);
    }
    columns.base[block] = base - columns.first;
    columns.span[block] = end - base;
    for (int32_t x = from; x < from + width; x++) {
      const int32_t i = flip ? outputs - 1 - x : x;
      const bool inside = x < to;
      const float* weights =
          inside ? table.weights + static_cast<int64_t>(i) * table.stride : nullptr;
      const int32_t offset = inside ? table.start[i] - base : 0;
      const int32_t count = inside ? table.count[i] : 0;
      for (int32_t t = 0; t < columns.taps; t++) {
        const int64_t at = (static_cast<int64_t>(block) * columns.taps + t) * width + (x - from);
        columns.offset[at] = t < count ? offset + t : offset;
        columns.weights[at] = t < count ? weights[t] : 0;
      }
    }
  }
  return columns;
}

}  // namespace sct::augment
