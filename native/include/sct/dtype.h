/* Element types and memory formats, numbered as in libtorch. */
#ifndef SCT_DTYPE_H
#define SCT_DTYPE_H

#include "status.h"

enum {
  SCT_UINT8 = 0,
  SCT_INT8 = 1,
  SCT_INT16 = 2,
  SCT_INT32 = 3,
  SCT_INT64 = 4,
  SCT_FLOAT16 = 5,
  SCT_FLOAT32 = 6,
  SCT_FLOAT64 = 7,
  SCT_BOOL = 11,
  SCT_BFLOAT16 = 15,
  /* Where a function converts: keep the dtype. */
  SCT_DTYPE_KEEP = -1
};

enum {
  SCT_CONTIGUOUS = 0,
  SCT_PRESERVE = 1,
  /* Four dimensions [N, C, H, W], stored as N, H, W, C. */
  SCT_CHANNELS_LAST = 2
};

#endif
