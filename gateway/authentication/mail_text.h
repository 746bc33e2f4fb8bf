// mail_text: a mail as signatures see it: header fields in order, and the octets of the body. Pure.
//
// Its own reading, and not mime's: what is signed is octets, whatever they mean. Lines end in CRLF.
#pragma once

#include "mime/range.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gateway::authentication {

struct HeaderField {
    std::string name;   // lower case
    mime::Range whole;  // in the header, without the CRLF that ends it
    mime::Range value;  // behind the colon
};

// Copies the header; the body stays in the pieces, which must outlive it.
class MailText {
public:
    // `pieces` joined are the mail.
    explicit MailText(std::span<const std::string_view> pieces);
    explicit MailText(std::string_view mail) : MailText(std::span(&mail, 1)) {}

    [[nodiscard]] const std::vector<HeaderField>& fields() const { return fields_; }
    // Of the fields with that name (lower case), the places in fields(), from the top.
    [[nodiscard]] const std::vector<std::size_t>& named(std::string_view name) const;
    [[nodiscard]] std::string_view whole(std::size_t field) const { return fields_[field].whole.of(header_); }
    [[nodiscard]] std::string_view value(std::size_t field) const { return fields_[field].value.of(header_); }
    [[nodiscard]] const std::vector<std::string_view>& body() const { return body_; }
    // A field that is put in front would take the first line in: such a mail cannot be signed.
    [[nodiscard]] bool begins_folded() const { return header_.starts_with(' ') || header_.starts_with('\t'); }
    // The header is longer than limits::header: nothing of it was read.
    [[nodiscard]] bool too_large() const { return too_large_; }

private:
    void read_fields();

    std::string header_;
    std::vector<HeaderField> fields_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
    std::vector<std::string_view> body_;
    bool too_large_ = false;
};

}  // namespace gateway::authentication
