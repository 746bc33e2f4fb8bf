// autoconfig: what Thunderbird and others ask to set up an account by address and password.
#include "email2/address.h"
#include "gateway/http/pages.h"

namespace gateway::http::pages {
namespace {

std::string_view socket_type(Encryption encryption)
{
    switch (encryption) {
    case Encryption::none: return "plain";
    case Encryption::starttls: return "STARTTLS";
    case Encryption::tls: return "SSL";
    }
    return "plain";
}

std::string server_element(std::string_view element, std::string_view type, const MailServer& server)
{
    return fmt::format("    <{0} type=\"{1}\">\n      <hostname>{2}</hostname>\n      <port>{3}</port>\n"
                       "      <socketType>{4}</socketType>\n      "
                       "<authentication>password-cleartext</authentication>\n"
                       "      <username>%EMAILADDRESS%</username>\n    </{0}>\n",
        element, type, html_escape(server.host), server.port, socket_type(server.encryption));
}

// The domain asked for: that of the address, else of the host "autoconfig.DOMAIN", else the main
// one.
std::string asked_domain(const Request& request, const Settings& settings)
{
    if (const auto address = request.query("emailaddress"))
        return email2::normalise_domain(email2::domain_of(*address)).value_or("");
    auto host = request.find("host").value_or("");
    host = host.substr(0, host.find(':'));
    constexpr std::string_view prefix = "autoconfig.";
    if (host.starts_with(prefix)) return email2::normalise_domain(host.substr(prefix.size())).value_or("");
    return settings.domains.empty() ? "" : settings.domains.front();
}

std::string document(const Settings& settings, const std::string& domain)
{
    const auto safe_domain = html_escape(domain);
    const auto safe_name = html_escape(settings.name);
    auto xml = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n  "
                           "<emailProvider id=\"{0}\">\n"
                           "    <domain>{0}</domain>\n    <displayName>{1}</displayName>\n    "
                           "<displayShortName>{1}</displayShortName>\n",
        safe_domain, safe_name);
    for (const auto& server : settings.imap) xml += server_element("incomingServer", "imap", server);
    for (const auto& server : settings.submission) xml += server_element("outgoingServer", "smtp", server);
    return xml + "  </emailProvider>\n</clientConfig>\n";
}

}  // namespace

boost::asio::awaitable<Response> autoconfig(Call& call)
{
    const auto& settings = call.settings;
    const auto domain = asked_domain(call.request, settings);
    const bool ours = std::find(settings.domains.begin(), settings.domains.end(), domain) != settings.domains.end();
    if (!ours || settings.imap.empty() || settings.submission.empty())
        co_return text_response(404, "No mail settings for this domain here.\n");
    auto response = text_response(200, document(settings, domain));
    response.fields.front().value = "text/xml; charset=utf-8";
    co_return response;
}

}  // namespace gateway::http::pages
