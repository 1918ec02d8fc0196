#include "sct/reduce.h"

#include <ATen/ops/all.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/any.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/std.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/var.h>

#include <numeric>
#include <utility>

#include "detail/call.h"

using namespace sct;

sct_status sct_sum(sct_tensor self, const int64_t* dims, int64_t count, bool keepdim,
                   sct_tensor* ret_out) {
  return produce("sum", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::sum(x, dims_or_all(dims, count), keepdim);
  });
}

sct_status sct_mean(sct_tensor self, const int64_t* dims, int64_t count, bool keepdim,
                    sct_tensor* ret_out) {
  return produce("mean", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::mean(x, dims_or_all(dims, count), keepdim);
  });
}

sct_status sct_amax(sct_tensor self, const int64_t* dims, int64_t count, bool keepdim,
                    sct_tensor* ret_out) {
  return produce("amax", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::amax(x, ints(dims, count, "dims"), keepdim);
  });
}

sct_status sct_amin(sct_tensor self, const int64_t* dims, int64_t count, bool keepdim,
                    sct_tensor* ret_out) {
  return produce("amin", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::amin(x, ints(dims, count, "dims"), keepdim);
  });
}

sct_status sct_std(sct_tensor self, const int64_t* dims, int64_t count, double correction,
                   bool keepdim, sct_tensor* ret_out) {
  return produce("std", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::std(x, dims_or_all(dims, count), at::Scalar(correction), keepdim);
  });
}

sct_status sct_var(sct_tensor self, const int64_t* dims, int64_t count, double correction,
                   bool keepdim, sct_tensor* ret_out) {
  return produce("var", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::var(x, dims_or_all(dims, count), at::Scalar(correction), keepdim);
  });
}

sct_status sct_norm(sct_tensor self, double p, const int64_t* dims, int64_t count, bool keepdim,
                    sct_tensor* ret_out) {
  return produce("norm", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::linalg_vector_norm(x, p, dims_or_all(dims, count), keepdim);
  });
}

sct_status sct_logsumexp(sct_tensor self, const int64_t* dims, int64_t count, bool keepdim,
                         sct_tensor* ret_out) {
  return produce("logsumexp", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    if (const auto some = dims_or_all(dims, count)) {
      return at::logsumexp(x, *some, keepdim);
    }
    std::vector<int64_t> all(static_cast<size_t>(x.dim()));
    std::iota(all.begin(), all.end(), 0);
    return at::logsumexp(x, all, keepdim);
  });
}

sct_status sct_all(sct_tensor self, sct_tensor* ret_out) {
  return unary("all", self, ret_out, at::all);
}

sct_status sct_any(sct_tensor self, sct_tensor* ret_out) {
  return unary("any", self, ret_out, at::any);
}

sct_status sct_argmax(sct_tensor self, int64_t dim, bool keepdim, sct_tensor* ret_out) {
  return produce("argmax", {self}, ret_out,
                 [&] { return at::argmax(unbox(self, "self"), dim, keepdim); });
}

sct_status sct_argmin(sct_tensor self, int64_t dim, bool keepdim, sct_tensor* ret_out) {
  return produce("argmin", {self}, ret_out,
                 [&] { return at::argmin(unbox(self, "self"), dim, keepdim); });
}

sct_status sct_softmax(sct_tensor self, int64_t dim, sct_tensor* ret_out) {
  return produce("softmax", {self}, ret_out, [&] { return at::softmax(unbox(self, "self"), dim); });
}

sct_status sct_log_softmax(sct_tensor self, int64_t dim, sct_tensor* ret_out) {
  return produce("log_softmax", {self}, ret_out,
                 [&] { return at::log_softmax(unbox(self, "self"), dim); });
}

sct_status sct_cumsum(sct_tensor self, int64_t dim, sct_tensor* ret_out) {
  return produce("cumsum", {self}, ret_out, [&] { return at::cumsum(unbox(self, "self"), dim); });
}

sct_status sct_topk(sct_tensor self, int64_t k, int64_t dim, bool largest, bool sorted,
                    sct_tensor* ret_values, sct_tensor* ret_indices) {
  return guard("topk", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    require(ret_values, "ret_values");
    require(ret_indices, "ret_indices");
    auto [values, indices] = at::topk(x, k, dim, largest, sorted);
    give({std::move(values), std::move(indices)}, {ret_values, ret_indices});
  });
}

sct_status sct_sort(sct_tensor self, int64_t dim, bool descending, sct_tensor* ret_values,
                    sct_tensor* ret_indices) {
  return guard("sort", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    require(ret_values, "ret_values");
    require(ret_indices, "ret_indices");
    auto [values, indices] = at::sort(x, /*stable=*/true, dim, descending);
    give({std::move(values), std::move(indices)}, {ret_values, ret_indices});
  });
}
