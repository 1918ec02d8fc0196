#include "detail/args.h"

#include <ATen/Context.h>

#include <cmath>
#include <limits>

#include "detail/box.h"
#include "sct/device.h"
#include "sct/dtype.h"

namespace sct {
namespace {

static_assert(SCT_UINT8 == static_cast<int>(at::kByte));
static_assert(SCT_INT8 == static_cast<int>(at::kChar));
static_assert(SCT_INT16 == static_cast<int>(at::kShort));
static_assert(SCT_INT32 == static_cast<int>(at::kInt));
static_assert(SCT_INT64 == static_cast<int>(at::kLong));
static_assert(SCT_FLOAT16 == static_cast<int>(at::kHalf));
static_assert(SCT_FLOAT32 == static_cast<int>(at::kFloat));
static_assert(SCT_FLOAT64 == static_cast<int>(at::kDouble));
static_assert(SCT_BOOL == static_cast<int>(at::kBool));
static_assert(SCT_BFLOAT16 == static_cast<int>(at::kBFloat16));
static_assert(SCT_CONTIGUOUS == static_cast<int>(at::MemoryFormat::Contiguous));
static_assert(SCT_PRESERVE == static_cast<int>(at::MemoryFormat::Preserve));
static_assert(SCT_CHANNELS_LAST == static_cast<int>(at::MemoryFormat::ChannelsLast));
static_assert(SCT_CPU == static_cast<int>(at::kCPU));
static_assert(SCT_CUDA == static_cast<int>(at::kCUDA));

}  // namespace

at::IntArrayRef ints(const int64_t* values, int64_t count, const char* name) {
  if (count < 0 || count > SCT_MAX_DIM) {
    invalid(std::string("count of '") + name + "' is " + std::to_string(count) +
            ", allowed is 0 to " + std::to_string(SCT_MAX_DIM));
  }
  if (count > 0) {
    require(values, name);
  }
  return {values, static_cast<size_t>(count)};
}

at::OptionalIntArrayRef dims_or_all(const int64_t* values, int64_t count) {
  if (values == nullptr && count == 0) {
    return std::nullopt;
  }
  return ints(values, count, "dims");
}

at::IntArrayRef new_sizes(const int64_t* values, int64_t count) {
  const at::IntArrayRef sizes = ints(values, count, "sizes");
  for (const int64_t size : sizes) {
    if (size < 0) {
      invalid("argument 'sizes' holds a negative number: " + std::to_string(size));
    }
  }
  return sizes;
}

at::ScalarType dtype(int32_t value) {
  switch (value) {
    case SCT_UINT8:
    case SCT_INT8:
    case SCT_INT16:
    case SCT_INT32:
    case SCT_INT64:
    case SCT_FLOAT16:
    case SCT_FLOAT32:
    case SCT_FLOAT64:
    case SCT_BOOL:
    case SCT_BFLOAT16:
      return static_cast<at::ScalarType>(value);
    default:
      invalid("unknown dtype " + std::to_string(value));
  }
}

at::Device device(int32_t type, int32_t index) {
  if (type != SCT_CPU && type != SCT_CUDA) {
    invalid("unknown device type " + std::to_string(type));
  }
  if (type == SCT_CPU) {
    if (index != -1 && index != 0) {
      invalid("the CPU has no device " + std::to_string(index));
    }
    return at::Device(at::kCPU);
  }
  if (!at::globalContext().hasCUDA()) {
    fail(SCT_UNSUPPORTED, "this libtorch finds no CUDA");
  }
  if (index < -1 || index > std::numeric_limits<at::DeviceIndex>::max()) {
    invalid("device index is " + std::to_string(index) + ", allowed is -1 or more");
  }
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

at::MemoryFormat memory_format(int32_t value) {
  switch (value) {
    case SCT_CONTIGUOUS:
    case SCT_PRESERVE:
    case SCT_CHANNELS_LAST:
      return static_cast<at::MemoryFormat>(value);
    default:
      invalid("unknown memory format " + std::to_string(value));
  }
}

at::TensorOptions options(int32_t dtype_value, int32_t device_type, int32_t device_index) {
  return at::TensorOptions().dtype(dtype(dtype_value)).device(device(device_type, device_index));
}

at::Scalar scalar(const at::Tensor& self, double value) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  const bool whole = std::trunc(value) == value && value >= -kLimit && value < kLimit;
  if (whole && at::isIntegralType(self.scalar_type(), /*includeBool=*/true)) {
    return at::Scalar(static_cast<int64_t>(value));
  }
  return at::Scalar(value);
}

at::Scalar scalar(const at::Tensor& self, const at::Tensor& other, double value) {
  return scalar(at::isIntegralType(self.scalar_type(), /*includeBool=*/true) ? other : self, value);
}

}  // namespace sct
