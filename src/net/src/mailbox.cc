#include "mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "strongroom/base/check.h"

namespace strongroom::net {

Mailbox::Mailbox() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  SR_CHECK(wake_.get() >= 0);
}

Mailbox::~Mailbox() {
  take();
}

void Mailbox::post(Work work) {
  auto* node = std::make_unique<Node>(std::move(work), nullptr).release();  // the stack owns it
  Node* expected = newest_.load(std::memory_order_relaxed);
  do {
    node->next = expected;
  } while (!newest_.compare_exchange_weak(expected, node, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
  if (expected != nullptr) return;  // whoever pushed onto the empty stack wakes the receiver
  const std::uint64_t one = 1;
  SR_CHECK(::write(wake_.get(), &one, sizeof one) == sizeof one || errno == EAGAIN);
}

std::vector<Mailbox::Work> Mailbox::take() {
  std::uint64_t count = 0;
  (void)!::read(wake_.get(), &count, sizeof count);  // before the stack: a later post wakes again
  std::vector<Work> all;
  for (Node* at = newest_.exchange(nullptr, std::memory_order_acq_rel); at != nullptr;) {
    const std::unique_ptr<Node> node(at);
    at = node->next;
    all.push_back(std::move(node->work));
  }
  std::reverse(all.begin(), all.end());
  return all;
}

}  // namespace strongroom::net
