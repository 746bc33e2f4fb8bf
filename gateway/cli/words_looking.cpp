// words_looking: queue, message and audit.
#include "gateway/admin_rows.h"
#include "gateway/cli/command_line.h"
#include "gateway/cli/commands.h"

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
    on_admin(retry, [this](Admin& admin) {
        streams_.out << admin.retry(words_.entry) << " due now\n";
    });
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
    auto* audit = app_.add_subcommand("audit", "Who did what, when: acts of admins, changes of content and of To lists");
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

}  // namespace gateway::cli
