// The kernels of NT-Xent over a vector type V, which an including file defines.
//
// Everything is in an unnamed namespace: each file that includes this has its own copy, compiled
// for its own instruction set. Nothing of the C++ library is used, for the same reason.
#pragma once

#include <string.h>

#include "cpu/nt_xent.h"

namespace sct::nt_xent {
namespace {

// Vectors of a row of a panel: with V::kRows rows they and their operands fill the registers.
constexpr int kVectors = 3;

template <class V>
constexpr int64_t kPanel = static_cast<int64_t>(kVectors) * V::kWidth;

// 2^y for y <= 127, with a relative error of 1e-7; 0 for y below the normal numbers.
template <class V>
inline V exp2(V y) {
  y = V::max(V::set(V::kLowest), y);  // in this order NaN stays
  const V whole = V::round(y);
  const V f = y - whole;
  V p = V::set(0.00015345810970757157F);
  p = V::fma(p, f, V::set(0.0013399930903688073F));
  p = V::fma(p, f, V::set(0.009618489071726799F));
  p = V::fma(p, f, V::set(0.05550328642129898F));
  p = V::fma(p, f, V::set(0.24022646248340607F));
  p = V::fma(p, f, V::set(0.6931471824645996F));
  p = V::fma(p, f, V::set(1.0F));
  return V::times_power(p, whole);
}

// out[kRows, panel] (+)= sum_k a_k b_k. `a` comes in segments of `length` columns, `jump` apart:
// element (row, k) of one is at row * kRow + k * kColumn. `b` is contiguous.
template <class V, int64_t kRow, int64_t kColumn, bool kAdd>
inline void product(const float* a, int64_t jump, int64_t segments, int64_t length, const float* b,
                    float* out) {
  V sum[V::kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < V::kRows; r++) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; v++) {
      sum[r][v] = V::set(0);
    }
  }
  for (int64_t s = 0; s < segments; s++, a += jump) {
    const float* from = a;
    for (int64_t k = 0; k < length; k++, from += kColumn, b += kPanel<V>) {
      const V b0 = V::load(b);
      const V b1 = V::load(b + V::kWidth);
      const V b2 = V::load(b + 2 * V::kWidth);
#pragma GCC unroll 8
      for (int r = 0; r < V::kRows; r++) {
        const V x = V::spread(from + r * kRow);
        sum[r][0] = V::fma(x, b0, sum[r][0]);
        sum[r][1] = V::fma(x, b1, sum[r][1]);
        sum[r][2] = V::fma(x, b2, sum[r][2]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < V::kRows; r++) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; v++) {
      float* to = out + r * kPanel<V> + v * V::kWidth;
      (kAdd ? V::load(to) + sum[r][v] : sum[r][v]).store(to);
    }
  }
}

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// Rows of a panel that are rows of the input.
template <class V>
inline int64_t rows_of(const Layout& layout, int64_t panel) {
  return smaller(layout.images - panel % layout.panels * kPanel<V>, kPanel<V>);
}

// A panel of unit rows.
struct Panel {
  const float* unit;
  int64_t rows;
};

template <class V>
inline Panel panel_of(const Layout& layout, const float* unit, int64_t panel) {
  return {unit + panel * layout.depth * kPanel<V>, rows_of<V>(layout, panel)};
}

// The cosines of two panels of rows of `length` numbers, [panel, panel], kNone where one is no row.
template <class V>
void cosines(int64_t length, Panel a, Panel b, float* out) {
  constexpr int64_t kSide = kPanel<V>;
  const int64_t rows = a.rows;
  const int64_t columns = b.rows;
  for (int64_t r = 0; r < rows; r += V::kRows) {
    product<V, 1, kSide, false>(a.unit + r, 0, 1, length, b.unit, out + r * kSide);
  }
  for (int64_t r = 0; r < rows && columns < kSide; r++) {
    for (int64_t c = columns; c < kSide; c++) {
      out[r * kSide + c] = kNone;
    }
  }
  for (int64_t i = rows * kSide; i < kSide * kSide; i++) {
    out[i] = kNone;
  }
}

// The same of two panels of the rows that the loss is of, and kNone where a row meets itself.
template <class V>
void cosines(const Layout& layout, const float* unit, int64_t row_panel, int64_t column_panel,
             float* out) {
  constexpr int64_t kSide = kPanel<V>;
  const Panel a = panel_of<V>(layout, unit, row_panel);
  cosines<V>(layout.columns, a, panel_of<V>(layout, unit, column_panel), out);
  if (row_panel == column_panel) {
    for (int64_t r = 0; r < a.rows; r++) {
      out[r * kSide + r] = kNone;
    }
  }
}

// Raises the shifts of a panel's sums to `largest`, where that is larger.
template <class V>
void raise(float* largest, float scale, Sums sums, double* moment) {
  float factor[kPanel<V>];
  for (int64_t i = 0; i < kPanel<V>; i += V::kWidth) {
    const V before = V::load(sums.shift + i);
    const V after = V::max(V::load(largest + i), before);
    exp2((before - after) * V::set(scale)).store(factor + i);
    after.store(largest + i);
  }
  for (int64_t i = 0; i < kPanel<V>; i++) {
    if (moment != nullptr) {
      const double moved = (static_cast<double>(sums.shift[i]) - largest[i]) * scale;
      moment[i] = factor[i] * (moment[i] + moved * sums.sum[i]);
    }
    sums.sum[i] *= factor[i];
    sums.shift[i] = largest[i];
  }
}

template <class V>
inline void add_to(double* total, const float* part) {
  for (int64_t i = 0; i < kPanel<V>; i++) {
    total[i] += part[i];
  }
}

// Adds a block of cosines to the sums of its rows, and to those of its columns where `columns` has
// sums.
template <class V, bool kRunning, bool kMoment>
void add_block(const float* block, float scale, Sums rows, Sums columns, double* moment) {
  constexpr int64_t kSide = kPanel<V>;
  if (kRunning) {
    float largest[kSide];
    V down[kVectors] = {V::set(kNone), V::set(kNone), V::set(kNone)};
    for (int64_t r = 0; r < kSide; r++) {
      V across = V::set(kNone);
      for (int v = 0; v < kVectors; v++) {
        const V s = V::load(block + r * kSide + v * V::kWidth);
        across = V::max(across, s);
        down[v] = V::max(down[v], s);
      }
      largest[r] = across.largest();
    }
    raise<V>(largest, scale, rows, kMoment ? moment : nullptr);
    if (columns.sum != nullptr) {
      for (int v = 0; v < kVectors; v++) {
        down[v].store(largest + v * V::kWidth);
      }
      raise<V>(largest, scale, columns, nullptr);
    }
  }
  const V factor = V::set(scale);
  float row_part[kSide];
  float moment_part[kSide];
  V down[kVectors] = {V::set(0), V::set(0), V::set(0)};
  for (int64_t r = 0; r < kSide; r++) {
    V across = V::set(0);
    V weighted = V::set(0);
    for (int v = 0; v < kVectors; v++) {
      const V s = V::load(block + r * kSide + v * V::kWidth);
      const V y =
          kRunning ? (s - V::set(rows.shift[r])) * factor : V::fma(s, factor, V::set(-scale));
      const V e = exp2(y);
      across = across + e;
      if (kMoment) {
        weighted = V::fma(e, y, weighted);
      }
      if (kRunning) {
        if (columns.sum != nullptr) {
          const V shift = V::load(columns.shift + v * V::kWidth);
          down[v] = down[v] + exp2((s - shift) * factor);
        }
      } else {
        down[v] = down[v] + e;
      }
    }
    row_part[r] = across.sum();
    if (kMoment) {
      moment_part[r] = weighted.sum();
    }
  }
  add_to<V>(rows.sum, row_part);
  if (kMoment) {
    add_to<V>(moment, moment_part);
  }
  if (columns.sum != nullptr) {
    float column_part[kSide];
    for (int v = 0; v < kVectors; v++) {
      down[v].store(column_part + v * V::kWidth);
    }
    add_to<V>(columns.sum, column_part);
  }
}

inline Sums at(Sums sums, int64_t row) { return {sums.sum + row, sums.shift + row}; }

// Takes the positives, which are its diagonal, out of a block.
template <class V>
inline void take_positives(float* block, float* positive) {
  for (int64_t r = 0; r < kPanel<V>; r++) {
    positive[r] = block[r * kPanel<V> + r];
    block[r * kPanel<V> + r] = kNone;
  }
}

// Keeps the largest cosine of each row.
template <class V>
void keep_largest(const float* block, float* rival) {
  constexpr int64_t kSide = kPanel<V>;
  for (int64_t r = 0; r < kSide; r++) {
    V across = V::load(block + r * kSide);
    for (int v = 1; v < kVectors; v++) {
      across = V::max(across, V::load(block + r * kSide + v * V::kWidth));
    }
    const float largest = across.largest();
    rival[r] = largest > rival[r] ? largest : rival[r];
  }
}

template <class V, bool kRunning>
void forward_block(const Forward& pass, int64_t row_panel, int64_t column_panel) {
  constexpr int64_t kSide = kPanel<V>;
  alignas(64) float block[kSide * kSide];
  cosines<V>(pass.layout, pass.unit, row_panel, column_panel, block);
  const int64_t row = row_panel * kSide;
  const bool diagonal = row_panel == column_panel;
  const Sums columns = diagonal ? Sums{nullptr, nullptr} : at(pass.rest, column_panel * kSide);
  const int64_t view = pass.layout.panels;
  if (row_panel < view && column_panel >= view && column_panel < 2 * view) {
    if (column_panel == row_panel + view) {
      take_positives<V>(block, pass.positive + row);
    }
    add_block<V, kRunning, true>(block, pass.scale, at(pass.cross, row), columns,
                                 pass.moment + row);
    keep_largest<V>(block, pass.rival + row);
  } else {
    add_block<V, kRunning, false>(block, pass.scale, at(pass.rest, row), columns, nullptr);
  }
}

template <class V>
void forward(const Forward& pass, Range rows, Range columns) {
  for (int64_t c = columns.begin; c < columns.end; c++) {
    const int64_t end = rows.begin == columns.begin ? c + 1 : rows.end;
    for (int64_t r = rows.begin; r < end; r++) {
      if (pass.running) {
        forward_block<V, true>(pass, r, c);
      } else {
        forward_block<V, false>(pass, r, c);
      }
    }
  }
}

// Adds a block of rows against others to the sums of the rows.
template <class V, bool kRunning>
void forward_others_block(const Forward& pass, int64_t row_panel, int64_t other_panel) {
  constexpr int64_t kSide = kPanel<V>;
  constexpr Sums kNoColumns = {nullptr, nullptr};
  alignas(64) float block[kSide * kSide];
  const Others& others = pass.others;
  cosines<V>(pass.layout.columns, panel_of<V>(pass.layout, pass.unit, row_panel),
             panel_of<V>(others.layout, others.unit, other_panel), block);
  const int64_t row = row_panel * kSide;
  if (row_panel < pass.layout.panels && other_panel >= others.layout.panels) {
    add_block<V, kRunning, true>(block, pass.scale, at(pass.cross, row), kNoColumns,
                                 pass.moment + row);
    keep_largest<V>(block, pass.rival + row);
  } else {
    add_block<V, kRunning, false>(block, pass.scale, at(pass.rest, row), kNoColumns, nullptr);
  }
}

template <class V>
void forward_others(const Forward& pass, Range rows, Range others) {
  for (int64_t o = others.begin; o < others.end; o++) {
    for (int64_t r = rows.begin; r < rows.end; r++) {
      if (pass.running) {
        forward_others_block<V, true>(pass, r, o);
      } else {
        forward_others_block<V, false>(pass, r, o);
      }
    }
  }
}

// Of the rows or the columns of a block: their shifts and w.
struct Weights {
  const float* shift;
  const float* weight;
};

// From cosines to the factors of the gradient, e_ij (1 / s_i + 1 / s_j), in place.
template <class V, bool kRunning>
void factors(float factor, Weights rows, Weights columns, float* block) {
  constexpr int64_t kSide = kPanel<V>;
  const V scale = V::set(factor);
  const V minus = V::set(-factor);
  for (int64_t r = 0; r < kSide; r++) {
    const V weight = V::set(rows.weight[r]);
    for (int v = 0; v < kVectors; v++) {
      float* at = block + r * kSide + v * V::kWidth;
      const V s = V::load(at);
      const V other = V::load(columns.weight + v * V::kWidth);
      if (kRunning) {
        const V shift = V::load(columns.shift + v * V::kWidth);
        const V own = exp2((s - V::set(rows.shift[r])) * scale) * weight;
        V::fma(exp2((s - shift) * scale), other, own).store(at);
      } else {
        (exp2(V::fma(s, scale, minus)) * (weight + other)).store(at);
      }
    }
  }
}

template <class V>
void transpose_block(const float* in, float* out) {
  constexpr int64_t kSide = kPanel<V>;
  for (int64_t c = 0; c < kSide; c += V::kWidth) {
    for (int64_t r = 0; r < kSide; r += V::kRows) {
      V::transpose(in + r * kSide + c, kSide, out + c * kSide + r, kSide);
    }
  }
}

// Adds sum_k u_k block_k over the panels of `range` of the rows `from` to the gradient of a panel;
// `blocks` are those of the panels of `range` against it.
template <class V>
void add_gradient(const Backward& pass, const float* from, Range range, const float* blocks,
                  int64_t panel) {
  constexpr int64_t kSide = kPanel<V>;
  const int64_t stride = pass.layout.depth * kSide;
  const float* unit = from + range.begin * stride;
  float* grad = pass.grad + panel * stride;
  for (int64_t d = 0; d < pass.layout.columns; d += V::kRows) {
    product<V, kSide, 1, true>(unit + d * kSide, stride, range.end - range.begin, kSide, blocks,
                               grad + d * kSide);
  }
}

template <class V>
void backward(const Backward& pass, Range rows, Range columns, float* buffer) {
  constexpr int64_t kSide = kPanel<V>;
  constexpr int64_t kBlock = kSide * kSide;
  const bool diagonal = rows.begin == columns.begin;
  const int64_t height = rows.end - rows.begin;
  const int64_t width = columns.end - columns.begin;
  // Block (r, c) of the tile is at c * height + r, its mirror image at r * width + c of the second
  // half. A tile on the diagonal is symmetric, so its mirror images belong to the tile itself.
  float* mirrored = diagonal ? buffer : buffer + height * width * kBlock;
  for (int64_t c = 0; c < width; c++) {
    const int64_t end = diagonal ? c + 1 : height;
    for (int64_t r = 0; r < end; r++) {
      const int64_t row = rows.begin + r;
      const int64_t column = columns.begin + c;
      float* block = buffer + (c * height + r) * kBlock;
      cosines<V>(pass.layout, pass.unit, row, column, block);
      const Weights of_rows = {pass.shift + row * kSide, pass.weight + row * kSide};
      const Weights of_columns = {pass.shift + column * kSide, pass.weight + column * kSide};
      if (pass.running) {
        factors<V, true>(pass.scale, of_rows, of_columns, block);
      } else {
        factors<V, false>(pass.scale, of_rows, of_columns, block);
      }
      if (pass.groups.group == nullptr && column == row + pass.layout.panels) {
        for (int64_t i = 0; i < kSide; i++) {
          float& factor = block[i * kSide + i];
          factor = (pass.decoupled ? 0 : factor) - 2;
        }
      }
      if (row != column) {
        transpose_block<V>(block, mirrored + (r * width + c) * kBlock);
      }
    }
  }
  for (int64_t c = 0; c < width; c++) {
    add_gradient<V>(pass, pass.unit, rows, buffer + c * height * kBlock, columns.begin + c);
  }
  for (int64_t r = 0; !diagonal && r < height; r++) {
    add_gradient<V>(pass, pass.unit, columns, mirrored + r * width * kBlock, rows.begin + r);
  }
}

template <class V>
void backward_others(const Backward& pass, Range rows, Range others, float* buffer) {
  constexpr int64_t kSide = kPanel<V>;
  constexpr int64_t kBlock = kSide * kSide;
  const Others& from = pass.others;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const Weights of_rows = {pass.shift + r * kSide, pass.weight + r * kSide};
    for (int64_t o = others.begin; o < others.end; o++) {
      float* block = buffer + (o - others.begin) * kBlock;
      cosines<V>(pass.layout.columns, panel_of<V>(from.layout, from.unit, o),
                 panel_of<V>(pass.layout, pass.unit, r), block);
      const Weights of_others = {from.shift + o * kSide, from.weight + o * kSide};
      if (pass.running) {
        factors<V, true>(pass.scale, of_others, of_rows, block);
      } else {
        factors<V, false>(pass.scale, of_others, of_rows, block);
      }
    }
    add_gradient<V>(pass, from.unit, others, buffer, r);
  }
}

