// commands: small steps over the Admin port.
#include "gateway/cli/commands.h"

#include "email2/names.h"
#include "gateway/accounts/verifier.h"
#include "gateway/net/tls.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>
#include <termios.h>
#include <unistd.h>

namespace gateway::cli {

namespace {

bool readable(const std::string& file)
{
    return std::ifstream(file).good();
}

// Switches the terminal's echo off for its scope.
class Unseen {
public:
    Unseen()
    {
        ::tcgetattr(STDIN_FILENO, &before_);
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }

    ~Unseen() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }

    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;

private:
    termios before_{};
};

}  // namespace

std::vector<std::string> wrong_with(const Settings& settings)
{
    std::vector<std::string> wrong;
    if (!settings.tls.certificate.empty()) {
        try {
            net::TlsContext({settings.tls.certificate, settings.tls.key});
        } catch (const std::exception& error) {
            wrong.emplace_back(error.what());
        }
    }
    if (!settings.dkim.key.empty() && !readable(settings.dkim.key))
        wrong.push_back(fmt::format("dkim.key: {} cannot be read", settings.dkim.key));
    for (const auto& server : settings.egress.resolver) {
        boost::system::error_code no_address;
        boost::asio::ip::make_address(server.substr(0, server.find('@')), no_address);
        if (no_address)
            wrong.push_back(fmt::format("egress.resolver: \"{}\" is no IP address", server));
    }
    return wrong;
}

std::string read_password(const Streams& streams)
{
    std::string password;
    if (&streams.in == &std::cin && ::isatty(STDIN_FILENO) == 1) {
        streams.error << "Password: " << std::flush;
        const Unseen unseen;
        std::getline(streams.in, password);
        streams.error << '\n';
    } else {
        std::getline(streams.in, password);
    }
    if (password.empty()) throw Refused("the password, expected on standard input, is empty");
    return password;
}

std::vector<Login> read_logins(const Streams& streams)
{
    std::vector<Login> logins;
    for (std::string line; std::getline(streams.in, line);) {
        const auto space = line.find(' ');
        if (space == 0 || space == line.npos || space + 1 == line.size())
            throw Refused(fmt::format(
                "line {}: an address, a space and a password are expected", logins.size() + 1
            ));
        logins.push_back({line.substr(0, space), line.substr(space + 1)});
    }
    return logins;
}

void add_accounts(
    Admin& admin, std::vector<Admin::NewAccount> accounts, Existing existing, Admin::Reuse reuse
)
{
    std::set<std::string> known;
    if (existing == Existing::keep) {
        for (const auto& row : admin.accounts())
            known.insert(row.address);
    }
    std::erase_if(accounts, [&](const auto& account) { return known.contains(account.address); });
    for (auto& account : accounts)
        account.verifier = accounts::make_verifier(account.verifier);
    if (!accounts.empty()) admin.add_accounts(accounts, reuse);
}

Admin::Time read_time(const std::string& text)
{
    const auto time = email2::parse_time(text.size() == std::string_view("2026-11-24").size() ? text + "T00:00:00Z" : text);
    if (!time) throw Refused(text + " is no time: write 2026-11-24, or 2026-11-24T06:00:00Z");
    return *time;
}

bool confirmed(const Streams& streams, const std::string& question, const std::string& wanted)
{
    streams.error << question << std::flush;
    std::string answer;
    std::getline(streams.in, answer);
    return answer == wanted;
}

}  // namespace gateway::cli
