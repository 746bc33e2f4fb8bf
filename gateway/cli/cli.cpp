// cli: CLI11's words; each ends in one function that runs afterwards.
#include "gateway/cli/cli.h"

#include "gateway/accounts/verifier.h"
#include "gateway/cli/commands.h"
#include "gateway/config/config.h"
#include "gateway/embedded/postgres.h"
#include "gateway/log.h"

#include <CLI/CLI.hpp>
#include <istream>
#include <ostream>

namespace gateway::cli {

namespace {

constexpr int failed = 1, usage = 2;

// What the words fill in. The options of all commands live here, as long as the parser.
struct Words {
    std::string config, data;
    bool json = false, store = false, keep = false, off = false, from_stdin = false;
    std::string address, password, target, id;
    std::vector<std::string> addresses;
    std::optional<std::int64_t> entry;
    DkimWords dkim;

    [[nodiscard]] Form form() const { return json ? Form::json : Form::table; }
};

class CommandLine {
public:
    CommandLine(const Parts& parts, const Streams& streams) : parts_(parts), streams_(streams)
    {
        app_.require_subcommand(1);
        app_.fallthrough();  // --config may stand anywhere
        app_.add_option(
                "--config",
                words_.config,
                "The configuration; without it the defaults and the environment"
        )
            ->envname("E2_CONFIG");
        app_.add_option("--data", words_.data, "The data directory, before server.data");
        add_check();
        add_dkim();
        if (parts_.serve) add_serve();
        if (!parts_.admin) return;
        add_account();
        add_alias();
        add_queue();
        add_message();
    }

    int run(std::vector<std::string> arguments)
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

private:
    using Result = tl::expected<Settings, std::vector<config::Problem>>;

    [[nodiscard]] Result settings() const
    {
        auto settings = config::load(words_.config, config::process_environment());
        if (settings && !words_.data.empty()) settings->server.data = words_.data;
        return settings;
    }

    void on(CLI::App* command, std::function<int()> work)
    {
        command->callback([this, work = std::move(work)] { todo_ = work; });
    }

    int with_settings(const std::function<int(const Settings&)>& work)
    {
        const auto read = settings();
        if (read) return work(*read);
        streams_.error << config::described(words_.config, read.error());
        return failed;
    }

    // The database runs beside a gateway, or for this command alone.
    int with_admin(const Settings& settings, const std::function<int(Admin&)>& work)
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
        return work(*admin);
    }

    void on_admin(CLI::App* command, std::function<void(Admin&)> work)
    {
        on(command, [this, work = std::move(work)] {
            return with_settings([&](const Settings& settings) {
                return with_admin(settings, [&](Admin& admin) {
                    work(admin);
                    return 0;
                });
            });
        });
    }

    void add_json(CLI::App* command)
    {
        command->add_flag("--json", words_.json, "As one line of JSON");
    }

    void add_serve()
    {
        auto* serve = app_.add_subcommand("serve", "Run the gateway until SIGTERM or SIGINT");
        on(serve, [this] {
            return with_settings([&](const Settings& read) {
                return parts_.serve(read, [this] { return settings(); });
            });
        });
    }

    void add_check()
    {
        auto* check = app_.add_subcommand("check", "Say what is wrong with the configuration, or the store");
        on(check, [this] {
            return with_settings([&](const Settings& read) {
                const auto wrong = wrong_with(read);
                for (const auto& sentence : wrong)
                    streams_.error << sentence << '\n';
                if (!wrong.empty()) return failed;
                if (words_.store) return with_admin(read, [&](Admin& admin) { return check_store(admin, streams_) ? 0 : failed; });
                streams_.out << "ok\n";
                return 0;
            });
        });
        if (parts_.admin)
            check->add_flag("--store", words_.store, "And what is wrong with the store, all of which is read: what should be true of it, and a few places where it is not");
    }

    void add_account()
    {
        auto* account =
            app_.add_subcommand("account", "Look after accounts")->require_subcommand(1);
        auto* add =
            account->add_subcommand("add", "Make accounts; the password comes on standard input");
        auto* addresses = add->add_option("address", words_.addresses, "user@domain");
        add->add_option(
            "--password",
            words_.password,
            "The password; others on this machine may see it in the list of processes"
        );
        add->add_flag("--from-stdin", words_.from_stdin, "Many: a line each, address and password")
            ->excludes(addresses);
        add->add_flag("--keep", words_.keep, "Leave one that exists as it is");
        on_admin(add, [this](Admin& admin) {
            add_accounts(admin, logins(), words_.keep ? Existing::keep : Existing::refuse);
        });
        auto* list = account->add_subcommand("list", "All accounts");
        add_json(list);
        on_admin(list, [this](Admin& admin) { show_accounts(admin, words_.form(), streams_); });
        auto* password =
            account->add_subcommand("password", "Change a password; it comes on standard input");
        password->add_option("address", words_.address)->required();
        password->add_option("--password", words_.password, "As with account add");
        on_admin(password, [this](Admin& admin) {
            const auto password =
                words_.password.empty() ? read_password(streams_) : words_.password;
            admin.set_password(words_.address, accounts::make_verifier(password));
        });
        auto* remove =
            account->add_subcommand("remove", "Remove an account and what only it could see");
        remove->add_option("address", words_.address)->required();
        on_admin(remove, [this](Admin& admin) { admin.remove_account(words_.address); });
        auto* suspend = account->add_subcommand("suspend", "Keep an account from logging in");
        suspend->add_option("address", words_.address)->required();
        suspend->add_flag("--off", words_.off, "Let it in again");
        on_admin(suspend, [this](Admin& admin) { admin.suspend(words_.address, !words_.off); });
    }

