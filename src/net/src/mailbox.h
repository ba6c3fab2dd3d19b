#pragma once
// Work for an I/O thread from any thread: a lock-free stack and one eventfd. Posting never blocks
// the receiver.

#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sockets.h"

namespace strongroom::net {

class Mailbox {
 public:
  using Work = std::move_only_function<void()>;

  Mailbox();
  /// Drops what was never taken.
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Any thread, also after the receiver has stopped.
  void post(Work work);
  /// Readable while there may be work.
  int fd() const { return wake_.get(); }
  /// The receiver only: everything posted so far, oldest first.
  std::vector<Work> take();

 private:
  struct Node {
    Work work;
    Node* next;
  };
  std::atomic<Node*> newest_{nullptr};
  Descriptor wake_;
};

}  // namespace strongroom::net
