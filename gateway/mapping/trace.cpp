// trace: where a mail came in and what was found out about it, RFC 5321 4.4, RFC 8601.

#include "gateway/mapping/mail_out.h"
#include "mime/header.h"

namespace gateway::mapping {
namespace {

// What a peer said about itself must not end the field or the comment it stands in.
std::string plain(std::string_view value)
{
    std::string result;
    for (const char c : value) {
        const bool visible = static_cast<unsigned char>(c) > ' ' && c != '\x7f' && c != '(' && c != ')' && c != '<' &&
                             c != '>' && c != ';' && c != '\\';
        result += visible ? c : '_';
    }
    return result;
}

std::string one_line(std::string_view value)
{
    std::string result;
    for (const char c : value) result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    return result;
}

std::string comment(std::string_view value)
{
    std::string result;
    for (const char c : one_line(value))
        if (c != '(' && c != ')' && c != '\\') result += c;
    return result;
}

// "[192.0.2.1]", "[IPv6:2001:db8::1]", RFC 5321 4.1.3.
std::string literal(std::string_view peer)
{
    return std::string("[") + (peer.find(':') == std::string_view::npos ? "" : "IPv6:") + plain(peer) + "]";
}

// A result per line.
std::string folded_results(std::string_view value)
{
    std::string result;
    for (const char c : one_line(value)) {
        result += c;
        if (c == ';') result += "\r\n\t";
    }
    std::string tidy;
    for (std::size_t i = 0; i < result.size(); ++i)
        if (result[i] != ' ' || tidy.empty() || tidy.back() != '\t') tidy += result[i];
    return tidy;
}

}  // namespace

std::string trace(const Arrival& arrival)
{
    std::string fields = "Return-Path: <" + one_line(arrival.reverse_path) + ">\r\n";
    if (!arrival.authentication_results.empty())
        fields += "Authentication-Results: " + folded_results(arrival.authentication_results) + "\r\n";
    fields += "Received: from " + (arrival.greeting.empty() ? "unknown" : plain(arrival.greeting)) + " (" +
              literal(arrival.peer) + ")\r\n";
    fields += "\tby " + plain(arrival.hostname) + " with " + plain(arrival.with);
    if (!arrival.tls.empty()) fields += " (" + comment(arrival.tls) + ")";
    fields += " id " + plain(arrival.id) + "\r\n";
    if (!arrival.single_recipient.empty()) fields += "\tfor <" + one_line(arrival.single_recipient) + ">";
    else fields.erase(fields.size() - 2);
    const auto date = mime::format_date(std::chrono::floor<std::chrono::seconds>(arrival.at));
    return fields + ";\r\n\t" + date + "\r\n";
}

}  // namespace gateway::mapping
