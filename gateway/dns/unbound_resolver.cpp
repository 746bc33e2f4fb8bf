// unbound_resolver: a Resolver by libunbound, asynchronous, validating by DNSSEC.
//
// libunbound works in a thread of its own and makes its descriptor readable when answers are there;
// asio watches that. The order of settings matters: ub_ctx_zone_add seals the context, and a later
// setting fails, so that queries would go to the root servers.
#include "gateway/dns/unbound_resolver.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <stdexcept>
#include <sys/socket.h>
#include <unbound.h>
#include <unordered_map>

namespace gateway::dns {
namespace asio = boost::asio;

namespace {

constexpr int type_a = 1;
constexpr int type_ptr = 12;
constexpr int type_mx = 15;
constexpr int type_txt = 16;
constexpr int type_aaaa = 28;
constexpr int class_in = 1;
constexpr int nxdomain = 3;

void check(int error, const char* what)
{
    if (error != 0) throw std::runtime_error(std::string("libunbound: ") + what + ": " + ub_strerror(error));
}

// Answer of one question, as records in wire form.
struct Raw {
    Found found = Found::failed;
    std::vector<std::string> records;
    bool secure = false;
    std::string why;
};

Raw read_result(int error, const ub_result* result)
{
    if (error != 0 || result == nullptr) return {.why = ub_strerror(error)};
    if (result->bogus != 0) return {.why = result->why_bogus != nullptr ? result->why_bogus : "the answer is forged"};
    if (result->rcode != 0 && result->rcode != nxdomain)
        return {.why = "the name servers answer with code " + std::to_string(result->rcode)};
    Raw raw{.secure = result->secure != 0};
    for (int i = 0; result->havedata != 0 && result->data[i] != nullptr; ++i)
        raw.records.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
    raw.found = !raw.records.empty() ? Found::records : result->rcode == nxdomain ? Found::no_domain : Found::no_data;
    return raw;
}

// One question under way; the callback fills it in and wakes the one who asked.
struct Question {
    explicit Question(const asio::any_io_executor& executor) : done(executor) {}

    asio::steady_timer done;
    bool answered = false;
    Raw raw;
};

// An uncompressed name in wire form as text, lower case, without the final dot.
std::string name_text(std::string_view wire)
{
    std::string name;
    while (!wire.empty() && wire.front() != '\0') {
        const auto length = static_cast<unsigned char>(wire.front());
        if (length > 63 || wire.size() < length + 1U) return {};
        if (!name.empty()) name += '.';
        for (const char c : wire.substr(1, length)) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        wire.remove_prefix(length + 1U);
    }
    return name;
}

// A name as libunbound reads it: only letters, digits, '-', '_' and the dots between labels mean themselves.
std::string escaped(std::string_view name)
{
    std::string text;
    for (const char c : name) {
        const auto octet = static_cast<unsigned char>(c);
        if (std::isalnum(octet) != 0 || c == '-' || c == '_' || c == '.') text += c;
        else
            text += {'\\', static_cast<char>('0' + octet / 100), static_cast<char>('0' + octet / 10 % 10),
                static_cast<char>('0' + octet % 10)};
    }
    return text;
}

// The strings of a TXT record in wire form, joined (RFC 7208 3.3, RFC 6376 3.6.2.2).
std::string txt_text(std::string_view wire)
{
    std::string text;
    while (!wire.empty()) {
        const auto length = static_cast<unsigned char>(wire.front());
        text += wire.substr(1, length);
        wire.remove_prefix(std::min<std::size_t>(length + 1U, wire.size()));
    }
    return text;
}

template <class Record>
Lookup<Record> empty_lookup(Raw raw)
{
    return {raw.found, {}, raw.secure, std::move(raw.why)};
}

Lookup<std::string> address_lookup(const Raw& raw, int family)
{
    auto lookup = empty_lookup<std::string>(raw);
    for (const auto& record : raw.records) {
        char text[INET6_ADDRSTRLEN] = {};
        const std::size_t length = family == AF_INET ? 4 : 16;
        if (record.size() == length && inet_ntop(family, record.data(), text, sizeof text) != nullptr)
            lookup.records.emplace_back(text);
    }
    return lookup;
}

}  // namespace

struct UnboundResolver::Context {
    Context(asio::any_io_executor executor, const UnboundSettings& settings);
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context();

    asio::awaitable<Raw> ask(std::string name, int type);

private:
    static void answered(void* number, int error, ub_result* result);
    void configure(const UnboundSettings& settings);
    void watch();

