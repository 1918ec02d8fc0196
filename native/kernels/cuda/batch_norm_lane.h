// What a thread does in the kernels of batch normalisation. For the GPU; the host compiles the same
// code for tests.
#pragma once

#include <math.h>

#include "cuda/batch_norm.h"
#include "cuda/element.h"
#include "host_device.h"

namespace sct::batch_norm::cuda {

// How a matrix is read: its elements, and how many of a row a thread has.
template <class T, int32_t kWidth_>
struct Format {
  using Element = T;
  static constexpr int32_t kWidth = kWidth_;
};

// Calls body(format) with the format of a matrix.
template <class Body>
auto with_format(const Matrix& matrix, const Body& body) {
  switch (matrix.element) {
    case Element::kBfloat16:
      return matrix.wide ? body(Format<Bfloat16, 8>()) : body(Format<Bfloat16, 1>());
    case Element::kFloat16:
      return matrix.wide ? body(Format<Float16, 8>()) : body(Format<Float16, 1>());
    default:
      return matrix.wide ? body(Format<float, 4>()) : body(Format<float, 1>());
  }
}

template <Then kThen_>
struct Following {
  static constexpr Then kThen = kThen_;
};

// Calls body(following).
template <class Body>
auto with_then(Then then, const Body& body) {
  switch (then) {
    case Then::kNothing:
      return body(Following<Then::kNothing>());
    case Then::kRelu:
      return body(Following<Then::kRelu>());
    default:
      return body(Following<Then::kAddRelu>());
  }
}

// A thread of a block.
struct Place {
  int32_t block;
  int32_t part;
  int32_t lane;
};

template <class Format>
SIMCLR_DEVICE inline int64_t column_of(const Layout& layout, Place place) {
  return (int64_t{place.block} * layout.across + place.lane % layout.across) * Format::kWidth;
}

// Calls body(index of the first of its elements) with each row of a thread. Beyond the last column
// there are none.
template <class Format, class Body>
SIMCLR_DEVICE inline void each_row(const Matrix& matrix, const Layout& layout, Place place,
                                   const Body& body) {
  const int64_t column = column_of<Format>(layout, place);
  if (column >= matrix.channels) {
    return;
  }
  const int64_t first = place.part * layout.rows;
  const int64_t end = first + layout.rows < matrix.rows ? first + layout.rows : matrix.rows;
  const int32_t step = kLanes / layout.across;
  for (int64_t row = first + place.lane / layout.across; row < end; row += step) {
    body(row * matrix.channels + column);
  }
}

// A step of a tree: the first `half` lanes take over what the next `half` have.
template <class Lane>
SIMCLR_DEVICE inline void take_over(Lane* lanes, int32_t lane, int32_t half) {
  if (lane < half) {
    merge(lanes[lane], lanes[lane + half]);
  }
}

// Means of `count` numbers, origin + offset, and sums of (x - mean)^2. The origin is one of the
// numbers, so that float32 loses nothing of a small variance around a large mean. An odd number of
// words, so that lanes are in different banks of shared memory.
template <int32_t kWidth>
struct LaneMoments {
  float origin[kWidth];
  float offset[kWidth];
  float square[kWidth];
  int32_t count;
};

// Chan, Golub and LeVeque 1983, equation 2.1. Lanes without numbers come last.
template <int32_t kWidth>
SIMCLR_DEVICE inline void merge(LaneMoments<kWidth>& to, const LaneMoments<kWidth>& from) {
  if (from.count == 0) {
    return;
  }
  const auto count = static_cast<float>(to.count);
  const auto other = static_cast<float>(from.count);
  const float share = other / (count + other);
  SIMCLR_UNROLL
  for (int32_t i = 0; i < kWidth; i++) {
    const float apart = (from.origin[i] - to.origin[i]) + (from.offset[i] - to.offset[i]);
    to.offset[i] += apart * share;
    to.square[i] += from.square[i] + apart * apart * (count * share);
  }
  to.count += from.count;
}

template <class Format>
SIMCLR_DEVICE inline LaneMoments<Format::kWidth> moments_of_lane(const Statistics& pass,
                                                                 const Layout& layout,
                                                                 Place place) {
  constexpr int32_t kWidth = Format::kWidth;
  using T = typename Format::Element;
  LaneMoments<kWidth> lane = {};
  each_row<Format>(pass.matrix, layout, place, [&](int64_t index) {
    const Pack<T, kWidth> x = load<T, kWidth>(pass.x, index);
    SIMCLR_UNROLL
    for (int32_t i = 0; i < kWidth; i++) {
      const float value = number_of(x.at[i]);
      lane.origin[i] = lane.count == 0 ? value : lane.origin[i];
      const float d = value - lane.origin[i];
      lane.offset[i] += d;
      lane.square[i] = fmaf(d, d, lane.square[i]);
    }
    lane.count++;
  });
  const auto count = static_cast<float>(lane.count > 0 ? lane.count : 1);
  SIMCLR_UNROLL
  for (int32_t i = 0; i < kWidth; i++) {
    const float sum = lane.offset[i];
    lane.offset[i] = sum / count;
    // Rounding may make it negative. NaN stays.
    const float square = fmaf(-sum, lane.offset[i], lane.square[i]);
    lane.square[i] = square < 0 ? 0 : square;
  }
  return lane;
}

// Sums of dz, and of dz (x - mean). With an odd number of words, too.
template <int32_t kWidth>
struct LaneSums {
  float sum[kWidth];
  float product[kWidth];
  float unused;
};

template <int32_t kWidth>
SIMCLR_DEVICE inline void merge(LaneSums<kWidth>& to, const LaneSums<kWidth>& from) {
  SIMCLR_UNROLL
  for (int32_t i = 0; i < kWidth; i++) {
    to.sum[i] += from.sum[i];
    to.product[i] += from.product[i];
  }
}

// Mean, scale and shift of the columns of a thread.
template <int32_t kWidth>
struct Columns {
  float mean[kWidth];
  float scale[kWidth];
  float shift[kWidth];

