// show: columns as wide as their widest cell.
#include "gateway/cli/show.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace gateway::cli {

namespace {

std::string cell(const boost::json::value& value)
{
    return value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
}

}  // namespace

void show(
    std::ostream& out,
    Form form,
    const std::vector<std::string>& columns,
    const boost::json::array& rows
)
{
    if (form == Form::json) {
        out << boost::json::serialize(rows) << '\n';
        return;
    }
    if (rows.empty()) return;
    std::vector<std::vector<std::string>> lines = {columns};
    for (const auto& row : rows) {
        auto& line = lines.emplace_back();
        for (const auto& column : columns)
            line.push_back(cell(row.as_object().at(column)));
    }
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            std::size_t width = 0;
            for (const auto& other : lines)
                width = std::max(width, other[i].size());
            out << (i + 1 < line.size() ? fmt::format("{:<{}}  ", line[i], width) : line[i]);
        }
        out << '\n';
    }
}

}  // namespace gateway::cli