    void add_dkim()
    {
        auto* dkim = app_.add_subcommand("dkim", "Look after the keys that sign mail")->require_subcommand(1);
        auto* make = dkim->add_subcommand("make", "Make keys for a domain; prints its DNS records");
        make->add_option("domain", words_.dkim.domain)->required();
        make->add_option("--selector", words_.dkim.selector, "Begins the keys' names; another one for new keys beside the old");
        make->add_option("--directory", words_.dkim.directory, "Where they go instead of dkim.keys");
        on(make, [this] { return with_dkim(make_dkim); });
        auto* show_all = dkim->add_subcommand("show", "The DNS records of the keys that are there");
        show_all->add_option("domain", words_.dkim.domain);
        show_all->add_option("--directory", words_.dkim.directory, "Where they are instead of dkim.keys");
        on(show_all, [this] { return with_dkim(show_dkim); });
    }

    int with_dkim(void (*work)(const Settings&, const DkimWords&, const Streams&))
    {
        return with_settings([&](const Settings& settings) {
            work(settings, words_.dkim, streams_);
            return 0;
        });
    }

    std::vector<Login> logins()
    {
        if (words_.from_stdin) return read_logins(streams_);
        if (words_.addresses.empty()) throw Refused("an address is needed");
        const auto password = words_.password.empty() ? read_password(streams_) : words_.password;
        std::vector<Login> logins;
        for (const auto& address : words_.addresses)
            logins.push_back({address, password});
        return logins;
    }

    void add_alias()
    {
        auto* alias = app_.add_subcommand("alias", "Look after aliases")->require_subcommand(1);
        auto* add = alias->add_subcommand("add", "Make an alias");
        add->add_option("alias", words_.address, "alias@domain")->required();
        add->add_option("target", words_.target, "the account that gets its mail")->required();
        on_admin(add, [this](Admin& admin) { admin.add_alias(words_.address, words_.target); });
        auto* list = alias->add_subcommand("list", "All aliases");
        add_json(list);
        on_admin(list, [this](Admin& admin) { show_aliases(admin, words_.form(), streams_); });
        auto* remove = alias->add_subcommand("remove", "Remove an alias");
        remove->add_option("alias", words_.address)->required();
        on_admin(remove, [this](Admin& admin) { admin.remove_alias(words_.address); });
    }

    void add_queue()
    {
        auto* queue =
            app_.add_subcommand("queue", "Look after outgoing mail")->require_subcommand(1);
        auto* list = queue->add_subcommand("list", "All that waits");
        add_json(list);
        on_admin(list, [this](Admin& admin) {
            show_queue(admin.queue(), words_.form(), streams_);
        });
        auto* show_one = queue->add_subcommand("show", "One entry");
        show_one->add_option("id", words_.entry)->required();
        add_json(show_one);
        on_admin(show_one, [this](Admin& admin) {
            const auto row = admin.queued(*words_.entry);
            if (!row) throw Refused("there is no such entry");
            show_queue({*row}, words_.form(), streams_);
        });
        auto* retry = queue->add_subcommand("retry", "Try now: one, or all");
        retry->add_option("id", words_.entry);
        on_admin(retry, [this](Admin& admin) {
            streams_.out << admin.retry(words_.entry) << " due now\n";
        });
        auto* remove = queue->add_subcommand("remove", "Give one up");
        remove->add_option("id", words_.entry)->required();
        on_admin(remove, [this](Admin& admin) { admin.remove_queued(*words_.entry); });
    }

    void add_message()
    {
        auto* message = app_.add_subcommand("message", "Look at messages")->require_subcommand(1);
        auto* show_one = message->add_subcommand("show", "One message as XML");
        show_one->add_option("id", words_.id, "guid@server")->required();
        on_admin(show_one, [this](Admin& admin) {
            const auto xml = admin.message(words_.id);
            if (!xml) throw Refused("there is no such message");
            streams_.out << *xml << '\n';
        });
    }

    const Parts& parts_;
    const Streams& streams_;
    CLI::App app_{
        "email2-gateway: one message network for mail clients, native clients and the mail of the "
        "world",
        "email2-gateway"};
    Words words_;
    std::function<int()> todo_;
};

}  // namespace

int run(std::vector<std::string> arguments, const Parts& parts, const Streams& streams)
{
    return CommandLine(parts, streams).run(std::move(arguments));
}

}  // namespace gateway::cli
