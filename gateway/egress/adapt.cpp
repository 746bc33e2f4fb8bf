#include "gateway/egress/adapt.h"

#include "email2/address.h"
#include "gateway/mapping/downgrade.h"
#include "gateway/mapping/relayed.h"

namespace gateway::egress {

bool must_rewrite(const Relayed& relayed, AuthorPolicy policy, std::string_view bytes)
{
    if (policy == AuthorPolicy::allows) return false;
    return !(relayed.proven_by_dkim &&
             mapping::signature_survives(mime::parse(bytes), bytes, relayed.author_domain, relayed.added));
}

std::string rewritten(const Relayed& relayed, std::string_view bytes)
{
    const auto message = mime::parse(bytes);
    const auto authors = mime::parse_addresses(mime::raw(message.root, bytes, "from").value_or(""));
    const mime::Address relay{.display_name = {},
        .local_part = std::string(email2::local_part(relayed.relay)),
        .domain = std::string(email2::domain_of(relayed.relay)),
        .group = {}};
    const mime::Address unknown{.display_name = "Somebody", .local_part = {}, .domain = {}, .group = {}};
    return mapping::with_from(
        message, bytes, mapping::via(authors.empty() ? unknown : authors.front(), relayed.list, relay));
}

authentication::Sealing sealing_of(const Relayed& relayed, const std::string& hostname)
{
    authentication::Sealing sealing;
    sealing.authserv_id = hostname;
    std::string_view words = relayed.authentication;
    while (!words.empty()) {
        const auto end = std::min(words.find(' '), words.size());
        const auto word = words.substr(0, end);
        if (word == "arc=pass") sealing.chain = authentication::Result::pass;
        else if (word.starts_with("arc=")) sealing.chain = authentication::Result::fail;
        else if (word.starts_with("spf=") || word.starts_with("dkim=") ||
                 word.starts_with("dmarc="))  // the client's network is nobody's business
            sealing.results.append(sealing.results.empty() ? "" : "; ").append(word);
        if (word.starts_with("dmarc=")) sealing.results += " header.from=" + relayed.author_domain;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    if (sealing.results.empty()) sealing.results = "none";
    return sealing;
}

Adapted adapted(const Job& job, const smtp::Offered& offered, std::string_view bytes)
{
    Adapted out{.eight_bit = job.eight_bit, .smtputf8 = job.smtputf8};
    if (!job.eight_bit || (offered.eight_bit_mime && offered.smtputf8 && job.smtputf8)) return out;
    auto message = mime::parse(bytes);
    const bool header = mapping::has_eight_bit_header(message, bytes);
    out.smtputf8 = job.smtputf8 || (header && offered.smtputf8);
    if (mapping::is_signed(message, bytes)) return out;
    if (header && !offered.smtputf8) {
        out.changed = mapping::with_ascii_header(message, bytes);
        message = mime::parse(out.changed);
    }
    if (offered.eight_bit_mime) return out;
    out.changed = mapping::in_seven_bits(message, out.changed.empty() ? bytes : std::string_view(out.changed));
    out.eight_bit = false;
    return out;
}

}  // namespace gateway::egress
