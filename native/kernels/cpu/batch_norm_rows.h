// The kernels of batch normalisation over a vector type V, which an including file defines.
//
// Everything is in an unnamed namespace: each file that includes this has its own copy, compiled
// for its own instruction set. Nothing of the C++ library is used, for the same reason.
#pragma once

#include <string.h>

#include "cpu/batch_norm.h"

namespace sct::batch_norm {
namespace {

struct Bfloat16 {
  uint16_t bits;
};

// Vectors of a group of columns, whose sums and constants stay in registers.
constexpr int kGroup = 4;

// A block of rows fits into the first-level cache with all its columns, and is so short that
// float32 sums over it lose nothing that matters.
constexpr int64_t kBlockBytes = 16384;
constexpr int64_t kMostBlockRows = 128;
constexpr int64_t kLeastBlockRows = 8;

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t larger(int64_t a, int64_t b) { return a < b ? b : a; }

// The first `count` lanes of a vector in memory, the others 0.
template <class V, class T>
inline V load_part(const T* p, int64_t count) {
  T lanes[V::kWidth] = {};
  memcpy(lanes, p, static_cast<size_t>(count) * sizeof(T));
  return V::load(lanes);
}

template <class V, class T>
inline void store_part(V v, T* p, int64_t count) {
  T lanes[V::kWidth];
  v.store(lanes);
  memcpy(p, lanes, static_cast<size_t>(count) * sizeof(T));
}

// kVectors vectors side by side, the last of them of `tail` lanes where kTail.
template <class V, int kVectors, bool kTail>
struct Lanes {
  int64_t tail;

  template <class T>
  V load(const T* p, int v) const {
    if constexpr (kTail) {
      return load_part<V>(p, tail);
    } else {
      return V::load(p + v * V::kWidth);
    }
  }

  template <class T>
  void store(V value, T* p, int v) const {
    if constexpr (kTail) {
      store_part(value, p, tail);
    } else {
      value.store(p + v * V::kWidth);
    }
  }

  void add_to(V value, double* sums, int v) const {
    float part[V::kWidth];
    value.store(part);
    double* to = sums + v * V::kWidth;
    if constexpr (kTail) {
      for (int64_t i = 0; i < tail; i++) {
        to[i] += part[i];
      }
    } else {
      for (int i = 0; i < V::kWidth; i++) {
        to[i] += part[i];
      }
    }
  }
};

// Calls body.template operator()<kVectors>(lanes, first column, first element, rows) for each block
// of rows and each group of its columns.
template <class V, class T, class Body>
inline void for_groups(Shape shape, const Body& body) {
  const int64_t row_bytes = shape.width * static_cast<int64_t>(sizeof(T));
  const int64_t block = smaller(larger(kBlockBytes / row_bytes, kLeastBlockRows), kMostBlockRows);
  for (int64_t r = 0; r < shape.rows; r += block) {
    const int64_t rows = smaller(shape.rows - r, block);
    int64_t c = 0;
    for (; c + kGroup * V::kWidth <= shape.width; c += kGroup * V::kWidth) {
      body.template run<kGroup>(Lanes<V, kGroup, false>{0}, c, r * shape.width + c, rows);
    }
    for (; c + V::kWidth <= shape.width; c += V::kWidth) {
      body.template run<1>(Lanes<V, 1, false>{0}, c, r * shape.width + c, rows);
    }
    if (c < shape.width) {
      body.template run<1>(Lanes<V, 1, true>{shape.width - c}, c, r * shape.width + c, rows);
    }
  }
}

template <class V, class T>
struct StatisticsBody {
  const Statistics& pass;
  int64_t width;

  template <int kVectors, class L>
  void run(L lanes, int64_t column, int64_t first, int64_t rows) const {
    V origin[kVectors];
    V sum[kVectors];
    V square[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) {
      origin[v] = lanes.load(pass.origin + column, v);
      sum[v] = square[v] = V::set(0);
    }
    const T* x = static_cast<const T*>(pass.x) + first;
    for (int64_t r = 0; r < rows; r++, x += width) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) {
        const V d = lanes.load(x, v) - origin[v];
        sum[v] = sum[v] + d;
        square[v] = V::fma(d, d, square[v]);
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) {
      lanes.add_to(sum[v], pass.sum + column, v);
      lanes.add_to(square[v], pass.square + column, v);
    }
  }
};

// The constants of a group of columns.
template <class V, int kVectors>
struct Constants {
  V mean[kVectors];
  V scale[kVectors];
  V shift[kVectors];

  template <class L>
  Constants(const Columns& columns, L lanes, int64_t column) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) {
      mean[v] = lanes.load(columns.mean + column, v);
      scale[v] = lanes.load(columns.scale + column, v);
      shift[v] = lanes.load(columns.shift + column, v);
    }
  }
};

template <class V, class T, Then kThen>
struct ApplyBody {
  const Apply& pass;
  int64_t width;

