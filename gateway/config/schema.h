// schema: the one table of all settings: by which name each is known and how its value is read and
// shown.
#pragma once

#include "gateway/config/settings.h"

#include <tl/expected.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace toml {
inline namespace v3 {
class node;
}
}  // namespace toml

namespace gateway::config {

using Refusal = std::string;  // what is wrong with a value, to stand behind its name

struct Setting {
    std::string_view section, key;
    // From the file: the type must fit.
    std::function<tl::expected<void, Refusal>(Settings&, const toml::node&)> from_file;
    // From the environment: lists by commas, routes as domain=host:port.
    std::function<tl::expected<void, Refusal>(Settings&, std::string_view)> from_text;

    [[nodiscard]] std::string name() const;      // "egress.retry_first"
    [[nodiscard]] std::string variable() const;  // "E2_EGRESS_RETRY_FIRST"
};

std::span<const Setting> schema();

}  // namespace gateway::config
