#include "cpu/conv3x3_pass.h"

#include <ATen/Parallel.h>
#include <c10/util/BFloat16.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "cpu/isa.h"

namespace sct::conv3x3 {
namespace {

// Sums of so many groups of images are kept, so that threads do not change the result.
constexpr int64_t kMostPieces = 64;

// Calls body(image, workspace) for all images, on all threads.
template <class Body>
void for_images(int64_t images, int64_t units, const Body& body) {
  at::parallel_for(0, images, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> workspace(static_cast<size_t>(units));
    for (int64_t image = begin; image < end; image++) {
      body(image, workspace.data());
    }
  });
}

const void* at(const void* data, int64_t byte) { return static_cast<const char*>(data) + byte; }
void* at(void* data, int64_t byte) { return static_cast<char*>(data) + byte; }

int64_t bytes_of(const Kernels& kernels, int64_t values) {
  return values * static_cast<int64_t>(sizeof(float)) / kernels.pack;
}

// Bytes of an image and of its output.
int64_t image_bytes(const Kernels& kernels, Shape shape) {
  return bytes_of(kernels, shape.in_height() * shape.in_width() * shape.in);
}
int64_t output_bytes(const Kernels& kernels, Shape shape) {
  return bytes_of(kernels, shape.height * shape.width * shape.out);
}

// Units [3, 3, rows / pack, columns] of value(row, column, kh, kw).
template <class Value>
std::vector<float> units_of(const Kernels& kernels, int64_t rows, int64_t columns,
                            const Value& value) {
  std::vector<float> units(static_cast<size_t>(kTaps * rows / kernels.pack * columns));
  float* unit = units.data();
  for (int64_t tap = 0; tap < kTaps; tap++) {
    for (int64_t row = 0; row < rows; row += kernels.pack) {
      for (int64_t column = 0; column < columns; column++, unit++) {
        *unit = value(row, column, tap / 3, tap % 3);
        if (kernels.pack == 2) {
          const c10::BFloat16 pair[2] = {*unit, value(row + 1, column, tap / 3, tap % 3)};
          static_assert(sizeof pair == sizeof *unit);
          std::memcpy(unit, pair, sizeof pair);
        }
      }
    }
  }
  return units;
}

float element(const Weight& w, int64_t o, int64_t i, int64_t kh, int64_t kw) {
  return w.data[o * w.strides[0] + i * w.strides[1] + kh * w.strides[2] + kw * w.strides[3]];
}

}  // namespace

const Kernels* kernels_of(int32_t isa, bool bfloat16) {
  if (isa != SCT_ISA_AVX512) {
    return nullptr;
  }
  if (!bfloat16) {
    return &avx512_kernels();
  }
  return __builtin_cpu_supports("avx512bf16") ? &avx512bf16_kernels() : nullptr;
}

std::vector<float> units_of_inputs(const Kernels& kernels, const Weight& weight) {
  return units_of(
      kernels, weight.in, weight.out,
      [&](int64_t i, int64_t o, int64_t kh, int64_t kw) { return element(weight, o, i, kh, kw); });
}

std::vector<float> units_of_outputs(const Kernels& kernels, const Weight& weight) {
  return units_of(
      kernels, weight.out, weight.in,
      [&](int64_t o, int64_t i, int64_t kh, int64_t kw) { return element(weight, o, i, kh, kw); });
}

void forward(const Kernels& kernels, int64_t images, Shape shape, const void* x, const float* units,
             void* y) {
  const int64_t x_bytes = image_bytes(kernels, shape);
  const int64_t y_bytes = output_bytes(kernels, shape);
  for_images(images, row_units(shape), [&](int64_t image, float* workspace) {
    kernels.forward(at(x, image * x_bytes), units, at(y, image * y_bytes), shape, workspace);
  });
}

void input_gradient(const Kernels& kernels, int64_t images, Shape shape, const void* dy,
                    const float* units, void* dx) {
  const int64_t x_bytes = image_bytes(kernels, shape);
  const int64_t y_bytes = output_bytes(kernels, shape);
  for_images(images, row_units(shape), [&](int64_t image, float* workspace) {
    kernels.input_gradient(at(dy, image * y_bytes), units, at(dx, image * x_bytes), shape,
                           workspace);
  });
}

void weight_gradient(const Kernels& kernels, int64_t images, Shape shape, const void* x,
                     const void* dy, double* grad) {
  const int64_t pieces = std::min(images, kMostPieces);
  const int64_t values = kTaps * shape.in * shape.out;
  const int64_t x_bytes = image_bytes(kernels, shape);
  const int64_t dy_bytes = output_bytes(kernels, shape);
  std::vector<float> sums(static_cast<size_t>(pieces * values));
  for_images(pieces, gradient_units(shape), [&](int64_t piece, float* workspace) {
    float* sum = sums.data() + piece * values;
    for (int64_t image = images * piece / pieces; image < images * (piece + 1) / pieces; image++) {
      kernels.weight_gradient(at(x, image * x_bytes), at(dy, image * dy_bytes), sum, shape,
                              workspace);
    }
  });
  std::fill_n(grad, values, 0.0);
  for (int64_t piece = 0; piece < pieces; piece++) {
    for (int64_t i = 0; i < values; i++) {
      grad[i] += sums[static_cast<size_t>(piece * values + i)];
    }
  }
}

}  // namespace sct::conv3x3
