// The operations on single pixels. For the GPU; the host compiles the same code for tests.
#pragma once

#include <math.h>

#include "cuda/augment.h"

namespace sct::augment::cuda {

struct Pixel {
  float c[3];
};

SIMCLR_HOST_DEVICE inline float smaller(float a, float b) { return a < b ? a : b; }

SIMCLR_HOST_DEVICE inline float larger(float a, float b) { return a > b ? a : b; }

SIMCLR_HOST_DEVICE inline float clamp(float x) { return smaller(larger(x, 0.0F), 1.0F); }

SIMCLR_HOST_DEVICE inline float gray_of(const Pixel& x) {
  return 0.2989F * x.c[0] + 0.587F * x.c[1] + 0.114F * x.c[2];
}

// x factor + shift, clamped.
SIMCLR_HOST_DEVICE inline void blend(Pixel& x, float factor, const float (&shift)[3]) {
  for (int c = 0; c < 3; c++) {
    x.c[c] = clamp(x.c[c] * factor + shift[c]);
  }
}

// The channel of hue h, in sixths of a turn, max - range clamp(min(k, 4 - k)) with k = n + h modulo
// 6; the largest channel itself is not clamped.
SIMCLR_HOST_DEVICE inline float hue_channel(float sixths, float n, float max, float range) {
  float k = sixths + n;
  if (k >= 6) {
    k -= 6;
  }
  const float part = clamp(smaller(k, 4 - k));
  return part > 0 ? clamp(max - range * part) : max;
}

// `shift` in sixths of a turn.
SIMCLR_HOST_DEVICE inline void shift_hue(Pixel& x, float shift) {
  const float r = x.c[0];
  const float g = x.c[1];
  const float b = x.c[2];
  const float max = larger(larger(r, g), b);
  const float range = max - smaller(smaller(r, g), b);
  const float divisor = range > 0 ? range : 1;
  float h = max == r ? (g - b) / divisor : max == g ? (b - r) / divisor + 2 : (r - g) / divisor + 4;
  h += shift;
  if (h >= 6) {
    h -= 6;
  }
  if (h < 0) {
    h += 6;
  }
  if (h >= 6) {  // -1e-9 + 6 is 6 in float32
    h = 0;
  }
  x.c[0] = hue_channel(h, 5, max, range);
  x.c[1] = hue_channel(h, 3, max, range);
  x.c[2] = hue_channel(h, 1, max, range);
}

// HSV with the saturation times a factor, at most 1: the distance of each channel to the largest
// grows by min(factor, 1 / saturation).
SIMCLR_HOST_DEVICE inline void scale_saturation(Pixel& x, float factor) {
  const float max = larger(larger(x.c[0], x.c[1]), x.c[2]);
  const float range = max - smaller(smaller(x.c[0], x.c[1]), x.c[2]);
  const float growth = max > 0 ? smaller(factor, max / (range > 0 ? range : 1)) : 0;
  for (float& value : x.c) {
    value = clamp(max - (max - value) * growth);
  }
}

// How torchvision turns a float into a byte.
SIMCLR_HOST_DEVICE inline int32_t level_of(float x) {
  return static_cast<int32_t>(clamp(x) * 255.999F);
}

struct Words {
  uint32_t w[4];
};

// Philox4x32-10 (Salmon et al., SC 2011) of counter (c0, 0, 0, 0).
SIMCLR_HOST_DEVICE inline Words philox(uint32_t c0, uint32_t k0, uint32_t k1) {
  Words x = {{c0, 0, 0, 0}};
  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = static_cast<uint64_t>(0xD2511F53) * x.w[0];
    const uint64_t product1 = static_cast<uint64_t>(0xCD9E8D57) * x.w[2];
    x = {{static_cast<uint32_t>(product1 >> 32) ^ x.w[1] ^ k0, static_cast<uint32_t>(product1),
          static_cast<uint32_t>(product0 >> 32) ^ x.w[3] ^ k1, static_cast<uint32_t>(product0)}};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return x;
}

// In double: `std` may be so large that the error of a float logarithm shows.
SIMCLR_HOST_DEVICE inline void add_noise(Pixel& x, int32_t index, const sct_augment_op& op) {
  constexpr double kStep = 1.0 / (1 << 24);
  constexpr double kTurn = 6.283185307179586;
  const Words words = philox(static_cast<uint32_t>(index), static_cast<uint32_t>(op.integers[0]),
                             static_cast<uint32_t>(op.integers[1]));
  const double radius = sqrt(-2 * log((words.w[0] >> 8) * kStep + kStep));
  const double angle = kTurn * ((words.w[1] >> 8) * kStep);
  const double blue_radius = sqrt(-2 * log((words.w[2] >> 8) * kStep + kStep));
  const double blue_angle = kTurn * ((words.w[3] >> 8) * kStep);
  const double normal[3] = {radius * cos(angle), radius * sin(angle),
                            blue_radius * cos(blue_angle)};
  for (int c = 0; c < 3; c++) {
    x.c[c] = clamp(static_cast<float>(x.c[c] + op.value * normal[c]));
  }
}

SIMCLR_HOST_DEVICE inline bool is_cut_out(const sct_augment_op& op, int32_t y, int32_t x) {
  return y >= op.integers[0] && y < op.integers[0] + op.integers[2] && x >= op.integers[1] &&
         x < op.integers[1] + op.integers[3];
}

// Applies an operation to pixel `index`, in row-major order, of a view of `size` columns. Contrast
// and equalize find in `statistics` what earlier stages found out.
SIMCLR_HOST_DEVICE inline void apply(const sct_augment_op& op, int32_t index, int32_t size,
                                     const Statistics& statistics, Pixel& x) {
  const float rest = static_cast<float>(1.0 - op.value);
  switch (op.kind) {
    case SCT_AUGMENT_BRIGHTNESS:
      return blend(x, op.value, {0, 0, 0});
    case SCT_AUGMENT_CONTRAST:
    case SCT_AUGMENT_CONTRAST_CHANNELS:
      return blend(
          x, op.value,
          {statistics.mean[0] * rest, statistics.mean[1] * rest, statistics.mean[2] * rest});
    case SCT_AUGMENT_SATURATION: {
      const float gray = gray_of(x) * rest;
      return blend(x, op.value, {gray, gray, gray});
    }
    case SCT_AUGMENT_HUE:
      return shift_hue(x, op.value * 6);
    case SCT_AUGMENT_GRAY:
      x.c[0] = x.c[1] = x.c[2] = gray_of(x);
      return;
    case SCT_AUGMENT_SOLARIZE:
      for (float& value : x.c) {
        value = value >= op.value ? 1 - value : value;
      }
      return;
    case SCT_AUGMENT_EQUALIZE:
      for (int c = 0; c < 3; c++) {
        x.c[c] = statistics.level[c][level_of(x.c[c])];
      }
      return;
    case SCT_AUGMENT_CUTOUT:
      if (is_cut_out(op, index / size, index % size)) {
        x = {};
      }
      return;
    case SCT_AUGMENT_NOISE:
      return add_noise(x, index, op);
    case SCT_AUGMENT_SATURATION_HSV:
      return scale_saturation(x, op.value);
    case SCT_AUGMENT_CLAMP:
      for (float& value : x.c) {
        value = clamp(value);
      }
      return;
    default:  // a blur of one tap
      return;
  }
}

}  // namespace sct::augment::cuda
