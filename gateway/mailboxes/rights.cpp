// rights: see the header.
#include "gateway/mailboxes/rights.h"

namespace gateway::mailboxes {

// A special mailbox is there for good; mail for the user's address comes into INBOX.
std::string own_rights(imap::SpecialUse use)
{
    return either("lrswikte", use == imap::SpecialUse::none ? "x" : use == imap::SpecialUse::inbox ? "p" : "");
}

std::string list_rights(email2::Posting posting, email2::Listed listed, bool owner)
{
    std::string rights;
    if (listed == email2::Listed::in) rights += "lr";
    if (email2::may_post(posting, {.listed = listed, .owner = owner, .proven = true})) rights += 'p';
    if (owner) rights += 'a';
    return rights;
}

std::string strangers_rights(email2::Posting posting)
{
    return email2::may_post(posting, {}) ? "p" : "";
}

std::string either(std::string_view rights, std::string_view more)
{
    std::string out;
    for (const char letter : std::string_view("lrswipkxtea"))
        if (rights.find(letter) != std::string_view::npos || more.find(letter) != std::string_view::npos) out += letter;
    return out;
}

}  // namespace gateway::mailboxes
