#include "gateway/admin_rows.h"

#include "email2/names.h"
#include "gateway/config/value.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace gateway {

namespace {

namespace json = boost::json;

std::string when(Admin::Time time)
{
    return email2::format_time(time);
}

std::string text_of(const json::value& value)
{
    if (value.is_string()) return std::string(value.as_string());
    if (value.is_bool()) return value.as_bool() ? "true" : "";
    return value.is_null() ? "" : json::serialize(value);
}

json::value quota(const Admin::Quota& quota)
{
    if (!quota) return "default";
    return *quota == 0 ? json::value("none") : json::value(*quota);
}

}  // namespace

json::object row_of(const Admin::AccountRow& account)
{
    return {{"address", account.address}, {"name", account.name}, {"state", account.suspended ? "suspended" : "active"},
        {"admin", account.admin}, {"lists", account.lists}, {"quota", quota(account.quota)},
        {"send-quota", quota(account.send_quota)}, {"created", when(account.created)}, {"octets", account.octets}};
}

json::object row_of(const Admin::AliasRow& alias)
{
    return {{"alias", alias.alias}, {"target", alias.target}};
}

json::object row_of(const Admin::ListRow& list)
{
    return {{"alias", list.alias}, {"name", list.name}, {"posting", list.posting}, {"members", list.members},
        {"message", list.message}};
}

json::object row_of(const Admin::DomainRow& domain)
{
    return {{"domain", domain.domain}, {"messages", fmt::format("{:.1f}", domain.messages)},
        {"complaints", fmt::format("{:.1f}", domain.complaints)}};
}

json::object row_of(const Admin::TokenRow& token)
{
    return {{"id", token.id}, {"name", token.name}, {"created", when(token.created)}};
}

json::object row_of(const Admin::QueueRow& entry)
{
    return {{"id", entry.id}, {"state", entry.state}, {"attempts", entry.attempts}, {"next", when(entry.next)},
        {"recipient", entry.recipient}, {"message", entry.message}, {"last", entry.last}};
}

json::object row_of(const Admin::MaintenanceRow& run)
{
    return {{"job", run.job}, {"done", run.done}, {"ms", run.took.count()}, {"failed", run.failed}};
}

json::object row_of(const Admin::ArchiveRow& message)
{
    return {{"message", message.message}, {"since", when(message.since)}, {"octets", message.octets},
        {"file", message.file}};
}

json::object row_of(const Admin::ErasureRow& erasure)
{
    return {{"state", erasure.ended ? "done" : "running"}, {"step", erasure.step}, {"started", when(erasure.started)},
        {"ended", erasure.ended ? json::value(when(*erasure.ended)) : json::value()}};
}

json::object row_of(const Admin::AuditRow& line)
{
    return {{"id", line.id}, {"at", when(line.at)}, {"actor", line.actor}, {"act", line.act}, {"account", line.account},
        {"message", line.message}, {"revision", line.revision == 0 ? json::value() : json::value(line.revision)},
        {"detail", line.detail}};
}

Admin::Quota quota_of(const std::string& text)
{
    if (text == "default") return std::nullopt;
    if (text == "none") return 0;
    const auto octets = config::size(text);
    if (!octets) throw Refused(text + ": " + octets.error());
    return *octets;
}

email2::Record record_of(std::string element, const json::object& row)
{
    email2::Record record{std::move(element), {}};
    for (const auto& [name, value] : row)
        if (auto text = text_of(value); !text.empty()) record.values.emplace_back(name, std::move(text));
    return record;
}

email2::Records records_of(std::string element, const std::string& each, const json::array& rows)
{
    email2::Records records{std::move(element), {}};
    for (const auto& row : rows) records.records.push_back(record_of(each, row.as_object()));
    return records;
}

}  // namespace gateway
