// authentication_mail: any octets as a mail with signatures and chains, and as the key that they ask for; and sealed by
// us, whatever it is.
#include "gateway/authentication/findings.h"
#include "gateway/authentication/limits.h"

#include <cstdio>
#include <cstdlib>

namespace {

using namespace gateway::authentication;
namespace dns = gateway::dns;

void require(bool holds, int line = __builtin_LINE())
{
    if (holds) return;
    std::fprintf(stderr, "not so: line %d\n", line);
    std::abort();
}

const SigningKey& key()
{
    static const SigningKey made{"one.test", "e", PrivateKey::make(KeyType::ed25519)};
    return made;
}

// No bare CR or LF, no NUL: RFC 5321 2.3.8.
bool carried(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\0' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) return false;
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
    }
    return true;
}

dns::Lookup<std::string> own_record()
{
    return {dns::Found::records, {"v=DKIM1; k=ed25519; p=" + encode_base64(key().key.public_octets())}, false, ""};
}

Findings found(const MailText& mail, const std::string& record)
{
    const dns::Lookup<std::string> lookup{dns::Found::records, {record}, false, ""};
    Findings findings;
    if (const auto authors = author_domains(mail); authors.size() == 1) findings.author_domain = authors.front();
    findings.names_us = has_results_of(mail, "mx.one.test");
    for (auto& pending : read_signatures(mail, {})) findings.signatures.push_back(conclude(std::move(pending), lookup));
    auto arc = read_arc(mail);
    std::map<std::string, dns::Lookup<std::string>> keys;
    for (const auto& name : arc.key_names()) keys[name] = lookup;
    findings.arc = conclude(std::move(arc), keys);
    weigh(findings, 0);
    return findings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    // "record NUL mail"; without a NUL all is mail.
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const auto nul = all.find('\0');
    const auto text = nul == std::string_view::npos ? all : all.substr(nul + 1);
    const MailText mail(text);
    const auto findings = found(mail, std::string(nul == std::string_view::npos ? "" : all.substr(0, nul)));
    require(findings.signatures.size() <= limits::signatures);
    const auto results = findings.results();
    require(std::all_of(results.begin(), results.end(), [](char c) { return c >= ' ' && c < '\x7f'; }));

    // What we sign verifies, whatever it was; what SMTP cannot carry is never signed.
    if (!carried(text)) return 0;
    const auto signature = dkim_signature(mail, key(), {});
    if (signature.empty()) return 0;
    const std::string_view signed_pieces[] = {signature, text};
    const MailText signed_mail(signed_pieces);
    auto pending = read_signatures(signed_mail, {});
    require(!pending.empty());
    require(conclude(std::move(pending.front()), own_record()).result == Result::pass);
    const auto set = arc_seal(signed_mail, {"mx.one.test", results, findings.arc.result, {}}, key());
    if (set.empty() || findings.arc.result != Result::none) return 0;
    const std::string_view sealed_pieces[] = {set, signature, text};
    auto chain = read_arc(MailText(sealed_pieces));
    require(conclude(std::move(chain), {{"e._domainkey.one.test", own_record()}}).result == Result::pass);
    return 0;
}
