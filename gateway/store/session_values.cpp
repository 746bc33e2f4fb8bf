// session_values: Parameters and Rows, the values of session.h as PostgreSQL has them in binary.
#include "email2/text.h"
#include "gateway/store/session.h"

#include <bit>
#include <cstring>
#include <libpq-fe.h>

namespace gateway::store {

namespace {

enum Oid : unsigned {
    bool_oid = 16,
    bytea_oid = 17,
    int8_oid = 20,
    int2_oid = 21,
    int4_oid = 23,
    text_oid = 25,
    float8_oid = 701,
    time_oid = 1184,
    uuid_oid = 2950,
    bool_array = 1000,
    bytea_array = 1001,
    int2_array = 1005,
    int4_array = 1007,
    text_array = 1009,
    int8_array = 1016,
    time_array = 1185,
    uuid_array = 2951,
};

template <class T>
void append_big_endian(std::string& out, T value)
{
    for (int shift = (sizeof(T) - 1) * 8; shift >= 0; shift -= 8)
        out += static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff);
}

template <class T>
T big_endian(const char* from)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<unsigned char>(from[i]);
    return static_cast<T>(value);
}

// PostgreSQL counts microseconds from 2000-01-01.
constexpr std::int64_t epoch_2000_ms = 946684800000;
std::int64_t to_postgres(Time time)
{
    return (time.time_since_epoch().count() - epoch_2000_ms) * 1000;
}

template <class T>
std::string binary(T value)
{
    std::string out;
    append_big_endian(out, value);
    return out;
}
std::string binary(bool value)
{
    return std::string(1, value ? '\1' : '\0');
}

// How far `text` is plain ASCII without NUL, eight octets at a time: nearly all of it.
std::size_t plain(std::string_view text, std::size_t at)
{
    constexpr std::uint64_t high = 0x8080808080808080, ones = 0x0101010101010101;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        if ((word & high) != 0 || ((word - ones) & ~word & high) != 0) break;
    }
    return at;
}

// PostgreSQL's text is UTF-8 without NUL and refuses anything else, and much of what is stored comes from strangers:
// what it cannot hold becomes U+FFFD here, at the one door, so that no mail and no reply of a server is ever the one
// that cannot be stored.
std::string storable(std::string_view text)
{
    std::string out;
    std::size_t kept = 0, at = 0;
    for (at = plain(text, 0); at < text.size(); at = plain(text, at)) {
        const auto from = at;
        if (text[at] != '\0' && email2::next_character(text, at)) continue;
        at = from + 1;
        out.append(text.substr(kept, from - kept)).append("\xEF\xBF\xBD");
        kept = at;
    }
    return out.append(text.substr(kept));
}

std::string binary(const std::string& value)
{
    return storable(value);
}
std::string binary(Bytes value)
{
    return std::string(value.octets);
}
std::string binary(const Uuid& value)
{
    return std::string(reinterpret_cast<const char*>(value.octets.data()), 16);
}
std::string binary(Time value)
{
    return binary(to_postgres(value));
}

std::string array_header(unsigned element, std::size_t count, bool nulls)
{
    std::string out;
    append_big_endian<std::int32_t>(out, count == 0 ? 0 : 1);
    append_big_endian<std::int32_t>(out, nulls);
    append_big_endian<std::int32_t>(out, static_cast<std::int32_t>(element));
    if (count == 0) return out;
    append_big_endian<std::int32_t>(out, static_cast<std::int32_t>(count));
    append_big_endian<std::int32_t>(out, 1);
    return out;
}

void append_element(std::string& out, std::string_view element)
{
    append_big_endian<std::int32_t>(out, static_cast<std::int32_t>(element.size()));
    out += element;
}

template <class Vector>
std::string array(unsigned element, const Vector& values)
{
    auto out = array_header(element, values.size(), false);
    for (typename Vector::const_reference value : values) append_element(out, binary(value));
    return out;
}

template <class T>
std::string nullable_array(unsigned element, const std::vector<std::optional<T>>& values)
{
    auto out = array_header(element, values.size(), true);
    for (const auto& value : values) {
        if (value) append_element(out, binary(*value));
        else append_big_endian<std::int32_t>(out, -1);
    }
    return out;
}

// Calls each(view) for every element of a one-dimensional array without nulls.
template <class Each>
void for_each_element(std::string_view array, Each each)
{
    if (array.size() < 12 || big_endian<std::int32_t>(array.data()) == 0) return;
    const auto count = big_endian<std::int32_t>(array.data() + 12);
    std::size_t at = 20;
    for (std::int32_t i = 0; i < count; ++i) {
        const auto length = big_endian<std::int32_t>(array.data() + at);
        at += 4;
        if (length < 0) continue;
        each(array.substr(at, static_cast<std::size_t>(length)));
        at += static_cast<std::size_t>(length);
    }
}

std::int64_t integer_of(std::string_view value)
{
    switch (value.size()) {
    case 2: return big_endian<std::int16_t>(value.data());
    case 4: return big_endian<std::int32_t>(value.data());
    case 8: return big_endian<std::int64_t>(value.data());
    default: throw std::logic_error("column is no integer");
    }
}

int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw std::invalid_argument("not a UUID");
}

}  // namespace

