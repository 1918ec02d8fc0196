// The forward kernel of 3 x 3 convolutions over an element E, which an including file defines: its
// type Value, how many make a unit (kPack), a multiply-add of 16 units, and a store of 16 sums.
//
// Everything is in an unnamed namespace: each file that includes this has its own copy, compiled
// for its own instruction set. Nothing of the C++ library is used, for the same reason.
#pragma once

#include <immintrin.h>
#include <string.h>

#include "cpu/conv3x3.h"

namespace sct::conv3x3 {
namespace {

// A row of an image, as units, between columns of zeros; only zeros above and below the image.
template <class E>
void copy_row(const typename E::Value* x, int64_t row, Shape shape, float* out) {
  const int64_t side = shape.in / E::kPack;
  const int64_t units = shape.width * side;
  if (row < 0 || row >= shape.height) {
    memset(out, 0, static_cast<size_t>(units + 2 * side) * sizeof(float));
    return;
  }
  memset(out, 0, static_cast<size_t>(side) * sizeof(float));
  memcpy(out + side, x + row * shape.width * shape.in, static_cast<size_t>(units) * sizeof(float));
  memset(out + side + units, 0, static_cast<size_t>(side) * sizeof(float));
}

// Asks for a row of which copy_row comes next but one.
template <class E>
void prefetch_row(const typename E::Value* x, int64_t row, Shape shape) {
  if (row >= shape.height) {
    return;
  }
  const auto bytes = shape.width * shape.in * static_cast<int64_t>(sizeof(typename E::Value));
  const auto* from = reinterpret_cast<const char*>(x) + row * bytes;
  for (int64_t i = 0; i < bytes; i += 64) {
    _mm_prefetch(from + i, _MM_HINT_T0);
  }
}

// kP pixels of a row and kB vectors of output channels, whose sums stay in registers. A vector of
// weights serves all the pixels, and a unit of the input all the vectors.
//
// kSide is the number of units of a pixel where it is known, so that addresses are constants.
template <class E, int kSide, int kP, int kB>
inline void forward_tile(const float* const rows[3], const float* kernel, Shape shape, int64_t w,
                         typename E::Value* y) {
  const int64_t side = kSide > 0 ? kSide : shape.in / E::kPack;
  __m512 sums[kP][kB];
#pragma GCC unroll 16
  for (int p = 0; p < kP; p++) {
#pragma GCC unroll 2
    for (int b = 0; b < kB; b++) {
      sums[p][b] = _mm512_setzero_ps();
    }
  }
  for (int kh = 0; kh < 3; kh++) {
    for (int kw = 0; kw < 3; kw++) {
      const float* x = rows[kh] + (w + kw) * side;
      for (int64_t i = 0; i < side; i++, kernel += shape.out) {
        __m512 weights[kB];
#pragma GCC unroll 2
        for (int b = 0; b < kB; b++) {
          weights[b] = _mm512_loadu_ps(kernel + b * kLanes);
        }
#pragma GCC unroll 16
        for (int p = 0; p < kP; p++) {
          const __m512 unit = _mm512_set1_ps(x[p * side + i]);
#pragma GCC unroll 2
          for (int b = 0; b < kB; b++) {
            sums[p][b] = E::multiply_add(unit, weights[b], sums[p][b]);
          }
        }
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < kP; p++) {
#pragma GCC unroll 2
    for (int b = 0; b < kB; b++) {
      E::store(sums[p][b], y + (w + p) * shape.out + b * kLanes);
    }
  }
}

template <class E, int kSide>
void forward_row(const float* const rows[3], const float* kernel, Shape shape,
                 typename E::Value* y) {
  int64_t o = 0;
  for (; o + 2 * kLanes <= shape.out; o += 2 * kLanes) {
    for (int64_t w = 0; w < shape.width; w += kPixels) {
      forward_tile<E, kSide, kPixels, 2>(rows, kernel + o, shape, w, y + o);
    }
  }
  if (o < shape.out) {
    int64_t w = 0;
    for (; w + 2 * kPixels <= shape.width; w += 2 * kPixels) {
      forward_tile<E, kSide, 2 * kPixels, 1>(rows, kernel + o, shape, w, y + o);
    }
    if (w < shape.width) {
      forward_tile<E, kSide, kPixels, 1>(rows, kernel + o, shape, w, y + o);
    }
  }
}

template <class E, int kSide>
void forward_rows(const void* image, const float* kernel, void* out, Shape shape,
                  float* workspace) {
  const auto* x = static_cast<const typename E::Value*>(image);
  auto* y = static_cast<typename E::Value*>(out);
  const int64_t units = (shape.width + 2) * shape.in / E::kPack;
  // Three rows, in turn.
  const auto row = [&](int64_t h) { return workspace + (h + 3) % 3 * units; };
  copy_row<E>(x, -1, shape, row(-1));
  copy_row<E>(x, 0, shape, row(0));
  for (int64_t h = 0; h < shape.height; h++) {
    copy_row<E>(x, h + 1, shape, row(h + 1));
    prefetch_row<E>(x, h + 2, shape);
    const float* const rows[3] = {row(h - 1), row(h), row(h + 1)};
    forward_row<E, kSide>(rows, kernel, shape, y + h * shape.width * shape.out);
  }
}

template <class E>
void forward(const void* x, const float* kernel, void* y, Shape shape, float* workspace) {
  switch (shape.in) {
    case 16:
      return forward_rows<E, 16 / E::kPack>(x, kernel, y, shape, workspace);
    case 32:
      return forward_rows<E, 32 / E::kPack>(x, kernel, y, shape, workspace);
    default:
      return forward_rows<E, 0>(x, kernel, y, shape, workspace);
  }
}

}  // namespace
}  // namespace sct::conv3x3
