// Gaussian blur over a vector type V; see augment_vector.h.
#pragma once

#include <string.h>

#include "cpu/augment.h"

namespace sct::augment {
namespace {

// Larger radii than this are not unrolled; standard deviations of up to 2 pixels need no more.
constexpr int32_t kUnrolledRadius = 11;

// Blurs kBlurRows rows along the columns: `rows` points to them and to `radius` more on each side.
// Unrolled (kRadius > 0), a row is read once for all the sums that it is in.
template <class V, int32_t kRadius>
inline void blur_columns(const BlurKernel& kernel, const float* const* rows, int32_t size,
                         float* lines, int64_t stride) {
  const int32_t radius = kRadius > 0 ? kRadius : kernel.radius;
  for (int32_t x = 0; x < size; x += V::kWidth) {
    V sum[kBlurRows];
    for (int32_t y = 0; y < kBlurRows; y++) {
      sum[y] = V::load(rows[radius + y] + x) * V::set(kernel.weight[0]);
    }
    static_assert(kUnrolledRadius == 11);
#pragma GCC unroll 11
    for (int32_t t = 1; t <= radius; t++) {
      const V weight = V::set(kernel.weight[t]);
      for (int32_t y = 0; y < kBlurRows; y++) {
        const V pair = V::load(rows[radius + y - t] + x) + V::load(rows[radius + y + t] + x);
        sum[y] = V::fma(pair, weight, sum[y]);
      }
    }
    for (int32_t y = 0; y < kBlurRows; y++) {
      sum[y].store(lines + y * stride + x);
    }
  }
}

// Adds the pairs of pixels at distances kStep to kRadius, with their weights.
template <class V, int32_t kStep, int32_t kRadius>
inline V add_pairs(const BlurKernel& kernel, const float* p, V before, V centre, V after, V sum) {
  if constexpr (kStep > kRadius) {
    return sum;
  } else {
    const V pair =
        V::template left<kStep>(p, before, centre) + V::template right<kStep>(p, centre, after);
    return add_pairs<V, kStep + 1, kRadius>(kernel, p, before, centre, after,
                                            V::fma(pair, V::set(kernel.weight[kStep]), sum));
  }
}

// Blurs a line, which has `radius` pixels more on each side.
template <class V, int32_t kRadius>
inline void blur_line(const BlurKernel& kernel, const float* line, int32_t size, float* out) {
  if constexpr (kRadius > 0) {
    V before = V::load(line - V::kWidth);
    V centre = V::load(line);
    for (int32_t x = 0; x < size; x += V::kWidth) {
      const V after = V::load(line + x + V::kWidth);
      const V sum = add_pairs<V, 1, kRadius>(kernel, line + x, before, centre, after,
                                             centre * V::set(kernel.weight[0]));
      sum.store(out + x);
      before = centre;
      centre = after;
    }
  } else {
    for (int32_t x = 0; x < size; x += V::kWidth) {
      V sum = V::load(line + x) * V::set(kernel.weight[0]);
      for (int32_t t = 1; t <= kernel.radius; t++) {
        sum = V::fma(V::load(line + x - t) + V::load(line + x + t), V::set(kernel.weight[t]), sum);
      }
      sum.store(out + x);
    }
  }
}

template <class V, int32_t kRadius>
void blur_rows(const Planes& in, int32_t size, const BlurKernel& kernel, int32_t from, int32_t to,
               float* buffer, const Planes& out) {
  const int32_t radius = kernel.radius;
  const int64_t stride = kernel.stride;
  float* zeros = buffer;
  memset(zeros, 0, stride * sizeof(float));
  float* lines = buffer + stride + kernel.margin;
  const float* rows[kBlurRows + 2 * kLargestRadius];
  for (int c = 0; c < 3; c++) {
    const float* plane = in.channel[c];
    for (int32_t y = from; y < to; y += kBlurRows) {
      const int32_t count = y + kBlurRows <= to ? kBlurRows : to - y;
      for (int32_t i = 0; i < kBlurRows + 2 * radius; i++) {
        // What is computed for rows from `to` on is not used.
        int32_t row = y - radius + (i < count + 2 * radius ? i : count + 2 * radius - 1);
        const bool inside = row >= 0 && row < size;
        row = row < 0 ? -row : row < size ? row : 2 * (size - 1) - row;
        rows[i] = inside || !kernel.zero_border ? plane + static_cast<int64_t>(row) * size : zeros;
      }
      blur_columns<V, kRadius>(kernel, rows, size, lines, stride);
      for (int32_t i = 0; i < count; i++) {
        float* line = lines + i * stride;
        for (int32_t t = 1; t <= radius; t++) {
          line[-t] = kernel.zero_border ? 0 : line[t];
          line[size - 1 + t] = kernel.zero_border ? 0 : line[size - 1 - t];
        }
        blur_line<V, kRadius>(kernel, line, size,
                              out.channel[c] + static_cast<int64_t>(y - from + i) * size);
      }
    }
  }
}

template <class V, int32_t kRadius = kUnrolledRadius>
void blur(const Planes& in, int32_t size, const BlurKernel& kernel, int32_t from, int32_t to,
          float* buffer, const Planes& out) {
  if constexpr (kRadius == 0 || V::kWidth == 1) {
    blur_rows<V, 0>(in, size, kernel, from, to, buffer, out);
  } else if (kernel.radius == kRadius) {
    blur_rows<V, kRadius>(in, size, kernel, from, to, buffer, out);
  } else {
    blur<V, kRadius - 1>(in, size, kernel, from, to, buffer, out);
  }
}

}  // namespace
}  // namespace sct::augment
