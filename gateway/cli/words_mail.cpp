// words_mail: import, export, person.
#include "gateway/cli/command_line.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/transfer.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <unistd.h>

namespace gateway::cli {

namespace {

const std::map<std::string, boxes::Dialect> dialects{{"auto", boxes::Dialect::automatic},
    {"rd", boxes::Dialect::mboxrd}, {"o", boxes::Dialect::mboxo}, {"cl", boxes::Dialect::mboxcl},
    {"cl2", boxes::Dialect::mboxcl2}};

bool is_tar(const std::string& path)
{
    return path.ends_with(".tar");
}

}  // namespace

void CommandLine::add_import()
{
    auto* import = app_.add_subcommand("import", "Take mail from mbox files and Maildirs into an account");
    import->add_option("--account", words_.account, "user@domain")->required();
    import->add_option("--folder", words_.folder,
        "Into that folder; folders below PATH come below it (default: INBOX, and folders beside it)");
    import->add_option("--mbox", words_.dialect, "How lines \"From \" are kept apart: auto, rd, o, cl or cl2")
        ->check(CLI::IsMember(dialects));
    import->add_option("path", words_.paths, "mbox file, Maildir, Maildir++, or a directory of these")->required();
    import->footer(
        "Interrupted, even killed, the same command goes on where it was. A mail that lies in the folder already, octet by octet,\n"
        "is not put there again. Flags, keywords and delivery times are kept. A broken mail is named, counted and left out:\n"
        "the exit code is 1 then. No rate or quota of publishing applies.\n"
        "Example: email2-gateway import --account alice@one.test ~/Maildir old.mbox --config FILE");
    on_admin(import, [this](Admin& admin, const Settings& settings) {
        const ImportOrder order{
            words_.account, words_.folder, words_.paths, settings.limits.message_size, dialects.at(words_.dialect)};
        return import_mail(admin, order, streams_) ? 0 : failed;
    });
}

void CommandLine::add_export()
{
    auto* exported = app_.add_subcommand("export", "Write an account's mail as Maildir++ or mbox");
    exported->add_option("--account", words_.account, "user@domain")->required();
    exported->add_option("--folder", words_.folder, "Only that folder (as Maildir: and those below it)");
    exported->add_option("--format", words_.form_of_mail, "maildir or mbox")
        ->check(CLI::IsMember({"maildir", "mbox"}))
        ->required();
    exported
        ->add_option(
            "path", words_.target, "maildir: a directory; mbox: a file for --folder, else a directory of files")
        ->required();
    exported->footer(
        "Interrupted, the same command goes on where it was. import of it gives the same mails, octet by octet.");
    on_admin(exported, [this](Admin& admin) {
        if (words_.form_of_mail == "mbox")
            return export_mbox(admin, words_.account, words_.folder, words_.target, streams_);
        const auto sink = boxes::directory_sink(words_.target);
        export_maildir(admin, words_.account, words_.folder, *sink, "", shown_on(streams_));
        sink->finish();
    });
}

void CommandLine::add_person()
{
    auto* person = app_.add_subcommand("person", "One person's data: hand it over, or erase it")->require_subcommand(1);
    auto* exported =
        person->add_subcommand("export", "Write everything about an address: account, mail, messages, events, audit");
    exported->add_option("address", words_.address, "An account or a correspondent")->required();
    exported->add_option("path", words_.target, "A directory, or a file that ends in .tar")->required();
    exported->footer("mail/ is a Maildir++, messages/ has the native documents; passwords are never written.");
    on_admin(exported, [this](Admin& admin) {
        const auto sink = is_tar(words_.target) ? boxes::tar_sink(words_.target) : boxes::directory_sink(words_.target);
        hand_over(admin, words_.address, *sink, shown_on(streams_));
    });
    auto* erase = person->add_subcommand("erase", "Erase a person's data. This cannot be undone");
    erase->add_option("address", words_.address, "An account or a correspondent")->required();
    erase->add_flag("--yes", words_.yes, "Do not ask");
    erase->footer(
        "What only they hold goes. Messages of theirs that others hold stay, under the name of an anonymous person. Mail that others\n"
        "received as such keeps its octets. Mail to the address is refused, and nobody gets the address without account add --reuse.\n"
        "Interrupted, the same command goes on where it was.");
    on_admin(erase, [this](Admin& admin, const Settings&) {
        if (!words_.yes &&
            !confirmed(streams_,
                "Erase " + words_.address + "? This cannot be undone. Type the address again: ", words_.address)) {
            streams_.error << "Nothing was changed.\n";
            return failed;
        }
        admin.erase_person(words_.address,
            [this](const std::string& step) { streams_.error << words_.address << ": " << step << '\n'; });
        streams_.out << words_.address << " is erased.\n";
        return 0;
    });
}

}  // namespace gateway::cli
