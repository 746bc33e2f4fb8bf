// commands: small steps over the Admin port.
#include "gateway/cli/commands.h"

#include "email2/names.h"
#include "gateway/accounts/verifier.h"
#include "gateway/authentication/key_files.h"
#include "gateway/net/tls.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>
#include <termios.h>
#include <unistd.h>

namespace gateway::cli {

namespace {

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
    try {
        if (!settings.dkim.keys.empty() && !std::filesystem::is_directory(settings.dkim.keys))
            wrong.push_back(fmt::format("dkim.keys: {} is no directory", settings.dkim.keys));
        else (void)authentication::read_signing_keys(settings.dkim_keys());
    } catch (const std::exception& error) {
        wrong.push_back(fmt::format("dkim.keys: {}", error.what()));
    }
    for (const auto& server : settings.egress.resolver) {
        boost::system::error_code no_address;
        boost::asio::ip::make_address(server.substr(0, server.find('@')), no_address);
        if (no_address) wrong.push_back(fmt::format("egress.resolver: \"{}\" is no IP address", server));
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
            throw Refused(fmt::format("line {}: an address, a space and a password are expected", logins.size() + 1));
        logins.push_back({line.substr(0, space), line.substr(space + 1)});
    }
    return logins;
}

bool check_store(Admin& admin, const Streams& streams)
{
    const auto broken = admin.broken();
    for (const auto& one : broken) {
        streams.error << "Not so: " << one.invariant << " (" << one.count << "), e.g.";
        for (const auto& example : one.examples) streams.error << ' ' << example << ';';
        streams.error << '\n';
    }
    if (broken.empty()) streams.out << "ok\n";
    return broken.empty();
}

void add_accounts(Admin& admin, std::vector<Admin::NewAccount> accounts, Existing existing, Admin::Reuse reuse)
{
    std::set<std::string> known;
    if (existing == Existing::keep) {
        for (const auto& row : admin.accounts()) known.insert(row.address);
    }
    std::erase_if(accounts, [&](const auto& account) { return known.contains(account.address); });
    for (auto& account : accounts) account.verifier = accounts::make_verifier(account.verifier);
    if (!accounts.empty()) admin.add_accounts(accounts, reuse);
}

Admin::Time read_time(const std::string& text)
{
    const auto time =
        email2::parse_time(text.size() == std::string_view("2026-11-24").size() ? text + "T00:00:00Z" : text);
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

void make_dkim(const Settings& settings, const DkimWords& words, const Streams& streams)
{
    const auto directory = words.directory.empty() ? settings.dkim_keys() : words.directory;
    const auto keys = authentication::make_signing_keys(directory, words.domain, words.selector);
    const auto& domain = keys.front().domain;
    streams.out << "; The keys are in " << directory << "/" << domain
                << ". These records belong in the DNS; once they are there,\n"
                << "; restart the gateway: it signs with every key that it finds.\n"
                << authentication::dkim_zone(keys) << "; If only this gateway sends mail of " << domain
                << ", and it has no such records yet:\n"
                << authentication::suggested_zone(domain, settings.server.hostname);
    const auto& ours = settings.server.domains;
    if (std::find(ours.begin(), ours.end(), domain) == ours.end())
        streams.error << domain << " is none of server.domains: nothing is signed with these keys until it is\n";
}

void show_dkim(const Settings& settings, const DkimWords& words, const Streams& streams)
{
    auto keys = authentication::read_signing_keys(words.directory.empty() ? settings.dkim_keys() : words.directory);
    if (!words.domain.empty()) std::erase_if(keys, [&](const auto& key) { return key.domain != words.domain; });
    if (keys.empty()) throw Refused("there are no keys");
    streams.out << authentication::dkim_zone(keys);
}

}  // namespace gateway::cli
