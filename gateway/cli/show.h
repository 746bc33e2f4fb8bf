// show: lists for people (a table) and for scripts (JSON).
#pragma once

#include <boost/json/array.hpp>

#include <iosfwd>

namespace gateway::cli {

enum class Form { table, json };

// Each row is an object with the columns' names; all rows have the same in the same order. A table's
// widths follow its content; no rows: nothing. JSON: one array on one line.
void show(std::ostream& out, Form form, const boost::json::array& rows);

}  // namespace gateway::cli
