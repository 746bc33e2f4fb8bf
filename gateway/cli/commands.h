// commands: what each subcommand does once its words are understood.
#pragma once

#include "gateway/cli/cli.h"

#include <optional>
#include <string>
#include <vector>

namespace gateway::cli {

// What stands wrong beyond the configuration's form: files that cannot be read, addresses that are
// none. Sentences; none: all is well.
std::vector<std::string> wrong_with(const Settings& settings);

// The first line of `in`; asked for, unseen, where a person sits at a terminal. Throws Refused for
// an empty one.
std::string read_password(const Streams& streams);

enum class Existing { refuse, keep };

struct Login {
    std::string address, password;
};

// A line each, address and password with a space between: all of `in`. Throws Refused naming the
// line that is none.
std::vector<Login> read_logins(const Streams& streams);

// Says what is broken; true: nothing is, and "ok" was said.
bool check_store(Admin& admin, const Streams& streams);

// With passwords in the place of verifiers.
void add_accounts(Admin& admin, std::vector<Admin::NewAccount> accounts, Existing existing, Admin::Reuse reuse);

// "2026-11-24", "2026-11-24T06:00:00Z". Throws Refused.
Admin::Time read_time(const std::string& text);
// Whether the answer to the question is `wanted`.
bool confirmed(const Streams& streams, const std::string& question, const std::string& wanted);

struct DkimWords {
    std::string domain, selector = "e2", directory;  // "": where the gateway looks for keys
};

// Makes keys for a domain and prints the records that publish them.
void make_dkim(const Settings& settings, const DkimWords& words, const Streams& streams);
// Prints the records of the keys that are there, of one domain or of all.
void show_dkim(const Settings& settings, const DkimWords& words, const Streams& streams);

}  // namespace gateway::cli
