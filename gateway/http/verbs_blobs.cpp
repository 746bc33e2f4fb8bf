// verbs_blobs: pure binary, named by its SHA-256.
#include "email2/text.h"
#include "gateway/http/limits.h"
#include "gateway/http/verbs.h"
#include "gateway/store/hash.h"

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

Response stored_response(const std::string& hash, const Result<bool>& added)
{
    if (!added) return error_response(added.error());
    Response response;
    response.status = *added ? 201 : 200;
    return response.with("Location", "/v1/blobs/" + hash);
}

Response other_hash()
{
    return error_response(Code::invalid, "The content has another SHA-256 than its name says.");
}

// A blob on its way into the store, a piece in memory at a time.
class Upload {
public:
    explicit Upload(Call& call) : call_(call) {}

    // The content whose first piece this is, to its end, or to a refusal.
    asio::awaitable<Response> take(const std::string& hash, std::string piece)
    {
        auto begin = [actor = call_.account](Store& store) { return store.begin_upload(actor); };
        auto begun = co_await call_.services.run(std::move(begin));
        if (!begun) co_return error_response(begun.error());
        id_ = *std::move(begun);
        for (std::uint32_t n = 0; !piece.empty(); ++n) {
            digest_.add(piece);
            size_ += piece.size();
            auto add = [id = id_, n, piece = std::move(piece)](
                           Store& store) { return store.add_to_upload(id, n, piece); };
            const auto added = co_await call_.services.run(std::move(add));
            if (!added) co_return error_response(added.error());
            piece = co_await call_.exchange.body_piece(email2::blob_piece, call_.settings.max_blob);
        }
        if (store::to_hex(digest_.digest()) != hash) co_return other_hash();
        auto finish = [actor = call_.account, id = id_, hash, size = size_](
                          Store& store) { return store.finish_upload(actor, id, hash, size); };
        const auto finished = co_await call_.services.run(std::move(finish));
        if (finished) id_.clear();
        co_return stored_response(hash, finished);
    }

    // What came of it goes, unless it was finished.
    asio::awaitable<void> drop()
    {
        if (id_.empty()) co_return;
        auto work = [id = std::exchange(id_, {})](Store& store) {
            store.drop_upload(id);
            return true;
        };
        co_await call_.services.run(std::move(work));
    }

private:
    Call& call_;
    std::string id_;
    store::Sha256 digest_;
    std::uint64_t size_ = 0;
};

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

asio::awaitable<Result<email2::BlobPiece>> piece_of(
    Services& services, std::string actor, std::string hash, std::uint64_t offset, std::uint64_t size)
{
    auto work = [actor = std::move(actor), hash = std::move(hash), offset, size](
                    Store& store) { return store.get_blob(actor, hash, offset, size); };
    co_return co_await services.run(std::move(work));
}

struct BlobReader {
    Services& services;
    std::string actor, hash;
    std::uint64_t first, length;
    std::string read;  // of its beginning, already

    // The piece at `offset` of the range.
    asio::awaitable<std::string> operator()(std::uint64_t offset) const
    {
        if (offset == 0 && !read.empty()) co_return read.substr(0, length);
        const auto size = std::min<std::uint64_t>(email2::blob_piece, length - offset);
        auto piece = co_await piece_of(services, actor, hash, first + offset, size);
        co_return piece ? std::move(piece->octets) : std::string{};
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
    if (!is_sha256(hash)) co_return error_response(Code::invalid, "A blob is named by its SHA-256 in hex.");
    auto first = co_await call.exchange.body_piece(email2::blob_piece, call.settings.max_blob);
    if (first.size() < email2::blob_piece) {  // all of it
        if (store::to_hex(store::sha256(first)) != hash) co_return other_hash();
        auto work = [actor = call.account, hash, first](Store& store) { return store.put_blob(actor, hash, first); };
        co_return stored_response(hash, co_await call.services.run(std::move(work)));
    }
    Upload upload(call);
    Response response;
    std::exception_ptr failure;
    try {
        response = co_await upload.take(hash, std::move(first));
    } catch (...) {  // the client went, or the database; an upload is dropped in either case
        failure = std::current_exception();
    }
    co_await upload.drop();
    if (failure) std::rethrow_exception(failure);
    co_return response;
}

asio::awaitable<Response> get_blob(Call& call)
{
    const auto hash = email2::ascii_lower(call.arguments.at(0));
    if (!is_sha256(hash)) co_return error_response(Code::not_found, "There is no such blob.");
    const auto tag = "\"" + hash + "\"";
    const auto wanted = wanted_range(call.request, hash);
    const bool known = names_tag(call.request.find("if-none-match").value_or(""), tag);
    // The whole of a small one is one question; of a range, the size has to be known first.
    const bool whole = wanted.empty() && !known && call.request.method == "GET";
    auto begin = co_await piece_of(call.services, call.account, hash, 0, whole ? email2::blob_piece : 0);
    if (!begin) co_return error_response(begin.error());
    if (known) co_return not_modified(hash);

    const auto size = begin->size;
    const auto [kind, range] = parse_range(wanted, size);
    if (kind == RangeKind::unsatisfiable) {
        auto refused = error_response(Code::invalid, "The range lies outside of the blob.");
        refused.status = 416;
        co_return refused.with("Content-Range", "bytes */" + std::to_string(size));
    }
    const bool part = kind == RangeKind::part;
    auto response = blob_response(part ? 206 : 200, hash);
    response.length = part ? range.last - range.first + 1 : size;
    if (part) response.with("Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.last, size));
    response.next = BlobReader{
        call.services, call.account, hash, part ? range.first : 0, response.length, std::move(begin->octets)};
    co_return response;
}

}  // namespace gateway::http::verbs
