// extensions: what EHLO offers, RFC 5321 4.1.1.1.
#include "smtp/extensions.h"

#include "mime/ascii.h"

#include <charconv>

namespace smtp {
namespace {

std::string_view take(std::string_view& text, char separator)
{
    const auto word = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
}

void read_size(Offered& offered, std::string_view argument)
{
    offered.size = true;
    std::from_chars(argument.data(), argument.data() + argument.size(), offered.size_limit);
}

void read_mechanisms(Offered& offered, std::string_view arguments)
{
    while (!arguments.empty() && offered.mechanisms.size() < 32)
        if (const auto word = take(arguments, ' '); !word.empty()) offered.mechanisms.push_back(mime::uppered(word));
}

void read_row(Offered& offered, std::string_view row)
{
    const auto keyword = mime::uppered(take(row, ' '));
    if (keyword == "PIPELINING") offered.pipelining = true;
    if (keyword == "8BITMIME") offered.eight_bit_mime = true;
    if (keyword == "SMTPUTF8") offered.smtputf8 = true;
    if (keyword == "DSN") offered.dsn = true;
    if (keyword == "STARTTLS") offered.starttls = true;
    if (keyword == "CHUNKING") offered.chunking = true;
    if (keyword == "SIZE") read_size(offered, row);
    if (keyword == "AUTH") read_mechanisms(offered, row);
}

}  // namespace

std::string ehlo_text(std::string_view hostname, const Offer& offer)
{
    std::string text(hostname);
    text += "\nPIPELINING\nSIZE";
    if (offer.size != 0) text += " " + std::to_string(offer.size);
    text += "\n8BITMIME\nSMTPUTF8\nCHUNKING\nENHANCEDSTATUSCODES\nDSN";
    if (offer.starttls) text += "\nSTARTTLS";
    if (!offer.mechanisms.empty()) {
        text += "\nAUTH";
        for (const auto& mechanism : offer.mechanisms) text += " " + mechanism;
    }
    return text;
}

Offered read_ehlo(std::string_view text)
{
    Offered offered;
    offered.esmtp = true;
    take(text, '\n');  // the greeting line
    while (!text.empty()) read_row(offered, take(text, '\n'));
    return offered;
}

}  // namespace smtp
