// authorization: who a request says it comes from, RFC 7617 (Basic) and RFC 6750 (Bearer).
#include "gateway/http/authorization.h"

#include "email2/text.h"

#include <openssl/evp.h>

namespace gateway::http {
namespace {

std::optional<std::string> base64_decode(std::string_view text)
{
    if (text.empty() || text.size() % 4 != 0) return std::nullopt;
    const auto padding = text.size() - std::min(text.find('='), text.size());
    if (padding > 2 || text.find_first_not_of('=', text.size() - padding) != std::string_view::npos)
        return std::nullopt;
    std::string result(text.size() / 4 * 3, '\0');
    const auto length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (length < 0) return std::nullopt;
    result.resize(static_cast<std::size_t>(length) - padding);
    return result;
}

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

}  // namespace

Credentials parse_authorization(std::string_view field)
{
    const auto space = field.find(' ');
    if (space == std::string_view::npos) return {};
    const auto scheme = email2::ascii_lower(field.substr(0, space));
    const auto rest = trimmed(field.substr(space));
    if (scheme == "bearer" && !rest.empty()) return Bearer{std::string(rest)};
    if (scheme != "basic") return {};
    const auto pair = base64_decode(rest);
    if (!pair || !email2::is_utf8(*pair) || pair->find('\0') != std::string::npos) return {};
    const auto colon = pair->find(':');
    if (colon == std::string::npos || colon == 0) return {};
    return Basic{pair->substr(0, colon), pair->substr(colon + 1)};
}

bool may_carry_secrets(const Request& request)
{
    return request.encrypted || request.loopback;
}

bool is_cross_site(const Request& request)
{
    const auto origin = request.find("origin");
    if (!origin) return false;
    const auto scheme = origin->find("://");
    if (scheme == std::string::npos) return true;  // "null": a page without an origin
    const auto host = email2::ascii_lower(request.find("host").value_or(""));
    return email2::ascii_lower(std::string_view(*origin).substr(scheme + 3)) != host;
}

}  // namespace gateway::http
