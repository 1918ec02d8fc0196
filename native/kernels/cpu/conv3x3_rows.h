// The kernels of 3 x 3 convolutions that give outputs and gradients of inputs, over an element E,
// which an including file defines: its type Value, how many make a unit (kPack), a multiply-add of
// 16 units, and a store of 16 sums.
//
// Everything is in an unnamed namespace: each file that includes this has its own copy, compiled
// for its own instruction set. Nothing of the C++ library is used, for the same reason.
#pragma once

#include <immintrin.h>
#include <string.h>

#include "cpu/conv3x3.h"

namespace sct::conv3x3 {
namespace {

// [height, width, channels] of values.
struct Image {
  int64_t height;
  int64_t width;
  int64_t channels;
};

// The last rows of an image that were asked for, as units, between columns of zeros. There are only
// zeros above and below the image.
template <class E>
class Rows {
 public:
  using Value = typename E::Value;

  Rows(const void* values, Image image, float* workspace)
      : values_(static_cast<const Value*>(values)),
        image_(image),
        side_(image.channels / E::kPack),
        workspace_(workspace) {}

  // Units of a pixel.
  int64_t side() const { return side_; }

  // The unit of the zeros to the left of a row. Three rows that follow each other are there at a
  // time.
  const float* operator[](int64_t row) const { return at(row); }

  void copy(int64_t row) {
    float* out = at(row);
    const auto units = static_cast<size_t>(image_.width * side_);
    const auto side = static_cast<size_t>(side_);
    if (row < 0 || row >= image_.height) {
      memset(out, 0, (units + 2 * side) * sizeof(float));
      return;
    }
    memset(out, 0, side * sizeof(float));
    memcpy(out + side, from(row), units * sizeof(float));
    memset(out + side + units, 0, side * sizeof(float));
    prefetch(row + 1);
  }

 private:
  float* at(int64_t row) const { return workspace_ + (row + 3) % 3 * (image_.width + 2) * side_; }
  const Value* from(int64_t row) const { return values_ + row * image_.width * image_.channels; }

  void prefetch(int64_t row) const {
    if (row >= image_.height) {
      return;
    }
    const auto* bytes = reinterpret_cast<const char*>(from(row));
    const auto count = image_.width * side_ * static_cast<int64_t>(sizeof(float));
    for (int64_t i = 0; i < count; i += 64) {
      _mm_prefetch(bytes + i, _MM_HINT_T0);
    }
  }

  const Value* values_;
  Image image_;
  int64_t side_;
  float* workspace_;
};

// A tap of a kernel: the units of the input at output pixel 0, and its weights [side, out].
struct Tap {
  const float* x;
  const float* weights;
};

// A row of outputs: each the sum over some taps. `kStep` input pixels lie between those of two
// outputs, `y_step` values between two outputs in memory.
struct Row {
  Tap taps[kTaps];
  int64_t count = 0;
  int64_t side;
  int64_t width;
  int64_t out;
  int64_t y_step;

