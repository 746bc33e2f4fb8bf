// invariants: what is true of a store whatever happened to it: asked by `check --store`, and by tests at their end.
//
// **A new one**: a row in invariants.cpp, and the damage that it finds in tests/gateway/store/invariants_test.cpp.
#pragma once

#include "gateway/store/session.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gateway::store {

struct Broken {
    std::string invariant;              // a sentence: what should be true
    std::int64_t count = 0;             // where it is not
    std::vector<std::string> examples;  // a few of these
};

// All of them, in one snapshot. Reads every table from end to end: for a store of millions this takes minutes, and
// harms nobody.
[[nodiscard]] std::vector<Broken> broken_invariants(Session& session);
[[nodiscard]] std::vector<std::string> invariants();

}  // namespace gateway::store
