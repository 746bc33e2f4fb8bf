// signature: what a DKIM-Signature or ARC-Message-Signature field and a key record say, RFC 6376 3.5, 3.6, 3.7.
#include "gateway/authentication/signature.h"

#include "email2/text.h"
#include "gateway/authentication/limits.h"
#include "gateway/authentication/tags.h"

#include <algorithm>

namespace gateway::authentication {
namespace {

// A name that the DNS can hold, RFC 1035 2.3.4.
bool is_key_name(std::string_view name)
{
    if (name.size() > 253) return false;
    const auto labels = split(name, '.');
    return std::all_of(
        labels.begin(), labels.end(), [](const auto& label) { return !label.empty() && label.size() <= 63; });
}

// Takes a signature's tags one by one; remembers the first thing that is wrong.
class Reading {
public:
    Reading(const Tags& tags, SignatureKind kind, SignatureRules rules) : tags_(tags), kind_(kind), rules_(rules) {}

    tl::expected<Signature, Verdict> run()
    {
        version();
        algorithm();
        canonical();
        names();
        identity();
        fields();
        times();
        signature_.body_hash = octets("bh");
        signature_.signature = octets("b");
        if (const auto* length = tags_.find("l")) {
            signature_.length = whole_number(length->value);
            if (!signature_.length) wrong("l= is no number");
        }
        if (fault_) return tl::unexpected(*fault_);
        return std::move(signature_);
    }

private:
    void wrong(std::string why, Result result = Result::permerror)
    {
        if (!fault_) fault_ = Verdict{result, std::move(why)};
    }

    std::string_view required(std::string_view name)
    {
        const auto value = tags_.value(name);
        if (value.empty()) wrong("it has no " + std::string(name) + "=");
        return value;
    }

    std::string octets(std::string_view name)
    {
        auto decoded = decode_base64(required(name));
        if (!decoded) wrong(std::string(name) + "= is no base64");
        return decoded.value_or("");
    }

    void version()
    {
        const bool draft =
            rules_ == SignatureRules::historic && (tags_.find("v") == nullptr || tags_.value("v").starts_with("0."));
        if (kind_ == SignatureKind::dkim && !draft && required("v") != "1") wrong("its version is not known");
        const auto* query = tags_.find("q");
        if (query == nullptr) return;
        const auto methods = split(query->value, ':');
        const auto* dns = rules_ == SignatureRules::historic && query->value == "dns" ? "dns" : "dns/txt";
        if (std::find(methods.begin(), methods.end(), dns) == methods.end()) wrong("its key is not in the DNS");
    }

    void algorithm()
    {
        const auto name = email2::ascii_lower(required("a"));
        if (name == "ed25519-sha256") signature_.type = KeyType::ed25519;
        else if (name == "rsa-sha1") {
            signature_.hash = Hash::sha1;
            if (rules_ == SignatureRules::current) wrong("rsa-sha1 is not accepted, RFC 8301 3.1", Result::policy);
        } else if (name != "rsa-sha256") wrong("its algorithm is not known");
    }

    void canonical()
    {
        const auto forms = split(email2::ascii_lower(tags_.value("c", "simple/simple")), '/');
        const auto form = [&](std::size_t i) {
            if (i >= forms.size()) return Canonical::simple;  // RFC 6376 3.5: of the body, when only one is named
            if (forms[i] != "simple" && forms[i] != "relaxed") wrong("its canonicalization is not known");
            return forms[i] == "relaxed" ? Canonical::relaxed : Canonical::simple;
        };
        signature_.header = form(0);
        signature_.body = form(1);
        if (forms.size() > 2) wrong("its canonicalization is not known");
    }

    void names()
    {
        signature_.domain = email2::ascii_lower(required("d"));
        signature_.selector = required("s");
        // What cannot be a name must not look like a DNS that fails: that would be temperror, which nobody is refused
        // for.
        if (!is_key_name(signature_.key_name()) ||
            signature_.key_name().find_first_of(" \t\r\n\\@/") != std::string::npos)
            wrong("d= or s= is no name");
    }

    // i= is an address of the signing domain, or below it; in ARC it is a number.
    void identity()
    {
        signature_.identity = signature_.domain;
        const auto value = tags_.value("i");
        if (kind_ == SignatureKind::arc_message) {
            const auto number = whole_number(value);
            if (!number || *number < 1 || *number > limits::arc_sets) wrong("its instance is no number from 1 to 50");
            else signature_.instance = static_cast<int>(*number);
            return;
        }
        if (value.empty()) return;
        const auto decoded = unquoted(value);
        const auto at = decoded.rfind('@');
        if (at == std::string::npos) return wrong("i= is no address");
        signature_.identity = email2::ascii_lower(decoded.substr(at + 1));
        const bool below = signature_.identity.ends_with("." + signature_.domain);
        if (signature_.identity != signature_.domain && !below) wrong("i= is not of the domain that signs");
    }

    // dkim-quoted-printable, RFC 6376 2.11.
    static std::string unquoted(std::string_view text)
    {
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n') continue;
            if (text[i] == '=' && i + 2 < text.size() && email2::is_hex_digit(text[i + 1]) &&
                email2::is_hex_digit(text[i + 2])) {
                out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
                i += 2;
            } else out += text[i];
        }
        return out;
    }

    void fields()
    {
        for (auto& name : split(email2::ascii_lower(required("h")), ':'))
            if (!name.empty()) signature_.fields.push_back(std::move(name));
        const auto& named = signature_.fields;
        if (named.size() > limits::signed_fields) wrong("h= names too many fields");
        if (kind_ == SignatureKind::dkim && std::find(named.begin(), named.end(), "from") == named.end())
            wrong("h= lacks From");
        if (kind_ == SignatureKind::arc_message && std::find(named.begin(), named.end(), "arc-seal") != named.end())
            wrong("h= names ARC-Seal");
    }

