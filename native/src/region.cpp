#include "sct/region.h"

#include <algorithm>
#include <utility>

#include "detail/region.h"

using namespace sct;

std::vector<sct_region_handle*>& sct::regions() noexcept {
  thread_local std::vector<sct_region_handle*> stack;
  return stack;
}

sct_status sct_region_leave(sct_region* region) {
  return guard("region_leave", {}, [&] {
    require(region, "region");
    if (*region == nullptr) {
      return;
    }
    std::vector<sct_region_handle*>& stack = regions();
    if (std::find(stack.begin(), stack.end(), *region) == stack.end()) {
      invalid("this thread is not in that region");
    }
    if (stack.back() != *region) {
      invalid("regions inside that one have not been left");
    }
    stack.pop_back();
    delete std::exchange(*region, nullptr);
  });
}
