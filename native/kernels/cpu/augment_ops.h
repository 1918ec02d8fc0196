// The operations on whole views that are rarely used, and so written plainly.
#pragma once

#include "cpu/augment.h"

namespace sct::augment {

// SCT_AUGMENT_EQUALIZE, SCT_AUGMENT_CUTOUT and SCT_AUGMENT_NOISE change `planes`.
void equalize(const Planes& planes, int32_t size);
void cutout(const Planes& planes, int32_t size, const sct_augment_op& op);
void noise(const Planes& planes, int32_t size, const sct_augment_op& op);

// SCT_AUGMENT_ROTATION and SCT_AUGMENT_SOBEL write to `out`, which is other memory.
void rotate(const Planes& in, int32_t size, int32_t quarter_turns, const Planes& out);
void sobel(const Planes& in, int32_t size, const Planes& out);

}  // namespace sct::augment
