/* Status codes and the error text of the calling thread.
 *
 * Conventions of all headers:
 *  - A function returns a sct_status; its results go through trailing ret_ pointers, which are
 *    written only on SCT_OK. A NULL ret_ pointer is SCT_INVALID_ARGUMENT.
 *  - A sct_tensor written to a ret_ pointer is a new handle, owned by the caller and freed with
 *    sct_tensor_free. Arguments are borrowed for the length of the call.
 *  - An array is a pointer and a count; NULL with count 0 is the empty array.
 *  - NULL for an optional tensor means that it is absent; for any other it is
 *    SCT_INVALID_ARGUMENT.
 *  - A trailing underscore marks an operator that changes its first argument and makes no handle.
 *  - A scalar operand is a double. Where the tensor is integral and the value whole, it counts as
 *    an integer, so that the dtype is kept (x + 1 in Python); other values promote as floating
 *    point does in PyTorch.
 *  - No C++ exception leaves a function.
 *
 * Any function may return SCT_INVALID_ARGUMENT, SCT_OUT_OF_MEMORY, SCT_SHAPE, SCT_DEVICE,
 * SCT_UNSUPPORTED or SCT_INTERNAL; comments name only what is particular.
 */
#ifndef SCT_STATUS_H
#define SCT_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#define SCT_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t sct_status;

enum {
  SCT_OK = 0,
  /* An argument is NULL, out of range or of the wrong kind. */
  SCT_INVALID_ARGUMENT = 1,
  /* Host or device memory is exhausted, or the size asked for cannot exist. */
  SCT_OUT_OF_MEMORY = 2,
  /* Shapes do not fit together. */
  SCT_SHAPE = 3,
  /* A device failed, is missing, or tensors are on different ones. */
  SCT_DEVICE = 4,
  /* This build, libtorch or device cannot do it. */
  SCT_UNSUPPORTED = 5,
  /* No operator, or nothing else, of that name. */
  SCT_NOT_FOUND = 6,
  /* Everything else that libtorch or the C++ library threw. */
  SCT_INTERNAL = 7
};

/* Text of the last failure on the calling thread, UTF-8, never NULL: it names the function and the
 * shapes of its tensors. Borrowed; valid until the next failure on this thread. */
SCT_API const char *sct_last_error(void);

#ifdef __cplusplus
}
#endif

#endif
