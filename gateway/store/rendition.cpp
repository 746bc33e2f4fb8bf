#include "gateway/store/rendition.h"

#include "gateway/store/hash.h"
#include "imap/describe.h"
#include "mime/fold.h"
#include "mime/outline.h"

namespace gateway::store {

namespace {

constexpr std::uint64_t blob_from = 64 * 1024;    // octets of base64 from which an attachment is stored once per server
constexpr std::size_t segment_size = 128 * 1024;  // octets of content in one row
constexpr std::size_t large = 1 << 20;            // contents beyond it are written piece by piece
constexpr std::size_t search_limit = 256 * 1024;  // octets of folded text kept for SEARCH

void shift(mime::Outline& outline, std::uint64_t by)
{
    outline.header.offset += by;
    outline.body.offset += by;
    for (auto& part : outline.parts) shift(part, by);
}

struct Segment {
    std::uint64_t at = 0, length = 0;
    const mapping::Attachment* blob = nullptr;
};

void add_plain(std::vector<Segment>& out, std::uint64_t from, std::uint64_t to)
{
    for (; from < to; from += segment_size)
        out.push_back({from, std::min<std::uint64_t>(segment_size, to - from), nullptr});
}

// Stored once per server; smaller ones, and those whose base64 is not canonical, stay within the mail's own octets.
bool stored_as_blob(const mapping::Attachment& attachment)
{
    return attachment.line_length > 0 && attachment.encoded.length >= blob_from;
}

std::vector<Segment> segments(const Indexed& indexed, std::uint64_t size)
{
    std::vector<Segment> out;
    std::uint64_t at = 0;
    for (const auto& attachment : indexed.attachments) {
        if (!stored_as_blob(attachment)) continue;
        add_plain(out, at, attachment.encoded.offset);
        out.push_back({attachment.encoded.offset, attachment.encoded.length, &attachment});
        at = attachment.encoded.end();
    }
    add_plain(out, at, size);
    return out;
}

// PostgreSQL's text cannot hold NUL; folded text has none that matters.
std::string without_nul(std::string text)
{
    std::erase(text, '\0');
    return text;
}

// Nearly every composer ends base64 with a line end, before the one that belongs to the boundary: without it the lines
// are canonical, and the attachment can be stored once per server.
mapping::Attachment without_last_line_end(
    mapping::Attachment attachment, std::string_view content, std::string_view decoded)
{
    auto encoded = attachment.encoded.of(content);
    if (attachment.line_length > 0 || attachment.encoding != mime::TransferEncoding::base64 ||
        encoded.size() < blob_from)
        return attachment;
    while (encoded.ends_with("\r\n")) encoded.remove_suffix(2);
    const auto length = std::min(encoded.find("\r\n"), encoded.size());
    if (length == 0 || length % 4 != 0 || length > 1000 ||
        mapping::encode_base64_lines(decoded, static_cast<std::uint32_t>(length)) != encoded)
        return attachment;
    attachment.line_length = static_cast<std::uint32_t>(length);
    attachment.encoded.length = encoded.size();
    return attachment;
}

// The content's octets that are here, piece by piece.
template <class Each>
void for_each_piece(std::string_view content, const std::vector<mapping::Attachment>& elsewhere, Each each)
{
    std::size_t at = 0;
    for (const auto& room : elsewhere) {
        each(content.substr(at, room.encoded.offset - at));
        at = room.encoded.end();
    }
    each(content.substr(at));
}

// The part without the leaves for which there is only room: they need not be decoded, and could not be.
mime::Part present(const mime::Part& part, const std::vector<mapping::Attachment>& elsewhere)
{
    const auto apart = [&](const mime::Part& leaf) {
        return leaf.parts.empty() && std::any_of(elsewhere.begin(), elsewhere.end(),
                                         [&](const auto& room) { return room.encoded.offset == leaf.body.offset; });
    };
    if (apart(part)) return {};
    auto out = part;
    std::erase_if(out.parts, apart);
    if (out.parts.empty() && !part.parts.empty()) out.body = {};  // no leaf itself
    for (auto& child : out.parts) child = present(child, elsewhere);
    return out;
}

}  // namespace

Indexed index_rendition(const mime::Message& message, std::string_view content, std::string trace,
    const std::vector<mapping::Attachment>& elsewhere)
{
    Indexed out;
    auto outline = mime::outline(message);
    shift(outline, trace.size());
    outline.header.offset = 0;  // the trace is part of the header
    outline.header.length += trace.size();
    out.outline = mime::pack(outline);
    out.size = static_cast<std::int64_t>(trace.size() + content.size());
    out.trace = std::move(trace);
    out.envelope = imap::envelope(message, content);
    out.body_structure = imap::body_structure(message, content);
    auto search = mime::search_text(message, content, search_limit);
    const auto at = std::min<std::size_t>(search.body_at, search.text.size());
    search.body_at -= static_cast<decltype(search.body_at)>(
        std::count(search.text.begin(), search.text.begin() + static_cast<std::ptrdiff_t>(at), '\0'));
    out.preview = without_nul(std::move(search.preview));
    out.headers = without_nul(std::move(search.headers));
    out.body_at = static_cast<std::int32_t>(search.body_at);
    out.text = without_nul(std::move(search.text));
    // Only of mail that came in, whose octets are all here, anybody asks for the digest.
    if (elsewhere.empty()) out.sha256 = sha256(content);
    for_each_piece(content, elsewhere, [&](std::string_view piece) {
        out.eight_bit = out.eight_bit || std::any_of(piece.begin(), piece.end(),
                                             [](char c) { return static_cast<unsigned char>(c) > 127; });
    });
    std::optional<mime::Message> here;
    if (!elsewhere.empty()) here = mime::Message{present(message.root, elsewhere), {}};
    (void)mapping::attachments(
        here ? *here : message, content, 1, [&](const mapping::Attachment& attachment, std::string_view decoded) {
            out.attachments.push_back(without_last_line_end(attachment, content, decoded));
        });
    out.attachments.insert(out.attachments.end(), elsewhere.begin(), elsewhere.end());
    std::sort(out.attachments.begin(), out.attachments.end(),
        [](const auto& a, const auto& b) { return a.encoded.offset < b.encoded.offset; });
    return out;
}

void add_renditions(Session::Pipeline& pipeline, const std::vector<RenditionRow>& rows)
{
    std::vector<std::int64_t> id, message, size, at, length, body_rendition;
    std::vector<std::int32_t> revision, owner, n, body_at;
    std::vector<Time> date;
    std::vector<Bytes> trace, outline, data;
    std::vector<std::string> envelope, structure, preview, headers, text;
    std::vector<bool> eight_bit;
    std::vector<std::optional<std::string>> shown;
    std::vector<std::string> digests;  // owners of the views in `used`
    std::vector<std::int64_t> used_by;
    for (const auto& row : rows) {
        for (const auto& attachment : row.indexed->attachments) {
            digests.push_back(from_hex(attachment.sha256));
            used_by.push_back(row.message);
        }
        const auto& indexed = *row.indexed;
        id.push_back(row.id);
        message.push_back(row.message);
        revision.push_back(row.revision);
        owner.push_back(row.owner);
        size.push_back(indexed.size);
        date.push_back(row.internal_date);
        trace.push_back({indexed.trace});
        outline.push_back({indexed.outline});
        envelope.push_back(indexed.envelope);
        structure.push_back(indexed.body_structure);
        preview.push_back(indexed.preview);
        headers.push_back(indexed.headers);
        body_at.push_back(indexed.body_at);
        eight_bit.push_back(indexed.eight_bit);
        text.push_back(indexed.text);
        if (row.shown) {
            std::string list = "{";
            for (const auto person : *row.shown) list += (list.size() > 1 ? "," : "") + std::to_string(person);
            shown.emplace_back(list + "}");
        } else {
            shown.emplace_back(std::nullopt);
        }
        if (row.content.size() > large) continue;
        std::int32_t number = 0;
        for (const auto& segment : segments(indexed, row.content.size())) {
            if (segment.blob) {  // rare in mail of this size: a statement of its own
                const auto digest = from_hex(segment.blob->sha256);
                pipeline.add(
                    "insert into body(rendition_id, n, at, length, blob, line_length) values ($1, $2, $3, $4, $5, $6)",
                    row.id, number++, static_cast<std::int64_t>(segment.at), static_cast<std::int64_t>(segment.length),
                    Bytes{digest}, static_cast<std::int32_t>(segment.blob->line_length));
                continue;
            }
            body_rendition.push_back(row.id);
            n.push_back(number++);
            at.push_back(static_cast<std::int64_t>(segment.at));
            length.push_back(static_cast<std::int64_t>(segment.length));
            data.push_back({row.content.substr(segment.at, segment.length)});
        }
    }
    pipeline.add(
        "insert into rendition(id, message_id, revision, owner, size, internal_date, trace, outline, envelope, body_structure, preview, headers, shown, eight_bit) "
        "select a, b, c, d, e, f, g, h, i, j, k, l, m::int4[], o from unnest($1::int8[], $2::int8[], $3::int4[], $4::int4[], $5::int8[], $6::timestamptz[], "
        "$7::bytea[], $8::bytea[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bool[]) x(a, b, c, d, e, f, g, h, i, j, k, l, m, o)",
        id, message, revision, owner, size, date, trace, outline, envelope, structure, preview, headers, shown,
        eight_bit);
    if (!body_rendition.empty())
        pipeline.add(
            "insert into body(rendition_id, n, at, length, data) select * from unnest($1::int8[], $2::int4[], $3::int8[], $4::int8[], $5::bytea[])",
            body_rendition, n, at, length, data);
    if (!digests.empty()) {
        std::vector<Bytes> used;
        for (const auto& digest : digests) used.push_back({digest});
        pipeline.add(
            "insert into blob_use(sha256, message_id) select * from unnest($1::bytea[], $2::int8[]) on conflict do nothing",
            used, used_by);
    }
    pipeline.add(
        "insert into search_text(rendition_id, body_at, text) select * from unnest($1::int8[], $2::int4[], $3::text[])",
        id, body_at, text);
}

void write_large(Session& session, const std::vector<RenditionRow>& rows)
{
    for (const auto& row : rows) {
        for (const auto& attachment : row.indexed->attachments) {
            if (!stored_as_blob(attachment)) continue;
            const auto digest = from_hex(attachment.sha256);
            if (hold_blob(session, digest)) continue;
            mime::Part part;  // the one leaf, decoded again, so that no two of them are in memory at once
            part.body = attachment.encoded;
            part.encoding = attachment.encoding;
            const auto octets = mime::decoded(part, row.content);
            if (sha256(octets) != digest)
                throw std::runtime_error("an attachment went while a message with it was made");
            write_blob(session, digest, octets);
        }
        if (row.content.size() <= large) continue;
        std::int32_t n = 0;
        for (const auto& segment : segments(*row.indexed, row.content.size())) {
            if (segment.blob)
                session.query(
                    "insert into body(rendition_id, n, at, length, blob, line_length) values ($1, $2, $3, $4, $5, $6)",
                    row.id, n++, static_cast<std::int64_t>(segment.at), static_cast<std::int64_t>(segment.length),
                    Bytes{from_hex(segment.blob->sha256)}, static_cast<std::int32_t>(segment.blob->line_length));
            else
                session.query("insert into body(rendition_id, n, at, length, data) values ($1, $2, $3, $4, $5)", row.id,
                    n++, static_cast<std::int64_t>(segment.at), static_cast<std::int64_t>(segment.length),
                    Bytes{row.content.substr(segment.at, segment.length)});
        }
    }
}

void insert_rendition(Session& session, const RenditionRow& row)
{
    write_large(session, {row});
    Session::Pipeline pipeline(session);
    add_renditions(pipeline, {row});
    pipeline.run();
}

std::string read_blob(Session& session, std::string_view sha256, std::uint64_t offset, std::uint64_t length)
{
    if (length == 0) return {};
    const auto first = offset / chunk_size, last = (offset + length - 1) / chunk_size;
    const auto rows =
        session.query("select data from chunk where sha256 = $1 and n between $2 and $3 order by n", Bytes{sha256},
            static_cast<std::int32_t>(first), static_cast<std::int32_t>(std::min<std::uint64_t>(last, INT32_MAX)));
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i) out += rows.octets(i, 0);
    const auto skip = offset - first * chunk_size;
    return skip >= out.size() ? std::string{} : out.substr(skip, length);
}

