// admin_mail: mail from files and to them.
#include "gateway/store/admin.h"
#include "gateway/store/flags.h"
#include "gateway/store/import.h"
#include "gateway/store/mailbox_keywords.h"
#include "gateway/store/mailbox_names.h"
#include "gateway/store/mailbox_renditions.h"

#include <fmt/format.h>

namespace gateway::store {

namespace {

constexpr std::int64_t page_octets = 4 << 20;  // of mails that are in memory at a time
constexpr std::int64_t page_mails = 200;

}  // namespace

std::unique_ptr<Admin::Import> StoreAdmin::import_into(
    const std::string& address, const std::string& folder, const std::string& source, Import::Report report)
{
    auto account = require_account(address);
    const auto name = canonical_name(folder);
    if (const auto wrong = bad_name(name)) throw Refused(folder + ": " + wrong->text);
    auto mailbox = find_mailbox(session_, account.id, name);
    if (!mailbox) {
        Transaction transaction(session_);
        Changes changes;
        const auto made = create_mailbox(session_, changes, account.id, name);
        if (!made) throw Refused(folder + ": " + made.error().text);
        finish(session_, changes);
        transaction.commit();
        mailbox = find_mailbox(session_, account.id, name);
    }
    WriterSettings writing;
    writing.domains = settings_.domains;
    const auto person = account.id;
    auto ended = [this, person, name](std::int64_t stored) {
        record({.act = "account.import", .person = person, .detail = fmt::format("{} mails into {}", stored, name)});
    };
    return std::make_unique<StoreImport>(session_, std::move(writing), std::move(account), mailbox->id,
        name + "\n" + source, std::move(report), std::move(ended));
}

std::vector<Admin::FolderRow> StoreAdmin::folders(const std::string& address)
{
    const auto rows = session_.query(
        "select b.name, count(r.uid), coalesce(sum(d.size), 0)::int8 from mailbox b left join ref r on r.user_id = b.user_id and r.mailbox_id = b.id "
        "left join rendition d on d.id = r.rendition_id where b.user_id = $1 and b.use <> 7 group by b.id order by b.use <> 1, b.name",
        require_account(address).id);
    std::vector<FolderRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({rows.text(i, 0), static_cast<std::uint64_t>(rows.integer(i, 1)),
            static_cast<std::uint64_t>(rows.integer(i, 2))});
    return out;
}

std::vector<Admin::StoredMail> StoreAdmin::mails(
    const std::string& address, const std::string& folder, std::uint32_t after)
{
    const auto account = require_account(address);
    const auto mailbox = find_mailbox(session_, account.id, canonical_name(folder));
    if (!mailbox) throw Refused(address + " has no folder " + folder + ".", email2::Code::not_found);
    const auto rows = session_.query(
        "select r.uid, r.rendition_id, r.flags, d.size, d.internal_date from ref r join rendition d on d.id = r.rendition_id "
        "where r.user_id = $1 and r.mailbox_id = $2 and r.uid > $3 order by r.uid limit $4",
        account.id, mailbox->id, static_cast<std::int32_t>(after), page_mails);
    const auto names = read_keywords(session_, account.id);
    std::vector<StoredMail> out;
    std::vector<std::int64_t> renditions;
    for (std::size_t i = 0, octets = 0; i < rows.size(); ++i) {
        octets += static_cast<std::size_t>(rows.integer(i, 3));
        if (i > 0 && octets > page_octets) break;
        StoredMail mail{static_cast<std::uint32_t>(rows.integer(i, 0)), rows.integer(i, 1), {}};
        mail.mail.delivered = rows.time(i, 4);
        const auto bits = rows.integer(i, 2);
        mail.mail.flags = bits & ((1 << first_keyword_bit) - 1);
        for (std::size_t n = 0; n < names.size(); ++n)
            if ((bits >> (first_keyword_bit + static_cast<int>(n))) & 1) mail.mail.keywords.push_back(names[n]);
        renditions.push_back(mail.rendition);
        out.push_back(std::move(mail));
    }
    auto bytes = bytes_of(session_, renditions);
    for (auto& mail : out) mail.mail.bytes = bytes[mail.rendition];
    return out;
}

}  // namespace gateway::store
