// log: spdlog behind plain functions, so that its templates are compiled once.
#include "gateway/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <random>

namespace gateway::log {

namespace {

spdlog::logger& logger()
{
    static const auto made = [] {
        auto logger = std::make_shared<spdlog::logger>("e2", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
        return logger;
    }();
    return *made;
}

bool plain(std::string_view value)
{
    return !value.empty() && value.find_first_of("\"\\=") == value.npos &&
           std::all_of(value.begin(), value.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

void append_quoted(std::string& line, std::string_view value)
{
    line += '"';
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (octet < 0x20 || octet == 0x7F) {
            line += fmt::format("\\x{:02x}", octet);
        } else {
            line += c;
        }
    }
    line += '"';
}

void write(spdlog::level::level_enum level, std::string_view event, Fields fields)
{
    if (logger().should_log(level)) logger().log(level, "{}", line(event, fields));
}

}  // namespace

Level level_named(std::string_view name)
{
    if (name == "debug") return Level::debug;
    if (name == "warning") return Level::warning;
    if (name == "error") return Level::error;
    return name == "off" ? Level::off : Level::info;
}

void set_level(Level level)
{
    constexpr spdlog::level::level_enum levels[] = {
        spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err, spdlog::level::off};
    logger().set_level(levels[static_cast<int>(level)]);
}

void debug(std::string_view event, Fields fields)
{
    write(spdlog::level::debug, event, fields);
}

void info(std::string_view event, Fields fields)
{
    write(spdlog::level::info, event, fields);
}

void warning(std::string_view event, Fields fields)
{
    write(spdlog::level::warn, event, fields);
}

void error(std::string_view event, Fields fields)
{
    write(spdlog::level::err, event, fields);
}

std::string session_id()
{
    static const std::uint64_t start = std::random_device{}();
    static std::atomic<std::uint64_t> count{0};
    constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    auto number = (start << 28U) ^ ++count;
    std::string id(12, '0');
    for (auto& c : id) {
        c = alphabet[number % alphabet.size()];
        number /= alphabet.size();
    }
    return {id.rbegin(), id.rend()};
}

std::string line(std::string_view event, Fields fields)
{
    std::string text(event);
    for (const auto& field : fields) {
        text += ' ';
        text += field.key;
        text += '=';
        if (plain(field.value)) {
            text += field.value;
        } else {
            append_quoted(text, field.value);
        }
    }
    return text;
}

}  // namespace gateway::log
