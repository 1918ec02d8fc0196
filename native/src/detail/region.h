// The stack of regions of each thread.
#pragma once

#include <memory>
#include <vector>

#include "detail/box.h"
#include "sct/region.h"

// A mode of libtorch from construction to destruction.
struct sct_region_handle : sct::Counted {
  virtual ~sct_region_handle() = default;
};

namespace sct {

// Regions that the calling thread is in, outermost first.
std::vector<sct_region_handle*>& regions() noexcept;

// Enters a region whose mode lasts as long as a `Mode`, constructed from `args`.
template <class Mode, class... Args>
sct_region enter_region(Args... args) {
  struct Region final : sct_region_handle {
    explicit Region(Args... a) : mode(a...) {}
    Mode mode;
  };
  // Room first: nothing may fail once the mode has changed.
  regions().reserve(regions().size() + 1);
  auto region = std::make_unique<Region>(args...);
  regions().push_back(region.get());
  return region.release();
}

}  // namespace sct
