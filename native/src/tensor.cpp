#include "sct/tensor.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "detail/call.h"
#include "detail/release.h"

using namespace sct;

namespace {

// Bytes from the first element to the end of the last, or a failure if that is not representable.
int64_t extent_bytes(at::IntArrayRef sizes, at::IntArrayRef strides, int64_t element) {
  // Twice as wide as any size or stride, so one product fits; the running sum is checked.
  using Wide = __int128;
  Wide last = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) {
      return 0;
    }
    last += static_cast<Wide>(sizes[i] - 1) * strides[i];
    if (last > std::numeric_limits<int64_t>::max() / element - 1) {
      invalid("sizes and strides go beyond any memory");
    }
  }
  return (static_cast<int64_t>(last) + 1) * element;
}

std::vector<int64_t> row_major(at::IntArrayRef sizes) {
  std::vector<int64_t> strides(sizes.size());
  int64_t stride = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = stride;
    if (__builtin_mul_overflow(stride, std::max<int64_t>(sizes[i], 1), &stride)) {
      invalid("sizes go beyond any memory");
    }
  }
  return strides;
}

std::vector<int64_t> checked_strides(const int64_t* strides, at::IntArrayRef sizes) {
  if (strides == nullptr) {
    return row_major(sizes);
  }
  std::vector<int64_t> checked(strides, strides + sizes.size());
  for (const int64_t stride : checked) {
    if (stride < 0) {
      invalid("argument 'strides' holds a negative number: " + std::to_string(stride));
    }
  }
  return checked;
}

// Memory that a shape needs against memory that there is.
void check_bytes(int64_t needed, int64_t bytes) {
  if (bytes != needed) {
    invalid("argument 'bytes' is " + std::to_string(bytes) + " and the shape needs " +
            std::to_string(needed));
  }
}

Tensor only_element(const Tensor& self) {
  if (self.numel() != 1) {
    fail(SCT_SHAPE, "one element is needed, not " + std::to_string(self.numel()));
  }
  return self;
}

}  // namespace

sct_status sct_empty(const int64_t* sizes, int64_t dim, int32_t dtype, int32_t device_type,
                     int32_t device_index, int32_t memory_format, sct_tensor* ret_out) {
  return produce("empty", {}, ret_out, [&] {
    const at::MemoryFormat format = sct::memory_format(memory_format);
    if (format == at::MemoryFormat::Preserve) {
      invalid("a new tensor has no memory format to preserve");
    }
    return at::empty(new_sizes(sizes, dim), options(dtype, device_type, device_index), format);
  });
}

sct_status sct_zeros(const int64_t* sizes, int64_t dim, int32_t dtype, int32_t device_type,
                     int32_t device_index, sct_tensor* ret_out) {
  return produce("zeros", {}, ret_out, [&] {
    return at::zeros(new_sizes(sizes, dim), options(dtype, device_type, device_index));
  });
}

sct_status sct_ones(const int64_t* sizes, int64_t dim, int32_t dtype, int32_t device_type,
                    int32_t device_index, sct_tensor* ret_out) {
  return produce("ones", {}, ret_out, [&] {
    return at::ones(new_sizes(sizes, dim), options(dtype, device_type, device_index));
  });
}

sct_status sct_full(const int64_t* sizes, int64_t dim, double value, int32_t dtype,
                    int32_t device_type, int32_t device_index, sct_tensor* ret_out) {
  return produce("full", {}, ret_out, [&] {
    return at::full(new_sizes(sizes, dim), value, options(dtype, device_type, device_index));
  });
}

sct_status sct_arange(double start, double end, double step, int32_t dtype, int32_t device_type,
                      int32_t device_index, sct_tensor* ret_out) {
  return produce("arange", {}, ret_out, [&] {
    const at::TensorOptions opts = options(dtype, device_type, device_index);
    const Tensor like = at::empty({0}, opts.device(at::kCPU));
    return at::arange(scalar(like, start), scalar(like, end), scalar(like, step), opts);
  });
}

