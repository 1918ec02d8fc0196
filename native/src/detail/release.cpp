#include "detail/release.h"

#include <mutex>

namespace sct {
namespace {

std::mutex mutex;
Release* head = nullptr;
int64_t length = 0;

}  // namespace

void release(std::unique_ptr<Release> released) noexcept {
  if (!released->armed) {
    return;
  }
  const std::lock_guard lock(mutex);
  released->next = head;
  head = released.release();
  ++length;
}

int64_t drain_released(int64_t* ids, int64_t capacity) noexcept {
  const std::lock_guard lock(mutex);
  int64_t count = 0;
  for (; count < capacity && head != nullptr; ++count) {
    const std::unique_ptr<Release> first(head);
    ids[count] = first->id;
    head = first->next;
    --length;
  }
  return count;
}

int64_t pending_released() noexcept {
  const std::lock_guard lock(mutex);
  return length;
}

}  // namespace sct
