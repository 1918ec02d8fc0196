#include "cpu/augment_ops.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace sct::augment {
namespace {

constexpr int kLevels = 256;

float clamp(float x) { return std::min(std::max(x, 0.0F), 1.0F); }

// How torchvision turns a float into a byte.
int level(float x) { return static_cast<int>(clamp(x) * 255.999F); }

void equalize(float* plane, int64_t pixels) {
  std::array<int64_t, kLevels> histogram{};
  for (int64_t i = 0; i < pixels; i++) {
    histogram[level(plane[i])]++;
  }
  int last = kLevels - 1;
  while (histogram[last] == 0) {
    last--;
  }
  const int64_t step = (pixels - histogram[last]) / (kLevels - 1);
  std::array<float, kLevels> map;
  int64_t below = 0;
  for (int v = 0; v < kLevels; v++) {
    const int64_t mapped =
        step == 0 ? v : std::min<int64_t>((below + step / 2) / step, kLevels - 1);
    map[v] = static_cast<float>(v == 0 && step != 0 ? 0 : mapped) / 255;
    below += histogram[v];
  }
  for (int64_t i = 0; i < pixels; i++) {
    plane[i] = map[level(plane[i])];
  }
}

struct Words {
  uint32_t w[4];
};

// Philox4x32-10 (Salmon et al., SC 2011) of counter (c0, 0, 0, 0).
Words philox(uint32_t c0, uint32_t k0, uint32_t k1) {
  uint32_t c1 = 0;
  uint32_t c2 = 0;
  uint32_t c3 = 0;
  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = uint64_t{0xD2511F53} * c0;
    const uint64_t product1 = uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<uint32_t>(product1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(product1);
    c2 = static_cast<uint32_t>(product0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(product0);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return {{c0, c1, c2, c3}};
}

constexpr double kStep = 0x1p-24;
constexpr double kTurn = 6.283185307179586;

double radius(uint32_t word) { return std::sqrt(-2 * std::log((word >> 8) * kStep + kStep)); }

double angle(uint32_t word) { return kTurn * ((word >> 8) * kStep); }

}  // namespace

void equalize(const Planes& planes, int32_t size) {
  for (float* plane : planes.channel) {
    equalize(plane, static_cast<int64_t>(size) * size);
  }
}

void cutout(const Planes& planes, int32_t size, const sct_augment_op& op) {
  const auto [top, left, height, width] = op.integers;
  for (float* plane : planes.channel) {
    for (int32_t y = top; y < top + height; y++) {
      std::fill_n(plane + static_cast<int64_t>(y) * size + left, width, 0.0F);
    }
  }
}

void noise(const Planes& planes, int32_t size, const sct_augment_op& op) {
  const int64_t pixels = static_cast<int64_t>(size) * size;
  const auto k0 = static_cast<uint32_t>(op.integers[0]);
  const auto k1 = static_cast<uint32_t>(op.integers[1]);
  for (int64_t i = 0; i < pixels; i++) {
    const Words words = philox(static_cast<uint32_t>(i), k0, k1);
    const double normal[3] = {radius(words.w[0]) * std::cos(angle(words.w[1])),
                              radius(words.w[0]) * std::sin(angle(words.w[1])),
                              radius(words.w[2]) * std::cos(angle(words.w[3]))};
    for (int c = 0; c < 3; c++) {
      float& x = planes.channel[c][i];
      x = clamp(static_cast<float>(x + op.value * normal[c]));
    }
  }
}

void rotate(const Planes& in, int32_t size, int32_t quarter_turns, const Planes& out) {
  const int64_t n = size;
  for (int c = 0; c < 3; c++) {
    const float* from = in.channel[c];
    float* to = out.channel[c];
    for (int64_t y = 0; y < n; y++) {
      for (int64_t x = 0; x < n; x++) {
        const int64_t source = quarter_turns == 0   ? y * n + x
                               : quarter_turns == 1 ? x * n + (n - 1 - y)
                               : quarter_turns == 2 ? (n - 1 - y) * n + (n - 1 - x)
                                                    : (n - 1 - x) * n + y;
        to[y * n + x] = from[source];
      }
    }
  }
}

void sobel(const Planes& in, int32_t size, const Planes& out) {
  const int64_t n = size;
  const auto at = [n](int64_t i) { return std::min(std::max<int64_t>(i, 0), n - 1); };
  const auto gray = [&](int64_t y, int64_t x) {
    const int64_t i = at(y) * n + at(x);
    return 0.2989F * in.channel[0][i] + 0.587F * in.channel[1][i] + 0.114F * in.channel[2][i];
  };
  for (int64_t y = 0; y < n; y++) {
    for (int64_t x = 0; x < n; x++) {
      const float gx = gray(y - 1, x + 1) - gray(y - 1, x - 1) +
                       2 * (gray(y, x + 1) - gray(y, x - 1)) + gray(y + 1, x + 1) -
                       gray(y + 1, x - 1);
      const float gy = gray(y + 1, x - 1) - gray(y - 1, x - 1) +
                       2 * (gray(y + 1, x) - gray(y - 1, x)) + gray(y + 1, x + 1) -
                       gray(y - 1, x + 1);
      const float magnitude = clamp(std::sqrt(gx * gx + gy * gy) / 4);
      for (float* plane : out.channel) {
        plane[y * n + x] = magnitude;
      }
    }
  }
}

}  // namespace sct::augment
