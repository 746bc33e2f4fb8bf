// authentication_records: any octets as records of SPF, DKIM keys and DMARC, as signatures and as macro strings.
#include "gateway/authentication/dmarc.h"
#include "gateway/authentication/limits.h"
#include "gateway/authentication/signature.h"
#include "gateway/authentication/spf_macro.h"
#include "gateway/authentication/spf_record.h"
#include "gateway/authentication/tags.h"

#include <cstdlib>

namespace {

using namespace gateway::authentication;

void require(bool holds)
{
    if (!holds) std::abort();
}

bool is_printable(const std::string& text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto tags = parse_tags(text))
        for (const auto& tag : tags->all())
            require(tag.place.end() <= text.size() && tag.place.of(text).find(';') == std::string_view::npos);
    if (const auto record = parse_spf(text))
        for (const auto& directive : record->directives)
            require(directive.bits4 <= 32 && directive.bits6 <= 128 && directive.bits4 >= 0 && directive.bits6 >= 0);
    if (const auto record = parse_dmarc(text)) require(record->percent <= 100);
    for (const auto type : {KeyType::rsa, KeyType::ed25519})
        if (const auto key = parse_key_record(text, type)) require(key->key.bits() <= limits::longest_rsa);
    for (const auto kind : {SignatureKind::dkim, SignatureKind::arc_message})
        for (const auto rules : {SignatureRules::current, SignatureRules::historic})
            if (const auto signature = parse_signature(text, kind, rules))
                require(!signature->domain.empty() && is_printable(signature->key_name()));
    const MacroValues values{
        "a@b.test", "b.test", boost::asio::ip::make_address("2001:db8::1"), "c.test", "d.test", "unknown", {}};
    for (const auto place : {MacroPlace::domain_spec, MacroPlace::explanation})
        if (const auto expanded = expand_macros(text, values, place))
            require(is_macro_string(text, place) && is_printable(*expanded));
    const auto decoded = decode_base64(text);
    if (decoded) require(decode_base64(encode_base64(*decoded)) == decoded);
    (void)result_of(text);
    return 0;
}
