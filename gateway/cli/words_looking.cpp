// words_looking: queue, message, audit, maintain and archive.
#include "gateway/admin_rows.h"
#include "gateway/cli/command_line.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/transfer.h"

#include <algorithm>
#include <ostream>

namespace gateway::cli {

void CommandLine::add_queue()
{
    auto* queue = app_.add_subcommand("queue", "Look after outgoing mail")->require_subcommand(1);
    auto* list = queue->add_subcommand("list", "All that waits: what is due next comes first");
    add_json(list);
    on_admin(list, [this](Admin& admin) { show(streams_.out, words_.form(), rows_of(admin.queue())); });
    auto* show_one = queue->add_subcommand("show", "One entry");
    show_one->add_option("id", words_.entry)->required();
    add_json(show_one);
    on_admin(show_one, [this](Admin& admin) {
        const auto row = admin.queued(*words_.entry);
        if (!row) throw Refused("there is no such entry");
        show(streams_.out, words_.form(), {row_of(*row)});
    });
    auto* retry = queue->add_subcommand("retry", "Try now: one, or all");
    retry->add_option("id", words_.entry);
    on_admin(retry, [this](Admin& admin) { streams_.out << admin.retry(words_.entry) << " due now\n"; });
    auto* remove = queue->add_subcommand("remove", "Give one up; its sender is told as after any failure");
    remove->add_option("id", words_.entry)->required();
    on_admin(remove, [this](Admin& admin) { admin.remove_queued(*words_.entry); });
}

void CommandLine::add_message()
{
    auto* message = app_.add_subcommand("message", "Look at messages")->require_subcommand(1);
    auto* show_one = message->add_subcommand("show", "One message as XML, with everybody on its list");
    show_one->add_option("id", words_.id, "guid@server")->required();
    on_admin(show_one, [this](Admin& admin) {
        const auto xml = admin.message(words_.id);
        if (!xml) throw Refused("there is no such message");
        streams_.out << *xml << '\n';
    });
}

void CommandLine::add_audit()
{
    auto* audit =
        app_.add_subcommand("audit", "Who did what, when: acts of admins, changes of content and of To lists");
    audit->add_option("--account", words_.account, "By or about this address");
    audit->add_option("--message", words_.id, "Of this message, guid@server");
    audit->add_option("--since", words_.since, "From then on: 2026-11-24, or 2026-11-24T06:00:00Z");
    audit->add_option("--until", words_.until, "Before then");
    audit->add_option("--after", words_.target, "What comes after the line with this id");
    audit->add_option("--limit", words_.limit, "Lines at most (1000)");
    audit->footer("Example: email2-gateway audit --account alice@one.test --since 2026-11-24 --config FILE");
    add_json(audit);
    on_admin(audit, [this](Admin& admin) {
        Admin::AuditQuestion question{words_.account, words_.id, {}, {}, words_.target, words_.limit};
        if (!words_.since.empty()) question.since = read_time(words_.since);
        if (!words_.until.empty()) question.until = read_time(words_.until);
        const auto lines = admin.audit(question);
        show(streams_.out, words_.form(), rows_of(lines));
        if (lines.size() == words_.limit && !words_.json)
            streams_.error << "There may be more: go on with --after " << lines.back().id << '\n';
    });
}

void CommandLine::add_maintain()
{
    auto* maintain =
        app_.add_subcommand("maintain", "Look after the store once, now: archive, cold storage, what is left over");
    add_json(maintain);
    on_admin(maintain, [this](Admin& admin) {
        const auto runs = admin.maintain();
        show(streams_.out, words_.form(), rows_of(runs));
        if (std::any_of(runs.begin(), runs.end(), [](const auto& run) { return !run.failed.empty(); }))
            throw Refused("not all of it came to its end; run it again");
    });
}

void CommandLine::add_archive()
{
    auto* archive = app_.add_subcommand("archive", "Look after cold storage")->require_subcommand(1);
    auto* list = archive->add_subcommand("list", "All messages in it");
    add_json(list);
    on_admin(list, [this](Admin& admin) { show(streams_.out, words_.form(), rows_of(admin.archived())); });
    auto* restore = archive->add_subcommand("restore", "Put messages back into the store");
    restore->add_option("id", words_.addresses, "guid@server")->required();
    on_admin(restore, [this](Admin& admin) {
        for (const auto& id : words_.addresses) {
            admin.restore(id);
            streams_.out << id << " restored\n";
        }
    });
    auto* import = archive->add_subcommand(
        "import", "Put messages from files of cold storage into this store, whichever store wrote them");
    import
        ->add_option(
            "path", words_.paths, "A file, or a directory of them: another gateway's archive.directory, or a copy")
        ->required();
    import->footer(
        "People are known by their addresses. Whoever has an account here and had left can rejoin, with folder and flags; nobody sees a message\n"
        "before. What is here already is left alone, so after an interruption the same command goes on. A damaged file is named and left out: the exit\n"
        "code is 1 then. Files stay where they are, but for those of this gateway's own archive.\n"
        "Example: email2-gateway archive import /backup/archive --config FILE");
    on_admin(import,
        [this](Admin& admin, const Settings&) { return import_archive(admin, words_.paths, streams_) ? 0 : failed; });
}

}  // namespace gateway::cli
