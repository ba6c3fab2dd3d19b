#pragma once
// libcrypto's heap: every block is wiped before it is freed or moved, and the numbers of private
// keys lie in a locked heap of their own.

namespace strongroom::crypto {

/// Makes libcrypto's locked heap, once per process; safe to call often. Without the right to lock
/// memory the heap works unlocked, as locked_memory() says of the arena.
void use_locked_key_heap();

}  // namespace strongroom::crypto
