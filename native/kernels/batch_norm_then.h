// What the kernels of batch normalisation do after it. Plain types only.
#pragma once

namespace sct::batch_norm {

// Nothing; max(0, y); max(0, y + shortcut).
enum class Then { kNothing, kRelu, kAddRelu };

}  // namespace sct::batch_norm
