// command_table: which commands there are, when they may be given, and what else may be told in
// their answer.
#include "imap/command_table.h"

#include "imap/grammar/grammar.h"

#include <algorithm>
#include <array>

namespace imap {

namespace {

constexpr unsigned fresh = static_cast<unsigned>(State::not_authenticated);
constexpr unsigned known = static_cast<unsigned>(State::authenticated) | static_cast<unsigned>(State::selected);
constexpr unsigned opened = static_cast<unsigned>(State::selected);
constexpr unsigned any = fresh | known;

constexpr std::array<CommandRow, 47> table{{
    {"CAPABILITY", any, News::flags_expunges, grammar::capability},
    {"NOOP", any, News::all, grammar::noop},
    {"LOGOUT", any, News::none, grammar::logout},
    {"ID", any, News::flags_expunges, grammar::id},
    {"STARTTLS", fresh, News::none, grammar::start_tls},
    {"AUTHENTICATE", fresh, News::none, grammar::authenticate},
    {"LOGIN", fresh, News::none, grammar::login},
    {"ENABLE", known, News::flags_expunges, grammar::enable},
    {"SELECT", known, News::none, grammar::select},
    {"EXAMINE", known, News::none, grammar::examine},
    {"CREATE", known, News::flags_expunges, grammar::create},
    {"DELETE", known, News::flags_expunges, grammar::remove},
    {"RENAME", known, News::flags_expunges, grammar::rename},
    {"SUBSCRIBE", known, News::flags_expunges, grammar::subscribe},
    {"UNSUBSCRIBE", known, News::flags_expunges, grammar::unsubscribe},
    {"NAMESPACE", known, News::flags_expunges, grammar::name_space},
    {"GETQUOTA", known, News::flags_expunges, grammar::get_quota},
    {"GETQUOTAROOT", known, News::flags_expunges, grammar::get_quota_root},
    {"GETACL", known, News::flags_expunges, grammar::get_acl},
    {"MYRIGHTS", known, News::flags_expunges, grammar::my_rights},
    {"LISTRIGHTS", known, News::flags_expunges, grammar::list_rights},
    {"SETACL", known, News::flags_expunges, grammar::set_acl},
    {"DELETEACL", known, News::flags_expunges, grammar::delete_acl},
    {"STATUS", known, News::flags_expunges, grammar::status},
    {"LIST", known, News::flags_expunges, grammar::list},
    {"XLIST", known, News::flags_expunges, grammar::xlist},
    {"LSUB", known, News::flags_expunges, grammar::lsub},
    {"APPEND", known, News::flags_expunges, grammar::append},
    {"IDLE", known, News::all, grammar::idle},
    {"NOTIFY", known, News::all, grammar::notify},
    {"CHECK", opened, News::all, grammar::check},
    {"CLOSE", opened, News::none, grammar::close},
    {"UNSELECT", opened, News::none, grammar::unselect},
    {"EXPUNGE", opened, News::flags_expunges, grammar::expunge},
    {"UID EXPUNGE", opened, News::flags_expunges, grammar::uid_expunge},
    {"SEARCH", opened, News::flags, grammar::search},
    {"UID SEARCH", opened, News::flags_expunges, grammar::uid_search},
    {"FETCH", opened, News::flags, grammar::fetch},
    {"UID FETCH", opened, News::flags_expunges, grammar::uid_fetch},
    {"STORE", opened, News::flags, grammar::store},
    {"UID STORE", opened, News::flags_expunges, grammar::uid_store},
    {"COPY", opened, News::flags_expunges, grammar::copy},
    {"UID COPY", opened, News::flags_expunges, grammar::uid_copy},
    {"MOVE", opened, News::flags_expunges, grammar::move},
    {"UID MOVE", opened, News::flags_expunges, grammar::uid_move},
    {"REPLACE", opened, News::flags_expunges, grammar::replace},
    {"UID REPLACE", opened, News::flags_expunges, grammar::uid_replace},
}};

}  // namespace

std::span<const CommandRow> command_table()
{
    return table;
}

const CommandRow* find_command(std::string_view upper_name)
{
    const auto row = std::ranges::find(table, upper_name, &CommandRow::name);
    return row == table.end() ? nullptr : &*row;
}

// command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
tl::expected<Parsed, SyntaxError> parse_command(std::string_view text)
{
    grammar::Cursor in{text};
    const std::string tag{in.tag()};
    if (in.failed()) return tl::unexpected{SyntaxError{"*", in.error()}};
    in.space();
    auto name = in.word();
    if (name == "UID") {
        in.space();
        name += ' ' + in.word();
    }
    if (in.failed()) return tl::unexpected{SyntaxError{tag, in.error()}};
    const auto* row = find_command(name);
    if (row == nullptr) return tl::unexpected{SyntaxError{tag, "Unknown command"}};
    auto command = row->arguments(in);
    in.end();
    if (in.failed()) return tl::unexpected{SyntaxError{tag, in.error()}};
    return Parsed{tag, row, std::move(command)};
}

}  // namespace imap
