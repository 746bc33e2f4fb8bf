// doubles: a sink and a password checker for transcripts, told what to do by directives.
#include "doubles.h"

#include <sstream>

namespace test {
namespace {

using Step = boost::asio::awaitable<std::optional<std::string>>;

class Plain : public smtp::SaslExchange {
public:
    Step step(std::optional<std::string> response) override
    {
        if (!response) co_return "";
        good_ = *response == std::string("\0alice\0secret", 13);
        co_return std::nullopt;
    }

    [[nodiscard]] std::string user() const override { return good_ ? "alice@one.test" : ""; }

    [[nodiscard]] std::string reason() const override { return ""; }

private:
    bool good_ = false;
};

class Login : public smtp::SaslExchange {
public:
    Step step(std::optional<std::string> response) override
    {
        if (response) said_.push_back(*response);
        if (said_.empty()) co_return "User Name";
        if (said_.size() == 1) co_return "Password";
        co_return std::nullopt;
    }

    [[nodiscard]] std::string user() const override
    {
        return said_.size() == 2 && said_[0] == "alice" && said_[1] == "secret" ? "alice@one.test" : "";
    }

    [[nodiscard]] std::string reason() const override
    {
        return said_.size() == 2 && said_[0] == "eve" ? "Account suspended" : "";
    }

private:
    std::vector<std::string> said_;
};

class Broken : public smtp::SaslExchange {
public:
    Step step(std::optional<std::string>) override { throw std::runtime_error("the database is away"); }

    [[nodiscard]] std::string user() const override { return ""; }

    [[nodiscard]] std::string reason() const override { return ""; }
};

void direct_sink(RecordingSink& sink, std::istringstream& words)
{
    std::string verb, address, status, text;
    int code = 0;
    words >> verb >> address;
    if (verb == "throws") {
        sink.throws.insert(address);
        return;
    }
    words >> code >> status >> std::ws;
    std::getline(words, text);
    sink.answers[verb + " " + (address == "<>" ? "" : address)] = {code, status, text};
}

}  // namespace

std::unique_ptr<smtp::SaslExchange> OneUserSasl::start(std::string_view mechanism, bool encrypted, bool)
{
    if (!encrypted) return nullptr;
    if (mechanism == "PLAIN") return std::make_unique<Plain>();
    if (mechanism == "LOGIN") return std::make_unique<Login>();
    if (mechanism == "BROKEN") return std::make_unique<Broken>();
    return nullptr;
}

void direct(Scene& scene, const std::vector<std::string>& directives)
{
    auto& settings = scene.settings;
    settings.hostname = "mx.test";
    settings.timeouts.auth_delay = std::chrono::milliseconds{1};
    const std::map<std::string, std::function<void(std::istringstream&)>> known = {
        {"submission", [&](auto&) { settings.submission = true; }},
        {"no-starttls", [&](auto&) { settings.starttls = false; }},
        {"normalise", [&](auto&) { settings.bare_newline = smtp::BareNewline::normalise; }},
        {"sasl", [&](auto&) { scene.offers_auth = true; }},
        {"whole", [&](auto&) { scene.whole = true; }},
        {"size", [&](auto& words) { words >> settings.limits.message; }},
        {"recipients", [&](auto& words) { words >> settings.limits.recipients; }},
        {"errors", [&](auto& words) { words >> settings.limits.errors; }},
        {"line", [&](auto& words) { words >> settings.limits.command_line; }},
        {"swallow", [&](auto& words) { words >> settings.limits.swallowed_line; }},
        {"mail-swallow", [&](auto& words) { words >> settings.limits.swallowed_message; }},
        {"sink", [&](auto& words) { direct_sink(scene.sink, words); }},
    };
    for (const auto& directive : directives) {
        std::istringstream words(directive);
        std::string name;
        words >> name;
        known.at(name)(words);
    }
}

std::string name_of(smtp::Ending ending)
{
    constexpr const char* names[] = {"quit", "disconnected", "timed_out", "drained", "refused", "tls_failed", "broken"};
    return names[static_cast<int>(ending)];
}

}  // namespace test