  void add(const float* x, const float* weights) { taps[count++] = {x, weights}; }
};

// kP pixels of a row and kB vectors of output channels, whose sums stay in registers. A vector of
// weights serves all the pixels, and a unit of the input all the vectors.
//
// kSide is the number of units of a pixel where it is known, so that addresses are constants.
template <class E, int kSide, int kStep, int kP, int kB>
inline void tile(const Row& row, int64_t w, int64_t o, typename E::Value* y) {
  const int64_t side = kSide > 0 ? kSide : row.side;
  __m512 sums[kP][kB];
#pragma GCC unroll 16
  for (int p = 0; p < kP; p++) {
#pragma GCC unroll 2
    for (int b = 0; b < kB; b++) {
      sums[p][b] = _mm512_setzero_ps();
    }
  }
  for (int64_t t = 0; t < row.count; t++) {
    const float* x = row.taps[t].x + w * kStep * side;
    const float* from = row.taps[t].weights + o;
    for (int64_t i = 0; i < side; i++, from += row.out) {
      __m512 weights[kB];
#pragma GCC unroll 2
      for (int b = 0; b < kB; b++) {
        weights[b] = _mm512_loadu_ps(from + b * kLanes);
      }
#pragma GCC unroll 16
      for (int p = 0; p < kP; p++) {
        const __m512 unit = _mm512_set1_ps(x[p * kStep * side + i]);
#pragma GCC unroll 2
        for (int b = 0; b < kB; b++) {
          sums[p][b] = E::multiply_add(unit, weights[b], sums[p][b]);
        }
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < kP; p++) {
#pragma GCC unroll 2
    for (int b = 0; b < kB; b++) {
      E::store(sums[p][b], y + (w + p) * row.y_step + o + b * kLanes);
    }
  }
}

template <class E, int kSide, int kStep>
void tiles(const Row& row, typename E::Value* y) {
  int64_t o = 0;
  for (; o + 2 * kLanes <= row.out; o += 2 * kLanes) {
    for (int64_t w = 0; w < row.width; w += kPixels) {
      tile<E, kSide, kStep, kPixels, 2>(row, w, o, y);
    }
  }
  if (o < row.out) {
    int64_t w = 0;
    for (; w + 2 * kPixels <= row.width; w += 2 * kPixels) {
      tile<E, kSide, kStep, 2 * kPixels, 1>(row, w, o, y);
    }
    if (w < row.width) {
      tile<E, kSide, kStep, kPixels, 1>(row, w, o, y);
    }
  }
}

template <class E, int kStep>
void run(const Row& row, typename E::Value* y) {
  switch (row.side * E::kPack) {
    case 16:
      return tiles<E, 16 / E::kPack, kStep>(row, y);
    case 32:
      return tiles<E, 32 / E::kPack, kStep>(row, y);
    default:
      return tiles<E, 0, kStep>(row, y);
  }
}

// The weights of a tap in a kernel [3, 3, side, out].
inline const float* weights_of(const float* kernel, int64_t kh, int64_t kw, const Row& row) {
  return kernel + (3 * kh + kw) * row.side * row.out;
}

template <class E, int kStride>
void forward_by(const void* x, const float* kernel, void* out, Shape shape, float* workspace) {
  auto* y = static_cast<typename E::Value*>(out);
  Rows<E> rows(x, {shape.in_height(), shape.in_width(), shape.in}, workspace);
  rows.copy(-1);
  for (int64_t h = 0; h < shape.height; h++) {
    for (int64_t r = h == 0 ? 0 : kStride * h + 2 - kStride; r <= kStride * h + 1; r++) {
      rows.copy(r);
    }
    Row row = {{}, 0, rows.side(), shape.width, shape.out, shape.out};
    for (int64_t kh = 0; kh < 3; kh++) {
      for (int64_t kw = 0; kw < 3; kw++) {
        row.add(rows[kStride * h + kh - 1] + kw * row.side, weights_of(kernel, kh, kw, row));
      }
    }
    run<E, kStride>(row, y + h * shape.width * shape.out);
  }
}

template <class E>
void forward(const void* x, const float* kernel, void* y, Shape shape, float* workspace) {
  if (shape.stride == 1) {
    forward_by<E, 1>(x, kernel, y, shape, workspace);
  } else {
    forward_by<E, 2>(x, kernel, y, shape, workspace);
  }
}

// A convolution of dy by the kernel turned around.
template <class E>
void input_gradient_of_stride_1(const float* kernel, typename E::Value* dx, Shape shape,
                                Rows<E>& rows) {
  rows.copy(-1);
  rows.copy(0);
  for (int64_t h = 0; h < shape.height; h++) {
    rows.copy(h + 1);
    Row row = {{}, 0, rows.side(), shape.width, shape.in, shape.in};
    for (int64_t kh = 0; kh < 3; kh++) {
      for (int64_t kw = 0; kw < 3; kw++) {
        row.add(rows[h + kh - 1] + kw * row.side, weights_of(kernel, 2 - kh, 2 - kw, row));
      }
    }
    run<E, 1>(row, dx + h * shape.width * shape.in);
  }
}

// x[2 h + a][2 w + b] went into outputs at h and w by the taps of the middle where a and b are 0,
// and by the last ones where they are 1, then also into those at h + 1 and w + 1 by the first ones.
template <class E>
void input_gradient_of_stride_2(const float* kernel, typename E::Value* dx, Shape shape,
                                Rows<E>& rows) {
  rows.copy(0);
  for (int64_t h = 0; h < shape.height; h++) {
    rows.copy(h + 1);
    for (int64_t a = 0; a < 2; a++) {
      for (int64_t b = 0; b < 2; b++) {
        Row row = {{}, 0, rows.side(), shape.width, shape.in, 2 * shape.in};
        for (int64_t below = 0; below <= a; below++) {
          for (int64_t beside = 0; beside <= b; beside++) {
            row.add(rows[h + below] + (1 + beside) * row.side,
                    weights_of(kernel, 1 + a - 2 * below, 1 + b - 2 * beside, row));
          }
        }
        run<E, 1>(row, dx + ((2 * h + a) * shape.in_width() + b) * shape.in);
      }
    }
  }
}

template <class E>
void input_gradient(const void* dy, const float* kernel, void* out, Shape shape, float* workspace) {
  auto* dx = static_cast<typename E::Value*>(out);
  Rows<E> rows(dy, {shape.height, shape.width, shape.out}, workspace);
  if (shape.stride == 1) {
    input_gradient_of_stride_1<E>(kernel, dx, shape, rows);
  } else {
    input_gradient_of_stride_2<E>(kernel, dx, shape, rows);
  }
}

}  // namespace
}  // namespace sct::conv3x3
