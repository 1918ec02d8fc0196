#include "detail/guard.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <stdexcept>
#include <string_view>

#include "detail/box.h"

namespace sct {
namespace {

// What sct_last_error shows. `text` falls back to a literal where there is no memory for a string.
struct LastError {
  std::string message;
  const char* text = "";
};

LastError& last_error() noexcept {
  thread_local LastError error;
  return error;
}

struct Clue {
  std::string_view text;
  sct_status status;
};

// libtorch throws plain c10::Error for most failures, so their kind is in the text only. The first
// clue found decides.
constexpr std::array kClues = {
    Clue{"DefaultCPUAllocator", SCT_OUT_OF_MEMORY},
    Clue{"out of memory", SCT_OUT_OF_MEMORY},
    Clue{"Storage size calculation overflowed", SCT_OUT_OF_MEMORY},
    Clue{"multiplication overflow", SCT_OUT_OF_MEMORY},
    Clue{"negative dimension", SCT_INVALID_ARGUMENT},
    Clue{"Expected all tensors to be on the same device", SCT_DEVICE},
    Clue{"CUDA error", SCT_DEVICE},
    Clue{"cuDNN error", SCT_DEVICE},
    Clue{"CUBLAS_STATUS", SCT_DEVICE},
    Clue{"No CUDA GPUs are available", SCT_DEVICE},
    Clue{"NVIDIA driver", SCT_DEVICE},
    Clue{"Could not run '", SCT_UNSUPPORTED},
    Clue{"not implemented for", SCT_UNSUPPORTED},
    Clue{"not compiled with", SCT_UNSUPPORTED},
    Clue{"is not supported", SCT_UNSUPPORTED},
    Clue{"shape", SCT_SHAPE},
    Clue{"Sizes of tensors must match", SCT_SHAPE},
    Clue{"size of tensor", SCT_SHAPE},
    Clue{"expanded size", SCT_SHAPE},
    Clue{"number of sizes provided", SCT_SHAPE},
    Clue{"size mismatch", SCT_SHAPE},
    Clue{"inconsistent tensor size", SCT_SHAPE},
    Clue{"view size is not compatible", SCT_SHAPE},
    Clue{"must match the size", SCT_SHAPE},
    Clue{"same number of dimensions", SCT_SHAPE},
    Clue{"stack expects each tensor to be equal size", SCT_SHAPE},
    Clue{"running_mean should contain", SCT_SHAPE},
    Clue{"Given groups=", SCT_SHAPE},
    Clue{"Kernel size can't be greater", SCT_SHAPE},
    Clue{"Output size is too small", SCT_SHAPE},
    Clue{"must be a matrix", SCT_SHAPE},
    Clue{"must be a 3D tensor", SCT_SHAPE},
    Clue{"must have same dtype", SCT_INVALID_ARGUMENT},
    Clue{"expected scalar type", SCT_INVALID_ARGUMENT},
    Clue{"out of range", SCT_INVALID_ARGUMENT},
    Clue{"out of bounds", SCT_INVALID_ARGUMENT},
    Clue{"a Tensor with", SCT_INVALID_ARGUMENT},
    Clue{"must be", SCT_INVALID_ARGUMENT},
    Clue{"should be", SCT_INVALID_ARGUMENT},
    Clue{"should not be", SCT_INVALID_ARGUMENT},
};

sct_status status_of(std::string_view what) noexcept {
  const auto* clue = std::find_if(kClues.begin(), kClues.end(), [what](const Clue& c) {
    return what.find(c.text) != std::string_view::npos;
  });
  return clue == kClues.end() ? SCT_INTERNAL : clue->status;
}

// A message such as "mul([2, 3] float32, [4] float32): The size of tensor a ...".
std::string describe_call(const char* op, const sct_tensor* tensors, size_t count) {
  constexpr size_t kMost = 6;
  std::string text(op);
  text += '(';
  for (size_t i = 0; i < std::min(count, kMost); ++i) {
    text += i == 0 ? "" : ", ";
    if (tensors[i] == nullptr) {
      text += "NULL";
      continue;
    }
    const at::Tensor& tensor = tensors[i]->tensor;
    text += '[';
    const auto sizes = tensor.sizes();
    for (size_t d = 0; d < sizes.size(); ++d) {
      text += (d == 0 ? "" : ", ") + std::to_string(sizes[d]);
    }
    text += std::string("] ") + c10::toString(tensor.scalar_type());
    if (!tensor.is_cpu()) {
      text += ' ' + tensor.device().str();
    }
  }
  text += count > kMost ? ", ...)" : ")";
  return text;
}

sct_status record(sct_status status, const char* op, const sct_tensor* tensors, size_t count,
                  const char* what) noexcept {
  LastError& error = last_error();
  try {
    error.message = describe_call(op, tensors, count) + ": " + what;
    error.text = error.message.c_str();
  } catch (...) {
    error.text = "no memory left for an error message";
  }
  return status;
}

}  // namespace

sct_status translate_exception(const char* op, const sct_tensor* tensors, size_t count) noexcept {
  const auto as = [&](sct_status status, const char* what) {
    return record(status, op, tensors, count, what);
  };
  try {
    throw;
  } catch (const Error& e) {
    return as(e.status, e.message.c_str());
  } catch (const c10::OutOfMemoryError& e) {
    return as(SCT_OUT_OF_MEMORY, e.what_without_backtrace());
  } catch (const c10::NotImplementedError& e) {
    return as(SCT_UNSUPPORTED, e.what_without_backtrace());
  } catch (const c10::AcceleratorError& e) {
    return as(SCT_DEVICE, e.what_without_backtrace());
  } catch (const c10::IndexError& e) {
    return as(SCT_INVALID_ARGUMENT, e.what_without_backtrace());
  } catch (const c10::ValueError& e) {
    return as(SCT_INVALID_ARGUMENT, e.what_without_backtrace());
  } catch (const c10::TypeError& e) {
    return as(SCT_INVALID_ARGUMENT, e.what_without_backtrace());
  } catch (const c10::Error& e) {
    return as(status_of(e.what_without_backtrace()), e.what_without_backtrace());
  } catch (const std::bad_alloc& e) {
    return as(SCT_OUT_OF_MEMORY, e.what());
  } catch (const std::length_error& e) {
    return as(SCT_OUT_OF_MEMORY, e.what());
  } catch (const std::exception& e) {
    return as(status_of(e.what()), e.what());
  } catch (...) {
    return as(SCT_INTERNAL, "unknown exception");
  }
}

}  // namespace sct

const char* sct_last_error(void) { return sct::last_error().text; }
