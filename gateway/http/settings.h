// settings: what the configuration says about HTTP.
#pragma once

#include "email2/limits.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gateway::http {

enum class Encryption { none, starttls, tls };

struct MailServer {
    std::string host;
    std::uint16_t port = 0;
    Encryption encryption = Encryption::tls;
};

enum class Audience { loopback, everyone };

struct Settings {
    std::string name = "email2";                            // of the service, for people
    std::vector<std::string> domains;                       // local ones, normalised; the first is the main one
    std::vector<MailServer> imap, submission;               // for client autoconfiguration, best first
    Audience metrics = Audience::loopback;                  // who may read /metrics
    std::uint64_t max_document = email2::limits::document;  // octets of a request's XML
    std::uint64_t max_blob = 1U << 30U;                     // octets of an upload
};

}  // namespace gateway::http
