// show: columns as wide as their widest cell.
#include "gateway/cli/show.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace gateway::cli {

namespace {

std::string cell(const boost::json::value& value)
{
    if (value.is_string()) return value.as_string().empty() ? "-" : std::string(value.as_string());
    if (value.is_bool()) return value.as_bool() ? "yes" : "no";
    return value.is_null() ? "-" : boost::json::serialize(value);
}

}  // namespace

void show(std::ostream& out, Form form, const boost::json::array& rows)
{
    if (form == Form::json) {
        out << boost::json::serialize(rows) << '\n';
        return;
    }
    if (rows.empty()) return;
    std::vector<std::vector<std::string>> lines(1);
    for (const auto& [column, value] : rows.front().as_object()) lines[0].push_back(column);
    for (const auto& row : rows) {
        auto& line = lines.emplace_back();
        for (const auto& [column, value] : row.as_object()) line.push_back(cell(value));
    }
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            std::size_t width = 0;
            for (const auto& other : lines) width = std::max(width, other[i].size());
            out << (i + 1 < line.size() ? fmt::format("{:<{}}  ", line[i], width) : line[i]);
        }
        out << '\n';
    }
}

}  // namespace gateway::cli
