/* Kinds of device, numbered as in libtorch. A device is a kind and an index; index -1 is the
 * current device of that kind. */
#ifndef SCT_DEVICE_H
#define SCT_DEVICE_H

#include "status.h"

enum {
  SCT_CPU = 0,
  SCT_CUDA = 1,
  /* Where a function converts: keep the device. */
  SCT_DEVICE_KEEP = -1
};

#endif
