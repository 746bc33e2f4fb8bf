// bearers: the table of hashes.
#include "gateway/store/bearers.h"

#include "gateway/store/hash.h"

namespace gateway::store {

namespace {

constexpr std::string_view prefix = "e2_";  // so that people, and those who search for leaked secrets, know what it is

// No address begins like that.
std::string place_of(const std::string& hash)
{
    return "bearer " + to_hex(hash);
}

email2::Token token_of(const Rows& rows, std::size_t row)
{
    email2::Token token;
    token.id = static_cast<std::uint64_t>(rows.integer(row, 0));
    token.name = rows.text(row, 1);
    token.created = rows.time(row, 2);
    return token;
}

}  // namespace

std::optional<email2::Token> make_bearer(Session& session, std::int32_t person, const std::string& name)
{
    const auto secret = std::string(prefix) + random_token();
    const auto hash = sha256(secret);
    const auto rows = session.query(
        "insert into bearer(person_id, hash, name) select $1, $2, $3 where (select count(*) from bearer where person_id = $1) < $4 "
        "returning id, name, created",
        person, Bytes{hash}, name, static_cast<std::int64_t>(most_bearers));
    if (rows.empty()) return std::nullopt;
    auto token = token_of(rows, 0);
    token.secret = secret;
    return token;
}

std::vector<email2::Token> bearers_of(Session& session, std::int32_t person)
{
    const auto rows = session.query("select id, name, created from bearer where person_id = $1 order by id", person);
    std::vector<email2::Token> tokens;
    for (std::size_t i = 0; i < rows.size(); ++i) tokens.push_back(token_of(rows, i));
    return tokens;
}

bool revoke_bearer(Session& session, std::int32_t person, std::uint64_t id)
{
    return !session
                .query("delete from bearer where person_id = $1 and id = $2 returning 1", person,
                    static_cast<std::int64_t>(id))
                .empty();
}

std::shared_ptr<const KnownAccounts::Known> remembered_bearer(const KnownAccounts& accounts, const std::string& secret)
{
    return secret.starts_with(prefix) ? accounts.find(place_of(sha256(secret))) : nullptr;
}

std::shared_ptr<const KnownAccounts::Known> account_of_bearer(
    KnownAccounts& accounts, Session& session, const std::string& secret)
{
    if (!secret.starts_with(prefix)) return nullptr;
    const auto hash = sha256(secret);
    if (auto known = accounts.find(place_of(hash))) return known;
    const auto generation = accounts.generation();
    const auto rows = session.query(
        "select p.address from bearer b join person p on p.id = b.person_id where b.hash = $1 and p.class = 0",
        Bytes{hash});
    if (rows.empty()) return nullptr;
    auto account = known_account(accounts, session, rows.text(0, 0));
    if (!account || account->suspended) return nullptr;
    accounts.remember(place_of(hash), account, generation);
    return account;
}

}  // namespace gateway::store