    std::optional<std::chrono::sys_seconds> time(std::string_view name)
    {
        const auto* tag = tags_.find(name);
        if (tag == nullptr) return std::nullopt;
        const auto number = whole_number(tag->value);
        if (!number || *number > 999'999'999'999) wrong(std::string(name) + "= is no time");
        return std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(number.value_or(0))));
    }

    void times()
    {
        signature_.time = time("t");
        signature_.expires = time("x");
        if (signature_.time && signature_.expires && *signature_.expires < *signature_.time)
            wrong("it expires before it was made");
    }

    const Tags& tags_;
    SignatureKind kind_;
    SignatureRules rules_;
    Signature signature_;
    std::optional<Verdict> fault_;
};

Verdict permerror(std::string why)
{
    return {Result::permerror, std::move(why)};
}

}  // namespace

tl::expected<Signature, Verdict> parse_signature(std::string_view value, SignatureKind kind, SignatureRules rules)
{
    if (value.size() > limits::signature) return tl::unexpected(permerror("it is too long"));
    const auto tags = parse_tags(value);
    if (!tags) return tl::unexpected(permerror(tags.error()));
    return Reading(*tags, kind, rules).run();
}

tl::expected<KeyRecord, Verdict> parse_key_record(std::string_view text, KeyType type)
{
    if (text.size() > limits::record) return tl::unexpected(permerror("the key's record is too long"));
    const auto tags = parse_tags(text);
    if (!tags) return tl::unexpected(permerror("the key's record cannot be read: " + tags.error()));
    const auto* version = tags->find("v");
    if (version != nullptr && (version->value != "DKIM1" || version != tags->all().data()))
        return tl::unexpected(permerror("the key's record has an unknown version"));
    if (tags->value("k", "rsa") != name_of(type)) return tl::unexpected(permerror("the key is of another type"));
    const auto* key = tags->find("p");
    if (key == nullptr) return tl::unexpected(permerror("the key's record has no key"));
    if (key->value.empty()) return tl::unexpected(permerror("the key was revoked"));
    const auto octets = decode_base64(key->value);
    auto read = octets ? PublicKey::read(type, *octets)
                       : tl::expected<PublicKey, std::string>(tl::unexpected(std::string("the key is no base64")));
    if (!read) return tl::unexpected(permerror(read.error()));
    KeyRecord record{std::move(*read), {}, true, false, false};
    if (tags->find("h") != nullptr) record.hashes = split(email2::ascii_lower(tags->value("h")), ':');
    const auto services = split(tags->value("s", "*"), ':');
    record.for_mail =
        std::any_of(services.begin(), services.end(), [](const auto& s) { return s == "*" || s == "email"; });
    for (const auto& flag : split(tags->value("t"), ':')) {
        record.testing |= flag == "y";
        record.strict |= flag == "s";
    }
    return record;
}

std::string without_signature(std::string_view whole)
{
    const auto colon = whole.find(':');
    const auto tags = parse_tags(whole.substr(std::min(colon + 1, whole.size())));
    const auto* tag = tags ? tags->find("b") : nullptr;
    std::string text(whole);
    if (tag != nullptr) text.erase(colon + 1 + tag->place.offset, tag->place.length);
    return text;
}

std::string header_digest(const MailText& mail, const Signature& signature, std::size_t own)
{
    Digest digest(signature.hash);
    std::unordered_map<std::string_view, std::size_t> used;  // of each name, how many from the bottom
    for (const auto& name : signature.fields) {
        const auto& places = mail.named(name);
        auto& count = used[name];
        if (count < places.size() && places[places.size() - 1 - count] == own) ++count;  // never itself
        if (count >= places.size()) continue;  // signed as absent, RFC 6376 5.4.2
        digest.update(canonical_field(mail.whole(places[places.size() - 1 - count]), signature.header));
        digest.update("\r\n");
        ++count;
    }
    digest.update(canonical_field(without_signature(mail.whole(own)), signature.header));
    return digest.finish();
}

Verdict check_signature(
    const Signature& signature, const std::string& digest, const dns::Lookup<std::string>& key, SignatureRules rules)
{
    if (key.found == dns::Found::failed) return {Result::temperror, "its key cannot be looked up now"};
    if (key.records.empty()) return permerror("its key does not exist");
    // More than one record is undefined, RFC 6376 3.6.2.2: the first that has such a key.
    auto record = parse_key_record(key.records.front(), signature.type);
    for (std::size_t i = 1; !record && i < std::min(key.records.size(), limits::signatures); ++i)
        if (auto other = parse_key_record(key.records[i], signature.type)) record = std::move(other);
    if (!record) return record.error();
    if (!record->for_mail) return permerror("its key is not for mail");
    const auto* hash = signature.hash == Hash::sha1 ? "sha1" : "sha256";
    if (!record->hashes.empty() &&
        std::find(record->hashes.begin(), record->hashes.end(), hash) == record->hashes.end())
        return permerror("its key is not for this hash");
    if (record->strict && signature.identity != signature.domain) return permerror("its key is not for subdomains");
    if (signature.type == KeyType::rsa && record->key.bits() < limits::shortest_rsa && rules == SignatureRules::current)
        return {
            Result::policy, "its key has fewer than " + std::to_string(limits::shortest_rsa) + " bits, RFC 8301 3.2"};
    if (!record->key.verifies(signature.hash, digest, signature.signature))
        return {Result::fail, "the signature does not fit the header"};
    return {Result::pass, record->testing ? "its domain is testing" : ""};
}

}  // namespace gateway::authentication
