// schema: a row for each setting. How a value is read follows from its type; the two that are
// written like another are named.
#include "gateway/config/schema.h"

#include "gateway/config/value.h"

#include <fmt/format.h>

#include <charconv>
#include <toml++/toml.h>

namespace gateway::config {

namespace {

template <class T>
using Read = tl::expected<T, Refusal>;

// One reader for each type of value: a string is read alike from the file and from the environment.
struct Text {
    using Value = std::string;

    static Read<Value> text(std::string_view text) { return std::string(text); }
};

struct Duration {
    using Value = std::chrono::milliseconds;

    static Read<Value> text(std::string_view text) { return duration(text); }
};

struct Octets {
    using Value = std::size_t;

    static Read<Value> text(std::string_view text) { return size(text); }
};

struct Address {
    using Value = net::HostPort;

    static Read<Value> text(std::string_view text) { return net::host_port(text); }
};

// "" or host:port, kept as text for who dials.
struct Hop {
    using Value = std::string;

    static Read<Value> text(std::string_view text)
    {
        if (text.empty()) return std::string{};
        return net::host_port(text).map([](const auto& address) { return address.text(); });
    }
};

template <class Enum>
struct Word;

template <>
struct Word<BareNewline> {
    using Value = BareNewline;

    static Read<Value> text(std::string_view text)
    {
        if (text == "refuse") return BareNewline::refuse;
        if (text == "normalise") return BareNewline::normalise;
        return tl::unexpected(fmt::format("\"{}\" is neither \"refuse\" nor \"normalise\"", text));
    }
};

template <>
struct Word<DmarcUse> {
    using Value = DmarcUse;

    static Read<Value> text(std::string_view text)
    {
        if (text == "enforce") return DmarcUse::enforce;
        if (text == "record") return DmarcUse::record;
        return tl::unexpected(fmt::format("\"{}\" is neither \"enforce\" nor \"record\"", text));
    }
};

template <>
struct Word<LeaveUnit> {
    using Value = LeaveUnit;

    static Read<Value> text(std::string_view text)
    {
        if (text == "thread") return LeaveUnit::thread;
        if (text == "message") return LeaveUnit::message;
        return tl::unexpected(fmt::format("\"{}\" is neither \"thread\" nor \"message\"", text));
    }
};

struct Level {
    using Value = std::string;

    static Read<Value> text(std::string_view text)
    {
        for (const auto* level : {"debug", "info", "warning", "error", "off"})
            if (text == level) return std::string(text);
        return tl::unexpected(fmt::format("\"{}\" is none of debug, info, warning, error, off", text));
    }
};

struct Role {
    using Value = std::string;

    static Read<Value> text(std::string_view text)
    {
        for (const auto* role : {"smtp", "egress", "imap", "http"})
            if (text == role) return std::string(text);
        return tl::unexpected(fmt::format("\"{}\" is none of smtp, egress, imap, http", text));
    }
};

// The default for what stands in quotes in the file.
template <class Reader>
Read<typename Reader::Value> from_file(const toml::node& node)
{
    if (const auto* text = node.as_string()) return Reader::text(text->get());
    return tl::unexpected(Refusal("must be text in quotes"));
}

struct Count {
    using Value = std::size_t;

    static Read<Value> text(std::string_view text)
    {
        Value number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) return number;
        return tl::unexpected(fmt::format("\"{}\" is no whole number", text));
    }
};

template <>
Read<std::size_t> from_file<Count>(const toml::node& node)
{
    const auto* number = node.as_integer();
    if (number && number->get() >= 0) return static_cast<std::size_t>(number->get());
    return tl::unexpected(Refusal("must be a whole number, not negative, without quotes"));
}

struct Switch {
    using Value = bool;