inline double length_of(const float* v, int64_t count) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int k = 0; k < 8; k++) {
      const double x = v[i + k];
      sums[k] += x * x;
    }
  }
  for (; i < count; i++) {
    const double x = v[i];
    sums[0] += x * x;
  }
  double total = 0;
  for (int k = 0; k < 8; k++) {
    total += sums[k];
  }
  return __builtin_sqrt(total);
}

template <class V>
void pack(const float* v, int64_t rows, const Layout& layout, double* norm, float* panel) {
  constexpr int64_t kSide = kPanel<V>;
  double inverse[kSide] = {};
  for (int64_t r = 0; r < kSide; r++) {
    norm[r] = r < rows ? length_of(v + r * layout.columns, layout.columns) : 1;
    // Not in the other order: the maximum of NaN and eps would be eps.
    inverse[r] = 1 / (norm[r] < layout.eps ? layout.eps : norm[r]);
  }
  for (int64_t r = 0; r < kSide; r += V::kRows) {
    for (int64_t d = 0; d < layout.depth; d += V::kWidth) {
      alignas(64) float part[V::kRows][V::kWidth] = {};
      const int64_t count = smaller(layout.columns - d, V::kWidth);
      for (int64_t i = 0; i < V::kRows && r + i < rows; i++) {
        const float* from = v + (r + i) * layout.columns + d;
        if (count == V::kWidth) {
          for (int64_t k = 0; k < V::kWidth; k++) {
            part[i][k] = static_cast<float>(from[k] * inverse[r + i]);
          }
        } else {
          for (int64_t k = 0; k < count; k++) {
            part[i][k] = static_cast<float>(from[k] * inverse[r + i]);
          }
        }
      }
      V::transpose(part[0], V::kWidth, panel + d * kSide + r, kSide);
    }
  }
}