bool hold_blob(Session& session, std::string_view sha256)
{
    return !session.query("select from blob where sha256 = $1 for key share", Bytes{sha256}).empty();
}

bool write_blob(Session& session, std::string_view sha256, std::string_view octets)
{
    while (session
            .query("insert into blob(sha256, size) values ($1, $2) on conflict do nothing returning 1", Bytes{sha256},
                static_cast<std::int64_t>(octets.size()))
            .empty())
        if (hold_blob(session, sha256)) return false;  // else it was collected meanwhile, and is written anew
    std::int32_t n = 0;
    for (std::size_t at = 0; at < octets.size(); at += chunk_size)
        session.query("insert into chunk(sha256, n, data) values ($1, $2, $3)", Bytes{sha256}, n++,
            Bytes{octets.substr(at, chunk_size)});
    return true;
}

std::string read_content(Session& session, std::int64_t rendition)
{
    const auto rows =
        session.query("select data, blob, line_length from body where rendition_id = $1 order by n", rendition);
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows.null(i, 1)) out += rows.octets(i, 0);
        else
            out += mapping::encode_base64_lines(read_blob(session, rows.octets(i, 1), 0, SIZE_MAX >> 1),
                static_cast<std::uint32_t>(rows.integer(i, 2)));
    }
    return out;
}

}  // namespace gateway::store
