// The kernels of sct_augment over a vector type V, which an including file defines.
//
// Everything is in an unnamed namespace: each file that includes this has its own copy, compiled
// for its own instruction set. Nothing of the C++ library is used, for the same reason.
#pragma once

#include <string.h>

#include "cpu/augment.h"

namespace sct::augment {
namespace {

constexpr float kRed = 0.2989f;
constexpr float kGreen = 0.587f;
constexpr float kBlue = 0.114f;
constexpr float kUnit = static_cast<float>(1.0 / 255);

// Pixels that a run of operations keeps in the first-level cache: 3 planes of 4 KiB.
constexpr int64_t kChunk = 1024;

template <class V>
inline V gray_of(V r, V g, V b) {
  return V::fma(r, V::set(kRed), V::fma(g, V::set(kGreen), b * V::set(kBlue)));
}

template <class V>
inline V clamp(V x) {
  return V::min(V::max(x, V::set(0)), V::set(1));
}

// One output row before its columns are resized: the weighted sum of rows of the box, as planes.
template <class V>
void mix_rows(const Box& box, const ResizeTable& rows, int32_t y, int32_t first, int32_t width,
              float* red, float* green, float* blue) {
  const uint8_t* top = box.pixels + rows.start[y] * box.row_bytes + 3 * static_cast<int64_t>(first);
  const int32_t taps = rows.count[y];
  const float* weights = rows.weights + static_cast<int64_t>(y) * rows.stride;
  for (int32_t x = 0; x < width; x += V::kWidth) {
    // A vector may overhang the box, but not the image.
    const uint8_t* last = top + (taps - 1) * box.row_bytes + 3 * static_cast<int64_t>(x);
    const bool whole = box.end - last >= 3 * V::kWidth;
    uint8_t tail[3 * V::kWidth] = {};
    V a = V::set(0);
    V b = V::set(0);
    V c = V::set(0);
    for (int32_t t = 0; t < taps; t++) {
      const uint8_t* p = top + t * box.row_bytes + 3 * static_cast<int64_t>(x);
      if (!whole) {
        const int64_t rest = box.end - p;
        memcpy(tail, p, static_cast<size_t>(rest < 3 * V::kWidth ? rest : 3 * V::kWidth));
        p = tail;
      }
      const V weight = V::set(weights[t] * kUnit);
      a = V::fma(V::load_bytes(p), weight, a);
      b = V::fma(V::load_bytes(p + V::kWidth), weight, b);
      c = V::fma(V::load_bytes(p + 2 * V::kWidth), weight, c);
    }
    V::deinterleave(a, b, c);
    a.store(red + x);
    b.store(green + x);
    c.store(blue + x);
  }
}

template <class V>
void resample(const Box& box, const ResizeTable& rows, const ColumnTable& columns, int32_t size,
              float* buffer, const Planes& out) {
  const int32_t width = columns.end - columns.first;
  float* red = buffer;
  float* green = red + width + kPad;
  float* blue = green + width + kPad;
  for (int32_t y = 0; y < size; y++) {
    mix_rows<V>(box, rows, y, columns.first, width, red, green, blue);
    const int64_t to = static_cast<int64_t>(y) * size;
    for (int32_t x = 0; x < size; x += V::kWidth) {
      const int32_t block = x / V::kWidth;
      const int32_t base = columns.base[block];
      const typename V::Window r(red + base, columns.span[block]);
      const typename V::Window g(green + base, columns.span[block]);
      const typename V::Window b(blue + base, columns.span[block]);
      V sum_r = V::set(0);
      V sum_g = V::set(0);
      V sum_b = V::set(0);
      for (int32_t t = 0; t < columns.taps; t++) {
        const int64_t at = static_cast<int64_t>(t) * columns.stride + x;
        const typename V::Index index = V::load_index(columns.offset + at);
        const V weight = V::load(columns.weights + at);
        sum_r = V::fma(r.at(index), weight, sum_r);
        sum_g = V::fma(g.at(index), weight, sum_g);
        sum_b = V::fma(b.at(index), weight, sum_b);
      }
      sum_r.store(out.channel[0] + to + x);
      sum_g.store(out.channel[1] + to + x);
      sum_b.store(out.channel[2] + to + x);
    }
  }
}

// Applies `op(r, g, b)`, which changes its arguments, to a chunk.
template <class V, class Op>
inline void each(float* red, float* green, float* blue, int64_t pixels, Op op) {
  for (int64_t i = 0; i < pixels; i += V::kWidth) {
    V r = V::load(red + i);
    V g = V::load(green + i);
    V b = V::load(blue + i);
    op(r, g, b);
    r.store(red + i);
    g.store(green + i);
    b.store(blue + i);
  }
}

// A channel between min and max whose share is 1 where it is the largest. Resizing may have left
// values outside [0, 1]; then all but the largest are clamped.
template <class V>
inline V hue_channel(V share, V min, V range, bool inside) {
  const V part = clamp(share);
  const V value = V::fma(range, part, min);
  return inside ? value : V::select(V::ge(part, V::set(1)), value, clamp(value));
}

// Shifts the hue. With h in sixths of a turn the shares of the channels are |h - 3| - 1,
// 2 - |h - 2| and 2 - |h - 4|, clamped, so neither saturation nor the six cases of HSV are needed.
template <class V>
inline void shift_hue(V& r, V& g, V& b, V shift) {
  const V max = V::max(V::max(r, g), b);
  const V min = V::min(V::min(r, g), b);
  const V range = max - min;
  const V zero = V::set(0);
  const V one = V::set(1);
  const V two = V::set(2);
  const V four = V::set(4);
  const V six = V::set(6);
  const V inverse = one / V::select(V::gt(range, zero), range, one);
  const V from_red = (g - b) * inverse;
  const V from_green = V::fma(b - r, inverse, two);
  const V from_blue = V::fma(r - g, inverse, four);
  V h = V::select(V::eq(max, r), from_red, V::select(V::eq(max, g), from_green, from_blue)) + shift;
  h = V::select(V::ge(h, six), h - six, h);
  h = V::select(V::gt(zero, h), h + six, h);
  const bool inside = !V::any(V::gt(zero, min)) && !V::any(V::gt(max, one));
  r = hue_channel(V::abs(h - V::set(3)) - one, min, range, inside);
  g = hue_channel(two - V::abs(h - two), min, range, inside);
  b = hue_channel(two - V::abs(h - four), min, range, inside);
}

// HSV with the saturation times a factor, at most 1: the distance of each channel to the largest
// grows by min(factor, 1 / saturation).
template <class V>
inline void scale_saturation(V& r, V& g, V& b, V factor) {
  const V max = V::max(V::max(r, g), b);
  const V range = max - V::min(V::min(r, g), b);
  const V one = V::set(1);
  const V divisor = V::select(V::gt(range, V::set(0)), range, one);
  const V growth = V::min(factor, max / divisor);
  const V grows = V::select(V::gt(max, V::set(0)), growth, V::set(0));
  r = clamp(max - (max - r) * grows);
  g = clamp(max - (max - g) * grows);
  b = clamp(max - (max - b) * grows);
}

template <class V>
void apply(const PointOp& op, float* red, float* green, float* blue, int64_t pixels) {
  const V factor = V::set(op.factor);
  switch (op.kind) {
    case SCT_AUGMENT_BRIGHTNESS:
      each<V>(red, green, blue, pixels, [=](V& r, V& g, V& b) {
        r = clamp(r * factor);
        g = clamp(g * factor);
        b = clamp(b * factor);
      });
      return;
    case SCT_AUGMENT_CONTRAST:
    case SCT_AUGMENT_CONTRAST_CHANNELS: {
      const V shift_r = V::set(op.shift[0]);
      const V shift_g = V::set(op.shift[1]);
      const V shift_b = V::set(op.shift[2]);
      each<V>(red, green, blue, pixels, [=](V& r, V& g, V& b) {
        r = clamp(V::fma(r, factor, shift_r));
        g = clamp(V::fma(g, factor, shift_g));
        b = clamp(V::fma(b, factor, shift_b));
      });
      return;
    }
    case SCT_AUGMENT_SATURATION: {
      const V rest = V::set(static_cast<float>(1.0 - op.factor));
      each<V>(red, green, blue, pixels, [=](V& r, V& g, V& b) {
        const V gray = gray_of(r, g, b) * rest;
        r = clamp(V::fma(r, factor, gray));
        g = clamp(V::fma(g, factor, gray));
        b = clamp(V::fma(b, factor, gray));
      });
      return;
    }
    case SCT_AUGMENT_HUE: {
      const V shift = V::set(op.factor * 6);
      each<V>(red, green, blue, pixels, [=](V& r, V& g, V& b) { shift_hue(r, g, b, shift); });
      return;
    }
    case SCT_AUGMENT_GRAY:
      each<V>(red, green, blue, pixels, [=](V& r, V& g, V& b) { r = g = b = gray_of(r, g, b); });
      return;
    case SCT_AUGMENT_SOLARIZE:
      each<V>(red, green, blue, pixels, [=](V& r, V& g, V& b) {
        const V one = V::set(1);
        r = V::select(V::ge(r, factor), one - r, r);
        g = V::select(V::ge(g, factor), one - g, g);
        b = V::select(V::ge(b, factor), one - b, b);
      });
      return;
    case SCT_AUGMENT_SATURATION_HSV:
      each<V>(red, green, blue, pixels,
              [=](V& r, V& g, V& b) { scale_saturation(r, g, b, factor); });
      return;
    case SCT_AUGMENT_CLAMP:
      each<V>(red, green, blue, pixels, [=](V& r, V& g, V& b) {
        r = clamp(r);
        g = clamp(g);
        b = clamp(b);
      });
      return;
    default:
      __builtin_unreachable();
  }
}

// Adds up the gray, or the channels, of a chunk: vectors in float, chunks in double. Without
// vectors all of it in double: on a flat image each addition to one float would round the same way.
template <class V>
void add_up(const float* red, const float* green, const float* blue, int64_t pixels, Sums sums,
            double* totals) {
  V r = V::set(0);
  V g = V::set(0);
  V b = V::set(0);
  int64_t i = 0;
  for (; V::kWidth > 1 && i + V::kWidth <= pixels; i += V::kWidth) {
    r = r + V::load(red + i);
    g = g + V::load(green + i);
    b = b + V::load(blue + i);
  }
  double total[3] = {r.sum(), g.sum(), b.sum()};
  for (; i < pixels; i++) {
    total[0] += red[i];
    total[1] += green[i];
    total[2] += blue[i];
  }
  if (sums == Sums::kGray) {
    totals[0] += kRed * total[0] + kGreen * total[1] + kBlue * total[2];
  } else {
    for (int c = 0; c < 3; c++) {
      totals[c] += total[c];
    }
  }
}

template <class V>
void run(const Planes& planes, int64_t pixels, const PointOp* ops, int32_t count, Sums sums,
         double* totals) {
  for (int64_t from = 0; from < pixels; from += kChunk) {
    const int64_t chunk = pixels - from < kChunk ? pixels - from : kChunk;
    float* red = planes.channel[0] + from;
    float* green = planes.channel[1] + from;
    float* blue = planes.channel[2] + from;
    for (int32_t i = 0; i < count; i++) {
      apply<V>(ops[i], red, green, blue, chunk);
    }
    if (sums != Sums::kNone) {
      add_up<V>(red, green, blue, chunk, sums, totals);
    }
  }
}

// Weighted sums of the pairs before[t], after[t] around `centre`, kVectors vectors at a time so
// that their additions overlap.
template <class V, int kVectors>
inline void blur_vectors(const BlurKernel& kernel, const float* centre, const float* const* before,
                         const float* const* after, int32_t x, float* out) {
  V sum[kVectors];
  for (int v = 0; v < kVectors; v++) {
    sum[v] = V::load(centre + x + v * V::kWidth) * V::set(kernel.weight[0]);
  }
  for (int32_t t = 1; t <= kernel.radius; t++) {
    const V weight = V::set(kernel.weight[t]);
    for (int v = 0; v < kVectors; v++) {
      const int32_t at = x + v * V::kWidth;
      sum[v] = V::fma(V::load(before[t] + at) + V::load(after[t] + at), weight, sum[v]);
    }
  }
  for (int v = 0; v < kVectors; v++) {
    sum[v].store(out + x + v * V::kWidth);
  }
}

template <class V>
void blur_line(const BlurKernel& kernel, const float* centre, const float* const* before,
               const float* const* after, int32_t size, float* out) {
  constexpr int kVectors = 4;
  int32_t x = 0;
  for (; x + kVectors * V::kWidth <= size; x += kVectors * V::kWidth) {
    blur_vectors<V, kVectors>(kernel, centre, before, after, x, out);
  }
  for (; x < size; x += V::kWidth) {
    blur_vectors<V, 1>(kernel, centre, before, after, x, out);
  }
}

constexpr int32_t kLargestRadius = 4096 / 20;

template <class V>
void blur(const Planes& in, int32_t size, const BlurKernel& kernel, float* buffer,
          const Planes& out) {
  const int32_t radius = kernel.radius;
  float* line = buffer + radius;
  float* zeros = buffer + size + 2 * static_cast<int64_t>(radius) + kPad;
  memset(zeros, 0, (size + kPad) * sizeof(float));
  const float* before[kLargestRadius + 1];
  const float* after[kLargestRadius + 1];
  for (int c = 0; c < 3; c++) {
    const float* plane = in.channel[c];
    const auto row = [&](int32_t y) {
      if (y >= 0 && y < size) {
        return plane + static_cast<int64_t>(y) * size;
      }
      if (kernel.zero_border) {
        return static_cast<const float*>(zeros);
      }
      return plane + static_cast<int64_t>(y < 0 ? -y : 2 * (size - 1) - y) * size;
    };
    for (int32_t y = 0; y < size; y++) {
      for (int32_t t = 1; t <= radius; t++) {
        before[t] = row(y - t);
        after[t] = row(y + t);
      }
      blur_line<V>(kernel, row(y), before, after, size, line);
      for (int32_t t = 1; t <= radius; t++) {
        line[-t] = kernel.zero_border ? 0 : line[t];
        line[size - 1 + t] = kernel.zero_border ? 0 : line[size - 1 - t];
      }
      for (int32_t t = 1; t <= radius; t++) {
        before[t] = line - t;
        after[t] = line + t;
      }
      blur_line<V>(kernel, line, before, after, size,
                   out.channel[c] + static_cast<int64_t>(y) * size);
    }
  }
}

// Views from here on go past the caches, which they would only empty: the network reads them later.
constexpr int64_t kStreamedBytes = 128 << 10;

// What turns the planes of a view into its values in memory.
template <class V, class Out, bool kStream>
struct Writer {
  const Planes& planes;
  int64_t pixels;
  V mean[3];
  V scale[3];
  Out* out;

