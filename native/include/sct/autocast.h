/* Automatic mixed precision. */
#ifndef SCT_AUTOCAST_H
#define SCT_AUTOCAST_H

#include "device.h"
#include "dtype.h"
#include "region.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Enters a region in which eligible operators on `device_type` compute in `dtype` (SCT_BFLOAT16 or
 * SCT_FLOAT16), or, with `enabled` false, in the types they are given. Converted weights are
 * cached; the cache is cleared when the outermost region is left and by every optimizer step of
 * optim.h. Whoever changes weights inside a region in another way calls sct_autocast_clear_cache,
 * or goes on with stale copies. */
SCT_API sct_status sct_autocast_enter(int32_t device_type, int32_t dtype, bool enabled,
                                      sct_region *ret_region);

/* Forgets converted weights. */
SCT_API sct_status sct_autocast_clear_cache(void);

/* Switches the weight cache of this thread on or off, as graph capture needs, and returns what it
 * was. */
SCT_API sct_status sct_autocast_set_cache_enabled(bool enabled, bool *ret_previous);

#ifdef __cplusplus
}
#endif

#endif