sct_status sct_eye(int64_t n, int32_t dtype, int32_t device_type, int32_t device_index,
                   sct_tensor* ret_out) {
  return produce("eye", {}, ret_out,
                 [&] { return at::eye(n, options(dtype, device_type, device_index)); });
}

sct_status sct_empty_like(sct_tensor self, sct_tensor* ret_out) {
  return produce("empty_like", {self}, ret_out,
                 [&] { return at::empty_like(unbox(self, "self")); });
}

sct_status sct_zeros_like(sct_tensor self, sct_tensor* ret_out) {
  return produce("zeros_like", {self}, ret_out,
                 [&] { return at::zeros_like(unbox(self, "self")); });
}

sct_status sct_ones_like(sct_tensor self, sct_tensor* ret_out) {
  return produce("ones_like", {self}, ret_out, [&] { return at::ones_like(unbox(self, "self")); });
}

sct_status sct_tensor_from_data(const void* data, int64_t bytes, const int64_t* sizes, int64_t dim,
                                int32_t dtype, sct_tensor* ret_out) {
  return produce("tensor_from_data", {}, ret_out, [&] {
    const at::IntArrayRef shape = new_sizes(sizes, dim);
    const at::ScalarType type = sct::dtype(dtype);
    const auto element = static_cast<int64_t>(c10::elementSize(type));
    check_bytes(extent_bytes(shape, row_major(shape), element), bytes);
    Tensor out = at::empty(shape, type);
    if (bytes > 0) {
      require(data, "data");
      std::memcpy(out.data_ptr(), data, static_cast<size_t>(bytes));
    }
    return out;
  });
}

sct_status sct_tensor_wrap(void* data, int64_t bytes, const int64_t* sizes, const int64_t* strides,
                           int64_t dim, int32_t dtype, int64_t release_id, sct_tensor* ret_out) {
  return guard("tensor_wrap", {}, [&] {
    require(ret_out, "ret_out");
    const at::IntArrayRef shape = new_sizes(sizes, dim);
    const std::vector<int64_t> steps = checked_strides(strides, shape);
    const at::ScalarType type = sct::dtype(dtype);
    const auto element = static_cast<int64_t>(c10::elementSize(type));
    const int64_t needed = extent_bytes(shape, steps, element);
    if (bytes < needed) {
      invalid("argument 'bytes' is " + std::to_string(bytes) + " and the shape needs " +
              std::to_string(needed));
    }
    if (needed > 0) {
      require(data, "data");
    }
    if (reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(element) != 0) {
      invalid("argument 'data' is not aligned to the dtype");
    }
    auto* released = new Release(release_id);
    const Tensor out =
        at::for_blob(data, shape)
            .strides(at::IntArrayRef(steps))
            .context(released,
                     [](void* r) { release(std::unique_ptr<Release>(static_cast<Release*>(r))); })
            .options(at::TensorOptions().dtype(type))
            .target_device(at::Device(at::kCPU))
            .make_tensor();
    *ret_out = box(out);
    released->armed = true;
  });
}

sct_status sct_tensor_free(sct_tensor* tensors, int64_t count) {
  return guard("tensor_free", {}, [&] {
    if (count < 0) {
      invalid("argument 'count' is negative: " + std::to_string(count));
    }
    if (count > 0) {
      require(tensors, "tensors");
    }
    for (int64_t i = 0; i < count; ++i) {
      delete std::exchange(tensors[i], nullptr);
    }
  });
}

