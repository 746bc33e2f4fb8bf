// mailbox_keywords: appended under the lock of the user's row, so that a bit never has two names.
#include "gateway/store/mailbox_keywords.h"

#include "gateway/store/flags.h"

#include <algorithm>
#include <cctype>

namespace gateway::store {

namespace {

bool equal_ignoring_case(const std::string& a, const std::string& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
        [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::optional<int> bit_of(const std::vector<std::string>& known, const std::string& name)
{
    const auto found = std::find_if(
        known.begin(), known.end(), [&](const auto& keyword) { return equal_ignoring_case(keyword, name); });
    if (found == known.end()) return std::nullopt;
    return static_cast<int>(found - known.begin()) + imap::first_keyword;
}

}  // namespace

std::vector<std::string> read_keywords(Session& session, std::int32_t user)
{
    const auto rows = session.query("select keywords from person where id = $1", user);
    return rows.empty() ? std::vector<std::string>{} : rows.texts(0, 0);
}

imap::Flags bits_of(const std::vector<std::string>& known, const std::vector<std::string>& names)
{
    imap::Flags bits = 0;
    for (const auto& name : names)
        if (const auto bit = bit_of(known, name)) bits |= imap::Flags{1} << *bit;
    return bits;
}

imap::Result<imap::Flags> add_keywords(
    Session& session, Changes& changes, std::int32_t user, const std::vector<std::string>& names)
{
    const auto rows = session.query("select keywords from person where id = $1 for no key update", user);
    auto known = rows.empty() ? std::vector<std::string>{} : rows.texts(0, 0);
    const auto before = known.size();
    for (const auto& name : names)
        if (!bit_of(known, name)) known.push_back(name);
    if (known.size() > keyword_limit) return tl::unexpected(imap::No{"LIMIT", "Too many keywords"});
    if (known.size() > before) {
        session.query("update person set keywords = $2 where id = $1", user, known);
        changes.users.insert(user);
    }
    return bits_of(known, names);
}

imap::Result<imap::Flags> make_keywords(Session& session, std::int32_t user, const std::vector<std::string>& names)
{
    Transaction transaction(session);
    Changes changes;
    auto bits = add_keywords(session, changes, user, names);
    if (!bits) return bits;
    finish(session, changes);
    transaction.commit();
    return bits;
}

}  // namespace gateway::store
