// doubles: a queue in memory, a DNS of given records, and hosts that take mail or do not, as a test
// says.
#pragma once

#include "gateway/egress/dialler.h"
#include "gateway/egress/queue.h"
#include "tests/gateway/dns/fake.h"

#include <boost/asio.hpp>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

namespace asio = boost::asio;
namespace dns = gateway::dns;
namespace egress = gateway::egress;

class FakeQueue : public egress::Queue {
public:
    std::deque<egress::Job> due;
    std::vector<egress::Outcome> outcomes;
    std::size_t settles = 0, most_claimed = 0;
    int settles_that_fail = 0, contents_that_fail = 0;
    std::string mail = "From: a@x.test\r\nSubject: x\r\n\r\n.hi\r\n";

    void add(std::int64_t id, std::string recipient, int tries = 0)
    {
        egress::Job job;
        job.id = id;
        job.sender = "b-" + std::to_string(id) + "@x.test";
        job.recipient = std::move(recipient);
        job.tries = tries;
        due.push_back(std::move(job));
    }

    asio::awaitable<std::vector<egress::Job>> claim(std::size_t limit) override
    {
        std::vector<egress::Job> jobs;
        while (!due.empty() && jobs.size() < limit) {
            jobs.push_back(due.front());
            due.pop_front();
        }
        most_claimed = std::max(most_claimed, jobs.size());
        co_return jobs;
    }

    asio::awaitable<mime::Spool> content(std::int64_t) override
    {
        if (contents_that_fail-- > 0) throw std::runtime_error("no database");
        mime::Spool spool;
        spool.append(mail);
        co_return spool;
    }

    asio::awaitable<void> settle(std::vector<egress::Outcome> batch) override
    {
        if (settles_that_fail-- > 0) throw std::runtime_error("no database");
        ++settles;
        outcomes.insert(outcomes.end(), batch.begin(), batch.end());
        co_return;
    }

    asio::awaitable<void> wait(std::chrono::milliseconds) override
    {
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds{2});
        co_await timer.async_wait(asio::use_awaitable);
    }

    [[nodiscard]] const egress::Outcome& of(std::int64_t id) const
    {
        for (const auto& outcome : outcomes)
            if (outcome.id == id) return outcome;
        throw std::runtime_error("no outcome of " + std::to_string(id));
    }
};

class FakeResolver : public FakeDns {
public:
    using FakeDns::mx;
    std::map<std::string, Lookup<std::string>>
        hosts;  // by name, IPv6 and IPv4 in the order that they are given; others: NXDOMAIN

    void mx(const std::string& domain, std::vector<dns::Mx> records)
    {
        exchangers[domain] = {records.empty() ? dns::Found::no_data : dns::Found::records, records, false, ""};
    }

    void host(const std::string& name, std::vector<std::string> addresses)
    {
        hosts[name] = {dns::Found::records, std::move(addresses), false, ""};
    }

    asio::awaitable<Lookup<std::string>> addresses(std::string name) override
    {
        const auto found = hosts.find(name);
        co_return found == hosts.end() ? Lookup<std::string>{dns::Found::no_domain, {}, false, ""} : found->second;
    }
};

// A host that speaks SMTP.
struct FakeHost {
    std::vector<std::string> extensions = {"PIPELINING", "8BITMIME", "DSN"};
    std::map<std::string, std::string>
        replies;           // by the start of a command, "220" for the greeting, "." for the mail's end
    bool refuses = false;  // connections
    bool tls_breaks = false;
    std::string drops_at;                     // hangs up instead of answering this
    std::size_t mails_per_connection = 1000;  // then 421 to MAIL
    std::size_t connections = 0, open = 0, most_open = 0;

    struct Mail {
        std::string from, to, content;
    };

    std::vector<Mail> mails;
    std::vector<std::string> commands;
};

class FakeWire : public smtp::Wire {
public:
    explicit FakeWire(FakeHost& host) : host_(host)
    {
        ++host_.connections;
        host_.most_open = std::max(host_.most_open, ++host_.open);
        say("220", "220 host ESMTP");
    }

    ~FakeWire() override { --host_.open; }

