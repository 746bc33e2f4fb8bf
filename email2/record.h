// record: the documents of administration: <account>, <alias>, …, and lists of them: rows of attributes.
// schema/email2.rng.
#pragma once

#include "email2/error.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace email2 {

struct Record {
    std::string element;  // "account"
    std::vector<std::pair<std::string, std::string>> values;

    // "" when absent.
    [[nodiscard]] std::string value(std::string_view name) const;
    bool operator==(const Record&) const = default;
};

struct Records {
    std::string element;  // "accounts"
    std::vector<Record> records;
    bool operator==(const Records&) const = default;
};

// Values that are "" are left out.
[[nodiscard]] std::string write(const Record& record);
[[nodiscard]] std::string write(const Records& records);
// As in xml.h. `element`: the root that is expected.
[[nodiscard]] Result<Record> read_record(std::string_view xml, std::string_view element);
[[nodiscard]] Result<Records> read_records(std::string_view xml, std::string_view element);

}  // namespace email2
