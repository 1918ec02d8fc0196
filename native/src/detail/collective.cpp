#include "detail/collective.h"

namespace sct {
namespace {

class Alone : public Collective {
 public:
  int64_t rank() const override { return 0; }
  at::Tensor all_gather(const at::Tensor& local) const override { return local.unsqueeze(0); }
  void all_reduce(at::Tensor& /*values*/) const override {}
};

}  // namespace

const c10::intrusive_ptr<Collective>& alone() {
  static const c10::intrusive_ptr<Collective> kAlone = c10::make_intrusive<Alone>();
  return kAlone;
}

}  // namespace sct