sct_status sct_tensor_describe(sct_tensor self, sct_tensor_info* ret_info) {
  return guard("tensor_describe", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    require(ret_info, "ret_info");
    if (x.dim() > SCT_MAX_DIM) {
      fail(SCT_UNSUPPORTED, "more than " + std::to_string(SCT_MAX_DIM) + " dimensions");
    }
    const bool strided = x.layout() == at::kStrided;
    const bool stored = strided && x.has_storage();
    ret_info->data = stored ? x.data_ptr() : nullptr;
    ret_info->storage = stored ? x.storage().mutable_data() : nullptr;
    ret_info->storage_bytes = stored ? static_cast<int64_t>(x.storage().nbytes()) : 0;
    ret_info->numel = x.numel();
    ret_info->dtype = static_cast<int32_t>(x.scalar_type());
    ret_info->device_type = static_cast<int32_t>(x.device().type());
    ret_info->device_index = x.device().index();
    ret_info->dim = static_cast<int32_t>(x.dim());
    ret_info->is_contiguous = strided && x.is_contiguous();
    ret_info->is_channels_last =
        strided && x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
    ret_info->requires_grad = x.requires_grad();
    ret_info->is_leaf = x.is_leaf();
    for (int64_t d = 0; d < x.dim(); ++d) {
      ret_info->sizes[d] = x.size(d);
      ret_info->strides[d] = strided ? x.stride(d) : 0;
    }
  });
}

sct_status sct_tensor_data(sct_tensor self, void** ret_data) {
  return guard("tensor_data", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    require(ret_data, "ret_data");
    *ret_data = x.data_ptr();
  });
}

sct_status sct_tensor_fix_storage(sct_tensor self) {
  return guard("tensor_fix_storage", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    if (!x.has_storage()) {
      invalid("argument 'self' has no storage");
    }
    x.storage().unsafeGetStorageImpl()->set_resizable(false);
  });
}

sct_status sct_tensor_alias(sct_tensor self, sct_tensor* ret_out) {
  return produce("tensor_alias", {self}, ret_out, [&] { return unbox(self, "self"); });
}

sct_status sct_clone(sct_tensor self, int32_t memory_format, sct_tensor* ret_out) {
  return produce("clone", {self}, ret_out,
                 [&] { return unbox(self, "self").clone(sct::memory_format(memory_format)); });
}

sct_status sct_copy_(sct_tensor self, sct_tensor src, bool non_blocking) {
  return guard("copy_", {self, src},
               [&] { unbox(self, "self").copy_(unbox(src, "src"), non_blocking); });
}

sct_status sct_to(sct_tensor self, int32_t dtype, int32_t device_type, int32_t device_index,
                  int32_t memory_format, bool non_blocking, bool copy, sct_tensor* ret_out) {
  return produce("to", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    const at::ScalarType type = dtype == SCT_DTYPE_KEEP ? x.scalar_type() : sct::dtype(dtype);
    const at::Device where =
        device_type == SCT_DEVICE_KEEP ? x.device() : device(device_type, device_index);
    return x.to(at::TensorOptions().dtype(type).device(where), non_blocking, copy,
                sct::memory_format(memory_format));
  });
}

sct_status sct_contiguous(sct_tensor self, int32_t memory_format, sct_tensor* ret_out) {
  return produce("contiguous", {self}, ret_out,
                 [&] { return unbox(self, "self").contiguous(sct::memory_format(memory_format)); });
}

sct_status sct_item_double(sct_tensor self, double* ret_value) {
  return guard("item_double", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    require(ret_value, "ret_value");
    *ret_value = only_element(x).item().toDouble();
  });
}

sct_status sct_item_int64(sct_tensor self, int64_t* ret_value) {
  return guard("item_int64", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    require(ret_value, "ret_value");
    *ret_value = only_element(x).item().toLong();
  });
}

sct_status sct_tensor_read(sct_tensor self, int32_t dtype, void* memory, int64_t bytes) {
  return guard("tensor_read", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    const at::ScalarType type = sct::dtype(dtype);
    check_bytes(x.numel() * static_cast<int64_t>(c10::elementSize(type)), bytes);
    if (bytes == 0) {
      return;
    }
    require(memory, "memory");
    const at::NoGradGuard no_grad;
    const Tensor values = x.to(at::Device(at::kCPU), type).contiguous();
    std::memcpy(memory, values.data_ptr(), static_cast<size_t>(bytes));
  });
}
