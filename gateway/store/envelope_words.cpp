// envelope_words: see envelope_words.h. RFC 3501 7.4.2; imap/describe.h writes quoted strings only.
#include "gateway/store/envelope_words.h"

#include "email2/text.h"
#include "mime/header.h"

#include <optional>

namespace gateway::store {
namespace {

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    // The next quoted string; nullopt for NIL, which is passed, and for a parenthesis, which is not.
    std::optional<std::string> next()
    {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
        if (at_ >= text_.size() || text_[at_] == '(' || text_[at_] == ')') return std::nullopt;
        if (text_[at_] != '"') {
            at_ = std::min(text_.find_first_of(" ()", at_), text_.size());
            return std::nullopt;
        }
        std::string text;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            text += text_[at_];
        }
        ++at_;
        return text;
    }

    bool opens()
    {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
        if (at_ >= text_.size() || text_[at_] != '(') return false;
        ++at_;
        return true;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

EnvelopeWords envelope_words(std::string_view envelope)
{
    EnvelopeWords words;
    Reader reader(envelope);
    (void)reader.opens();
    (void)reader.next();  // the date
    words.subject = mime::decode_text(reader.next().value_or(""));
    if (!reader.opens() || !reader.opens()) return words;
    words.from_name = mime::decode_text(reader.next().value_or(""));
    (void)reader.next();  // the route
    const auto local = reader.next();
    const auto domain = reader.next();
    if (local && domain) words.from_address = *local + "@" + *domain;
    return words;
}

std::string author_name(std::string_view envelope, const email2::Person& known)
{
    if (known.kind == email2::Class::native && !known.name.empty()) return known.name;
    auto words = envelope_words(envelope);
    const bool same = email2::ascii_lower(words.from_address) == email2::ascii_lower(known.address);
    return same && !words.from_name.empty() ? std::move(words.from_name) : known.name;
}

}  // namespace gateway::store
