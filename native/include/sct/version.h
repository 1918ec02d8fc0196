/* Versions, build facts and what the processor can do. */
#ifndef SCT_VERSION_H
#define SCT_VERSION_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Changes with every incompatible change of these headers. */
#define SCT_ABI_VERSION 1

/* Processor features that decide which kernels run, as bits. */
enum {
  SCT_CPU_AVX2 = 1,
  /* AVX-512 F, BW, DQ and VL together. */
  SCT_CPU_AVX512 = 2,
  SCT_CPU_AVX512_VBMI = 4,
  SCT_CPU_AVX512_VNNI = 8,
  SCT_CPU_AVX512_BF16 = 16,
  /* AMX tiles with bfloat16, permitted by the operating system. */
  SCT_CPU_AMX_BF16 = 32
};

/* SCT_ABI_VERSION of the library. */
SCT_API int32_t sct_abi_version(void);

/* Version of libtorch that the library was built for, such as "2.13.0". Static text. */
SCT_API const char *sct_torch_version(void);

/* Version that the loaded libtorch states about itself, such as "2.13.0". Static text. */
SCT_API sct_status sct_torch_loaded_version(const char **ret_version);

/* Facts of this build and of libtorch's, several lines of text for people. Static text. */
SCT_API sct_status sct_build_info(const char **ret_info);

/* Name of the instruction set that libtorch's own kernels use: "DEFAULT", "AVX2" or "AVX512".
 * Static text. */
SCT_API sct_status sct_cpu_capability(const char **ret_name);

/* Bits SCT_CPU_... of this processor. */
SCT_API sct_status sct_cpu_features(int32_t *ret_features);

#ifdef __cplusplus
}
#endif

#endif
