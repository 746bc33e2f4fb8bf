// cold_place: where a message from a file of cold storage stands in a store that did not know it: its id, thread,
// parents and list. Private to cold_import.
#pragma once

#include "gateway/store/cold_file_names.h"
#include "gateway/store/cold_insert.h"
#include "gateway/store/maintenance.h"

namespace gateway::store::cold {

struct Place {
    // Rows of message, entry, parent and message_list are gathered; false: it is of another table.
    bool collect(const std::string& table, const Row& row, std::string_view json);
    [[nodiscard]] bool has_message() const { return !json_.empty(); }
    [[nodiscard]] bool withdrawn() const { return number(message_, "state") == 1; }
    // Writes them. Throws when its domain is not served here, or the file is damaged.
    void make(Care& care, const FileNames& names, const std::vector<std::string>& domains, JsonInsert& insert);
    // Another process may have stored, meanwhile, an answer to it or a parent of it that was taken for missing: then
    // all begins again. Takes the lock of event numbers, as publishing does (publish_write.cpp).
    void check_awaited(Session& session) const;

    std::int64_t id = 0;

private:
    struct Parent {
        std::int64_t id = 0, thread = 0;
        bool here = false, inherited = false;
        std::optional<std::string> mid;
    };
    void take_id(Care& care, const FileNames& names);
    [[nodiscard]] std::optional<Parent> find(
        Session& session, const std::string& message_id, const email2::Name* name) const;
    void find_parents(Care& care, const FileNames& names);
    std::int64_t reserve(Care& care, const std::string& message_id, const email2::Name* name);
    void find_holders(Session& session);
    void write_parents(Session& session) const;
    void write_entries(Session& session, const FileNames& names) const;

    Row message_;
    std::string json_;
    std::vector<Row> entries_, parent_rows_, lists_;
    std::vector<Parent> parents_;
    std::vector<std::int64_t> holders_;
    std::int64_t awaited_ = 0;            // hash of its Message-ID
    bool first_known_ = false;            // answers to it came first
    std::vector<std::int64_t> reserved_;  // hashes of parents that are not here
};

}  // namespace gateway::store::cold
