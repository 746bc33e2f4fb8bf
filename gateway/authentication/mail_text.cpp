// mail_text: a mail as signatures see it.
#include "gateway/authentication/mail_text.h"

#include "email2/text.h"
#include "gateway/authentication/limits.h"

#include <algorithm>

namespace gateway::authentication {

MailText::MailText(std::span<const std::string_view> pieces)
{
    bool ended = false;
    for (const auto piece : pieces) {
        if (ended) {
            body_.push_back(piece);
            continue;
        }
        const auto before = header_.size();
        const auto from = before < 3 ? 0 : before - 3;
        header_ += piece.substr(0, limits::header + 4 - before);
        const bool bodyless = header_.starts_with("\r\n");  // no field at all
        const auto end = bodyless ? 0 : header_.find("\r\n\r\n", from);
        if (end == std::string::npos) {
            if (header_.size() < limits::header + 4) continue;
            too_large_ = true;
            header_.clear();
            return;
        }
        ended = true;
        const auto body_at = end + (bodyless ? 2 : 4);
        body_.push_back(piece.substr(body_at - before));
        header_.resize(bodyless ? 0 : end + 2);
    }
    read_fields();
}

void MailText::read_fields()
{
    const std::string_view header = header_;
    for (std::size_t at = 0; at < header.size();) {
        auto end = std::min(header.find("\r\n", at), header.size());
        while (end + 2 < header.size() && (header[end + 2] == ' ' || header[end + 2] == '\t'))
            end = std::min(header.find("\r\n", end + 2), header.size());
        const auto whole = header.substr(at, end - at);
        const auto colon = whole.find(':');
        if (colon != std::string_view::npos && colon > 0 && whole.front() != ' ' && whole.front() != '\t') {
            HeaderField field;
            const auto name_end = whole.find_last_not_of(" \t\r\n", colon - 1);
            field.name = email2::ascii_lower(whole.substr(0, name_end == std::string_view::npos ? 0 : name_end + 1));
            field.whole = {at, whole.size()};
            field.value = {at + colon + 1, whole.size() - colon - 1};
            by_name_[field.name].push_back(fields_.size());
            fields_.push_back(std::move(field));
        }
        at = end + 2;
    }
}

const std::vector<std::size_t>& MailText::named(std::string_view name) const
{
    static const std::vector<std::size_t> none;
    const auto found = by_name_.find(std::string(name));
    return found == by_name_.end() ? none : found->second;
}

}  // namespace gateway::authentication