    asio::awaitable<bool> read(std::string& buffer, std::chrono::milliseconds) override
    {
        co_await asio::post(asio::use_awaitable);
        if (replies_.empty()) co_return false;
        buffer += std::exchange(replies_, {});
        co_return true;
    }

    asio::awaitable<void> write(std::string_view bytes, std::chrono::milliseconds) override
    {
        co_await asio::post(asio::use_awaitable);
        if (dropped_) throw boost::system::system_error(asio::error::connection_reset);
        input_ += bytes;
        for (auto end = input_.find("\r\n"); end != std::string::npos && !dropped_; end = input_.find("\r\n")) {
            const auto line = input_.substr(0, end);
            input_.erase(0, end + 2);
            in_mail_ ? take_text(line) : obey(line);
        }
    }

    asio::awaitable<void> start_tls(std::string) override
    {
        co_await asio::post(asio::use_awaitable);
        if (host_.tls_breaks) throw boost::system::system_error(asio::error::connection_reset);
        encrypted_ = true;
    }

    [[nodiscard]] bool encrypted() const override { return encrypted_; }

    [[nodiscard]] std::string tls_summary() const override { return ""; }

    [[nodiscard]] std::string peer_address() const override { return "192.0.2.2"; }

    [[nodiscard]] bool loopback() const override { return false; }

    void close() override { dropped_ = true; }

private:
    void say(const std::string& key, const std::string& otherwise)
    {
        if (!host_.drops_at.empty() && key.starts_with(host_.drops_at)) {
            dropped_ = true;
            return;
        }
        auto reply = otherwise;
        for (const auto& [start, other] : host_.replies)
            if (key.starts_with(start)) reply = other;
        replies_ += reply + "\r\n";
        last_ = reply;
    }

    void obey(const std::string& line)
    {
        host_.commands.push_back(line);
        if (line.starts_with("EHLO")) {
            std::string text = "250-host\r\n";
            for (const auto& extension : host_.extensions)
                if (extension != "STARTTLS" || !encrypted_) text += "250-" + extension + "\r\n";
            say(line, text + "250 HELP");
        } else if (line.starts_with("DATA")) {
            say(line, mail_.to.empty() ? "503 5.5.1 no" : "354 go");
            in_mail_ = last_.starts_with("354");
        } else if (line.starts_with("MAIL") && sent_ >= host_.mails_per_connection) {
            say(line, "421 4.7.0 enough");
            dropped_ = true;
        } else if (line.starts_with("QUIT")) {
            say(line, "221 bye");
        } else if (line.starts_with("STARTTLS")) {
            say(line, "220 go");
        } else {
            say(line, line.starts_with("RCPT") && mail_.from.empty() ? "503 5.5.1 no" : "250 2.0.0 ok");
            if (line.starts_with("MAIL") && last_.starts_with("250")) mail_ = {line, "", ""};
            if (line.starts_with("RCPT") && last_.starts_with("250")) mail_.to = line;
        }
    }

    void take_text(const std::string& line)
    {
        if (line != ".") {
            mail_.content += line + "\r\n";
            return;
        }
        in_mail_ = false;
        say(".", "250 2.0.0 queued");
        if (last_.starts_with("250") && !dropped_) host_.mails.push_back(mail_);
        ++sent_;
        mail_ = {};
    }

    FakeHost& host_;
    FakeHost::Mail mail_;
    std::string input_, replies_, last_;
    std::size_t sent_ = 0;
    bool in_mail_ = false, encrypted_ = false, dropped_ = false;
};

class FakeDialler : public egress::Dialler {
public:
    std::map<std::string, FakeHost> hosts;  // by address

    asio::awaitable<std::unique_ptr<smtp::Wire>> dial(
        std::string host, std::uint16_t, std::chrono::milliseconds) override
    {
        co_await asio::post(asio::use_awaitable);
        const auto found = hosts.find(host);
        if (found == hosts.end()) throw boost::system::system_error(asio::error::host_not_found);
        if (found->second.refuses) throw boost::system::system_error(asio::error::connection_refused);
        co_return std::make_unique<FakeWire>(found->second);
    }
};

}  // namespace test
