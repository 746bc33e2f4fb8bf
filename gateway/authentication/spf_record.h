// spf_record: an SPF record as a list of terms, RFC 7208 4.5, 4.6, 12. Pure.
#pragma once

#include "gateway/authentication/result.h"

#include <boost/asio/ip/address.hpp>
#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gateway::authentication {

enum class Mechanism { all, include, a, mx, ptr, ip4, ip6, exists };

struct Directive {
    Result qualifier = Result::pass;  // pass, fail, softfail or neutral
    Mechanism mechanism = Mechanism::all;
    std::string domain;                // a macro-string; "": the current domain
    int bits4 = 32, bits6 = 128;       // of the address that must agree
    boost::asio::ip::address network;  // of ip4 and ip6
};

struct SpfRecord {
    std::vector<Directive> directives;
    std::string redirect, explanation;  // macro-strings; "": there is none
};

// Whether a TXT record is an SPF record at all: "v=spf1", alone or with a space behind it.
[[nodiscard]] bool is_spf_record(std::string_view text);
// The terms of one; what is wrong with it, for people.
[[nodiscard]] tl::expected<SpfRecord, std::string> parse_spf(std::string_view text);

}  // namespace gateway::authentication
