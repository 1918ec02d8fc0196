// Numbers of 16 bits in memory, and several side by side. For the GPU; the host compiles the same
// code for tests, except for the instructions that convert (PTX ISA, "cvt").
#pragma once

#include <stdint.h>
#include <string.h>

#include "host_device.h"

namespace sct {

struct Bfloat16 {
  uint16_t bits;
};

// Binary16 of IEEE 754.
struct Float16 {
  uint16_t bits;
};

SIMCLR_HOST_DEVICE inline uint32_t bits_of(float x) {
  uint32_t bits = 0;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

SIMCLR_HOST_DEVICE inline float float_of(uint32_t bits) {
  float x = 0;
  memcpy(&x, &bits, sizeof x);
  return x;
}

SIMCLR_HOST_DEVICE inline float number_of(float x) { return x; }

SIMCLR_HOST_DEVICE inline float number_of(Bfloat16 x) { return float_of(uint32_t{x.bits} << 16); }

SIMCLR_HOST_DEVICE inline float number_of(Float16 x) {
#ifdef __CUDA_ARCH__
  float out = 0;
  asm("cvt.f32.f16 %0, %1;" : "=f"(out) : "h"(x.bits));
  return out;
#else
  const uint32_t sign = (x.bits & 0x8000U) << 16;
  const uint32_t exponent = x.bits >> 10 & 0x1FU;
  const uint32_t fraction = x.bits & 0x3FFU;
  if (exponent == 0) {
    const float size = static_cast<float>(fraction) * 0x1p-24F;
    return float_of(bits_of(size) | sign);
  }
  // Exponents are 15 too large there, and 127 too large here; the last stays the last.
  const uint32_t moved = exponent == 0x1F ? 0xFF : exponent + 112;
  return float_of(sign | moved << 23 | fraction << 13);
#endif
}

// Rounded to the nearest, ties to even; NaN stays NaN.
SIMCLR_HOST_DEVICE inline void round_to(float x, float& to) { to = x; }

SIMCLR_HOST_DEVICE inline void round_to(float x, Bfloat16& to) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(to.bits) : "f"(x));
#else
  const uint32_t bits = bits_of(x);
  to.bits = static_cast<uint16_t>(x == x ? (bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16 : 0x7FC0U);
#endif
}

SIMCLR_HOST_DEVICE inline void round_to(float x, Float16& to) {
#ifdef __CUDA_ARCH__
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(to.bits) : "f"(x));
#else
  const uint32_t sign = bits_of(x) >> 16 & 0x8000U;
  const uint32_t size = bits_of(x) & 0x7FFFFFFFU;
  uint32_t rounded = 0;
  if (x != x) {
    rounded = 0x7E00;
  } else if (size >= bits_of(65520)) {  // halfway between the largest number and the next power
    rounded = 0x7C00;
  } else if (size < bits_of(0x1p-14F)) {  // a multiple of 2^-24, as is what is left next to 0.5
    rounded = bits_of(float_of(size) + 0.5F) - bits_of(0.5F);
  } else {
    rounded = (size - (112U << 23) + 0xFFFU + (size >> 13 & 1U)) >> 13;
  }
  to.bits = static_cast<uint16_t>(sign | rounded);
#endif
}

// Numbers that are loaded and stored in one instruction, from an address that is a multiple of
// their size.
template <class T, int32_t kWidth>
struct alignas(kWidth * sizeof(T)) Pack {
  T at[kWidth];
};

template <class T, int32_t kWidth>
SIMCLR_HOST_DEVICE inline Pack<T, kWidth> load(const void* values, int64_t index) {
  return *reinterpret_cast<const Pack<T, kWidth>*>(static_cast<const T*>(values) + index);
}

template <class T, int32_t kWidth>
SIMCLR_HOST_DEVICE inline void store(const Pack<T, kWidth>& pack, void* values, int64_t index) {
  *reinterpret_cast<Pack<T, kWidth>*>(static_cast<T*>(values) + index) = pack;
}

}  // namespace sct