Uuid parse_uuid(std::string_view text)
{
    Uuid uuid;
    std::size_t n = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '-') continue;
        if (n == 16 || i + 1 >= text.size()) throw std::invalid_argument("not a UUID");
        uuid.octets[n++] = static_cast<unsigned char>(hex(text[i]) << 4 | hex(text[i + 1]));
        ++i;
    }
    if (n != 16) throw std::invalid_argument("not a UUID");
    return uuid;
}

std::string to_string(const Uuid& uuid)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(36);
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        out += digits[uuid.octets[i] >> 4];
        out += digits[uuid.octets[i] & 15];
    }
    return out;
}

void Parameters::push(unsigned type, std::string value)
{
    types_.push_back(type);
    values_.push_back(std::move(value));
    nulls_.push_back(false);
}

void Parameters::add_null(unsigned type)
{
    push(type, {});
    nulls_.back() = true;
}

template <>
unsigned Parameters::type_of<std::int32_t>()
{
    return int4_oid;
}
template <>
unsigned Parameters::type_of<std::int64_t>()
{
    return int8_oid;
}
template <>
unsigned Parameters::type_of<std::string>()
{
    return text_oid;
}
template <>
unsigned Parameters::type_of<Bytes>()
{
    return bytea_oid;
}
template <>
unsigned Parameters::type_of<Time>()
{
    return time_oid;
}
template <>
unsigned Parameters::type_of<Uuid>()
{
    return uuid_oid;
}

void Parameters::add(bool value)
{
    push(bool_oid, binary(value));
}
void Parameters::add(std::int16_t value)
{
    push(int2_oid, binary(value));
}
void Parameters::add(std::int32_t value)
{
    push(int4_oid, binary(value));
}
void Parameters::add(std::int64_t value)
{
    push(int8_oid, binary(value));
}
void Parameters::add(double value)
{
    push(float8_oid, binary(std::bit_cast<std::int64_t>(value)));
}
void Parameters::add(std::string_view value)
{
    push(text_oid, storable(value));
}
void Parameters::add(Bytes value)
{
    push(bytea_oid, binary(value));
}
void Parameters::add(const Uuid& value)
{
    push(uuid_oid, binary(value));
}
void Parameters::add(Time value)
{
    push(time_oid, binary(value));
}
void Parameters::add(const std::vector<bool>& values)
{
    push(bool_array, array(bool_oid, values));
}
void Parameters::add(const std::vector<std::int16_t>& values)
{
    push(int2_array, array(int2_oid, values));
}
void Parameters::add(const std::vector<std::int32_t>& values)
{
    push(int4_array, array(int4_oid, values));
}
void Parameters::add(const std::vector<std::int64_t>& values)
{
    push(int8_array, array(int8_oid, values));
}
void Parameters::add(const std::vector<std::string>& values)
{
    push(text_array, array(text_oid, values));
}
void Parameters::add(const std::vector<Bytes>& values)
{
    push(bytea_array, array(bytea_oid, values));
}
void Parameters::add(const std::vector<Uuid>& values)
{
    push(uuid_array, array(uuid_oid, values));
}
void Parameters::add(const std::vector<Time>& values)
{
    push(time_array, array(time_oid, values));
}
void Parameters::add(const std::vector<std::optional<std::string>>& values)
{
    push(text_array, nullable_array(text_oid, values));
}
void Parameters::add(const std::vector<std::optional<Bytes>>& values)
{
    push(bytea_array, nullable_array(bytea_oid, values));
}

Rows::Rows(pg_result* result) : result_(result, PQclear) {}
std::size_t Rows::size() const
{
    return result_ ? static_cast<std::size_t>(PQntuples(result_.get())) : 0;
}
bool Rows::null(std::size_t row, int column) const
{
    return PQgetisnull(result_.get(), static_cast<int>(row), column) == 1;
}

std::string_view Rows::octets(std::size_t row, int column) const
{
    const auto r = static_cast<int>(row);
    return {PQgetvalue(result_.get(), r, column), static_cast<std::size_t>(PQgetlength(result_.get(), r, column))};
}

std::int64_t Rows::integer(std::size_t row, int column) const
{
    return integer_of(octets(row, column));
}
bool Rows::boolean(std::size_t row, int column) const
{
    return octets(row, column) == std::string_view("\1", 1);
}

Uuid Rows::uuid(std::size_t row, int column) const
{
    const auto value = octets(row, column);
    if (value.size() != 16) throw std::logic_error("column is no uuid");
    Uuid uuid;
    std::memcpy(uuid.octets.data(), value.data(), 16);
    return uuid;
}

Time Rows::time(std::size_t row, int column) const
{
    return Time(std::chrono::milliseconds(integer(row, column) / 1000 + epoch_2000_ms));
}

std::vector<std::int64_t> Rows::integers(std::size_t row, int column) const
{
    std::vector<std::int64_t> out;
    for_each_element(octets(row, column), [&](std::string_view element) { out.push_back(integer_of(element)); });
    return out;
}

std::vector<std::string> Rows::texts(std::size_t row, int column) const
{
    std::vector<std::string> out;
    for_each_element(octets(row, column), [&](std::string_view element) { out.emplace_back(element); });
    return out;
}

std::size_t Rows::affected() const
{
    return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10);
}

}  // namespace gateway::store
