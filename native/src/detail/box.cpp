#include "detail/box.h"

#include <memory>

namespace sct {

std::vector<at::Tensor> unbox_list(const sct_tensor* handles, int64_t count, const char* name) {
  if (count < 0) {
    invalid(std::string("count of '") + name + "' is negative: " + std::to_string(count));
  }
  if (count > 0) {
    require(handles, name);
  }
  std::vector<at::Tensor> tensors;
  tensors.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    if (handles[i] == nullptr) {
      invalid(std::string("argument '") + name + "[" + std::to_string(i) + "]' is NULL");
    }
    tensors.push_back(handles[i]->tensor);
  }
  return tensors;
}

void give(std::vector<at::Tensor> tensors, std::initializer_list<sct_tensor*> ret_outs) {
  std::vector<sct_tensor> boxes(tensors.size());
  box_all(std::move(tensors), boxes.data());
  size_t i = 0;
  for (sct_tensor* ret_out : ret_outs) {
    *ret_out = boxes[i++];
  }
}

void box_all(std::vector<at::Tensor> tensors, sct_tensor* ret_out) {
  std::vector<std::unique_ptr<sct_tensor_handle>> boxes;
  boxes.reserve(tensors.size());
  for (at::Tensor& tensor : tensors) {
    boxes.emplace_back(box_optional(std::move(tensor)));
  }
  for (size_t i = 0; i < boxes.size(); ++i) {
    ret_out[i] = boxes[i].release();
  }
}

}  // namespace sct