    asio::any_io_executor executor_;
    std::chrono::milliseconds patience_;
    ub_ctx* context_;
    std::optional<asio::posix::stream_descriptor> descriptor_;
};

UnboundResolver::Context::Context(asio::any_io_executor executor, const UnboundSettings& settings)
    : executor_(std::move(executor)), patience_(settings.patience), context_(ub_ctx_create())
{
    if (context_ == nullptr) throw std::runtime_error("libunbound does not start");
    try {
        configure(settings);
    } catch (...) {
        ub_ctx_delete(context_);
        throw;
    }
    descriptor_.emplace(executor_, ub_fd(context_));
    watch();
}

UnboundResolver::Context::~Context()
{
    descriptor_->release();  // it is libunbound's
    ub_ctx_delete(context_);
}

void UnboundResolver::Context::configure(const UnboundSettings& settings)
{
    check(ub_ctx_async(context_, 1), "a thread");
    check(ub_ctx_set_option(context_, "do-not-query-localhost:", "no"), "do-not-query-localhost");
    for (const auto& resolver : settings.forward) check(ub_ctx_set_fwd(context_, resolver.c_str()), resolver.c_str());
    if (settings.forward.empty()) check(ub_ctx_resolvconf(context_, nullptr), "/etc/resolv.conf");
    if (!settings.trust_anchors.empty())
        check(ub_ctx_add_ta_file(context_, settings.trust_anchors.c_str()), settings.trust_anchors.c_str());
    if (settings.test_zone) check(ub_ctx_zone_add(context_, "test.", "transparent"), "the zone test.");
}

void UnboundResolver::Context::watch()
{
    descriptor_->async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
        if (error) return;
        ub_process(context_);
        watch();
    });
}

// Called by ub_process. The one who asked may have lost patience: then nobody but this callback
// holds the question.
void UnboundResolver::Context::answered(void* mine, int error, ub_result* result)
{
    const std::unique_ptr<std::shared_ptr<Question>> question(static_cast<std::shared_ptr<Question>*>(mine));
    (*question)->raw = read_result(error, result);
    (*question)->answered = true;
    (*question)->done.cancel();
    ub_resolve_free(result);
}

asio::awaitable<Raw> UnboundResolver::Context::ask(std::string name, int type)
{
    auto question = std::make_shared<Question>(executor_);
    auto held = std::make_unique<std::shared_ptr<Question>>(question);
    int id = 0;
    const int error =
        ub_resolve_async(context_, escaped(name).c_str(), type, class_in, held.get(), &Context::answered, &id);
    if (error != 0) co_return Raw{.why = ub_strerror(error)};
    auto* const waits = held.release();  // the callback's, or ours again when we cancel
    question->done.expires_after(patience_);
    boost::system::error_code cancelled;
    if (!question->answered) co_await question->done.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (question->answered) co_return std::move(question->raw);
    if (ub_cancel(context_, id) == 0) delete waits;
    co_return Raw{.why = "no answer in time"};
}

UnboundResolver::UnboundResolver(asio::any_io_executor executor, const UnboundSettings& settings)
    : context_(std::make_shared<Context>(std::move(executor), settings))
{
}

UnboundResolver::~UnboundResolver() = default;

asio::awaitable<Lookup<Mx>> UnboundResolver::mx(std::string domain)
{
    auto raw = co_await context_->ask(std::move(domain), type_mx);
    auto lookup = empty_lookup<Mx>(raw);
    for (const auto& record : raw.records) {
        if (record.size() < 3) continue;
        const auto preference = static_cast<std::uint16_t>(
            static_cast<unsigned char>(record[0]) << 8U | static_cast<unsigned char>(record[1]));
        lookup.records.push_back({preference, name_text(std::string_view(record).substr(2))});
    }
    co_return lookup;
}

asio::awaitable<Lookup<std::string>> UnboundResolver::a(std::string host)
{
    co_return address_lookup(co_await context_->ask(std::move(host), type_a), AF_INET);
}

asio::awaitable<Lookup<std::string>> UnboundResolver::aaaa(std::string host)
{
    co_return address_lookup(co_await context_->ask(std::move(host), type_aaaa), AF_INET6);
}

asio::awaitable<Lookup<std::string>> UnboundResolver::txt(std::string name)
{
    auto raw = co_await context_->ask(std::move(name), type_txt);
    auto lookup = empty_lookup<std::string>(raw);
    for (const auto& record : raw.records) lookup.records.push_back(txt_text(record));
    co_return lookup;
}

asio::awaitable<Lookup<std::string>> UnboundResolver::ptr(std::string address)
{
    auto raw = co_await context_->ask(reverse_name(address), type_ptr);
    auto lookup = empty_lookup<std::string>(raw);
    for (const auto& record : raw.records)
        if (auto name = name_text(record); !name.empty()) lookup.records.push_back(std::move(name));
    co_return lookup;
}

}  // namespace gateway::dns