  Writer(const Planes& from, const sct_augment_format& format, Out* to)
      : planes(from), pixels(static_cast<int64_t>(format.size) * format.size), out(to) {
    for (int c = 0; c < 3; c++) {
      mean[c] = V::set(format.normalize ? format.mean[c] : 0);
      scale[c] = V::set(format.normalize ? 1 / format.std[c] : 1);
    }
  }

  V value(int c, int64_t i) const { return (V::load(planes.channel[c] + i) - mean[c]) * scale[c]; }

  static void put(V v, Out* to) {
    if constexpr (kStream) {
      v.stream(to);
    } else {
      v.store(to);
    }
  }

  // Pixels [from, to), channels side by side.
  void interleaved(int64_t from, int64_t to) const {
    int64_t i = from;
    for (; i + V::kWidth <= to; i += V::kWidth) {
      V r = value(0, i);
      V g = value(1, i);
      V b = value(2, i);
      V::interleave(r, g, b);
      put(r, out + 3 * i);
      put(g, out + 3 * i + V::kWidth);
      put(b, out + 3 * i + 2 * V::kWidth);
    }
    if (i < to) {
      Out tail[3 * V::kWidth];
      V r = value(0, i);
      V g = value(1, i);
      V b = value(2, i);
      V::interleave(r, g, b);
      r.store(tail);
      g.store(tail + V::kWidth);
      b.store(tail + 2 * V::kWidth);
      memcpy(out + 3 * i, tail, 3 * static_cast<size_t>(to - i) * sizeof(Out));
    }
  }

