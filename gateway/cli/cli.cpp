// cli: CLI11's words; each command ends in one function that runs afterwards.
#include "gateway/cli/cli.h"

#include "gateway/cli/command_line.h"
#include "gateway/cli/commands.h"
#include "gateway/embedded/postgres.h"
#include "gateway/log.h"

#include <istream>
#include <ostream>

namespace gateway::cli {

CommandLine::CommandLine(const Parts& parts, const Streams& streams)
    : parts_(parts)
    , streams_(streams)
    , app_("email2-gateway: one message network for mail clients, native clients and the mail of the "
           "world",
          "email2-gateway")
{
    app_.require_subcommand(1);
    app_.fallthrough();  // --config may stand anywhere
    app_.add_option("--config", words_.config, "The configuration; without it the defaults and the environment")
        ->envname("E2_CONFIG");
    app_.add_option("--data", words_.data, "The data directory, before server.data");
    app_.footer("Exit codes: 0, 1 (failed), 2 (usage). Commands work beside a running gateway and "
                "without one.\nHelp for each: email2-gateway COMMAND --help");
    add_check();
    add_dkim();
    if (parts_.serve) add_serve();
    if (!parts_.admin) return;
    add_account();
    add_alias();
    add_list();
    add_domain();
    add_token();
    add_queue();
    add_message();
    add_audit();
    add_maintain();
    add_archive();
    add_import();
    add_export();
    add_person();
}

int CommandLine::run(std::vector<std::string> arguments)
{
    try {
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
        app_.parse(arguments);
    } catch (const CLI::ParseError& error) {
        return app_.exit(error, streams_.out, streams_.error) == 0 ? 0 : usage;
    }
    try {
        return todo_();
    } catch (const std::exception& error) {
        streams_.error << error.what() << '\n';
        return failed;
    }
}

CommandLine::Result CommandLine::settings() const
{
    auto settings = config::load(words_.config, config::process_environment());
    if (settings && !words_.data.empty()) settings->server.data = words_.data;
    return settings;
}

void CommandLine::on(CLI::App* command, std::function<int()> work)
{
    command->callback([this, work = std::move(work)] { todo_ = work; });
}

int CommandLine::with_settings(const std::function<int(const Settings&)>& work)
{
    const auto read = settings();
    if (read) return work(*read);
    streams_.error << config::described(words_.config, read.error());
    return failed;
}

int CommandLine::with_admin(const Settings& settings, const std::function<int(Admin&, const Settings&)>& work)
{
    log::set_level(log::Level::warning);
    std::unique_ptr<EmbeddedPostgres> database;
    auto url = settings.store.url;
    if (url.empty()) {
        database = std::make_unique<EmbeddedPostgres>(settings.server.data);
        database->start_or_join();
        url = database->url();
    }
    const auto admin = parts_.admin(settings, url);
    return work(*admin, settings);
}

void CommandLine::on_admin(CLI::App* command, std::function<int(Admin&, const Settings&)> work)
{
    on(command, [this, work = std::move(work)] {
        return with_settings([&](const Settings& settings) { return with_admin(settings, work); });
    });
}

void CommandLine::on_admin(CLI::App* command, std::function<void(Admin&)> work)
{
    on_admin(command, [work = std::move(work)](Admin& admin, const Settings&) {
        work(admin);
        return 0;
    });
}

void CommandLine::add_json(CLI::App* command)
{
    command->add_flag("--json", words_.json, "As one line of JSON");
}

void CommandLine::add_serve()
{
    auto* serve = app_.add_subcommand("serve", "Run the gateway until SIGTERM or SIGINT");
    on(serve, [this] {
        return with_settings([&](const Settings& read) { return parts_.serve(read, [this] { return settings(); }); });
    });
}

void CommandLine::add_check()
{
    auto* check = app_.add_subcommand("check", "Say what is wrong with the configuration, or the store");
    on(check, [this] {
        return with_settings([&](const Settings& read) {
            const auto wrong = wrong_with(read);
            for (const auto& sentence : wrong) streams_.error << sentence << '\n';
            if (!wrong.empty()) return failed;
            if (words_.store)
                return with_admin(
                    read, [&](Admin& admin, const Settings&) { return check_store(admin, streams_) ? 0 : failed; });
            streams_.out << "ok\n";
            return 0;
        });
    });
    if (parts_.admin)
        check->add_flag("--store", words_.store,
            "And what is wrong with the store, all of which is read: what should be true of it, and a few places where it is not");
}

void CommandLine::add_dkim()
{
    auto* dkim = app_.add_subcommand("dkim", "Look after the keys that sign mail")->require_subcommand(1);
    auto* make = dkim->add_subcommand("make", "Make keys for a domain; prints its DNS records");
    make->add_option("domain", words_.dkim.domain)->required();
    make->add_option(
        "--selector", words_.dkim.selector, "Begins the keys' names; another one for new keys beside the old");
    make->add_option("--directory", words_.dkim.directory, "Where they go instead of dkim.keys");
    on(make, [this] { return with_dkim(make_dkim); });
    auto* show_all = dkim->add_subcommand("show", "The DNS records of the keys that are there");
    show_all->add_option("domain", words_.dkim.domain);
    show_all->add_option("--directory", words_.dkim.directory, "Where they are instead of dkim.keys");
    on(show_all, [this] { return with_dkim(show_dkim); });
}

int CommandLine::with_dkim(void (*work)(const Settings&, const DkimWords&, const Streams&))
{
    return with_settings([&](const Settings& settings) {
        work(settings, words_.dkim, streams_);
        return 0;
    });
}

int run(std::vector<std::string> arguments, const Parts& parts, const Streams& streams)
{
    return CommandLine(parts, streams).run(std::move(arguments));
}

}  // namespace gateway::cli
