// call: one request on its way to its handler, and what handlers share.
#include "gateway/http/call.h"

#include "email2/xml.h"
#include "gateway/http/limits.h"

#include <charconv>

namespace gateway::http {

unsigned status_of(email2::Code code)
{
    switch (code) {
    case email2::Code::not_found: return 404;
    case email2::Code::forbidden: return 403;
    case email2::Code::conflict: return 409;
    case email2::Code::over_quota: return 507;
    case email2::Code::rate_limited: return 429;
    case email2::Code::too_large: return 413;
    case email2::Code::invalid: return 400;
    case email2::Code::gone: return 410;
    case email2::Code::unavailable: return 503;
    }
    return 503;
}

Response error_response(const email2::Error& error)
{
    auto response = document_response(status_of(error.code), email2::write(error));
    if (error.retry_after.count() > 0) response.with("Retry-After", std::to_string(error.retry_after.count()));
    return response;
}

Response error_response(email2::Code code, std::string text)
{
    return error_response(email2::Error{code, std::move(text), {}});
}

Response document_response(unsigned status, std::string xml)
{
    if (xml.size() <= limits::validated)
        if (const auto valid = email2::validate(xml); !valid)
            throw std::logic_error(
                "an answer is not as the schema says: " + valid.error().path + ": " + valid.error().text);
    Response response;
    response.status = status;
    response.body = std::move(xml);
    response.with("Content-Type", "application/xml; charset=utf-8").with("Cache-Control", "no-store");
    return response;
}

Response message_response(unsigned status, const email2::Result<Shown>& shown)
{
    if (!shown) return error_response(shown.error());
    Response response;
    response.status = status;
    response.body = *shown->xml;
    response.with("Content-Type", "application/xml; charset=utf-8")
        .with("Cache-Control", "no-store")
        .with("ETag", "\"" + std::to_string(shown->revision) + "\"");
    return response;
}

email2::Result<email2::Name> message_named(const Call& call)
{
    auto name = email2::parse_name(call.arguments.at(0));
    if (!name) return tl::unexpected(email2::Error{email2::Code::not_found, "There is no such message.", {}});
    return *std::move(name);
}

boost::asio::awaitable<std::string> document_body(Call& call)
{
    return call.exchange.body(call.settings.max_document);
}

email2::Result<std::optional<bool>> query_flag(const Request& request, const std::string& name)
{
    const auto value = request.query(name);
    if (!value) return std::optional<bool>{};
    if (*value == "1" || *value == "true") return std::optional{true};
    if (*value == "0" || *value == "false") return std::optional{false};
    return tl::unexpected(
        email2::Error{email2::Code::invalid, "The parameter " + name + " is neither 1 nor 0.", "?" + name});
}

email2::Result<std::uint64_t> query_number(
    const Request& request, const std::string& name, std::uint64_t otherwise, std::uint64_t most)
{
    const auto text = request.query(name);
    if (!text) return otherwise;
    std::uint64_t value = 0;
    const auto* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || stop != end || value > most)
        return tl::unexpected(email2::Error{email2::Code::invalid,
            "The parameter " + name + " is no number from 0 to " + std::to_string(most) + ".", "?" + name});
    return value;
}

}  // namespace gateway::http