  template <int kVectors, class L>
  void run(L lanes, int64_t column, int64_t first, int64_t rows) const {
    const Constants<V, kVectors> constants(pass.columns, lanes, column);
    const T* x = static_cast<const T*>(pass.x) + first;
    const T* shortcut =
        kThen == Then::kAddRelu ? static_cast<const T*>(pass.shortcut) + first : nullptr;
    T* y = static_cast<T*>(pass.y) + first;
    for (int64_t r = 0; r < rows; r++, x += width, y += width) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) {
        V out =
            V::fma(lanes.load(x, v) - constants.mean[v], constants.scale[v], constants.shift[v]);
        if constexpr (kThen == Then::kAddRelu) {
          out = out + lanes.load(shortcut, v);
        }
        // In this order NaN stays.
        lanes.store(kThen == Then::kNothing ? out : V::max(V::set(0), out), y, v);
      }
      if constexpr (kThen == Then::kAddRelu) {
        shortcut += width;
      }
    }
  }
};

template <class V, class T, Then kThen>
struct ReduceBody {
  const Reduce& pass;
  int64_t width;

  template <int kVectors, class L>
  void run(L lanes, int64_t column, int64_t first, int64_t rows) const {
    const Constants<V, kVectors> constants(pass.columns, lanes, column);
    V sum[kVectors];
    V product[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) {
      sum[v] = product[v] = V::set(0);
    }
    constexpr bool kAdd = kThen == Then::kAddRelu;
    const T* x = static_cast<const T*>(pass.x) + first;
    const T* dy = static_cast<const T*>(pass.dy) + first;
    const T* y = kAdd ? static_cast<const T*>(pass.y) + first : nullptr;
    T* dz = kAdd ? static_cast<T*>(pass.dz) + first : nullptr;
    for (int64_t r = 0; r < rows; r++, x += width, dy += width) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) {
        const V d = lanes.load(x, v) - constants.mean[v];
        V g = lanes.load(dy, v);
        if constexpr (kThen == Then::kRelu) {
          g = V::zero_where_cut(g, V::fma(d, constants.scale[v], constants.shift[v]));
        } else if constexpr (kAdd) {
          g = V::zero_where_cut(g, lanes.load(y, v));
          lanes.store(g, dz, v);
        }
        sum[v] = sum[v] + g;
        product[v] = V::fma(g, d, product[v]);
      }
      if constexpr (kAdd) {
        y += width;
        dz += width;
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) {
      lanes.add_to(sum[v], pass.sum + column, v);
      lanes.add_to(product[v], pass.product + column, v);
    }
  }
};

template <class V, class T, Then kThen>
struct ApplyGradientBody {
  const ApplyGradient& pass;
  int64_t width;

  template <int kVectors, class L>
  void run(L lanes, int64_t column, int64_t first, int64_t rows) const {
    const Constants<V, kVectors> constants(pass.columns, lanes, column);
    V along[kVectors];
    V constant[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) {
      along[v] = lanes.load(pass.along + column, v);
      constant[v] = lanes.load(pass.constant + column, v);
    }
    const T* x = static_cast<const T*>(pass.x) + first;
    const T* dy = static_cast<const T*>(pass.dy) + first;
    T* dx = static_cast<T*>(pass.dx) + first;
    for (int64_t r = 0; r < rows; r++, x += width, dy += width, dx += width) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) {
        const V d = lanes.load(x, v) - constants.mean[v];
        V g = lanes.load(dy, v);
        if constexpr (kThen == Then::kRelu) {
          g = V::zero_where_cut(g, V::fma(d, constants.scale[v], constants.shift[v]));
        }
        lanes.store(V::fma(g, constants.scale[v], V::fma(d, along[v], constant[v])), dx, v);
      }
    }
  }
};

template <class V, class T>
void statistics(const Statistics& pass, Shape shape) {
  for_groups<V, T>(shape, StatisticsBody<V, T>{pass, shape.width});
}

template <class V, class T>
void apply(const Apply& pass, Shape shape, Then then) {
  switch (then) {
    case Then::kNothing:
      return for_groups<V, T>(shape, ApplyBody<V, T, Then::kNothing>{pass, shape.width});
    case Then::kRelu:
      return for_groups<V, T>(shape, ApplyBody<V, T, Then::kRelu>{pass, shape.width});
    case Then::kAddRelu:
      return for_groups<V, T>(shape, ApplyBody<V, T, Then::kAddRelu>{pass, shape.width});
  }
}

template <class V, class T>
void reduce(const Reduce& pass, Shape shape, Then then) {
  switch (then) {
    case Then::kNothing:
      return for_groups<V, T>(shape, ReduceBody<V, T, Then::kNothing>{pass, shape.width});
    case Then::kRelu:
      return for_groups<V, T>(shape, ReduceBody<V, T, Then::kRelu>{pass, shape.width});
    case Then::kAddRelu:
      return for_groups<V, T>(shape, ReduceBody<V, T, Then::kAddRelu>{pass, shape.width});
  }
}

template <class V, class T>
void apply_gradient(const ApplyGradient& pass, Shape shape, Then then) {
  if (then == Then::kRelu) {
    for_groups<V, T>(shape, ApplyGradientBody<V, T, Then::kRelu>{pass, shape.width});
  } else {
    for_groups<V, T>(shape, ApplyGradientBody<V, T, Then::kNothing>{pass, shape.width});
  }
}

template <class V, class T>
constexpr Kernels kKernelsOf = {statistics<V, T>, apply<V, T>, reduce<V, T>, apply_gradient<V, T>};

template <class V>
const Kernels& kernels(bool bfloat16) {
  return bfloat16 ? kKernelsOf<V, Bfloat16> : kKernelsOf<V, float>;
}

}  // namespace
}  // namespace sct::batch_norm
