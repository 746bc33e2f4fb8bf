// cold_insert: rows of JSON into tables as they are now.
#pragma once

#include "gateway/store/session.h"

#include <map>
#include <string>
#include <string_view>

namespace gateway::store {

class JsonInsert {
public:
    explicit JsonInsert(Session& session) : session_(session) {}
    // Inserts a row unless it is there: a column that came since has its default, one that went is left out. Events
    // beyond the floor that clients were told of stay away. `over`: columns that have another value than in `json`, as
    // JSON.
    void row(const std::string& table, std::string_view json, std::string_view over = "{}");

private:
    const std::string& statement(const std::string& table);
    std::string defaults(const std::string& table);

    Session& session_;
    std::map<std::string, std::string> statements_;
};

}  // namespace gateway::store
