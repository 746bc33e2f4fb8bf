// session: one connection to PostgreSQL for the hot paths: prepared statements, binary values, pipelines.
//
// libpqxx 6 has neither binary parameters nor pipelines of prepared statements, and both decide what ingest costs
// (store.md 1); so this is raw libpq. Administration and migrations use libpqxx. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct pg_conn;
struct pg_result;

namespace gateway::store {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
struct Uuid {
    std::array<unsigned char, 16> octets{};
    bool operator==(const Uuid&) const = default;
};
[[nodiscard]] Uuid parse_uuid(std::string_view text);  // 36 characters; throws std::invalid_argument
[[nodiscard]] std::string to_string(const Uuid& uuid);
struct Bytes {
    std::string_view octets;
};  // a bytea parameter
struct Null {};

// What the database refused (or that it is away: sqlstate "08006").
class DatabaseError : public std::runtime_error {
public:
    DatabaseError(const std::string& what, std::string sqlstate)
        : std::runtime_error(what), sqlstate(std::move(sqlstate))
    {
    }
    [[nodiscard]] bool away() const { return sqlstate.starts_with("08") || sqlstate.starts_with("57P"); }
    std::string sqlstate;
};

// Parameters of one statement, in binary. The C++ type decides the SQL type. Text that PostgreSQL cannot hold (NUL,
// octets that are no UTF-8) becomes U+FFFD.
class Parameters {
public:
    template <class... Ts>
    explicit Parameters(const Ts&... values)
    {
        (add(values), ...);
    }
    void add(bool value);
    void add(std::int16_t value);
    void add(std::int32_t value);
    void add(std::int64_t value);
    void add(double value);
    void add(std::string_view value);  // text
    void add(const std::string& value) { add(std::string_view(value)); }
    void add(const char* value) { add(std::string_view(value)); }
    void add(Bytes value);
    void add(const Uuid& value);
    void add(Time value);  // timestamptz
    void add(const std::vector<bool>& values);
    void add(const std::vector<std::int16_t>& values);
    void add(const std::vector<std::int32_t>& values);
    void add(const std::vector<std::int64_t>& values);
    void add(const std::vector<std::string>& values);  // text[]
    void add(const std::vector<Bytes>& values);        // bytea[]
    void add(const std::vector<Uuid>& values);
    void add(const std::vector<Time>& values);
    template <class T>
    void add(const std::optional<T>& value)  // null when empty
    {
        if (value) add(*value);
        else add_null(type_of<T>());
    }
    // text[] and bytea[] whose elements may be null
    void add(const std::vector<std::optional<std::string>>& values);
    void add(const std::vector<std::optional<Bytes>>& values);

    [[nodiscard]] const std::vector<unsigned>& types() const { return types_; }

private:
    friend class Session;
    template <class T>
    static unsigned type_of();
    void add_null(unsigned type);
    void push(unsigned type, std::string value);
    std::vector<unsigned> types_;
    std::vector<std::string> values_;
    std::vector<bool> nulls_;
};

// A result in binary. Columns are asked for by the type that the statement gives them; a wrong one throws
// std::logic_error.
class Rows {
public:
    Rows() = default;
    explicit Rows(pg_result* result);
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] bool null(std::size_t row, int column) const;
    [[nodiscard]] std::int64_t integer(std::size_t row, int column) const;  // int2, int4, int8
    [[nodiscard]] bool boolean(std::size_t row, int column) const;
    [[nodiscard]] std::string_view octets(std::size_t row, int column) const;  // text, bytea: views into the result
    [[nodiscard]] std::string text(std::size_t row, int column) const { return std::string(octets(row, column)); }
    [[nodiscard]] Uuid uuid(std::size_t row, int column) const;
    [[nodiscard]] Time time(std::size_t row, int column) const;
    [[nodiscard]] std::vector<std::int64_t> integers(std::size_t row, int column) const;  // int4[], int8[]; null: empty
    [[nodiscard]] std::vector<std::string> texts(std::size_t row, int column) const;      // text[]
    [[nodiscard]] std::size_t affected() const;

private:
    std::shared_ptr<pg_result> result_;
};

class Session {
public:
    explicit Session(const std::string& url);  // throws DatabaseError
    ~Session();
    Session(const Session&) = delete;

    // `sql` is prepared on this connection when it is first seen. Its text identifies it, so it must not be built from
    // values.
    template <class... Ts>
    Rows query(std::string_view sql, const Ts&... values)
    {
        return execute(sql, Parameters(values...));
    }
    Rows execute(std::string_view sql, const Parameters& parameters);
    // Without parameters or preparing: begin, set, lock, listen.
    void command(const char* sql);
    // To the end of the transaction, statements are planned once a connection, for arrays of any size. Else one of
    // 10,000 is weighed against the statistics of all 32 partitions of `ref`, each time, which takes longer than what
    // is done about them.
    void plan_once() { command("set local plan_cache_mode = force_generic_plan"); }

    [[nodiscard]] bool broken() const;
    // Whether the server went while nothing was asked: broken() knows of it only when something has failed. One look,
    // no round trip.
    [[nodiscard]] bool lost() const;
    [[nodiscard]] bool in_transaction() const;

    // For previews: until it is taken away, transactions call this at their end and are rolled back. It may look at
    // what they wrote.
    void look_instead_of_commit(std::function<void()> look) { look_ = std::move(look); }

    // Several statements in one round trip. Results come back by the order of adding; the first error is thrown.
    class Pipeline {
    public:
        explicit Pipeline(Session& session) : session_(session) {}
        template <class... Ts>
        std::size_t add(std::string_view sql, const Ts&... values)
        {
            return add_statement(sql, Parameters(values...));
        }
        std::size_t add_statement(std::string_view sql, Parameters parameters);
        std::vector<Rows> run();

    private:
        Session& session_;
        std::vector<std::pair<std::string_view, Parameters>> statements_;
    };

private:
    friend class Transaction;
    const std::string& prepare(std::string_view sql, const Parameters& parameters);
    [[noreturn]] void fail(pg_result* result);
    pg_conn* connection_ = nullptr;
    std::unordered_map<std::string, std::string> prepared_;  // sql -> name
    std::function<void()> look_;
};

// Begins; rolls back unless committed, or looked at only. READ COMMITTED.
class Transaction {
public:
    explicit Transaction(Session& session) : session_(session) { session_.command("begin"); }
    ~Transaction();
    Transaction(const Transaction&) = delete;
    void commit();

private:
    Session& session_;
    bool open_ = true;
};

}  // namespace gateway::store
