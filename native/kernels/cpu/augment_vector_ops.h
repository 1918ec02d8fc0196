// Operations on single pixels over a vector type V; see augment_vector.h.
#pragma once

#include "cpu/augment.h"

namespace sct::augment {
namespace {

// Below this a difference of two channels is none: its inverse could be infinite.
constexpr float kSmallest = 1e-30f;

constexpr float kRed = 0.2989f;
constexpr float kGreen = 0.587f;
constexpr float kBlue = 0.114f;

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

// Shifts the hue by `shift` turns. With h in sixths of a turn the shares of the channels between
// min and max are |h - 3| - 1, 2 - |h - 2| and 2 - |h - 4|, clamped, so neither saturation nor the
// six cases of HSV are needed. Resizing may have left values outside [0, 1]; then all but the
// largest are clamped.
template <class V>
inline void shift_hue(V& r, V& g, V& b, V shift) {
  const V max = V::max(V::max(r, g), b);
  const V min = V::min(V::min(r, g), b);
  const V range = max - min;
  const V scale = V::inverse_or_zero(range) * V::set(1.0f / 6);
  const V from_red = V::fma(g - b, scale, shift);
  const V from_green = V::fma(b - r, scale, shift + V::set(1.0f / 3));
  const V from_blue = V::fma(r - g, scale, shift + V::set(2.0f / 3));
  const V turns = V::fraction(
      V::select(V::eq(max, r), from_red, V::select(V::eq(max, g), from_green, from_blue)));
  const V six = V::set(6);
  // 1 to 2: 1 plus the share of red, 2 minus those of green and blue.
  const V red = V::abs_clamped(V::fma(turns, six, V::set(-3)));
  const V green = V::abs_clamped(V::fma(turns, six, V::set(-2)));
  const V blue = V::abs_clamped(V::fma(turns, six, V::set(-4)));
  const V one = V::set(1);
  const auto above = V::gt(max, one);
  const auto below = V::gt(V::set(0), min);
  const V down = min - max;
  r = V::fma(range, red, min - range);
  g = V::fma(down, green, max + range);
  b = V::fma(down, blue, max + range);
  if (V::any(above) || V::any(below)) {
    // Each pixel for itself: what its neighbours are must not change the last bit.
    const auto bounded = [&](auto largest, V value) {
      const V other = V::select(largest, max, clamp(value));
      return V::select(below, other, V::select(above, other, value));
    };
    r = bounded(V::ge(red, V::set(2)), r);
    g = bounded(V::ge(one, green), g);
    b = bounded(V::ge(one, blue), b);
  }
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
      const V shift = V::set(op.factor);
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

}  // namespace
}  // namespace sct::augment