  // Pixels [from, to), channel by channel.
  void planar(int64_t from, int64_t to) const {
    for (int c = 0; c < 3; c++) {
      int64_t i = from;
      for (; i + V::kWidth <= to; i += V::kWidth) {
        put(value(c, i), out + c * pixels + i);
      }
      if (i < to) {
        Out tail[V::kWidth];
        value(c, i).store(tail);
        memcpy(out + c * pixels + i, tail, static_cast<size_t>(to - i) * sizeof(Out));
      }
    }
  }
};

template <class V, class Out, bool kStream>
void write_as(const Planes& planes, const PointOp* ops, int32_t count,
              const sct_augment_format& format, Out* out) {
  const Writer<V, Out, kStream> writer(planes, format, out);
  for (int64_t from = 0; from < writer.pixels; from += kChunk) {
    const int64_t to = from + kChunk < writer.pixels ? from + kChunk : writer.pixels;
    for (int32_t i = 0; i < count; i++) {
      apply<V>(ops[i], planes.channel[0] + from, planes.channel[1] + from, planes.channel[2] + from,
               to - from);
    }
    if (format.channels_last) {
      writer.interleaved(from, to);
    } else {
      writer.planar(from, to);
    }
  }
  if constexpr (kStream) {
    V::fence();
  }
}

template <class V, class Out>
void write_values(const Planes& planes, const PointOp* ops, int32_t count,
                  const sct_augment_format& format, void* out) {
  const int64_t plane_bytes = static_cast<int64_t>(format.size) * format.size * sizeof(Out);
  const bool aligned = reinterpret_cast<uintptr_t>(out) % 64 == 0 && plane_bytes % 64 == 0;
  if (aligned && 3 * plane_bytes >= kStreamedBytes) {
    write_as<V, Out, true>(planes, ops, count, format, static_cast<Out*>(out));
  } else {
    write_as<V, Out, false>(planes, ops, count, format, static_cast<Out*>(out));
  }
}

template <class V>
void write(const Planes& planes, const PointOp* ops, int32_t count,
           const sct_augment_format& format, void* out) {
  if (format.dtype == SCT_BFLOAT16) {
    write_values<V, uint16_t>(planes, ops, count, format, out);
  } else {
    write_values<V, float>(planes, ops, count, format, out);
  }
}

template <class V>
constexpr Kernels kKernels = {V::kWidth, resample<V>, run<V>, blur<V>, write<V>};

}  // namespace
}  // namespace sct::augment
