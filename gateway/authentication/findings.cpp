// findings: what follows of what was found, and how it is told.
#include "gateway/authentication/findings.h"

#include "email2/address.h"
#include "email2/text.h"
#include "mime/header.h"

#include <algorithm>

namespace gateway::authentication {
namespace {

// A value of a property, RFC 8601 2.2: what is no such token becomes '_'.
std::string plain(std::string_view value)
{
    std::string text(value.substr(0, 255));
    for (auto& c : text) {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view(".-_@+=/").find(c) != std::string_view::npos;
        if (!fits) c = '_';
    }
    return text.empty() ? "_" : text;
}

// Why, as a comment.
std::string comment(std::string_view why)
{
    if (why.empty()) return {};
    std::string text;
    for (const char c : why.substr(0, 200))
        text += c < ' ' || c > '~' || std::string_view("();\\\"").find(c) != std::string_view::npos ? '_' : c;
    return " (" + text + ")";
}

std::string word(std::string_view method, Result result, std::string_view why)
{
    return std::string(method) + "=" + std::string(name_of(result)) + comment(why);
}

// authserv-id, behind any comments and folds: a token or a quoted string.
std::string server_of(std::string_view value)
{
    std::string name;
    int depth = 0;
    bool quoted = false;
    for (const char c : value) {
        if (!quoted && c == '(') ++depth;
        if (!quoted && c == ')') depth = std::max(depth - 1, 0);
        if (depth > 0 || (!quoted && c == ')')) continue;
        if (c == '"') quoted = !quoted;
        else if (!quoted && std::string_view(" \t\r\n;").find(c) != std::string_view::npos) {
            if (!name.empty() || c == ';') return name;
        } else if (c != '\\') name += c;
    }
    return name;
}

}  // namespace

std::vector<std::string> author_domains(const MailText& mail)
{
    std::vector<std::string> domains;
    for (const auto field : mail.named("from"))
        for (const auto& address : mime::parse_addresses(mail.value(field)))
            if (auto normal = email2::normalise_domain(address.domain);
                normal && std::find(domains.begin(), domains.end(), *normal) == domains.end())
                domains.push_back(std::move(*normal));
    return domains;
}

bool has_results_of(const MailText& mail, std::string_view authserv_id)
{
    const auto& fields = mail.named("authentication-results");
    return std::any_of(fields.begin(), fields.end(), [&](std::size_t field) {
        return email2::ascii_lower(server_of(mail.value(field))) == email2::ascii_lower(authserv_id);
    });
}

void weigh(Findings& findings, unsigned draw)
{
    const auto& record = findings.discovery.record;  // the defaults when there is none
    const auto of_author = [&](std::string_view domain, Alignment alignment) {
        return aligned(domain, findings.author_domain, alignment);
    };
    const bool spf_aligned = of_author(findings.spf.domain, record.spf);
    const bool by_spf = findings.spf.result == Result::pass && spf_aligned;
    bool unknown = findings.spf.result == Result::temperror && spf_aligned;
    const DkimSignature* signature = nullptr;
    for (auto& each : findings.signatures) {
        each.aligned = of_author(each.domain, record.dkim);
        unknown |= each.aligned && each.result == Result::temperror;
        if (each.result == Result::pass && (signature == nullptr || (each.aligned && !signature->aligned)))
            signature = &each;
    }
    const bool by_dkim = signature != nullptr && signature->aligned;
    findings.proof = by_dkim ? email2::Proof::dkim : by_spf ? email2::Proof::spf : email2::Proof::none;
    findings.unknown = unknown && findings.proof == email2::Proof::none;
    if (by_dkim || (signature != nullptr && !by_spf)) findings.domain = signature->domain;
    else if (findings.spf.result == Result::pass) findings.domain = findings.spf.domain;
    else findings.domain.clear();
    findings.dmarc = judge(findings.discovery, by_dkim || by_spf, unknown, draw);
    if (findings.author_domain.empty()) findings.dmarc.result = Result::permerror;
}

std::string Findings::results() const
{
    auto text = word("spf", spf.result, spf.why);
    if (!spf.domain.empty()) text += std::string(spf.of_helo ? " smtp.helo=" : " smtp.mailfrom=") + plain(spf.domain);
    for (const auto& signature : signatures) {
        text += "; " + word("dkim", signature.result, signature.why);
        if (!signature.domain.empty())
            text += " header.d=" + plain(signature.domain) + " header.s=" + plain(signature.selector) +
                    " header.a=" + plain(signature.algorithm) + " header.b=" + plain(signature.start);
    }
    if (signatures.empty()) text += "; dkim=none";
    text += "; " + word("dmarc", dmarc.result, "");
    if (!author_domain.empty()) text += " header.from=" + plain(author_domain);
    if (discovery.found == dns::Found::records) text += " policy.dmarc=" + std::string(name_of(dmarc.policy));
    if (arc.result != Result::none)
        text += "; " + word("arc", arc.result == Result::temperror ? Result::fail : arc.result, arc.why);
    return text;
}

std::string Findings::summary() const
{
    auto text = "spf=" + std::string(name_of(spf.result)) + " dkim=" + std::string(name_of(best_of(signatures))) +
                " dmarc=" + std::string(name_of(dmarc.result));
    if (!domain.empty()) text += " domain=" + plain(domain);
    if (arc.result != Result::none) text += " arc=" + std::string(name_of(arc.result));
    return text;
}

}  // namespace gateway::authentication
