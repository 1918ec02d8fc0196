#include "cpu/isa.h"

namespace sct {

bool has_isa(int32_t isa) {
  switch (isa) {
    case SCT_ISA_SCALAR:
      return true;
    case SCT_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case SCT_ISA_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    default:
      return false;
  }
}

}  // namespace sct
