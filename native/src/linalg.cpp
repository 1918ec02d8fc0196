#include "sct/linalg.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>

#include "detail/call.h"

using namespace sct;

sct_status sct_matmul(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("matmul", self, other, ret_out, at::matmul);
}

sct_status sct_mm(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("mm", self, other, ret_out, at::mm);
}

sct_status sct_bmm(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("bmm", self, other, ret_out, at::bmm);
}

sct_status sct_mv(sct_tensor self, sct_tensor vector, sct_tensor* ret_out) {
  return binary("mv", self, vector, ret_out, at::mv);
}

sct_status sct_dot(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("dot", self, other, ret_out, at::dot);
}

sct_status sct_addmm(sct_tensor self, sct_tensor mat1, sct_tensor mat2, double beta, double alpha,
                     sct_tensor* ret_out) {
  return produce("addmm", {self, mat1, mat2}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::addmm(x, unbox(mat1, "mat1"), unbox(mat2, "mat2"), scalar(x, beta),
                     scalar(x, alpha));
  });
}
