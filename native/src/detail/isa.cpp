#include "detail/isa.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "cpu/isa.h"
#include "detail/guard.h"

namespace sct {
namespace {

const char* isa_name(int32_t isa) {
  constexpr const char* kNames[] = {"auto", "scalar", "avx2", "avx512"};
  return kNames[isa];
}

int32_t best_isa() {
  int32_t isa = SCT_ISA_AVX512;
  while (!has_isa(isa)) {
    isa--;
  }
  return isa;
}

int32_t chosen_isa() {
  const char* text = std::getenv("SIMCLR_ISA");
  if (text == nullptr || *text == '\0') {
    return best_isa();
  }
  for (int32_t isa = SCT_ISA_SCALAR; isa <= SCT_ISA_AVX512; isa++) {
    if (std::string_view(text) == isa_name(isa)) {
      return isa;
    }
  }
  fail(SCT_UNSUPPORTED,
       "SIMCLR_ISA is " + std::string(text) + "; allowed: scalar, avx2, avx512, or unset");
}

// Reads the environment once: the JVM changes it for nobody.
int32_t auto_isa() {
  static const int32_t kIsa = chosen_isa();
  return kIsa;
}

}  // namespace

int32_t resolve_isa(int32_t isa) {
  if (isa < SCT_ISA_AUTO || isa > SCT_ISA_AVX512) {
    invalid("isa is " + std::to_string(isa) + "; allowed: SCT_ISA_...");
  }
  const int32_t resolved = isa == SCT_ISA_AUTO ? auto_isa() : isa;
  if (!has_isa(resolved)) {
    fail(SCT_UNSUPPORTED, std::string("this machine has no ") + isa_name(resolved));
  }
  return resolved;
}

}  // namespace sct