    static Read<Value> text(std::string_view text)
    {
        if (text == "true" || text == "false") return text == "true";
        return tl::unexpected(fmt::format("\"{}\" is neither true nor false", text));
    }
};

template <>
Read<bool> from_file<Switch>(const toml::node& node)
{
    if (const auto* truth = node.as_boolean()) return truth->get();
    return tl::unexpected(Refusal("must be true or false, without quotes"));
}

std::vector<std::string_view> pieces(std::string_view text)
{
    std::vector<std::string_view> list;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        list.push_back(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return list;
}

template <class Reader>
struct List {
    using Value = std::vector<typename Reader::Value>;

    static Read<Value> text(std::string_view text)
    {
        Value values;
        for (const auto piece : pieces(text)) {
            auto value = Reader::text(piece);
            if (!value) return tl::unexpected(value.error());
            values.push_back(*std::move(value));
        }
        return values;
    }

    static Read<Value> file(const toml::node& node)
    {
        const auto* array = node.as_array();
        if (!array) return tl::unexpected(Refusal("must be a list in brackets"));
        Value values;
        for (const auto& element : *array) {
            auto value = from_file<Reader>(element);
            if (!value) return tl::unexpected(value.error());
            values.push_back(*std::move(value));
        }
        return values;
    }
};

struct Routes {
    using Value = std::map<std::string, std::string>;

    static Read<Value> text(std::string_view text)
    {
        Value routes;
        for (const auto piece : pieces(text)) {
            const auto equals = std::min(piece.find('='), piece.size());
            auto hop = Hop::text(piece.substr(std::min(equals + 1, piece.size())));
            if (!hop) return tl::unexpected(hop.error());
            routes[std::string(piece.substr(0, equals))] = *hop;
        }
        return routes;
    }

    static Read<Value> file(const toml::node& node)
    {
        const auto* table = node.as_table();
        if (!table) return tl::unexpected(Refusal("must be a table of \"domain\" = \"host:port\""));
        Value routes;
        for (const auto& [domain, hop] : *table) {
            auto value = from_file<Hop>(hop);
            if (!value) return tl::unexpected(value.error());
            routes[std::string(domain.str())] = *value;
        }
        return routes;
    }
};

template <class Reader>
Read<typename Reader::Value> read_node(const toml::node& node)
{
    if constexpr (requires { Reader::file(node); }) {
        return Reader::file(node);
    } else {
        return from_file<Reader>(node);
    }
}

template <class Reader, class Section, class Value>
Setting row(std::string_view section, std::string_view key, Section Settings::* part, Value Section::* member)
{
    const auto put = [=](Settings& settings, Read<typename Reader::Value> value) -> tl::expected<void, Refusal> {
        if (!value) return tl::unexpected(value.error());
        settings.*part.*member = *std::move(value);
        return {};
    };
    return {section, key,
        [=](Settings& settings, const toml::node& node) { return put(settings, read_node<Reader>(node)); },
        [=](Settings& settings, std::string_view text) { return put(settings, Reader::text(text)); }};
}

std::vector<Setting> rows()
{
    using S = Settings;
    return {
        row<Text>("server", "hostname", &S::server, &S::Server::hostname),
        row<List<Text>>("server", "domains", &S::server, &S::Server::domains),
        row<Text>("server", "data", &S::server, &S::Server::data),
        row<List<Role>>("server", "roles", &S::server, &S::Server::roles),
        row<Duration>("server", "drain", &S::server, &S::Server::drain),
        row<List<Address>>("listen", "smtp", &S::listen, &S::Listen::smtp),
        row<List<Address>>("listen", "submission", &S::listen, &S::Listen::submission),
        row<List<Address>>("listen", "submissions", &S::listen, &S::Listen::submissions),
        row<List<Address>>("listen", "imap", &S::listen, &S::Listen::imap),
        row<List<Address>>("listen", "imaps", &S::listen, &S::Listen::imaps),
        row<List<Address>>("listen", "http", &S::listen, &S::Listen::http),
        row<Text>("tls", "certificate", &S::tls, &S::Tls::certificate),
        row<Text>("tls", "key", &S::tls, &S::Tls::key),
        row<Text>("store", "url", &S::store, &S::Store::url),
        row<Count>("store", "connections", &S::store, &S::Store::connections),
        row<Word<BareNewline>>("smtp", "bare_newline", &S::smtp, &S::Smtp::bare_newline),
        row<Count>("smtp", "max_recipients", &S::smtp, &S::Smtp::max_recipients),
        row<Word<DmarcUse>>("smtp", "dmarc", &S::smtp, &S::Smtp::dmarc),
        row<List<Text>>("smtp", "trusted_sealers", &S::smtp, &S::Smtp::trusted_sealers),
        row<Octets>("limits", "message_size", &S::limits, &S::Limits::message_size),
        row<Octets>("limits", "blob_size", &S::limits, &S::Limits::blob_size),
        row<Count>("limits", "mime_depth", &S::limits, &S::Limits::mime_depth),
        row<Octets>("limits", "line", &S::limits, &S::Limits::line),
        row<Count>("limits", "connections", &S::limits, &S::Limits::connections),
        row<Count>("limits", "connections_per_address", &S::limits, &S::Limits::connections_per_address),
        row<Hop>("egress", "smarthost", &S::egress, &S::Egress::smarthost),
        row<Routes>("egress", "routes", &S::egress, &S::Egress::routes),
        row<Duration>("egress", "undo", &S::egress, &S::Egress::undo),
        row<Duration>("egress", "retry_first", &S::egress, &S::Egress::retry_first),
        row<Duration>("egress", "retry_max", &S::egress, &S::Egress::retry_max),
        row<Duration>("egress", "give_up", &S::egress, &S::Egress::give_up),
        row<List<Text>>("egress", "resolver", &S::egress, &S::Egress::resolver),
        row<Count>("egress", "concurrency", &S::egress, &S::Egress::concurrency),
        row<Text>("dkim", "keys", &S::dkim, &S::Dkim::keys),
        row<Duration>("followup", "settle", &S::followup, &S::Followup::settle),
        row<Count>("followup", "digest_max", &S::followup, &S::Followup::digest_max),
        row<Count>("followup", "max_per_day", &S::followup, &S::Followup::max_per_day),
        row<Switch>("followup", "removed", &S::followup, &S::Followup::removed),
        row<Switch>("imap", "edit_unseen", &S::imap, &S::Imap::edit_unseen),
        row<Switch>("imap", "own_in_thread", &S::imap, &S::Imap::own_in_thread),
        row<Switch>("imap", "joined", &S::imap, &S::Imap::joined),
        row<Word<LeaveUnit>>("imap", "leave", &S::imap, &S::Imap::leave),
        row<Duration>("dedup", "window", &S::dedup, &S::Dedup::window),
        row<Duration>("archive", "keep", &S::archive, &S::Archive::keep),
        row<Duration>("archive", "cold_keep", &S::archive, &S::Archive::cold_keep),
        row<Text>("archive", "directory", &S::archive, &S::Archive::directory),
        row<Duration>("events", "keep", &S::events, &S::Events::keep),
        row<Count>("render", "to_max", &S::render, &S::Render::to_max),
        row<Count>("render", "list_min", &S::render, &S::Render::list_min),
        row<Octets>("quota", "storage", &S::quota, &S::Quota::storage),
        row<Count>("quota", "send", &S::quota, &S::Quota::send),
        row<Duration>("quota", "period", &S::quota, &S::Quota::period),
        row<Duration>("abuse", "rate", &S::abuse, &S::Abuse::rate),
        row<Duration>("abuse", "kept_up", &S::abuse, &S::Abuse::kept_up),
        row<Duration>("abuse", "suspension", &S::abuse, &S::Abuse::suspension),
        row<Count>("abuse", "to_max", &S::abuse, &S::Abuse::to_max),
        row<Text>("http", "public_url", &S::http, &S::Http::public_url),
        row<Level>("log", "level", &S::log, &S::Log::level),
    };
}

}  // namespace

std::string Setting::name() const
{
    return fmt::format("{}.{}", section, key);
}

std::string Setting::variable() const
{
    auto name = fmt::format("E2_{}_{}", section, key);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    return name;
}

std::span<const Setting> schema()
{
    static const auto made = rows();
    return made;
}

}  // namespace gateway::config
