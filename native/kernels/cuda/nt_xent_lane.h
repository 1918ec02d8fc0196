// What a thread does with its candidates of an anchor. For the GPU; the host compiles the same code
// for tests.
#pragma once

#include "cpu/nt_xent.h"
#include "cuda/nt_xent.h"
#include "nt_xent_row.h"

namespace sct::nt_xent::cuda {

SIMCLR_HOST_DEVICE inline LaneSum no_candidates() { return {0, 0, kNone}; }

// (S - shift) / temperature, to base 2, between two bounds. The lower one is far below what float32
// can raise 2 to, so that it can be multiplied by the 0 that its power is. The upper one is 0: the
// shift is the largest S of a row, but S may have been rounded otherwise when that was found. NaN
// stays.
SIMCLR_HOST_DEVICE inline float exponent(float cosine, float shift, float scale) {
  constexpr float kLowest = -256;
  const float y = (cosine - shift) * scale;
  return y < kLowest ? kLowest : y > 0 ? 0 : y;
}

// The same for a shift of 1, with one rounding.
SIMCLR_HOST_DEVICE inline float exponent_from_one(float cosine, float scale) {
  return fmaf(cosine, scale, -scale);
}

SIMCLR_HOST_DEVICE inline void raise(LaneSum& sum, float shift, float scale) {
  const float moved = exponent(sum.largest, shift, scale);
  const float factor = exp2f(moved);
  sum.moment = factor * (sum.moment + moved * sum.sum);
  sum.sum *= factor;
  sum.largest = shift;
}

template <bool kRunning>
SIMCLR_HOST_DEVICE inline void add(LaneSum& sum, float cosine, float scale) {
  if (cosine > sum.largest) {
    if (kRunning) {
      raise(sum, cosine, scale);
    } else {
      sum.largest = cosine;
    }
  }
  const float y =
      kRunning ? exponent(cosine, sum.largest, scale) : exponent_from_one(cosine, scale);
  const float e = exp2f(y);
  sum.sum += e;
  sum.moment = fmaf(e, y, sum.moment);
}

// Adds `from` to `to`.
template <bool kRunning>
SIMCLR_HOST_DEVICE inline void merge(LaneSum& to, LaneSum from, float scale) {
  const float largest = to.largest > from.largest ? to.largest : from.largest;
  if (kRunning) {
    raise(to, largest, scale);
    raise(from, largest, scale);
  }
  to.sum += from.sum;
  to.moment += from.moment;
  to.largest = largest;
}

SIMCLR_HOST_DEVICE inline int64_t positive_of(int64_t row, int64_t images) {
  return row < images ? row + images : row - images;
}

// The sums of anchor `anchor` of the chunk: over its own view, and over the other.
struct AnchorSums {
  LaneSum within;
  LaneSum across;
};

// Those of a lane; neither the anchor nor its positive is among the candidates.
template <bool kRunning>
SIMCLR_HOST_DEVICE inline AnchorSums sums_of_lane(const Forward& pass, int64_t anchor,
                                                  int32_t lane) {
  const int64_t images = pass.outcome.images;
  const float* cosine = pass.chunk.cosine + anchor * 2 * images;
  const int64_t row = pass.chunk.first + anchor;
  // First rows of the anchor's view and of the other; in both the anchor's image is left out.
  const int64_t own = row < images ? 0 : images;
  const int64_t other = images - own;
  const int64_t image = row - own;
  AnchorSums sums = {no_candidates(), no_candidates()};
  for (int64_t i = lane; i < images; i += kLanes) {
    if (i != image) {
      add<kRunning>(sums.within, cosine[own + i], pass.scale);
      add<kRunning>(sums.across, cosine[other + i], pass.scale);
    }
  }
  return sums;
}

// A step of the tree: the first `half` lanes take over what the next `half` have.
template <bool kRunning>
SIMCLR_HOST_DEVICE inline void take_over(AnchorSums* lanes, int32_t lane, int32_t half,
                                         float scale) {
  if (lane < half) {
    merge<kRunning>(lanes[lane].within, lanes[lane + half].within, scale);
    merge<kRunning>(lanes[lane].across, lanes[lane + half].across, scale);
  }
}

// Writes what the sums of all candidates come to, for an anchor whose positive has the cosine
// `positive`.
SIMCLR_HOST_DEVICE inline void finish(const Outcome& to, int64_t row, float positive,
                                      const AnchorSums& sums) {
  const ShiftedSum within = {sums.within.sum, to.running ? sums.within.largest : 1.0F};
  const ShiftedSum across = {sums.across.sum, to.running ? sums.across.largest : 1.0F};
  ShiftedSum all = merged(within, across, to.temperature);
  if (!to.decoupled) {
    all = with_positive(all, positive, to.running, to.temperature);
  }
  to.shift[row] = all.shift;
  to.weight[row] = static_cast<float>(1 / all.sum);
  to.loss[row] = log_ratio(all, positive, to.temperature);
  if (row < to.images) {
    to.hit[row] = positive > sums.across.largest ? 1 : 0;
    to.entropy[row] = entropy_of(across, sums.across.moment, positive, to.temperature);
  }
}

SIMCLR_HOST_DEVICE inline void finish_of_chunk(const Forward& pass, int64_t anchor,
                                               const AnchorSums& sums) {
  const int64_t images = pass.outcome.images;
  const int64_t row = pass.chunk.first + anchor;
  const float* cosine = pass.chunk.cosine + anchor * 2 * images;
  finish(pass.outcome, row, cosine[positive_of(row, images)], sums);
}

// What a factor needs of a row.
struct RowSum {
  float shift;
  float weight;
};

SIMCLR_HOST_DEVICE inline RowSum sum_of(const Factors& factors, int64_t row) {
  return {factors.shift[row], factors.weight[row]};
}

// The factor of a candidate whose terms are in the sums of both rows.
template <bool kRunning>
SIMCLR_HOST_DEVICE inline float factor_of_term(RowSum own, RowSum other, float cosine,
                                               float scale) {
  return kRunning ? exp2f(exponent(cosine, own.shift, scale)) * own.weight +
                        exp2f(exponent(cosine, other.shift, scale)) * other.weight
                  : exp2f(exponent_from_one(cosine, scale)) * (own.weight + other.weight);
}

template <bool kRunning>
SIMCLR_HOST_DEVICE inline float factor_of(const Factors& factors, int64_t row, int64_t candidate,
                                          float cosine) {
  const bool positive = candidate == positive_of(row, factors.images);
  if (candidate == row) {
    return 0;
  }
  if (positive && factors.decoupled) {
    return -2;
  }
  const float factor = factor_of_term<kRunning>(sum_of(factors, row), sum_of(factors, candidate),
                                                cosine, factors.scale);
  return positive ? factor - 2 : factor;
}

// The factors of a lane's candidates, in place.
template <bool kRunning>
SIMCLR_HOST_DEVICE inline void factors_of_lane(const Backward& pass, int64_t anchor, int32_t lane) {
  const int64_t candidates = 2 * pass.factors.images;
  float* row = pass.chunk.cosine + anchor * candidates;
  for (int64_t i = lane; i < candidates; i += kLanes) {
    row[i] = factor_of<kRunning>(pass.factors, pass.chunk.first + anchor, i, row[i]);
  }
}

}  // namespace sct::nt_xent::cuda
