// mail_facts: the header fields that mean something to email2: who, what it answers, where it has
// been.

#include "email2/text.h"
#include "gateway/mapping/legacy_verb.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/mail_in.h"

namespace gateway::mapping {
namespace {

std::string_view without_blanks(std::string_view text)
{
    const auto from = text.find_first_not_of(' ');
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(' ') + 1 - from);
}

// "by=one.test; list=news@one.test; to=bob@two.test": the address is last, since it may have a ";" in it.
LoopMark read_loop_mark(std::string_view text)
{
    LoopMark mark;
    const auto take = [&](std::string_view name) -> std::string {
        text = without_blanks(text);
        const auto end = text.find(';');
        if (!text.starts_with(name) || end == std::string_view::npos) return {};
        const auto value = without_blanks(text.substr(name.size(), end - name.size()));
        text.remove_prefix(end + 1);
        return std::string(value);
    };
    mark.by = take("by=");
    mark.list = take("list=");
    text = without_blanks(text);
    mark.address = text.starts_with("to=") ? text.substr(3) : text;
    return mark;
}

// One addition to the facts for each field, in the order of the header.
class Reader {
public:
    void field(const std::string& name, std::string_view value)
    {
        if (name == "from") addresses(facts_.from, value);
        else if (name == "to") addresses(facts_.to, value);
        else if (name == "cc") addresses(facts_.cc, value);
        else if (name == "bcc") addresses(facts_.bcc, value);
        else if (name == "message-id") message_id(value);
        else if (name == "in-reply-to") ids(facts_.in_reply_to, value);
        else if (name == "references") ids(facts_.references, value);
        else if (name == "supersedes" || name == "chat-edit") ids(facts_.edits, value);
        else if (name == "chat-delete") ids(facts_.withdraws, value);
        else if (name == "subject") subject(value);
        else if (name == "date") date(value);
        else if (name == "auto-submitted") auto_submitted(value);
        else if (name == "thread-index") thread_index(value);
        else if (name == "received") ++facts_.received;
        else if (name == email2::ascii_lower(loop_mark_field)) loop_mark(value);
    }

    MailFacts take() { return std::move(facts_); }

private:
    static bool usable(std::string_view id)
    {
        return id.size() <= limits::message_id &&
               id.find_first_of(std::string_view(" \t\r\n\0<>", 7)) == std::string_view::npos;
    }

    static void addresses(std::vector<mime::Address>& into, std::string_view value)
    {
        auto more = mime::parse_addresses(value);
        into.insert(into.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }

    static void ids(std::vector<std::string>& into, std::string_view value)
    {
        for (auto& id : mime::parse_message_ids(value))
            if (usable(id) && std::find(into.begin(), into.end(), id) == into.end()) into.push_back(std::move(id));
    }

    void message_id(std::string_view value)
    {
        std::vector<std::string> all;
        ids(all, value);
        if (facts_.message_id.empty() && !all.empty()) facts_.message_id = all.front();
    }

    void subject(std::string_view value)
    {
        if (!std::exchange(has_subject_, true)) facts_.subject = mime::decode_text(value);
    }

    void date(std::string_view value)
    {
        if (!facts_.date) facts_.date = mime::parse_date(value);
    }

    void auto_submitted(std::string_view value)
    {
        // RFC 3834 5: a keyword, perhaps with comments and parameters after it.
        const auto from = value.find_first_not_of(" \t\r\n");
        if (from == std::string_view::npos) return;
        value.remove_prefix(from);
        auto keyword = email2::ascii_lower(value.substr(0, value.find_first_of(" \t\r\n;(")));
        if (keyword != "no") facts_.auto_submitted = std::move(keyword);
    }

    void thread_index(std::string_view value)
    {
        if (!facts_.thread_index.empty()) return;
        for (const char c : value)  // folded where it is long
            if (c != ' ' && c != '\t' && c != '\r' && c != '\n') facts_.thread_index += c;
    }

    void loop_mark(std::string_view value)
    {
        if (facts_.loop_marks.size() < limits::loop_marks)
            if (auto mark = read_loop_mark(email2::ascii_lower(mime::decode_text(value))); !mark.address.empty())
                facts_.loop_marks.push_back(std::move(mark));
    }

    MailFacts facts_;
    bool has_subject_ = false;
};

}  // namespace

std::string loop_mark(const LoopMark& mark)
{
    return std::string(loop_mark_field) + ": by=" + mark.by + "; " +
           (mark.list.empty() ? "" : "list=" + mark.list + "; ") + "to=" + mark.address + "\r\n";
}

MailFacts read_facts(const mime::Message& message, std::string_view bytes)
{
    Reader reader;
    for (const auto& field : message.root.fields)
        reader.field(email2::ascii_lower(field.name.of(bytes)), field.value.of(bytes));
    return reader.take();
}

std::vector<std::string> parent_ids(const MailFacts& facts)
{
    auto ids = facts.in_reply_to;
    if (!facts.references.empty() && std::find(ids.begin(), ids.end(), facts.references.back()) == ids.end())
        ids.push_back(facts.references.back());
    return ids;
}

std::optional<email2::Event> enclosed_event(const mime::Message& message, std::string_view bytes)
{
    auto told = enclosed_told_event(message, bytes);
    if (!told) return std::nullopt;
    return std::move(told->event);
}

std::optional<email2::Name> own_message_id(std::string_view id)
{
    if (const auto name = email2::parse_name(id)) return name;
    // "guid.eSEQ@server": a follow-up about the message.
    const auto at = id.find('@');
    const auto dot = id.find('.');
    if (at == std::string_view::npos || dot == std::string_view::npos || dot + 2 >= at) return std::nullopt;
    const auto sequence = id.substr(dot + 2, at - dot - 2);
    if ((id[dot + 1] != 'e' && id[dot + 1] != 'E') ||
        sequence.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    return email2::parse_name(std::string(id.substr(0, dot)) + std::string(id.substr(at)));
}

}  // namespace gateway::mapping
