#include "detail/own_layers.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "detail/guard.h"

namespace sct {
namespace {

bool chosen() {
  const char* text = std::getenv("SIMCLR_LAYERS");
  if (text == nullptr || *text == '\0') {
    return true;
  }
  if (std::string_view(text) != "libtorch") {
    fail(SCT_UNSUPPORTED,
         "SIMCLR_LAYERS is " + std::string(text) + "; allowed: libtorch, or unset");
  }
  return false;
}

}  // namespace

bool own_layers() {
  // Read once: the JVM changes the environment for nobody.
  static const bool kOwn = chosen();
  return kOwn;
}

}  // namespace sct
