// verbs_blobs: pure binary, named by its SHA-256.
#include "email2/text.h"
#include "gateway/http/limits.h"
#include "gateway/http/verbs.h"
#include "gateway/store/hash.h"
#include "mime/spool.h"

namespace gateway::http::verbs {
namespace {

namespace asio = boost::asio;
using email2::Code;
using email2::Error;
using email2::Result;
using email2::Store;

bool is_sha256(std::string_view text)
{
    return text.size() == 64 && std::all_of(text.begin(), text.end(), &email2::is_hex_digit);
}

Result<Response>
store_blob(Store& store, const std::string& actor, const std::string& hash, mime::Spool& spool)
{
    const auto bytes = spool.bytes();
    if (store::to_hex(store::sha256(bytes)) != hash)
        return tl::unexpected(Error{
            Code::invalid, "The content has another SHA-256 than its name says.", {}});
    const auto added = store.put_blob(actor, hash, bytes);
    if (!added) return tl::unexpected(added.error());
    Response response;
    response.status = *added ? 201 : 200;
    response.with("Location", "/v1/blobs/" + hash);
    return response;
}

// What every answer about a blob says. It is shown by nobody's browser under our name, and since
// its name is its content, it never changes.
Response blob_response(unsigned status, const std::string& hash)
{
    Response response;
    response.status = status;
    response.with("Content-Type", "application/octet-stream")
        .with("ETag", "\"" + hash + "\"")
        .with("Accept-Ranges", "bytes")
        .with("Cache-Control", "private, max-age=31536000, immutable")
        .with("Content-Disposition", "attachment")
        .with("X-Content-Type-Options", "nosniff");
    return response;
}

struct BlobReader {
    Services& services;
    std::string actor, hash;
    std::uint64_t first, length;

    // The piece at `offset` of the range.
    asio::awaitable<std::string> operator()(std::uint64_t offset) const
    {
        const auto size = std::min<std::uint64_t>(limits::blob_piece, length - offset);
        auto work = [actor = actor, hash = hash, at = first + offset, size](Store& store) {
            return store.get_blob(actor, hash, at, size);
        };
        auto piece = co_await services.run(std::move(work));
        co_return piece ? *std::move(piece) : std::string{};
    }
};

Response not_modified(const std::string& hash)
{
    return Response{304, {}, {}, 0, {}}.with("ETag", "\"" + hash + "\"");
}

std::string wanted_range(const Request& request, const std::string& hash)
{
    // RFC 9110 13.1.5: a range of another content is no use.
    const auto unless = request.find("if-range");
    if (unless && *unless != "\"" + hash + "\"") return {};
    return request.find("range").value_or("");
}

}  // namespace

asio::awaitable<Response> put_blob(Call& call)
{
    const auto hash = email2::ascii_lower(call.arguments.at(0));
    if (!is_sha256(hash))
        co_return error_response(Code::invalid, "A blob is named by its SHA-256 in hex.");
    // Shared with the store's thread; in a file once it is large.
    const auto spool = std::make_shared<mime::Spool>();
    co_await call.exchange.body(call.settings.max_blob, [&](std::string_view piece) {
        spool->append(piece);
    });
    auto work = [hash, spool](Store& store, const std::string& actor) {
        return store_blob(store, actor, hash, *spool);
    };
    co_return co_await on_store(call, std::move(work));
}

asio::awaitable<Response> get_blob(Call& call)
{
    const auto hash = email2::ascii_lower(call.arguments.at(0));
    if (!is_sha256(hash)) co_return error_response(Code::not_found, "There is no such blob.");
    auto work = [actor = call.account, hash](Store& store) { return store.blob_size(actor, hash); };
    const auto size = co_await call.services.run(std::move(work));
    if (!size) co_return error_response(size.error());
    if (call.request.find("if-none-match") == "\"" + hash + "\"") co_return not_modified(hash);

    const auto [kind, range] = parse_range(wanted_range(call.request, hash), *size);
    if (kind == RangeKind::unsatisfiable) {
        auto refused = error_response(Code::invalid, "The range lies outside of the blob.");
        refused.status = 416;
        co_return refused.with("Content-Range", "bytes */" + std::to_string(*size));
    }
    const bool part = kind == RangeKind::part;
    auto response = blob_response(part ? 206 : 200, hash);
    response.length = part ? range.last - range.first + 1 : *size;
    if (part)
        response.with(
            "Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.last, *size)
        );
    response.next =
        BlobReader{call.services, call.account, hash, part ? range.first : 0, response.length};
    co_return response;
}

}  // namespace gateway::http::verbs
