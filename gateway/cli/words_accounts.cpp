// words_accounts: account and alias.
#include "gateway/accounts/verifier.h"
#include "gateway/admin_rows.h"
#include "gateway/cli/command_line.h"
#include "gateway/cli/commands.h"

#include <ostream>

namespace gateway::cli {

std::vector<Admin::NewAccount> CommandLine::new_accounts()
{
    std::vector<Login> logins;
    if (words_.from_stdin) {
        logins = read_logins(streams_);
    } else {
        if (words_.addresses.empty()) throw Refused("an address is needed");
        const auto password = words_.password.empty() ? read_password(streams_) : words_.password;
        for (const auto& address : words_.addresses) logins.push_back({address, password});
    }
    std::vector<Admin::NewAccount> out;
    for (auto& login : logins) out.push_back({login.address, login.password, words_.name});
    return out;
}

void CommandLine::add_account()
{
    auto* account = app_.add_subcommand("account", "Look after accounts")->require_subcommand(1);
    account->footer(
        "Example: echo \"$PASSWORD\" | email2-gateway account add alice@one.test --name Alice --config FILE");
    auto* add = account->add_subcommand("add", "Make accounts; the password comes on standard input");
    auto* addresses = add->add_option("address", words_.addresses, "user@domain");
    add->add_option(
        "--password", words_.password, "The password; others on this machine may see it in the list of processes");
    add->add_option("--name", words_.name, "The name that others are shown");
    add->add_flag("--from-stdin", words_.from_stdin, "Many: a line each, address and password")->excludes(addresses);
    add->add_flag("--keep", words_.keep, "Leave one that exists as it is");
    add->add_flag("--reuse", words_.reuse,
        "Also an address of somebody who was erased: mail meant for them reaches the new account");
    on_admin(add, [this](Admin& admin) {
        add_accounts(admin, new_accounts(), words_.keep ? Existing::keep : Existing::refuse,
            words_.reuse ? Admin::Reuse::allow : Admin::Reuse::refuse);
    });
    auto* list = account->add_subcommand("list", "All accounts");
    add_json(list);
    on_admin(list, [this](Admin& admin) { show(streams_.out, words_.form(), rows_of(admin.accounts())); });
    auto* one = account->add_subcommand("show", "One account: state, rights, quota, what is stored for it");
    one->add_option("address", words_.address)->required();
    add_json(one);
    on_admin(one, [this](Admin& admin) { show(streams_.out, words_.form(), {row_of(admin.account(words_.address))}); });
    add_account_changes(account);
    auto* remove = account->add_subcommand("remove", "Remove an account and its folders");
    remove->footer(
        "It leaves every list; what others hold of its messages stays, under its address. To take a person's data out: person erase.");
    remove->add_option("address", words_.address)->required();
    on_admin(remove, [this](Admin& admin) { admin.remove_account(words_.address); });
}

void CommandLine::add_account_changes(CLI::App* account)
{
    const auto change = [this, account](
                            const char* word, const char* help, std::function<Admin::AccountChange()> made) {
        auto* command = account->add_subcommand(word, help);
        command->add_option("address", words_.address)->required();
        on_admin(
            command, [this, made = std::move(made)](Admin& admin) { admin.change_account(words_.address, made()); });
        return command;
    };
    auto* password = change("password", "Change a password; it comes on standard input", [this] {
        const auto password = words_.password.empty() ? read_password(streams_) : words_.password;
        return Admin::AccountChange{.verifier = accounts::make_verifier(password)};
    });
    password->add_option("--password", words_.password, "As with account add");
    auto* suspend = change("suspend", "Keep an account from logging in and from publishing; mail to it still comes in",
        [this] { return Admin::AccountChange{.suspended = !words_.off}; });
    suspend->add_flag("--off", words_.off, "As account resume");
    change("resume", "Let a suspended account in again", [] { return Admin::AccountChange{.suspended = false}; });
    auto* quota = change("quota", "Say how much an account may store, or publish", [this] {
        const auto quota = quota_of(words_.target);
        return words_.sending ? Admin::AccountChange{.send_quota = quota} : Admin::AccountChange{.quota = quota};
    });
    quota->add_option("quota", words_.target, "Octets, also as 500MB or 5GB; none; or default")->required();
    quota->add_flag("--send", words_.sending, "How many messages it may publish in a period, instead");
    quota->footer(
        "What several accounts hold together is shared among them. Over its quota an account gets nothing new.");
    auto* lists = change("lists", "Let an account make mailing lists and write to many, or no more",
        [this] { return Admin::AccountChange{.lists = !words_.off}; });
    lists->add_flag("--off", words_.off, "No more");
    auto* name = change(
        "name", "Change the name that others are shown", [this] { return Admin::AccountChange{.name = words_.name}; });
    name->add_option("name", words_.name)->required();
    auto* right = change("admin", "Give an account the right to /v1/admin/, or take it",
        [this] { return Admin::AccountChange{.admin = !words_.off}; });
    right->add_flag("--off", words_.off, "Take it");
    auto* language = account->add_subcommand(
        "language", "Set the language of mails that the gateway makes, also for people elsewhere");
    language->add_option("address", words_.address)->required();
    language->add_option("language", words_.target, "\"de\", \"en\"; \"\": guess it from their mail")->required();
    on_admin(language, [this](Admin& admin) { admin.set_language(words_.address, words_.target); });
}

void CommandLine::add_alias()
{
    auto* alias =
        app_.add_subcommand("alias", "Look after aliases: further addresses of accounts")->require_subcommand(1);
    auto* add = alias->add_subcommand("add", "Make an alias");
    add->add_option("alias", words_.address, "alias@domain")->required();
    add->add_option("target", words_.target, "the account that gets its mail")->required();
    on_admin(add, [this](Admin& admin) { admin.add_alias(words_.address, words_.target); });
    auto* list = alias->add_subcommand("list", "All aliases");
    add_json(list);
    on_admin(list, [this](Admin& admin) { show(streams_.out, words_.form(), rows_of(admin.aliases())); });
    auto* remove = alias->add_subcommand("remove", "Remove an alias");
    remove->add_option("alias", words_.address)->required();
    on_admin(remove, [this](Admin& admin) { admin.remove_alias(words_.address); });
}

}  // namespace gateway::cli
