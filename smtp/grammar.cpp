// grammar: command lines, RFC 5321 4.1.1 and 4.1.2, with the parameters of RFC 1870, 3030, 3461,
// 4954, 6152 and 6531.
#include "mime/ascii.h"
#include "mime/utf8.h"
#include "smtp/command.h"
#include "smtp/limits.h"
#include "smtp/path.h"

#include <charconv>
#include <functional>
#include <limits>
#include <vector>

namespace smtp {
namespace {

using Parsed = tl::expected<Command, SyntaxError>;

tl::unexpected<SyntaxError> refuse(int code, std::string status, std::string text)
{
    return tl::unexpected(SyntaxError{{code, std::move(status), std::move(text)}});
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// The word before the next space; `rest` goes on after the spaces.
std::string_view take_word(std::string_view& rest)
{
    const auto word = rest.substr(0, rest.find(' '));
    rest = trimmed(rest.substr(word.size()));
    return word;
}

// 1*20DIGIT, RFC 1870 3; more than fits is the largest.
std::optional<std::uint64_t> read_number(std::string_view text)
{
    if (text.empty() || text.size() > 20) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return std::nullopt;
    return error == std::errc{} ? value : std::numeric_limits<std::uint64_t>::max();
}

struct Parameter {
    std::string keyword;  // upper case
    std::optional<std::string_view> value;
};

// esmtp-param = esmtp-keyword ["=" esmtp-value]
tl::expected<std::vector<Parameter>, SyntaxError> read_parameters(std::string_view text)
{
    std::vector<Parameter> parameters;
    while (!text.empty()) {
        const auto word = take_word(text);
        const auto equals = word.find('=');
        Parameter parameter{mime::uppered(word.substr(0, equals)), std::nullopt};
        if (equals != std::string_view::npos) parameter.value = word.substr(equals + 1);
        for (const auto& other : parameters)
            if (other.keyword == parameter.keyword) return refuse(501, "5.5.4", "The same parameter twice");
        parameters.push_back(std::move(parameter));
        if (parameters.size() > parameters_limit) return refuse(501, "5.5.4", "Too many parameters");
    }
    return parameters;
}

// What became of one parameter.
enum class Taken { yes, unknown, malformed };

Taken taken_if(bool well_formed)
{
    return well_formed ? Taken::yes : Taken::malformed;
}

Taken take_size(MailFrom& from, std::string_view value)
{
    from.size = read_number(value);
    return taken_if(from.size.has_value());
}

// body-value = "7BIT" / "8BITMIME"; BINARYMIME is not offered
Taken take_body(MailFrom& from, std::string_view value)
{
    const auto word = mime::uppered(value);
    from.body = word == "8BITMIME" ? Body::eight_bit_mime : Body::seven_bit;
    return taken_if(word == "7BIT" || word == "8BITMIME");
}

// ret-value = "FULL" / "HDRS"
Taken take_ret(MailFrom& from, std::string_view value)
{
    const auto word = mime::uppered(value);
    from.ret = word == "FULL" ? Ret::full : Ret::headers;
    return taken_if(word == "FULL" || word == "HDRS");
}

Taken take_envid(MailFrom& from, std::string_view value)
{
    auto text = value.size() <= envid_limit ? decode_xtext(value) : std::nullopt;
    const bool good = text && !text->empty() && mime::is_ascii(*text);
    if (good) from.envid = std::move(*text);
    return taken_if(good);
}

// AUTH=xtext of a mailbox or "<>"; noted only, RFC 4954 5
Taken take_auth(MailFrom& from, std::string_view value)
{
    from.auth = decode_xtext(value);
    return taken_if(from.auth && !from.auth->empty() && mime::is_utf8(*from.auth));
}

Taken take_mail_parameter(MailFrom& from, const Parameter& parameter)
{
    const auto value = parameter.value.value_or("");
    if (parameter.keyword == "SIZE") return take_size(from, value);
    if (parameter.keyword == "BODY") return take_body(from, value);
    if (parameter.keyword == "RET") return take_ret(from, value);
    if (parameter.keyword == "ENVID") return take_envid(from, value);
    if (parameter.keyword == "AUTH") return take_auth(from, value);
    if (parameter.keyword != "SMTPUTF8") return Taken::unknown;
    from.smtputf8 = true;
    return taken_if(!parameter.value);
}

// notify-esmtp-value = "NEVER" / 1#notify-list-element
Taken take_notify(Notify& notify, std::string_view value)
{
    notify = {.set = true};
    if (mime::equal_ignoring_case(value, "NEVER")) return Taken::yes;
    while (true) {
        const auto word = mime::uppered(value.substr(0, value.find(',')));
        bool* flag = word == "SUCCESS"   ? &notify.success
                     : word == "FAILURE" ? &notify.failure
                     : word == "DELAY"   ? &notify.delay
                                         : nullptr;
        if (flag == nullptr) return Taken::malformed;
        *flag = true;
        if (word.size() == value.size()) return Taken::yes;
        value.remove_prefix(word.size() + 1);
    }
}

// orcpt-parameter = "ORCPT=" original-recipient-address; addr-type ";" xtext
Taken take_orcpt(RcptTo& to, std::string_view value)
{
    const auto semicolon = value.find(';');
    if (value.size() > orcpt_limit || semicolon == 0 || semicolon == std::string_view::npos) return Taken::malformed;
    const auto address = decode_xtext(value.substr(semicolon + 1));
    const auto type = value.substr(0, semicolon);
    if (!address || address->empty() || !mime::is_utf8(*address) || !mime::is_ascii(type) ||
        type.find('+') != std::string_view::npos)
        return Taken::malformed;
    to.orcpt = std::string(type) + ";" + *address;
    return Taken::yes;
}

Taken take_rcpt_parameter(RcptTo& to, const Parameter& parameter)
{
    const auto value = parameter.value.value_or("");
    if (parameter.keyword == "NOTIFY") return take_notify(to.notify, value);
    if (parameter.keyword == "ORCPT") return take_orcpt(to, value);
    return Taken::unknown;
}

// Hands each parameter to `take`; the refusal, or nothing.
std::optional<SyntaxError> each_parameter(std::string_view text, const std::function<Taken(const Parameter&)>& take)
{
    const auto parameters = read_parameters(text);
    if (!parameters) return parameters.error();
    for (const auto& parameter : *parameters) {
        const auto taken = take(parameter);
        if (taken == Taken::unknown) return SyntaxError{{555, "5.5.4", "Parameter not recognised"}};
        if (taken == Taken::malformed)
            return SyntaxError{{501, "5.5.4", "Bad value of parameter " + parameter.keyword}};
    }
    return std::nullopt;
}

// Takes "FROM:" or "TO:" off `text`, with the spaces after it that many clients send.
bool take_keyword(std::string_view& text, std::string_view keyword)
{
    if (!mime::equal_ignoring_case(text.substr(0, keyword.size()), keyword)) return false;
    text = trimmed(text.substr(keyword.size()));
    return true;
}

// The path, when a space or the end follows it; `text` goes on with the parameters.
std::optional<std::string> take_path(std::string_view& text)
{
    auto path = read_path(text);
    if (!path || (path->length < text.size() && text[path->length] != ' ')) return std::nullopt;
    text = trimmed(text.substr(path->length));
    return std::move(path->mailbox);
}

// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]
Parsed parse_mail(std::string_view text)
{
    if (!take_keyword(text, "FROM:")) return refuse(501, "5.5.4", "Syntax: MAIL FROM:<address>");
    auto path = take_path(text);
    if (!path) return refuse(501, "5.1.7", "Bad sender address");
    MailCommand mail;
    mail.from.reverse_path = std::move(*path);
    if (auto error = each_parameter(text, [&](const Parameter& p) { return take_mail_parameter(mail.from, p); }))
        return tl::unexpected(std::move(*error));
    if (!mail.from.smtputf8 && !mime::is_ascii(mail.from.reverse_path))
        return refuse(553, "5.6.7", "An international address needs SMTPUTF8");
    return mail;
}

// rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP
// Rcpt-parameters]
Parsed parse_rcpt(std::string_view text)
{
    if (!take_keyword(text, "TO:")) return refuse(501, "5.5.4", "Syntax: RCPT TO:<address>");
    auto path = take_path(text);
    if (!path || path->empty()) return refuse(501, "5.1.3", "Bad recipient address");
    RcptCommand rcpt;
    rcpt.to.forward_path = std::move(*path);
    if (auto error = each_parameter(text, [&](const Parameter& p) { return take_rcpt_parameter(rcpt.to, p); }))
        return tl::unexpected(std::move(*error));
    return rcpt;
}

// bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ], RFC 3030 2
Parsed parse_bdat(std::string_view text)
{
    const auto size = read_number(take_word(text));
    const bool last = mime::equal_ignoring_case(text, "LAST");
    if (!size || (!last && !text.empty())) return refuse(501, "5.5.4", "Syntax: BDAT size [LAST]");
    return Bdat{*size, last};
}

// auth = "AUTH" SP mechanism [ SP initial-response ], RFC 4954 8
Parsed parse_auth(std::string_view text)
{
    Auth auth{mime::uppered(take_word(text)), std::nullopt};
    if (auth.mechanism.empty() || auth.mechanism.size() > 20 || text.find(' ') != std::string_view::npos)
        return refuse(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");
    if (!text.empty()) auth.initial = std::string(text);
    return auth;
}

template <class Greeting>
Parsed parse_greeting(std::string_view text)
{
    // Clients name themselves in many ways that are no domain; the sink may judge, the conversation
    // need not.
    if (text.empty() || text.size() > domain_limit + 2)
        return refuse(501, "5.5.4", "Your name is missing, or too long");
    return Greeting{std::string(text)};
}

template <class Bare>
Parsed parse_bare(std::string_view text)
{
    if (!text.empty()) return refuse(501, "5.5.4", "This command takes no argument");
    return Bare{};
}

template <class Lookup>
Parsed parse_lookup(std::string_view text)
{
    if (text.empty()) return refuse(501, "5.5.4", "Whom?");
    return Lookup{std::string(text)};
}

struct Rule {
    std::string_view verb;
    Parsed (*parse)(std::string_view rest);
};

constexpr Rule rules[] = {
    {"EHLO", parse_greeting<Ehlo>},
    {"HELO", parse_greeting<Helo>},
    {"MAIL", parse_mail},
    {"RCPT", parse_rcpt},
    {"DATA", parse_bare<Data>},
    {"BDAT", parse_bdat},
    {"RSET", parse_bare<Rset>},
    {"NOOP", [](std::string_view) -> Parsed { return Noop{}; }},
    {"QUIT", parse_bare<Quit>},
    {"VRFY", parse_lookup<Vrfy>},
    {"EXPN", parse_lookup<Expn>},
    {"HELP", [](std::string_view) -> Parsed { return Help{}; }},
    {"STARTTLS", parse_bare<StartTls>},
    {"AUTH", parse_auth},
};

bool has_controls(std::string_view line)
{
    for (const char c : line)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) return true;
    return false;
}

}  // namespace

Parsed parse_command(std::string_view line)
{
    if (has_controls(line)) return refuse(500, "5.5.2", "Control characters in a command");
    if (!mime::is_utf8(line)) return refuse(500, "5.5.2", "A command that is not UTF-8");
    auto rest = trimmed(line);
    const auto verb = take_word(rest);
    for (const auto& rule : rules)
        if (mime::equal_ignoring_case(verb, rule.verb)) return rule.parse(rest);
    return refuse(500, "5.5.2", "Command not recognised");
}

std::optional<std::string> parse_path(std::string_view path)
{
    auto read = read_path(path);
    if (!read || read->length != path.size()) return std::nullopt;
    return std::move(read->mailbox);
}

}  // namespace smtp
