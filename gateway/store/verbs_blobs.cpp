// verbs_blobs: put-blob, get-blob, and the tokens of an account. email2.md "Verbs".
//
// The pieces of an upload stand where those of blobs do, under a key that is no SHA-256, and get their name at the end:
// their octets, which PostgreSQL keeps beside the row, are not written again.
#include "gateway/store/attachments.h"
#include "gateway/store/bearers.h"
#include "gateway/store/charges.h"
#include "gateway/store/hash.h"
#include "gateway/store/maintenance_limits.h"
#include "gateway/store/rendition.h"
#include "gateway/store/store.h"

#include <openssl/rand.h>

#include <array>

namespace gateway::store {

using email2::Code;
using email2::Error;

namespace {

static_assert(email2::blob_piece == chunk_size);

constexpr std::int64_t most_uploads = 16;            // of one account at once: each may hold a whole blob's octets
constexpr std::chrono::seconds upload_patience{10};  // by then one of them may well be done

Error not_found()
{
    return {Code::not_found, "There is no such attachment, or it is not shown to you.", ""};
}

std::string new_key()
{
    std::array<unsigned char, 16> octets{};
    if (RAND_bytes(octets.data(), octets.size()) != 1) throw std::runtime_error("no random numbers");
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

void note_upload(Session& session, std::string_view digest, std::int32_t person)
{
    session.query(
        "insert into upload(sha256, person_id) values ($1, $2) on conflict (sha256, person_id) do update set at = now()",
        Bytes{digest}, person);
}

}  // namespace

email2::Result<bool> PostgresStore::put_blob(
    const std::string& actor, const std::string& sha256_hex, std::string_view bytes)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    const auto digest = from_hex(sha256_hex);
    if (digest.size() != 32 || sha256(bytes) != digest)
        return tl::unexpected(Error{Code::invalid, "The upload does not have this SHA-256.", ""});
    if (!has_room(session_, who->address, settings_.storage, bytes.size()))
        return tl::unexpected(Error{Code::over_quota, "Your store is full.", ""});
    Transaction transaction(session_);
    const bool made = write_blob(session_, digest, bytes);
    note_upload(session_, digest, who->id);
    transaction.commit();
    return made;
}

email2::Result<std::string> PostgresStore::begin_upload(const std::string& actor)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    auto key = new_key();
    // Those given up half way count no more, though maintenance has not come by yet.
    if (session_
            .query(
                "insert into staged(key, person_id) select $1, $2 where (select count(*) from staged where person_id = $2 "
                "and at > now() - make_interval(secs => $4)) < $3 returning 1",
                Bytes{key}, who->id, most_uploads, static_cast<double>(limits::staged_keep.count()))
            .empty())
        return tl::unexpected(
            Error{Code::rate_limited, "Too many uploads of this account are under way.", "", 0, upload_patience});
    return key;
}

email2::Result<void> PostgresStore::add_to_upload(const std::string& upload, std::uint32_t n, std::string_view piece)
{
    const auto rows = session_.query(
        "with known as (update staged set at = now() where key = $1 returning key) insert into chunk(sha256, n, data) "
        "select key, $2, $3 from known returning 1",
        Bytes{upload}, static_cast<std::int32_t>(n), Bytes{piece});
    if (rows.empty()) return tl::unexpected(Error{Code::gone, "This upload has been given up.", ""});
    return {};
}

email2::Result<bool> PostgresStore::finish_upload(
    const std::string& actor, const std::string& upload, const std::string& sha256_hex, std::uint64_t size)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    const auto digest = from_hex(sha256_hex);
    if (!has_room(session_, who->address, settings_.storage, size)) {
        drop_upload(upload);
        return tl::unexpected(Error{Code::over_quota, "Your store is full.", ""});
    }
    Transaction transaction(session_);
    if (session_.query("delete from staged where key = $1 returning 1", Bytes{upload}).empty())
        return tl::unexpected(Error{Code::gone, "This upload has been given up.", ""});
    bool made = false, held = false;
    while (!made && !held) {  // it may be collected meanwhile
        made = !session_
                    .query("insert into blob(sha256, size) values ($1, $2) on conflict do nothing returning 1",
                        Bytes{digest}, static_cast<std::int64_t>(size))
                    .empty();
        held = !made && hold_blob(session_, digest);
    }
    if (made) session_.query("update chunk set sha256 = $2 where sha256 = $1", Bytes{upload}, Bytes{digest});
    else session_.query("delete from chunk where sha256 = $1", Bytes{upload});
    note_upload(session_, digest, who->id);
    transaction.commit();
    return made;
}

void PostgresStore::drop_upload(const std::string& upload)
{
    session_.query(
        "with gone as (delete from staged where key = $1 returning key) delete from chunk using gone where chunk.sha256 = gone.key",
        Bytes{upload});
}

email2::Result<email2::BlobPiece> PostgresStore::get_blob(
    const std::string& actor, const std::string& sha256_hex, std::uint64_t offset, std::uint64_t length)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    const auto found = find_attachment(session_, who->id, sha256_hex);
    if (!found) return tl::unexpected(not_found());
    if (found->stored)
        return email2::BlobPiece{found->size,
            offset >= found->size ? ""
                                  : read_blob(session_, found->digest, offset, std::min(length, found->size - offset))};
    const auto octets = read_attachment(session_, *found);
    if (octets.size() >
        chunk_size) {  // large, but encoded in an odd way: from now on its pieces can be read by themselves
        Transaction transaction(session_);
        (void)write_blob(session_, found->digest, octets);
        transaction.commit();
    }
    return email2::BlobPiece{octets.size(), offset >= octets.size() ? "" : octets.substr(offset, length)};
}

email2::Result<email2::Token> PostgresStore::make_token(const std::string& actor, const std::string& name)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    auto token = make_bearer(session_, who->id, name);
    if (!token) return tl::unexpected(Error{Code::too_large, "This account has too many tokens: revoke some.", ""});
    return *std::move(token);
}

email2::Result<std::vector<email2::Token>> PostgresStore::tokens(const std::string& actor)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    return bearers_of(session_, who->id);
}

email2::Result<void> PostgresStore::revoke_token(const std::string& actor, std::uint64_t id)
{
    const auto who = person(actor);
    if (!who) return tl::unexpected(who.error());
    if (id > INT32_MAX || !revoke_bearer(session_, who->id, id))
        return tl::unexpected(Error{Code::not_found, "There is no such token.", ""});
    settings_.accounts->forget();
    return {};
}

}  // namespace gateway::store
