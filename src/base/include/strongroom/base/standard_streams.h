#pragma once
// Standard input, output and error of a program that was started without them (`>&-` in a shell,
// a careless supervisor).

namespace strongroom {

/// Takes those of the descriptors 0 to 2 that are closed, so that no file or connection that is
/// opened later gets their numbers: what is printed would go into it. Reading and writing them goes
/// on to fail. First of all in main().
void hold_standard_streams();

}  // namespace strongroom
