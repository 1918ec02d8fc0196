#include "sct/version.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <cpuid.h>
#include <sys/syscall.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <string>

#include "detail/box.h"
#include "detail/guard.h"

namespace {

#define SCT_TEXT_OF(x) #x
#define SCT_TEXT(x) SCT_TEXT_OF(x)
constexpr const char* kTorchVersion = SCT_TEXT(TORCH_VERSION_MAJOR) "." SCT_TEXT(
    TORCH_VERSION_MINOR) "." SCT_TEXT(TORCH_VERSION_PATCH);
#undef SCT_TEXT
#undef SCT_TEXT_OF

// From "..., TORCH_VERSION=2.13.0, ..." in libtorch's own description, which is compiled into it.
std::string version_in(const std::string& config) {
  const std::string key = "TORCH_VERSION=";
  const size_t at = config.find(key);
  if (at == std::string::npos) {
    sct::fail(SCT_INTERNAL, "libtorch does not state its version");
  }
  const size_t begin = at + key.size();
  return config.substr(begin, config.find_first_not_of("0123456789.", begin) - begin);
}

// Linux lets a process use AMX tiles only after it has asked.
bool amx_permitted() {
  constexpr long kGetSupportedComponents = 0x1021;
  constexpr uint64_t kTileData = uint64_t{1} << 18;
  uint64_t components = 0;
  return syscall(SYS_arch_prctl, kGetSupportedComponents, &components) == 0 &&
         (components & kTileData) != 0;
}

bool amx_bf16_in_cpu() {
  constexpr unsigned kAmxBf16 = 1U << 22;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kAmxBf16) != 0;
}

int32_t cpu_features() {
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  int32_t features = 0;
  features |= __builtin_cpu_supports("avx2") ? SCT_CPU_AVX2 : 0;
  features |= avx512 ? SCT_CPU_AVX512 : 0;
  features |= __builtin_cpu_supports("avx512vbmi") ? SCT_CPU_AVX512_VBMI : 0;
  features |= __builtin_cpu_supports("avx512vnni") ? SCT_CPU_AVX512_VNNI : 0;
  features |= __builtin_cpu_supports("avx512bf16") ? SCT_CPU_AVX512_BF16 : 0;
  features |= amx_bf16_in_cpu() && amx_permitted() ? SCT_CPU_AMX_BF16 : 0;
  return features;
}

}  // namespace

int32_t sct_abi_version(void) { return SCT_ABI_VERSION; }

const char* sct_torch_version(void) { return kTorchVersion; }

sct_status sct_torch_loaded_version(const char** ret_version) {
  return sct::guard("torch_loaded_version", {}, [&] {
    sct::require(ret_version, "ret_version");
    static const std::string version = version_in(at::show_config());
    *ret_version = version.c_str();
  });
}

sct_status sct_build_info(const char** ret_info) {
  return sct::guard("build_info", {}, [&] {
    sct::require(ret_info, "ret_info");
    static const std::string info = std::string("libsimclr_torch for libtorch ") + kTorchVersion +
                                    " (" SCT_BUILD_TORCH_FLAVOUR "), " SCT_BUILD_TYPE
                                    ", compiled by " SCT_BUILD_COMPILER "\n" +
                                    at::show_config() + at::get_parallel_info();
    *ret_info = info.c_str();
  });
}

sct_status sct_cpu_capability(const char** ret_name) {
  return sct::guard("cpu_capability", {}, [&] {
    sct::require(ret_name, "ret_name");
    static const std::string name = at::get_cpu_capability();
    *ret_name = name.c_str();
  });
}

sct_status sct_cpu_features(int32_t* ret_features) {
  return sct::guard("cpu_features", {}, [&] {
    sct::require(ret_features, "ret_features");
    *ret_features = cpu_features();
  });
}
