// mailbox_renditions: by `= any(sorted ids)`, so that the ids may one day be of another shard than
// the references.
#include "gateway/store/mailbox_renditions.h"

#include "gateway/mapping/mail_in.h"
#include "gateway/store/rendition.h"

#include <algorithm>
#include <charconv>

namespace gateway::store {

namespace {

imap::Metadata metadata(const Rows& rows, std::size_t row)
{
    imap::Metadata out;
    out.size = static_cast<std::uint64_t>(rows.integer(row, 1));
    out.internal_date = std::chrono::floor<std::chrono::seconds>(rows.time(row, 2));
    out.envelope = rows.text(row, 3);
    out.body_structure = rows.text(row, 4);
    out.preview = rows.text(row, 5);
    if (auto outline = mime::unpack(rows.octets(row, 6))) out.outline = std::move(*outline);
    out.email_id = email_id(rows.integer(row, 0));
    out.thread_id = thread_id(rows.integer(row, 7));
    return out;
}

// A part of the content that lies within the range asked for.
struct Segment {
    std::uint64_t at = 0, length = 0;
    std::string_view blob;
    std::uint32_t line_length = 0;
};

// Octets [from, to) of a blob in base64 lines, with only those of its octets read whose lines are
// touched.
std::string encoded_range(Session& session, const Segment& segment, std::uint64_t from, std::uint64_t to)
{
    const std::uint64_t line = segment.line_length + 2;        // with CRLF
    const std::uint64_t octets = segment.line_length / 4 * 3;  // that one line encodes
    const auto first = from / line, last = (to - 1) / line;
    auto lines = mapping::encode_base64_lines(
        read_blob(session, segment.blob, first * octets, (last - first + 1) * octets), segment.line_length);
    lines += "\r\n";  // of the last line read; cut off below when it is the segment's last, which
                      // has none
    return lines.substr(from - first * line, to - from);
}

}  // namespace

std::string email_id(std::int64_t rendition)
{
    return "E" + std::to_string(rendition);
}

std::string thread_id(std::int64_t thread)
{
    return "T" + std::to_string(thread);
}

std::string mailbox_id(std::int32_t mailbox)
{
    return "M" + std::to_string(mailbox);
}

std::optional<std::int32_t> mailbox_number(std::string_view mailbox_id)
{
    if (!mailbox_id.starts_with('M')) return std::nullopt;
    mailbox_id.remove_prefix(1);
    std::int32_t number = 0;
    const auto* end = mailbox_id.data() + mailbox_id.size();
    const auto [at, error] = std::from_chars(mailbox_id.data(), end, number);
    return error == std::errc{} && at == end ? std::optional(number) : std::nullopt;
}

std::vector<RenditionMetadata> metadata_of(Session& session, const std::vector<std::int64_t>& renditions)
{
    const auto rows =
        session.query("select r.id, r.size, r.internal_date, r.envelope, r.body_structure, r.preview, r.outline, "
                      "m.thread_id, m.kind = 2"
                      " from rendition r join message m on m.id = r.message_id where r.id = any($1)",
            renditions);
    std::vector<RenditionMetadata> out;
    out.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        out.push_back({rows.integer(row, 0), rows.boolean(row, 8), metadata(rows, row)});
    return out;
}

std::unordered_map<std::int64_t, std::string> bytes_of(Session& session, const std::vector<std::int64_t>& renditions)
{
    Session::Pipeline pipeline(session);
    pipeline.add("select id, size, trace from rendition where id = any($1)", renditions);
    pipeline.add("select rendition_id, data, blob, line_length from body where rendition_id = any($1) order "
                 "by rendition_id, n",
        renditions);
    const auto results = pipeline.run();
    std::unordered_map<std::int64_t, std::string> out;
    out.reserve(results[0].size());
    for (std::size_t row = 0; row < results[0].size(); ++row) {
        auto& bytes = out[results[0].integer(row, 0)];
        bytes.reserve(static_cast<std::size_t>(results[0].integer(row, 1)));
        bytes = results[0].octets(row, 2);
    }
    const auto& bodies = results[1];
    for (std::size_t row = 0; row < bodies.size(); ++row) {
        auto& bytes = out[bodies.integer(row, 0)];
        if (bodies.null(row, 2)) {
            bytes += bodies.octets(row, 1);
        } else {
            const auto line_length = static_cast<std::uint32_t>(bodies.integer(row, 3));
            bytes += mapping::encode_base64_lines(read_blob(session, bodies.octets(row, 2), 0, INT64_MAX), line_length);
        }
    }
    return out;
}

std::string bytes_of(Session& session, std::int64_t rendition, std::uint64_t offset, std::uint64_t length)
{
    const auto head = session.query("select trace, size from rendition where id = $1", rendition);
    if (head.empty() || length == 0) return {};
    const auto trace = head.octets(0, 0);
    const auto size = static_cast<std::uint64_t>(head.integer(0, 1));
    if (offset >= size) return {};
    const auto end = offset + std::min(length, size - offset);

    std::string out;
    out.reserve(end - offset);
    if (offset < trace.size()) out = trace.substr(offset, end - offset);
    const auto from = offset > trace.size() ? offset - trace.size() : 0;  // in the content from here on
    const auto to = end > trace.size() ? end - trace.size() : 0;
    if (from >= to) return out;
    // substring() counts from 1, and of a compressed column reads only as far as it must.
    const auto rows =
        session.query("select at, length, blob, line_length,"
                      " substring(data from (greatest($2, at) - at + 1)::int for (least($3, at + length) - "
                      "greatest($2, at))::int)"
                      " from body where rendition_id = $1 and at < $3 and at + length > $2 order by n",
            rendition, static_cast<std::int64_t>(from), static_cast<std::int64_t>(to));
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows.null(row, 2)) {
            out += rows.octets(row, 4);
            continue;
        }
        const Segment segment{static_cast<std::uint64_t>(rows.integer(row, 0)),
            static_cast<std::uint64_t>(rows.integer(row, 1)), rows.octets(row, 2),
            static_cast<std::uint32_t>(rows.integer(row, 3))};
        out += encoded_range(session, segment, std::max(from, segment.at) - segment.at,
            std::min(to, segment.at + segment.length) - segment.at);
    }
    return out;
}

}  // namespace gateway::store
