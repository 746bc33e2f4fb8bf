// admin_rows: what administration shows, as rows of named values: one form for tables, for JSON and for XML.
#pragma once

#include "email2/record.h"
#include "gateway/admin.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace gateway {

// Every row of a kind has the same names in the same order.
[[nodiscard]] boost::json::object row_of(const Admin::AccountRow& account);
[[nodiscard]] boost::json::object row_of(const Admin::AliasRow& alias);
[[nodiscard]] boost::json::object row_of(const Admin::ListRow& list);
[[nodiscard]] boost::json::object row_of(const Admin::DomainRow& domain);
[[nodiscard]] boost::json::object row_of(const Admin::TokenRow& token);
[[nodiscard]] boost::json::object row_of(const Admin::QueueRow& entry);
[[nodiscard]] boost::json::object row_of(const Admin::AuditRow& line);
[[nodiscard]] boost::json::object row_of(const Admin::MaintenanceRow& run);
[[nodiscard]] boost::json::object row_of(const Admin::ArchiveRow& message);
[[nodiscard]] boost::json::object row_of(const Admin::ErasureRow& erasure);

// "5GB", "1073741824", "none", "default". Throws Refused.
[[nodiscard]] Admin::Quota quota_of(const std::string& text);

template <class Row>
[[nodiscard]] boost::json::array rows_of(const std::vector<Row>& rows)
{
    boost::json::array out;
    for (const auto& row : rows) out.push_back(row_of(row));
    return out;
}

// As a row of a document: what is null, false or "" is left out.
[[nodiscard]] email2::Record record_of(std::string element, const boost::json::object& row);
[[nodiscard]] email2::Records records_of(std::string element, const std::string& each, const boost::json::array& rows);

}  // namespace gateway
