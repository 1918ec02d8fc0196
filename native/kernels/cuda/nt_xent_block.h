// What a block of threads does for NT-Xent on tensor cores. For the GPU; the host compiles the same
// code for tests.
//
// `Machine` runs the threads. It says for how many warps and lanes of a block the code that it
// calls has variables: one of each on a GPU, where every thread has its own, and all on the host.
// Variables of lanes are arrays [Machine::kWarpsHere] and [Machine::kLanesHere], and what a body is
// given beside a warp or a lane is its place in them.
//   each_thread(body), each_warp(body), each_lane(body)   body(thread), body(warp, place), ...
//   copy(to, from, present)   copies 16 bytes to shared memory some time, zeros unless `present`;
//   end_of_copies()           ends a group of copies;
//   wait_for_copies<n>()      waits for all groups but the last n, of all threads, for all threads;
//   barrier()                 waits for all threads;
//   load(to, address)         matrices of 8 rows of 16 bytes, which lane l has address(l) of: those
//                             of matrix i are from lanes 8 i on. Word i of lane l is word l % 4 of
//                             row l / 4 of matrix i (ldmatrix.x4);
//   load_transposed(to, address)   likewise, but in halves of words: those of word i of lane l are
//                             of rows 2 (l % 4) and 2 (l % 4) + 1, column l / 4
//                             (ldmatrix.x4.trans);
//   multiply<operand>(c, a, b, first)   adds a product to 16 rows and 8 columns, with words `first`
//                             and first + 1 of b (mma.m16n8k16 of bfloat16, mma.m16n8k8 of TF32);
//   swap(to, from, mask)      lane l gets what lane l ^ mask has;
//   bfloat16_pair(low, high)  both rounded to bfloat16, in a word;
//   tf32(value)               rounded to TF32, as a word.
// Lane l has of a product the rows l / 4 and l / 4 + 8, and of them the columns 2 (l % 4) and
// 2 (l % 4) + 1: in this order c[0] and c[1], then c[2] and c[3].
#pragma once

#include <string.h>

#include "cuda/nt_xent_fused.h"
#include "cuda/nt_xent_lane.h"
#include "host_device.h"

