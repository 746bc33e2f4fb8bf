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
    app_.add_option(
            "--config", words_.config, "The configuration; without it the defaults and the environment"
    )
        ->envname("E2_CONFIG");
    app_.add_option("--data", words_.data, "The data directory, before server.data");
    app_.footer("Exit codes: 0, 1 (failed), 2 (usage). Commands work beside a running gateway and "
                "without one.\nHelp for each: email2-gateway COMMAND --help");
    add_check();
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

void CommandLine::on_admin(CLI::App* command, std::function<int(Admin&, const Settings&)> work)
{
    on(command, [this, work = std::move(work)] {
        return with_settings([&](const Settings& settings) {
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
        });
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
        return with_settings([&](const Settings& read) {
            return parts_.serve(read, [this] { return settings(); });
        });
    });
}

void CommandLine::add_check()
{
    auto* check = app_.add_subcommand("check", "Say what is wrong with the configuration");
    on(check, [this] {
        return with_settings([&](const Settings& read) {
            const auto wrong = wrong_with(read);
            for (const auto& sentence : wrong)
                streams_.error << sentence << '\n';
            if (wrong.empty()) streams_.out << "ok\n";
            return wrong.empty() ? 0 : failed;
        });
    });
}

int run(std::vector<std::string> arguments, const Parts& parts, const Streams& streams)
{
    return CommandLine(parts, streams).run(std::move(arguments));
}

}  // namespace gateway::cli
