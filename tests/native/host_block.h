// The machine of nt_xent_block.h that is the host: a thread of it plays all threads of a block.
//
// Between barriers a GPU may run warps in any order, and lanes but for what they do together: here
// they run first to last or last to first. What the instructions do is written down from the PTX
// ISA: "Matrix Fragments for mma.m16n8k16 with floating point type", "... for mma.m16n8k8",
// "ldmatrix". Two things are not a GPU's: sums of products are rounded to the nearest, where a GPU
// truncates, and a missing barrier() before shared memory is used again is not noticed.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstring>
#include <deque>
#include <vector>

#include "cuda/nt_xent_block.h"
#include "nt_xent_result.h"

namespace sct::nt_xent::cuda {

enum class Order { kForward, kBackward };

class HostBlock {
 public:
  static constexpr int32_t kWarpsHere = kWarps;
  static constexpr int32_t kLanesHere = kLanesOfWarp;

  explicit HostBlock(Order order) : order_(order) {}

  template <class Body>
  void each_thread(const Body& body) const {
    each(kThreads, body);
  }

  template <class Body>
  void each_warp(const Body& body) const {
    each(kWarps, [&](int32_t warp) { body(warp, warp); });
  }

  template <class Body>
  void each_lane(const Body& body) const {
    each(kLanesOfWarp, [&](int32_t lane) { body(lane, lane); });
  }

  void barrier() const {}

  // Nothing is copied before it is waited for, as may be on a GPU.
  void copy(uint32_t* to, const uint32_t* from, bool present) {
    copies_.push_back({to, from, present});
  }

  void end_of_copies() {
    groups_.push_back(std::move(copies_));
    copies_.clear();
  }

  template <size_t kLeft>
  void wait_for_copies() {
    for (; groups_.size() > kLeft; groups_.pop_front()) {
      for (const Copy& copy : groups_.front()) {
        if (copy.present) {
          std::memcpy(copy.to, copy.from, kCopy);
        } else {
          std::memset(copy.to, 0, kCopy);
        }
      }
    }
  }

  template <class Address>
  void load(uint32_t (&to)[kLanesHere][4], const Address& address) const {
    for (int32_t lane = 0; lane < kLanesHere; lane++) {
      for (int32_t i = 0; i < 4; i++) {
        to[lane][i] = address(8 * i + lane / 4)[lane % 4];
      }
    }
  }

  template <class Address>
  void load_transposed(uint32_t (&to)[kLanesHere][4], const Address& address) const {
    const auto half = [](const uint32_t* row, int32_t column) {
      return row[column / 2] >> (column % 2 * 16) & 0xffffU;
    };
    for (int32_t lane = 0; lane < kLanesHere; lane++) {
      for (int32_t i = 0; i < 4; i++) {
        const int32_t row = 8 * i + lane % 4 * 2;
        to[lane][i] = half(address(row), lane / 4) | half(address(row + 1), lane / 4) << 16;
      }
    }
  }

  template <Operand kOperand>
  void multiply(float (&c)[kLanesHere][4], const uint32_t (&a)[kLanesHere][4],
                const uint32_t (&b)[kLanesHere][4], int32_t first) const {
    constexpr int32_t kNumbers = numbers_in_word(kOperand);
    constexpr int32_t kDepth = 8 * kNumbers;
    float rows[16][kDepth];
    float columns[8][kDepth];
    for (int32_t lane = 0; lane < kLanesHere; lane++) {
      const int32_t group = lane / 4;
      for (int32_t n = 0; n < kNumbers; n++) {
        const int32_t k = lane % 4 * kNumbers + n;
        for (int32_t i = 0; i < 4; i++) {
          rows[group + i % 2 * 8][k + i / 2 * 4 * kNumbers] = number<kOperand>(a[lane][i], n);
        }
        for (int32_t i = 0; i < 2; i++) {
          columns[group][k + i * 4 * kNumbers] = number<kOperand>(b[lane][first + i], n);
        }
      }
    }
    for (int32_t lane = 0; lane < kLanesHere; lane++) {
      for (int32_t i = 0; i < 4; i++) {
        const float* row = rows[lane / 4 + i / 2 * 8];
        const float* column = columns[lane % 4 * 2 + i % 2];
        float sum = 0;
        for (int32_t k = 0; k < kDepth; k++) {
          sum += row[k] * column[k];
        }
        c[lane][i] += sum;
      }
    }
  }

  void swap(LaneSum (&to)[kLanesHere][2], const LaneSum (&from)[kLanesHere][2],
            int32_t mask) const {
    for (int32_t lane = 0; lane < kLanesHere; lane++) {
      to[lane][0] = from[lane ^ mask][0];
      to[lane][1] = from[lane ^ mask][1];
    }
  }

  // To the nearest, ties to even.
  uint32_t bfloat16_pair(float low, float high) const {
    return uint32_t{c10::BFloat16(low).x} | uint32_t{c10::BFloat16(high).x} << 16;
  }

  // To the nearest, ties away from 0. Lower bits than those that TF32 has are 0.
  uint32_t tf32(float value) const {
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    const bool finite = (bits & 0x7f800000U) != 0x7f800000U;
    return finite ? (bits + 0x1000U) & ~kBelowTf32 : bits;
  }

 private:
  static constexpr size_t kCopy = 16;
  static constexpr uint32_t kBelowTf32 = 0x1fff;

  struct Copy {
    uint32_t* to;
    const uint32_t* from;
    bool present;
  };

  template <class Body>
  void each(int32_t count, const Body& body) const {
    for (int32_t i = 0; i < count; i++) {
      body(order_ == Order::kForward ? i : count - 1 - i);
    }
  }

  template <Operand kOperand>
  static float number(uint32_t word, int32_t n) {
    uint32_t bits = word;
    if (kOperand == Operand::kBfloat16) {
      bits = n == 0 ? word << 16 : word & 0xffff0000U;
    }
    float value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    if (kOperand == Operand::kTf32 && value == value) {
      check((bits & kBelowTf32) == 0, "an operand has been rounded to TF32");
    }
    return value;
  }

  Order order_;
  std::vector<Copy> copies_;
  std::deque<std::vector<Copy>> groups_;
};

}  // namespace sct::nt_xent::cuda
