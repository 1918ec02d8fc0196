// The one place where C++ exceptions become status codes.
#pragma once

#include <initializer_list>
#include <string>

#include "sct/status.h"
#include "sct/tensor.h"

namespace sct {

// A failure that this library finds itself.
struct Error {
  sct_status status;
  std::string message;
};

[[noreturn]] inline void fail(sct_status status, std::string message) {
  throw Error{status, std::move(message)};
}

[[noreturn]] inline void invalid(std::string message) {
  fail(SCT_INVALID_ARGUMENT, std::move(message));
}

// Turns the exception being handled into a status and this thread's error text, "op(shapes): what".
sct_status translate_exception(const char* op, const sct_tensor* tensors, size_t count) noexcept;

// Runs `body`; `tensors`, whose shapes go into the error text, may hold NULL.
template <class Body>
sct_status guard(const char* op, std::initializer_list<sct_tensor> tensors, Body&& body) noexcept {
  try {
    body();
    return SCT_OK;
  } catch (...) {
    return translate_exception(op, tensors.begin(), tensors.size());
  }
}

template <class Body>
sct_status guard(const char* op, const sct_tensor* tensors, int64_t count, Body&& body) noexcept {
  try {
    body();
    return SCT_OK;
  } catch (...) {
    const bool readable = tensors != nullptr && count > 0;
    return translate_exception(op, tensors, readable ? static_cast<size_t>(count) : 0);
  }
}

}  // namespace sct
