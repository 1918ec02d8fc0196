#include "sct/shape.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/chunk.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/flatten.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/narrow.h>
#include <ATen/ops/permute.h>
#include <ATen/ops/reshape.h>
#include <ATen/ops/select.h>
#include <ATen/ops/slice.h>
#include <ATen/ops/squeeze.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/t.h>
#include <ATen/ops/transpose.h>
#include <ATen/ops/unsqueeze.h>

#include <algorithm>
#include <utility>

#include "detail/call.h"

using namespace sct;

sct_status sct_view(sct_tensor self, const int64_t* sizes, int64_t dim, sct_tensor* ret_out) {
  return produce("view", {self}, ret_out,
                 [&] { return unbox(self, "self").view(ints(sizes, dim, "sizes")); });
}

sct_status sct_reshape(sct_tensor self, const int64_t* sizes, int64_t dim, sct_tensor* ret_out) {
  return produce("reshape", {self}, ret_out,
                 [&] { return at::reshape(unbox(self, "self"), ints(sizes, dim, "sizes")); });
}

sct_status sct_permute(sct_tensor self, const int64_t* dims, int64_t count, sct_tensor* ret_out) {
  return produce("permute", {self}, ret_out,
                 [&] { return at::permute(unbox(self, "self"), ints(dims, count, "dims")); });
}

sct_status sct_transpose(sct_tensor self, int64_t dim0, int64_t dim1, sct_tensor* ret_out) {
  return produce("transpose", {self}, ret_out,
                 [&] { return at::transpose(unbox(self, "self"), dim0, dim1); });
}

sct_status sct_t(sct_tensor self, sct_tensor* ret_out) { return unary("t", self, ret_out, at::t); }

sct_status sct_flatten(sct_tensor self, int64_t start_dim, int64_t end_dim, sct_tensor* ret_out) {
  return produce("flatten", {self}, ret_out,
                 [&] { return at::flatten(unbox(self, "self"), start_dim, end_dim); });
}

sct_status sct_unsqueeze(sct_tensor self, int64_t dim, sct_tensor* ret_out) {
  return produce("unsqueeze", {self}, ret_out,
                 [&] { return at::unsqueeze(unbox(self, "self"), dim); });
}

sct_status sct_squeeze(sct_tensor self, const int64_t* dims, int64_t count, sct_tensor* ret_out) {
  return produce("squeeze", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    const auto some = dims_or_all(dims, count);
    return some ? at::squeeze(x, *some) : at::squeeze(x);
  });
}

sct_status sct_expand(sct_tensor self, const int64_t* sizes, int64_t dim, sct_tensor* ret_out) {
  return produce("expand", {self}, ret_out,
                 [&] { return unbox(self, "self").expand(ints(sizes, dim, "sizes")); });
}

sct_status sct_repeat(sct_tensor self, const int64_t* repeats, int64_t count, sct_tensor* ret_out) {
  return produce("repeat", {self}, ret_out,
                 [&] { return unbox(self, "self").repeat(ints(repeats, count, "repeats")); });
}

sct_status sct_narrow(sct_tensor self, int64_t dim, int64_t start, int64_t length,
                      sct_tensor* ret_out) {
  return produce("narrow", {self}, ret_out,
                 [&] { return at::narrow(unbox(self, "self"), dim, start, length); });
}

sct_status sct_select(sct_tensor self, int64_t dim, int64_t index, sct_tensor* ret_out) {
  return produce("select", {self}, ret_out,
                 [&] { return at::select(unbox(self, "self"), dim, index); });
}

sct_status sct_slice(sct_tensor self, int64_t dim, int64_t start, int64_t end, int64_t step,
                     sct_tensor* ret_out) {
  return produce("slice", {self}, ret_out,
                 [&] { return at::slice(unbox(self, "self"), dim, start, end, step); });
}

sct_status sct_flip(sct_tensor self, const int64_t* dims, int64_t count, sct_tensor* ret_out) {
  return produce("flip", {self}, ret_out,
                 [&] { return at::flip(unbox(self, "self"), ints(dims, count, "dims")); });
}

sct_status sct_cat(const sct_tensor* tensors, int64_t count, int64_t dim, sct_tensor* ret_out) {
  return guard("cat", tensors, count, [&] {
    require(ret_out, "ret_out");
    *ret_out = box(at::cat(unbox_list(tensors, count, "tensors"), dim));
  });
}

sct_status sct_stack(const sct_tensor* tensors, int64_t count, int64_t dim, sct_tensor* ret_out) {
  return guard("stack", tensors, count, [&] {
    require(ret_out, "ret_out");
    *ret_out = box(at::stack(unbox_list(tensors, count, "tensors"), dim));
  });
}

sct_status sct_chunk(sct_tensor self, int64_t chunks, int64_t dim, sct_tensor* ret_out,
                     int64_t* ret_count) {
  return guard("chunk", {self}, [&] {
    const Tensor& x = unbox(self, "self");
    require(ret_out, "ret_out");
    require(ret_count, "ret_count");
    // libtorch makes as many empty parts of an empty dimension as it is asked for.
    const int64_t most = std::max<int64_t>(x.size(dim), 1);
    std::vector<Tensor> parts = at::chunk(x, std::min(chunks, most), dim);
    const auto count = static_cast<int64_t>(parts.size());
    box_all(std::move(parts), ret_out);
    *ret_count = count;
  });
}

sct_status sct_diagonal(sct_tensor self, sct_tensor* ret_out) {
  return produce("diagonal", {self}, ret_out, [&] { return at::diagonal(unbox(self, "self")); });
}
