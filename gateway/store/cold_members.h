// cold_members: rows as members of a file of cold storage: one JSON object a line, so many lines a member. Private to
// cold storage.
#pragma once

#include "gateway/store/archive_file.h"
#include "gateway/store/session.h"

#include <fmt/format.h>

namespace gateway::store {

inline constexpr std::size_t cold_member_size = 256 * 1024;  // octets of rows in one member, one row at least
inline constexpr std::size_t largest_cold_member =
    256U << 20U;  // as read: at least one row, and the largest is a document of 32 MB in hexadecimal

class RowMembers {
public:
    // Members "PREFIX/0", "PREFIX/1", …
    RowMembers(ArchiveWriter& out, std::string prefix) : out_(out), prefix_(std::move(prefix)) {}
    void add(const Rows& rows)
    {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            lines_ += rows.octets(i, 0);
            lines_ += '\n';
            if (lines_.size() >= cold_member_size) flush();
        }
    }
    void flush()
    {
        if (lines_.empty()) return;
        out_.add(fmt::format("{}/{}", prefix_, number_++), lines_);
        lines_.clear();
    }

private:
    ArchiveWriter& out_;
    std::string prefix_, lines_;
    int number_ = 0;
};

// The lines of a member, one after the other. Throws std::runtime_error for one that is too large.
template <class Each>
void for_each_line(ArchiveReader& in, const ArchiveReader::Member& member, Each each)
{
    if (member.size > largest_cold_member) throw std::runtime_error("a member of rows is too large");
    const auto text = in.read(member.size);
    std::string_view left = text;
    while (!left.empty()) {
        const auto end = std::min(left.find('\n'), left.size());
        each(left.substr(0, end));
        left.remove_prefix(std::min(end + 1, left.size()));
    }
}

}  // namespace gateway::store
