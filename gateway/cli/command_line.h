// command_line: the words of all commands. Private to cli; words_*.cpp hold a subject each.
#pragma once

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/show.h"
#include "gateway/config/config.h"

#include <CLI/CLI.hpp>
#include <optional>

namespace gateway::cli {

inline constexpr int failed = 1, usage = 2;

// What the words fill in. The options of all commands live here, as long as the parser.
struct Words {
    std::string config, data;
    bool json = false, store = false, keep = false, off = false, from_stdin = false, reuse = false, yes = false,
         sending = false;
    std::string address, password, target, id, name;
    std::vector<std::string> addresses, paths;
    std::optional<std::int64_t> entry;
    std::string posting = "members";
    DkimWords dkim;
    std::string account, folder, since, until, form_of_mail = "maildir", dialect = "auto";
    std::size_t limit = 1000;

    [[nodiscard]] Form form() const { return json ? Form::json : Form::table; }
};

class CommandLine {
public:
    CommandLine(const Parts& parts, const Streams& streams);
    int run(std::vector<std::string> arguments);

private:
    using Result = tl::expected<Settings, std::vector<config::Problem>>;

    [[nodiscard]] Result settings() const;
    void on(CLI::App* command, std::function<int()> work);
    int with_settings(const std::function<int(const Settings&)>& work);
    // The database runs beside a gateway, or for this command alone.
    int with_admin(const Settings& settings, const std::function<int(Admin&, const Settings&)>& work);
    void on_admin(CLI::App* command, std::function<int(Admin&, const Settings&)> work);
    void on_admin(CLI::App* command, std::function<void(Admin&)> work);

    void add_json(CLI::App* command);
    void add_serve();
    void add_check();
    void add_dkim();
    int with_dkim(void (*work)(const Settings&, const DkimWords&, const Streams&));
    void add_account();
    void add_account_changes(CLI::App* account);
    void add_alias();
    void add_list();
    void add_list_changes(CLI::App* list);
    void add_domain();
    void add_token();
    void add_queue();
    void add_message();
    void add_audit();
    void add_maintain();
    void add_archive();
    void add_import();
    void add_export();
    void add_person();

    [[nodiscard]] std::vector<Admin::NewAccount> new_accounts();

    const Parts& parts_;
    const Streams& streams_;
    CLI::App app_;
    Words words_;
    std::function<int()> todo_;
};

}  // namespace gateway::cli
