#include "cpu/augment_crop.h"

#include <algorithm>

namespace sct::augment {
namespace {

// Mixes rows of the box into the `width` inputs of row `y` of the result.
void mix_rows(const float* corner, int64_t size, int32_t width, const ResizeTable& rows, int32_t y,
              float* line) {
  const float* weights = rows.weights + static_cast<int64_t>(y) * rows.stride;
  std::fill_n(line, width, 0.0F);
  for (int32_t i = 0; i < rows.count[y]; i++) {
    const float* row = corner + (rows.start[y] + i) * size;
    for (int32_t x = 0; x < width; x++) {
      line[x] += row[x] * weights[i];
    }
  }
}

void mix_columns(const float* line, const ResizeTable& columns, float* out) {
  for (int32_t x = 0; x < columns.outputs; x++) {
    const float* weights = columns.weights + static_cast<int64_t>(x) * columns.stride;
    const float* inputs = line + columns.start[x];
    float sum = 0;
    for (int32_t i = 0; i < columns.count[x]; i++) {
      sum += inputs[i] * weights[i];
    }
    out[x] = sum;
  }
}

}  // namespace

void crop(const Planes& in, int32_t size, const sct_augment_op& op, const ResizeTable& rows,
          const ResizeTable& columns, float* line, const Planes& out) {
  const int64_t n = size;
  const auto [top, left, height, width] = op.integers;
  for (int c = 0; c < 3; c++) {
    const float* corner = in.channel[c] + top * n + left;
    for (int32_t y = 0; y < size; y++) {
      mix_rows(corner, n, width, rows, y, line);
      mix_columns(line, columns, out.channel[c] + y * n);
    }
  }
}

}  // namespace sct::augment
