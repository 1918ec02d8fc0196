// Crop and resize over a vector type V; see augment_vector.h.
//
// Most resizes have few taps: their loops are unrolled (kTaps > 0), the others (kTaps = 0) are not.
#pragma once

#include <string.h>

#include "cpu/augment.h"

namespace sct::augment {
namespace {

constexpr float kUnit = static_cast<float>(1.0 / 255);

constexpr int32_t kUnrolledTaps = 5;

// Weighted sums of rows of a box, of which row y of the resized box is made.
struct Mix {
  // First row, and bytes from one to the next.
  const uint8_t* top;
  int64_t row_bytes;
  const float* weights;
  int32_t taps;
};

// V::kWidth pixels from p on; what lies behind `end` counts as 0 and is not read.
template <class V>
inline void load_pixels(const uint8_t* p, const uint8_t* end, V& a, V& b, V& c) {
  uint8_t bytes[3 * V::kWidth] = {};
  memcpy(bytes, p, static_cast<size_t>(end - p < 3 * V::kWidth ? end - p : 3 * V::kWidth));
  a = V::load_bytes(bytes);
  b = V::load_bytes(bytes + V::kWidth);
  c = V::load_bytes(bytes + 2 * V::kWidth);
}

// The sum as planes. A last vector may overhang the box; `end` is that of the image.
template <class V, int32_t kTaps>
inline void mix_rows(const Mix& mix, const uint8_t* end, int32_t width, float* red, float* green,
                     float* blue) {
  const int32_t taps = kTaps > 0 ? kTaps : mix.taps;
  const uint8_t* last = mix.top + (taps - 1) * mix.row_bytes;
  for (int32_t x = 0; x < width; x += V::kWidth) {
    const int64_t at = 3 * static_cast<int64_t>(x);
    const bool whole = end - last >= at + 3 * V::kWidth;
    const uint8_t* p = mix.top + at;
    V r = V::set(0);
    V g = V::set(0);
    V b = V::set(0);
    if (whole) {
      for (int32_t t = 0; t < taps; t++) {
        const V weight = V::set(mix.weights[t] * kUnit);
        r = V::fma(V::load_bytes(p), weight, r);
        g = V::fma(V::load_bytes(p + V::kWidth), weight, g);
        b = V::fma(V::load_bytes(p + 2 * V::kWidth), weight, b);
        p += mix.row_bytes;
      }
    } else {
      for (int32_t t = 0; t < taps; t++) {
        const V weight = V::set(mix.weights[t] * kUnit);
        V bytes[3];
        load_pixels(p, end, bytes[0], bytes[1], bytes[2]);
        r = V::fma(bytes[0], weight, r);
        g = V::fma(bytes[1], weight, g);
        b = V::fma(bytes[2], weight, b);
        p += mix.row_bytes;
      }
    }
    V::deinterleave(r, g, b);
    r.store(red + x);
    g.store(green + x);
    b.store(blue + x);
  }
}

template <class V, int32_t kTaps = kUnrolledTaps>
inline void mix_rows_of(const Mix& mix, const uint8_t* end, int32_t width, float* red, float* green,
                        float* blue) {
  if constexpr (kTaps == 0) {
    mix_rows<V, 0>(mix, end, width, red, green, blue);
  } else if (mix.taps == kTaps) {
    mix_rows<V, kTaps>(mix, end, width, red, green, blue);
  } else {
    mix_rows_of<V, kTaps - 1>(mix, end, width, red, green, blue);
  }
}

// A block of outputs of a row, from and to three planes.
template <class V, int32_t kTaps, class Window>
inline void resize_block(const float* const in[3], const int32_t* offsets, const float* weights,
                         int32_t taps, float* const out[3]) {
  const Window window[3] = {Window(in[0]), Window(in[1]), Window(in[2])};
  V sum[3] = {V::set(0), V::set(0), V::set(0)};
  for (int32_t t = 0; t < (kTaps > 0 ? kTaps : taps); t++) {
    const typename V::Index index = V::load_index(offsets + t * V::kWidth);
    const V weight = V::load(weights + t * V::kWidth);
    for (int c = 0; c < 3; c++) {
      sum[c] = V::fma(window[c].at(index), weight, sum[c]);
    }
  }
  for (int c = 0; c < 3; c++) {
    sum[c].store(out[c]);
  }
}

template <class V, int32_t kTaps>
inline void resample_rows(const Box& box, const ResizeTable& rows, const ColumnTable& columns,
                          int32_t from, int32_t to, float* buffer, const Planes& out) {
  const int32_t width = columns.end - columns.first;
  const int32_t taps = kTaps > 0 ? kTaps : columns.taps;
  float* red = buffer;
  float* green = red + width + kPad;
  float* blue = green + width + kPad;
  int64_t row = 0;
  for (int32_t y = from; y < to; y++, row += rows.outputs) {
    const Mix mix = {
        box.pixels + rows.start[y] * box.row_bytes + 3 * static_cast<int64_t>(columns.first),
        box.row_bytes, rows.weights + static_cast<int64_t>(y) * rows.stride, rows.count[y]};
    mix_rows_of<V>(mix, box.end, width, red, green, blue);
    for (int32_t block = 0; block < columns.blocks; block++) {
      const int32_t base = columns.base[block];
      const int64_t entry = static_cast<int64_t>(block) * taps * V::kWidth;
      const int64_t at = row + block * V::kWidth;
      const float* const in[3] = {red + base, green + base, blue + base};
      float* const target[3] = {out.channel[0] + at, out.channel[1] + at, out.channel[2] + at};
      const int32_t* offsets = columns.offset + entry;
      const float* weights = columns.weights + entry;
      if (columns.span[block] <= V::kWidth) {
        resize_block<V, kTaps, typename V::Near>(in, offsets, weights, taps, target);
      } else if (columns.span[block] <= 2 * V::kWidth) {
        resize_block<V, kTaps, typename V::Far>(in, offsets, weights, taps, target);
      } else {
        resize_block<V, kTaps, typename V::Spread>(in, offsets, weights, taps, target);
      }
    }
  }
}

template <class V, int32_t kTaps = kUnrolledTaps>
void resample(const Box& box, const ResizeTable& rows, const ColumnTable& columns, int32_t from,
              int32_t to, float* buffer, const Planes& out) {
  if constexpr (kTaps == 0) {
    resample_rows<V, 0>(box, rows, columns, from, to, buffer, out);
  } else if (columns.taps == kTaps) {
    resample_rows<V, kTaps>(box, rows, columns, from, to, buffer, out);
  } else {
    resample<V, kTaps - 1>(box, rows, columns, from, to, buffer, out);
  }
}

}  // namespace
}  // namespace sct::augment
