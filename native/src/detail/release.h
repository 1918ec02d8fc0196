// Identifiers of wrapped memory that libtorch has let go of.
#pragma once

#include <cstdint>
#include <memory>

namespace sct {

// One wrapped piece of memory. Allocated when wrapping, so that releasing, which happens in
// destructors, cannot run out of memory.
struct Release {
  explicit Release(int64_t release_id) : id(release_id) {}
  const int64_t id;
  // Put on the list on release; false until wrapping has succeeded.
  bool armed = false;
  Release* next = nullptr;
};

// Called when the storage dies: puts the identifier on the list if armed.
void release(std::unique_ptr<Release> released) noexcept;

int64_t drain_released(int64_t* ids, int64_t capacity) noexcept;
int64_t pending_released() noexcept;

}  // namespace sct
