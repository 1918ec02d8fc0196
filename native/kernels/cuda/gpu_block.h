// The machine of nt_xent_block.h that is a GPU, of compute capability 8.0 at least: instructions of
// PTX (PTX ISA, "Warp-level matrix instructions" and "cp.async").
//
// Included by nvcc only.
#pragma once

#include <stdint.h>

#include "cuda/nt_xent_fused.h"

namespace sct::nt_xent::cuda {

struct GpuBlock {
  static constexpr int32_t kWarpsHere = 1;
  static constexpr int32_t kLanesHere = 1;

  template <class Body>
  __device__ void each_thread(const Body& body) {
    body(static_cast<int32_t>(threadIdx.x));
  }

  template <class Body>
  __device__ void each_warp(const Body& body) {
    body(static_cast<int32_t>(threadIdx.x / 32), 0);
  }

  template <class Body>
  __device__ void each_lane(const Body& body) {
    body(static_cast<int32_t>(threadIdx.x % 32), 0);
  }

  __device__ void barrier() { __syncthreads(); }

  __device__ void copy(uint32_t* to, const uint32_t* from, bool present) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared(to)), "l"(from),
                 "r"(present ? 16 : 0)
                 : "memory");
  }

  __device__ void end_of_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

  template <int32_t kLeft>
  __device__ void wait_for_copies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(kLeft) : "memory");
    __syncthreads();
  }

  template <class Address>
  __device__ void load(uint32_t (&to)[1][4], const Address& address) {
    uint32_t* w = to[0];
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(w[0]), "=r"(w[1]), "=r"(w[2]), "=r"(w[3])
                 : "r"(shared(address(static_cast<int32_t>(threadIdx.x % 32))))
                 : "memory");
  }

  template <class Address>
  __device__ void load_transposed(uint32_t (&to)[1][4], const Address& address) {
    uint32_t* w = to[0];
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(w[0]), "=r"(w[1]), "=r"(w[2]), "=r"(w[3])
                 : "r"(shared(address(static_cast<int32_t>(threadIdx.x % 32))))
                 : "memory");
  }

  template <Operand kOperand>
  __device__ void multiply(float (&to)[1][4], const uint32_t (&a)[1][4], const uint32_t (&b)[1][4],
                           int32_t first) {
    float* c = to[0];
    if constexpr (kOperand == Operand::kBfloat16) {
      asm volatile(
          "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
          "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
          : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
          : "r"(a[0][0]), "r"(a[0][1]), "r"(a[0][2]), "r"(a[0][3]), "r"(b[0][first]),
            "r"(b[0][first + 1]));
    } else {
      asm volatile(
          "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
          "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
          : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
          : "r"(a[0][0]), "r"(a[0][1]), "r"(a[0][2]), "r"(a[0][3]), "r"(b[0][first]),
            "r"(b[0][first + 1]));
    }
  }

  __device__ void swap(LaneSum (&to)[1][2], const LaneSum (&from)[1][2], int32_t mask) {
    for (int32_t i = 0; i < 2; i++) {
      to[0][i] = {__shfl_xor_sync(kAllLanes, from[0][i].sum, mask),
                  __shfl_xor_sync(kAllLanes, from[0][i].moment, mask),
                  __shfl_xor_sync(kAllLanes, from[0][i].largest, mask)};
    }
  }

  __device__ uint32_t bfloat16_pair(float low, float high) {
    uint32_t word = 0;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
    return word;
  }

  __device__ uint32_t tf32(float value) {
    uint32_t word = 0;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(value));
    return word;
  }

 private:
  static constexpr uint32_t kAllLanes = 0xffffffffU;

  static __device__ uint32_t shared(const uint32_t* address) {
    return static_cast<uint32_t>(__cvta_generic_to_shared(address));
  }
};

}  // namespace sct::nt_xent::cuda
