#include "gateway/store/session.h"

#include "gateway/store/commits.h"

#include <atomic>
#include <libpq-fe.h>
#include <poll.h>

namespace gateway::store {

namespace {

std::atomic<std::uint64_t> commits{0};

}  // namespace

Session::Session(const std::string& url) : connection_(PQconnectdb(url.c_str()))
{
    if (PQstatus(connection_) != CONNECTION_OK) {
        const std::string why = PQerrorMessage(connection_);
        PQfinish(connection_);
        throw DatabaseError(why, "08006");
    }
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
}

Session::~Session()
{
    PQfinish(connection_);
}
bool Session::broken() const
{
    return PQstatus(connection_) != CONNECTION_OK;
}

// The server says nothing unasked but its farewell (or that it was configured anew, which a new connection is fine
// for).
bool Session::lost() const
{
    pollfd there{PQsocket(connection_), POLLIN, 0};
    return broken() || ::poll(&there, 1, 0) != 0;
}

bool Session::in_transaction() const
{
    return PQtransactionStatus(connection_) != PQTRANS_IDLE;
}

void Session::fail(pg_result* result)
{
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    std::string sqlstate = state ? state : "08006";
    std::string what = result ? PQresultErrorMessage(result) : PQerrorMessage(connection_);
    if (what.empty()) what = PQerrorMessage(connection_);
    PQclear(result);
    if (PQstatus(connection_) != CONNECTION_OK) sqlstate = "08006";
    throw DatabaseError(what, sqlstate);
}

void Session::command(const char* sql)
{
    auto* result = PQexec(connection_, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) fail(result);
    PQclear(result);
}

const std::string& Session::prepare(std::string_view sql, const Parameters& parameters)
{
    const auto found = prepared_.find(std::string(sql));
    if (found != prepared_.end()) return found->second;
    const auto name = "s" + std::to_string(prepared_.size());
    auto* result = PQprepare(connection_, name.c_str(), std::string(sql).c_str(),
        static_cast<int>(parameters.types().size()), parameters.types().data());
    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(result);
    PQclear(result);
    return prepared_.emplace(std::string(sql), name).first->second;
}

namespace {

struct Raw {
    std::vector<const char*> values;
    std::vector<int> lengths, formats;
    Raw(const std::vector<std::string>& from, const std::vector<bool>& nulls) : formats(from.size(), 1)
    {
        for (std::size_t i = 0; i < from.size(); ++i) {
            values.push_back(nulls[i] ? nullptr : from[i].data());
            lengths.push_back(static_cast<int>(from[i].size()));
        }
    }
};

}  // namespace

Rows Session::execute(std::string_view sql, const Parameters& parameters)
{
    const auto& name = prepare(sql, parameters);
    const Raw raw(parameters.values_, parameters.nulls_);
    auto* result = PQexecPrepared(connection_, name.c_str(), static_cast<int>(raw.values.size()), raw.values.data(),
        raw.lengths.data(), raw.formats.data(), 1);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) fail(result);
    return Rows(result);
}

std::size_t Session::Pipeline::add_statement(std::string_view sql, Parameters parameters)
{
    session_.prepare(sql, parameters);
    statements_.emplace_back(sql, std::move(parameters));
    return statements_.size() - 1;
}

std::vector<Rows> Session::Pipeline::run()
{
    auto* connection = session_.connection_;
    if (PQenterPipelineMode(connection) != 1) session_.fail(nullptr);
    for (const auto& [sql, parameters] : statements_) {
        const Raw raw(parameters.values_, parameters.nulls_);
        if (PQsendQueryPrepared(connection, session_.prepared_.at(std::string(sql)).c_str(),
                static_cast<int>(raw.values.size()), raw.values.data(), raw.lengths.data(), raw.formats.data(), 1) != 1)
            session_.fail(nullptr);
    }
    if (PQpipelineSync(connection) != 1) session_.fail(nullptr);

    std::vector<Rows> all;
    pg_result* error = nullptr;
    for (std::size_t i = 0; i < statements_.size(); ++i) {
        pg_result* result = PQgetResult(connection);
        if (result == nullptr && session_.broken()) session_.fail(nullptr);
        const auto status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_ABORTED &&
            error == nullptr) {
            error = result;  // the statements after it are aborted
            all.emplace_back();
        } else {
            all.emplace_back(result);
        }
        while (pg_result* rest = PQgetResult(connection)) PQclear(rest);  // the null that ends this statement's results
    }
    while (pg_result* result = PQgetResult(connection)) {
        const bool end = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        PQclear(result);
        if (end) break;
    }
    PQexitPipelineMode(connection);
    statements_.clear();
    if (error) session_.fail(error);
    return all;
}

Transaction::~Transaction()
{
    if (!open_ || session_.broken()) return;
    try {
        session_.command("rollback");
    } catch (const DatabaseError&) {  // the connection went; so did the transaction
    }
}

void Transaction::commit()
{
    if (session_.look_) return session_.look_();  // the destructor rolls back
    session_.command("commit");
    open_ = false;
    ++commits;
}

std::uint64_t commits_here()
{
    return commits;
}
void count_commit()
{
    ++commits;
}

}  // namespace gateway::store
