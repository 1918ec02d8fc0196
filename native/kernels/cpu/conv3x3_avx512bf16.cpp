// The kernels of 3 x 3 convolutions in bfloat16 with AVX-512 (F, BW, DQ, VL, BF16).
#include "cpu/conv3x3_rows.h"

namespace sct::conv3x3 {
namespace {

struct Bfloat16 {
  using Value = uint16_t;
  static constexpr int kPack = 2;

  static __m512 multiply_add(__m512 a, __m512 b, __m512 sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
  static void store(__m512 sum, uint16_t* out) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(sum)));
  }
};

// In the gradient of the weights the two values of a unit are those of a channel that neighbouring
// pixels of the output come from.

__m512i widened(const uint16_t* p) {
  return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}

void store_pairs(__m512i left, __m512i right, float* out) {
  _mm512_storeu_si512(out, _mm512_or_si512(left, _mm512_slli_epi32(right, 16)));
}

// A row of an image between columns of zeros, each pixel with the one `stride` to its right, [width
// + 2, in], as far as pairs are whole; the rest is left as it is. Only zeros above and below the
// image.
void pair_row(const uint16_t* image, int64_t row, Shape shape, float* out) {
  const int64_t channels = shape.in;
  const int64_t width = shape.in_width();
  const int64_t pairs = width + 2 - shape.stride;
  if (row < 0 || row >= shape.in_height()) {
    memset(out, 0, static_cast<size_t>(pairs * channels) * sizeof(float));
    return;
  }
  const uint16_t* x = image + row * width * channels;
  const auto pixel = [&](int64_t w, int64_t c) {
    return w < 0 || w >= width ? _mm512_setzero_si512() : widened(x + w * channels + c);
  };
  for (int64_t w = 0; w < pairs; w++) {
    for (int64_t c = 0; c < channels; c += kLanes) {
      store_pairs(pixel(w - 1, c), pixel(w - 1 + shape.stride, c), out + w * channels + c);
    }
  }
}

// [pixels, channels] to [pixels / 2, channels].
void pair_pixels(const uint16_t* dy, int64_t pixels, int64_t channels, float* out) {
  for (int64_t p = 0; p < pixels; p += 2) {
    for (int64_t c = 0; c < channels; c += kLanes) {
      const uint16_t* from = dy + p * channels + c;
      store_pairs(widened(from), widened(from + channels), out + p / 2 * channels + c);
    }
  }
}

// Rows of the gradient of an output, and the rows of the image below, as pair_row has them.
struct Band {
  // [rows_below, in_width + 2, in] and [rows, width / 2, out].
  const float* x;
  const float* dy;
  int64_t rows;
};

// kI input channels and kB vectors of output channels of one tap, whose sums stay in registers.
template <int kI, int kB>
void gradient_tile(const Band& band, Shape shape, int64_t tap, int64_t i, int64_t o, float* grad) {
  __m512 sums[kI][kB];
#pragma GCC unroll 16
  for (int c = 0; c < kI; c++) {
#pragma GCC unroll 2
    for (int b = 0; b < kB; b++) {
      sums[c][b] = _mm512_loadu_ps(grad + c * shape.out + b * kLanes);
    }
  }
  for (int64_t r = 0; r < band.rows; r++) {
    const float* x =
        band.x + (r * shape.stride + tap / 3) * padded_row(shape) + tap % 3 * shape.in + i;
    const float* dy = band.dy + r * shape.width / 2 * shape.out + o;
    for (int64_t w = 0; w < shape.width; w += 2) {
      __m512 gradient[kB];
#pragma GCC unroll 2
      for (int b = 0; b < kB; b++) {
        gradient[b] = _mm512_loadu_ps(dy + b * kLanes);
      }
#pragma GCC unroll 16
      for (int c = 0; c < kI; c++) {
        const __m512 unit = _mm512_set1_ps(x[c]);
#pragma GCC unroll 2
        for (int b = 0; b < kB; b++) {
          sums[c][b] = Bfloat16::multiply_add(unit, gradient[b], sums[c][b]);
        }
      }
      x += 2 * shape.stride * shape.in;
      dy += shape.out;
    }
  }
#pragma GCC unroll 16
  for (int c = 0; c < kI; c++) {
#pragma GCC unroll 2
    for (int b = 0; b < kB; b++) {
      _mm512_storeu_ps(grad + c * shape.out + b * kLanes, sums[c][b]);
    }
  }
}

void gradient_band(const Band& band, Shape shape, float* grad) {
  for (int64_t tap = 0; tap < kTaps; tap++, grad += shape.in * shape.out) {
    int64_t o = 0;
    for (; o + 2 * kLanes <= shape.out; o += 2 * kLanes) {
      for (int64_t i = 0; i < shape.in; i += 8) {
        gradient_tile<8, 2>(band, shape, tap, i, o, grad + i * shape.out + o);
      }
    }
    if (o < shape.out) {
      for (int64_t i = 0; i < shape.in; i += 16) {
        gradient_tile<16, 1>(band, shape, tap, i, o, grad + i * shape.out + o);
      }
    }
  }
}

void weight_gradient(const void* image, const void* gradient, float* grad, Shape shape,
                     float* workspace) {
  const auto* x = static_cast<const uint16_t*>(image);
  const auto* dy = static_cast<const uint16_t*>(gradient);
  const int64_t most = band_rows(shape);
  const int64_t padded = padded_row(shape);
  float* pairs_of_dy = workspace + rows_below(shape, most) * padded;
  for (int64_t h = 0; h < shape.height; h += most) {
    const int64_t rows = most < shape.height - h ? most : shape.height - h;
    for (int64_t r = 0; r < rows_below(shape, rows); r++) {
      pair_row(x, h * shape.stride + r - 1, shape, workspace + r * padded);
    }
    pair_pixels(dy + h * shape.width * shape.out, rows * shape.width, shape.out, pairs_of_dy);
    gradient_band({workspace, pairs_of_dy, rows}, shape, grad);
  }
}

constexpr Kernels kKernels = {Bfloat16::kPack, forward<Bfloat16>, input_gradient<Bfloat16>,
                              weight_gradient};

}  // namespace

const Kernels& avx512bf16_kernels() { return kKernels; }

}  // namespace sct::conv3x3
