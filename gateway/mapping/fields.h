// fields: the header of a mail of our making, field by field, RFC 5322 3.6.
#pragma once

#include "email2/message.h"
#include "mime/compose.h"
#include "mime/header.h"

#include <string>
#include <string_view>
#include <vector>

namespace gateway::mapping {

// A person as a header shows them.
[[nodiscard]] mime::Address address_of(const email2::Person& person);
// The same as text for people: "Alice <alice@one.test>", or the address alone.
[[nodiscard]] std::string display_of(const mime::Address& address);

// Ids for References: the chain with the direct parent last, duplicates dropped, at most
// limits::references (the first and the newest).
[[nodiscard]] std::vector<std::string> reference_chain(
    const std::vector<std::string>& chain, const std::string& parent);

// "Re: " in front unless it stands there already, in any case.
[[nodiscard]] std::string answer_subject(std::string_view subject);

// Collects fields; values are encoded and folded here.
class FieldList {
public:
    void text(std::string_view name, std::string_view utf8);
    void addresses(std::string_view name, const std::vector<mime::Address>& addresses);
    void ids(std::string_view name,
        const std::vector<std::string>& ids);  // without brackets; nothing for none
    void date(std::string_view name, email2::Time time);
    // Thread-Topic and Thread-Index, for Outlook; nothing without an index.
    void conversation(std::string_view index, std::string_view subject);
    void raw(std::string_view name, std::string_view ascii);

    [[nodiscard]] const mime::Fields& fields() const { return fields_; }

private:
    mime::Fields fields_;
};

}  // namespace gateway::mapping
