// words_lists: list, domain and token.
#include "gateway/admin_rows.h"
#include "gateway/cli/command_line.h"

#include <ostream>

namespace gateway::cli {

namespace {

const std::vector<std::string> who_may_post{"members", "anyone", "owners"};

}  // namespace

void CommandLine::add_list()
{
    auto* list = app_.add_subcommand("list", "Look after mailing lists")->require_subcommand(1);
    list->footer(
        "Example: email2-gateway list add announce@one.test --owner alice@one.test --posting owners --config FILE\n"
        "People subscribe and unsubscribe by themselves, and owners add and remove them.");
    auto* add = list->add_subcommand("add", "Make a list");
    add->add_option("alias", words_.address, "its address")->required();
    add->add_option("--owner", words_.addresses, "An account that looks after it; may be given again")->required();
    add->add_option("--name", words_.name, "What it is called");
    add->add_option("--posting", words_.posting, "Who may post: members, anyone or owners")
        ->check(CLI::IsMember(who_may_post));
    on_admin(
        add, [this](Admin& admin) { admin.add_list({words_.address, words_.name, words_.posting, words_.addresses}); });
    auto* all = list->add_subcommand("list", "All lists");
    add_json(all);
    on_admin(all, [this](Admin& admin) { show(streams_.out, words_.form(), rows_of(admin.lists())); });
    auto* one = list->add_subcommand("show", "One list and its owners");
    one->add_option("alias", words_.address)->required();
    add_json(one);
    on_admin(one, [this](Admin& admin) {
        auto row = row_of(admin.list(words_.address));
        std::string owners;
        for (const auto& owner : admin.owners(words_.address)) owners += (owners.empty() ? "" : " ") + owner;
        row["owners"] = owners;
        show(streams_.out, words_.form(), {row});
    });
    add_list_changes(list);
    auto* remove =
        list->add_subcommand("remove", "Remove a list: nothing is posted any more, and what was posted stays");
    remove->add_option("alias", words_.address)->required();
    on_admin(remove, [this](Admin& admin) { admin.remove_list(words_.address); });
}

void CommandLine::add_list_changes(CLI::App* list)
{
    auto* posting = list->add_subcommand("posting", "Say who may post");
    posting->add_option("alias", words_.address)->required();
    posting->add_option("who", words_.posting, "members, anyone or owners")
        ->required()
        ->check(CLI::IsMember(who_may_post));
    on_admin(posting, [this](Admin& admin) { admin.change_list(words_.address, std::nullopt, words_.posting); });
    auto* name = list->add_subcommand("name", "Change what it is called");
    name->add_option("alias", words_.address)->required();
    name->add_option("name", words_.name)->required();
    on_admin(name, [this](Admin& admin) { admin.change_list(words_.address, words_.name, std::nullopt); });
    auto* owner = list->add_subcommand("owner", "Who looks after a list")->require_subcommand(1);
    for (const auto& [word, change, help] : {std::tuple("add", Admin::Owner::add, "One more owner"),
             std::tuple("remove", Admin::Owner::remove, "One owner less")}) {
        auto* command = owner->add_subcommand(word, help);
        command->add_option("alias", words_.address)->required();
        command->add_option("address", words_.target, "an account")->required();
        on_admin(command,
            [this, change = change](Admin& admin) { admin.change_owner(words_.address, words_.target, change); });
    }
}

void CommandLine::add_domain()
{
    auto* domain =
        app_.add_subcommand("domain", "What is remembered of domains that write to us")->require_subcommand(1);
    domain->footer(
        "Votes on spam count against the domain that a mail was authenticated for: past a threshold its mail is deferred, then refused.\n"
        "What is remembered fades within weeks.");
    auto* list = domain->add_subcommand("list", "Domains by complaints");
    add_json(list);
    on_admin(list, [this](Admin& admin) { show(streams_.out, words_.form(), rows_of(admin.domains())); });
    for (const auto& [word, trust, help] :
        {std::tuple("trust", Admin::Trust::restore, "Forget all complaints of a domain"),
            std::tuple("distrust", Admin::Trust::withdraw,
                "Refuse a domain's mail for some weeks, unless accounts here write to it")}) {
        auto* command = domain->add_subcommand(word, help);
        command->add_option("domain", words_.target)->required();
        on_admin(command, [this, trust = trust](Admin& admin) { admin.set_trust(words_.target, trust); });
    }
}

void CommandLine::add_token()
{
    auto* token =
        app_.add_subcommand("token", "Tokens by which programs act for an account over HTTP")->require_subcommand(1);
    auto* add = token->add_subcommand("add", "Make one; it is printed once and kept nowhere");
    add->add_option("account", words_.address)->required();
    add->add_option("name", words_.name, "What it is for")->required();
    on_admin(add, [this](Admin& admin) { streams_.out << admin.add_token(words_.address, words_.name) << '\n'; });
    auto* list = token->add_subcommand("list", "An account's tokens, without their secrets");
    list->add_option("account", words_.address)->required();
    add_json(list);
    on_admin(list, [this](Admin& admin) { show(streams_.out, words_.form(), rows_of(admin.tokens(words_.address))); });
    auto* remove = token->add_subcommand("remove", "It lets nobody in any more");
    remove->add_option("account", words_.address)->required();
    remove->add_option("id", words_.entry)->required();
    on_admin(remove, [this](Admin& admin) { admin.remove_token(words_.address, *words_.entry); });
}

}  // namespace gateway::cli
