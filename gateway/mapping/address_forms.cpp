// address_forms: read by form alone, without asking whether anybody lives there. mapping.md "Mail
// in".

#include "gateway/mapping/address_forms.h"

#include "email2/address.h"
#include "email2/guid.h"
#include "email2/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gateway::mapping {
namespace {

using Verb = std::pair<std::string_view, Action>;
constexpr std::array<Verb, 6> message_verbs{{{"leave", Action::leave}, {"rejoin", Action::rejoin},
    {"edit", Action::edit}, {"withdraw", Action::withdraw}, {"undelete", Action::undelete}, {"add", Action::add}}};
constexpr std::array<Verb, 2> alias_verbs{{{"subscribe", Action::subscribe}, {"unsubscribe", Action::unsubscribe}}};
constexpr std::array<std::string_view, 3> roles{"postmaster", "abuse", "mailer-daemon"};
constexpr std::string_view base32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t token_length = 32, token_octets = 20;

template <class Verbs>
std::optional<Action> verb(const Verbs& verbs, std::string_view word)
{
    const auto found = std::find_if(verbs.begin(), verbs.end(), [&](const Verb& each) { return each.first == word; });
    if (found == verbs.end()) return std::nullopt;
    return found->second;
}

// "a-TOKEN" for kind 'a'; "" when it is none.
std::string_view token_in(std::string_view local, char kind)
{
    if (local.size() != token_length + 2 || local[0] != kind || local[1] != '-') return {};
    const auto token = local.substr(2);
    return token.find_first_not_of(base32) == std::string_view::npos ? token : std::string_view{};
}

}  // namespace

Meaning meaning_of(std::string_view address)
{
    const auto local = email2::ascii_lower(email2::local_part(address));
    const auto domain = std::string(email2::domain_of(address));
    if (const auto token = token_in(local, 'a'); !token.empty()) return ToToken{std::string(token)};
    if (const auto token = token_in(local, 'b'); !token.empty()) return ToBounce{std::string(token)};

    const auto plus = local.find('+');
    const auto base = local.substr(0, plus);
    const auto detail = plus == std::string::npos ? std::string{} : local.substr(plus + 1);
    if (email2::is_guid(base)) {
        if (plus == std::string::npos) return ToMessage{{base, domain}, Action::answer};
        if (const auto action = verb(message_verbs, detail)) return ToMessage{{base, domain}, *action};
        // A misspelt action must not become an answer to everybody: it names nobody.
        return ToPerson{std::string(address)};
    }
    if (std::find(roles.begin(), roles.end(), base) != roles.end() && base != "mailer-daemon") return ToRole{base};
    if (const auto action = verb(alias_verbs, detail)) return ToAlias{base + "@" + domain, *action};
    return ToPerson{email2::base_address(address)};
}

bool reserved_local_part(std::string_view local_part)
{
    const auto local = email2::ascii_lower(local_part);
    return local.empty() || local.find('+') != std::string::npos || email2::is_guid(local) ||
           !token_in(local, 'a').empty() || !token_in(local, 'b').empty() ||
           std::find(roles.begin(), roles.end(), local) != roles.end();
}

std::string without_tokens(std::string_view text)
{
    std::string shown;
    while (!text.empty()) {
        const auto form =
            text.size() > 1 && text[1] == '-' ? email2::ascii_lower(text.substr(0, token_length + 2)) : "";
        const bool token = !token_in(form, 'a').empty() || !token_in(form, 'b').empty();
        shown += text.substr(0, token ? 2 : 1);
        if (token) shown += '*';
        text.remove_prefix(token ? form.size() : 1);
    }
    return shown;
}

std::string token_of(std::string_view twenty_random_octets)
{
    std::string token;
    token.reserve(token_length);
    std::uint32_t bits = 0;
    int held = 0;
    for (const char octet : twenty_random_octets.substr(0, token_octets)) {
        bits = (bits << 8 | static_cast<unsigned char>(octet)) & 0xffff;
        for (held += 8; held >= 5;) {
            held -= 5;
            token += base32[bits >> held & 31];
        }
    }
    return token;
}

}  // namespace gateway::mapping