  // The normalised value of column i. In the backward pass the same bits as in the forward pass.
  SIMCLR_DEVICE float normalized(int32_t i, float x) const {
    return fmaf(x - mean[i], scale[i], shift[i]);
  }
};

// `values` [C] of the columns of a thread; 0 beyond the last.
template <int32_t kWidth>
SIMCLR_DEVICE inline void get_columns(const float* values, int64_t column, int64_t channels,
                                      float* out) {
  SIMCLR_UNROLL
  for (int32_t i = 0; i < kWidth; i++) {
    out[i] = column < channels ? values[column + i] : 0;
  }
}

template <class Format>
SIMCLR_DEVICE inline Columns<Format::kWidth> columns_of(const float* constants,
                                                        const Matrix& matrix, const Layout& layout,
                                                        Place place) {
  constexpr int32_t kWidth = Format::kWidth;
  const int64_t column = column_of<Format>(layout, place);
  const int64_t channels = matrix.channels;
  Columns<kWidth> out;
  get_columns<kWidth>(constants, column, channels, out.mean);
  get_columns<kWidth>(constants + channels, column, channels, out.scale);
  get_columns<kWidth>(constants + 2 * channels, column, channels, out.shift);
  return out;
}

template <class Format, Then kThen>
SIMCLR_DEVICE inline void apply_of_lane(const Apply& pass, const Layout& layout, Place place) {
  constexpr int32_t kWidth = Format::kWidth;
  using T = typename Format::Element;
  const Columns<kWidth> columns = columns_of<Format>(pass.constants, pass.matrix, layout, place);
  each_row<Format>(pass.matrix, layout, place, [&](int64_t index) {
    const Pack<T, kWidth> x = load<T, kWidth>(pass.x, index);
    Pack<T, kWidth> y = x;
    if constexpr (kThen == Then::kAddRelu) {
      y = load<T, kWidth>(pass.shortcut, index);
    }
    SIMCLR_UNROLL
    for (int32_t i = 0; i < kWidth; i++) {
      float value = columns.normalized(i, number_of(x.at[i]));
      if constexpr (kThen == Then::kAddRelu) {
        value += number_of(y.at[i]);
      }
      // NaN stays.
      round_to(kThen != Then::kNothing && value < 0 ? 0 : value, y.at[i]);
    }
    store(y, pass.y, index);
  });
}

template <class Format, Then kThen>
SIMCLR_DEVICE inline LaneSums<Format::kWidth> sums_of_lane(const Reduce& pass, const Layout& layout,
                                                           Place place) {
  constexpr int32_t kWidth = Format::kWidth;
  using T = typename Format::Element;
  const Columns<kWidth> columns = columns_of<Format>(pass.constants, pass.matrix, layout, place);
  LaneSums<kWidth> sums = {};
  each_row<Format>(pass.matrix, layout, place, [&](int64_t index) {
    const Pack<T, kWidth> x = load<T, kWidth>(pass.x, index);
    Pack<T, kWidth> dz = load<T, kWidth>(pass.dy, index);
    if constexpr (kThen == Then::kAddRelu) {
      const Pack<T, kWidth> y = load<T, kWidth>(pass.y, index);
      SIMCLR_UNROLL
      for (int32_t i = 0; i < kWidth; i++) {
        if (number_of(y.at[i]) <= 0) {
          round_to(0, dz.at[i]);
        }
      }
      store(dz, pass.dz, index);
    }
    SIMCLR_UNROLL
    for (int32_t i = 0; i < kWidth; i++) {
      const float value = number_of(x.at[i]);
      float g = number_of(dz.at[i]);
      if (kThen == Then::kRelu && columns.normalized(i, value) <= 0) {
        g = 0;
      }
      sums.sum[i] += g;
      sums.product[i] = fmaf(g, value - columns.mean[i], sums.product[i]);
    }
  });
  return sums;
}

template <class Format, Then kThen>
SIMCLR_DEVICE inline void gradient_of_lane(const ApplyGradient& pass, const Layout& layout,
                                           Place place) {
  constexpr int32_t kWidth = Format::kWidth;
  using T = typename Format::Element;
  const int64_t channels = pass.matrix.channels;
  const int64_t column = column_of<Format>(layout, place);
  const Columns<kWidth> columns = columns_of<Format>(pass.constants, pass.matrix, layout, place);
  float along[kWidth];
  float constant[kWidth];
  get_columns<kWidth>(pass.slopes, column, channels, along);
  get_columns<kWidth>(pass.slopes + channels, column, channels, constant);
  each_row<Format>(pass.matrix, layout, place, [&](int64_t index) {
    const Pack<T, kWidth> x = load<T, kWidth>(pass.x, index);
    Pack<T, kWidth> dx = load<T, kWidth>(pass.dy, index);
    SIMCLR_UNROLL
    for (int32_t i = 0; i < kWidth; i++) {
      const float value = number_of(x.at[i]);
      float g = number_of(dx.at[i]);
      if (kThen == Then::kRelu && columns.normalized(i, value) <= 0) {
        g = 0;
      }
      const float rest = fmaf(value - columns.mean[i], along[i], constant[i]);
      round_to(fmaf(g, columns.scale[i], rest), dx.at[i]);
    }
    store(dx, pass.dx, index);
  });
}

// The parts [parts, 2, C] get what the columns of a block come to, from its first `across` lanes.
template <class Format, class Pass, class Lane>
SIMCLR_DEVICE inline void write_part(const Pass& pass, const Layout& layout, Place place,
                                     const Lane& lane) {
  const int64_t channels = pass.matrix.channels;
  const int64_t column = column_of<Format>(layout, place);
  if (place.lane >= layout.across || column >= channels) {
    return;
  }
  double* first = pass.parts + 2 * channels * place.part + column;
  SIMCLR_UNROLL
  for (int32_t i = 0; i < Format::kWidth; i++) {
    write_column(lane, i, first[i], first[channels + i]);
  }
}

template <int32_t kWidth>
SIMCLR_DEVICE inline void write_column(const LaneMoments<kWidth>& lane, int32_t i, double& mean,
                                       double& square) {
  mean = static_cast<double>(lane.origin[i]) + static_cast<double>(lane.offset[i]);
  square = lane.square[i];
}

template <int32_t kWidth>
SIMCLR_DEVICE inline void write_column(const LaneSums<kWidth>& lane, int32_t i, double& sum,
                                       double& product) {
  sum = lane.sum[i];
  product = lane.product[i];
}

}  // namespace sct::batch_norm::cuda
