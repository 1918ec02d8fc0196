// The parts of the CPU kernel of NT-Xent, and what its instruction sets provide.
//
// Included by files compiled for an instruction set, so it holds plain types only.
//
// Unit rows are kept in panels: a panel is [depth, width] floats, column r of it being a row of the
// input. Every product of the forward and the backward pass has the form
//   out[rows, width] = sum_k a[rows, k] b[k, width]
// with vectors along `width`. Where rows are two views, the panels of view 1 come first, then those
// of view 2; the last of each is filled up with zero rows. So the positives are the diagonals of
// the blocks of panel p against panel p + panels.
#pragma once

#include <stdint.h>

namespace sct::nt_xent {

// The eps of torch.nn.functional.normalize; see Layout.
constexpr double kEps = 1e-12;

// Stands for "no similarity" where there is no candidate: its exponential is 0.
constexpr float kNone = -1e30F;

struct Layout {
  // Row i of each is of the same image; 1 where rows are just rows.
  int64_t views;
  // Rows of one view.
  int64_t images;
  // Length of a row, D, and that rounded up to what kernels write.
  int64_t columns;
  int64_t depth;
  // Panels of one view.
  int64_t panels;
  // The length of a row below which this is its divisor.
  double eps;
};

// Panels [begin, end).
struct Range {
  int64_t begin;
  int64_t end;
};

// Sums of exp((S - shift) / temperature) over candidates, S being the cosine of a row and a
// candidate. The shift is 1, the largest cosine there is, or, where temperatures are so low that
// such terms would vanish, the largest S so far.
struct Sums {
  double* sum;
  float* shift;
};

// Further candidates of all anchors, with no positive among them: of a queue, or of other
// processes.
struct Others {
  // Two views, those of view 2 being candidates of `Forward::cross`; one view of a queue; no panels
  // where there are none.
  Layout layout;
  // In panels, like the rows.
  const float* unit;
  // Of each, for the backward pass: as anchors of other processes, their shift and w; w is 0 in a
  // queue, whose rows are no anchors. See Backward.
  const float* shift;
  const float* weight;
};

// What the forward pass collects. A row of view 1 has its candidates of view 2 apart, for the
// accuracy and the entropy, and the other view of the same image is in the sum of neither.
struct Forward {
  Layout layout;
  float* unit;
  Others others;
  // log2(e) / temperature.
  float scale;
  bool running;
  // Of each row, over the candidates that `cross` does not have.
  Sums rest;
  // The rest is of two views and more only. Of each row of view 1, over view 2.
  Sums cross;
  // sum of exp((S - shift) / temperature) (S - shift) scale over the same.
  double* moment;
  // S of the positive, and the largest S of the others of view 2.
  float* positive;
  float* rival;
};

// The positives where any number of rows share an image or a label.
struct Groups {
  // Of each row of the input: its group, and 2 / positives, or 0 where it is alone.
  const int64_t* group;
  const float* weight;
  // [groups, depth]: sums of the unit rows.
  const double* sum;
};

// The gradient of the unit rows is
//   sum_j e_ij (w_i + w_j) u_j - (positives of i), with the others among j,
// e_ij = exp((S_ij - shift) / temperature) and w_i = weight of row i / its sum.
struct Backward {
  Layout layout;
  const float* unit;
  Others others;
  float scale;
  bool running;
  // Without groups: a positive is in no sum of its anchor, so that only the - 2 u_pos(i) is left of
  // it.
  bool decoupled;
  // Of each row: the shift of its sum, and w; 0 for the rows that fill up a panel.
  const float* shift;
  const float* weight;
  // - (sum of the other rows of the group) (2 / positives); without groups, of two views, - 2
  // u_pos(i).
  Groups groups;
  // In panels, like `unit`.
  float* grad;
};

// What an instruction set provides.
struct Kernels {
  // Rows of a panel, and what `depth` is a multiple of.
  int32_t width;
  int32_t depth;
  // Panels of the side of a tile of the backward pass.
  int32_t tile;
  // Fills a panel with u = v / max(||v||, eps) of `rows` rows, and `norm` with ||v||.
  void (*pack)(const float* v, int64_t rows, const Layout& layout, double* norm, float* panel);
  // Adds the blocks of `rows` against `columns`, and their mirror images, to the sums. Where both
  // are the same, each pair of rows counts once.
  void (*forward)(const Forward& pass, Range rows, Range columns);
  // Adds the gradient of a tile; `buffer` has room for 2 (tile width)^2 floats.
  void (*backward)(const Backward& pass, Range rows, Range columns, float* buffer);
  // Adds the blocks of `rows` against `others`, panels of Forward::others, to the sums of the rows.
  void (*forward_others)(const Forward& pass, Range rows, Range others);
  // Adds what `others`, at most `tile` panels of Backward::others, give to the gradient of `rows`.
  void (*backward_others)(const Backward& pass, Range rows, Range others, float* buffer);
  // From the gradient of u to that of v, for `rows` rows: dv = (du - u <u, du>) scale / ||v|| where
  // ||v|| >= eps, and du scale / eps elsewhere.
  void (*unpack)(const float* panel, const double* norm, int64_t rows, const Layout& layout,
                 double scale, float* grad, float* out);
};

const Kernels& scalar_kernels();
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();

}  // namespace sct::nt_xent
