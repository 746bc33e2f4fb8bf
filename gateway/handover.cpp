#include "gateway/handover.h"

#include "gateway/boxes/maildir.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace gateway {

namespace {

void export_maildir_folder(Admin& admin, const std::string& account, const Admin::FolderRow& folder, boxes::Sink& sink,
    const std::string& directory, const FolderProgress& progress)
{
    for (const auto* part : {"cur", "new", "tmp"}) sink.directory(directory + part);
    std::set<std::string> there;
    for (const auto& name : sink.names(directory + "cur")) there.insert("cur/" + name.substr(0, name.rfind(":2,")));
    boxes::KeywordLetters keywords;
    std::uint64_t octets = 0, count = 0;
    for (std::uint32_t after = 0;;) {
        const auto mails = admin.mails(account, folder.name, after);
        if (mails.empty()) break;
        for (const auto& each : mails) {
            const auto file =
                boxes::maildir_file(each.mail, fmt::format("R{}U{}.email2", each.rendition, each.uid), keywords);
            if (!there.contains(file.base))
                sink.file(directory + file.base + file.suffix, file.bytes, each.mail.delivered.value_or(boxes::Time{}));
            octets += each.mail.bytes.size();
        }
        after = mails.back().uid;
        progress(folder, octets, count += mails.size());
    }
    if (const auto names = keywords.file(); !names.empty())
        sink.file(directory + "dovecot-keywords", names, boxes::Time{});
}

bool is_account(Admin& admin, const std::string& address)
{
    try {
        (void)admin.account(address);
        return true;
    } catch (const Refused&) {  // a correspondent
        return false;
    }
}

}  // namespace

void export_maildir(Admin& admin, const std::string& account, const std::string& folder, boxes::Sink& sink,
    const std::string& below, const FolderProgress& progress)
{
    const auto folders = admin.folders(account);
    const bool there =
        std::any_of(folders.begin(), folders.end(), [&](const auto& each) { return each.name == folder; });
    if (!folder.empty() && !there) throw Refused("There is no folder " + folder + ".", email2::Code::not_found);
    for (const auto& each : folders) {
        const bool within = folder.empty() || each.name == folder || each.name.starts_with(folder + "/");
        if (!within) continue;
        const auto name = folder.empty()        ? each.name
                          : each.name == folder ? "INBOX"
                                                : each.name.substr(folder.size() + 1);
        const auto directory = boxes::maildir_folder(name);
        export_maildir_folder(admin, account, each, sink, below + directory + (directory.empty() ? "" : "/"), progress);
        if (!directory.empty()) sink.file(below + directory + "/maildirfolder", "", boxes::Time{});
    }
}

void hand_over(Admin& admin, const std::string& address, boxes::Sink& sink, const FolderProgress& progress)
{
    admin.export_person(address, sink);
    if (is_account(admin, address)) export_maildir(admin, address, "", sink, "mail/", progress);
    sink.finish();
}

}  // namespace gateway
