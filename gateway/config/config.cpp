// config: every key is looked up in the schema; what is not there is a problem.
#include "gateway/config/config.h"

#include "gateway/config/schema.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <toml++/toml.h>
#include <tuple>

namespace gateway::config {

namespace {

using Problems = std::vector<Problem>;

int line_of(const toml::source_region& region)
{
    return static_cast<int>(region.begin.line);
}

const Setting* find(std::string_view section, std::string_view key)
{
    const auto rows = schema();
    const auto found = std::find_if(rows.begin(), rows.end(),
        [&](const Setting& setting) { return setting.section == section && setting.key == key; });
    return found == rows.end() ? nullptr : &*found;
}

bool is_section(std::string_view name)
{
    const auto rows = schema();
    return std::any_of(rows.begin(), rows.end(), [&](const Setting& setting) { return setting.section == name; });
}

void read_section(std::string_view section, const toml::table& table, Settings& settings, Problems& problems)
{
    for (const auto& [key, value] : table) {
        const int line = line_of(key.source());
        const auto* setting = find(section, key.str());
        if (!setting) {
            problems.push_back({line, fmt::format("{}.{}: there is no such setting", section, key.str())});
            continue;
        }
        if (auto done = setting->from_file(settings, value); !done)
            problems.push_back({line, fmt::format("{}: {}", setting->name(), done.error())});
    }
}

void read_file(const toml::table& file, Settings& settings, Problems& problems)
{
    for (const auto& [section, value] : file) {
        const int line = line_of(section.source());
        if (!is_section(section.str())) {
            problems.push_back({line, fmt::format("[{}]: there is no such section", section.str())});
        } else if (const auto* table = value.as_table()) {
            read_section(section.str(), *table, settings, problems);
        } else {
            problems.push_back({line, fmt::format("{0}: must be a section, [{0}]", section.str())});
        }
    }
}

void read_environment(const Environment& environment, Settings& settings, Problems& problems)
{
    for (const auto& setting : schema()) {
        const auto text = environment(setting.variable());
        if (!text) continue;
        if (auto done = setting.from_text(settings, *text); !done)
            problems.push_back({0, fmt::format("{} in the environment: {}", setting.variable(), done.error())});
    }
}

bool is_host_name(std::string_view name)
{
    const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.' || c >= 0x80; };
    return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), allowed) &&
           name.front() != '.' && name.back() != '.';
}

// What a path can be put behind, in a field of a mail and in HTML as well.
bool begins_links(std::string_view url)
{
    const auto scheme = url.starts_with("https://") ? 8U : url.starts_with("http://") ? 7U : 0U;
    const auto allowed = [](unsigned char c) {
        return c > ' ' && c < 0x7f && std::string_view("<>\"\\?#").find(static_cast<char>(c)) == std::string_view::npos;
    };
    return scheme != 0 && url.size() > scheme && url[scheme] != '/' && std::all_of(url.begin(), url.end(), allowed);
}

// What is wrong although each value is well-formed.
void check_sense(const Settings& settings, Problems& problems)
{
    const auto demand = [&](bool holds, std::string text) {
        if (!holds) problems.push_back({0, std::move(text)});
    };
    demand(is_host_name(settings.server.hostname), "server.hostname: must be a host name");
    demand(!settings.server.domains.empty(), "server.domains: at least one is needed");
    for (const auto& domain : settings.server.domains)
        demand(is_host_name(domain), fmt::format("server.domains: \"{}\" is no domain", domain));
    demand(!settings.server.data.empty(), "server.data: must name a directory");
    demand(settings.tls.certificate.empty() == settings.tls.key.empty(), "tls: certificate and key go together");
    demand(settings.limits.message_size >= 65'536, "limits.message_size: at least 64KB (RFC 5321 4.5.3.1.7)");
    demand(settings.limits.line >= 1000, "limits.line: at least 1000 octets (RFC 5321 4.5.3.1.6)");
    demand(settings.limits.mime_depth >= 2, "limits.mime_depth: at least 2");
    demand(settings.smtp.max_recipients >= 100, "smtp.max_recipients: at least 100 (RFC 5321 4.5.3.1.8)");
    demand(settings.store.connections >= 4 && settings.store.connections <= 50, "store.connections: from 4 to 50");
    demand(settings.egress.concurrency >= 1, "egress.concurrency: at least 1");
    demand(settings.egress.retry_first.count() > 0, "egress.retry_first: must be more than 0");
    demand(settings.egress.retry_first <= settings.egress.retry_max, "egress.retry_first: at most egress.retry_max");
    demand(settings.followup.digest_max >= 1, "followup.digest_max: at least 1");
    demand(settings.http.public_url.empty() || begins_links(settings.http.public_url),
        fmt::format(
            "http.public_url: \"{}\" begins no link, like \"https://mail.example.org\"", settings.http.public_url));
}

}  // namespace

Environment process_environment()
{
    return [](const std::string& variable) -> std::optional<std::string> {
        const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets any
        return value ? std::optional<std::string>(value) : std::nullopt;
    };
}

tl::expected<Settings, Problems> parse(std::string_view text, const Environment& environment)
{
    Settings settings;
    Problems problems;
    try {
        read_file(toml::parse(text), settings, problems);
    } catch (const toml::parse_error& error) {
        return tl::unexpected(Problems{{line_of(error.source()), std::string(error.description())}});
    }
    read_environment(environment, settings, problems);
    if (problems.empty()) check_sense(settings, problems);
    if (problems.empty()) return settings;
    std::sort(problems.begin(), problems.end(),
        [](const auto& a, const auto& b) { return std::tie(a.line, a.text) < std::tie(b.line, b.text); });
    return tl::unexpected(problems);
}

tl::expected<Settings, Problems> load(const std::string& path, const Environment& environment)
{
    std::string text;
    if (!path.empty()) {
        std::ifstream file(path, std::ios::binary);
        std::ostringstream content;
        content << file.rdbuf();
        if (!file) return tl::unexpected(Problems{{0, "cannot be read"}});
        text = content.str();
    }
    auto settings = parse(text, environment);
    if (!settings) return settings;
    const auto folder = std::filesystem::path(path).parent_path();
    for (auto* file : {&settings->tls.certificate, &settings->tls.key, &settings->dkim.keys})
        if (!file->empty()) *file = folder / *file;
    return settings;
}

std::string described(const std::string& path, const Problems& problems)
{
    std::string text;
    for (const auto& problem : problems) {
        const auto place = problem.line > 0 ? fmt::format("{}:{}", path, problem.line) : path;
        text += fmt::format("{}{}{}\n", place, place.empty() ? "" : ": ", problem.text);
    }
    return text;
}

}  // namespace gateway::config