namespace sct::nt_xent::cuda {

constexpr int32_t kLanesOfWarp = 32;
constexpr int32_t kThreads = kWarps * kLanesOfWarp;

// Sizes that follow from an operand and the length of a row.
template <Operand kOperand_, int32_t kDepth_>
struct Shape {
  static constexpr Operand kOperand = kOperand_;
  static constexpr int32_t kDepth = kDepth_;
  static constexpr int32_t kWords = kDepth / numbers_in_word(kOperand);
  // Words from row to row in shared memory, so that eight rows are in different banks.
  static constexpr int32_t kStride = kWords + 4;
  static constexpr int32_t kTile = tile_of(kWords);
  // Products that have the candidates of a tile, or the numbers of a row, as columns.
  static constexpr int32_t kColumns = kTile / 8;
  static constexpr int32_t kDepthColumns = kDepth / 8;
  // The anchors, and two tiles: one to compute with while the other is being copied.
  static constexpr int32_t kSharedWords = (kAnchors + 2 * kTile) * kStride;
  static_assert(kSharedWords * sizeof(uint32_t) <= 99 * 1024, "what a block may have");
};

// Calls body(shape) with the shape of an operand and a length that there are kernels for.
template <class Body>
auto with_shape(Operand operand, int32_t depth, const Body& body) {
  const bool bfloat16 = operand == Operand::kBfloat16;
  switch (depth) {
    case 64:
      return bfloat16 ? body(Shape<Operand::kBfloat16, 64>()) : body(Shape<Operand::kTf32, 64>());
    case 128:
      return bfloat16 ? body(Shape<Operand::kBfloat16, 128>()) : body(Shape<Operand::kTf32, 128>());
    default:  // 256
      return bfloat16 ? body(Shape<Operand::kBfloat16, 256>()) : body(Shape<Operand::kTf32, 256>());
  }
}

// Rows [first, end).
struct Range {
  int32_t first;
  int32_t end;
};

SIMCLR_HOST_DEVICE inline Range range_of_part(Range whole, Parts parts, int32_t part,
                                              int32_t tile) {
  const int32_t first = whole.first + part * parts.tiles * tile;
  const int32_t end = first + parts.tiles * tile;
  return {first, end < whole.end ? end : whole.end};
}

// The row of a lane's c[2 half] and c[2 half + 1], and the first of the columns of c[0] to c[3].
SIMCLR_HOST_DEVICE inline int32_t row_of(int32_t block, int32_t warp, int32_t lane, int32_t half) {
  return block * kAnchors + warp * 16 + half * 8 + lane / 4;
}

SIMCLR_HOST_DEVICE inline int32_t column_of(int32_t lane) { return lane % 4 * 2; }

// Copies rows, zeros from `end` on.
template <class Shape, class Machine>
SIMCLR_DEVICE void copy_rows(Machine& machine, const Rows& rows, Range range, int32_t count,
                             uint32_t* to) {
  constexpr int32_t kCopies = Shape::kWords / 4;
  machine.each_thread([&](int32_t thread) {
    for (int32_t i = thread; i < count * kCopies; i += kThreads) {
      const int32_t row = i / kCopies;
      const int32_t word = i % kCopies * 4;
      const bool present = range.first + row < range.end;
      const int64_t from = present ? int64_t{range.first + row} * Shape::kWords + word : 0;
      machine.copy(to + row * Shape::kStride + word, rows.words + from, present);
    }
  });
}

// Calls body(anchors, tile, first) with the words of the anchors of a block and of each tile of the
// candidates, and the first row of the tile.
template <class Shape, class Machine, class Body>
SIMCLR_DEVICE void each_tile(Machine& machine, const Rows& rows, int32_t block, Range candidates,
                             uint32_t* shared, const Body& body) {
  uint32_t* tiles = shared + kAnchors * Shape::kStride;
  constexpr int32_t kWordsOfTile = Shape::kTile * Shape::kStride;
  copy_rows<Shape>(machine, rows, {block * kAnchors, 2 * rows.images}, kAnchors, shared);
  copy_rows<Shape>(machine, rows, candidates, Shape::kTile, tiles);
  machine.end_of_copies();
  int32_t current = 0;
  for (int32_t first = candidates.first; first < candidates.end; first += Shape::kTile) {
    const int32_t next = first + Shape::kTile;
    if (next < candidates.end) {
      copy_rows<Shape>(machine, rows, {next, candidates.end}, Shape::kTile,
                       tiles + (1 - current) * kWordsOfTile);
    }
    machine.end_of_copies();
    machine.template wait_for_copies<1>();
    body(shared, tiles + current * kWordsOfTile, first);
    // Before the tile is overwritten.
    machine.barrier();
    current = 1 - current;
  }
}

// The products of the anchors of a warp and the candidates of a tile.
template <class Shape, class Machine>
SIMCLR_DEVICE void multiply_rows(Machine& machine, const uint32_t* anchors, const uint32_t* tile,
                                 float (&c)[Shape::kColumns][Machine::kLanesHere][4]) {
  for (auto& column : c) {
    machine.each_lane([&](int32_t, int32_t at) {
      for (float& value : column[at]) {
        value = 0;
      }
    });
  }
  for (int32_t word = 0; word < Shape::kWords; word += 8) {
    uint32_t a[Machine::kLanesHere][4];
    machine.load(a, [&](int32_t lane) {
      return anchors + lane % 16 * Shape::kStride + word + lane / 16 * 4;
    });
    SIMCLR_UNROLL
    for (int32_t column = 0; column < Shape::kColumns; column += 2) {
      uint32_t b[Machine::kLanesHere][4];
      machine.load(b, [&](int32_t lane) {
        return tile + (column * 8 + lane / 16 * 8 + lane % 8) * Shape::kStride + word +
               lane / 8 % 2 * 4;
      });
      machine.template multiply<Shape::kOperand>(c[column], a, b, 0);
      machine.template multiply<Shape::kOperand>(c[column + 1], a, b, 2);
    }
  }
}

// The cosine of two rows: the same bits in either order.
SIMCLR_HOST_DEVICE inline float cosine_of(float product, float reciprocal, float other) {
  return product * (reciprocal * other);
}

// Adds a tile to the sums of a lane's two anchors, from their products with it. Neither an anchor
// nor its positive, whose cosine is written, is among the candidates.
template <bool kRunning, class Shape, class Machine>
SIMCLR_DEVICE void add_tile(const FusedForward& pass, const int32_t (&row)[2], int32_t lane,
                            int32_t at, Range candidates,
                            const float (&c)[Shape::kColumns][Machine::kLanesHere][4],
                            LaneSum (&sums)[2]) {
  const int32_t images = pass.rows.images;
  SIMCLR_UNROLL
  for (int32_t half = 0; half < 2; half++) {
    // The last anchors of the last block are none.
    if (row[half] >= 2 * images) {
      continue;
    }
    const auto positive = static_cast<int32_t>(positive_of(row[half], images));
    const float reciprocal = pass.rows.reciprocal[row[half]];
    SIMCLR_UNROLL
    for (int32_t i = 0; i < 2 * Shape::kColumns; i++) {
      const int32_t candidate = candidates.first + i / 2 * 8 + column_of(lane) + i % 2;
      if (candidate >= candidates.end || candidate == row[half]) {
        continue;
      }
      const float cosine =
          cosine_of(c[i / 2][at][2 * half + i % 2], reciprocal, pass.rows.reciprocal[candidate]);
      if (candidate == positive) {
        pass.positive[row[half]] = cosine;
      } else {
        add<kRunning>(sums[half], cosine, pass.scale);
      }
    }
  }
}

// The sums of the anchors of a block over a part of view 1 or, from pass.parts.count on, of view 2.
template <bool kRunning, class Shape, class Machine>
SIMCLR_DEVICE void forward_of_block(Machine& machine, const FusedForward& pass, int32_t block,
                                    int32_t part, uint32_t* shared) {
  const int32_t images = pass.rows.images;
  const int32_t view = part / pass.parts.count;
  const Range candidates = range_of_part({view * images, (view + 1) * images}, pass.parts,
                                         part % pass.parts.count, Shape::kTile);
  LaneSum sums[Machine::kWarpsHere][Machine::kLanesHere][2];
  for (auto& warp : sums) {
    for (auto& lane : warp) {
      lane[0] = no_candidates();
      lane[1] = no_candidates();
    }
  }
  each_tile<Shape>(
      machine, pass.rows, block, candidates, shared,
      [&](const uint32_t* anchors, const uint32_t* tile, int32_t first) {
        machine.each_warp([&](int32_t warp, int32_t here) {
          float c[Shape::kColumns][Machine::kLanesHere][4];
          multiply_rows<Shape>(machine, anchors + warp * 16 * Shape::kStride, tile, c);
          machine.each_lane([&](int32_t lane, int32_t at) {
            const int32_t row[2] = {row_of(block, warp, lane, 0), row_of(block, warp, lane, 1)};
            add_tile<kRunning, Shape, Machine>(pass, row, lane, at, {first, candidates.end}, c,
                                               sums[here][at]);
          });
        });
      });
  // Four lanes have the candidates of an anchor.
  machine.each_warp([&](int32_t warp, int32_t here) {
    for (int32_t mask = 1; mask < 4; mask *= 2) {
      LaneSum others[Machine::kLanesHere][2];
      machine.swap(others, sums[here], mask);
      machine.each_lane([&](int32_t, int32_t at) {
        merge<kRunning>(sums[here][at][0], others[at][0], pass.scale);
        merge<kRunning>(sums[here][at][1], others[at][1], pass.scale);
      });
    }
    machine.each_lane([&](int32_t lane, int32_t at) {
      for (int32_t half = 0; half < 2 && lane % 4 == 0; half++) {
        const int32_t row = row_of(block, warp, lane, half);
        if (row < 2 * images) {
          pass.sums[int64_t{part} * 2 * images + row] = sums[here][at][half];
        }
      }
    });
  });
}

// Writes what the sums of all parts come to, for a row.
template <bool kRunning>
SIMCLR_HOST_DEVICE inline void forward_of_row(const FusedForward& pass, int32_t row) {
  const int64_t rows = 2 * int64_t{pass.rows.images};
  LaneSum views[2] = {no_candidates(), no_candidates()};
  for (int32_t part = 0; part < 2 * pass.parts.count; part++) {
    merge<kRunning>(views[part / pass.parts.count], pass.sums[part * rows + row], pass.scale);
  }
  const int32_t own = row < pass.rows.images ? 0 : 1;
  finish(pass.outcome, row, pass.positive[row], {views[own], views[1 - own]});
}

// Makes a lane's products with a tile the factors of the rows of the products in the gradient of
// its two anchors: 0 for the anchor itself and for its positive.
template <bool kRunning, class Shape, class Machine>
SIMCLR_DEVICE void weigh_tile(const FusedBackward& pass, const int32_t (&row)[2], int32_t lane,
                              int32_t at, Range candidates,
                              float (&c)[Shape::kColumns][Machine::kLanesHere][4]) {
  const int32_t images = pass.rows.images;
  SIMCLR_UNROLL
  for (int32_t half = 0; half < 2; half++) {
    // The last anchors of the last block are none.
    const bool present = row[half] < 2 * images;
    const auto positive = static_cast<int32_t>(positive_of(row[half], images));
    const float reciprocal = present ? pass.rows.reciprocal[row[half]] : 0;
    const RowSum own = present ? sum_of(pass.factors, row[half]) : RowSum{0, 0};
    SIMCLR_UNROLL
    for (int32_t i = 0; i < 2 * Shape::kColumns; i++) {
      const int32_t candidate = candidates.first + i / 2 * 8 + column_of(lane) + i % 2;
      float& value = c[i / 2][at][2 * half + i % 2];
      if (!present || candidate >= candidates.end || candidate == row[half] ||
          candidate == positive) {
        value = 0;
        continue;
      }
      const float other = pass.rows.reciprocal[candidate];
      value =
          other * factor_of_term<kRunning>(own, sum_of(pass.factors, candidate),
                                           cosine_of(value, reciprocal, other), pass.factors.scale);
    }
  }
}

// Adds the products of factors and the candidates of a tile, in bfloat16. Where factors are columns
// of two products, a lane has just those that it must have where they are rows of one.
template <class Shape, class Machine>
SIMCLR_DEVICE void multiply_bfloat16(
    Machine& machine, const float (&factors)[Shape::kColumns][Machine::kLanesHere][4],
    const uint32_t* tile, float (&c)[Shape::kDepthColumns][Machine::kLanesHere][4]) {
  SIMCLR_UNROLL
  for (int32_t column = 0; column < Shape::kColumns; column += 2) {
    uint32_t a[Machine::kLanesHere][4];
    uint32_t rest[Machine::kLanesHere][4];
    machine.each_lane([&](int32_t, int32_t at) {
      SIMCLR_UNROLL
      for (int32_t i = 0; i < 4; i++) {
        const float* pair = factors[column + i / 2][at] + i % 2 * 2;
        a[at][i] = machine.bfloat16_pair(pair[0], pair[1]);
        const uint32_t bits[2] = {a[at][i] << 16, a[at][i] & 0xffff0000U};
        float rounded[2];
        memcpy(rounded, bits, sizeof(rounded));
        rest[at][i] = machine.bfloat16_pair(pair[0] - rounded[0], pair[1] - rounded[1]);
      }
    });
    SIMCLR_UNROLL
    for (int32_t d = 0; d < Shape::kDepthColumns; d += 2) {
      uint32_t b[Machine::kLanesHere][4];
      machine.load_transposed(b, [&](int32_t lane) {
        return tile + (column * 8 + lane % 16) * Shape::kStride + d * 4 + lane / 16 * 4;
      });
      for (int32_t i = 0; i < 2; i++) {
        machine.template multiply<Operand::kBfloat16>(c[d + i], a, b, 2 * i);
        machine.template multiply<Operand::kBfloat16>(c[d + i], rest, b, 2 * i);
      }
    }
  }
}

// The same in TF32. A lane has columns 2 t and 2 t + 1 of the factors, and must have rows t and
// t + 4: so these are what the rows of the tile are ordered as, which changes no sum.
template <class Shape, class Machine>
SIMCLR_DEVICE void multiply_tf32(Machine& machine,
                                 const float (&factors)[Shape::kColumns][Machine::kLanesHere][4],
                                 const uint32_t* tile,
                                 float (&c)[Shape::kDepthColumns][Machine::kLanesHere][4]) {
  SIMCLR_UNROLL
  for (int32_t column = 0; column < Shape::kColumns; column++) {
    uint32_t a[Machine::kLanesHere][4];
    machine.each_lane([&](int32_t, int32_t at) {
      const float* factor = factors[column][at];
      a[at][0] = machine.tf32(factor[0]);
      a[at][1] = machine.tf32(factor[2]);
      a[at][2] = machine.tf32(factor[1]);
      a[at][3] = machine.tf32(factor[3]);
    });
    SIMCLR_UNROLL
    for (int32_t d = 0; d < Shape::kDepthColumns; d += 2) {
      uint32_t b[Machine::kLanesHere][4];
      machine.each_lane([&](int32_t lane, int32_t at) {
        const uint32_t* from =
            tile + (column * 8 + column_of(lane)) * Shape::kStride + d * 8 + lane / 4;
        b[at][0] = from[0];
        b[at][1] = from[Shape::kStride];
        b[at][2] = from[8];
        b[at][3] = from[Shape::kStride + 8];
      });
      machine.template multiply<Operand::kTf32>(c[d], a, b, 0);
      machine.template multiply<Operand::kTf32>(c[d + 1], a, b, 2);
    }
  }
}

// Candidates whose products are added up before they go to memory. Tensor cores truncate sums,
// which adds up to 2^-16 of them in 256 products: two of bfloat16 for each 16 candidates, or two of
// TF32.
constexpr int32_t kCandidatesOfSum = 2048;

// Writes the gradients of the anchors of a block, or adds them to those that are there, and sets
// them to 0.
template <class Shape, class Machine>
SIMCLR_DEVICE void give_gradient(
    Machine& machine, const FusedBackward& pass, int32_t block, int32_t part, bool add,
    float (&gradient)[Machine::kWarpsHere][Shape::kDepthColumns][Machine::kLanesHere][4]) {
  const int32_t rows = 2 * pass.rows.images;
  machine.each_warp([&](int32_t warp, int32_t here) {
    machine.each_lane([&](int32_t lane, int32_t at) {
      SIMCLR_UNROLL
      for (int32_t half = 0; half < 2; half++) {
        const int32_t row = row_of(block, warp, lane, half);
        // The last anchors of the last block are none, and stay 0.
        if (row >= rows) {
          continue;
        }
        float* to = pass.partial + (int64_t{part} * rows + row) * Shape::kDepth + column_of(lane);
        SIMCLR_UNROLL
        for (int32_t d = 0; d < Shape::kDepthColumns; d++) {
          for (int32_t i = 0; i < 2; i++) {
            float& value = gradient[here][d][at][2 * half + i];
            to[d * 8 + i] = add ? to[d * 8 + i] + value : value;
            value = 0;
          }
        }
      }
    });
  });
}

// The gradient of the unit rows of the anchors of a block over a part of all candidates.
template <bool kRunning, class Shape, class Machine>
SIMCLR_DEVICE void backward_of_block(Machine& machine, const FusedBackward& pass, int32_t block,
                                     int32_t part, uint32_t* shared) {
  const Range candidates = range_of_part({0, 2 * pass.rows.images}, pass.parts, part, Shape::kTile);
  float gradient[Machine::kWarpsHere][Shape::kDepthColumns][Machine::kLanesHere][4];
  for (auto& warp : gradient) {
    for (auto& column : warp) {
      for (auto& lane : column) {
        for (float& value : lane) {
          value = 0;
        }
      }
    }
  }
  each_tile<Shape>(
      machine, pass.rows, block, candidates, shared,
      [&](const uint32_t* anchors, const uint32_t* tile, int32_t first) {
        machine.each_warp([&](int32_t warp, int32_t here) {
          float c[Shape::kColumns][Machine::kLanesHere][4];
          multiply_rows<Shape>(machine, anchors + warp * 16 * Shape::kStride, tile, c);
          machine.each_lane([&](int32_t lane, int32_t at) {
            const int32_t row[2] = {row_of(block, warp, lane, 0), row_of(block, warp, lane, 1)};
            weigh_tile<kRunning, Shape, Machine>(pass, row, lane, at, {first, candidates.end}, c);
          });
          if constexpr (Shape::kOperand == Operand::kBfloat16) {
            multiply_bfloat16<Shape>(machine, c, tile, gradient[here]);
          } else {
            multiply_tf32<Shape>(machine, c, tile, gradient[here]);
          }
        });
        const int32_t next = first + Shape::kTile;
        const int32_t done = next - candidates.first;
        if (done % kCandidatesOfSum == 0 || next >= candidates.end) {
          give_gradient<Shape>(machine, pass, block, part, done > kCandidatesOfSum, gradient);
        }
      });
}

// The gradient of a number of a unit row: what all parts and the positive come to.
template <bool kRunning>
SIMCLR_HOST_DEVICE inline void backward_of_number(const FusedBackward& pass, int64_t number) {
  const int64_t numbers = 2 * int64_t{pass.rows.images} * pass.depth;
  const int64_t row = number / pass.depth;
  const int64_t positive = positive_of(row, pass.rows.images);
  float sum = 0;
  for (int32_t part = 0; part < pass.parts.count; part++) {
    sum += pass.partial[part * numbers + number];
  }
  const float factor = factor_of<kRunning>(pass.factors, row, positive, pass.positive[row]);
  pass.gradient[number] = fmaf(factor, pass.unit[positive * pass.depth + number % pass.depth], sum);
}

}  // namespace sct::nt_xent::cuda