template <class V>
void unpack(const float* panel, const double* norm, int64_t rows, const Layout& layout,
            double scale, float* grad, float* out) {
  constexpr int64_t kSide = kPanel<V>;
  float factor[kSide];
  float projected[kSide];
  for (int64_t r = 0; r < kSide; r++) {
    projected[r] = norm[r] < layout.eps ? 0 : 1;
    factor[r] = static_cast<float>(scale / (norm[r] < layout.eps ? layout.eps : norm[r]));
  }
  for (int64_t i = 0; i < rows; i += V::kWidth) {
    V along = V::set(0);
    for (int64_t d = 0; d < layout.columns; d++) {
      along = V::fma(V::load(panel + d * kSide + i), V::load(grad + d * kSide + i), along);
    }
    along = V::set(0) - along * V::load(projected + i);
    for (int64_t d = 0; d < layout.columns; d++) {
      const V g = V::load(grad + d * kSide + i);
      (V::fma(V::load(panel + d * kSide + i), along, g) * V::load(factor + i))
          .store(grad + d * kSide + i);
    }
    const int64_t lanes = smaller(rows - i, V::kWidth);
    for (int64_t d = 0; d < layout.columns; d += V::kRows) {
      float* to = out + i * layout.columns + d;
      const int64_t count = smaller(layout.columns - d, V::kRows);
      if (lanes == V::kWidth && count == V::kRows) {
        V::transpose(grad + d * kSide + i, kSide, to, layout.columns);
        continue;
      }
      alignas(64) float part[V::kWidth][V::kRows];
      V::transpose(grad + d * kSide + i, kSide, part[0], V::kRows);
      for (int64_t r = 0; r < lanes; r++) {
        memcpy(to + r * layout.columns, part[r], static_cast<size_t>(count) * sizeof(float));
      }
    }
  }
}

template <class V>
constexpr Kernels kKernels = {kPanel<V>,         V::kWidth,          192 / kPanel<V>,
                              pack<V>,           forward<V>,         backward<V>,
                              forward_others<V>, backward_others<V>, unpack<V>};

}  // namespace
}  // namespace sct::nt_xent
