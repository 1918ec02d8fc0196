#include "sct/autocast.h"

#include <ATen/autocast_mode.h>

#include "detail/call.h"
#include "detail/region.h"

using namespace sct;

namespace {

// What torch.autocast does between __enter__ and __exit__.
class Autocast {
 public:
  Autocast(at::DeviceType device, at::ScalarType dtype, bool enabled)
      : device_(device),
        previous_enabled_(at::autocast::is_autocast_enabled(device)),
        previous_dtype_(at::autocast::get_autocast_dtype(device)) {
    at::autocast::set_autocast_enabled(device, enabled);
    at::autocast::set_autocast_dtype(device, dtype);
    at::autocast::increment_nesting();
  }

  ~Autocast() {
    if (at::autocast::decrement_nesting() == 0) {
      at::autocast::clear_cache();
    }
    at::autocast::set_autocast_enabled(device_, previous_enabled_);
    at::autocast::set_autocast_dtype(device_, previous_dtype_);
  }

  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  const at::DeviceType device_;
  const bool previous_enabled_;
  const at::ScalarType previous_dtype_;
};

}  // namespace

sct_status sct_autocast_enter(int32_t device_type, int32_t dtype, bool enabled,
                              sct_region* ret_region) {
  return guard("autocast_enter", {}, [&] {
    require(ret_region, "ret_region");
    if (device_type != SCT_CPU && device_type != SCT_CUDA) {
      invalid("unknown device type " + std::to_string(device_type));
    }
    if (dtype != SCT_BFLOAT16 && dtype != SCT_FLOAT16) {
      invalid("autocast to dtype " + std::to_string(dtype) +
              ", allowed is SCT_BFLOAT16 or SCT_FLOAT16");
    }
    *ret_region = enter_region<Autocast>(static_cast<at::DeviceType>(device_type),
                                         static_cast<at::ScalarType>(dtype), enabled);
  });
}

sct_status sct_autocast_clear_cache(void) {
  return guard("autocast_clear_cache", {}, [] { at::autocast::clear_cache(); });
}

sct_status sct_autocast_set_cache_enabled(bool enabled, bool* ret_previous) {
  return guard("autocast_set_cache_enabled", {}, [&] {
    require(ret_previous, "ret_previous");
    *ret_previous = at::autocast::is_autocast_cache_enabled();
    at::autocast::set_autocast_cache_enabled(enabled);
  });
}
