// spf_macro: macro strings of SPF, RFC 7208 7. Pure.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::authentication {

enum class MacroPlace { domain_spec, explanation };

struct MacroValues {
    std::string sender;  // s: local@domain
    std::string domain;  // d: the one whose record is read
    boost::asio::ip::address client;
    std::string helo;
    std::string receiver;   // r: our name
    std::string validated;  // p: found by the DNS, "unknown" else
    std::chrono::sys_seconds now{};
};

// Whether `text` is a macro-string (RFC 7208 7.1); c, r and t are for explanations only.
[[nodiscard]] bool is_macro_string(std::string_view text, MacroPlace place);
// Whether it names %{p}, so that the client's name has to be looked up first.
[[nodiscard]] bool asks_for_name(std::string_view text);
// Expanded; nullopt when it is no macro-string.
[[nodiscard]] std::optional<std::string> expand_macros(
    std::string_view text, const MacroValues& values, MacroPlace place);

}  // namespace gateway::authentication
