// log: one structured line per event on standard error: time, level, event, key=value. Never a
// password, never content.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace gateway::log {

struct Field {
    std::string_view key;
    std::string value;  // quoted when it holds more than plain visible ASCII
};

using Fields = std::initializer_list<Field>;

enum class Level { debug, info, warning, error, off };

// "debug", "info", "warning", "error", "off"; anything else is info.
Level level_named(std::string_view name);
// Until it is called, info and above are written. Thread-safe like all below.
void set_level(Level level);

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warning(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

// A new id for a session: 12 characters, unique within the process and unlikely to meet another's.
std::string session_id();

// `event key=value key="va\"lue"`: what stands behind time and level.
std::string line(std::string_view event, Fields fields);

}  // namespace gateway::log
