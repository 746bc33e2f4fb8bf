// settings: what the configuration says, as plain values. Names, meanings and defaults are
// documented in conf/gateway.toml alone; a test holds the two together.
#pragma once

#include "gateway/net/address.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

enum class BareNewline { refuse, normalise };
enum class DmarcUse { enforce, record };
enum class LeaveUnit { thread, message };

struct Settings {
    using Milliseconds = std::chrono::milliseconds;
    using Addresses = std::vector<net::HostPort>;

    struct Server {
        std::string hostname = "mail.one.test";
        std::vector<std::string> domains = {"one.test"};  // the first names messages
        std::string data = "data";
        std::vector<std::string> roles = {"smtp", "egress", "imap", "http"};
        Milliseconds drain = std::chrono::seconds(10);
        bool operator==(const Server&) const = default;
    } server;

    struct Listen {
        Addresses smtp = {{"127.0.0.1", 2525}};
        Addresses submission = {{"127.0.0.1", 2587}};
        Addresses submissions = {{"127.0.0.1", 2465}};
        Addresses imap = {{"127.0.0.1", 2143}};
        Addresses imaps = {{"127.0.0.1", 2993}};
        Addresses http = {{"127.0.0.1", 8080}};
        bool operator==(const Listen&) const = default;
    } listen;

    struct Tls {
        std::string certificate, key;  // "": self-signed, in the data directory
        bool operator==(const Tls&) const = default;
    } tls;

    struct Store {
        std::string url;  // "": embedded
        std::size_t connections = 8;
        bool operator==(const Store&) const = default;
    } store;

    struct Smtp {
        BareNewline bare_newline = BareNewline::refuse;
        std::size_t max_recipients = 1000;
        DmarcUse dmarc = DmarcUse::enforce;
        std::vector<std::string> trusted_sealers;  // domains
        bool operator==(const Smtp&) const = default;
    } smtp;

    struct Limits {
        std::size_t message_size = 50 * 1024 * 1024;  // octets
        std::size_t blob_size = 1024 * 1024 * 1024;   // octets
        std::size_t mime_depth = 100;
        std::size_t line = 8192;  // octets
        std::size_t connections = 10'000;
        std::size_t connections_per_address = 100;
        bool operator==(const Limits&) const = default;
    } limits;

    struct Egress {
        std::string smarthost;                      // "host:port"; "": by MX
        std::map<std::string, std::string> routes;  // domain -> "host:port"
        Milliseconds undo = std::chrono::seconds(10);
        Milliseconds retry_first = std::chrono::minutes(5);
        Milliseconds retry_max = std::chrono::hours(4);
        Milliseconds give_up = std::chrono::hours(24 * 5);
        std::vector<std::string> resolver;  // addresses of name servers; empty: the system's
        std::size_t concurrency = 50;
        bool operator==(const Egress&) const = default;
    } egress;

    struct Dkim {
        std::string keys;  // directory; "": dkim in the data directory
        bool operator==(const Dkim&) const = default;
    } dkim;

    struct Followup {
        Milliseconds settle = std::chrono::seconds(120);
        std::size_t digest_max = 20;
        std::size_t max_per_day = 10;
        bool removed = false;
        bool operator==(const Followup&) const = default;
    } followup;

    struct Imap {
        bool edit_unseen = true;
        bool own_in_thread = true;
        bool joined = true;
        LeaveUnit leave = LeaveUnit::thread;
        bool operator==(const Imap&) const = default;
    } imap;

    struct Dedup {
        Milliseconds window = std::chrono::hours(24 * 7);
        bool operator==(const Dedup&) const = default;
    } dedup;

    struct Archive {
        Milliseconds keep = std::chrono::hours(24 * 30);
        Milliseconds cold_keep = std::chrono::hours(24 * 365);
        std::string directory;  // "": in the data directory
        bool operator==(const Archive&) const = default;
    } archive;

    struct Events {
        Milliseconds keep = std::chrono::hours(24 * 90);
        bool operator==(const Events&) const = default;
    } events;

    struct Render {
        std::size_t to_max = 50;
        std::size_t list_min = 10;
        bool operator==(const Render&) const = default;
    } render;

    struct Quota {
        std::size_t storage = 0;  // octets; 0: none
        std::size_t send = 0;     // messages in a period; 0: none
        Milliseconds period = std::chrono::hours(24);
        bool operator==(const Quota&) const = default;
    } quota;

    struct Abuse {
        Milliseconds rate = std::chrono::seconds(30);
        Milliseconds kept_up = std::chrono::minutes(5);
        Milliseconds suspension = std::chrono::hours(1);
        std::size_t to_max = 100;
        bool operator==(const Abuse&) const = default;
    } abuse;

    struct Http {
        std::string public_url;  // "": http:// and the first address listened on
        bool operator==(const Http&) const = default;
    } http;

    struct Log {
        std::string level = "info";
        bool operator==(const Log&) const = default;
    } log;

    bool operator==(const Settings&) const = default;

    // Where the keys are that sign.
    [[nodiscard]] std::string dkim_keys() const { return dkim.keys.empty() ? server.data + "/dkim" : dkim.keys; }

    [[nodiscard]] bool has_role(std::string_view role) const
    {
        return std::find(server.roles.begin(), server.roles.end(), role) != server.roles.end();
    }
};

}  // namespace gateway
