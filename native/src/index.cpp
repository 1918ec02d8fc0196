#include "sct/index.h"

#include <ATen/ops/bincount.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/masked_select.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/one_hot.h>

#include "detail/call.h"

using namespace sct;

sct_status sct_index_select(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor* ret_out) {
  return produce("index_select", {self, index}, ret_out,
                 [&] { return at::index_select(unbox(self, "self"), dim, unbox(index, "index")); });
}

sct_status sct_gather(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor* ret_out) {
  return produce("gather", {self, index}, ret_out,
                 [&] { return at::gather(unbox(self, "self"), dim, unbox(index, "index")); });
}

sct_status sct_scatter_(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor src) {
  return guard("scatter_", {self, index, src}, [&] {
    Tensor& x = unbox(self, "self");
    x.scatter_(dim, unbox(index, "index"), unbox(src, "src"));
  });
}

sct_status sct_scatter_add_(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor src) {
  return guard("scatter_add_", {self, index, src}, [&] {
    Tensor& x = unbox(self, "self");
    x.scatter_add_(dim, unbox(index, "index"), unbox(src, "src"));
  });
}

sct_status sct_index_add_(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor src,
                          double alpha) {
  return guard("index_add_", {self, index, src}, [&] {
    Tensor& x = unbox(self, "self");
    x.index_add_(dim, unbox(index, "index"), unbox(src, "src"), scalar(x, alpha));
  });
}

sct_status sct_index_copy_(sct_tensor self, int64_t dim, sct_tensor index, sct_tensor src) {
  return guard("index_copy_", {self, index, src}, [&] {
    Tensor& x = unbox(self, "self");
    x.index_copy_(dim, unbox(index, "index"), unbox(src, "src"));
  });
}

sct_status sct_one_hot(sct_tensor self, int64_t classes, sct_tensor* ret_out) {
  return produce("one_hot", {self}, ret_out,
                 [&] { return at::one_hot(unbox(self, "self"), classes); });
}

sct_status sct_masked_select(sct_tensor self, sct_tensor mask, sct_tensor* ret_out) {
  return produce("masked_select", {self, mask}, ret_out,
                 [&] { return at::masked_select(unbox(self, "self"), unbox(mask, "mask")); });
}

sct_status sct_nonzero(sct_tensor self, sct_tensor* ret_out) {
  return unary("nonzero", self, ret_out, at::nonzero);
}

sct_status sct_bincount(sct_tensor self, int64_t minlength, sct_tensor* ret_out) {
  return produce("bincount", {self}, ret_out,
                 [&] { return at::bincount(unbox(self, "self"), {}, minlength); });
}
