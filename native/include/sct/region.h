/* Regions: stretches of one thread's time in which a thread-local mode of libtorch differs.
 *
 * Regions nest. They are left in the reverse order, on the thread that entered them; anything else
 * is SCT_INVALID_ARGUMENT and changes nothing. */
#ifndef SCT_REGION_H
#define SCT_REGION_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sct_region_handle *sct_region;

/* Leaves the region, restores the mode before it, frees the handle and writes NULL over it. A NULL
 * handle is no error. */
SCT_API sct_status sct_region_leave(sct_region *region);

#ifdef __cplusplus
}
#endif

#endif
